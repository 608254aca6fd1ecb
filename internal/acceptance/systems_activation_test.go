// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// reachable is a profile of whom the catalogue of the activation suite takes: a professional address and a phone.
func reachable(address string) testkit.Mod {
	return testkit.Profile(v1alpha1.Profile{Email: address, Phone: "+441632960099"})
}

// narrowedTo replaces a user's filters.
func narrowedTo(filters ...v1alpha1.Filter) testkit.Mod {
	return testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Spec.Filters = filters })
}

// entities is a filter on some of them, with the one to begin with, or without where it is empty.
func entities(standard string, values ...string) v1alpha1.Filter {
	filter := testkit.Only("entities", values...)
	filter.Default = standard
	return filter
}

// asAnalyst is what the catalogue's configuration for analysts gives.
var asAnalyst = together(
	levels(v1alpha1.LevelWrite, "analytics/dashboards/view", "analytics/reports/build"),
	levels(v1alpha1.LevelRead, "campaigns/email/design", "campaigns/email/approve", "campaigns/email/send", "campaigns/sms/design", "campaigns/sms/send"),
)

var _ = Describe("A marketing activation suite", func() {
	const group = "activation-administrators"

	It("lets those manage access who hold the configuration Administrator, as long as they do", Label("A-01"), func() {
		t := deployed("activation", group)
		alma, ben, adam := as("alma.berg@activation.example"), as("ben.carter@activation.example"), as("adam@activation.example")
		newcomer := func(name string) *v1alpha1.BackOfficeUser {
			return t.user(name, reachable(name+"@activation.example"))
		}
		analyst := func(name string) *v1alpha1.RoleBinding {
			return t.binding(name, testkit.ToSet("analyst"), testkit.ForUsers(name))
		}
		// The account type makes nobody an administrator.
		t.given(t.user("adam", reachable("adam@activation.example"), testkit.AccountType(v1alpha1.AccountAdministrator), testkit.KubernetesUser("adam@activation.example")), analyst("adam"))

		ada := newcomer("ada")
		Expect(alma.Create(ctx, ada)).To(Succeed())
		eventually(ada, beReady())
		Expect(alma.Create(ctx, analyst("ada"))).To(Succeed())
		t.gets("ada", asAnalyst)
		for person, c := range map[string]client.Client{"ben.carter@activation.example": ben, "adam@activation.example": adam} {
			none := refuse(fmt.Sprintf("no delegation of BackOffice %s/activation matches %q", t.namespace, person))
			Expect(c.Create(ctx, newcomer("mole"))).To(none)
			Expect(c.Create(ctx, t.binding("mole", testkit.ToSet("analyst"), testkit.ForUsers("clara")))).To(none)
			Expect(c.Create(ctx, t.set("mole", testkit.Rank(9), testkit.Permissions("analytics")))).To(none)
			Expect(change(c, t.user("clara"), testkit.State(v1alpha1.StateBlocked))).To(none)
			Expect(c.Delete(ctx, analyst("ada"))).To(none)
		}
		t.gets("ada", asAnalyst)
		Expect(t.active("clara.dubois")()).To(BeTrue())

		By("who becomes one, and who ceases to be one")
		administrators := t.binding("administrators")
		Expect(t.admin.Delete(ctx, t.binding("adam"))).To(Succeed())
		Expect(change(t.admin, administrators, testkit.ForUsers("adam"))).To(Succeed())
		Eventually(func() error { return adam.Create(ctx, newcomer("axel")) }, soon, often).Should(Succeed())
		Eventually(t.active("axel"), soon, often).Should(BeTrue())
		Eventually(func() error { return alma.Create(ctx, newcomer("late"), client.DryRunAll) }, soon, often).
			Should(refuse(`matches "alma.berg@activation.example"`))
	})

	It("manages API accounts apart, by rules and a list of their own", Label("A-03"), func() {
		t := deployed("activation", group)
		interfaces := serviceAccount(t.namespace, "interfaces")
		isAPI := testkit.AccountType(v1alpha1.AccountAPI)
		feed := t.user("shop-feed", isAPI, reachable("feeds@activation.example"))
		Expect(interfaces.Create(ctx, feed)).To(Succeed())
		eventually(feed, beReady())
		Expect(interfaces.Create(ctx, t.binding("shop-feed", testkit.ToSet("data-import"), testkit.ForUsers("shop-feed")))).To(Succeed())
		t.gets("shop-feed", levels(v1alpha1.LevelWrite, "data/imports/upload"))

		By("whoever manages them reaches no people")
		beyond := "needs power over accounts of type Staff"
		Expect(interfaces.Create(ctx, t.user("mole", reachable("mole@activation.example")))).To(refuse(beyond))
		Expect(change(interfaces, feed, testkit.AccountType(v1alpha1.AccountStaff))).To(refuse(beyond))
		Expect(change(interfaces, t.user("clara"), testkit.State(v1alpha1.StateBlocked))).To(refuse(beyond))
		Expect(interfaces.Create(ctx, t.binding("mole", testkit.ToSet("analyst"), testkit.ForUsers("shop-feed")))).To(refuse(`in family "default"`))

		By("configurations are for people or for interfaces")
		for _, configuration := range []string{"administrator", "campaign-manager", "campaign-designer", "analyst"} {
			Expect(t.admin.Create(ctx, t.binding("mole", testkit.ToSet(configuration), testkit.ForUsers("shop-feed")))).
				To(refuse("spec.subjects", "may be held by accounts of type", "shop-feed (API)"), configuration)
		}
		Expect(t.admin.Create(ctx, t.binding("mole", testkit.ToSet("data-import"), testkit.ForUsers("clara")))).
			To(refuse("may be held by accounts of type API", "clara (Staff)"))

		By("and they are two lists, here as in the store")
		list := func(selector string) []string {
			return strings.Fields(kubectl("vic", "", "get", "backofficeusers", "-n", t.namespace, "--field-selector", selector, "-o", "jsonpath={.items[*].status.login}"))
		}
		Expect(list("status.accountType=API")).To(ConsistOf("crm-import", "shop-feed"))
		Expect(list("status.accountType!=API")).To(ConsistOf("alma.berg", "ben.carter", "clara.dubois", "dario.esposito", "erin.frost"))
		Expect(t.query("SELECT login FROM active_users WHERE account_type = 'API' ORDER BY login")).To(Equal([][]string{{"crm-import"}, {"shop-feed"}}))
	})

	It("gives each user exactly one of several standard configurations, which nobody changes", Label("A-16"), func() {
		t := deployed("activation", group)
		t.gets("erin.frost", asAnalyst)
		aged(t.binding("analysts"))
		second := t.binding("second", testkit.ToSet("campaign-manager"), testkit.ForUsers("erin", "dario"))
		manager, warnings := listening("ivan", group, editors)
		Expect(manager.Create(ctx, second)).To(Succeed())
		Expect(warnings.heard()).To(And(ContainSubstring("policy.permissionSetsPerUser"), ContainSubstring("erin"), Not(ContainSubstring("dario"))))
		eventually(second, And(notReady(v1alpha1.ReasonSubjectsRefused), saying("erin")))
		t.gets("erin.frost", asAnalyst)
		Expect(t.admin.Delete(ctx, t.binding("analysts"))).To(Succeed())
		eventually(second, beReady())
		Eventually(func() map[string]string { return t.may("erin.frost") }, soon, often).Should(HaveKeyWithValue("campaigns/email/send", "Write"))
		Expect(t.may("erin.frost")).NotTo(HaveKey("analytics/reports/build"))

		By("neither who may hand out everything, nor by deleting")
		entries := func() [][]string {
			return t.query("SELECT s.set_key, e.path, e.level FROM permission_sets s JOIN permission_set_entries e ON e.set_uid = s.uid ORDER BY 1, 2")
		}
		before := entries()
		Expect(before).NotTo(BeEmpty())
		olga := identity("olga", owners, group)
		for _, name := range []string{"administrator", "campaign-manager", "campaign-designer", "analyst"} {
			for who, c := range map[string]client.Client{"ivan": t.admin, "olga": olga} {
				Expect(change(c, t.set(name), testkit.Permissions("data/imports=Read"))).To(refuse("protected", v1alpha1.AnnotationBreakGlass), "%s %s", who, name)
				Expect(change(c, t.set(name), testkit.Rank(9))).To(refuse("protected"), "%s %s", who, name)
				Expect(change(c, t.set(name), testkit.OnSet(func(s *v1alpha1.PermissionSet) { s.Spec.Protected = false }))).To(refuse("protected"), "%s %s", who, name)
				Expect(c.Delete(ctx, t.set(name))).To(refuse("protected"), "%s %s", who, name)
			}
		}
		Expect(change(t.admin, t.set("analyst"), testkit.Rank(9), annotate(v1alpha1.AnnotationBreakGlass, "because"))).To(refuse("escalate"))
		Consistently(entries, while, often).Should(Equal(before))

		By("but who breaks the glass")
		Expect(change(olga, t.set("analyst"), testkit.Permissions("data/imports=Read"), annotate(v1alpha1.AnnotationBreakGlass, "the licence has changed"))).To(Succeed())
		Eventually(entries, soon, often).Should(HaveLen(len(before) + 1))
	})

	It("reaches data by entity group", Label("A-17"), func() {
		t := deployed("activation", group)
		reach := func(login string) [][]string {
			return t.query(`SELECT path, level, mode, access, filter_values, filter_groups FROM effective_filters
				WHERE login = $1 AND dimension = 'entities' AND path IN ('campaigns/email/send', 'data/segments/build', 'data/segments/export', 'administration/users')
				ORDER BY path, filter_values, filter_groups`, login)
		}
		Expect(reach("ben.carter")).To(Equal([][]string{
			{"campaigns/email/send", "Write", "Only", "ReadWrite", "[]", `["europe"]`},
			{"data/segments/build", "Write", "Only", "ReadWrite", "[]", `["europe"]`},
		}))
		Expect(reach("alma.berg")).To(HaveLen(4))
		for _, row := range reach("alma.berg") {
			Expect(row[1:]).To(Equal([]string{"Write", "All", "ReadWrite", "[]", "[]"})) // nothing narrows her
		}

		By("a binding narrows what it gives, and nothing else")
		more := t.binding("more", testkit.ToSet("campaign-manager"), testkit.ForUsers("ben"), testkit.Grants("administration/users=Read"),
			testkit.Filters(testkit.Only("entities", "madrid")))
		t.given(more)
		Eventually(func() [][]string { return reach("ben.carter") }, soon, often).Should(ContainElements(
			[]string{"administration/users", "Read", "Only", "ReadWrite", "[]", `["europe"]`}, // both have to be passed, by this grant
			[]string{"administration/users", "Read", "Only", "ReadWrite", `["madrid"]`, "[]"},
		))
		single := t.query(`SELECT count(*) FROM effective_filters WHERE login = 'ben.carter' AND path = 'campaigns/email/send' AND grant_id <> $1`, string(more.UID))
		Expect(single).To(Equal([][]string{{"1"}}))

		By("another dimension is refused, with the nearest one")
		Expect(change(t.admin, t.user("ben"), testkit.Filters(testkit.Only("entites", "berlin")))).To(refuse("spec.filters[1].dimension", "did you mean entities?"))
		Expect(change(t.admin, more, testkit.Filters(testkit.Only("regions", "south")))).To(refuse("spec.filters[1].dimension"))

		By("and takes effect at once")
		Expect(change(t.admin, t.user("ben"), narrowedTo(v1alpha1.Filter{Dimension: "entities", Mode: v1alpha1.FilterNone}))).To(Succeed())
		Eventually(func() [][]string { return reach("ben.carter") }, soon, often).Should(ContainElement([]string{"campaigns/email/send", "Write", "None", "ReadWrite", "[]", "[]"}))
	})

	It("wants a default entity where there are several, and only there", Label("A-18"), func() {
		t := deployed("activation", group)
		several := v1alpha1.Filter{Dimension: "entities", Mode: v1alpha1.FilterOnly, Groups: []string{"europe"}}
		clara := t.user("clara")
		standard := func() [][]string {
			return t.query("SELECT DISTINCT mode, filter_values, filter_groups, default_value FROM effective_filters WHERE login = 'clara.dubois' AND dimension = 'entities'")
		}
		Expect(standard()).To(Equal([][]string{{"Only", `["lyon","paris"]`, "[]", "paris"}}))
		for what, filter := range map[string]v1alpha1.Filter{"two entities": entities("", "lyon", "paris"), "a group": several} {
			Expect(change(t.admin, clara, narrowedTo(filter))).To(refuse("spec.filters[0].default: Required value"), what)
			Expect(t.admin.Create(ctx, t.user("new", reachable("new@agency.example"), narrowedTo(filter)))).To(refuse("spec.filters[0].default: Required value"), what)
			Expect(t.admin.Create(ctx, t.binding("new", testkit.ToSet("campaign-designer"), testkit.ForUsers("clara"), testkit.Filters(filter)))).
				To(refuse("spec.filters[0].default: Required value"), what)
		}
		Expect(change(t.admin, clara, narrowedTo(entities("rome", "lyon", "paris")))).To(refuse("spec.filters[0].default", "must be one of values"))
		Expect(standard()).To(Equal([][]string{{"Only", `["lyon","paris"]`, "[]", "paris"}}))

		Expect(change(t.admin, clara, narrowedTo(entities("", "lyon")))).To(Succeed())
		Eventually(standard, soon, often).Should(Equal([][]string{{"Only", `["lyon"]`, "[]", ""}}))
		several.Default = "nice"
		Expect(change(t.admin, clara, narrowedTo(several))).To(Succeed())
		Eventually(standard, soon, often).Should(Equal([][]string{{"Only", "[]", `["europe"]`, "nice"}}))
	})

	It("gives rights by category, application and step: a parent covers, and the deepest entry wins", Label("A-19"), func() {
		t := deployed("activation", group)
		asManager := together(
			levels(v1alpha1.LevelWrite, "campaigns/email/design", "campaigns/email/approve", "campaigns/email/send"), // by the category
			levels(v1alpha1.LevelRead, "campaigns/sms/design", "campaigns/sms/send"),                                 // but for an application
			levels(v1alpha1.LevelWrite, "data/segments/build"),                                                       // by the application, but for a step
		)
		t.gets("ben.carter", asManager)
		Expect(t.query("SELECT path FROM effective_permissions WHERE login = 'ben.carter' AND level = 'None' AND path = 'data/segments/export'")).To(HaveLen(1))
		asDesigner := levels(v1alpha1.LevelWrite, "campaigns/email/design", "campaigns/email/approve")
		t.gets("clara.dubois", asDesigner)
		Expect(t.may("alma.berg")).To(HaveLen(13)) // all steps of all categories

		By("in a set of one's own, and beside a set")
		t.given(t.set("sender", testkit.Rank(6), testkit.Extends("campaign-designer"), testkit.Permissions("campaigns/email/send=Write", "campaigns/email/design=None", "analytics=Read")))
		Expect(change(t.admin, t.binding("campaign-designers"), testkit.OnBinding(func(b *v1alpha1.RoleBinding) { b.Spec.PermissionSetRef.Name = "sender" }))).To(Succeed())
		t.gets("clara.dubois", together(
			levels(v1alpha1.LevelWrite, "campaigns/email/approve", "campaigns/email/send"), levels(v1alpha1.LevelRead, "analytics/dashboards/view", "analytics/reports/build")))
		Expect(change(t.admin, t.binding("campaign-designers"), testkit.Grants("data=Read"), testkit.Denies("data/imports", "analytics/reports/build"))).To(Succeed())
		t.gets("clara.dubois", together(
			levels(v1alpha1.LevelWrite, "campaigns/email/approve", "campaigns/email/send"),
			levels(v1alpha1.LevelRead, "analytics/dashboards/view", "data/segments/build", "data/segments/export")))

		By("and an application or a step that there is not is refused")
		Expect(t.admin.Create(ctx, t.set("mole", testkit.Rank(6), testkit.Permissions("campaigns/emial")))).To(refuse("campaigns/emial is not in the catalogue"))
		Expect(change(t.admin, t.binding("campaign-designers"), testkit.Grants("campaigns/email/sned"))).To(refuse("campaigns/email/sned", "did you mean campaigns/email/send?"))
		Expect(apierrors.IsNotFound(masters().Get(ctx, client.ObjectKeyFromObject(t.set("mole")), t.set("mole")))).To(BeTrue())
	})
})
