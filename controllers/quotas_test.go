// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"fmt"
	"strconv"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/utils/ptr"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/store/sqlite"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// arrive applies n users and reconciles none.
func (w *world) arrive(n int, mods ...testkit.Mod) []*v1alpha1.BackOfficeUser {
	GinkgoHelper()
	users := make([]*v1alpha1.BackOfficeUser, n)
	for i := range users {
		users[i] = testkit.User(fmt.Sprintf("user-%02d", i), w.namespace, mods...)
		w.author.admit(nil, users[i])
		Expect(admin.Create(ctx, users[i])).To(Succeed())
	}
	for _, u := range users {
		w.seen(u)
	}
	return users
}

// most watches the number of accounts in the table users until done is closed, and returns the highest.
func (w *world) most(done <-chan struct{}, condition string) <-chan int {
	GinkgoHelper()
	db, err := sqlite.OpenReader(w.file("shop"))
	Expect(err).NotTo(HaveOccurred())
	found := make(chan int, 1)
	go func() {
		defer GinkgoRecover()
		defer func() { _ = db.Close() }()
		highest := 0
		for {
			count, err := strconv.Atoi(rowsOf(db, "SELECT count(*) FROM users WHERE "+condition)[0][0])
			Expect(err).NotTo(HaveOccurred())
			highest = max(highest, count)
			select {
			case <-done:
				found <- highest
				return
			default:
			}
		}
	}()
	return found
}

func seated(users []*v1alpha1.BackOfficeUser) (seated, waiting []*v1alpha1.BackOfficeUser) {
	GinkgoHelper()
	for _, u := range users {
		if ok, err := beReady().Match(u); err == nil && ok {
			seated = append(seated, u)
			continue
		}
		Expect(u).To(waitFor(v1alpha1.ReasonQuotaExceeded))
		waiting = append(waiting, u)
	}
	return seated, waiting
}

