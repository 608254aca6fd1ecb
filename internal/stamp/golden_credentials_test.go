// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// morning is a moment as people write it, and as it is encoded: in whole seconds of UTC.
func morning() *metav1.Time {
	return &metav1.Time{Time: time.Date(2026, 11, 21, 9, 30, 0, 0, time.FixedZone("CET", 3600))}
}

func rotation() *v1alpha1.RotationPolicy {
	return &v1alpha1.RotationPolicy{Interval: &metav1.Duration{Duration: 2160 * time.Hour}, Grace: &metav1.Duration{Duration: 90 * time.Minute}}
}

func credentialsOffice() v1alpha1.BackOfficeSpec {
	return v1alpha1.BackOfficeSpec{
		Store: v1alpha1.Store{SQLite: &v1alpha1.SQLiteStore{}, Adoption: v1alpha1.AdoptionIfUnowned},
		Credentials: &v1alpha1.CredentialPolicy{
			Structure: &v1alpha1.PasswordStructure{
				Length: new(int32(20)), MinUpper: new(int32(0)), MinLower: new(int32(2)), MinDigits: new(int32(3)), MinSymbols: new(int32(4)),
				Alphabet: "abcdef01234&<>-_",
			},
			Hash:     v1alpha1.HashPBKDF2SHA256,
			Rotation: rotation(),
			Delivery: &v1alpha1.CredentialDelivery{
				Mode: v1alpha1.DeliveryOneTime, TTL: &metav1.Duration{Duration: 24 * time.Hour}, Labels: []string{"team"}, Annotations: []string{"note"},
			},
			Invitation:        &v1alpha1.InvitationPolicy{TTL: &metav1.Duration{Duration: 72 * time.Hour}},
			ResetIssuedBefore: morning(),
		},
	}
}

func credentialsUser() v1alpha1.BackOfficeUserSpec {
	return v1alpha1.BackOfficeUserSpec{
		BackOfficeRef: v1alpha1.BackOfficeReference{Name: "shop"},
		Credentials: &v1alpha1.UserCredentials{
			Source: v1alpha1.CredentialSecretRef, SecretRef: &v1alpha1.PasswordReference{Name: "alice", Key: "login"}, Rotation: rotation(), Reset: morning(),
		},
	}
}
