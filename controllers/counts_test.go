// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"fmt"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	corev1 "k8s.io/api/core/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// cost is what the operator asked of the API server and of the store.
type cost struct {
	writes, reads            []string
	applies, groups, changes int
	calls                    []string
}

// spent returns the cost since the last call.
func (w *world) spent() (c cost) {
	t := w.tap()
	c.writes, c.reads = requests.taken()
	c.applies, c.groups, c.changes = t.taken()
	c.calls = t.called()
	return c
}

// crowd applies n users with the label team=support and reconciles them, until the operator has seen all that it wrote.
func (w *world) crowd(n int) []*v1alpha1.BackOfficeUser {
	GinkgoHelper()
	users := make([]*v1alpha1.BackOfficeUser, n)
	next := make(chan int, n)
	for i := range users {
		users[i] = testkit.User(fmt.Sprintf("user-%d", i), w.namespace, testkit.Labels("team", "support"))
		next <- i
	}
	close(next)
	var workers sync.WaitGroup
	for range 16 {
		workers.Go(func() {
			defer GinkgoRecover()
			for i := range next {
				w.settle(users[i])
				Expect(users[i]).To(testkit.HaveCondition(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady))
			}
		})
	}
	workers.Wait()
	w.seeSecrets()
	return users
}

// seeSecrets waits until the operator sees all Secrets of the namespace that carry its label.
func (w *world) seeSecrets() {
	GinkgoHelper()
	var secrets corev1.SecretList
	Expect(admin.List(ctx, &secrets, client.InNamespace(w.namespace), client.HasLabels{v1alpha1.LabelSecret})).To(Succeed())
	for i := range secrets.Items {
		w.seen(&secrets.Items[i])
	}
}

// countRows counts the rows that are written from now on, by triggers in the store itself.
func (w *world) countRows() (written func() string) {
	GinkgoHelper()
	w.exec("shop", "CREATE TABLE counted (n INTEGER)")
	for _, row := range w.query("shop", "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('counted', 'sqlite_sequence')") {
		for _, event := range []string{"INSERT", "UPDATE", "DELETE"} {
			w.exec("shop", fmt.Sprintf("CREATE TRIGGER counted_%[1]s_%[2]s AFTER %[2]s ON %[1]s BEGIN INSERT INTO counted VALUES (1); END", row[0], event))
		}
	}
	return func() string {
		GinkgoHelper()
		count := w.query("shop", "SELECT count(*) FROM counted")[0][0]
		w.exec("shop", "DELETE FROM counted")
		return count
	}
}

