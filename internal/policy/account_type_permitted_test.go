// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestAccountTypePermitted(t *testing.T) {
	is := func(accountType v1alpha1.AccountType, permitted ...v1alpha1.AccountType) UserInput {
		return UserInput{
			New: testkit.User("ann", "team", testkit.AccountType(accountType)), Office: office(),
			Terms: Terms{Admitted: true, AccountTypes: permitted, Sources: []string{"spec.namespaces[0]", "spec.namespaces[2]"}},
		}
	}
	nowhere := is(v1alpha1.AccountAPI, v1alpha1.AccountStaff)
	nowhere.Office = nil
	const at = `Refuse AccountTypeNotPermitted spec.accountType: Forbidden: users of namespace "team" may have `
	ruleCases[UserInput]{
		"a missing back office has no rules": {nowhere, nil},
		"all are permitted":                  {is(v1alpha1.AccountAPI), nil},
		"one of the list":                    {is(v1alpha1.AccountAPI, v1alpha1.AccountStaff, v1alpha1.AccountAPI), nil},
		"Staff is what is meant by nothing":  {is("", v1alpha1.AccountStaff), nil},
		"another one": {is("", v1alpha1.AccountAPI, v1alpha1.AccountAffiliate), []string{
			at + "account type API, Affiliate, not Staff (spec.namespaces[0] and spec.namespaces[2] of BackOffice shop/shop)",
		}},
		"none, where lists have none in common": {is("", noAccountType), []string{
			at + "no account type, not even Staff: spec.namespaces[0] and spec.namespaces[2] of BackOffice shop/shop have none in common",
		}},
	}.run(t, AccountTypePermitted)
}

func TestAccountTypePermittedAfterAChange(t *testing.T) {
	user := func(accountType v1alpha1.AccountType, mods ...testkit.Mod) *v1alpha1.BackOfficeUser {
		return testkit.User("ann", "team", append(mods, testkit.AccountType(accountType))...)
	}
	for _, permitted := range []v1alpha1.AccountType{v1alpha1.AccountStaff, noAccountType} {
		in := UserInput{Old: user(v1alpha1.AccountAPI), Office: office(), Terms: Terms{AccountTypes: []v1alpha1.AccountType{permitted}}}
		in.New = user(v1alpha1.AccountAPI, testkit.State(v1alpha1.StateBlocked))
		NewWithT(t).Expect(findings(changed(AccountTypePermitted)(in))).To(Equal([]string{"Warn AccountTypeNotPermitted spec.accountType"}), "it was wrong before")
		in.New = user(v1alpha1.AccountAdministrator)
		NewWithT(t).Expect(findings(changed(AccountTypePermitted)(in))).To(Equal([]string{"Refuse AccountTypeNotPermitted spec.accountType"}), "another wrong one")
	}
}
