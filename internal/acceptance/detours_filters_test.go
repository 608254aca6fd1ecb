// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	gomegatypes "github.com/onsi/gomega/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// ger may hand out rank 4 and weaker, and put orders and stock into sets and grants, on what belongs to the entity de.
func ger() client.Client { return as("ger") }

// partitioned is a house whose data has dimensions, and in which ger works. Nobody of the house is narrowed.
func partitioned(mods ...testkit.Mod) *house {
	GinkgoHelper()
	return furnished(append([]testkit.Mod{
		testkit.Delegates(4, testkit.Person("ger")), testkit.Giving("orders", "stock"), testkit.Narrowed(testkit.Only("entities", "de")),
		testkit.Dimensions(v1alpha1.FilterDimension{Name: "entities"}, v1alpha1.FilterDimension{Name: "channels"}),
	}, mods...)...)
}

// german narrows a user or a binding to what ger may give access to.
func german() testkit.Mod { return testkit.Filters(testkit.Only("entities", "de")) }

// without removes all filters.
func without(o client.Object) {
	switch o := o.(type) {
	case *v1alpha1.BackOfficeUser:
		o.Spec.Filters = nil
	case *v1alpha1.RoleBinding:
		o.Spec.Filters = nil
	}
}

// filtered replaces the filters.
func filtered(filters ...v1alpha1.Filter) testkit.Mod {
	return func(o client.Object) {
		without(o)
		testkit.Filters(filters...)(o)
	}
}

// more matches the refusal of ger, who would give access to more data.
func (h *house) more(problems ...string) gomegatypes.GomegaMatcher {
	return refuse(append([]string{
		"needs power over more data", `"ger" has spec.rank.delegations[2] of BackOffice ` + h.namespace + "/shop for entities Only [de] only",
		"add a delegation: {subjects: [{kind: User, name: ger}], rank: 4",
	}, problems...)...)
}

// data are the filters of entities that data has to pass for somebody to have a permission, by each way in which it is given.
func (h *house) data(login, path string) []string {
	GinkgoHelper()
	var all []string
	for _, row := range query(h.namespace, `SELECT mode, access, filter_values FROM effective_filters
		WHERE back_office = 'shop' AND login = $1 AND path = $2 AND dimension = 'entities'`, login, path) {
		all = append(all, strings.Join(row, " "))
	}
	slices.Sort(all)
	return all
}

// sees demands that the store narrows a permission of a login so, at once and for a moment.
func (h *house) sees(login, path string, want ...string) {
	GinkgoHelper()
	Eventually(func() []string { return h.data(login, path) }, soon, often).Should(Equal(want))
	Consistently(func() []string { return h.data(login, path) }, while, often).Should(Equal(want))
}

const (
	onlyGerman = `Only ReadWrite ["de"]`
	allData    = `All ReadWrite []`
)

