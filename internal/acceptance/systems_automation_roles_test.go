// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"maps"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// The six roles of a marketing automation, by the names of their objects.
var standardRoles = map[string]string{
	"administrator": "ADMINISTRATOR", "manager": "MANAGER", "sprzedawca": "SPRZEDAWCA", "marketer": "MARKETER",
	"operator-wysylki": "OPERATOR WYSYŁKI", "uzytkownik": "UŻYTKOWNIK",
}

var _ = Describe("The six roles of a marketing automation", Label("M-05"), func() {
	It("stay as they are, whoever wants to change or delete them", func() {
		namespace := installed("automation")
		admin := identity("admin", editors, "automation-administrators") // rank 0 and all permissions, by the delegation of the sample
		content := func() [][]string {
			return query(namespace, `SELECT s.set_key, s.display_name, s.rank, e.path, e.level FROM permission_sets s
				JOIN permission_set_entries e ON e.owner = s.owner AND e.back_office = s.back_office AND e.set_uid = s.uid
				ORDER BY s.set_key, e.path`)
		}
		before := content()
		for name, displayName := range standardRoles {
			Expect(query(namespace, "SELECT display_name FROM permission_sets WHERE name = $1", name)).To(Equal([][]string{{displayName}}))
		}

		protected := refuse("is protected", v1alpha1.AnnotationBreakGlass)
		for _, actor := range []client.Client{root(), admin} {
			for role := range standardRoles {
				set := testkit.Set(role, namespace)
				for _, mod := range []testkit.Mod{
					testkit.Permissions("contacts/export=Write"), testkit.Deny("contacts"), testkit.Rank(2), testkit.HeldBy(v1alpha1.AccountStaff), testkit.Extends("bez-eksportu"),
					testkit.OnSet(func(s *v1alpha1.PermissionSet) { s.Spec.Protected = false }),
					testkit.OnSet(func(s *v1alpha1.PermissionSet) { s.Spec.Permissions = nil }),
					testkit.OnSet(func(s *v1alpha1.PermissionSet) { s.Spec.DisplayName = "BOSS" }),
				} {
					Expect(change(actor, set, mod)).To(protected, role)
				}
				Expect(actor.Delete(ctx, set)).To(protected, role)
			}
		}
		glass := func(mods ...testkit.Mod) testkit.Mod {
			return func(o client.Object) {
				for _, mod := range append(mods, annotate(v1alpha1.AnnotationBreakGlass, "the new contract")) {
					mod(o)
				}
			}
		}
		manager := testkit.Set("manager", namespace)
		Expect(change(admin, manager, glass(testkit.Rank(7)))).To(Satisfy(apierrors.IsInvalid)) // the annotation without the verb
		Consistently(content, while, often).Should(Equal(before))

		By("nothing unprotected is below them, so that nobody changes them from there")
		given(testkit.Set("loose", namespace, testkit.Permissions("contacts")))
		Expect(root().Create(ctx, testkit.Set("firm", namespace, testkit.Protected(), testkit.Extends("loose")))).To(refuse("loose", "protected"))

		By("and who breaks the glass may")
		Expect(change(root(), manager, glass(testkit.OnSet(func(s *v1alpha1.PermissionSet) { s.Spec.DisplayName = "KIEROWNIK" })))).To(Succeed())
		eventually(manager, beReady())
		Expect(query(namespace, "SELECT display_name FROM permission_sets WHERE set_key = 'manager'")).To(Equal([][]string{{"KIEROWNIK"}}))
		Expect(change(root(), manager, testkit.OnSet(func(s *v1alpha1.PermissionSet) { s.Spec.DisplayName = "MANAGER" }))).To(protected)
	})
})

