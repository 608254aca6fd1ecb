// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package testkit

import "github.com/backoffice-operator/backoffice-operator/api/v1alpha1"

// Admits lets objects of other namespaces refer to a BackOffice, without a ceiling.
func Admits(namespaces ...string) Mod {
	return AdmitsAs(v1alpha1.NamespaceAdmission{Names: namespaces})
}

// AdmitsAs adds an entry of admitted namespaces to a BackOffice.
func AdmitsAs(entry v1alpha1.NamespaceAdmission) Mod {
	return on(func(o *v1alpha1.BackOffice) { o.Spec.Namespaces = append(o.Spec.Namespaces, entry) })
}

// AdmitsUpTo admits a namespace with a ceiling: a rank, and the permissions that its own sets and grants may give.
func AdmitsUpTo(rank int32, namespace string, permissions ...string) Mod {
	return AdmitsAs(v1alpha1.NamespaceAdmission{
		Names: []string{namespace}, Ceiling: &v1alpha1.Ceiling{Rank: &rank, Permissions: permissions},
	})
}

// SelfService lets users with a permission hand out what they hold.
func SelfService(managePermission string) Mod {
	return on(func(o *v1alpha1.BackOffice) {
		if o.Spec.Rank == nil {
			o.Spec.Rank = &v1alpha1.RankPolicy{}
		}
		o.Spec.Rank.SelfService, o.Spec.Rank.ManagePermission = v1alpha1.SelfServiceEnabled, managePermission
	})
}

// WithdrawalLimit sets a BackOffice's brake.
func WithdrawalLimit(percent, count int32) Mod {
	return on(func(o *v1alpha1.BackOffice) {
		if o.Spec.Policy == nil {
			o.Spec.Policy = &v1alpha1.Policy{}
		}
		o.Spec.Policy.WithdrawalLimit = &v1alpha1.WithdrawalLimit{Percent: &percent, Count: &count}
	})
}

// Catalog closes a BackOffice's catalogue.
func Catalog(permissions ...string) Mod {
	return on(func(o *v1alpha1.BackOffice) { o.Spec.PermissionCatalog = permissions })
}

// Dimensions declares dimensions by which access can be narrowed.
func Dimensions(dimensions ...v1alpha1.FilterDimension) Mod {
	return on(func(o *v1alpha1.BackOffice) { o.Spec.FilterDimensions = append(o.Spec.FilterDimensions, dimensions...) })
}

// Rules changes the policy of the BackOffice.
func Rules(change func(*v1alpha1.Policy)) Mod {
	return on(func(o *v1alpha1.BackOffice) {
		if o.Spec.Policy == nil {
			o.Spec.Policy = &v1alpha1.Policy{}
		}
		change(o.Spec.Policy)
	})
}

// Narrowed bounds the last delegation to some data.
func Narrowed(filters ...v1alpha1.Filter) Mod {
	return on(func(o *v1alpha1.BackOffice) {
		d := &o.Spec.Rank.Delegations[len(o.Spec.Rank.Delegations)-1]
		d.Filters = append(d.Filters, filters...)
	})
}

// IPPolicy sets a BackOffice's rules for addresses.
func IPPolicy(p v1alpha1.IPPolicy) Mod {
	return on(func(o *v1alpha1.BackOffice) {
		if o.Spec.Policy == nil {
			o.Spec.Policy = &v1alpha1.Policy{}
		}
		o.Spec.Policy.IP = &p
	})
}

// Seats sets a BackOffice's quotas.
func Seats(users, administrators int32) Mod {
	return on(func(o *v1alpha1.BackOffice) {
		o.Spec.Quotas = &v1alpha1.Quotas{Users: &users, Administrators: &administrators}
	})
}

// Delegates adds a delegation to a BackOffice, in every family. InFamilies narrows it.
func Delegates(rank int32, subjects ...v1alpha1.DelegationSubject) Mod {
	return on(func(o *v1alpha1.BackOffice) {
		if o.Spec.Rank == nil {
			o.Spec.Rank = &v1alpha1.RankPolicy{}
		}
		o.Spec.Rank.Delegations = append(o.Spec.Rank.Delegations, v1alpha1.Delegation{Subjects: subjects, Rank: &rank})
	})
}

// InFamilies narrows the last delegation to rank families.
func InFamilies(families ...string) Mod {
	return on(func(o *v1alpha1.BackOffice) {
		d := o.Spec.Rank.Delegations
		d[len(d)-1].Families = families
	})
}

// OfTypes narrows the last delegation to accounts of these types.
func OfTypes(types ...v1alpha1.AccountType) Mod {
	return on(func(o *v1alpha1.BackOffice) {
		d := o.Spec.Rank.Delegations
		d[len(d)-1].AccountTypes = types
	})
}

// Giving lets the last delegation put these permissions into sets and grants.
func Giving(permissions ...string) Mod {
	return on(func(o *v1alpha1.BackOffice) {
		d := o.Spec.Rank.Delegations
		d[len(d)-1].Permissions = permissions
	})
}

// Person is a user as a subject of a delegation.
func Person(name string) v1alpha1.DelegationSubject {
	return v1alpha1.DelegationSubject{Kind: v1alpha1.SubjectUser, Name: name}
}

// Group is a group as a subject of a delegation.
func Group(name string) v1alpha1.DelegationSubject {
	return v1alpha1.DelegationSubject{Kind: v1alpha1.SubjectGroup, Name: name}
}

// ServiceAccount is a service account as a subject of a delegation.
func ServiceAccount(namespace, name string) v1alpha1.DelegationSubject {
	return v1alpha1.DelegationSubject{Kind: v1alpha1.SubjectServiceAccount, Namespace: namespace, Name: name}
}

// Postgres puts a BackOffice's store into a schema of the PostgreSQL database whose URL a Secret holds under the key url.
func Postgres(owner, schema, secret string) Mod {
	return on(func(o *v1alpha1.BackOffice) {
		ref := v1alpha1.SecretKeyReference{Name: secret, Key: "url"}
		o.Spec.Store = v1alpha1.Store{Postgres: &v1alpha1.PostgresStore{Owner: owner, Schema: schema, URLSecretRef: ref}}
	})
}