var _ = Describe("Who tries to give access to more data", func() {
	It("by making a user who is not narrowed, or by removing or widening its filter, is refused", func() {
		h := partitioned()
		Expect(ger().Create(ctx, h.user("new"))).To(h.more("spec.filters: Forbidden", "it is not narrowed"))
		Expect(ger().Create(ctx, h.user("new", testkit.Filters(testkit.Everything("entities"))))).To(h.more("it is narrowed to entities All"))
		Expect(ger().Create(ctx, h.user("new", testkit.Filters(testkit.Only("entities", "fr"))))).To(h.more(
			"it is narrowed to entities Only [fr]", "filters: [{dimension: entities, mode: Only, values: [fr]}]"))
		h.isAsBefore()

		zoe := h.user("zoe", german())
		Expect(ger().Create(ctx, zoe)).To(Succeed())
		Expect(ger().Create(ctx, h.binding("zoes", testkit.ToSet("viewer"), testkit.ForUsers("zoe"), german()))).To(Succeed())
		h.sees("zoe", "orders", onlyGerman, onlyGerman)
		Expect(change(ger(), zoe, without)).To(h.more())
		Expect(change(ger(), zoe, filtered(testkit.Everything("entities")))).To(h.more())
		Expect(change(ger(), zoe, filtered(testkit.Only("entities", "de", "fr")))).To(h.more())
		Expect(change(ger(), h.bob, testkit.Labels("team", "north"))).To(h.more())
		h.sees("zoe", "orders", onlyGerman, onlyGerman)

		By("and may take, whoever is narrowed how")
		Expect(change(ger(), h.bob, testkit.State(v1alpha1.StateBlocked))).To(Succeed())
		Expect(change(ger(), h.ann, testkit.Filters(testkit.Only("entities", "fr")))).To(Succeed())
	})

	It("by making a binding that is not narrowed itself, or by widening one, is refused, however its users are narrowed", func() {
		h := partitioned()
		given(h.user("zoe", german()), h.user("tom", german()))
		zoes := h.binding("zoes", testkit.ToSet("viewer"), testkit.ForUsers("zoe"), german())
		Expect(ger().Create(ctx, h.binding("open", testkit.ToSet("viewer"), testkit.ForUsers("zoe")))).To(h.more("spec.filters: Forbidden", "it is not narrowed"))
		Expect(ger().Create(ctx, zoes)).To(Succeed())
		h.sees("zoe", "orders", onlyGerman, onlyGerman)
		Expect(change(ger(), zoes, without)).To(h.more())
		Expect(change(ger(), zoes, filtered(testkit.Only("entities", "de", "fr")))).To(h.more())
		Expect(change(ger(), h.viewers, testkit.ForUsers("bob", "zoe"))).To(h.more())
		Expect(change(ger(), h.viewers, testkit.Grants("stock=Write"))).To(h.more())
		Expect(change(ger(), h.viewers, testkit.Until(time.Now().Add(time.Hour)))).To(h.more())
		Expect(change(ger(), zoes, testkit.ForUsers("zoe", "tom"), testkit.Grants("stock=Write"))).To(Succeed())
		h.sees("tom", "stock", onlyGerman, onlyGerman)
		h.sees("bob", "orders", allData)
	})

	It("by a set that bypasses filters is refused: to write it, to bind it, and to have it come by a label", func() {
		h := partitioned()
		zoe := h.user("zoe", german())
		given(
			zoe, h.set("auditor", testkit.Rank(8), testkit.Permissions("orders"), testkit.Bypasses("entities")),
			h.binding("auditors", testkit.ToSet("auditor"), testkit.ForLabels("audit", "yes")),
		)
		bypasses := h.more("bypasses filters on entities")
		Expect(ger().Create(ctx, h.set("mine", testkit.Rank(8), testkit.Permissions("orders"), testkit.Bypasses("entities")))).To(bypasses)
		Expect(change(ger(), h.viewer, testkit.Bypasses("entities"))).To(bypasses)
		Expect(change(ger(), h.set("auditor"), testkit.Permissions("orders/notes"))).To(bypasses)
		Expect(ger().Create(ctx, h.binding("mine", testkit.ToSet("auditor"), testkit.ForUsers("zoe"), german()))).To(bypasses)
		Expect(change(ger(), zoe, testkit.Labels("audit", "yes"))).To(bypasses)
		Expect(ger().Create(ctx, h.user("new", german(), testkit.Labels("audit", "yes")))).To(bypasses)
		h.gets("zoe", asNobody)
		Expect(change(root(), zoe, testkit.Labels("audit", "yes"))).To(Succeed())
		h.sees("zoe", "orders", allData)
	})

	It("by a set that is to come, or comes to bypass filters, gets nothing of it", func() {
		h := partitioned()
		zoe, later := h.user("zoe", german()), h.binding("later", testkit.ToSet("later"), testkit.ForUsers("zoe"), german())
		Expect(ger().Create(ctx, zoe)).To(Succeed())
		Expect(ger().Create(ctx, later)).To(Succeed())
		eventually(later, notReady(v1alpha1.ReasonReferenceNotFound))
		given(h.set("later", testkit.Rank(8), testkit.Permissions("orders"), testkit.Bypasses("entities")))
		eventually(later, And(notReady(v1alpha1.ReasonNotAuthorized), saying("set "+h.namespace+"/later bypasses filters on entities")))
		h.gets("zoe", asNobody)

		By("and may be taken back by who made it")
		Expect(ger().Delete(ctx, later)).To(Succeed())
		vanishes(later)
		h.gets("zoe", asNobody)
	})

	It("by letting what others granted through on more data is refused what that is", func() {
		h := partitioned()
		zoe, bonus := h.user("zoe", german()), h.binding("bonus", testkit.ToSet("viewer"), testkit.ForUsers("zoe"), testkit.Grants("payments=Write"), german())
		careful := h.set("careful", testkit.Rank(8), testkit.Permissions("payments"))
		given(zoe, bonus, careful)
		h.sees("zoe", "payments", onlyGerman, onlyGerman)
		payments := refuse(`gives payments Write, which "max" does not have to give`)
		Expect(change(maxi(), zoe, without)).To(And(payments, refuse("spec.filters: Forbidden")))
		Expect(change(maxi(), zoe, filtered(testkit.Everything("entities")))).To(payments)
		Expect(change(maxi(), bonus, without)).To(payments)
		Expect(change(maxi(), bonus, filtered(testkit.Only("entities", "de", "fr")))).To(payments)
		Expect(change(maxi(), careful, testkit.Bypasses("entities"))).To(refuse("gives payments Read"))
		Expect(change(maxi(), h.viewer, testkit.Bypasses("entities"))).To(refuse("payments Write"))
		Expect(change(maxi(), zoe, testkit.Filters(testkit.Owned("channels")))).To(Succeed())
		h.sees("zoe", "payments", onlyGerman, onlyGerman)
	})

	It("by putting something into a set that others hold on all data is refused, and so is lifting a denial", func() {
		h := partitioned()
		limits := h.binding("limits", testkit.ToSet("viewer"), testkit.ForUsers("ann"), testkit.Denies("orders/refund"))
		given(limits)
		asAnn := map[string]string{"orders": "Write"}
		h.gets("ann", asAnn)
		Expect(change(ger(), h.viewer, testkit.Permissions("stock"))).To(h.more("binding " + h.namespace + "/viewers, which hands it out, is not narrowed"))
		lifts := h.more("what is no longer denied (orders/refund) is not narrowed")
		Expect(change(ger(), limits, testkit.Denies(), german())).To(lifts)
		Expect(ger().Delete(ctx, limits)).To(lifts)
		h.gets("ann", asAnn)
		h.gets("bob", asViewer)

		By("and may be put into one that nobody else holds")
		mine := h.set("mine", testkit.Rank(8), testkit.Permissions("orders"))
		Expect(ger().Create(ctx, mine)).To(Succeed())
		eventually(mine, beReady())
		Expect(ger().Create(ctx, h.binding("mine", testkit.ToSet("mine"), testkit.ForUsers("bob"), german()))).To(Succeed())
		Expect(change(ger(), mine, testkit.Permissions("stock"))).To(Succeed())
		h.sees("bob", "stock", onlyGerman)
	})

	It("by managing others as somebody who is narrowed gives access to what they see, and no more", func() {
		h := partitioned(testkit.SelfService("users"))
		given(
			h.set("managers", testkit.Rank(4), testkit.Permissions("users=Write", "orders=Write")),
			h.user("mallory", testkit.KubernetesUser("mallory")),
			h.binding("managers", testkit.ToSet("managers"), testkit.ForUsers("mallory"), german()),
		)
		h.sees("mallory", "users", onlyGerman)
		mallory := as("mallory")
		seen := refuse("needs power over more data", `"mallory" has spec.kubernetesUser of BackOfficeUser `+h.namespace+"/mallory for entities Only [de] only")
		Expect(mallory.Create(ctx, h.user("new"))).To(seen)
		Expect(mallory.Create(ctx, h.binding("new", testkit.ToSet("viewer"), testkit.ForUsers("bob")))).To(seen)
		Expect(mallory.Create(ctx, h.set("new", testkit.Rank(5), testkit.Bypasses("entities")))).To(seen)
		Expect(mallory.Create(ctx, h.user("new", german()))).To(Succeed())
		Expect(mallory.Create(ctx, h.binding("new", testkit.ToSet("support"), testkit.ForUsers("new"), german()))).To(Succeed())
		h.sees("new", "orders", onlyGerman, onlyGerman)
	})
})

