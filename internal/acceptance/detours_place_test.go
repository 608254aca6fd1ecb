// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// labelNamespace sets the only label "tier" of a namespace; an empty one takes it away.
func labelNamespace(name, tier string) {
	GinkgoHelper()
	value := `null`
	if tier != "" {
		value = `"` + tier + `"`
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	Expect(patched(masters(), namespace, types.MergePatchType, `{"metadata":{"labels":{"tier":`+value+`}}}`)).To(Succeed())
}

// tier admits the namespaces with a label "tier", up to a rank.
func tier(name string, ceiling *v1alpha1.Ceiling) testkit.Mod {
	return testkit.AdmitsAs(v1alpha1.NamespaceAdmission{
		Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"tier": name}}, Ceiling: ceiling,
	})
}

var _ = Describe("Who tries another way in", func() {
	It("by the same names in another namespace reaches neither the people nor the sets there", func() {
		other := testkit.FreshNamespace(ctx, masters())
		h := furnished(testkit.Admits(other))
		here := testkit.InOffice(h.namespace + "/shop")
		twin := testkit.User("boss", other, here, testkit.Login("twin"), testkit.Labels("team", "hq"))
		Expect(lea().Create(ctx, twin)).To(Succeed())
		eventually(twin, beReady())
		h.gets("twin", asNobody)

		toChief := testkit.Binding("promotion", other, here, testkit.ToSet(h.namespace+"/chief"), testkit.ForUsers("boss"))
		Expect(lea().Create(ctx, toChief)).To(beyond("lea", "binding "+other+"/promotion to set "+h.namespace+"/chief"))
		namesake := testkit.Set("chief", other, here, testkit.Rank(8), testkit.Permissions("orders"), testkit.Deny("payments"))
		Expect(maxi().Create(ctx, namesake)).To(Succeed())
		eventually(namesake, notReady(v1alpha1.ReasonKeyTaken))
		denying := testkit.Binding("denying", other, here, testkit.ToSet(h.namespace+"/viewer"), testkit.ForUsers("boss"), testkit.Denies("payments"))
		Expect(lea().Create(ctx, denying)).To(Succeed())
		eventually(denying, beReady())
		h.gets("twin", asViewer)
		h.isAsBeforeBut("twin")
	})

	It("by a namespace that the back office does not admit, or a set of one, is refused", func() {
		other, outside := testkit.FreshNamespace(ctx, masters()), testkit.FreshNamespace(ctx, masters())
		h := furnished(testkit.Admits(other))
		here := testkit.InOffice(h.namespace + "/shop")
		uninvited := refuse("spec.backOfficeRef: Forbidden: BackOffice " + h.namespace + `/shop does not admit namespace "` + outside + `"`)
		Expect(maxi().Create(ctx, testkit.User("mole", outside, here))).To(uninvited)
		Expect(maxi().Create(ctx, testkit.Set("mine", outside, here, testkit.Permissions("orders")))).To(uninvited)
		Expect(maxi().Create(ctx, testkit.Binding("mine", outside, here, testkit.ToSet(h.namespace+"/viewer"), testkit.ForUsers("mole")))).To(uninvited)
		Expect(maxi().Create(ctx, h.binding("stray", testkit.ToSet(other+"/theirs"), testkit.ForUsers("bob")))).To(refuse("may not be named here"))
		Expect(maxi().Create(ctx, h.set("stray", testkit.Extends(other+"/theirs")))).To(refuse("may not be named here"))
		h.isAsBefore()
	})

	It("by another back office, in which they may do everything, reaches nobody and nothing of this one", func() {
		h := furnished()
		side := testkit.Office("side", h.namespace, testkit.Delegates(0, testkit.Person("lea")), testkit.Giving("*"))
		Expect(root().Create(ctx, side)).To(Succeed())
		eventually(side, beReady())
		there := testkit.InOffice("side")
		power := testkit.Set("power", h.namespace, there, testkit.Rank(0), testkit.Permissions("users=Write"), testkit.Deny("payments"))
		Expect(lea().Create(ctx, power)).To(Succeed())
		eventually(power, beReady())

		foreign := refuse("PermissionSet " + h.namespace + "/power belongs to BackOffice " + h.namespace + "/side, and not to " + h.namespace + "/shop")
		Expect(lea().Create(ctx, h.binding("promotion", testkit.ToSet("power"), testkit.ForUsers("bob")))).To(foreign)
		Expect(change(lea(), h.viewers, testkit.ToSet("power"))).To(foreign)
		heir := h.set("heir", testkit.Extends("power"))
		if err := maxi().Create(ctx, heir); err != nil {
			Expect(err).To(foreign)
		} else {
			eventually(heir, notReady(v1alpha1.ReasonReferenceNotFound))
		}
		Expect(change(lea(), power, testkit.InOffice("shop"))).To(refuse("backOfficeRef is immutable"))

		unrelated := testkit.Binding("unrelated", h.namespace, there, testkit.ToSet("power"), testkit.ForUsers("boss", "bob"), testkit.ForLabels("team", "hq"))
		Expect(lea().Create(ctx, unrelated)).To(Succeed())
		eventually(unrelated, Or(beReady(), notReady(v1alpha1.ReasonReferenceNotFound)))
		Expect(change(lea(), unrelated, testkit.InOffice("shop"))).To(refuse("backOfficeRef is immutable"))
		Expect(change(lea(), h.boss, testkit.InOffice("side"))).To(refuse("backOfficeRef is immutable"))
		h.isAsBefore()
		Expect(queryStore(h.namespace+"_side.db", "SELECT login FROM active_users")).To(BeEmpty())
	})

	It("by a back office of their own, or by changing this one, needs the verb escalate, which may-write is not", func() {
		h := furnished()
		Expect(lea().Create(ctx, testkit.Office("mine", h.namespace))).To(Satisfy(apierrors.IsForbidden))

		writer := &rbacv1.ClusterRole{
			ObjectMeta: metav1.ObjectMeta{Name: h.namespace + "-writer"},
			Rules: []rbacv1.PolicyRule{{
				APIGroups: []string{v1alpha1.GroupVersion.Group}, Resources: []string{"*"},
				Verbs: []string{"get", "list", "create", "update", "patch", "delete", "deletecollection"},
			}},
		}
		Expect(masters().Create(ctx, writer)).To(Succeed())
		subject := rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "lea"}
		Expect(devcluster.Bind(ctx, masters(), writer.Name, subject)).To(Succeed())
		DeferCleanup(func() { Expect(masters().Delete(ctx, writer)).To(Succeed()) })
		office := testkit.Office("shop", h.namespace)
		escalates := refuse(`takes the RBAC verb "escalate" on it, because it says who may hand out access; "lea" lacks it`,
			"{apiGroups: [access.backoffice-operator.io], resources: [backoffices], resourceNames: [shop], verbs: [escalate]} in namespace "+h.namespace)
		Eventually(func() error { return change(lea(), office, testkit.Delegates(0, testkit.Person("lea"))) }, soon, often).Should(escalates)
		Expect(change(lea(), office, annotate(v1alpha1.AnnotationConfirmWithdrawal, "anything"))).To(escalates)
		Expect(change(lea(), office, annotate(v1alpha1.AnnotationOrphan, "anything"))).To(escalates)
		Expect(lea().Delete(ctx, office)).To(escalates)
		Expect(patched(lea(), office, types.JSONPatchType, `[{"op":"remove","path":"/metadata/finalizers"}]`)).To(Or(Succeed(), escalates))
		Expect(masters().Get(ctx, client.ObjectKeyFromObject(office), office)).To(Succeed())
		Expect(office.Finalizers).To(ContainElement(v1alpha1.Finalizer))
		Expect(lea().Create(ctx, testkit.Office("mine", h.namespace))).To(refuse(`takes the RBAC verb "escalate"`))
		h.isAsBefore()
	})
})