var _ = Describe("A role that somebody puts together", Label("M-06"), func() {
	It("is a standard one with leaves added and trees removed, under a name for later users", func() {
		namespace := installed("automation")
		sprzedawca := map[string]string{"contacts/list": "Read", "contacts/edit": "Write", "sales/deals": "Write", "sales/tasks": "Write"}
		gets := func(login string, want map[string]string) {
			GinkgoHelper()
			Eventually(func() map[string]string { return permissions(namespace, login) }, soon, often).Should(Equal(want))
		}
		withTests := maps.Clone(sprzedawca)
		withTests["campaigns/ab-tests/create"], withTests["campaigns/ab-tests/results"] = "Write", "Write"
		gets("szymon.kaczmarek@automation.example", sprzedawca)
		gets("zofia.lis@automation.example", withTests)

		By("a whole tree is taken away but for a leaf of it, or a leaf alone")
		ab := testkit.Set("sprzedawca-ab", namespace)
		Expect(change(root(), ab, testkit.Permissions("sales=None", "sales/tasks=Read"))).To(Succeed())
		delete(withTests, "sales/deals")
		withTests["sales/tasks"] = "Read"
		gets("zofia.lis@automation.example", withTests)
		Expect(change(root(), ab, testkit.OnSet(func(s *v1alpha1.PermissionSet) {
			s.Spec.Permissions = []v1alpha1.Permission{{Path: "sales/deals", Level: v1alpha1.LevelNone}, {Path: "campaigns", Level: v1alpha1.LevelWrite}}
		}))).To(Succeed())
		tree := map[string]string{
			"contacts/list": "Read", "contacts/edit": "Write", "sales/tasks": "Write", "campaigns/email/create": "Write", "campaigns/email/send": "Write",
			"campaigns/sms/create": "Write", "campaigns/sms/send": "Write", "campaigns/ab-tests/create": "Write", "campaigns/ab-tests/results": "Write",
		}
		gets("zofia.lis@automation.example", tree)

		By("and is there for the next user; the standard one is as it was")
		given(testkit.User("iza", namespace, testkit.Email("iza@automation.example")),
			testkit.Binding("iza", namespace, testkit.ToSet("sprzedawca-ab"), testkit.ForUsers("iza")))
		gets("iza", tree)
		gets("szymon.kaczmarek@automation.example", sprzedawca)
	})
})

var _ = Describe("The export of contacts", Label("M-07"), func() {
	It("is disabled for a user, and no other role gives it back", func() {
		namespace := shop()
		given(testkit.Set("seller", namespace, testkit.Permissions("contacts=Write")),
			testkit.Set("no-export", namespace, testkit.Deny("contacts/export")),
			testkit.Set("exporter", namespace, testkit.Rank(0), testkit.Permissions("contacts/export=Write", "contacts/export/csv=Write")),
			testkit.Set("heir", namespace, testkit.Extends("no-export", "exporter"), testkit.Permissions("contacts/export=Write")),
			testkit.User("jan", namespace), testkit.User("ewa", namespace),
			testkit.Binding("sellers", namespace, testkit.ToSet("seller"), testkit.ForUsers("jan", "ewa")))
		exports := func(login string) (levels []string) {
			for _, row := range query(namespace, "SELECT path, level FROM effective_permissions WHERE login = $1 AND path LIKE 'contacts/export%' ORDER BY path", login) {
				levels = append(levels, row[0]+" "+row[1])
			}
			return levels
		}
		given(testkit.Binding("exporters", namespace, testkit.ToSet("exporter"), testkit.ForUsers("jan", "ewa")))
		both := []string{"contacts/export Write", "contacts/export/csv Write"}
		Eventually(func() []string { return exports("jan") }, soon, often).Should(Equal(both))

		given(testkit.Binding("disabled", namespace, testkit.ToSet("no-export"), testkit.ForUsers("jan")))
		none := []string{"contacts/export None", "contacts/export/csv None"}
		Eventually(func() []string { return exports("jan") }, soon, often).Should(Equal(none))
		for _, mods := range [][]testkit.Mod{
			{testkit.ToSet("exporter")},
			{testkit.ToSet("heir")},
			{testkit.ToSet("seller"), testkit.Grants("contacts/export=Write", "contacts/export/csv=Write")},
		} {
			b := testkit.Binding("back", namespace, append(mods, testkit.ForUsers("jan"))...)
			given(b)
			Consistently(func() []string { return exports("jan") }, while, often).Should(Equal(none))
			Expect(root().Delete(ctx, b)).To(Succeed())
			vanishes(b)
		}
		Expect(permissions(namespace, "jan")).To(Equal(map[string]string{"contacts": "Write"}))
		Expect(exports("ewa")).To(Equal(both))

		By("until who disabled it lets it go")
		Expect(root().Delete(ctx, testkit.Binding("disabled", namespace))).To(Succeed())
		Eventually(func() []string { return exports("jan") }, soon, often).Should(Equal(both))
	})
})
