// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package desired

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

const (
	// maxTexts and maxText bound what is noted of one object, and each text of it in bytes.
	maxTexts, maxText = 4096, 512
	// maxLabels bounds the labels of a user that are noted. A label grants what the bindings that select it do.
	maxLabels = 32
	// maxActor bounds the name of an identity in bytes. That of a service account is shorter.
	maxActor = 512
)

// UserAdmission returns what the store notes of the admission of a user whose author has these powers. A user without access gives nothing, and
// is still narrowed by filters. Nothing of the profile and of settings is part of it.
func UserAdmission(u *v1alpha1.BackOfficeUser, force Force, powers []access.Power) store.Admission {
	var gives []string
	if bool(force) && u.EffectiveState() == v1alpha1.StateActive && !u.Held() {
		gives = append(gives, "account of type "+string(u.EffectiveAccountType()))
		labels := slices.Sorted(maps.Keys(u.Labels))
		for _, key := range labels[:min(len(labels), maxLabels)] {
			gives = append(gives, "label "+key+"="+u.Labels[key])
		}
		if u.Spec.KubernetesUser != "" {
			gives = append(gives, "kubernetes user "+u.Spec.KubernetesUser)
		}
		gives = append(gives, origins(u.Spec.AllowedIPs)...)
	}
	a := admission(u, append(gives, narrowings(u.Spec.Filters)...))
	for _, p := range powers {
		if p.Concerns(string(u.EffectiveAccountType())) {
			a.Power = append(a.Power, store.Power{Rank: p.Rank, Families: p.Families})
		}
	}
	return a
}

// Kin says whether a set and others inherit from each other.
type Kin bool

// Whether a set has kin.
const (
	Related Kin = true
	Alone   Kin = false
)

// PermissionSetAdmission returns what the store notes of the admission of a set, of which the caller knows whether others inherit from it. A
// withheld set gives nothing, and still denies.
func PermissionSetAdmission(s *v1alpha1.PermissionSet, force Force, heirs Kin) store.Admission {
	gives := append(lowerings(s.Spec.Permissions, heirs || len(s.Spec.Extends) > 0), holders(s.Spec.AccountTypes)...)
	if force {
		for _, entry := range given(s.Spec.Permissions) {
			if strings.HasPrefix(entry, store.Denies) { // a permission of that name takes nothing away
				entry = "permission " + entry
			}
			gives = append(gives, entry)
		}
		for _, ref := range s.Spec.Extends {
			gives = append(gives, store.Inherits+ref.In(s.Namespace).String())
		}
		for _, dimension := range s.Spec.BypassFilters {
			gives = append(gives, "bypass "+dimension)
		}
	}
	return admission(s, append(gives, denials(s.Spec.Deny)...))
}

// RoleBindingAdmission returns what the store notes of the admission of a binding. One that is withheld, or whose set does not exist, gives
// nothing and denies nothing.
func RoleBindingAdmission(b *v1alpha1.RoleBinding, force Force) store.Admission {
	if !force {
		return admission(b, nil)
	}
	gives := []string{"set " + b.Spec.PermissionSetRef.In(b.Namespace).String()}
	gives = slices.Concat(gives, denials(b.Spec.Deny), narrowings(b.Spec.Filters), lowerings(b.Spec.Grants, Alone), bounds(b))
	for _, s := range b.Spec.Subjects {
		gives = append(gives, "subject "+s.Name)
	}
	if b.Spec.Selector != nil {
		gives = append(gives, "selector "+metav1.FormatLabelSelector(b.Spec.Selector))
	}
	for _, entry := range given(b.Spec.Grants) {
		gives = append(gives, "grant "+entry)
	}
	return admission(b, gives)
}

