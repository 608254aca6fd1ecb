// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"cmp"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// What holds where spec is silent.
const (
	defaultGrace         = 24 * time.Hour
	defaultTTL           = 24 * time.Hour
	defaultInvitationTTL = 72 * time.Hour
)

// PolicyOf is what a BackOffice and a user ask for. Of two intervals, and of two graces, the shorter one holds. The reset of all that the BackOffice
// asks for is not in it: it counts once the store has it.
func PolicyOf(o *v1alpha1.BackOffice, u *v1alpha1.BackOfficeUser) Policy {
	office, user := value(o.Spec.Credentials), value(u.Spec.Credentials)
	delivery := value(office.Delivery)
	p := Policy{
		Source:             cmp.Or(user.Source, v1alpha1.CredentialGenerated),
		Deactivated:        u.EffectiveState() == v1alpha1.StateDeactivated,
		Account:            string(u.UID),
		RotateIssuedBefore: annotated(u, v1alpha1.AnnotationRotationRequestedAt),
		Resets:             []time.Time{moment(user.Reset), annotated(u, v1alpha1.AnnotationResetRequestedAt)},
		OneTime:            delivery.Mode == v1alpha1.DeliveryOneTime,
		TTL:                cmp.Or(duration(delivery.TTL), defaultTTL),
		InvitationTTL:      cmp.Or(duration(value(office.Invitation).TTL), defaultInvitationTTL),
	}
	rotations := []v1alpha1.RotationPolicy{value(office.Rotation), value(user.Rotation)}
	for _, r := range rotations {
		if d := duration(r.Interval); d > 0 && (p.Interval == 0 || d < p.Interval) {
			p.Interval = d
		}
	}
	p.Grace = grace(p.Interval, rotations)
	return p
}

// grace is the shortest that is asked for, at most half of the interval.
func grace(interval time.Duration, rotations []v1alpha1.RotationPolicy) time.Duration {
	shortest := defaultGrace
	var asked *metav1.Duration
	for _, r := range rotations {
		if r.Grace != nil && (asked == nil || r.Grace.Duration < asked.Duration) {
			asked = r.Grace
		}
	}
	if asked != nil {
		shortest = asked.Duration
	}
	if interval > 0 {
		shortest = min(shortest, interval/2)
	}
	return shortest
}

func value[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}

func duration(d *metav1.Duration) time.Duration { return value(d).Duration }

// moment is a time of spec in whole seconds, which is all that the API keeps of it, and all that an admission stamp covers.
func moment(t *metav1.Time) time.Time { return value(t).UTC().Truncate(time.Second) }

// annotated is a moment that people write; zero where there is none, or it is none: the webhook refuses that.
func annotated(o metav1.Object, name string) time.Time {
	t, err := time.Parse(time.RFC3339, o.GetAnnotations()[name])
	if err != nil {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Second)
}
