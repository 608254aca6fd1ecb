// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("Contacts of a marketing automation", func() {
	contacts := testkit.Dimensions(v1alpha1.FilterDimension{Name: "contacts"})
	owned := testkit.Owned("contacts")
	readOnly := owned
	readOnly.Access = v1alpha1.FilterReadOnly

	It("are narrowed as the sample has it", Label("M-08", "M-09", "M-10"), func() {
		namespace := installed("automation")
		for login, want := range map[string]string{
			"szymon.kaczmarek": "Read contacts Owned ReadWrite [] [] []",
			"marek.zielinski":  "Write contacts All ReadWrite [] [] []",
			"anna.nowak":       "Write contacts All ReadWrite [] [] []",
			"urszula.duda":     "Read contacts Owned ReadOnly [] [] []",
		} {
			narrowed(namespace, login+"@automation.example", "contacts/list", want)
		}
	})

	It("are shown to a user who owns them", Label("M-08"), func() {
		namespace := shop(contacts)
		jan := testkit.User("jan", namespace)
		given(testkit.Set("seller", namespace, testkit.Permissions("contacts=Write", "reports")), jan,
			testkit.Binding("sellers", namespace, testkit.ToSet("seller"), testkit.ForUsers("jan")))
		narrowed(namespace, "jan", "contacts", "Write contacts All ReadWrite [] [] []")
		Expect(change(root(), jan, testkit.Filters(owned))).To(Succeed())
		narrowed(namespace, "jan", "contacts", "Write contacts Owned ReadWrite [] [] []")
		narrowed(namespace, "jan", "reports", "Read contacts Owned ReadWrite [] [] []")

		By("whatever other roles come, which the filter narrows as well")
		given(testkit.Set("analyst", namespace, testkit.Permissions("contacts", "reports=Write")),
			testkit.Binding("analysts", namespace, testkit.ToSet("analyst"), testkit.ForUsers("jan")))
		narrowed(namespace, "jan", "contacts", "Read contacts Owned ReadWrite [] [] []", "Write contacts Owned ReadWrite [] [] []")

		By("and to all again without the filter")
		Expect(change(root(), jan, testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Spec.Filters = nil }))).To(Succeed())
		narrowed(namespace, "jan", "contacts", "Read contacts All ReadWrite [] [] []", "Write contacts All ReadWrite [] [] []")
	})

	It("are all there for administrators and managers, whoever owns them", Label("M-09"), func() {
		namespace := shop(contacts)
		manager := testkit.Set("manager", namespace, testkit.Rank(1), testkit.Permissions("contacts=Write"), testkit.Bypasses("contacts"))
		given(testkit.Set("seller", namespace, testkit.Permissions("contacts", "calls=Write")), manager,
			testkit.User("ewa", namespace, testkit.Filters(owned)),
			testkit.Binding("sellers", namespace, testkit.ToSet("seller"), testkit.ForUsers("ewa")))
		narrowed(namespace, "ewa", "contacts", "Read contacts Owned ReadWrite [] [] []")
		managers := testkit.Binding("managers", namespace, testkit.ToSet("manager"), testkit.ForUsers("ewa"))
		given(managers)
		narrowed(namespace, "ewa", "contacts", "Read contacts Owned ReadWrite [] [] []", "Write contacts All ReadWrite [] [] []")

		By("by what this role gives, and by nothing else")
		narrowed(namespace, "ewa", "calls", "Write contacts Owned ReadWrite [] [] []")
		heir := testkit.Set("heir", namespace, testkit.Rank(1), testkit.Extends("manager"))
		given(heir)
		Expect(change(root(), managers, testkit.ToSet("heir"))).To(Succeed())
		narrowed(namespace, "ewa", "contacts", "Read contacts Owned ReadWrite [] [] []", "Write contacts Owned ReadWrite [] [] []")
	})

	It("have main owners and co-owners, who may change them, and owners who may read", Label("M-10"), func() {
		namespace := shop(contacts)
		jan := testkit.User("jan", namespace, testkit.Filters(owned))
		given(testkit.Set("seller", namespace, testkit.Permissions("contacts=Write")), jan, testkit.User("ola", namespace, testkit.Filters(readOnly)),
			testkit.Binding("sellers", namespace, testkit.ToSet("seller"), testkit.ForUsers("jan", "ola")))
		narrowed(namespace, "jan", "contacts", "Write contacts Owned ReadWrite [] [] []")
		narrowed(namespace, "ola", "contacts", "Write contacts Owned ReadOnly [] [] []")

		By("one after the other")
		Expect(change(root(), jan, testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Spec.Filters = []v1alpha1.Filter{readOnly} }))).To(Succeed())
		narrowed(namespace, "jan", "contacts", "Write contacts Owned ReadOnly [] [] []")
		Expect(change(root(), jan, testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Spec.Filters = []v1alpha1.Filter{owned} }))).To(Succeed())
		narrowed(namespace, "jan", "contacts", "Write contacts Owned ReadWrite [] [] []")

		By("and for one role alone, by its binding")
		given(testkit.Set("archivist", namespace, testkit.Permissions("archive=Write")),
			testkit.Binding("archivists", namespace, testkit.ToSet("archivist"), testkit.ForUsers("jan"), testkit.Filters(readOnly)))
		narrowed(namespace, "jan", "archive", "Write contacts Owned ReadOnly [] [] []", "Write contacts Owned ReadWrite [] [] []")
		narrowed(namespace, "jan", "contacts", "Write contacts Owned ReadWrite [] [] []")
	})
})

