// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"cmp"

	"k8s.io/apimachinery/pkg/types"
)

// What is in force where spec is silent. Spec has no schema defaults, so that GitOps tools see no difference.
const (
	// DefaultRankFamily is the family of a set without rankFamily.
	DefaultRankFamily = "default"
	// DefaultSchema is the PostgreSQL schema of a store without schema.
	DefaultSchema = "backoffice_access"

	defaultWithdrawalPercent = 20
	defaultWithdrawalCount   = 5
)

// MaxReportedSets bounds status.permissionSets.
const MaxReportedSets = 32

// In returns the BackOffice that an object of the namespace refers to.
func (r BackOfficeReference) In(namespace string) types.NamespacedName {
	return types.NamespacedName{Namespace: cmp.Or(r.Namespace, namespace), Name: r.Name}
}

// In returns the PermissionSet that an object of the namespace refers to.
func (r PermissionSetReference) In(namespace string) types.NamespacedName {
	return types.NamespacedName{Namespace: cmp.Or(r.Namespace, namespace), Name: r.Name}
}

// WithdrawalLimit is how many users may lose access by one change of facts: what exceeds both is held.
func (o *BackOffice) WithdrawalLimit() (percent, count int) {
	percent, count = defaultWithdrawalPercent, defaultWithdrawalCount
	if o.Spec.Policy == nil || o.Spec.Policy.WithdrawalLimit == nil {
		return percent, count
	}
	if limit := o.Spec.Policy.WithdrawalLimit.Percent; limit != nil {
		percent = int(*limit)
	}
	if limit := o.Spec.Policy.WithdrawalLimit.Count; limit != nil {
		count = int(*limit)
	}
	return percent, count
}

// Suspended tells whether nothing gives new access. An annotation without a reason counts as well.
func (o *BackOffice) Suspended() bool {
	_, annotated := o.Annotations[AnnotationSuspend]
	return annotated || o.Spec.Suspend
}

// EffectiveKey is the set's key in the store.
func (s *PermissionSet) EffectiveKey() string {
	return cmp.Or(s.Spec.Key, s.Name)
}

// EffectiveFamily is the family in which the set's rank counts.
func (s *PermissionSet) EffectiveFamily() string {
	return cmp.Or(s.Spec.RankFamily, DefaultRankFamily)
}

// EffectiveRank is the set's rank.
func (s *PermissionSet) EffectiveRank() int32 {
	if s.Spec.Rank == nil { // the schema requires it
		return 0
	}
	return *s.Spec.Rank
}

// EffectiveLogin is the login by which the back office knows the user.
func (u *BackOfficeUser) EffectiveLogin() string {
	return cmp.Or(u.Spec.Login, u.Name)
}

// EffectiveAccountType is the account type that is wanted.
func (u *BackOfficeUser) EffectiveAccountType() AccountType {
	return cmp.Or(u.Spec.AccountType, AccountStaff)
}

// EffectiveState is the state that spec wants.
func (u *BackOfficeUser) EffectiveState() UserState {
	return cmp.Or(u.Spec.State, StateActive)
}

// EffectiveDeletionPolicy is what becomes of the account when the object is deleted.
func (u *BackOfficeUser) EffectiveDeletionPolicy() DeletionPolicy {
	return cmp.Or(u.Spec.DeletionPolicy, DeletionDeactivate)
}

// SecretName is the Secret that holds the user's credentials.
func (u *BackOfficeUser) SecretName() string {
	if u.Spec.Credentials != nil && u.Spec.Credentials.SecretName != "" {
		return u.Spec.Credentials.SecretName
	}
	return u.Name + "-credentials"
}

// Held tells whether the user is blocked by the hold annotation.
func (u *BackOfficeUser) Held() bool {
	_, held := u.Annotations[AnnotationHold]
	return held
}
