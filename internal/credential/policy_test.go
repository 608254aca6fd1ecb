// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
)

func office(p v1alpha1.CredentialPolicy) *v1alpha1.BackOffice {
	return &v1alpha1.BackOffice{Spec: v1alpha1.BackOfficeSpec{Credentials: &p}}
}

func user(c v1alpha1.UserCredentials) *v1alpha1.BackOfficeUser {
	return &v1alpha1.BackOfficeUser{ObjectMeta: metav1.ObjectMeta{UID: "uid-of-ann"}, Spec: v1alpha1.BackOfficeUserSpec{Credentials: &c}}
}

func hours(n int) *metav1.Duration { return &metav1.Duration{Duration: time.Duration(n) * time.Hour} }

func TestWhatIsNotStatedIsAGeneratedPasswordForEver(t *testing.T) {
	g := NewWithT(t)
	want := credential.Policy{
		Source: v1alpha1.CredentialGenerated, Account: "uid-of-ann", Grace: 24 * time.Hour, TTL: 24 * time.Hour, InvitationTTL: 72 * time.Hour,
		Resets: []time.Time{{}, {}},
	}
	silent := user(v1alpha1.UserCredentials{})
	g.Expect(credential.PolicyOf(office(v1alpha1.CredentialPolicy{}), silent)).To(Equal(want))
	silent.Spec.Credentials = nil
	g.Expect(credential.PolicyOf(&v1alpha1.BackOffice{}, silent)).To(Equal(want))
	g.Expect(credential.Decide(now, want, with(finished, unread, rev1)).Action).To(Equal(credential.Keep), "zero moments ask for nothing")
}

func TestWhatIsStatedIsAskedFor(t *testing.T) {
	g := NewWithT(t)
	field := metav1.NewTime(noon)
	u := user(v1alpha1.UserCredentials{Source: v1alpha1.CredentialInvitation, Reset: &field})
	u.Spec.State = v1alpha1.StateDeactivated
	u.Annotations = map[string]string{
		v1alpha1.AnnotationRotationRequestedAt: "2026-03-01T12:00:00.9+02:00",
		v1alpha1.AnnotationResetRequestedAt:    "2026-03-01T11:00:00Z",
	}
	p := credential.PolicyOf(office(v1alpha1.CredentialPolicy{
		Delivery:   &v1alpha1.CredentialDelivery{Mode: v1alpha1.DeliveryOneTime, TTL: hours(5)},
		Invitation: &v1alpha1.InvitationPolicy{TTL: hours(6)},
	}), u)
	g.Expect(p).To(Equal(credential.Policy{
		Source: v1alpha1.CredentialInvitation, Deactivated: true, Account: "uid-of-ann", Grace: 24 * time.Hour,
		OneTime: true, TTL: 5 * time.Hour, InvitationTTL: 6 * time.Hour,
		RotateIssuedBefore: midnight.Add(10 * time.Hour),
		Resets:             []time.Time{noon, midnight.Add(11 * time.Hour)},
	}))
}

func TestAResetOfAllCountsOnceTheStoreHasIt(t *testing.T) {
	at := metav1.NewTime(noon)
	p := credential.PolicyOf(office(v1alpha1.CredentialPolicy{ResetIssuedBefore: &at}), user(v1alpha1.UserCredentials{}))
	NewWithT(t).Expect(p.Resets).NotTo(ContainElement(noon))
}

func TestAnAnnotationThatIsNoMomentAsksForNothing(t *testing.T) {
	g := NewWithT(t)
	for _, text := range []string{"", "now", "2026-03-01", "2026-02-30T00:00:00Z", "1772366400"} {
		u := user(v1alpha1.UserCredentials{})
		u.Annotations = map[string]string{v1alpha1.AnnotationRotationRequestedAt: text, v1alpha1.AnnotationResetRequestedAt: text}
		p := credential.PolicyOf(&v1alpha1.BackOffice{}, u)
		g.Expect(p.RotateIssuedBefore).To(BeZero(), text)
		g.Expect(p.Resets).To(HaveEach(BeZero()), text)
	}
}

func TestTheShorterIntervalAndTheShorterGraceHold(t *testing.T) {
	type asked struct{ interval, grace *metav1.Duration }
	for sentence, c := range map[string]struct {
		office, user    asked
		interval, grace time.Duration
	}{
		"nothing is stated":                    {asked{}, asked{}, 0, 24 * time.Hour},
		"the back office's":                    {asked{hours(100), hours(10)}, asked{}, 100 * time.Hour, 10 * time.Hour},
		"the user's":                           {asked{}, asked{hours(100), hours(10)}, 100 * time.Hour, 10 * time.Hour},
		"the user's is shorter":                {asked{hours(100), hours(10)}, asked{hours(50), hours(5)}, 50 * time.Hour, 5 * time.Hour},
		"the back office's is shorter":         {asked{hours(50), hours(5)}, asked{hours(100), hours(10)}, 50 * time.Hour, 5 * time.Hour},
		"one of each":                          {asked{hours(50), hours(10)}, asked{hours(100), hours(5)}, 50 * time.Hour, 5 * time.Hour},
		"no grace at all":                      {asked{hours(50), hours(0)}, asked{hours(100), hours(5)}, 50 * time.Hour, 0},
		"a grace that would outlive its time":  {asked{hours(10), nil}, asked{}, 10 * time.Hour, 5 * time.Hour},
		"a grace that would, with the other's": {asked{hours(100), hours(40)}, asked{hours(10), nil}, 10 * time.Hour, 5 * time.Hour},
		"a grace without interval":             {asked{nil, hours(3)}, asked{}, 0, 3 * time.Hour},
		"a long one without interval":          {asked{nil, hours(300)}, asked{}, 0, 300 * time.Hour},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			p := credential.PolicyOf(
				office(v1alpha1.CredentialPolicy{Rotation: &v1alpha1.RotationPolicy{Interval: c.office.interval, Grace: c.office.grace}}),
				user(v1alpha1.UserCredentials{Rotation: &v1alpha1.RotationPolicy{Interval: c.user.interval, Grace: c.user.grace}}),
			)
			g.Expect([]time.Duration{p.Interval, p.Grace}).To(Equal([]time.Duration{c.interval, c.grace}))
		})
	}
}