var _ = Describe("The summary before saving", Label("M-12"), func() {
	It("names what a change would give and take away, and saves nothing", func() {
		h := furnished()
		dry := func(kind, name, spec string) string {
			return kubectl("root", fmt.Sprintf("{apiVersion: access.backoffice-operator.io/v1alpha1, kind: %s, metadata: {name: %s, namespace: %s}, spec: {backOfficeRef: {name: shop}, %s}}",
				kind, name, h.namespace, spec), "apply", "--dry-run=server", "-f", "-")
		}
		ann, bob := h.namespace+"/ann", h.namespace+"/bob"

		By("a binding that is new, changed and deleted")
		Expect(dry("RoleBinding", "new", "permissionSetRef: {name: chief}, subjects: [{name: ann}, {name: bob}], deny: [stock]")).To(And(
			MatchRegexp(`(?m)^Warning: .*would give %s: payments Write, users Write$`, ann),
			MatchRegexp(`(?m)^Warning: .*would give %s: orders Write, payments Write, users Write$`, bob)))
		Expect(dry("RoleBinding", "supporters", "permissionSetRef: {name: support}, subjects: [{name: bob}]")).To(And(
			MatchRegexp(`(?m)^Warning: .*would take away from %s: orders Write$`, ann),
			MatchRegexp(`(?m)^Warning: .*would give %s: orders Write$`, bob)))

		By("a user who is new, and one whose label gives much")
		Expect(dry("BackOfficeUser", "new", "login: new")).To(MatchRegexp(`(?m)^Warning: .*would give %s/new: an account of type Staff$`, h.namespace))
		labelled := fmt.Sprintf("{apiVersion: access.backoffice-operator.io/v1alpha1, kind: BackOfficeUser, metadata: {name: bob, namespace: %s, labels: {team: hq}}, spec: {backOfficeRef: {name: shop}}}", h.namespace)
		Expect(kubectl("root", labelled, "apply", "--dry-run=server", "-f", "-")).To(
			MatchRegexp(`(?m)^Warning: .*would give %s: orders Write, payments Write, users Write$`, bob))
		Expect(dry("BackOfficeUser", "ann", "state: Blocked")).To(MatchRegexp(`(?m)^Warning: .*would take away from %s: orders Write$`, ann))

		By("a set that somebody holds")
		c, warnings := listening("root", owners)
		set := testkit.Set("support", h.namespace)
		Expect(masters().Get(ctx, client.ObjectKeyFromObject(set), set)).To(Succeed())
		patch := `{"spec":{"permissions":[{"path":"stock","level":"Read"}]}}`
		Expect(patched(c, set, types.MergePatchType, patch, client.DryRunAll)).To(Succeed())
		Expect(warnings.heard()).To(And(ContainSubstring("would give"), ContainSubstring(": stock Read"), ContainSubstring("would take away from"), ContainSubstring(": orders Write")))

		By("bounded in length, however much it is")
		var entries []string
		for i := range 500 {
			entries = append(entries, fmt.Sprintf(`{"path":"%s/%d","level":"Write"}`, strings.Repeat("long", 20), i))
		}
		Expect(patched(c, set, types.MergePatchType, `{"spec":{"permissions":[`+strings.Join(entries, ",")+`]}}`, client.DryRunAll)).To(Succeed())
		Expect(warnings.heard()).To(And(ContainSubstring("would give"), ContainSubstring("more"), WithTransform(func(text string) int { return len(text) }, BeNumerically("<", 4096))))

		By("only where somebody asks, and nothing of it has happened")
		Expect(patched(c, set, types.MergePatchType, `{"spec":{"description":"For support."}}`)).To(Succeed())
		Expect(warnings.heard()).NotTo(ContainSubstring("would give"))
		h.isAsBefore()
		Expect(query(h.namespace, "SELECT name FROM audit_log WHERE name = 'new'")).To(BeEmpty())
	})
})