var _ = Describe("The ceiling of a namespace", func() {
	// team is a namespace of the back office of the house, with dan, whom root may give anything that the ceiling lets pass.
	var (
		team  string
		h     *house
		here  testkit.Mod
		toDan func(name, set string, mods ...testkit.Mod) *v1alpha1.RoleBinding
	)
	furnish := func(mods ...testkit.Mod) {
		GinkgoHelper()
		team = testkit.FreshNamespace(ctx, masters())
		rank := int32(8)
		h = furnished(append(mods, tier("trusted", nil), tier("outer", &v1alpha1.Ceiling{Rank: &rank}))...)
		here = testkit.InOffice(h.namespace + "/shop")
		toDan = func(name, set string, mods ...testkit.Mod) *v1alpha1.RoleBinding {
			return testkit.Binding(name, team, append(mods, here, testkit.ToSet(h.namespace+"/"+set), testkit.ForUsers("dan"))...)
		}
	}
	exceeds := func() OmegaMatcher {
		return refuse("set " + h.namespace + `/chief has rank 1, and the ceiling of namespace "` + team + `" is rank 8 (spec.namespaces[1] of BackOffice ` + h.namespace + "/shop)")
	}

	It("holds for whoever applies: one identity that may do everything does not lend its rank to a team's repository", func() {
		furnish()
		labelNamespace(team, "outer")
		given(testkit.User("dan", team, here))
		Expect(root().Create(ctx, toDan("promotion", "chief"))).To(exceeds())
		Expect(root().Create(ctx, toDan("promotion", "viewer", testkit.Grants("payments=Write")))).To(refuse(
			"spec.grants[payments]: Forbidden: payments Write is not among the permissions that grants of this namespace may give"))
		Expect(root().Create(ctx, testkit.Set("mine", team, here, testkit.Rank(1), testkit.Permissions("users=Write")))).To(refuse(
			"spec.rank: Forbidden", "users Write are not among the permissions that sets of this namespace may give"))
		Expect(root().Create(ctx, testkit.Set("mine", team, here, testkit.Rank(8), testkit.Extends(h.namespace+"/chief")))).To(refuse("spec.extends: Forbidden"))
		h.gets("dan", asNobody)
		given(toDan("viewers", "viewer"))
		h.gets("dan", asViewer)
	})

	It("holds for who breaks the glass", func() {
		furnish()
		labelNamespace(team, "outer")
		given(testkit.User("dan", team, here))
		fire := identity("fire", owners)
		Expect(fire.Create(ctx, toDan("promotion", "chief", annotate(v1alpha1.AnnotationBreakGlass, "everything burns")))).To(exceeds())
		h.gets("dan", asNobody)
	})

	It("withdraws what exceeds it when the namespace is labelled down, and gives it back when it is labelled up", func() {
		furnish()
		labelNamespace(team, "trusted")
		b := toDan("chiefs", "chief")
		given(testkit.User("dan", team, here), b)
		h.gets("dan", asChief)

		labelNamespace(team, "outer")
		eventually(b, And(notReady(v1alpha1.ReasonCeilingExceeded), saying("the ceiling of namespace")))
		h.gets("dan", asNobody)
		Expect(root().Create(ctx, toDan("again", "chief"))).To(exceeds())

		labelNamespace(team, "trusted")
		eventually(b, beReady())
		h.gets("dan", asChief)

		By("taking the label away, which is no admission at all")
		labelNamespace(team, "")
		eventually(b, notReady(v1alpha1.ReasonReferenceNotPermitted))
		eventually(testkit.User("dan", team), notReady(v1alpha1.ReasonReferenceNotPermitted))
		Expect(active(h.namespace, "dan")).To(BeFalse())
		h.isAsBefore()
	})

	It("is lifted by a label for as long as it stays, and for the rank of who applies", func() {
		furnish()
		labelNamespace(team, "outer")
		given(testkit.User("dan", team, here))
		labelNamespace(team, "trusted")
		promotion := toDan("promotion", "chief")
		Eventually(func() error { return lea().Create(ctx, promotion) }, soon, often).Should(beyond("lea"))
		create(root(), promotion) // the namespace's label may come late
		eventually(promotion, beReady())
		h.gets("dan", asChief)

		labelNamespace(team, "outer")
		eventually(promotion, notReady(v1alpha1.ReasonCeilingExceeded))
		h.gets("dan", asNobody)

		By("removing what is not in force there, which takes no more than the ceiling")
		Expect(lea().Delete(ctx, promotion)).To(Succeed())
		vanishes(promotion)
	})

	It("bounds the types of accounts", func() {
		team = testkit.FreshNamespace(ctx, masters())
		h = furnished(testkit.AdmitsAs(v1alpha1.NamespaceAdmission{Names: []string{team}, AccountTypes: []v1alpha1.AccountType{v1alpha1.AccountAPI}}))
		here = testkit.InOffice(h.namespace + "/shop")
		Expect(root().Create(ctx, testkit.User("dan", team, here))).To(refuse(
			`spec.accountType: Forbidden: users of namespace "` + team + `" may have account type API, not Staff (spec.namespaces[0] of BackOffice ` + h.namespace + "/shop)"))
		given(testkit.User("dan", team, here, testkit.AccountType(v1alpha1.AccountAPI)))
		Expect(change(root(), testkit.User("dan", team), testkit.AccountType(v1alpha1.AccountAdministrator))).To(refuse("spec.accountType: Forbidden"))
		Expect(query(h.namespace, "SELECT account_type FROM active_users WHERE login = 'dan'")).To(Equal([][]string{{"API"}}))
	})
})
