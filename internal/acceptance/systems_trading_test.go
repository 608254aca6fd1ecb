// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("A trading back office", func() {
	const group = "trading-it-managers"

	It("knows a user by the login name, whatever is changed besides", Label("T-02"), func() {
		namespace := shop()
		named, unnamed := testkit.User("ines", namespace, testkit.Login("Ines.ES")), testkit.User("ruben", namespace)
		given(named, unnamed, testkit.Set("sales", namespace, testkit.Permissions("clients")),
			testkit.Binding("sales", namespace, testkit.ToSet("sales"), testkit.ForUsers("ines")))
		known := func() [][]string {
			return query(namespace, "SELECT login, login_folded FROM active_users WHERE back_office = 'shop' ORDER BY login_folded")
		}
		Expect(known()).To(Equal([][]string{{"Ines.ES", "ines.es"}, {"ruben", "ruben"}}))
		id := query(namespace, "SELECT id FROM active_users WHERE login_folded = 'ines.es'")
		Eventually(func() map[string]string { return permissions(namespace, "Ines.ES") }, soon, often).Should(Equal(levels(v1alpha1.LevelRead, "clients")))

		immutable := refuse("login is immutable: create a new BackOfficeUser with the new login and delete this one")
		for _, login := range []string{"ines.mx", "ines.es", ""} { // also in another case, and to metadata.name
			Expect(change(root(), named, testkit.Login(login))).To(immutable, login)
		}
		Expect(change(root(), unnamed, testkit.Login("ruben.pt"))).To(immutable)
		Expect(change(root(), named, testkit.AccountType(v1alpha1.AccountAdministrator), testkit.Labels("desk", "retention"))).To(Succeed())
		eventually(named, beReady())
		Expect(known()).To(Equal([][]string{{"Ines.ES", "ines.es"}, {"ruben", "ruben"}}))
		Expect(query(namespace, "SELECT id FROM active_users WHERE login_folded = 'ines.es'")).To(Equal(id))
	})

	It("has eight basic groups, of which each user has one, and affiliates theirs alone", Label("T-03"), func() {
		t := deployed("trading", group)
		Expect(t.query("SELECT display_name FROM permission_sets")).To(ConsistOf([][]string{
			{"Retention-manager"},
			{"conversion manager"},
			{"Retention-sales"},
			{"Conversion-sales"},
			{"Support manager"},
			{"Support basic"},
			{"Partner-full access"},
			{"Affiliate-basic"},
		}))
		asAffiliate := levels(v1alpha1.LevelRead, "partners/campaigns", "partners/statistics")
		t.gets("finch.media", asAffiliate)
		asSeller := levels(v1alpha1.LevelRead, "clients/list", "clients/contact-data", "accounts/balances", "accounts/trades")
		asSeller["clients/notes"] = "Write"
		t.gets("ruben.pt", asSeller)

		By("a second group is withheld, with a warning before, until the first one goes")
		manager, warnings := listening("ivan", group, editors)
		aged(t.binding("retention-managers"))
		second := t.binding("second", testkit.ToSet("support-basic"), testkit.ForUsers("rita"))
		before := t.may("rita.retention")
		Expect(before).To(HaveKeyWithValue("clients/export", "Write"))
		Expect(manager.Create(ctx, second)).To(Succeed())
		Expect(warnings.heard()).To(And(ContainSubstring("policy.permissionSetsPerUser"), ContainSubstring("rita")))
		eventually(second, And(notReady(v1alpha1.ReasonSubjectsRefused), saying("rita")))
		t.gets("rita.retention", before)
		Expect(t.admin.Delete(ctx, t.binding("retention-managers"))).To(Succeed())
		t.gets("rita.retention", together(levels(v1alpha1.LevelWrite, "clients/notes", "tickets/answer"), levels(v1alpha1.LevelRead, "clients/list", "tickets/read")))
		eventually(second, beReady())

		By("an affiliate is refused all the others, and the affiliates' group is refused to everybody else")
		for _, row := range t.query("SELECT name FROM permission_sets WHERE display_name <> 'Affiliate-basic'") {
			Expect(t.admin.Create(ctx, t.binding("mole", testkit.ToSet(row[0]), testkit.ForUsers("finch-media")))).
				To(refuse("spec.subjects", "may be held by accounts of type", "finch-media (Affiliate)"), row[0])
		}
		for _, name := range []string{"ruben", "petra"} {
			Expect(t.admin.Create(ctx, t.binding("mole", testkit.ToSet("affiliate-basic"), testkit.ForUsers(name)))).
				To(refuse("spec.subjects", "may be held by accounts of type Affiliate", name+" (Staff)"))
		}
		Expect(change(t.admin, t.user("finch-media"), testkit.Labels("desk", "retention"))).To(Succeed()) // which is selected
		eventually(t.binding("retention-desk"), notReady(v1alpha1.ReasonSubjectsRefused))
		t.gets("finch.media", asAffiliate)

		By("and who becomes something else than an affiliate has nothing left")
		Expect(change(t.admin, t.user("finch-media"), testkit.AccountType(v1alpha1.AccountStoreApp))).To(Succeed())
		t.gets("finch.media", map[string]string{})
	})

	It("adds and removes single permissions of a user beside the group, and what is removed stays removed", Label("T-04"), func() {
		t := deployed("trading", group)
		basic := together(levels(v1alpha1.LevelRead, "clients/list", "accounts/balances", "accounts/trades"), levels(v1alpha1.LevelWrite, "clients/notes"))
		contacts := levels(v1alpha1.LevelRead, "clients/contact-data")
		t.gets("ruben.pt", together(basic, contacts))
		t.gets("ines.es", together(basic, levels(v1alpha1.LevelWrite, "accounts/bonuses")))

		By("also where another binding gives it")
		t.given(t.binding("generous", testkit.ToSet("retention-sales"), testkit.ForUsers("ines", "ruben"), testkit.Grants("clients/contact-data=Write", "documents/view")))
		more := together(basic, levels(v1alpha1.LevelRead, "documents/view"))
		t.gets("ruben.pt", together(more, levels(v1alpha1.LevelWrite, "clients/contact-data")))
		t.gets("ines.es", together(more, levels(v1alpha1.LevelWrite, "accounts/bonuses")))
		Expect(t.query("SELECT level FROM effective_permissions WHERE login = 'ines.es' AND path = 'clients/contact-data'")).To(Equal([][]string{{"None"}}))

		By("until the removal is taken back, and with it the addition")
		Expect(t.admin.Delete(ctx, t.binding("generous"))).To(Succeed())
		Expect(t.admin.Delete(ctx, t.binding("ines-extras"))).To(Succeed())
		t.gets("ines.es", together(basic, contacts))
	})

	It("keeps the full name in the store, and shows it nowhere", Label("T-05"), func() {
		const name, renamed, broken = "Zebulon Quartermain", "Zebulon Oglethorpe", "Zebulon\tFeatherstone"
		namespace := shop(testkit.Dimensions(v1alpha1.FilterDimension{Name: "desks"}))
		u := testkit.User("zeb", namespace, testkit.Profile(v1alpha1.Profile{FullName: name, FirstName: "Zeb"}))
		given(u, testkit.Set("sales", namespace, testkit.Permissions("clients")), testkit.Binding("sales", namespace, testkit.ToSet("sales"), testkit.ForUsers("zeb")))
		Expect(query(namespace, "SELECT full_name FROM users WHERE login = 'zeb'")).To(Equal([][]string{{name}}))
		Expect(change(root(), u, testkit.Profile(v1alpha1.Profile{FullName: renamed, FirstName: "Zeb"}))).To(Succeed())
		Eventually(func() [][]string { return query(namespace, "SELECT full_name FROM users WHERE login = 'zeb'") }, soon, often).Should(Equal([][]string{{renamed}}))
		Expect(change(root(), u, testkit.Profile(v1alpha1.Profile{FullName: broken}))).To(refuse("spec.profile.fullName"))
		refusal := change(root(), u, testkit.Profile(v1alpha1.Profile{FullName: broken}))
		duplicate := testkit.User("double", namespace, testkit.Login("ZEB"), testkit.Profile(v1alpha1.Profile{FullName: name}))
		Expect(root().Create(ctx, duplicate)).To(Succeed()) // of which there is something to tell
		eventually(duplicate, notReady(v1alpha1.ReasonLoginTaken))

		shown := map[string]string{"refusal": refusal.Error()}
		for _, view := range []string{"active_users", "user_profiles", "effective_permissions", "effective_filters", "audit_log"} {
			rows := query(namespace, "SELECT * FROM "+view)
			Expect(rows).NotTo(BeEmpty(), view)
			shown[view] = fmt.Sprint(rows)
		}
		shown["columns"] = kubectl("vic", "", "get", "backofficeusers", "-n", namespace, "-o", "wide")
		Expect(shown["columns"]).To(ContainSubstring("zeb"))
		log, err := os.ReadFile(filepath.Join(dir, "manager.log"))
		Expect(err).NotTo(HaveOccurred())
		shown["log"] = string(log)
		for _, list := range []client.ObjectList{&corev1.EventList{}, &eventsv1.EventList{}, &corev1.SecretList{}, &v1alpha1.RoleBindingList{}} {
			Expect(masters().List(ctx, list, client.InNamespace(namespace))).To(Succeed())
			shown[fmt.Sprintf("%T", list)] = fmt.Sprint(list)
		}
		Expect(masters().Get(ctx, client.ObjectKeyFromObject(u), u)).To(Succeed())
		status, err := yaml.Marshal([]any{u.Status, u.Labels, u.Annotations[v1alpha1.AnnotationAdmitted]})
		Expect(err).NotTo(HaveOccurred())
		shown["status"] = string(status)
		for where, text := range shown {
			for _, part := range []string{"Zebulon", "Quartermain", "Oglethorpe", "Featherstone"} {
				Expect(text).NotTo(ContainSubstring(part), where)
			}
		}
	})

	It("demands an IP address where the policy says so, also of who was there before", Label("T-06"), func() {
		namespace := shop()
		given(testkit.User("old", namespace), testkit.User("kept", namespace, testkit.IPs("203.0.113.9")))
		Expect(active(namespace, "old")).To(BeTrue())
		office := testkit.Office("shop", namespace)
		Expect(change(root(), office, testkit.IPPolicy(v1alpha1.IPPolicy{Required: true}))).To(Succeed())
		eventually(testkit.User("old", namespace), notReady(v1alpha1.ReasonPolicyViolated))
		Expect(active(namespace, "old")).To(BeFalse())
		Expect(active(namespace, "kept")).To(BeTrue())

		var err error
		Eventually(func() error { err = root().Create(ctx, testkit.User("new", namespace), client.DryRunAll); return err }, soon, often).ShouldNot(Succeed())
		Expect(err).To(refuse("spec.allowedIPs: Required value", "policy.ip.required"))
		Expect(change(root(), testkit.User("kept", namespace), testkit.IPs())).To(refuse("spec.allowedIPs: Required value"))
		given(testkit.User("new", namespace, testkit.IPs("203.0.113.8")))
		Expect(query(namespace, "SELECT login, allowed_networks FROM active_users ORDER BY login")).To(Equal([][]string{
			{"kept", `["203.0.113.9/32"]`}, {"new", `["203.0.113.8/32"]`},
		}))
	})

	It("takes several IPs as a list, and shows the list to write to who separates them by commas", Label("T-07"), func() {
		namespace := shop()
		networks := func() [][]string {
			return query(namespace, "SELECT allowed_networks FROM active_users WHERE login = 'ines'")
		}
		u := testkit.User("ines", namespace, testkit.IPs("203.0.113.12", "198.51.100.0/28", "2001:db8::7"))
		given(u)
		all := [][]string{{`["198.51.100.0/28","2001:db8::7/128","203.0.113.12/32"]`}}
		Expect(networks()).To(Equal(all))
		commas := refuse("spec.allowedIPs", `must be one address or network an entry; write ["203.0.113.12", "198.51.100.0/28", "203.0.113.14"]`)
		Expect(change(root(), u, testkit.IPs("203.0.113.12, 198.51.100.0/28,203.0.113.14"))).To(commas)
		Expect(root().Create(ctx, testkit.User("carlo", namespace, testkit.IPs("203.0.113.12,198.51.100.0/28, 203.0.113.14")))).To(commas)
		Expect(networks()).To(Equal(all))
		Expect(active(namespace, "carlo")).To(BeFalse())
	})

	It("takes * alone as no restriction, where the policy permits it", Label("T-08"), func() {
		t := deployed("trading", group)
		networks := func(login string) [][]string {
			return t.query("SELECT allowed_networks FROM active_users WHERE login = $1", login)
		}
		Expect(networks("petra.partners")).To(Equal([][]string{{`["*"]`}}))
		Expect(change(t.admin, t.user("ruben"), testkit.IPs("*", "203.0.113.13"))).To(refuse("spec.allowedIPs", `"*" means no restriction and must stand alone: remove it or the other entries`))
		Expect(change(t.admin, t.user("ruben"), testkit.IPs("*"))).To(Succeed())
		Eventually(func() [][]string { return networks("ruben.pt") }, soon, often).Should(Equal([][]string{{`["*"]`}}))

		By("and else refuses it, and withdraws who has it")
		office := testkit.Office(t.office, t.namespace)
		Expect(change(identity("olga", owners), office, testkit.OnOffice(func(o *v1alpha1.BackOffice) { o.Spec.Policy.IP.AllowAny = false }))).To(Succeed())
		for login, name := range map[string]string{"petra.partners": "petra", "ruben.pt": "ruben"} {
			eventually(t.user(name), And(notReady(v1alpha1.ReasonPolicyViolated), saying("policy.ip.allowAny")))
			Expect(t.active(login)()).To(BeFalse())
		}
		Expect(change(t.admin, t.user("carlo"), testkit.IPs("*"))).To(refuse("spec.allowedIPs[0]", "policy.ip.allowAny", "does not permit: list addresses or networks"))
		Expect(networks("carlo.it")).To(Equal([][]string{{`["203.0.113.14/32"]`}}))
		Expect(change(t.admin, t.user("petra"), testkit.IPs("203.0.113.50"))).To(Succeed())
		Eventually(t.active("petra.partners"), soon, often).Should(BeTrue())
	})

	It("has a description of free text, of bounded length", Label("T-09"), func() {
		namespace := shop()
		describe := func(text string) testkit.Mod {
			return testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Spec.Description = text })
		}
		described := func() [][]string {
			return query(namespace, "SELECT description FROM user_profiles WHERE login = 'ines'")
		}
		text := `Spanish-speaking; "VIP" clients, 50% — née Müller; DROP TABLE users; 日本`
		u := testkit.User("ines", namespace, describe(text))
		given(u)
		Expect(described()).To(Equal([][]string{{text}}))
		longest := strings.Repeat("ż", 1024)
		Expect(change(root(), u, describe(longest))).To(Succeed())
		Eventually(described, soon, often).Should(Equal([][]string{{longest}}))
		Expect(change(root(), u, describe(longest+"ż"))).To(refuse("spec.description", "1024"))
		Expect(change(root(), u, describe("two\nlines"))).To(refuse("spec.description"))
		Expect(described()).To(Equal([][]string{{longest}}))
		Expect(change(root(), u, describe(""))).To(Succeed())
		Eventually(described, soon, often).Should(Equal([][]string{{""}}))
	})

	It("keeps an account blocked until it has filters, which are set in the same object", Label("T-14"), func() {
		t := deployed("trading", group)
		manager, warnings := listening("ivan", group, editors)
		late := t.user("late", testkit.IPs("203.0.113.60"), testkit.Labels("desk", "retention"))
		Expect(manager.Create(ctx, late)).To(Succeed())
		Expect(warnings.heard()).To(And(ContainSubstring("policy.filters"), ContainSubstring("blocked until it has one")))
		eventually(late, notReady(v1alpha1.ReasonFiltersRequired))
		Expect(t.query("SELECT login FROM users WHERE login = 'late' AND in_force = 1")).To(BeEmpty())
		eventually(t.binding("retention-desk"), beReady())
		Expect(t.active("late")()).To(BeFalse())
		Expect(t.may("late")).To(BeEmpty())

		Expect(change(t.admin, late, testkit.Filters(testkit.Only("countries", "FR", "BE")))).To(Succeed())
		eventually(late, beReady())
		Expect(t.active("late")()).To(BeTrue())
		Expect(t.may("late")).To(HaveKeyWithValue("clients/notes", "Write"))
		narrowed := func(login string) [][]string {
			return t.query("SELECT DISTINCT dimension, mode, filter_values FROM effective_filters WHERE login = $1 AND path = 'clients/notes' ORDER BY dimension", login)
		}
		Expect(narrowed("late")).To(Equal([][]string{{"affiliates", "All", "[]"}, {"countries", "Only", `["BE","FR"]`}, {"desks", "All", "[]"}}))

		By("and needs nothing more where they are there from the beginning")
		t.given(t.user("early", testkit.IPs("203.0.113.61"), testkit.Labels("desk", "retention"), testkit.Filters(testkit.Only("desks", "retention"))))
		Expect(t.active("early")()).To(BeTrue())
		Eventually(func() [][]string { return narrowed("early") }, soon, often).
			Should(Equal([][]string{{"affiliates", "All", "[]"}, {"countries", "All", "[]"}, {"desks", "Only", `["retention"]`}}))

		By("and is blocked again without them")
		Expect(change(t.admin, late, testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Spec.Filters = nil }))).To(Succeed())
		Eventually(t.active("late"), soon, often).Should(BeFalse())
	})

	It("blocks and unblocks users, at once, and the list shows it", Label("T-15"), func() {
		t := deployed("trading", group)
		listed := func(name string) string {
			return kubectl("vic", "", "get", "backofficeuser", name, "-n", t.namespace, "--no-headers")
		}
		account := func() [][]string {
			return t.query("SELECT id, verifier FROM active_users WHERE login = 'ruben.pt'")
		}
		Expect(t.active("boris.support")()).To(BeFalse()) // as the catalogue has it
		Expect(listed("boris")).To(ContainSubstring("Blocked"))
		before, allowed := account(), t.may("ruben.pt")
		Expect(before).To(HaveLen(1))
		Expect(allowed).NotTo(BeEmpty())

		Expect(change(t.admin, t.user("ruben"), testkit.State(v1alpha1.StateBlocked))).To(Succeed())
		Eventually(t.active("ruben.pt"), soon, often).Should(BeFalse())
		Expect(t.may("ruben.pt")).To(BeEmpty())
		eventually(t.user("ruben"), beReady())
		Expect(listed("ruben")).To(ContainSubstring("Blocked"))
		for name, login := range map[string]string{"ruben": "ruben.pt", "boris": "boris.support"} {
			Expect(change(t.admin, t.user(name), testkit.State(v1alpha1.StateActive))).To(Succeed())
			Eventually(t.active(login), soon, often).Should(BeTrue())
			eventually(t.user(name), beReady())
			Expect(listed(name)).To(And(ContainSubstring("Active"), Not(ContainSubstring("Blocked"))))
		}
		Expect(account()).To(Equal(before))
		t.gets("ruben.pt", allowed)
	})
})