// OfficeAdmission returns what the store notes of the admission of a BackOffice: to whom it gives power, and over what; by which dimensions access
// can be narrowed; and whether it keeps tombstones of deleted accounts.
func OfficeAdmission(o *v1alpha1.BackOffice) store.Admission {
	var gives []string
	if rank := o.Spec.Rank; rank != nil {
		for _, d := range rank.Delegations {
			for _, s := range d.Subjects {
				gives = append(gives, delegation(d, s))
			}
		}
		if rank.SelfService == v1alpha1.SelfServiceEnabled {
			gives = append(gives, "users with "+rank.ManagePermission+" manage others")
		}
	}
	for _, entry := range o.Spec.Namespaces {
		terms := namespaceTerms(entry)
		for _, name := range entry.Names {
			gives = append(gives, "namespace "+name+terms)
		}
		if entry.Selector != nil {
			gives = append(gives, "namespaces with "+metav1.FormatLabelSelector(entry.Selector)+terms)
		}
	}
	for _, d := range o.Spec.FilterDimensions {
		gives = append(gives, "dimension "+d.Name)
	}
	if p := o.Spec.Policy; p != nil && p.IdentityReuse == v1alpha1.IdentityReuseNever {
		gives = append(gives, "tombstones")
	}
	return admission(o, gives)
}

// delegation is what one subject of a delegation may hand out.
func delegation(d v1alpha1.Delegation, s v1alpha1.DelegationSubject) string {
	name := s.Name
	if s.Kind == v1alpha1.SubjectServiceAccount {
		name = s.Namespace + "/" + s.Name
	}
	rank := ""
	if d.Rank != nil {
		rank = fmt.Sprintf(" %d", *d.Rank)
	}
	return fmt.Sprintf("rank%s to %s %s", rank, s.Kind, name) +
		listed(" in families ", d.Families) + listed(" for types ", d.AccountTypes) + listed(" with permissions ", d.Permissions) +
		listed(" on data ", describe(d.Filters))
}

// namespaceTerms is how much the objects of admitted namespaces may hand out.
func namespaceTerms(entry v1alpha1.NamespaceAdmission) string {
	terms := ""
	if c := entry.Ceiling; c != nil && c.Rank != nil {
		terms = fmt.Sprintf(" up to rank %d", *c.Rank) + listed(" with permissions ", c.Permissions)
	}
	return terms + listed(" for types ", entry.AccountTypes)
}

// listed introduces items in an order of their own; it is empty where there are none.
func listed[T ~string](introduction string, items []T) string {
	if len(items) == 0 {
		return ""
	}
	return introduction + strings.Join(texts(items), ", ")
}

// given are the entries that give something.
func given(permissions []v1alpha1.Permission) []string {
	var given []string
	for _, p := range permissions {
		if p.Level != v1alpha1.LevelNone {
			given = append(given, p.Path+" "+string(p.Level))
		}
	}
	return given
}

// admission is what the store notes of an object that gives this: without an actor where no stamp fits, for then nobody knows who it was.
func admission(o metav1.Object, gives []string) store.Admission {
	a := store.Admission{Gives: bounded(gives)}
	if s, fits := stamp.Fitting(o); fits {
		a.Actor = printable(s.User, maxActor)
	}
	return a
}

// bounded makes texts acceptable to every store: sorted, each once, and not too many or too long. What is left out is told by a hash, so that
// two lists that differ read differently.
func bounded(texts []string) []string {
	for i, text := range texts {
		texts[i] = cut(text)
	}
	all := sorted(texts)
	if len(all) <= maxTexts {
		return all
	}
	left := all[maxTexts-1:]
	return sorted(append(all[:maxTexts-1:maxTexts-1], fmt.Sprintf("and %d more%s", len(left), digest(strings.Join(left, "\n")))))
}

func cut(text string) string {
	if whole := printable(text, len(text)); len(whole) <= maxText {
		return whole
	}
	end := digest(text)
	return printable(text, maxText-len(end)) + end
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return fmt.Sprintf(" … %x", sum[:8])
}