var _ = Describe("A quota", func() {
	DescribeTable("is never exceeded in the store, however many come at once",
		func(seats testkit.Mod, t v1alpha1.AccountType, most int) {
			w := newWorld()
			w.settle(testkit.Office("shop", w.namespace, seats))
			users := w.arrive(20, testkit.AccountType(t), deletionPolicy(v1alpha1.DeletionDelete))
			done := make(chan struct{})
			highest := w.most(done, "state <> 'Deactivated'")
			for range 3 {
				w.atOnce(users...)
			}
			close(done)
			Expect(<-highest).To(Equal(most))
			Expect(w.active()).To(HaveLen(most))
			have, wait := seated(users)
			Expect(have).To(HaveLen(most))
			Expect(wait).To(HaveLen(20 - most))
			for _, u := range have {
				Expect(w.logsIn(u)).To(BeTrue())
			}
			Expect(message(wait[0])).To(ContainSubstring("no seat left"))
			Expect(wait[0].Status.State).To(BeEmpty())

			By("giving every seat that becomes free to one who waits")
			w.end(have[0])
			w.end(have[1])
			w.atOnce(wait...)
			now, _ := seated(wait)
			Expect(now).To(HaveLen(2))
			Expect(w.active()).To(HaveLen(most))
		},
		Entry("for all accounts", Label("A-12"), testkit.Seats(5, 20), v1alpha1.AccountStaff, 5),
		Entry("for administrators", Label("H-02"), testkit.Seats(20, 3), v1alpha1.AccountAdministrator, 3),
		Entry("for administrators among all accounts", Label("A-12", "H-02"), testkit.Seats(4, 5), v1alpha1.AccountAdministrator, 4),
	)

	It("for administrators leaves room for others, and is asked when an account becomes one", Label("H-02"), func() {
		w := newWorld()
		office := testkit.Office("shop", w.namespace, testkit.OnOffice(func(o *v1alpha1.BackOffice) {
			o.Spec.Quotas = &v1alpha1.Quotas{Administrators: ptr.To[int32](3)}
		}))
		w.settle(office)
		admins := w.arrive(4, testkit.AccountType(v1alpha1.AccountAdministrator))
		for _, u := range admins {
			w.reconcile(u)
		}
		_, wait := seated(admins)
		Expect(wait).To(Equal(admins[3:]))
		ann := testkit.User("ann", w.namespace)
		w.settle(ann)
		Expect(ann).To(beReady())

		By("keeping the account as it is until there is a seat")
		w.change(ann, func() { ann.Spec.AccountType = v1alpha1.AccountAdministrator })
		w.reconcile(ann)
		Expect(ann).To(waitFor(v1alpha1.ReasonQuotaExceeded))
		Expect(ann.Status.AccountType).To(Equal(v1alpha1.AccountStaff))
		Expect(w.row("ann")).To(HaveKeyWithValue("account_type", "Staff"))
		Expect(w.logsIn(ann)).To(BeTrue())

		w.change(admins[0], func() { admins[0].Spec.AccountType = v1alpha1.AccountStaff })
		w.reconcile(admins[0])
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(ann.Status.AccountType).To(Equal(v1alpha1.AccountAdministrator))
	})

	It("does not count a deactivated account, which then needs a seat to come back", Label("A-12", "A-07"), func() {
		w := newWorld()
		ann, bob := testkit.User("ann", w.namespace), testkit.User("bob", w.namespace)
		w.settle(testkit.Office("shop", w.namespace, testkit.Seats(1, 1)), ann, bob)
		Expect(bob).To(waitFor(v1alpha1.ReasonQuotaExceeded))
		before, password := w.row("ann"), w.password(ann)

		w.change(ann, func() { ann.Spec.State = v1alpha1.StateDeactivated })
		w.reconcile(ann)
		w.reconcile(bob)
		Expect(bob).To(beReady())

		w.change(ann, func() { ann.Spec.State = v1alpha1.StateActive })
		w.reconcile(ann)
		Expect(ann).To(waitFor(v1alpha1.ReasonQuotaExceeded))
		Expect(ann.Status.State).To(Equal(v1alpha1.StateDeactivated))
		Expect(w.active()).To(Equal([]string{"bob"}))

		w.end(bob)
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(w.row("ann")).To(Equal(before))
		Expect(w.logsIn(ann)).To(BeTrue())
		Expect(w.hasPassword(ann, password)).To(BeTrue())
	})

	It("counts a blocked account, and one that a rule withholds", Label("A-12"), func() {
		w := newWorld()
		office := testkit.Office("shop", w.namespace, testkit.Seats(2, 2))
		ann, bob, eve := testkit.User("ann", w.namespace, testkit.IPs("203.0.113.7")), testkit.User("bob", w.namespace), testkit.User("eve", w.namespace, testkit.IPs("203.0.113.8"))
		w.settle(office, ann, bob)
		w.change(ann, func() { ann.Spec.State = v1alpha1.StateBlocked })
		w.change(office, func() { testkit.IPPolicy(v1alpha1.IPPolicy{Required: true})(office) })
		w.reconcile(office)
		w.reconcile(ann)
		w.reconcile(bob)
		Expect(w.active()).To(BeEmpty())
		w.settle(eve)
		Expect(eve).To(waitFor(v1alpha1.ReasonQuotaExceeded))
		joe := testkit.User("joe", w.namespace, testkit.IPs("203.0.113.9"), testkit.State(v1alpha1.StateBlocked))
		w.settle(joe)
		Expect(joe).To(waitFor(v1alpha1.ReasonQuotaExceeded))

		By("letting both back to the seats that they have")
		w.change(ann, func() { ann.Spec.State = "" })
		w.change(office, func() { office.Spec.Policy = nil })
		w.reconcile(office)
		w.reconcile(ann)
		w.reconcile(bob)
		Expect(w.active()).To(Equal([]string{"ann", "bob"}))
	})

	It("that is lowered takes no seat away and gives none, and one that is raised gives seats", Label("A-12"), func() {
		w := newWorld()
		office := testkit.Office("shop", w.namespace, testkit.Seats(3, 3))
		w.settle(office)
		users := w.arrive(4)
		w.atOnce(users[:3]...)
		resize := func(seats int32) {
			w.change(office, func() { testkit.Seats(seats, 3)(office) })
			w.reconcile(office)
			w.atOnce(users...)
		}
		resize(1)
		have, wait := seated(users)
		Expect(have).To(Equal(users[:3]))
		Expect(wait).To(Equal(users[3:]))
		w.change(users[1], func() { users[1].Spec.Description = "still here" })
		w.reconcile(users[1])
		Expect(users[1]).To(beReady())
		w.end(users[0])
		users = users[1:]
		resize(1)
		_, wait = seated(users)
		Expect(wait).To(HaveLen(1))
		resize(3)
		Expect(wait[0]).To(beReady())
	})

	It("that is absent is no limit", Label("H-03"), func() {
		w := newWorld()
		w.settle(testkit.Office("shop", w.namespace))
		users := append(w.arrive(30), testkit.User("ann", w.namespace, testkit.AccountType(v1alpha1.AccountAdministrator)))
		w.apply(users[30])
		w.atOnce(users...)
		Expect(w.active()).To(HaveLen(31))
		have, _ := seated(users)
		Expect(have).To(HaveLen(31))
	})

	It("of none gives no seat", Label("A-12"), func() {
		w := newWorld()
		ann := testkit.User("ann", w.namespace)
		w.settle(testkit.Office("shop", w.namespace, testkit.Seats(0, 0)), ann)
		Expect(ann).To(waitFor(v1alpha1.ReasonQuotaExceeded))
		Expect(w.row("ann")).To(BeNil())
	})
})
