// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"fmt"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var accountTypes = []v1alpha1.AccountType{
	v1alpha1.AccountStaff, v1alpha1.AccountAdministrator, v1alpha1.AccountAffiliate, v1alpha1.AccountStoreApp, v1alpha1.AccountAPI,
}

// byAge orders two users as their claims to a login are ordered.
func byAge(a, b *v1alpha1.BackOfficeUser) (older, younger *v1alpha1.BackOfficeUser) {
	at, bt := a.CreationTimestamp.Time, b.CreationTimestamp.Time
	if at.Before(bt) || at.Equal(bt) && a.UID < b.UID {
		return a, b
	}
	return b, a
}

// atOnce reconciles all users at the same time.
func (w *world) atOnce(users ...*v1alpha1.BackOfficeUser) {
	GinkgoHelper()
	errs := make([]error, len(users))
	var begin, end sync.WaitGroup
	begin.Add(1)
	for i, u := range users {
		end.Go(func() {
			begin.Wait()
			_, errs[i] = w.users.Reconcile(ctx, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(u)})
		})
	}
	begin.Done()
	end.Wait()
	for i, u := range users {
		Expect(errs[i]).NotTo(HaveOccurred())
		Expect(admin.Get(ctx, client.ObjectKeyFromObject(u), u)).To(Succeed())
	}
}

var _ = Describe("Accounts of all types", func() {
	It("are one list, in which each type can be asked for", Label("O-02"), func() {
		w := newWorld()
		w.settle(testkit.Office("shop", w.namespace))
		for i, t := range accountTypes {
			w.settle(testkit.User(fmt.Sprintf("user-%d", i), w.namespace, testkit.AccountType(t)))
		}
		w.settle(testkit.User("plain", w.namespace))

		var all, some v1alpha1.BackOfficeUserList
		Expect(admin.List(ctx, &all, client.InNamespace(w.namespace))).To(Succeed())
		Expect(all.Items).To(HaveLen(6))
		Expect(admin.List(ctx, &some, client.InNamespace(w.namespace), client.MatchingFields{"status.accountType": "StoreApp"})).To(Succeed())
		Expect(some.Items).To(HaveLen(1))
		Expect(w.query("shop", "SELECT login, account_type FROM active_users ORDER BY login")).To(Equal([][]string{
			{"plain", "Staff"},
			{"user-0", "Staff"},
			{"user-1", "Administrator"},
			{"user-2", "Affiliate"},
			{"user-3", "StoreApp"},
			{"user-4", "API"},
		}))
	})

	It("change their type in place", Label("O-02"), func() {
		w := newWorld()
		ann := testkit.User("ann", w.namespace)
		w.settle(testkit.Office("shop", w.namespace), ann)
		before := w.row("ann")
		w.change(ann, func() { ann.Spec.AccountType = v1alpha1.AccountAPI })
		w.reconcile(ann)
		Expect(ann.Status.AccountType).To(Equal(v1alpha1.AccountAPI))
		Expect(w.row("ann")).To(And(HaveKeyWithValue("account_type", "API"), HaveKeyWithValue("id", before["id"])))
		Expect(w.logsIn(ann)).To(BeTrue())
	})
})

