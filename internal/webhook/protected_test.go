// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("A protected set", func() {
	var (
		namespace string
		s         *v1alpha1.PermissionSet
	)
	BeforeEach(func(ctx SpecContext) {
		namespace = testkit.FreshNamespace(ctx, env.Client())
		s = testkit.Set("s", namespace, testkit.Protected(), testkit.Permissions("orders"))
		given(ctx, shop(namespace, testkit.Delegates(0, testkit.Person("chief")), testkit.Giving("*")), s)
	})

	glass := func(reason string) testkit.Mod { return testkit.Annotations(v1alpha1.AnnotationBreakGlass, reason) }
	unprotected := testkit.OnSet(func(s *v1alpha1.PermissionSet) { s.Spec.Protected = false })
	office := func() string { return `takes the RBAC verb "escalate" on BackOffice ` + namespace + "/shop" }
	const kept = "spec: Forbidden: the set is protected, and only who breaks the glass may change it: "

	It("keeps its spec whatever power somebody has by a delegation", func(ctx SpecContext) {
		annotate := kept + "set the annotation access.backoffice-operator.io/break-glass: <reason> in the same request, or another reason where it has one; it " + office()
		for _, change := range []testkit.Mod{testkit.Permissions("stock"), testkit.Rank(6), testkit.Deny("orders"), testkit.Bypasses("entities"), unprotected} {
			Expect(as("chief").Update(ctx, changed(s, change))).To(beRefused(annotate))
			Expect(root().Update(ctx, changed(s, change))).To(beRefused(annotate), "the verb alone is not enough")
		}
		Expect(as("chief").Update(ctx, changed(s, unprotected, glass("fire")))).To(beRefused(
			kept + `the annotation access.backoffice-operator.io/break-glass counts only for who has the RBAC verb "escalate" on BackOffice ` + namespace + `/shop, which "chief" does not`))
		Expect(as("chief").Update(ctx, changed(s, testkit.Labels("a", "b")))).To(Succeed(), "its labels are not what it gives")
	})

	It("is changed by who breaks the glass, by a new reason each time", func(ctx SpecContext) {
		Expect(root().Update(ctx, changed(s, testkit.Permissions("stock"), glass("")))).To(beRefused("write why the glass is broken"))
		opened := changed(s, testkit.Permissions("stock"), glass("ticket 1"))
		admin := listening("root", testkit.Escalators)
		Expect(admin.Update(ctx, opened)).To(Succeed())
		Expect(admin.warnings).To(BeEmpty())
		known(ctx, opened)
		Expect(root().Update(ctx, changed(opened, testkit.Rank(7)))).To(beRefused(kept))
		Expect(root().Update(ctx, changed(opened, testkit.Rank(7), glass("ticket 2")))).To(Succeed())
	})

	It("is changed by who has no power but that", func(ctx SpecContext) {
		Expect(as("fireman", testkit.Escalators).Update(ctx, changed(s, testkit.Permissions("stock"), glass("fire")))).To(Succeed())
	})

	It("is deleted only after it has lost its protection", func(ctx SpecContext) {
		first := "spec.protected: Forbidden: the set is protected: first set spec.protected to false with the annotation access.backoffice-operator.io/break-glass: " +
			"<reason>, which " + office() + ", then delete it"
		Expect(root().Delete(ctx, s)).To(beRefused(first))
		Expect(as("chief").Delete(ctx, s)).To(beRefused(first))
		Expect(root().Patch(ctx, s, patch(noFinalizers))).To(Succeed())
		known(ctx, s)
		Expect(s.Finalizers).To(ContainElement(v1alpha1.Finalizer), "it does not lose its finalizer, by which a deletion would be noticed")
		opened := changed(s, glass("fire"), testkit.Permissions("stock"))
		Expect(root().Update(ctx, opened)).To(Succeed())
		known(ctx, opened)
		Expect(root().Delete(ctx, opened)).To(beRefused(first), "who has changed it may not delete it either")
		lifted := changed(opened, glass("flood"), unprotected)
		Expect(root().Update(ctx, lifted)).To(Succeed())
		known(ctx, lifted)
		Expect(as("chief").Delete(ctx, lifted)).To(Succeed())
	})

	It("extends protected sets only", func(ctx SpecContext) {
		given(ctx, testkit.Set("plain", namespace))
		Expect(root().Create(ctx, testkit.Set("t", namespace, testkit.Protected(), testkit.Extends("s", "plain", "later")))).To(beRefused(
			"spec.extends[1]: Forbidden: a protected set extends protected sets only, and set " + namespace + "/plain is not: protect that first, or remove it here"))
		var t client.Object = testkit.Set("t", namespace, testkit.Extends("s", "plain"))
		Expect(root().Create(ctx, t)).To(Succeed(), "one that is not protected extends any")
		known(ctx, t)
		Expect(root().Update(ctx, changed(t, testkit.Protected()))).To(beRefused("spec.extends[1]: Forbidden: a protected set extends protected sets only"))
		Expect(root().Update(ctx, changed(t, testkit.Protected(), testkit.Extends("s")))).To(Succeed(), "to become protected is an ordinary change")
	})
})