var _ = Describe("The cost of a reconcile", func() {
	It("is three writes to the API server and two transactions for a new user, and no read", func() {
		w := newWorld()
		w.settle(testkit.Office("shop", w.namespace))
		ann := testkit.User("ann", w.namespace)
		w.apply(ann)
		w.spent()
		w.reconcile(ann)
		got := w.spent()
		path := "/apis/access.backoffice-operator.io/v1alpha1/namespaces/" + w.namespace + "/backofficeusers/ann"
		Expect(got.writes).To(Equal([]string{
			"PATCH " + path, // the finalizer
			"POST /api/v1/namespaces/" + w.namespace + "/secrets",
			"PUT " + path + "/status",
		}))
		Expect(got.reads).To(BeEmpty())
		Expect(got.calls).To(Equal([]string{"Apply", "Apply"})) // account and verifier; the Secret that has the password
		Expect(got.changes).To(Equal(3))

		w.seeSecrets()
		w.reconcile(ann)
		Expect(w.spent()).To(Equal(cost{}), "the second reconcile")
	})

	It("is one write less where admission has added the finalizer", func() {
		w := newWorld()
		w.settle(testkit.Office("shop", w.namespace))
		ann := testkit.User("ann", w.namespace)
		ann.Finalizers = []string{v1alpha1.Finalizer}
		w.apply(ann)
		w.spent()
		w.reconcile(ann)
		path := "/apis/access.backoffice-operator.io/v1alpha1/namespaces/" + w.namespace + "/backofficeusers/ann"
		Expect(w.spent().writes).To(Equal([]string{"POST /api/v1/namespaces/" + w.namespace + "/secrets", "PUT " + path + "/status"}))
		Expect(ann).To(beReady())
	})

	It("is no more for a new user with a profile, settings and filters, under all rules", func() {
		w := newWorld()
		w.settle(testkit.Office("shop", w.namespace, dimensions, filtersRequired, setsPerUser(1), neverAgain),
			testkit.Set("viewer", w.namespace, testkit.Permissions("orders"), testkit.HeldBy(v1alpha1.AccountStaff)),
			testkit.Binding("viewers", w.namespace, testkit.ToSet("viewer"), testkit.ForLabels("team", "support"), testkit.Filters(testkit.Owned("contacts"))))
		ann := testkit.User("ann", w.namespace, testkit.Labels("team", "support"), testkit.Email("ann@shop.example"),
			testkit.Setting("panel", "vendor"), testkit.Filters(testkit.Only("entities", "pl")))
		ann.Finalizers = []string{v1alpha1.Finalizer}
		w.apply(ann)
		w.spent()
		w.reconcile(ann)
		got := w.spent()
		Expect(got.writes).To(HaveLen(2), "Secret and status")
		Expect(got.reads).To(BeEmpty())
		Expect(got.calls).To(Equal([]string{"Apply", "Apply"}))
		Expect(ann).To(beReady())
		w.seeSecrets()
		w.restart()
		w.spent()
		for _, o := range w.members() {
			w.reconcile(o)
		}
		w.spent()
		for _, o := range w.members() {
			w.reconcile(o)
		}
		Expect(w.spent()).To(Equal(cost{calls: []string{"Ping"}}), "idle")
	})

	It("is nothing for 200 users who idle, and the fence alone after a restart", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace)
		everything := []client.Object{
			shop, testkit.Set("viewer", w.namespace, testkit.Permissions("orders")),
			testkit.Binding("support", w.namespace, testkit.ToSet("viewer"), testkit.ForLabels("team", "support")),
		}
		w.settle(everything...)
		for _, u := range w.crowd(200) {
			everything = append(everything, u)
		}
		w.reconcile(everything[2])
		w.spent()
		for _, o := range everything {
			w.reconcile(o)
		}
		Expect(w.spent()).To(Equal(cost{calls: []string{"Ping"}}), "idle")

		fence := w.query("shop", "SELECT fence FROM owners")[0][0]
		Expect(fence).To(Equal("1"))
		w.restart()
		Expect(w.spent()).To(Equal(cost{calls: []string{"Close"}}))
		for _, o := range everything[1:] { // before there is a connection
			w.reconcile(o)
		}
		Expect(w.spent()).To(Equal(cost{}), "before the connection is there")
		for _, o := range everything {
			w.reconcile(o)
			Expect(o).To(testkit.HaveCondition(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady))
		}
		Expect(w.spent()).To(Equal(cost{calls: []string{"Open", "Observe", "Ping"}}), "restarted")
		Expect(w.query("shop", "SELECT fence FROM owners")[0][0]).To(Equal("2"))
	})

	DescribeTable("does not depend on the number of holders when a set is edited", func(change func(*v1alpha1.PermissionSet), want map[string]string) {
		edit := func(holders int) (cost, string) {
			w := newWorld()
			viewer := testkit.Set("viewer", w.namespace, testkit.Permissions("orders"))
			support := testkit.Binding("support", w.namespace, testkit.ToSet("viewer"), testkit.ForLabels("team", "support"))
			w.settle(testkit.Office("shop", w.namespace, dimensions), viewer, support)
			users := w.crowd(holders)
			written := w.countRows()
			w.change(viewer, func() { change(viewer) })
			w.spent()
			w.reconcile(viewer)
			w.reconcile(support) // which the set wakes
			got := w.spent()
			rows := written()
			for _, u := range users { // whom nothing wakes
				w.reconcile(u)
			}
			Expect(w.spent()).To(Equal(cost{}))
			Expect(w.permissions(users[holders-1].Name)).To(Equal(want))
			for i, line := range got.writes {
				got.writes[i] = strings.ReplaceAll(line, w.namespace, "spec")
			}
			return got, rows
		}
		few, rowsOfFew := edit(2)
		many, rowsOfMany := edit(200)
		Expect(many).To(Equal(few))
		Expect(rowsOfMany).To(Equal(rowsOfFew))
		Expect(few.writes).To(ConsistOf(HaveSuffix("/permissionsets/viewer/status")))
		Expect(few.reads).To(BeEmpty())
		Expect([]int{few.applies, few.groups, few.changes}).To(Equal([]int{1, 1, 1}))
		AddReportEntry("rows written for an edited set", rowsOfFew)
	},
		Entry("to give more", func(s *v1alpha1.PermissionSet) { testkit.Permissions("stock=Write")(s) }, map[string]string{"orders": "Read", "stock": "Write"}),
		Entry("to give less, which ends sessions", func(s *v1alpha1.PermissionSet) { s.Spec.Permissions = nil }, map[string]string{}),
		Entry("to bypass filters", func(s *v1alpha1.PermissionSet) { testkit.Bypasses("entities")(s) }, map[string]string{"orders": "Read"}),
		Entry("to be for some types of accounts", func(s *v1alpha1.PermissionSet) { testkit.HeldBy(v1alpha1.AccountStaff)(s) }, map[string]string{"orders": "Read"}),
	)

	It("is one change for a binding that selects 200 users, and one status each", func() {
		w := newWorld()
		viewer := testkit.Set("viewer", w.namespace, testkit.Permissions("orders"))
		w.settle(testkit.Office("shop", w.namespace), viewer)
		users := w.crowd(200)
		support := testkit.Binding("support", w.namespace, testkit.ToSet("viewer"), testkit.ForLabels("team", "support"))
		w.apply(support)
		w.spent()
		w.reconcile(support)
		got := w.spent()
		Expect([]int{got.applies, got.groups, got.changes}).To(Equal([]int{1, 1, 1}))
		Expect(got.writes).To(HaveLen(2), "finalizer and status")
		Expect(got.reads).To(BeEmpty())
		for _, u := range users {
			Expect(w.permissions(u.Name)).To(Equal(map[string]string{"orders": "Read"}))
			w.reconcile(u)
		}
		got = w.spent()
		Expect(got.calls).To(BeEmpty())
		Expect(got.reads).To(BeEmpty())
		Expect(got.writes).To(HaveLen(200))
		Expect(got.writes).To(HaveEach(HaveSuffix("/status")), "which names the set")
	})
})
