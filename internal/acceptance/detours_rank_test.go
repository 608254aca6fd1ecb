// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("Who tries to hand out a stronger set", func() {
	It("as a service account to which RBAC permits everything is held to its delegation of rank 4, and cannot break the glass", func() {
		namespace := testkit.FreshNamespace(ctx, masters())
		h := furnished(testkit.Delegates(4, testkit.ServiceAccount(namespace, "deployer")), testkit.Giving("*"))
		deployer := almighty(namespace, "deployer")
		limited := beyond("system:serviceaccount:"+namespace+":deployer", "add a delegation: {subjects: [{kind: ServiceAccount, namespace: "+namespace+", name: deployer}], rank: 1")
		toChief := []testkit.Mod{testkit.ToSet("chief"), testkit.ForUsers("bob")}
		Expect(deployer.Create(ctx, h.binding("promotion", toChief...))).To(limited)
		Expect(deployer.Create(ctx, h.binding("promotion", append(toChief, annotate(v1alpha1.AnnotationBreakGlass, "I may do everything"))...))).To(limited)
		Expect(change(deployer, h.viewers, testkit.ToSet("chief"))).To(limited)
		Expect(change(deployer, h.viewer, testkit.Rank(1))).To(limited)
		Expect(deployer.Create(ctx, h.set("mine", testkit.Rank(1)))).To(limited)
		Expect(change(deployer, h.boss, testkit.State(v1alpha1.StateBlocked))).To(limited)
		Expect(deployer.Delete(ctx, h.chiefs)).To(limited)
		h.isAsBefore()

		By("and may do what rank 4 may")
		promotion := h.binding("promotion", testkit.ToSet("support"), testkit.ForUsers("bob"))
		Expect(deployer.Create(ctx, promotion)).To(Succeed())
		eventually(promotion, beReady())
		h.gets("bob", asSupport)
	})

	It("as a service account to which RBAC permits everything and no delegation anything is refused everything", func() {
		h := furnished()
		deployer := almighty(h.namespace, "deployer")
		none := refuse(`no delegation of BackOffice ` + h.namespace + `/shop matches "system:serviceaccount:` + h.namespace + `:deployer"`)
		Expect(deployer.Create(ctx, h.binding("promotion", testkit.ToSet("viewer"), testkit.ForUsers("bob")))).To(none)
		Expect(deployer.Create(ctx, h.user("new"))).To(none)
		Expect(change(deployer, h.viewer, testkit.Permissions("users=Write"))).To(none)
		Expect(deployer.Delete(ctx, h.bob)).To(none)
		h.isAsBefore()
	})

	It("by a set of rank 10 that holds the permission to manage users is refused the permission, not the rank", func() {
		h := furnished(testkit.SelfService("users"))
		lacks := refuse(`gives users Write, which "max" does not have to give`, "rank: 4, permissions: [users]")
		managers := h.set("managers", testkit.Rank(10), testkit.Permissions("users=Write"))
		Expect(maxi().Create(ctx, managers)).To(lacks)
		Expect(change(maxi(), h.viewer, testkit.Permissions("users=Write"))).To(lacks)
		Expect(change(maxi(), h.viewer, testkit.Rank(10), testkit.Extends("chief"))).To(beyond("max"))
		h.isAsBefore()

		By("and where the owner made such a set, its holder manages with rank 10 and what it gives, and nothing more")
		mallory := h.user("mallory", testkit.KubernetesUser("mallory"))
		given(managers, mallory, h.binding("managers", testkit.ToSet("managers"), testkit.ForUsers("mallory")))
		h.gets("mallory", map[string]string{"users": "Write"})
		Expect(as("mallory").Create(ctx, h.binding("promotion", testkit.ToSet("viewer"), testkit.ForUsers("mallory")))).To(refuse(
			`needs rank 8 or stronger in family "default"; "mallory" has rank 10 (spec.kubernetesUser of BackOfficeUser ` + h.namespace + `/mallory)`))
		Expect(as("mallory").Create(ctx, h.set("mine", testkit.Rank(10), testkit.Permissions("orders")))).To(refuse(`gives orders Read, which "mallory" does not have to give`))
		h.gets("mallory", map[string]string{"users": "Write"})
	})

	It("by grants on a binding of a weak set is refused what it does not have to give", func() {
		h := furnished()
		Expect(maxi().Create(ctx, h.binding("bonus", testkit.ToSet("viewer"), testkit.ForUsers("bob"), testkit.Grants("users=Write")))).To(refuse(
			"spec.grants[users]: Forbidden: binding " + h.namespace + `/bonus gives users Write, which "max" does not have to give`))
		Expect(change(maxi(), h.viewers, testkit.Grants("orders=Write", "payments=Write"))).To(refuse("spec.grants[payments]: Forbidden", "gives payments Write"))
		Expect(change(lea(), h.viewers, testkit.Grants("orders=Write"))).To(refuse("gives orders Write", "lets it bind existing sets and nothing else"))
		h.isAsBefore()
		Expect(change(maxi(), h.viewers, testkit.Grants("orders/refund=Write"))).To(Succeed())
		eventually(h.viewers, beReady())
		h.gets("bob", map[string]string{"orders": "Read", "orders/refund": "Write"})
	})

	It("by joining the users of a binding to which somebody stronger gave grants is refused: all of it is granted anew", func() {
		h := furnished()
		Expect(change(root(), h.viewers, testkit.Grants("payments=Write"))).To(Succeed())
		eventually(h.viewers, beReady())
		h.gets("bob", map[string]string{"orders": "Read", "payments": "Write"})
		given := refuse(`gives payments Write, which "max" does not have to give`)
		Expect(change(maxi(), h.viewers, testkit.ForUsers("bob", "ann"))).To(given)
		Expect(change(maxi(), h.viewers, testkit.ForLabels("team", "support"))).To(given)
		Expect(change(maxi(), h.viewers, testkit.Until(time.Now().Add(time.Hour)))).To(given)
		h.gets("ann", asSupport)
	})

	It("by raising or widening a set that others hold is refused", func() {
		h := furnished()
		Expect(change(maxi(), h.support, testkit.Rank(1))).To(beyond("max", "spec.rank"))
		Expect(change(maxi(), h.support, testkit.Extends("chief"))).To(beyond("max", "inherits from set "+h.namespace+"/chief"))
		Expect(change(maxi(), h.support, testkit.Permissions("payments=Write"))).To(refuse("gives payments Write"))
		Expect(change(maxi(), h.chief, testkit.Rank(8))).To(beyond("max"))
		Expect(change(maxi(), h.chief, testkit.Family("other"))).To(beyond("max"))
		h.isAsBefore()
	})

	It("by extending a set that extends a stronger one is refused, however long the chain", func() {
		h := furnished()
		given(h.set("middle", testkit.Rank(8), testkit.Extends("chief")), h.set("outer", testkit.Rank(8), testkit.Extends("middle")))
		Expect(change(maxi(), h.viewer, testkit.Extends("outer"))).To(beyond("max", "inherits from set "+h.namespace+"/chief"))
		h.isAsBefore()
	})

	It("by taking out the None that hid an inherited permission is refused: what it uncovers is given", func() {
		h := furnished()
		base := h.set("base", testkit.Rank(8), testkit.Permissions("orders", "payments=Write"))
		limited := h.set("limited", testkit.Rank(8), testkit.Extends("base"), testkit.Permissions("payments=None", "stock"))
		given(base, limited, h.binding("limited", testkit.ToSet("limited"), testkit.ForUsers("bob")))
		before := map[string]string{"orders": "Read", "stock": "Read"}
		h.gets("bob", before)
		uncovered := refuse(`gives payments Write, which "max" does not have to give`)
		Expect(change(maxi(), limited, testkit.OnSet(func(s *v1alpha1.PermissionSet) { s.Spec.Permissions = s.Spec.Permissions[1:] }))).To(uncovered)
		Expect(change(maxi(), limited, testkit.OnSet(func(s *v1alpha1.PermissionSet) { s.Spec.Permissions[0].Path = "payments/refund" }))).To(uncovered)
		h.gets("bob", before)
	})

	It("by a label that makes a selector match is refused, on a new user as on an old one", func() {
		h := furnished()
		match := beyond("lea", "would get binding "+h.namespace+"/chiefs")
		Expect(change(lea(), h.bob, testkit.Labels("team", "hq"))).To(match)
		Expect(lea().Create(ctx, h.user("new", testkit.Labels("team", "hq")))).To(match)
		h.isAsBefore()
	})

	It("by a label that a selector misses, where it selects who lacks it, is refused as well", func() {
		h := furnished()
		Expect(change(root(), h.chiefs, testkit.OnBinding(func(b *v1alpha1.RoleBinding) {
			b.Spec.Selector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
				{Key: "team", Operator: metav1.LabelSelectorOpDoesNotExist}, {Key: "leaver", Operator: metav1.LabelSelectorOpNotIn, Values: []string{"yes"}},
			}}
		}))).To(Succeed())
		eventually(h.chiefs, beReady())
		h.gets("bob", asChief) // who has no label
		h.bob = h.user("zoe", testkit.Labels("team", "support"))
		given(h.bob)
		h.gets("zoe", asNobody)
		match := beyond("lea", "would get binding "+h.namespace+"/chiefs")
		Expect(change(lea(), h.bob, testkit.Labels())).To(match)
		Expect(change(lea(), h.bob, testkit.Labels("leaver", "no"))).To(match)
		Expect(lea().Create(ctx, h.user("new"))).To(match)
		h.gets("zoe", asNobody)
	})

	It("by a label, or a name, that a binding of a weak set waits for is refused what its grants give on top", func() {
		h := furnished()
		given(h.binding("cash-by-label", testkit.ToSet("viewer"), testkit.ForLabels("cash", "yes"), testkit.Grants("payments=Write")))
		byName := h.binding("cash-by-name", testkit.ToSet("viewer"), testkit.ForUsers("tom"), testkit.Grants("payments=Write"))
		create(root(), byName)
		eventually(byName, notReady(v1alpha1.ReasonReferenceNotFound))
		Expect(change(maxi(), h.bob, testkit.Labels("cash", "yes"))).To(refuse("payments Write"))
		Expect(maxi().Create(ctx, h.user("new", testkit.Labels("cash", "yes")))).To(refuse("payments Write"))
		Expect(maxi().Create(ctx, h.user("tom"))).To(refuse("payments Write"))
		h.isAsBefore()

		By("also where it is an account that they delete and make anew, without the label by which something is denied")
		denied := h.user("una", testkit.Labels("probation", "yes"))
		given(denied,
			h.binding("bonus", testkit.ToSet("viewer"), testkit.ForUsers("una"), testkit.Grants("payments=Write")),
			h.binding("probation", testkit.ToSet("viewer"), testkit.ForLabels("probation", "yes"), testkit.Denies("payments")))
		h.gets("una", asViewer)
		Expect(maxi().Delete(ctx, denied)).To(Or(Succeed(), refuse("payments Write")))
		Eventually(func() error { return maxi().Create(ctx, h.user("una")) }, soon, often).Should(Or(refuse("payments Write"), Satisfy(apierrors.IsAlreadyExists)))
		Expect(permissions(h.namespace, "una")).NotTo(HaveKey("payments"))
	})

	It("by widening a selector over stronger users, or over a set that is stronger, is refused", func() {
		h := furnished()
		given(h.user("hal", testkit.Labels("team", "hq", "site", "north")))
		h.gets("hal", asChief)
		Expect(change(lea(), h.viewers, testkit.ForLabels("site", "north"))).To(beyond("lea", "a binding for hal (rank 1 through binding "+h.namespace+"/chiefs)"))
		Expect(change(lea(), h.chiefs, testkit.ForLabels("site", "south"))).To(beyond("lea"))
		h.gets("hal", asChief)
	})
})

