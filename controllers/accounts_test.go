// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"unicode/utf8"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func fullName(name string) testkit.Mod {
	return testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Spec.Profile = &v1alpha1.Profile{FullName: name} })
}

func description(text string) testkit.Mod {
	return testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Spec.Description = text })
}

var _ = Describe("A full name", func() {
	const name = "Zoë Quillfeather-Ødegård"

	It("is stored and shown nowhere else", Label("T-05"), func() {
		w := newWorld()
		office := testkit.Office("shop", w.namespace)
		zoe := testkit.User("zoe", w.namespace, testkit.IPs("203.0.113.7"), fullName(name))
		w.settle(office, testkit.Set("viewer", w.namespace, testkit.Permissions("orders")),
			testkit.Binding("viewers", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("zoe")), zoe)
		Expect(zoe).To(beReady())
		Expect(w.row("zoe")).To(HaveKeyWithValue("full_name", name))

		By("telling of a violated policy, and of its end")
		w.change(office, func() {
			testkit.IPPolicy(v1alpha1.IPPolicy{Within: []string{"198.51.100.0/24"}})(office)
		})
		w.reconcile(office)
		w.reconcile(zoe)
		Expect(zoe).To(stallFor(v1alpha1.ReasonPolicyViolated))
		expectUntold(zoe, name)
		w.change(office, func() { office.Spec.Policy = nil })
		w.reconcile(office)
		w.reconcile(zoe)
		Expect(zoe).To(beReady())
		expectUntold(zoe, name)

		Expect(w.events.Events).To(HaveLen(2))
		for range 2 {
			Expect(<-w.events.Events).NotTo(ContainSubstring("Quillfeather"))
		}
		for _, view := range []string{"active_users", "effective_permissions"} {
			rows := w.query("shop", "SELECT * FROM "+view)
			Expect(rows).NotTo(BeEmpty())
			Expect(fmt.Sprint(rows)).NotTo(ContainSubstring("Quillfeather"))
		}
		table, err := exec.CommandContext(ctx, cluster.Kubectl, "--kubeconfig="+cluster.AdminKubeconfig, "get", "backofficeusers", "-n", w.namespace, "-o", "wide").CombinedOutput()
		Expect(err).NotTo(HaveOccurred())
		Expect(string(table)).To(And(ContainSubstring("LOGIN"), ContainSubstring("zoe-credentials"), Not(ContainSubstring("Quillfeather"))))
		Expect(CurrentSpecReport().CapturedGinkgoWriterOutput).NotTo(ContainSubstring("Quillfeather"))
	})

	DescribeTable("that is refused is not repeated", Label("T-05"), func(bad string) {
		w := newWorld()
		err := admin.Create(ctx, testkit.User("zoe", w.namespace, fullName(bad)))
		Expect(err).To(MatchError(ContainSubstring("spec.profile.fullName")))
		Expect(err).NotTo(MatchError(ContainSubstring("Quillfeather")))
	},
		Entry("because it holds a control character", "Zoë\x07Quillfeather"),
		Entry("because it is too long", "Quillfeather"+strings.Repeat("x", 256)),
	)
})

// expectUntold makes sure that an object tells a text in its spec alone.
func expectUntold(u *v1alpha1.BackOfficeUser, text string) {
	GinkgoHelper()
	shown := u.DeepCopy()
	shown.Spec, shown.ManagedFields = v1alpha1.BackOfficeUserSpec{}, nil
	b, err := json.Marshal(shown)
	Expect(err).NotTo(HaveOccurred())
	Expect(string(b)).NotTo(ContainSubstring(text))
}

var _ = Describe("A description", func() {
	It("is free text of bounded length, which the store keeps as it is", Label("T-09"), func() {
		w := newWorld()
		text := strings.Repeat("ü", 900) + ` '; DROP TABLE users; -- "quoted" \ %s 日本`
		ann := testkit.User("ann", w.namespace, description(text))
		w.settle(testkit.Office("shop", w.namespace), ann)
		Expect(w.row("ann")).To(HaveKeyWithValue("description", text))

		w.change(ann, func() { ann.Spec.Description = "" })
		w.reconcile(ann)
		Expect(w.row("ann")).To(HaveKeyWithValue("description", ""))

		Expect(admin.Create(ctx, testkit.User("bob", w.namespace, description(strings.Repeat("x", 1025))))).
			To(MatchError(ContainSubstring("spec.description: Too long")))
		Expect(admin.Create(ctx, testkit.User("bob", w.namespace, description("two\nlines")))).
			To(MatchError(ContainSubstring("spec.description")))
	})
})

