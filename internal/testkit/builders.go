// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package testkit

import (
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// Mod changes an object that is being built. It panics on a kind that it is not about.
type Mod func(client.Object)

// User builds a BackOfficeUser of the back office "shop" in its namespace.
func User(name, namespace string, mods ...Mod) *v1alpha1.BackOfficeUser {
	u := &v1alpha1.BackOfficeUser{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace}}
	return build(u, mods)
}

// Binding builds a RoleBinding of the back office "shop" in its namespace. It needs ToSet, and ForUsers or ForLabels.
func Binding(name, namespace string, mods ...Mod) *v1alpha1.RoleBinding {
	b := &v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace}}
	return build(b, mods)
}

// Set builds a PermissionSet of rank 5 of the back office "shop" in its namespace.
func Set(name, namespace string, mods ...Mod) *v1alpha1.PermissionSet {
	s := &v1alpha1.PermissionSet{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace}}
	return build(s, append([]Mod{Rank(5)}, mods...))
}

// Office builds a BackOffice with an SQLite store.
func Office(name, namespace string, mods ...Mod) *v1alpha1.BackOffice {
	o := &v1alpha1.BackOffice{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace}}
	o.Spec.Store.SQLite = &v1alpha1.SQLiteStore{}
	for _, mod := range mods {
		mod(o)
	}
	return o
}

func build[T client.Object](o T, mods []Mod) T {
	for _, mod := range append([]Mod{InOffice("shop")}, mods...) {
		mod(o)
	}
	return o
}

func on[T client.Object](change func(T)) Mod {
	return func(o client.Object) { change(o.(T)) }
}

// OnUser changes a BackOfficeUser.
func OnUser(change func(*v1alpha1.BackOfficeUser)) Mod { return on(change) }

// OnBinding changes a RoleBinding.
func OnBinding(change func(*v1alpha1.RoleBinding)) Mod { return on(change) }

// OnSet changes a PermissionSet.
func OnSet(change func(*v1alpha1.PermissionSet)) Mod { return on(change) }

// OnOffice changes a BackOffice.
func OnOffice(change func(*v1alpha1.BackOffice)) Mod { return on(change) }

// InOffice refers to a BackOffice, "name" or "namespace/name".
func InOffice(office string) Mod {
	namespace, name := split(office)
	ref := v1alpha1.BackOfficeReference{Name: name, Namespace: namespace}
	return func(o client.Object) {
		switch o := o.(type) {
		case *v1alpha1.BackOfficeUser:
			o.Spec.BackOfficeRef = ref
		case *v1alpha1.RoleBinding:
			o.Spec.BackOfficeRef = ref
		case *v1alpha1.PermissionSet:
			o.Spec.BackOfficeRef = ref
		default:
			panic("InOffice is for users, bindings and sets")
		}
	}
}

// Labels sets labels: key, value, key, value, and so on.
func Labels(pairs ...string) Mod { return func(o client.Object) { o.SetLabels(pairsOf(pairs)) } }

// Annotations sets annotations: key, value, key, value, and so on.
func Annotations(pairs ...string) Mod {
	return func(o client.Object) { o.SetAnnotations(pairsOf(pairs)) }
}

// Login sets a user's login.
func Login(login string) Mod { return on(func(u *v1alpha1.BackOfficeUser) { u.Spec.Login = login }) }

// IPs sets a user's allowedIPs.
func IPs(ips ...string) Mod { return on(func(u *v1alpha1.BackOfficeUser) { u.Spec.AllowedIPs = ips }) }

// AccountType sets a user's account type.
func AccountType(t v1alpha1.AccountType) Mod {
	return on(func(u *v1alpha1.BackOfficeUser) { u.Spec.AccountType = t })
}

// State sets a user's state.
func State(s v1alpha1.UserState) Mod {
	return on(func(u *v1alpha1.BackOfficeUser) { u.Spec.State = s })
}

// ToSet sets the set that a binding hands out, "name" or "namespace/name".
func ToSet(set string) Mod {
	return on(func(b *v1alpha1.RoleBinding) { b.Spec.PermissionSetRef = setReference(set) })
}

// ForUsers names a binding's subjects.
func ForUsers(names ...string) Mod {
	return on(func(b *v1alpha1.RoleBinding) {
		b.Spec.Subjects = nil
		for _, name := range names {
			b.Spec.Subjects = append(b.Spec.Subjects, v1alpha1.RoleBindingSubject{Name: name})
		}
	})
}

// ForLabels makes a binding select users by labels: key, value, key, value, and so on.
func ForLabels(pairs ...string) Mod {
	return on(func(b *v1alpha1.RoleBinding) { b.Spec.Selector = &metav1.LabelSelector{MatchLabels: pairsOf(pairs)} })
}

// Grants gives the users of a binding paths on top of its set: "orders=Write"; without a level it is Read.
func Grants(entries ...string) Mod {
	return on(func(b *v1alpha1.RoleBinding) { b.Spec.Grants = permissions(entries) })
}

// Denies takes paths from the users of a binding.
func Denies(paths ...string) Mod {
	return on(func(b *v1alpha1.RoleBinding) { b.Spec.Deny = paths })
}