var _ = Describe("Who tries to lift a denial", func() {
	// denied makes a house in which bob holds payments and orders, and does not have payments, because a set or a binding denies it.
	payments := map[string]string{"payments": "Write", "orders": "Write"}
	withheld := map[string]string{"orders": "Write"}
	uncovered := refuse(`gives payments Write, which "max" does not have to give`)
	denied := func(by ...func(*house) client.Object) *house {
		GinkgoHelper()
		h := furnished()
		given(h.set("cashier", testkit.Rank(4), testkit.Permissions("payments=Write", "orders=Write")))
		given(h.binding("cashiers", testkit.ToSet("cashier"), testkit.ForUsers("bob")))
		h.gets("bob", payments)
		for _, denial := range by {
			given(denial(h))
		}
		if len(by) > 0 {
			h.gets("bob", withheld)
		}
		return h
	}
	denyingSet := func(h *house) client.Object { return h.set("probation", testkit.Rank(8), testkit.Deny("payments")) }
	bindingOfDenyingSet := func(h *house) client.Object {
		return h.binding("probation", testkit.ToSet("probation"), testkit.ForUsers("bob"))
	}
	denyingBinding := func(h *house) client.Object {
		return h.binding("probation", testkit.ToSet("viewer"), testkit.ForUsers("bob", "ann"), testkit.Denies("payments"))
	}

	It("of a set by editing it is refused what it denied", func() {
		h := denied(denyingSet, bindingOfDenyingSet)
		set := h.set("probation")
		Expect(change(maxi(), set, testkit.Deny("payments/refund"))).To(uncovered)
		Expect(change(maxi(), set, testkit.Deny())).To(uncovered)
		h.gets("bob", withheld)
	})

	It("of a set by deleting it is refused what it denied", func() {
		h := denied(denyingSet, bindingOfDenyingSet)
		Expect(maxi().Delete(ctx, h.set("probation"))).To(uncovered)
		h.gets("bob", withheld)
	})

	It("of a set by deleting the binding that hands it out is refused what it denied", func() {
		h := denied(denyingSet, bindingOfDenyingSet)
		Expect(maxi().Delete(ctx, h.binding("probation"))).To(uncovered)
		h.gets("bob", withheld)
	})

	It("of a set by binding another one in its place, to other users, or for another time is refused what it denied", func() {
		h := denied(denyingSet, bindingOfDenyingSet)
		b := h.binding("probation")
		Expect(change(maxi(), b, testkit.ToSet("viewer"))).To(uncovered)
		Expect(change(maxi(), b, testkit.ForUsers("ann"))).To(uncovered)
		Expect(change(maxi(), b, testkit.Until(time.Now().Add(time.Second)))).To(uncovered)
		h.gets("bob", withheld)
	})

	It("of a set that another one extends, by extending it no longer, is refused what it denied", func() {
		h := denied()
		given(h.set("denier", testkit.Rank(8), testkit.Deny("payments")))
		heir := h.set("heir", testkit.Rank(8), testkit.Extends("denier"))
		given(heir, h.binding("heirs", testkit.ToSet("heir"), testkit.ForUsers("bob")))
		h.gets("bob", withheld)
		Expect(change(maxi(), heir, testkit.Extends())).To(uncovered)
		Expect(change(maxi(), heir, testkit.Extends("viewer"))).To(uncovered)
		Expect(maxi().Delete(ctx, h.set("denier"))).To(uncovered)
		Expect(maxi().Delete(ctx, heir)).To(uncovered)
		Expect(maxi().Delete(ctx, h.binding("heirs"))).To(uncovered)
		h.gets("bob", withheld)
	})

	It("of a binding by editing it is refused what it denied", func() {
		h := denied(denyingBinding)
		Expect(change(maxi(), h.binding("probation"), testkit.Denies())).To(uncovered)
		Expect(change(maxi(), h.binding("probation"), testkit.Denies("payments/refund"))).To(uncovered)
		h.gets("bob", withheld)
	})

	It("of a binding by deleting it is refused what it denied", func() {
		h := denied(denyingBinding)
		Expect(maxi().Delete(ctx, h.binding("probation"))).To(uncovered)
		h.gets("bob", withheld)
	})

	It("of a binding by taking a user out of it, or ending it, is refused what it denied", func() {
		h := denied(denyingBinding)
		b := h.binding("probation")
		Expect(change(maxi(), b, testkit.ForUsers("ann"))).To(uncovered)
		Expect(change(maxi(), b, testkit.Until(time.Now().Add(time.Second)))).To(uncovered)
		Expect(change(maxi(), b, testkit.From(time.Now().Add(time.Hour)))).To(uncovered)
		h.gets("bob", withheld)
	})

	It("by a label that makes the denying selector let go is refused what it denied", func() {
		h := furnished()
		given(h.binding("bonus", testkit.ToSet("viewer"), testkit.ForUsers("bob"), testkit.Grants("payments=Write")))
		Expect(change(root(), h.bob, testkit.Labels("probation", "yes"))).To(Succeed())
		given(h.binding("probation", testkit.ToSet("viewer"), testkit.ForLabels("probation", "yes"), testkit.Denies("payments")))
		h.gets("bob", asViewer)
		Expect(change(maxi(), h.bob, testkit.Labels("probation", "no"))).To(refuse("payments Write"))
		Expect(change(maxi(), h.bob, testkit.Labels())).To(refuse("payments Write"))
		h.gets("bob", asViewer)
	})
})

