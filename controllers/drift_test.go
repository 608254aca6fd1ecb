// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	dto "github.com/prometheus/client_model/go"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("What is changed in the store behind the operator's back", func() {
	var (
		w       *world
		shop    *v1alpha1.BackOffice
		members []client.Object
	)
	// contents are the answers and the rows that somebody may change.
	contents := func() (all [][][]string) {
		for _, query := range []string{
			"SELECT * FROM effective_permissions ORDER BY login, path", "SELECT login, state, full_name, held FROM users ORDER BY login",
			"SELECT network FROM allowed_networks ORDER BY network", "SELECT max_users FROM owners",
		} {
			all = append(all, w.query("shop", query))
		}
		return all
	}

	BeforeEach(func() {
		w = newWorld()
		shop = testkit.Office("shop", w.namespace, testkit.Seats(10, 1))
		members = []client.Object{
			testkit.Set("viewer", w.namespace, testkit.Permissions("orders"), testkit.Deny("stock")),
			testkit.User("ann", w.namespace, testkit.IPs("203.0.113.7")), testkit.User("bob", w.namespace),
			testkit.Binding("support", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann", "bob")),
		}
		w.settle(shop)
		w.settle(members...)
		w.reconcile(members[1])
		w.reconcile(members[2])
		w.seeSecrets()
	})

	DescribeTable("is put right, found by one read of the whole store in ten minutes",
		func(statement string) {
			before := contents()
			found, repaired := w.measured("drift_found_total"), w.measured("drift_repaired_total")
			w.exec("shop", statement)
			Expect(contents()).NotTo(Equal(before))
			w.spent()
			w.reconcile(shop)
			Expect(w.spent().calls).To(Equal([]string{"Ping"}), "it is too early")

			woken := w.woken
			w.clock.SetTime(w.clock.Now().Add(11 * time.Minute))
			w.reconcile(shop)
			Expect(w.spent().calls).To(Equal([]string{"Ping", "Observe"}))
			Expect(w.woken).To(BeNumerically(">", woken))
			w.reconcile(shop)
			for _, o := range members {
				w.reconcile(o)
				Expect(o).To(beReady())
			}
			Expect(contents()).To(Equal(before))
			Expect(w.spent().calls).NotTo(ContainElement("Observe"))
			for _, o := range members {
				w.reconcile(o)
			}
			Expect(w.spent()).To(Equal(cost{}))
			found, repaired = w.measured("drift_found_total")-found, w.measured("drift_repaired_total")-repaired
			Expect(found).To(BeNumerically(">", 0))
			Expect(repaired).To(Equal(found))
		},
		Entry("an account that may log in again", "UPDATE users SET state = 'Blocked', full_name = 'X' WHERE login = 'ann'"),
		Entry("a network", "DELETE FROM allowed_networks"),
		Entry("a subject", "DELETE FROM role_binding_subjects WHERE user_uid = (SELECT uid FROM users WHERE login = 'ann')"),
		Entry("a binding", "DELETE FROM role_bindings"),
		Entry("a set", "DELETE FROM permission_sets"),
		Entry("an entry of a set", "UPDATE permission_set_entries SET level = 'Write'"),
		Entry("a denial", "DELETE FROM permission_set_denials"),
		Entry("a quota", "UPDATE owners SET max_users = 99"),
	)

	It("is put right with a password that still works, where an account or its verifier is gone", func() {
		ann := members[1].(*v1alpha1.BackOfficeUser)
		for _, statement := range []string{"UPDATE credentials SET verifier = '', version = version + 1, secret_uid = ''", "DELETE FROM credentials", "DELETE FROM users"} {
			w.exec("shop", statement)
			w.clock.SetTime(w.clock.Now().Add(11 * time.Minute))
			w.reconcile(shop)
			for _, o := range members {
				w.reconcile(o)
				Expect(o).To(beReady())
			}
			Expect(w.logsIn(ann)).To(BeTrue())
			w.seeSecrets()
		}
		Expect(w.held("ann")).To(Equal([]string{"orders"}))
	})
})

// measured is the sum of a metric over all kinds of the objects of shop.
func (w *world) measured(name string) (sum float64) {
	GinkgoHelper()
	families, err := metrics.Registry.Gather()
	Expect(err).NotTo(HaveOccurred())
	for _, f := range families {
		if f.GetName() != "backoffice_operator_"+name {
			continue
		}
		for _, m := range f.Metric {
			if slices.ContainsFunc(m.Label, func(l *dto.LabelPair) bool { return l.GetValue() == w.namespace }) {
				sum += m.Counter.GetValue()
			}
		}
	}
	return sum
}
