// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("Allowed addresses", func() {
	It("are stored as networks in CIDR notation, which the application reads", Label("T-07"), func() {
		w := newWorld()
		ann := testkit.User("ann", w.namespace, testkit.IPs("203.0.113.7", "2001:db8::1", "198.51.100.0/28", "2001:db8:1::/64"))
		w.settle(testkit.Office("shop", w.namespace), ann)
		const allowed = "SELECT allowed_networks FROM active_users WHERE login = 'ann'"
		Expect(w.query("shop", allowed)).To(Equal([][]string{{`["198.51.100.0/28","2001:db8:1::/64","2001:db8::1/128","203.0.113.7/32"]`}}))

		w.change(ann, func() { ann.Spec.AllowedIPs = []string{"203.0.113.8"} })
		w.reconcile(ann)
		Expect(w.query("shop", allowed)).To(Equal([][]string{{`["203.0.113.8/32"]`}}))
	})

	It("may be *, which means no restriction", Label("T-08"), func() {
		w := newWorld()
		ann := testkit.User("ann", w.namespace, testkit.IPs("*"))
		w.settle(testkit.Office("shop", w.namespace), ann)
		Expect(ann).To(beReady())
		Expect(w.query("shop", "SELECT allowed_networks FROM active_users WHERE login = 'ann'")).To(Equal([][]string{{`["*"]`}}))
	})

	DescribeTable("that are no list of networks are refused", func(message string, ips ...string) {
		w := newWorld()
		Expect(admin.Create(ctx, testkit.User("ann", w.namespace, testkit.IPs(ips...)))).To(MatchError(ContainSubstring(message)))
	},
		Entry("several in one entry, which shows the list to write", Label("T-07"), `write ["203.0.113.7", "203.0.113.8"]`, "203.0.113.7, 203.0.113.8"),
		Entry("* with others", Label("T-08"), `"*" means no restriction and must stand alone`, "*", "203.0.113.7"),
	)

	// These objects pass no webhook, as when it is down, or when the policy came later.
	DescribeTable("that break the policy are withheld until the policy or the user changes",
		func(policy v1alpha1.IPPolicy, bad []string, why string, good []string) {
			w := newWorld()
			office := testkit.Office("shop", w.namespace, testkit.IPPolicy(policy))
			ann := testkit.User("ann", w.namespace, testkit.IPs(bad...))
			bob := testkit.User("bob", w.namespace, testkit.IPs(bad...))
			w.settle(office, ann, bob)
			for _, u := range []*v1alpha1.BackOfficeUser{ann, bob} {
				Expect(u).To(stallFor(v1alpha1.ReasonPolicyViolated))
				Expect(u).To(testkit.HaveCondition(v1alpha1.ConditionPolicyAccepted, metav1.ConditionFalse, v1alpha1.ReasonPolicyViolated))
				Expect(message(u)).To(ContainSubstring(why))
				Expect(u.Status.State).To(BeEmpty())
				Expect(w.row(u.Name)).To(BeNil())
			}

			By("changing the user")
			w.change(ann, func() { ann.Spec.AllowedIPs = good })
			w.reconcile(ann)
			Expect(ann).To(beReady())
			Expect(meta.FindStatusCondition(ann.Status.Conditions, v1alpha1.ConditionPolicyAccepted)).To(BeNil())
			Expect(w.logsIn(ann)).To(BeTrue())

			By("changing the policy")
			w.change(office, func() { office.Spec.Policy = nil })
			w.reconcile(office)
			w.reconcile(bob)
			Expect(bob).To(beReady())
			Expect(w.logsIn(bob)).To(BeTrue())
		},
		Entry("none where they are required", Label("T-06"), v1alpha1.IPPolicy{Required: true}, nil,
			"spec.policy.ip.required", []string{"203.0.113.7"}),
		Entry("* where it is not allowed", Label("T-08"), v1alpha1.IPPolicy{}, []string{"*"},
			"spec.policy.ip.allowAny", []string{"203.0.113.7"}),
		Entry("an address outside", Label("T-07"), v1alpha1.IPPolicy{Within: []string{"203.0.113.0/24"}}, []string{"203.0.113.7", "10.0.0.1"},
			"spec.allowedIPs[1]: 10.0.0.1 does not lie within 203.0.113.0/24", []string{"203.0.113.7"}),
		Entry("a wide IPv4 network", Label("T-07"), v1alpha1.IPPolicy{MinPrefixIPv4: ptr.To[int32](24)}, []string{"203.0.112.0/23"},
			"spec.policy.ip.minPrefixIPv4", []string{"203.0.113.0/24"}),
		Entry("a wide IPv6 network", Label("T-07"), v1alpha1.IPPolicy{MinPrefixIPv6: ptr.To[int32](48)}, []string{"2001:db8::/32"},
			"spec.policy.ip.minPrefixIPv6", []string{"2001:db8::/48"}),
		Entry("too many", Label("T-07"), v1alpha1.IPPolicy{MaxEntries: ptr.To[int32](1)}, []string{"203.0.113.7", "203.0.113.8"},
			"spec.policy.ip.maxEntries", []string{"203.0.113.7"}),
	)

	It("end the access of an account that breaks a new policy, and keep its state", Label("T-06", "T-15"), func() {
		w := newWorld()
		office := testkit.Office("shop", w.namespace)
		ann := testkit.User("ann", w.namespace)
		w.settle(office, testkit.Set("viewer", w.namespace, testkit.Permissions("orders")),
			testkit.Binding("viewers", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann")), ann)
		before, password := w.row("ann"), w.password(ann)
		Expect(w.active()).To(Equal([]string{"ann"}))

		w.change(office, func() { testkit.IPPolicy(v1alpha1.IPPolicy{Required: true})(office) })
		w.reconcile(office)
		w.reconcile(ann)
		Expect(ann).To(stallFor(v1alpha1.ReasonPolicyViolated))
		Expect(ann.Status.State).To(Equal(v1alpha1.StateBlocked))
		Expect(w.active()).To(BeEmpty())
		Expect(w.permissions("ann")).To(BeEmpty())
		Expect(w.row("ann")).To(And(HaveKeyWithValue("state", "Active"), HaveKeyWithValue("in_force", "0"), HaveKeyWithValue("id", before["id"])))

		By("blocking the account meanwhile")
		w.change(ann, func() { ann.Spec.State = v1alpha1.StateBlocked })
		w.reconcile(ann)
		Expect(w.row("ann")).To(HaveKeyWithValue("state", "Blocked"))
		w.change(ann, func() { ann.Spec.State = "" })

		w.change(office, func() { office.Spec.Policy = nil })
		w.reconcile(office)
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(w.row("ann")).To(Equal(before))
		Expect(w.logsIn(ann)).To(BeTrue())
		Expect(w.hasPassword(ann, password)).To(BeTrue())
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read"}))
	})
})