var _ = Describe("Who tries to let other accounts hold a set", func() {
	staff, affiliate := testkit.HeldBy(v1alpha1.AccountStaff), testkit.AccountType(v1alpha1.AccountAffiliate)

	It("by removing or widening its account types is refused power over them, and what it gives", func() {
		h := furnished(testkit.Delegates(4, testkit.Person("stan")), testkit.Giving("*"), testkit.OfTypes(v1alpha1.AccountStaff))
		desk := h.set("desk", testkit.Rank(8), testkit.Permissions("payments=Write"), staff)
		given(desk, h.user("ali", affiliate, testkit.Labels("team", "desk")))
		desks := h.binding("desks", testkit.ToSet("desk"), testkit.ForLabels("team", "desk"))
		create(root(), desks)
		h.gets("ali", asNobody)
		types := func(types ...v1alpha1.AccountType) testkit.Mod { return testkit.HeldBy(types...) }
		Expect(change(as("stan"), desk, types())).To(refuse("spec.accountTypes: Forbidden", "to let accounts of type Affiliate hold set "+h.namespace+"/desk needs power over accounts of type Affiliate"))
		Expect(change(as("stan"), desk, types(v1alpha1.AccountStaff, v1alpha1.AccountAffiliate))).To(refuse("needs power over accounts of type Affiliate"))
		Expect(change(maxi(), desk, types())).To(refuse(`gives payments Write, which "max" does not have to give`))
		Expect(change(maxi(), desk, types(v1alpha1.AccountAffiliate))).To(refuse("payments Write"))
		h.gets("ali", asNobody)
		Expect(change(root(), desk, types())).To(Succeed())
		h.gets("ali", map[string]string{"payments": "Write"})
	})

	It("by having it inherit from one that is for others gives nothing to anybody, and lifts nothing that it denies", func() {
		h := furnished()
		denying := h.set("denying", testkit.Rank(8), testkit.Deny("payments"))
		given(
			h.user("ali", affiliate), denying, h.set("staff", testkit.Rank(8), staff), h.set("cashier", testkit.Rank(8), testkit.Permissions("payments=Write", "orders")),
			h.binding("cashiers", testkit.ToSet("cashier"), testkit.ForUsers("ali")), h.binding("denied", testkit.ToSet("denying"), testkit.ForUsers("ali")),
		)
		h.gets("ali", asViewer)
		lifted := refuse(`by no longer denying payments, gives payments Write, which "max" does not have to give`)
		Expect(change(maxi(), denying, testkit.Extends("staff"))).To(lifted)
		Expect(change(maxi(), denying, staff)).To(lifted)
		h.gets("ali", asViewer)

		By("and what inherits from it is held by these alone, whoever binds it")
		given(h.set("heir", testkit.Rank(8), testkit.Permissions("stock"), testkit.Extends("staff")))
		Expect(lea().Create(ctx, h.binding("heirs", testkit.ToSet("heir"), testkit.ForUsers("ali")))).To(refuse("spec.subjects: Forbidden", "set "+h.namespace+"/heir may be held by accounts of type Staff"))
		create(lea(), h.binding("heirs", testkit.ToSet("heir"), testkit.ForLabels("team", "heirs")))
		ali := h.user("ali")
		Expect(change(lea(), ali, testkit.Labels("team", "heirs"))).To(Succeed())
		h.gets("ali", asViewer)
	})

	It("by another account type of a user is refused what bindings grant to that", func() {
		h := furnished()
		ali := h.user("ali", affiliate, testkit.Labels("team", "desk"))
		given(h.set("desk", testkit.Rank(8), testkit.Permissions("orders"), staff), ali)
		create(root(), h.binding("desks", testkit.ToSet("desk"), testkit.ForLabels("team", "desk"), testkit.Grants("payments=Write")))
		Eventually(func() error { return change(maxi(), ali, testkit.AccountType(v1alpha1.AccountStaff)) }, soon, often).Should(
			refuse("spec.accountType: Forbidden", `gives payments Write, which "max" does not have to give`))
		h.gets("ali", asNobody)
		Expect(change(root(), ali, testkit.AccountType(v1alpha1.AccountStaff))).To(Succeed())
		h.gets("ali", map[string]string{"orders": "Read", "payments": "Write"})
	})
})

