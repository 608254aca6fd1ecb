// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// secretName says which Secret a user's password is written to.
func secretName(name string) testkit.Mod {
	return testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Spec.Credentials = &v1alpha1.UserCredentials{SecretName: name} })
}

// secret reads a Secret.
func secret(namespace, name string) *corev1.Secret {
	GinkgoHelper()
	s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	Expect(masters().Get(ctx, client.ObjectKeyFromObject(s), s)).To(Succeed())
	return s
}

var _ = Describe("Who tries to be somebody stronger", func() {
	It("by naming one's Kubernetes user in their account, or theirs in one's own, is refused", func() {
		h := furnished(testkit.SelfService("users"))
		Expect(change(root(), h.boss, testkit.KubernetesUser("boss@example"))).To(Succeed())
		eventually(h.boss, beReady())
		Expect(as("boss@example").Create(ctx, h.user("made-by-boss"))).To(Succeed())

		Expect(change(lea(), h.boss, testkit.KubernetesUser("lea"))).To(beyond("lea"))
		Expect(change(lea(), h.boss, testkit.KubernetesUser(""))).To(beyond("lea"))
		taken := refuse("spec.kubernetesUser", "BackOfficeUser "+h.namespace+"/boss names the same Kubernetes user")
		Expect(lea().Create(ctx, h.user("mole", testkit.KubernetesUser("boss@example")))).To(taken)
		Expect(change(lea(), h.bob, testkit.KubernetesUser("boss@example"))).To(taken)
		Expect(change(lea(), h.bob, testkit.KubernetesUser("system:serviceaccount:kube-system:namespace-controller"))).To(refuse("may not be an identity of the system"))

		By("and what they name in their own account gives them what that account holds")
		Expect(change(lea(), h.bob, testkit.KubernetesUser("bob@example"))).To(Succeed())
		eventually(h.bob, beReady())
		Expect(as("bob@example").Create(ctx, h.user("made-by-bob"))).To(refuse(`no delegation of BackOffice ` + h.namespace + `/shop matches "bob@example"`))
		Expect(as("boss@example").Create(ctx, h.user("made-by-boss-again"))).To(Succeed())
		h.gets("bob", asViewer)
	})

	It("by their login, in whatever case, gets no access while they are there", func() {
		h := furnished()
		mole := h.user("mole", testkit.Login("BOSS"))
		Expect(lea().Create(ctx, mole)).To(Succeed())
		eventually(mole, notReady(v1alpha1.ReasonLoginTaken))
		h.isAsBefore()
	})

	It("by their login after they have gone is refused by the account itself, which keeps its protection", func() {
		h := furnished()
		Expect(root().Delete(ctx, h.chiefs)).To(Succeed())
		vanishes(h.chiefs)
		h.chiefs = h.binding("chiefs", testkit.ToSet("chief"), testkit.ForUsers("boss"))
		given(h.chiefs)
		h.gets("boss", asChief)
		id := func() [][]string { return query(h.namespace, "SELECT id FROM users WHERE login_folded = 'boss'") }
		before := id()
		Expect(root().Delete(ctx, h.boss)).To(Succeed())
		vanishes(h.boss)
		Expect(active(h.namespace, "boss")).To(BeFalse())

		heir := h.user("heir", testkit.Login("boss"))
		Expect(lea().Create(ctx, heir)).To(Succeed())
		eventually(heir, And(notReady(v1alpha1.ReasonNotAuthorized), saying("stronger")))
		Expect(active(h.namespace, "boss")).To(BeFalse())
		Expect(active(h.namespace, "heir")).To(BeFalse())

		By("and goes to whom somebody stronger gives it")
		Expect(change(root(), heir, annotate(v1alpha1.AnnotationReconcileRequestedAt, "now"))).To(Succeed())
		eventually(heir, beReady())
		Expect(active(h.namespace, "boss")).To(BeTrue())
		Expect(id()).To(Equal(before), "the account is the same")
	})

	It("by their login after their account was handed over gets none of it: it is somebody else's", func() {
		h := furnished()
		Expect(change(root(), h.boss, deletionPolicy(v1alpha1.DeletionOrphan))).To(Succeed())
		eventually(h.boss, beReady())
		account := func() [][]string {
			return query(h.namespace, "SELECT id, verifier FROM active_users WHERE login = 'boss'")
		}
		before := account()
		Expect(before).To(HaveLen(1))
		Expect(root().Delete(ctx, h.boss)).To(Succeed())
		vanishes(h.boss)
		heir := h.user("heir", testkit.Login("boss"))
		Expect(lea().Create(ctx, heir)).To(Succeed())
		eventually(heir, notReady(v1alpha1.ReasonForeignAccount))
		Expect(account()).To(Equal(before))
	})

	It("by the Secret of their password, or any other Secret, leaves it as it is and gets none", func() {
		h := furnished()
		other := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: "database"}, StringData: map[string]string{"password": "of something else"}}
		Expect(masters().Create(ctx, other)).To(Succeed())
		for name, target := range map[string]string{"mole": "boss-credentials", "worm": "database"} {
			before := secret(h.namespace, target)
			thief := h.user(name, secretName(target))
			Expect(lea().Create(ctx, thief)).To(Succeed())
			eventually(thief, notReady(v1alpha1.ReasonSecretConflict))
			after := secret(h.namespace, target)
			Expect(after.Data).To(Equal(before.Data))
			Expect(after.ResourceVersion).To(Equal(before.ResourceVersion))
		}
		for _, row := range query(h.namespace, "SELECT verifier FROM active_users WHERE login IN ('mole', 'worm') AND verifier IS NOT NULL") {
			for _, known := range []string{"of something else", string(secret(h.namespace, "boss-credentials").Data[corev1.BasicAuthPasswordKey])} {
				Expect(credential.Verify(row[0], credential.NewPassword(known))).To(BeFalse(), "nobody knows the password")
			}
		}
		h.gets("boss", asChief)
	})

	It("by a Secret without our label as the URL of a store does not have it read", func() {
		namespace := testkit.FreshNamespace(ctx, masters())
		const password = "hunter2-of-the-payroll"
		Expect(masters().Create(ctx, &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "payroll"},
			StringData: map[string]string{"url": "postgres://u:" + password + "@127.0.0.1:1/payroll"},
		})).To(Succeed())
		office := testkit.Office("shop", namespace, testkit.Postgres("shop", "shop", "payroll"), testkit.Delegates(0, testkit.Person("root")))
		Expect(root().Create(ctx, office)).To(Succeed())
		eventually(office, And(notReady(v1alpha1.ReasonSecretNotPermitted), saying(v1alpha1.LabelSecret)))
		Expect(strings.Contains(message(office), password)).To(BeFalse())
		Expect(secret(namespace, "payroll").Finalizers).To(BeEmpty())
	})
})