var _ = Describe("A user who is blocked", func() {
	It("cannot log in and holds nothing until unblocked, with the same password", Label("T-15"), func() {
		w := newWorld()
		ann := testkit.User("ann", w.namespace)
		w.settle(testkit.Office("shop", w.namespace), testkit.Set("viewer", w.namespace, testkit.Permissions("orders")),
			testkit.Binding("viewers", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann")), ann)
		Expect(w.logsIn(ann)).To(BeTrue())
		before, password := w.row("ann"), w.password(ann)

		w.change(ann, func() { ann.Spec.State = v1alpha1.StateBlocked })
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(ann.Status.State).To(Equal(v1alpha1.StateBlocked))
		Expect(w.active()).To(BeEmpty())
		Expect(w.permissions("ann")).To(BeEmpty())
		Expect(w.row("ann")).To(And(HaveKeyWithValue("state", "Blocked"), HaveKeyWithValue("id", before["id"])))

		w.change(ann, func() { ann.Spec.State = v1alpha1.StateActive })
		w.reconcile(ann)
		Expect(ann.Status.State).To(Equal(v1alpha1.StateActive))
		Expect(w.row("ann")).To(Equal(before))
		Expect(w.logsIn(ann)).To(BeTrue())
		Expect(w.hasPassword(ann, password)).To(BeTrue())
		Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read"}))
	})

	DescribeTable("by the hold annotation cannot log in, whatever state and reason say", Label("T-15"), func(reason string) {
		w := newWorld()
		ann := testkit.User("ann", w.namespace, testkit.State(v1alpha1.StateActive))
		w.settle(testkit.Office("shop", w.namespace), ann)
		Expect(w.logsIn(ann)).To(BeTrue())

		w.change(ann, func() { ann.Annotations = map[string]string{v1alpha1.AnnotationHold: reason} })
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(ann.Status.State).To(Equal(v1alpha1.StateBlocked))
		Expect(ann.Spec.State).To(Equal(v1alpha1.StateActive))
		Expect(w.active()).To(BeEmpty())
		row := w.row("ann")
		Expect(row).To(And(HaveKeyWithValue("state", "Active"), HaveKeyWithValue("held", "1")))
		Expect(len(row["hold_reason"])).To(BeNumerically("<=", 260))
		Expect(utf8.ValidString(row["hold_reason"])).To(BeTrue())

		w.change(ann, func() { delete(ann.Annotations, v1alpha1.AnnotationHold) })
		w.reconcile(ann)
		Expect(ann.Status.State).To(Equal(v1alpha1.StateActive))
		Expect(w.logsIn(ann)).To(BeTrue())
	},
		Entry("a sentence", "left the company"),
		Entry("none", ""),
		Entry("control characters", "a\x00b\x1b[31m\r\n\u0085c"),
		Entry("only control characters", "\x00\x00"),
		Entry("SQL", "'); UPDATE users SET held = 0; --"),
		Entry("very long", strings.Repeat("é", 100_000)),
	)

	It("is created without access", Label("T-15"), func() {
		w := newWorld()
		ann := testkit.User("ann", w.namespace, testkit.State(v1alpha1.StateBlocked))
		bob := testkit.User("bob", w.namespace, testkit.Annotations(v1alpha1.AnnotationHold, "papers are missing"))
		w.settle(testkit.Office("shop", w.namespace), ann, bob)
		Expect(w.active()).To(BeEmpty())
		for _, u := range []*v1alpha1.BackOfficeUser{ann, bob} {
			Expect(u).To(beReady())
			Expect(u.Status.State).To(Equal(v1alpha1.StateBlocked))
		}
		Expect(w.row("bob")).To(HaveKeyWithValue("hold_reason", "papers are missing"))
	})
})

var _ = Describe("A user who is deactivated", func() {
	It("is cut off at once and comes back with nothing lost", Label("A-07"), func() {
		w := newWorld()
		ann := testkit.User("ann", w.namespace, testkit.IPs("203.0.113.7"), testkit.Labels("team", "support"), fullName("Ann Martin"))
		w.settle(testkit.Office("shop", w.namespace),
			testkit.Set("viewer", w.namespace, testkit.Permissions("orders", "stock=Write")),
			testkit.Binding("support", w.namespace, testkit.ToSet("viewer"), testkit.ForLabels("team", "support")), ann)
		before, password, permissions := w.row("ann"), w.password(ann), w.permissions("ann")
		Expect(permissions).To(HaveLen(2))

		w.change(ann, func() { ann.Spec.State = v1alpha1.StateDeactivated })
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(ann.Status.State).To(Equal(v1alpha1.StateDeactivated))
		Expect(w.active()).To(BeEmpty())
		Expect(w.permissions("ann")).To(BeEmpty())

		w.restart()
		office := &v1alpha1.BackOffice{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "shop"}}
		w.reconcile(office)
		w.reconcile(ann)
		w.change(ann, func() { ann.Spec.State = v1alpha1.StateActive })
		w.reconcile(ann)
		Expect(ann).To(beReady())
		Expect(w.row("ann")).To(Equal(before))
		Expect(w.logsIn(ann)).To(BeTrue())
		Expect(w.hasPassword(ann, password)).To(BeTrue())
		Expect(w.permissions("ann")).To(Equal(permissions))
		Expect(ann.Status.PermissionSets).To(Equal([]string{w.namespace + "/viewer"}))
	})

	It("gets no password before the first activation", Label("A-07"), func() {
		w := newWorld()
		ann := testkit.User("ann", w.namespace, testkit.State(v1alpha1.StateDeactivated))
		w.settle(testkit.Office("shop", w.namespace), ann)
		Expect(ann).To(beReady())
		Expect(ann).To(testkit.HaveCondition(v1alpha1.ConditionCredentialsReady, metav1.ConditionFalse, v1alpha1.ReasonDeactivated))
		Expect(ann.Status.Binding).To(BeNil())

		w.change(ann, func() { ann.Spec.State = "" })
		w.reconcile(ann)
		Expect(meta.FindStatusCondition(ann.Status.Conditions, v1alpha1.ConditionCredentialsReady)).To(BeNil())
		Expect(w.logsIn(ann)).To(BeTrue())
	})
})