var _ = Describe("Who tries to be somebody else's successor", func() {
	It("by the e-mail address of somebody stronger, in whatever case, gets no access while that is theirs", func() {
		h := furnished()
		Expect(change(root(), h.boss, testkit.Email("boss@shop.example"))).To(Succeed())
		eventually(h.boss, beReady())
		mole := h.user("mole", testkit.Email("BOSS@shop.example"))
		Expect(lea().Create(ctx, mole)).To(Succeed())
		eventually(mole, And(notReady(v1alpha1.ReasonEmailTaken), Not(saying("shop.example"))))
		Expect(change(lea(), h.bob, testkit.Email("boss@Shop.example"))).To(Succeed())
		eventually(h.bob, notReady(v1alpha1.ReasonEmailTaken))
		Consistently(func() [][]string {
			return query(h.namespace, "SELECT login FROM user_profiles WHERE email = 'boss@shop.example'")
		}, while, often).Should(Equal([][]string{{"boss"}}))
		Expect(active(h.namespace, "boss")).To(BeTrue())
		Expect(active(h.namespace, "mole")).To(BeFalse())
	})

	It("by deleting an account and making it anew, where that is never used again, gets neither its login nor its e-mail", func() {
		h := furnished(testkit.Rules(func(p *v1alpha1.Policy) { p.IdentityReuse = v1alpha1.IdentityReuseNever }))
		zoe := h.user("zoe", testkit.Email("zoe@shop.example"), deletionPolicy(v1alpha1.DeletionDelete))
		given(zoe)
		Expect(lea().Delete(ctx, zoe)).To(Succeed())
		vanishes(zoe)
		again, other := h.user("zoe"), h.user("other", testkit.Email("Zoe@shop.example"))
		for _, u := range []*v1alpha1.BackOfficeUser{again, other} {
			Expect(lea().Create(ctx, u)).To(Succeed())
			eventually(u, And(notReady(v1alpha1.ReasonIdentityRetired), Not(saying("shop.example"))))
		}
		Expect(active(h.namespace, "zoe")).To(BeFalse())
		Expect(active(h.namespace, "other")).To(BeFalse())
	})
})

