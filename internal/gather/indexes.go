// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// The indexes of the cache. Each value is built by the function that the comment names.
const (
	// IndexBackOffice finds users, bindings and sets by their BackOffice, namespace/name.
	IndexBackOffice = "spec.backOfficeRef"
	// IndexPermissionSet finds bindings by their set, namespace/name.
	IndexPermissionSet = "spec.permissionSetRef"
	// IndexSubject finds bindings by the name of a user of the same namespace: list within a namespace.
	IndexSubject = "spec.subjects.name"
	// IndexSelecting finds the bindings that may select a user, by LabelKey of one of its labels or by AnyLabels: list within a namespace.
	IndexSelecting = "spec.selector"
	// IndexExtends finds sets by a set that they extend, namespace/name.
	IndexExtends = "spec.extends"
	// IndexLogin finds users by LoginKey.
	IndexLogin = "login"
	// IndexEmail finds users that have an e-mail address by EmailKey.
	IndexEmail = "email"
	// IndexSeat finds users that take a seat, by SeatKey.
	IndexSeat = "seat"
	// IndexReadyReason finds users that are not ready by ReasonKey.
	IndexReadyReason = "ready.reason"
	// IndexKubernetesUser finds users by KubernetesUserKey.
	IndexKubernetesUser = "spec.kubernetesUser"
	// IndexPasswordSecret finds users by the name of the Secret of the same namespace that supplies their password: list within a namespace.
	IndexPasswordSecret = "spec.credentials.secretRef.name"
	// IndexSetKey finds sets by SetKey.
	IndexSetKey = "key"
)

// AnyLabels is the value of IndexSelecting for selectors that demand no value of a label.
const AnyLabels = "*"

// The values that SeatKey takes: the names of the quotas.
const (
	QuotaUsers          = "users"
	QuotaAdministrators = "administrators"
)

// LabelKey is the value of IndexSelecting for selectors that demand this value of a label, or one of several.
func LabelKey(key, value string) string { return key + "=" + value }

// LoginKey is the value of IndexLogin. Logins are the same whatever the case of their ASCII letters; the store folds them likewise.
func LoginKey(office types.NamespacedName, login string) string {
	return office.String() + "/" + foldASCII(login)
}

// EmailKey is the value of IndexEmail. Addresses are the same whatever the case of their ASCII letters; the store folds them likewise.
func EmailKey(office types.NamespacedName, address string) string {
	return office.String() + "/" + foldASCII(address)
}

// SeatKey is the value of IndexSeat.
func SeatKey(office types.NamespacedName, quota string) string { return office.String() + "/" + quota }

// ReasonKey is the value of IndexReadyReason.
func ReasonKey(office types.NamespacedName, reason string) string {
	return office.String() + "/" + reason
}

// KubernetesUserKey is the value of IndexKubernetesUser.
func KubernetesUserKey(office types.NamespacedName, name string) string {
	return office.String() + "/" + name
}

// SetKey is the value of IndexSetKey. Keys compare bytewise.
func SetKey(office types.NamespacedName, key string) string { return office.String() + "/" + key }