var _ = Describe("Who tries to be there first", func() {
	It("by binding a set that does not exist yet gets it only as far as their power reaches, when it appears", func() {
		h := furnished()
		early, modest := h.binding("early", testkit.ToSet("later"), testkit.ForUsers("bob")), h.binding("modest", testkit.ToSet("later-too"), testkit.ForUsers("bob"))
		for _, b := range []*v1alpha1.RoleBinding{early, modest} {
			Expect(lea().Create(ctx, b)).To(Succeed())
			eventually(b, notReady(v1alpha1.ReasonReferenceNotFound))
		}
		given(h.set("later", testkit.Rank(1), testkit.Permissions("users=Write")), h.set("later-too", testkit.Rank(4), testkit.Permissions("stock")))
		eventually(early, And(notReady(v1alpha1.ReasonNotAuthorized), saying("which appeared afterwards")))
		eventually(modest, beReady())
		h.gets("bob", map[string]string{"orders": "Read", "stock": "Read"})

		By("and whoever has the power puts it in force")
		Expect(change(lea(), early, annotate(v1alpha1.AnnotationReconcileRequestedAt, "1"))).To(beyond("lea"))
		Expect(change(root(), early, annotate(v1alpha1.AnnotationReconcileRequestedAt, "2"))).To(Succeed())
		eventually(early, beReady())
		h.gets("bob", map[string]string{"orders": "Read", "stock": "Read", "users": "Write"})
	})

	It("by binding a set that is then deleted and made anew as a stronger one does not get that one", func() {
		h := furnished()
		temp := h.set("temp", testkit.Rank(4), testkit.Permissions("stock"))
		given(temp)
		b := h.binding("temps", testkit.ToSet("temp"), testkit.ForUsers("bob"))
		Expect(lea().Create(ctx, b)).To(Succeed())
		eventually(b, beReady())
		h.gets("bob", map[string]string{"orders": "Read", "stock": "Read"})

		Expect(root().Delete(ctx, temp)).To(Succeed())
		vanishes(temp)
		temp = h.set("temp", testkit.Rank(1), testkit.Permissions("users=Write"))
		given(temp)
		eventually(b, notReady(v1alpha1.ReasonNotAuthorized))
		h.gets("bob", asViewer)

		By("nor do they make it so themselves")
		own := h.set("own", testkit.Rank(4), testkit.Permissions("orders=Write"))
		Expect(maxi().Create(ctx, own)).To(Succeed())
		Expect(maxi().Delete(ctx, own)).To(Succeed())
		vanishes(own)
		Expect(maxi().Create(ctx, h.set("own", testkit.Rank(1)))).To(beyond("max", "spec.rank"))
		h.gets("bob", asViewer)
	})

	It("by extending a set that does not exist yet does not inherit what its author may not give", func() {
		h := furnished()
		mine := h.set("mine", testkit.Rank(8), testkit.Permissions("orders=Write"), testkit.Extends("later"))
		Expect(maxi().Create(ctx, mine)).To(Succeed())
		b := h.binding("mine", testkit.ToSet("mine"), testkit.ForUsers("bob"))
		Expect(lea().Create(ctx, b)).To(Succeed())
		eventually(mine, notReady(v1alpha1.ReasonReferenceNotFound))
		given(h.set("later", testkit.Rank(4), testkit.Permissions("payments=Write")))
		eventually(mine, And(notReady(v1alpha1.ReasonNotAuthorized), saying("may not give what set "+h.namespace+"/later gives, which appeared afterwards")))
		h.gets("bob", asViewer)

		By("nor does its author admit it by touching it again")
		uncovered := refuse(`gives payments Write, which "max" does not have to give`)
		Expect(asked(maxi(), mine)).To(uncovered)
		Expect(change(maxi(), mine, testkit.Labels("touched", "yes"))).To(uncovered)
		Expect(change(maxi(), mine, testkit.Permissions("orders/print"))).To(uncovered)
		h.gets("bob", asViewer)

		By("and whoever may give it puts it in force")
		Expect(change(root(), mine, annotate(v1alpha1.AnnotationReconcileRequestedAt, "now"))).To(Succeed())
		eventually(mine, beReady())
		h.gets("bob", map[string]string{"orders": "Write", "payments": "Write"})
	})

	It("by making the set that a stronger binding waits for makes it with their own rank and permissions only", func() {
		h := furnished()
		waiting := h.binding("waiting", testkit.ToSet("later"), testkit.ForUsers("bob"))
		create(root(), waiting)
		eventually(waiting, notReady(v1alpha1.ReasonReferenceNotFound))
		Expect(maxi().Create(ctx, h.set("later", testkit.Rank(1)))).To(beyond("max"))
		Expect(maxi().Create(ctx, h.set("later", testkit.Rank(4), testkit.Permissions("users=Write")))).To(refuse("gives users Write"))
		h.isAsBefore()
	})

	It("by making the user that a stronger binding waits for is refused", func() {
		h := furnished()
		waiting := h.binding("waiting", testkit.ToSet("chief"), testkit.ForUsers("mole"))
		create(root(), waiting)
		eventually(waiting, Or(beReady(), notReady(v1alpha1.ReasonReferenceNotFound)))
		Expect(lea().Create(ctx, h.user("mole"))).To(beyond("lea", "would get binding "+h.namespace+"/waiting"))
		Expect(lea().Create(ctx, h.user("mole", testkit.State(v1alpha1.StateBlocked)))).To(beyond("lea"))
		h.isAsBefore()
	})

	It("by deleting and making anew a user that a stronger binding names is refused", func() {
		h := furnished()
		given(h.user("tom"), h.binding("toms", testkit.ToSet("viewer"), testkit.ForUsers("tom")))
		Expect(lea().Delete(ctx, h.user("tom"))).To(Succeed())
		vanishes(h.user("tom"))
		Expect(change(root(), h.binding("toms"), testkit.ToSet("chief"))).To(Succeed())
		Expect(lea().Create(ctx, h.user("tom"))).To(beyond("lea", "would get binding "+h.namespace+"/toms"))
		h.isAsBefore()
	})

	It("by preparing a user for somebody stronger to bind is told on: the binding warns who last changed the user", func() {
		h := furnished()
		prepared := h.user("prepared", testkit.Login("a.new.chief"))
		Expect(lea().Create(ctx, prepared)).To(Succeed())
		eventually(prepared, beReady())
		owner, told := listening("root", owners)
		Expect(owner.Create(ctx, h.binding("promotion", testkit.ToSet("chief"), testkit.ForUsers("prepared")))).To(Succeed())
		Expect(told.heard()).To(And(ContainSubstring("make sure that they are who you think"), ContainSubstring(`prepared (by "lea")`)))
		Expect(change(lea(), prepared, testkit.Login("a.new.chief"), testkit.Labels("x", "y"))).To(beyond("lea"))
	})

	It("by applying everything before the back office is there gets what their name may have when it is", func() {
		namespace := testkit.FreshNamespace(ctx, masters())
		set := func(name string, mods ...testkit.Mod) *v1alpha1.PermissionSet {
			return testkit.Set(name, namespace, mods...)
		}
		binding := func(name, set string, mods ...testkit.Mod) *v1alpha1.RoleBinding {
			return testkit.Binding(name, namespace, append(mods, testkit.ToSet(set))...)
		}
		eves := []client.Object{
			testkit.User("eve", namespace), set("crown", testkit.Rank(0), testkit.Permissions("users=Write")),
			binding("crown", "crown", testkit.ForUsers("eve")), binding("mine", "viewer", testkit.ForUsers("dan")),
		}
		bonus := binding("bonus", "viewer", testkit.ForUsers("dan"), testkit.Grants("payments=Write"))
		widening := set("widening", testkit.Rank(8), testkit.Permissions("users=Write"))
		wide := binding("wide", "widening", testkit.ForUsers("dan"))
		beyondMax := []client.Object{bonus, widening}
		fair := []client.Object{testkit.User("dan", namespace), set("viewer", testkit.Rank(8), testkit.Permissions("orders")), binding("fair", "viewer", testkit.ForUsers("dan"))}
		for _, o := range eves {
			Expect(eve().Create(ctx, o)).To(Succeed())
		}
		for _, o := range append(append(beyondMax, fair...), wide) {
			Expect(maxi().Create(ctx, o)).To(Succeed())
		}
		office := testkit.Office("shop", namespace, testkit.Delegates(4, testkit.Person("max")), testkit.Giving("orders"), testkit.Delegates(0, testkit.Person("root")), testkit.Giving("*"))
		Expect(root().Create(ctx, office)).To(Succeed())
		for _, o := range fair {
			eventually(o, beReady())
		}
		for _, o := range append(eves, beyondMax...) {
			eventually(o, notReady(v1alpha1.ReasonNotAuthorized))
		}
		gets := func(want map[string]string) {
			GinkgoHelper()
			Consistently(func() map[string]string { return permissions(namespace, "dan") }, 200*time.Millisecond, often).Should(Equal(want))
			Expect(active(namespace, "eve")).To(BeFalse())
		}
		gets(asViewer)

		By("also where they touch it again, when it is")
		Expect(asked(maxi(), bonus)).To(refuse("gives payments Write"))
		Expect(change(maxi(), bonus, testkit.Labels("touched", "yes"))).To(refuse("gives payments Write"))
		Expect(asked(maxi(), widening)).To(refuse("gives users Write"))
		Expect(change(maxi(), widening, testkit.Labels("touched", "yes"))).To(refuse("gives users Write"))
		for _, o := range eves {
			_ = asked(eve(), o)
			Expect(change(eve(), o, testkit.Labels("touched", "yes"))).To(refuse(`matches "eve"`))
		}
		gets(asViewer)
	})

	It("by making a user at the instant at which somebody stronger binds it gets nothing that neither request could see", func() {
		h := furnished()
		weak, strong := lea(), root()
		for round := range 8 {
			name := fmt.Sprintf("racer-%d", round)
			user, bound := h.user(name, testkit.Labels("racer", name)), h.binding(name, testkit.ToSet("chief"), testkit.ForUsers(name))
			if round%2 == 0 {
				bound = h.binding(name, testkit.ToSet("chief"), testkit.ForLabels("racer", name))
			}
			made, tied := make(chan error, 1), make(chan error, 1)
			go func() { made <- weak.Create(context.Background(), user) }()
			go func() { tied <- strong.Create(context.Background(), bound) }()
			Expect(<-tied).To(Succeed())
			if err := <-made; err != nil {
				Expect(err).To(beyond("lea"), "the user came second, and was seen to")
				continue
			}
			eventually(user, beReady())
			if stampOf(user).At < stampOf(bound).At { // the binding came second: its author knew the user, or may hand out to anybody
				eventually(bound, beReady())
				continue
			}
			eventually(bound, And(notReady(v1alpha1.ReasonSubjectsRefused), saying(name)))
			h.gets(name, asNobody)
		}
		h.isAsBeforeBut("racer-")
	})
})
