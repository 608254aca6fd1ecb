// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"strconv"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// profiled changes single fields of a user's profile.
func profiled(change func(*v1alpha1.Profile)) testkit.Mod {
	return testkit.OnUser(func(u *v1alpha1.BackOfficeUser) {
		if u.Spec.Profile == nil {
			u.Spec.Profile = &v1alpha1.Profile{}
		}
		change(u.Spec.Profile)
	})
}

var _ = Describe("The accounts of a marketing activation suite", func() {
	const group = "activation-administrators"

	It("edits contact data, entities and the default entity in place", Label("A-05"), func() {
		t := deployed("activation", group)
		contact := func() [][]string {
			return t.query("SELECT first_name, last_name, email, phone FROM user_profiles WHERE login = 'clara.dubois'")
		}
		reach := func() [][]string {
			return t.query("SELECT DISTINCT filter_values, filter_groups, default_value FROM effective_filters WHERE login = 'clara.dubois' AND dimension = 'entities'")
		}
		account := func() [][]string {
			return t.query("SELECT id, verifier FROM active_users WHERE login = 'clara.dubois'")
		}
		before := account()
		Expect(before).To(HaveLen(1))
		Expect(contact()).To(Equal([][]string{{"Clara", "Dubois", "clara.dubois@agency.example", "+441632960013"}}))
		Expect(reach()).To(Equal([][]string{{`["lyon","paris"]`, "[]", "paris"}}))

		Expect(change(t.admin, t.user("clara"), profiled(func(p *v1alpha1.Profile) {
			p.LastName, p.Email, p.Phone = "Dubois-Roy", "clara.roy@activation.example", "+33199005512"
		}))).To(Succeed())
		Eventually(contact, soon, often).Should(Equal([][]string{{"Clara", "Dubois-Roy", "clara.roy@activation.example", "+33199005512"}}))
		Expect(change(t.admin, t.user("clara"), narrowedTo(entities("lyon", "lyon", "paris")))).To(Succeed())
		Eventually(reach, soon, often).Should(Equal([][]string{{`["lyon","paris"]`, "[]", "lyon"}}))
		grouped := v1alpha1.Filter{Dimension: "entities", Mode: v1alpha1.FilterOnly, Values: []string{"rome"}, Groups: []string{"france"}, Default: "nice"}
		Expect(change(t.admin, t.user("clara"), narrowedTo(grouped))).To(Succeed())
		Eventually(reach, soon, often).Should(Equal([][]string{{`["rome"]`, `["france"]`, "nice"}}))
		eventually(t.user("clara"), beReady())
		Expect(account()).To(Equal(before))
	})

	It("keeps the login as it was created, and says what to do instead", Label("A-06"), func() {
		t := deployed("activation", group)
		before := t.query("SELECT id, login FROM users ORDER BY login")
		for _, login := range []string{"clara.roy", "Clara.Dubois", ""} {
			Expect(change(t.admin, t.user("clara"), testkit.Login(login))).
				To(refuse("spec.login", "login is immutable: create a new BackOfficeUser with the new login and delete this one"), login)
		}
		Expect(change(t.admin, t.user("clara"), profiled(func(p *v1alpha1.Profile) { p.FirstName = "Claire" }))).To(Succeed())
		Eventually(func() [][]string { return t.query("SELECT first_name FROM user_profiles WHERE login = 'clara.dubois'") }, soon, often).
			Should(Equal([][]string{{"Claire"}}))
		Expect(t.query("SELECT id, login FROM users ORDER BY login")).To(Equal(before))

		By("which works")
		Expect(t.admin.Delete(ctx, t.user("clara"))).To(Succeed())
		vanishes(t.user("clara"))
		t.given(t.user("clara", testkit.Login("clara.roy"), reachable("clara.roy@agency.example"), narrowedTo(entities("", "paris"))))
		Eventually(func() map[string]string { return t.may("clara.roy") }, soon, often).Should(HaveKeyWithValue("campaigns/email/design", "Write"))
		Expect(t.active("clara.dubois")()).To(BeFalse())
	})

	It("deactivates at once without deleting, and reactivates with nothing lost", Label("A-07"), func() {
		t := deployed("activation", group)
		whole := func() [][]string {
			return append(append(
				t.query("SELECT id, account_type, verifier, allowed_networks, settings FROM active_users WHERE login = 'ben.carter'"),
				t.query("SELECT path, level FROM effective_permissions WHERE login = 'ben.carter' ORDER BY path")...),
				t.query("SELECT path, grant_id, dimension, mode, filter_groups, default_value FROM effective_filters WHERE login = 'ben.carter' ORDER BY path, grant_id, dimension")...)
		}
		profile := func() [][]string { return t.query("SELECT * FROM user_profiles WHERE login = 'ben.carter'") }
		before := whole()
		Expect(len(before)).To(BeNumerically(">", 10))

		Expect(change(t.admin, t.user("ben"), testkit.State(v1alpha1.StateDeactivated))).To(Succeed())
		Eventually(t.active("ben.carter"), soon, often).Should(BeFalse())
		Expect(whole()).To(BeEmpty())
		Expect(profile()).To(HaveLen(1))
		Expect(profile()[0]).To(ContainElements("Deactivated", "ben.carter@activation.example"))
		eventually(t.user("ben"), beReady())
		Consistently(t.active("ben.carter"), time.Second, 10*often).Should(BeFalse())

		Expect(change(t.admin, t.user("ben"), testkit.State(v1alpha1.StateActive))).To(Succeed())
		Eventually(whole, soon, often).Should(Equal(before))

		By("also after a long time, as of an account that came deactivated")
		Expect(t.active("dario.esposito")()).To(BeFalse())
		Expect(change(t.admin, t.user("dario"), testkit.State(v1alpha1.StateActive))).To(Succeed())
		Eventually(t.active("dario.esposito"), soon, often).Should(BeTrue())
		Expect(t.may("dario.esposito")).To(HaveKeyWithValue("campaigns/email/send", "Write"))
		Expect(t.query("SELECT DISTINCT filter_values FROM effective_filters WHERE login = 'dario.esposito'")).To(Equal([][]string{{`["milan"]`}}))
	})

	It("deletes for good, and lets the same account be created again", Label("A-08"), func() {
		t := deployed("activation", group)
		ids := func() [][]string { return t.query("SELECT id FROM users WHERE login = 'erin.frost'") }
		first := ids()
		Expect(first).To(HaveLen(1))
		erin := t.user("erin")
		Expect(masters().Get(ctx, client.ObjectKeyFromObject(erin), erin)).To(Succeed())
		spec := erin.Spec
		Expect(t.admin.Delete(ctx, t.user("erin"))).To(Succeed())
		vanishes(t.user("erin"))
		Expect(ids()).To(BeEmpty())
		for _, table := range []string{"user_filters", "credentials", "allowed_networks"} {
			Expect(t.query("SELECT user_id FROM "+table+" WHERE user_id = $1", first[0][0])).To(BeEmpty(), table)
		}
		Expect(t.query("SELECT hash FROM tombstones")).To(BeEmpty())

		again := t.user("erin")
		again.Spec = spec
		t.given(again)
		Expect(ids()).To(HaveLen(1))
		Expect(ids()).NotTo(Equal(first))
		t.gets("erin.frost", asAnalyst)
		Expect(t.query("SELECT first_name, email FROM user_profiles WHERE login = 'erin.frost'")).To(Equal([][]string{{"Erin", "erin.frost@agency.example"}}))
	})

	It("creates accounts up to the licence's limit, also where many are created at the same time", Label("A-12"), func() {
		const seats, wanted = 5, 16
		namespace := shop(testkit.OnOffice(func(o *v1alpha1.BackOffice) { o.Spec.Quotas = &v1alpha1.Quotas{Users: new(int32(seats))} }))
		taken := func() int {
			rows := query(namespace, "SELECT count(*) FROM users WHERE state <> 'Deactivated'")
			count, err := strconv.Atoi(rows[0][0])
			Expect(err).NotTo(HaveOccurred())
			return count
		}
		users := make([]*v1alpha1.BackOfficeUser, wanted)
		errs := make([]error, wanted)
		c := root() // before the others ask for it at the same time
		var creating sync.WaitGroup
		for i := range users {
			users[i] = testkit.User(fmt.Sprintf("user-%d", i), namespace)
			creating.Go(func() { errs[i] = c.Create(ctx, users[i]) })
		}
		creating.Wait()
		Expect(errs).To(HaveEach(Succeed()))

		waiting := func() (names []string) {
			for _, u := range users {
				Expect(masters().Get(ctx, client.ObjectKeyFromObject(u), u)).To(Succeed())
				if ok, _ := notReady(v1alpha1.ReasonQuotaExceeded).Match(u); ok {
					names = append(names, u.Name)
				}
			}
			Expect(taken()).To(BeNumerically("<=", seats))
			return names
		}
		Eventually(waiting, soon, often).Should(HaveLen(wanted - seats))
		Expect(query(namespace, "SELECT login FROM active_users")).To(HaveLen(seats))

		By("warning at admission")
		for _, u := range users {
			aged(u)
		}
		creator, warnings := listening("root", owners)
		late := testkit.User("late", namespace)
		Expect(creator.Create(ctx, late)).To(Succeed())
		Expect(warnings.heard()).To(ContainSubstring("quotas.users"))
		eventually(late, notReady(v1alpha1.ReasonQuotaExceeded))

		By("giving a seat that becomes free to one who waits")
		before := waiting()
		for _, u := range users {
			if active(namespace, u.Name) {
				Expect(change(root(), u, testkit.State(v1alpha1.StateDeactivated))).To(Succeed())
				break
			}
		}
		Eventually(waiting, soon, often).Should(HaveLen(len(before) - 1))
		Expect(taken()).To(Equal(seats))
		eventually(late, notReady(v1alpha1.ReasonQuotaExceeded)) // the youngest
	})

	It("keeps login, first and last name, language and sex", Label("A-13"), func() {
		namespace := shop()
		kept := func() [][]string {
			return query(namespace, "SELECT login, first_name, last_name, language, gender FROM user_profiles WHERE login = 'zoe'")
		}
		zoe := testkit.User("zoe", namespace, testkit.Profile(v1alpha1.Profile{FirstName: "Zoë", LastName: "Đặng-O'Brien", Language: "pt-BR", Gender: v1alpha1.GenderFemale}))
		given(zoe)
		Expect(kept()).To(Equal([][]string{{"zoe", "Zoë", "Đặng-O'Brien", "pt-BR", "Female"}}))
		for what, step := range map[string]struct {
			change  func(*v1alpha1.Profile)
			refusal string
		}{
			"a shape that is no tag":  {func(p *v1alpha1.Profile) { p.Language = "klingonish" }, "spec.profile.language"},
			"a language there is not": {func(p *v1alpha1.Profile) { p.Language = "qq" }, "spec.profile.language"},
			"another sex":             {func(p *v1alpha1.Profile) { p.Gender = "Robotic" }, "spec.profile.gender"},
			"a name of two lines":     {func(p *v1alpha1.Profile) { p.FirstName = "Zoë\nklingonish" }, "spec.profile.firstName"},
		} {
			err := change(root(), zoe, profiled(step.change))
			Expect(err).To(refuse(step.refusal), what)
			Expect(err.Error()).NotTo(Or(ContainSubstring("klingonish"), ContainSubstring(`"qq"`), ContainSubstring("Robotic")), what)
		}
		Expect(kept()).To(Equal([][]string{{"zoe", "Zoë", "Đặng-O'Brien", "pt-BR", "Female"}}))
		Expect(change(root(), zoe, profiled(func(p *v1alpha1.Profile) { p.LastName, p.Language, p.Gender = "Brandt", "de-AT", "" }))).To(Succeed())
		Eventually(kept, soon, often).Should(Equal([][]string{{"zoe", "Zoë", "Brandt", "de-AT", ""}}))
	})

	It("takes professional e-mail addresses, and never private ones", Label("A-14"), func() {
		t := deployed("activation", group)
		clara := t.user("clara")
		kept := func() [][]string { return t.query("SELECT email FROM user_profiles WHERE login = 'clara.dubois'") }
		address := func(email string) testkit.Mod { return profiled(func(p *v1alpha1.Profile) { p.Email = email }) }
		for email, rule := range map[string]string{
			"private-claire@freemail.example":       "policy.email.allowedDomains",
			"private-claire@notactivation.example":  "policy.email.allowedDomains", // the end of the name is no subdomain
			"private-claire@mail.agency.example":    "policy.email.deniedDomains",
			"private-claire@Eu.Mail.Agency.example": "policy.email.deniedDomains",
			"private-claire":                        "must be an e-mail address",
		} {
			err := change(t.admin, clara, address(email))
			Expect(err).To(refuse("spec.profile.email", rule), email)
			Expect(err.Error()).NotTo(ContainSubstring("private-claire"))
		}
		Expect(change(t.admin, clara, address(""))).To(refuse("spec.profile.email", "policy.email.required"))
		Expect(kept()).To(Equal([][]string{{"clara.dubois@agency.example"}}))
		Expect(change(t.admin, clara, address("Clara@Paris.Activation.example"))).To(Succeed())
		Eventually(kept, soon, often).Should(Equal([][]string{{"Clara@Paris.Activation.example"}}))

		By("and withdraws who has one that is not professional any more")
		office := testkit.Office(t.office, t.namespace)
		Expect(change(identity("olga", owners), office, testkit.OnOffice(func(o *v1alpha1.BackOffice) {
			o.Spec.Policy.Email.DeniedDomains = append(o.Spec.Policy.Email.DeniedDomains, "paris.activation.example")
		}))).To(Succeed())
		eventually(clara, And(notReady(v1alpha1.ReasonPolicyViolated), saying("policy.email.deniedDomains"), Not(saying("Clara@"))))
		Expect(t.active("clara.dubois")()).To(BeFalse())
		Expect(t.active("ben.carter")()).To(BeTrue())
	})

	It("demands a mobile phone only where two-factor is on", Label("A-15"), func() {
		namespace := shop()
		phone := func(number string) testkit.Mod { return profiled(func(p *v1alpha1.Profile) { p.Phone = number }) }
		given(testkit.User("without", namespace), testkit.User("with", namespace, phone("+441632960021")))
		factors := func() [][]string {
			return query(namespace, "SELECT login, two_factor FROM active_users ORDER BY login")
		}
		Expect(factors()).To(Equal([][]string{{"with", "Optional"}, {"without", "Optional"}}))

		office := testkit.Office("shop", namespace)
		Expect(change(root(), office, testkit.Rules(func(p *v1alpha1.Policy) { p.TwoFactor = v1alpha1.DemandRequired }))).To(Succeed())
		without := testkit.User("without", namespace)
		eventually(without, And(notReady(v1alpha1.ReasonPolicyViolated), saying("policy.twoFactor")))
		Eventually(factors, soon, often).Should(Equal([][]string{{"with", "Required"}}))
		Expect(root().Create(ctx, testkit.User("new", namespace))).To(refuse("spec.profile.phone: Required value", "policy.twoFactor"))
		Expect(change(root(), testkit.User("with", namespace), phone(""))).To(refuse("spec.profile.phone: Required value"))
		for _, wrong := range []string{"01632 960021", "0044163296002", "+44 1632 960021", "+0163296002100"} {
			err := change(root(), without, phone(wrong))
			Expect(err).To(refuse("spec.profile.phone", "E.164"), wrong)
			Expect(err.Error()).NotTo(ContainSubstring(wrong))
		}
		Expect(change(root(), without, phone("+441632960022"))).To(Succeed())
		Eventually(factors, soon, often).Should(Equal([][]string{{"with", "Required"}, {"without", "Required"}}))

		By("and no longer when it is off")
		Expect(change(root(), office, testkit.Rules(func(p *v1alpha1.Policy) { p.TwoFactor = v1alpha1.DemandOptional }))).To(Succeed())
		create(root(), testkit.User("new", namespace))
		Eventually(factors, soon, often).Should(Equal([][]string{{"new", "Optional"}, {"with", "Optional"}, {"without", "Optional"}}))
	})
})
