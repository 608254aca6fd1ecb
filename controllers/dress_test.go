// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

func TestLabelsOfAUserReachItsSecretByName(t *testing.T) {
	for sentence, c := range map[string]struct {
		names    []string
		from, to map[string]string
		want     map[string]string
		changed  bool
	}{
		"one that is named is copied": {
			[]string{"team"}, map[string]string{"team": "a", "tier": "b"}, nil, map[string]string{"team": "a"}, true,
		},
		"one that changed is copied again": {
			[]string{"team"}, map[string]string{"team": "a"}, map[string]string{"team": "b"}, map[string]string{"team": "a"}, true,
		},
		"one that the user no longer has goes": {[]string{"team"}, nil, map[string]string{"team": "b"}, map[string]string{}, true},
		"one of somebody else stays": {
			[]string{"team"}, nil, map[string]string{"backup": "b"}, map[string]string{"backup": "b"}, false,
		},
		"one that is there already is no change": {
			[]string{"team"}, map[string]string{"team": "a"}, map[string]string{"team": "a"}, map[string]string{"team": "a"}, false,
		},
		"the label that lets us read is never the user's": {
			[]string{v1alpha1.LabelSecret},
			map[string]string{v1alpha1.LabelSecret: "password"},
			map[string]string{v1alpha1.LabelSecret: "credential"},
			map[string]string{v1alpha1.LabelSecret: "credential"},
			false,
		},
		"neither does it go": {
			[]string{v1alpha1.LabelSecret, LabelManagedBy},
			nil,
			map[string]string{v1alpha1.LabelSecret: "credential", LabelManagedBy: "x"},
			map[string]string{v1alpha1.LabelSecret: "credential", LabelManagedBy: "x"},
			false,
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			got, changed := copyNamed(c.names, c.from, c.to)
			g.Expect(got).To(Equal(c.want))
			g.Expect(changed).To(Equal(c.changed))
		})
	}
}

func TestWhenARestoredPasswordWasIssued(t *testing.T) {
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	for sentence, c := range map[string]struct {
		says string
		want time.Time
	}{
		"is what the Secret says":         {"2026-11-21T09:30:00Z", time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)},
		"is that in any time zone":        {"2026-11-21T10:30:00+01:00", time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)},
		"is never ahead of now":           {"2026-11-22T08:00:01Z", now},
		"is now where the Secret is mute": {"", now},
		"is now where it says nonsense":   {"yesterday", now},
		"is a whole second":               {"2026-11-21T09:30:00.9Z", time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)},
	} {
		t.Run(sentence, func(t *testing.T) {
			secret := &corev1.Secret{}
			secret.Annotations = map[string]string{v1alpha1.AnnotationIssuedAt: c.says}
			NewWithT(t).Expect(restoredAt(secret, now)).To(Equal(c.want))
		})
	}
}