// Profile sets the user's personal data.
func Profile(p v1alpha1.Profile) Mod {
	return on(func(u *v1alpha1.BackOfficeUser) { u.Spec.Profile = &p })
}

// Email sets the user's e-mail address, beside what the profile has.
func Email(address string) Mod {
	return on(func(u *v1alpha1.BackOfficeUser) {
		if u.Spec.Profile == nil {
			u.Spec.Profile = &v1alpha1.Profile{}
		}
		u.Spec.Profile.Email = address
	})
}

// Setting sets one of the user's settings.
func Setting(name, value string) Mod {
	return on(func(u *v1alpha1.BackOfficeUser) {
		if u.Spec.Settings == nil {
			u.Spec.Settings = map[string]v1alpha1.SettingText{}
		}
		u.Spec.Settings[name] = v1alpha1.SettingText(value)
	})
}

// Filters adds filters to a user or a binding.
func Filters(filters ...v1alpha1.Filter) Mod {
	return func(o client.Object) {
		switch o := o.(type) {
		case *v1alpha1.BackOfficeUser:
			o.Spec.Filters = append(o.Spec.Filters, filters...)
		case *v1alpha1.RoleBinding:
			o.Spec.Filters = append(o.Spec.Filters, filters...)
		default:
			panic(fmt.Sprintf("a %T has no filters", o))
		}
	}
}

// Only is a filter that lets values through.
func Only(dimension string, values ...string) v1alpha1.Filter {
	return v1alpha1.Filter{Dimension: dimension, Mode: v1alpha1.FilterOnly, Values: values}
}

// Everything is a filter that lets all data through.
func Everything(dimension string) v1alpha1.Filter {
	return v1alpha1.Filter{Dimension: dimension, Mode: v1alpha1.FilterAll}
}

// Owned is a filter that lets through what the user owns.
func Owned(dimension string) v1alpha1.Filter {
	return v1alpha1.Filter{Dimension: dimension, Mode: v1alpha1.FilterOwned}
}

// Tagged is a filter that lets through what has one of these tags.
func Tagged(dimension string, tags ...string) v1alpha1.Filter {
	return v1alpha1.Filter{Dimension: dimension, Mode: v1alpha1.FilterTagged, Tags: tags}
}

// HeldBy says which types of accounts may hold the set.
func HeldBy(types ...v1alpha1.AccountType) Mod {
	return on(func(s *v1alpha1.PermissionSet) { s.Spec.AccountTypes = types })
}

// Protected protects the set.
func Protected() Mod { return on(func(s *v1alpha1.PermissionSet) { s.Spec.Protected = true }) }

// Bypasses lets what bindings of the set give bypass filters.
func Bypasses(dimensions ...string) Mod {
	return on(func(s *v1alpha1.PermissionSet) { s.Spec.BypassFilters = dimensions })
}

// KubernetesUser says which Kubernetes user a user is.
func KubernetesUser(name string) Mod {
	return on(func(u *v1alpha1.BackOfficeUser) { u.Spec.KubernetesUser = name })
}

// From and Until bound the time in which a binding is in force.
func From(t time.Time) Mod {
	return on(func(b *v1alpha1.RoleBinding) { b.Spec.NotBefore = &metav1.Time{Time: t} })
}

// Until ends the time in which a binding is in force.
func Until(t time.Time) Mod {
	return on(func(b *v1alpha1.RoleBinding) { b.Spec.ExpiresAt = &metav1.Time{Time: t} })
}

// Rank sets a set's rank.
func Rank(rank int32) Mod { return on(func(s *v1alpha1.PermissionSet) { s.Spec.Rank = &rank }) }

// Family sets a set's rank family.
func Family(family string) Mod {
	return on(func(s *v1alpha1.PermissionSet) { s.Spec.RankFamily = family })
}

// Extends names the sets that a set inherits from, "name" or "namespace/name".
func Extends(sets ...string) Mod {
	return on(func(s *v1alpha1.PermissionSet) {
		s.Spec.Extends = nil
		for _, set := range sets {
			s.Spec.Extends = append(s.Spec.Extends, setReference(set))
		}
	})
}

// Permissions gives a set paths: "orders=Write"; without a level it is Read.
func Permissions(entries ...string) Mod {
	return on(func(s *v1alpha1.PermissionSet) {
		s.Spec.Permissions = append(s.Spec.Permissions, permissions(entries)...)
	})
}

func permissions(entries []string) []v1alpha1.Permission {
	var list []v1alpha1.Permission
	for _, entry := range entries {
		path, level, ok := strings.Cut(entry, "=")
		if !ok {
			level = string(v1alpha1.LevelRead)
		}
		list = append(list, v1alpha1.Permission{Path: path, Level: v1alpha1.Level(level)})
	}
	return list
}

// Deny takes paths from the holders of a set.
func Deny(paths ...string) Mod { return on(func(s *v1alpha1.PermissionSet) { s.Spec.Deny = paths }) }

func setReference(set string) v1alpha1.PermissionSetReference {
	namespace, name := split(set)
	return v1alpha1.PermissionSetReference{Name: name, Namespace: namespace}
}

func split(name string) (namespace, rest string) {
	if namespace, rest, ok := strings.Cut(name, "/"); ok {
		return namespace, rest
	}
	return "", name
}

func pairsOf(pairs []string) map[string]string {
	m := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}