var _ = Describe("A login", func() {
	DescribeTable("is one account's, which keeps it until it is gone", Label("O-11"),
		func(login string, policy v1alpha1.DeletionPolicy, keptRow bool) {
			w := newWorld()
			w.settle(testkit.Office("shop", w.namespace))
			a := testkit.User("a", w.namespace, testkit.Login("Ann.Martin"), deletionPolicy(policy))
			b := testkit.User("b", w.namespace, testkit.Login(login), testkit.AccountType(v1alpha1.AccountStoreApp), deletionPolicy(policy))
			w.apply(a, b)
			older, younger := byAge(a, b)

			By("letting the younger one wait, even if it comes first")
			w.reconcile(younger)
			Expect(younger).To(waitFor(v1alpha1.ReasonLoginTaken))
			Expect(message(younger)).To(ContainSubstring(younger.Spec.Login))
			Expect(w.query("shop", "SELECT login FROM users")).To(BeEmpty())
			w.reconcile(older)
			Expect(older).To(beReady())
			Expect(w.logsIn(older)).To(BeTrue())
			w.reconcile(younger)
			Expect(younger).To(waitFor(v1alpha1.ReasonLoginTaken))
			Expect(w.active()).To(Equal([]string{older.Spec.Login}))
			before, password := w.row(older.Spec.Login), w.password(older)

			By("giving it to the younger one when the older is gone")
			w.end(older)
			w.reconcile(younger)
			Expect(younger).To(beReady())
			Expect(w.active()).To(Equal([]string{younger.Spec.Login}))
			Expect(w.logsIn(younger)).To(BeTrue())
			Expect(w.accepts(younger.Spec.Login, password)).To(BeFalse())
			Expect(w.row(younger.Spec.Login)).To(WithTransform(func(row map[string]string) bool { return row["id"] == before["id"] }, Equal(keptRow)))
		},
		Entry("where it is the same", "Ann.Martin", v1alpha1.DeletionDelete, false),
		Entry("whatever the case of its letters", "aNN.mARTIN", v1alpha1.DeletionDelete, false),
		Entry("with the account, where that outlives its object", "ann.martin", v1alpha1.DeletionPolicy(""), true),
	)

	It("is one account's across the namespaces that the back office admits", Label("O-11"), func() {
		w, other, stranger := newWorld(), testkit.FreshNamespace(ctx, admin), testkit.FreshNamespace(ctx, admin)
		office := testkit.Office("shop", w.namespace, testkit.Admits(other))
		intruder := testkit.User("intruder", stranger, testkit.InOffice(w.namespace+"/shop"), testkit.Login("ann"))
		guest := testkit.User("guest", other, testkit.InOffice(w.namespace+"/shop"), testkit.Login("ANN"))
		w.settle(office, intruder)
		Expect(intruder).To(stallFor(v1alpha1.ReasonReferenceNotPermitted))
		Expect(message(intruder)).To(ContainSubstring("does not admit namespace"))

		By("not letting a namespace that is not admitted claim it")
		w.settle(guest)
		Expect(guest).To(beReady())
		Expect(w.active()).To(Equal([]string{"ANN"}))
		ann := testkit.User("ann", w.namespace)
		w.settle(ann)
		Expect(ann).To(waitFor(v1alpha1.ReasonLoginTaken))

		By("admitting the namespace, and then no other")
		w.change(office, func() { office.Spec.Namespaces = []v1alpha1.NamespaceAdmission{{Names: []string{stranger}}} })
		w.reconcile(office)
		w.reconcile(intruder)
		Expect(intruder).To(waitFor(v1alpha1.ReasonLoginTaken))
		w.reconcile(guest)
		Expect(guest).To(stallFor(v1alpha1.ReasonReferenceNotPermitted))
		Expect(w.active()).To(BeEmpty())
		Expect(w.row("ANN")).To(HaveKeyWithValue("in_force", "0"))
	})

	It("is not claimed by an older user whom a rule withholds", Label("O-11"), func() {
		w := newWorld()
		w.settle(testkit.Office("shop", w.namespace, testkit.IPPolicy(v1alpha1.IPPolicy{Within: []string{"203.0.113.0/24"}})))
		a := testkit.User("a", w.namespace, testkit.Login("ann"), testkit.IPs("203.0.113.7"))
		b := testkit.User("b", w.namespace, testkit.Login("ann"), testkit.IPs("203.0.113.7"))
		w.apply(a, b)
		older, younger := byAge(a, b)
		w.change(older, func() { older.Spec.AllowedIPs = []string{"10.0.0.1"} })
		w.reconcile(older)
		Expect(older).To(stallFor(v1alpha1.ReasonPolicyViolated))
		w.reconcile(younger)
		Expect(younger).To(beReady())

		w.change(older, func() { older.Spec.AllowedIPs = []string{"203.0.113.7"} })
		w.reconcile(older)
		Expect(older).To(waitFor(v1alpha1.ReasonLoginTaken))
		Expect(w.row("ann")).To(HaveKeyWithValue("uid", string(younger.UID)))
	})

	It("is one account's of several that are applied at the same instant", Label("O-11"), func() {
		w := newWorld()
		w.settle(testkit.Office("shop", w.namespace))
		var users []*v1alpha1.BackOfficeUser
		for i := range 10 {
			users = append(users,
				testkit.User(fmt.Sprintf("lower-%d", i), w.namespace, testkit.Login(fmt.Sprintf("ann-%d", i))),
				testkit.User(fmt.Sprintf("upper-%d", i), w.namespace, testkit.Login(fmt.Sprintf("ANN-%d", i))))
		}
		var created sync.WaitGroup
		for _, u := range users {
			created.Go(func() {
				defer GinkgoRecover()
				w.author.admit(nil, u)
				Expect(admin.Create(ctx, u)).To(Succeed())
			})
		}
		created.Wait()
		for _, u := range users {
			w.seen(u)
		}
		w.atOnce(users...)
		w.atOnce(users...) // whoever looked before the other was there
		Expect(w.query("shop", "SELECT login_folded FROM users")).To(HaveLen(10))
		for i := 0; i < len(users); i += 2 {
			older, younger := byAge(users[i], users[i+1])
			Expect(older).To(beReady())
			Expect(younger).To(waitFor(v1alpha1.ReasonLoginTaken))
			Expect(w.logsIn(older)).To(BeTrue())
		}
	})

	It("is free in another back office", Label("O-11"), func() {
		w := newWorld()
		ann, bob := testkit.User("ann", w.namespace, testkit.Login("ann")), testkit.User("bob", w.namespace, testkit.Login("ann"), testkit.InOffice("club"))
		w.settle(testkit.Office("shop", w.namespace), testkit.Office("club", w.namespace), ann, bob)
		Expect(ann).To(beReady())
		Expect(bob).To(beReady())
	})
})