var _ = Describe("Who tries to take something from somebody stronger", func() {
	It("by binding them to a set that denies is refused", func() {
		h := furnished()
		probation := h.set("probation", testkit.Rank(8), testkit.Deny("payments"))
		given(probation)
		touches := beyond("lea", "a binding for boss (rank 1 through binding "+h.namespace+"/chiefs)")
		Expect(lea().Create(ctx, h.binding("probation", testkit.ToSet("probation"), testkit.ForUsers("boss")))).To(touches)
		Expect(change(lea(), h.viewers, testkit.ForUsers("bob", "boss"), testkit.Denies("payments"))).To(touches)
		h.isAsBefore()
	})

	It("by letting a set that they hold deny more is refused, also where they hold it by inheritance", func() {
		h := furnished()
		base := h.set("base", testkit.Rank(8), testkit.Permissions("stock"))
		heir := h.set("heir", testkit.Rank(8), testkit.Extends("base"))
		held := h.binding("boss-too", testkit.ToSet("heir"), testkit.ForUsers("boss"))
		given(base, heir, held)
		boss := map[string]string{"users": "Write", "payments": "Write", "orders": "Write", "stock": "Read"}
		h.gets("boss", boss)
		denies := beyond("max", "spec.deny", "one of whom has binding "+h.namespace+"/chiefs")
		Expect(change(maxi(), heir, testkit.Deny("payments"))).To(denies)
		Expect(change(maxi(), base, testkit.Deny("payments"))).To(denies)
		denier := h.set("denier", testkit.Rank(8), testkit.Deny("payments"))
		Expect(maxi().Create(ctx, denier)).To(Succeed())
		eventually(denier, beReady())
		Expect(change(maxi(), heir, testkit.Extends("base", "denier"))).To(denies)
		h.gets("boss", boss)
	})

	It("by filling the place of a set that theirs extends with one that denies does not reach them", func() {
		h := furnished()
		heir := h.set("heir", testkit.Rank(8), testkit.Permissions("stock"), testkit.Extends("later"))
		held := h.binding("boss-too", testkit.ToSet("heir"), testkit.ForUsers("boss"))
		create(root(), heir)
		create(root(), held)
		Expect(maxi().Create(ctx, h.set("later", testkit.Rank(8), testkit.Deny("payments")))).To(beyond("max", "spec.deny"))
		h.gets("boss", asChief)
	})

	It("by blocking, holding, relabelling, unbinding or deleting them is refused", func() {
		h := furnished()
		touches := beyond("lea", "user "+h.namespace+"/boss has binding "+h.namespace+"/chiefs")
		Expect(change(lea(), h.boss, testkit.State(v1alpha1.StateBlocked))).To(touches)
		Expect(change(lea(), h.boss, testkit.State(v1alpha1.StateDeactivated))).To(touches)
		Expect(change(lea(), h.boss, annotate(v1alpha1.AnnotationHold, "for a moment"))).To(touches)
		Expect(change(lea(), h.boss, annotate(v1alpha1.AnnotationOrphan, "not ours"))).To(touches)
		Expect(change(lea(), h.boss, testkit.Labels("team", "none"))).To(touches)
		Expect(change(lea(), h.boss, testkit.IPs("203.0.113.7"))).To(touches)
		Expect(lea().Delete(ctx, h.boss)).To(touches)
		Expect(change(lea(), h.chiefs, testkit.ForUsers("bob"))).To(beyond("lea"))
		Expect(change(lea(), h.chiefs, testkit.Until(time.Now().Add(time.Second)))).To(beyond("lea"))
		Expect(lea().Delete(ctx, h.chiefs)).To(beyond("lea"))
		Expect(lea().Delete(ctx, h.chief)).To(beyond("lea"))
		h.isAsBefore()
	})

	It("by asking for a reconcile leaves them as they are, and the stamp is still its author's", func() {
		h := furnished()
		before := stampOf(h.boss)
		for _, c := range []client.Client{lea(), eve()} {
			Expect(change(c, h.boss, annotate(v1alpha1.AnnotationReconcileRequestedAt, time.Now().String()))).To(Succeed())
			Expect(stampOf(h.boss)).To(Equal(before))
		}
		h.isAsBefore()
	})

	It("without any power is refused a hold, and its removal, of everybody", func() {
		h := furnished()
		none := refuse(`no delegation of BackOffice ` + h.namespace + `/shop matches "eve"`)
		Expect(change(eve(), h.bob, annotate(v1alpha1.AnnotationHold, "spite"))).To(none)
		Expect(change(lea(), h.bob, annotate(v1alpha1.AnnotationHold, "lost his phone"))).To(Succeed())
		Eventually(func() bool { return active(h.namespace, "bob") }, soon, often).Should(BeFalse())
		Expect(change(eve(), h.bob, func(o client.Object) {
			annotations := o.GetAnnotations()
			delete(annotations, v1alpha1.AnnotationHold)
			o.SetAnnotations(annotations)
		})).To(none)
		Consistently(func() bool { return active(h.namespace, "bob") }, while, often).Should(BeFalse())
	})
})
