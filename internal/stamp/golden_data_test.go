// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package stamp

import "github.com/backoffice-operator/backoffice-operator/api/v1alpha1"

// filters are those of the objects with the fields about persons and data.
func filters() []v1alpha1.Filter {
	return []v1alpha1.Filter{
		{
			Dimension: "entities", Mode: v1alpha1.FilterOnly, Access: v1alpha1.FilterReadOnly, Values: []string{"de", "fr"}, Groups: []string{"emea"},
			Default: "de",
		},
		{Dimension: "documents", Mode: v1alpha1.FilterTagged, Tags: []string{"public", "press"}},
	}
}

func dataOffice() v1alpha1.BackOfficeSpec {
	return v1alpha1.BackOfficeSpec{
		Store:            v1alpha1.Store{SQLite: &v1alpha1.SQLiteStore{}},
		FilterDimensions: []v1alpha1.FilterDimension{{Name: "entities", DefaultRequired: true, Values: []string{"de", "fr"}}, {Name: "documents"}},
		Settings: []v1alpha1.Setting{{
			Name: "panel", Values: []v1alpha1.SettingValue{{Value: "vendor", AccountTypes: []v1alpha1.AccountType{v1alpha1.AccountAffiliate}}},
		}},
		Policy: &v1alpha1.Policy{
			Email: &v1alpha1.EmailPolicy{
				AllowedDomains: []string{"shop.example"}, DeniedDomains: []string{"mail.shop.example"}, Required: true,
			},
			IdentityReuse: v1alpha1.IdentityReuseNever, TwoFactor: v1alpha1.DemandRequired, Filters: v1alpha1.DemandRequired,
			PermissionSetsPerUser: new(int32(1)),
		},
		Rank: &v1alpha1.RankPolicy{Delegations: []v1alpha1.Delegation{{
			Subjects: []v1alpha1.DelegationSubject{{Kind: v1alpha1.SubjectUser, Name: "lea"}}, Rank: new(int32(4)), Filters: filters(),
		}}},
	}
}

func dataUser() v1alpha1.BackOfficeUserSpec {
	return v1alpha1.BackOfficeUserSpec{
		BackOfficeRef: v1alpha1.BackOfficeReference{Name: "shop"},
		Profile: &v1alpha1.Profile{
			FirstName: "Alice", LastName: "Martin", Email: "alice@shop.example", Phone: "+4930123456", Language: "de", Gender: v1alpha1.GenderFemale,
			PictureURL: "https://shop.example/alice.png",
		},
		Filters:  filters(),
		Settings: map[string]v1alpha1.SettingText{"panel": "vendor"},
	}
}

func dataSet() v1alpha1.PermissionSetSpec {
	return v1alpha1.PermissionSetSpec{
		BackOfficeRef: v1alpha1.BackOfficeReference{Name: "shop"}, Rank: new(int32(4)), Protected: true,
		AccountTypes:  []v1alpha1.AccountType{v1alpha1.AccountStaff, v1alpha1.AccountAPI},
		BypassFilters: []string{"entities", "documents"},
	}
}

func dataBinding() v1alpha1.RoleBindingSpec {
	return v1alpha1.RoleBindingSpec{
		BackOfficeRef: v1alpha1.BackOfficeReference{Name: "shop"}, PermissionSetRef: v1alpha1.PermissionSetReference{Name: "viewer"},
		Subjects: []v1alpha1.RoleBindingSubject{{Name: "alice"}}, Filters: filters(),
	}
}