// SetupIndexes registers all indexes. Every cache that a Gatherer reads needs them.
func SetupIndexes(ctx context.Context, i client.FieldIndexer) error {
	user, binding, set := &v1alpha1.BackOfficeUser{}, &v1alpha1.RoleBinding{}, &v1alpha1.PermissionSet{}
	for _, index := range []struct {
		object client.Object
		name   string
		values client.IndexerFunc
	}{
		{user, IndexBackOffice, valuesOf(func(u *v1alpha1.BackOfficeUser) []string { return []string{officeOf(u).String()} })},
		{user, IndexLogin, valuesOf(func(u *v1alpha1.BackOfficeUser) []string {
			return []string{LoginKey(officeOf(u), u.EffectiveLogin())}
		})},
		{user, IndexEmail, valuesOf(email)},
		{user, IndexSeat, valuesOf(seats)},
		{user, IndexKubernetesUser, valuesOf(kubernetesUser)},
		{user, IndexReadyReason, valuesOf(readyReason)},
		{user, IndexPasswordSecret, valuesOf(passwordSecret)},
		{binding, IndexBackOffice, valuesOf(func(b *v1alpha1.RoleBinding) []string { return []string{officeOfBinding(b).String()} })},
		{binding, IndexPermissionSet, valuesOf(func(b *v1alpha1.RoleBinding) []string {
			return []string{b.Spec.PermissionSetRef.In(b.Namespace).String()}
		})},
		{binding, IndexSubject, valuesOf(subjectNames)},
		{binding, IndexSelecting, valuesOf(selecting)},
		{set, IndexBackOffice, valuesOf(func(s *v1alpha1.PermissionSet) []string { return []string{officeOfSet(s).String()} })},
		{set, IndexExtends, valuesOf(extended)},
		{set, IndexSetKey, valuesOf(func(s *v1alpha1.PermissionSet) []string {
			return []string{SetKey(officeOfSet(s), s.EffectiveKey())}
		})},
	} {
		if err := i.IndexField(ctx, index.object, index.name, index.values); err != nil {
			return fmt.Errorf("indexing %T by %s: %w", index.object, index.name, err)
		}
	}
	return nil
}

func valuesOf[T client.Object](values func(T) []string) client.IndexerFunc {
	return func(o client.Object) []string { return values(o.(T)) }
}

func officeOf(u *v1alpha1.BackOfficeUser) types.NamespacedName {
	return u.Spec.BackOfficeRef.In(u.Namespace)
}

func officeOfBinding(b *v1alpha1.RoleBinding) types.NamespacedName {
	return b.Spec.BackOfficeRef.In(b.Namespace)
}

func officeOfSet(s *v1alpha1.PermissionSet) types.NamespacedName {
	return s.Spec.BackOfficeRef.In(s.Namespace)
}

func subjectNames(b *v1alpha1.RoleBinding) []string {
	names := make([]string, 0, len(b.Spec.Subjects))
	for _, s := range b.Spec.Subjects {
		names = append(names, s.Name)
	}
	return names
}

func selecting(b *v1alpha1.RoleBinding) []string {
	if b.Spec.Selector == nil {
		return nil
	}
	d, ok := demandOf(selectorOf(b))
	if !ok {
		return []string{AnyLabels}
	}
	var keys []string
	for _, value := range d.values {
		keys = append(keys, LabelKey(d.key, value))
	}
	return keys
}

func extended(s *v1alpha1.PermissionSet) []string {
	names := make([]string, 0, len(s.Spec.Extends))
	for _, ref := range s.Spec.Extends {
		names = append(names, ref.In(s.Namespace).String())
	}
	return names
}

func kubernetesUser(u *v1alpha1.BackOfficeUser) []string {
	if u.Spec.KubernetesUser == "" {
		return nil
	}
	return []string{KubernetesUserKey(officeOf(u), u.Spec.KubernetesUser)}
}

func passwordSecret(u *v1alpha1.BackOfficeUser) []string {
	if c := u.Spec.Credentials; c != nil && c.SecretRef != nil {
		return []string{c.SecretRef.Name}
	}
	return nil
}

func email(u *v1alpha1.BackOfficeUser) []string {
	if u.EffectiveEmail() == "" {
		return nil
	}
	return []string{EmailKey(officeOf(u), u.EffectiveEmail())}
}

// seats are the quotas that the user counts in.
func seats(u *v1alpha1.BackOfficeUser) []string {
	if u.EffectiveState() == v1alpha1.StateDeactivated {
		return nil
	}
	keys := []string{SeatKey(officeOf(u), QuotaUsers)}
	if u.EffectiveAccountType() == v1alpha1.AccountAdministrator {
		keys = append(keys, SeatKey(officeOf(u), QuotaAdministrators))
	}
	return keys
}

func readyReason(u *v1alpha1.BackOfficeUser) []string {
	ready := meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil || ready.Status == "True" {
		return nil
	}
	return []string{ReasonKey(officeOf(u), ready.Reason)}
}

func foldASCII(s string) string {
	folded := []byte(s)
	for i, c := range folded {
		if 'A' <= c && c <= 'Z' {
			folded[i] = c + 'a' - 'A'
		}
	}
	return string(folded)
}
