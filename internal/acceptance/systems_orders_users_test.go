// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("Back-office and store-app users", func() {
	It("are one list, told apart by their account type", Label("O-02"), func() {
		namespace := shop()
		types := map[string]v1alpha1.AccountType{
			"ann": v1alpha1.AccountStaff, "ada": v1alpha1.AccountAdministrator, "vic": v1alpha1.AccountStoreApp, "bot": v1alpha1.AccountAPI, "aff": v1alpha1.AccountAffiliate,
		}
		for name, accountType := range types {
			given(testkit.User(name, namespace, testkit.AccountType(accountType)))
		}
		given(testkit.User("eva", namespace)) // whose type nobody wrote
		types["eva"] = v1alpha1.AccountStaff

		By("in the store")
		got := map[string]v1alpha1.AccountType{}
		for _, row := range query(namespace, "SELECT login, account_type FROM active_users WHERE back_office = 'shop'") {
			got[row[0]] = v1alpha1.AccountType(row[1])
		}
		Expect(got).To(Equal(types))

		By("and for people, who may ask for one type")
		list := kubectl("ann", "", "get", "backofficeusers", "-n", namespace, "--no-headers")
		for name, accountType := range types {
			Expect(list).To(MatchRegexp(`(?m)^%s +%s +%s +Active +True +Ready`, name, name, accountType))
		}
		apps := kubectl("ann", "", "get", "backofficeusers", "-n", namespace, "--no-headers", "--field-selector=status.accountType=StoreApp")
		Expect(strings.Fields(apps)[0]).To(Equal("vic"))
		Expect(strings.Split(strings.TrimSpace(apps), "\n")).To(HaveLen(1))
		Expect(root().Create(ctx, testkit.User("odd", namespace, testkit.AccountType("Robot")))).
			To(refuse(`spec.accountType: Unsupported value: "Robot": supported values: "Staff", "Administrator", "Affiliate", "StoreApp", "API"`))
	})

	It("share one list of logins, whatever their case, account type or namespace", Label("O-11"), func() {
		other := testkit.FreshNamespace(ctx, masters())
		namespace := shop(testkit.Admits(other))
		first := testkit.User("ann", namespace, testkit.Login("Ann.Store12"))
		given(first)
		c, warnings := listening("root", owners)
		elsewhere := testkit.User("vic", other, testkit.InOffice(namespace+"/shop"), testkit.Login("ann.store12"), testkit.AccountType(v1alpha1.AccountStoreApp))
		Expect(c.Create(ctx, elsewhere)).To(Succeed())
		Expect(warnings.heard()).To(ContainSubstring(`login "ann.store12" is that of BackOfficeUser %s/ann; this user gets no access until that one is gone`, namespace))
		eventually(elsewhere, notReady(v1alpha1.ReasonLoginTaken))
		who := func() [][]string {
			return query(namespace, "SELECT login, account_type FROM active_users WHERE login_folded = 'ann.store12'")
		}
		Expect(who()).To(Equal([][]string{{"Ann.Store12", "Staff"}}))

		By("also where nobody sees the other, because they are created at the same moment")
		types := []v1alpha1.AccountType{v1alpha1.AccountStaff, v1alpha1.AccountStoreApp, v1alpha1.AccountAPI}
		logins := []string{"Twin", "twin", "TWIN", "tWin"}
		twins := make([]*v1alpha1.BackOfficeUser, 12)
		for i := range twins {
			place, office := namespace, "shop"
			if i%2 == 1 {
				place, office = other, namespace+"/shop"
			}
			twins[i] = testkit.User(fmt.Sprintf("twin-%d", i), place, testkit.InOffice(office), testkit.Login(logins[i%4]), testkit.AccountType(types[i%3]))
		}
		for _, err := range simultaneously(len(twins), func(i int) error { return root().Create(ctx, twins[i]) }) {
			Expect(err).NotTo(HaveOccurred())
		}
		ready := func() (names []string) {
			for _, twin := range twins {
				Expect(masters().Get(ctx, client.ObjectKeyFromObject(twin), twin)).To(Succeed())
				if ok, _ := beReady().Match(twin); ok {
					names = append(names, twin.Name)
				} else if ok, _ := notReady(v1alpha1.ReasonLoginTaken).Match(twin); !ok {
					names = append(names, "undecided")
				}
			}
			return names
		}
		Eventually(ready, soon, often).Should(And(HaveLen(1), Not(ContainElement("undecided"))))
		Expect(query(namespace, "SELECT login FROM active_users WHERE login_folded = 'twin'")).To(HaveLen(1))

		By("and whoever waited gets it when it is free")
		Expect(change(root(), first, deletionPolicy(v1alpha1.DeletionDelete))).To(Succeed())
		Expect(root().Delete(ctx, first)).To(Succeed())
		eventually(elsewhere, beReady())
		Expect(who()).To(Equal([][]string{{"ann.store12", "StoreApp"}}))
	})
})
