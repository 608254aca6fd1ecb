// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// A back office with users of all ranks. lea has rank 4 in the family back-office, eve has only what RBAC gives everybody.
var _ = Describe("Rank", func() {
	var (
		namespace     string
		office        *v1alpha1.BackOffice
		boss, ann     *v1alpha1.BackOfficeUser // rank 1, rank 4
		bob           *v1alpha1.BackOfficeUser // without bindings
		hq, viewer    *v1alpha1.PermissionSet
		toBoss, toAnn *v1alpha1.RoleBinding
		lea, eve      client.Client
	)
	family := testkit.Family("back-office")

	BeforeEach(func(ctx SpecContext) {
		namespace = testkit.FreshNamespace(ctx, env.Client())
		office = shop(namespace,
			testkit.Delegates(4, testkit.Person("lea")), testkit.InFamilies("back-office"),
			testkit.Delegates(0, testkit.Group("store-leads"), testkit.ServiceAccount(namespace, "robot")), testkit.InFamilies("store-app"))
		hq = testkit.Set("headquarters", namespace, testkit.Rank(1), family)
		support := testkit.Set("support", namespace, testkit.Rank(4), family)
		viewer = testkit.Set("viewer", namespace, testkit.Rank(9), family)
		vendors := testkit.Set("vendor-manager", namespace, testkit.Rank(0), testkit.Family("store-app"))
		boss, ann, bob = testkit.User("boss", namespace), testkit.User("ann", namespace), testkit.User("bob", namespace)
		toBoss = testkit.Binding("hq", namespace, testkit.ToSet("headquarters"), testkit.ForUsers("boss"))
		toAnn = testkit.Binding("support", namespace, testkit.ToSet("support"), testkit.ForUsers("ann"))
		byLabel := testkit.Binding("hq-by-label", namespace, testkit.ToSet("headquarters"), testkit.ForLabels("team", "hq"))
		given(ctx, office, hq, support, viewer, vendors, boss, ann, bob, toBoss, toAnn, byLabel)
		lea, eve = as("lea"), as("eve")
	})

	// help is what every refusal of lea says, for a rank.
	help := func(need, ask, rank string) string {
		return need + ` in family "back-office"; "lea" has rank 4 (spec.rank.delegations[0] of BackOffice ` + namespace + "/shop). Ask somebody with " + ask +
			", or add a delegation: {subjects: [{kind: User, name: lea}], rank: " + rank + ", families: [back-office]}"
	}
	needsRank1 := func() string { return help("needs rank 1 or stronger", "rank 0..1", "1") }
	needsRank0 := func() string { return help("needs rank 0", "rank 0", "0") }
	binding := func(mods ...testkit.Mod) *v1alpha1.RoleBinding { return testkit.Binding("new", namespace, mods...) }

	Describe("lets a delegate", func() {
		It("touch users up to its own rank, and users without bindings", func(ctx SpecContext) {
			Expect(lea.Create(ctx, testkit.User("new", namespace))).To(Succeed())
			Expect(lea.Update(ctx, changed(ann, testkit.State(v1alpha1.StateBlocked)))).To(Succeed())
			Expect(lea.Update(ctx, changed(bob, testkit.Labels("team", "support")))).To(Succeed())
			Expect(lea.Delete(ctx, bob)).To(Succeed())
			Expect(lea.Delete(ctx, ann)).To(Succeed())
		})

		It("touch users whose stronger set is gone: what a name stands for when it comes back, the stamps decide", func(ctx SpecContext) {
			Expect(lea.Delete(ctx, boss)).To(beRefused(needsRank1()))
			Expect(root().Delete(ctx, hq)).To(Succeed())
			gone(ctx, hq)
			Expect(lea.Delete(ctx, boss)).To(Succeed())
		})

		It("hand out sets up to its own rank", func(ctx SpecContext) {
			Expect(lea.Create(ctx, binding(testkit.ToSet("support"), testkit.ForUsers("ann", "bob")))).To(Succeed())
			Expect(lea.Update(ctx, changed(toAnn, testkit.ToSet("viewer"), testkit.ForUsers("bob")))).To(Succeed())
			Expect(lea.Delete(ctx, toAnn)).To(Succeed())
		})

		It("write sets up to its own rank", func(ctx SpecContext) {
			Expect(lea.Create(ctx, testkit.Set("new", namespace, testkit.Rank(4), family, testkit.Extends("viewer")))).To(Succeed())
			Expect(lea.Update(ctx, changed(viewer, testkit.Rank(5)))).To(Succeed())
			Expect(lea.Delete(ctx, viewer)).To(Succeed())
		})

		It("use ranks that are nothing but data: with gaps, and as large as may be", Label("O-05"), func(ctx SpecContext) {
			Expect(lea.Create(ctx, testkit.Set("gap", namespace, testkit.Rank(1_000_000), family))).To(Succeed())
			Expect(lea.Create(ctx, testkit.Set("same", namespace, testkit.Rank(9), family))).To(Succeed())
			Expect(lea.Create(ctx, testkit.Set("three", namespace, testkit.Rank(3), family))).To(beRefused(help("needs rank 3 or stronger", "rank 0..3", "3")))
		})
	})

	Describe("is delegated", func() {
		It("to a group", Label("O-09"), func(ctx SpecContext) {
			Expect(as("sam", "store-leads").Create(ctx, binding(testkit.ToSet("vendor-manager"), testkit.ForUsers("bob")))).To(Succeed())
		})

		It("to a service account", func(ctx SpecContext) {
			robot := "system:serviceaccount:" + namespace + ":robot"
			Expect(as(robot).Create(ctx, binding(testkit.ToSet("vendor-manager"), testkit.ForUsers("bob")))).To(Succeed())
			Expect(as("system:serviceaccount:default:robot").Delete(ctx, bob)).To(beRefused(
				`{kind: ServiceAccount, namespace: default, name: robot}`))
		})

		It("within its families: rank 0 of one is nothing in another", Label("O-09"), func(ctx SpecContext) {
			sam := as("sam", "store-leads")
			Expect(sam.Create(ctx, binding(testkit.ToSet("viewer"), testkit.ForUsers("bob")))).To(beRefused(
				`needs rank 9 or stronger in family "back-office"; "sam" has power in other families only (spec.rank.delegations[1] of BackOffice`))
			Expect(sam.Update(ctx, changed(ann, testkit.State(v1alpha1.StateBlocked)))).To(beRefused(`needs rank 4 or stronger in family "back-office"`))
			Expect(lea.Create(ctx, binding(testkit.ToSet("vendor-manager"), testkit.ForUsers("bob")))).To(beRefused(`needs rank 0 in family "store-app"`))
		})

		It("to nobody whom RBAC alone lets in", func(ctx SpecContext) {
			const none = ` matches "eve"`
			Expect(eve.Create(ctx, testkit.User("new", namespace))).To(beRefused("metadata.name: Forbidden: user "+namespace+"/new needs a delegation of any rank", none))
			Expect(eve.Update(ctx, changed(bob, testkit.IPs("203.0.113.7")))).To(beRefused(none))
			Expect(eve.Delete(ctx, bob)).To(beRefused(none))
			Expect(eve.Delete(ctx, toAnn)).To(beRefused(none))
			Expect(eve.Delete(ctx, viewer)).To(beRefused(none))
			Expect(eve.Create(ctx, testkit.Set("new", namespace, family))).To(beRefused(none))
			Expect(eve.DeleteAllOf(ctx, &v1alpha1.BackOfficeUser{}, client.InNamespace(namespace))).To(beRefused(`BackOfficeUser.access.backoffice-operator.io "`, none))
		})

		It("not to system:masters by itself", func(ctx SpecContext) {
			Expect(env.Client().Delete(ctx, boss)).To(beRefused("no delegation of BackOffice"))
		})
	})

	Describe("refuses what is stronger:", func() {
		It("to change, block, hold or delete a user", func(ctx SpecContext) {
			refused := beRefused("metadata.name: Forbidden: user " + namespace + "/boss has binding " + namespace + "/hq, which " + needsRank1())
			Expect(lea.Update(ctx, changed(boss, testkit.IPs("203.0.113.7")))).To(refused)
			Expect(lea.Update(ctx, changed(boss, testkit.State(v1alpha1.StateBlocked)))).To(refused)
			Expect(lea.Update(ctx, changed(boss, testkit.Annotations(v1alpha1.AnnotationHold, "x")))).To(refused)
			Expect(lea.Patch(ctx, changed(boss), client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"labels":{"x":"y"}}}`)))).To(refused)
			Expect(lea.Delete(ctx, boss)).To(refused)
		})

		It("to hand out a set", func(ctx SpecContext) {
			Expect(lea.Create(ctx, binding(testkit.ToSet("headquarters"), testkit.ForUsers("bob")))).To(beRefused(
				"spec.permissionSetRef: Forbidden: binding " + namespace + "/new to set " + namespace + "/headquarters " + needsRank1()))
		})

		It("to take a set away, by deleting the binding or by changing it", func(ctx SpecContext) {
			Expect(lea.Delete(ctx, toBoss)).To(beRefused(needsRank1()))
			Expect(lea.Update(ctx, changed(toBoss, testkit.ToSet("viewer")))).To(beRefused(needsRank1()))
			Expect(lea.Update(ctx, changed(toBoss, testkit.Until(metav1.Now().Time)))).To(beRefused(needsRank1()))
			Expect(lea.Update(ctx, changed(toBoss, testkit.ForUsers("bob")))).To(beRefused(needsRank1()))
		})

		It("to bind a stronger user to a weak set", func(ctx SpecContext) {
			Expect(lea.Create(ctx, binding(testkit.ToSet("viewer"), testkit.ForUsers("bob", "boss")))).To(beRefused(
				"spec: Forbidden: a binding for boss (rank 1 through binding " + namespace + "/hq) " + needsRank1()))
		})

		It("to make, change or delete a set", func(ctx SpecContext) {
			Expect(lea.Create(ctx, testkit.Set("new", namespace, testkit.Rank(0), family))).To(beRefused(
				"spec.rank: Forbidden: set " + namespace + "/new " + needsRank0()))
			Expect(lea.Update(ctx, changed(hq, testkit.Deny("orders")))).To(beRefused(needsRank1()))
			Expect(lea.Delete(ctx, hq)).To(beRefused(needsRank1()))
		})
	})

	Describe("cannot be got around", func() {
		It("by a label that makes a selector match", func(ctx SpecContext) {
			refused := beRefused("Forbidden: user " + namespace + "/bob would get binding " + namespace + "/hq-by-label, which " + needsRank1())
			Expect(lea.Update(ctx, changed(bob, testkit.Labels("team", "hq")))).To(And(refused, beRefused("metadata.labels")))
			Expect(lea.Create(ctx, testkit.User("new", namespace, testkit.Labels("team", "hq")))).To(beRefused(needsRank1()))
		})

		It("by a label that makes a stronger selector let go", func(ctx SpecContext) {
			carl := testkit.User("carl", namespace, testkit.Labels("team", "hq"))
			given(ctx, carl)
			Expect(lea.Update(ctx, changed(carl, testkit.Labels()))).To(beRefused(needsRank1()))
		})

		It("by a user whom a binding already names", func(ctx SpecContext) {
			given(ctx, testkit.Binding("waiting", namespace, testkit.ToSet("headquarters"), testkit.ForUsers("late")))
			Expect(lea.Create(ctx, testkit.User("late", namespace))).To(beRefused(needsRank1()))
		})

		It("by a selector that is widened to stronger users", func(ctx SpecContext) {
			given(ctx, testkit.User("carl", namespace, testkit.Labels("team", "hq")))
			Expect(lea.Update(ctx, changed(toAnn, testkit.ForLabels("team", "hq")))).To(beRefused(
				"carl (rank 1 through binding " + namespace + "/hq-by-label) " + needsRank1()))
		})

		It("by the set reference of a binding that one may edit", func(ctx SpecContext) {
			Expect(lea.Update(ctx, changed(toAnn, testkit.ToSet("headquarters")))).To(beRefused(needsRank1()))
		})

		It("by raising a set from rank 9 to rank 0", func(ctx SpecContext) {
			Expect(lea.Update(ctx, changed(viewer, testkit.Rank(0)))).To(beRefused(needsRank0()))
		})

		It("by weakening a stronger set first", func(ctx SpecContext) {
			Expect(lea.Update(ctx, changed(hq, testkit.Rank(9)))).To(beRefused(needsRank1()))
			Expect(as("sam", "store-leads").Update(ctx, changed(hq, testkit.Family("store-app")))).To(beRefused(`needs rank 1 or stronger in family "back-office"`))
		})

		It("by inheriting from a stronger set, however far", func(ctx SpecContext) {
			given(ctx, testkit.Set("between", namespace, testkit.Rank(9), family, testkit.Extends("headquarters")))
			inherits := "inherits from set " + namespace + "/headquarters, which " + needsRank1()
			Expect(lea.Create(ctx, testkit.Set("new", namespace, family, testkit.Extends("headquarters")))).To(beRefused("spec.extends: Forbidden: ", inherits))
			Expect(lea.Create(ctx, testkit.Set("new", namespace, family, testkit.Extends("between")))).To(beRefused(inherits))
			Expect(lea.Update(ctx, changed(viewer, testkit.Extends("between")))).To(beRefused(inherits))
		})

		It("by naming a set before somebody else makes it: the stamp has the power with which that was done", func(ctx SpecContext) {
			early, heir := binding(testkit.ToSet("later"), testkit.ForUsers("bob")), testkit.Set("new", namespace, family, testkit.Extends("later"))
			Expect(eve.Create(ctx, binding(testkit.ToSet("later"), testkit.ForUsers("bob")))).To(beRefused("needs a delegation of any rank"))
			Expect(lea.Create(ctx, early)).To(Succeed())
			Expect(lea.Create(ctx, heir)).To(Succeed())
			for _, o := range []client.Object{early, heir} {
				Expect(stampOf(o)).To(And(HaveField("Sets", BeEmpty()), HaveField("Power", ConsistOf(HaveField("Rank", int32(4))))))
			}
		})

		It("by a binding that nobody was judged for: who changes it is judged for its set, and for all that it grants", func(ctx SpecContext) {
			early := binding(testkit.ToSet("later"), testkit.ForUsers("bob"), testkit.Grants("orders=Write"))
			given(ctx, early, testkit.Set("later", namespace, testkit.Rank(9), family))
			Expect(lea.Update(ctx, changed(early, testkit.Labels("a", "b")))).To(beRefused("orders Write"))
			Expect(root().Update(ctx, changed(early, testkit.Labels("a", "b")))).To(Succeed())
			Expect(lea.Get(ctx, client.ObjectKeyFromObject(early), early)).To(Succeed())
			known(ctx, early)
			Expect(lea.Update(ctx, changed(early, testkit.Labels("c", "d")))).To(Succeed(), "root was judged for it")
		})

		It("by the same names in another namespace", func(ctx SpecContext) {
			other := testkit.FreshNamespace(ctx, env.Client())
			here := testkit.InOffice(namespace + "/shop")
			o := changed(office, testkit.Admits(other))
			Expect(root().Update(ctx, o)).To(Succeed())
			known(ctx, o)
			// boss of the other namespace is nobody; the binding there reaches users of its own namespace alone.
			Expect(lea.Create(ctx, testkit.User("boss", other, here))).To(Succeed())
			Expect(lea.Create(ctx, testkit.Binding("b", other, here, testkit.ToSet(namespace+"/viewer"), testkit.ForUsers("boss")))).To(Succeed())
			Expect(lea.Create(ctx, testkit.Binding("c", other, here, testkit.ToSet(namespace+"/headquarters"), testkit.ForUsers("boss")))).To(beRefused(needsRank1()))
		})

		It("by writing owner references, so that the garbage collector would delete", func(ctx SpecContext) {
			owned := changed(boss, func(o client.Object) {
				o.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "x", UID: "x"}})
			})
			Expect(lea.Update(ctx, owned)).To(beRefused(needsRank1()))
		})

		It("by a dry run, which is answered like any other", func(ctx SpecContext) {
			Expect(lea.Delete(ctx, boss, client.DryRunAll)).To(beRefused(needsRank1()))
			Expect(lea.Delete(ctx, ann, client.DryRunAll)).To(Succeed())
		})
	})

	It("names everything that is missing at once", func(ctx SpecContext) {
		Expect(lea.Create(ctx, binding(testkit.ToSet("vendor-manager"), testkit.ForUsers("boss")))).To(beRefused(
			`spec.permissionSetRef: Forbidden: binding `+namespace+`/new to set `+namespace+`/vendor-manager needs rank 0 in family "store-app"`,
			"spec: Forbidden: a binding for boss"))
	})
})