var _ = Describe("Who tries to change a protected set", func() {
	It("with rank 0 and all permissions is refused, also its deletion, by the garbage collector too, and its finalizer stays", func() {
		h := furnished()
		core := h.set("core", testkit.Rank(1), testkit.Permissions("orders"), testkit.Protected())
		given(core, h.binding("cores", testkit.ToSet("core"), testkit.ForUsers("bob")))
		protected := refuse("the set is protected")
		Expect(change(root(), core, testkit.Permissions("stock"))).To(protected)
		Expect(change(root(), core, testkit.Deny("orders"))).To(protected)
		Expect(change(root(), core, testkit.Bypasses())).To(Succeed(), "nothing changes")
		Expect(change(root(), core, testkit.OnSet(func(s *v1alpha1.PermissionSet) { s.Spec.Protected = false }))).To(protected)
		Expect(root().Delete(ctx, core)).To(protected)
		Expect(change(root(), core, ownedBy(configMap(h.namespace, "gone")))).To(protected)
		Expect(change(root(), core, func(o client.Object) { o.SetFinalizers(nil) })).To(Succeed(), "nothing changes")
		Expect(masters().Get(ctx, client.ObjectKeyFromObject(core), core)).To(Succeed())
		Expect(core.Finalizers).To(ContainElement(v1alpha1.Finalizer))
		h.gets("bob", asViewer)

		By("and who has no verb escalate does not break the glass")
		Expect(change(lea(), core, annotate(v1alpha1.AnnotationBreakGlass, "please"), testkit.Permissions("stock"))).To(protected)
		h.gets("bob", asViewer)
	})

	It("by having it inherit from a set that is not protected is refused: who changes that would change it", func() {
		h := furnished()
		Expect(root().Create(ctx, h.set("core", testkit.Rank(1), testkit.Extends("viewer"), testkit.Protected()))).To(refuse(
			"spec.extends[0]: Forbidden", "a protected set extends protected sets only, and set "+h.namespace+"/viewer is not"))
		Expect(change(root(), h.chief, testkit.Extends("viewer"), testkit.Protected())).To(refuse("extends protected sets only"))
		h.isAsBefore()
	})
})
