// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// suspended sets spec.suspend.
func suspended(yes bool) testkit.Mod {
	return testkit.OnOffice(func(o *v1alpha1.BackOffice) { o.Spec.Suspend = yes })
}

// unannotated takes an annotation away.
func unannotated(name string) testkit.Mod {
	return func(o client.Object) {
		annotations := o.GetAnnotations()
		delete(annotations, name)
		o.SetAnnotations(annotations)
	}
}

// isSuspended matches a BackOffice that says of itself that it is.
func isSuspended(reason string) OmegaMatcher {
	return testkit.HaveCondition(v1alpha1.ConditionSuspended, metav1.ConditionTrue, reason)
}

var _ = Describe("A suspended back office", func() {
	It("makes a rollout wait, lets revocations through, and lets everything in when it is resumed", func() {
		namespace := shop()
		office := &v1alpha1.BackOffice{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "shop"}}
		viewer := testkit.Set("viewer", namespace, testkit.Permissions("orders", "stock=Write"))
		ann, bob := testkit.User("ann", namespace), testkit.User("bob", namespace)
		viewing := testkit.Binding("viewers", namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann", "bob"))
		given(viewer, ann, bob, viewing)
		Expect(change(root(), office, suspended(true))).To(Succeed())
		eventually(office, And(isSuspended(v1alpha1.ReasonSuspended), beReady()))

		lea, ear := listening("root", owners)
		cid := testkit.User("cid", namespace)
		Expect(lea.Create(ctx, cid)).To(Succeed())
		Expect(ear.heard()).To(ContainSubstring("BackOffice " + namespace + "/shop is suspended: what this gives waits"))
		more := testkit.Binding("more", namespace, testkit.ToSet("viewer"), testkit.ForUsers("cid"))
		create(root(), more)
		Expect(change(root(), viewer, testkit.OnSet(func(s *v1alpha1.PermissionSet) {
			s.Spec.Permissions = nil
			testkit.Permissions("orders=Write", "stock", "refunds")(s)
		}))).To(Succeed())
		for _, o := range []client.Object{cid, more, viewer} {
			eventually(o, notReady(v1alpha1.ReasonSuspended))
		}
		Eventually(func() map[string]string { return permissions(namespace, "ann") }, soon, often).Should(
			Equal(map[string]string{"orders": "Read", "stock": "Read"}), "the least of both")

		By("blocking, holding and deleting")
		Expect(change(root(), ann, annotate(v1alpha1.AnnotationHold, "on leave"))).To(Succeed())
		Eventually(func() bool { return active(namespace, "ann") }, soon, often).Should(BeFalse())
		Expect(root().Delete(ctx, bob)).To(Succeed())
		vanishes(bob)
		Expect(active(namespace, "bob")).To(BeFalse())
		Expect(change(root(), ann, unannotated(v1alpha1.AnnotationHold))).To(Succeed())
		eventually(ann, notReady(v1alpha1.ReasonSuspended))
		Consistently(func() bool { return active(namespace, "ann") || active(namespace, "cid") }, time.Second, often).Should(BeFalse())

		By("resuming")
		Expect(change(root(), office, suspended(false))).To(Succeed())
		for _, o := range []client.Object{office, viewer, ann, cid, more, viewing} {
			if o == client.Object(viewing) {
				eventually(o, notReady(v1alpha1.ReasonReferenceNotFound)) // bob is gone
				continue
			}
			eventually(o, beReady())
		}
		Eventually(func() map[string]string { return permissions(namespace, "cid") }, soon, often).Should(
			Equal(map[string]string{"orders": "Write", "stock": "Read", "refunds": "Read"}))
		Expect(letsIn(namespace, "ann", passwordOf(ann))).To(BeTrue())
		Expect(letsIn(namespace, "cid", passwordOf(cid))).To(BeTrue())
	})

	It("is suspended and resumed by whoever may write its delegations, and by nobody else", func() {
		namespace := shop()
		office := &v1alpha1.BackOffice{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "shop"}}
		// mal may write back offices as far as RBAC is concerned, without the verb escalate.
		writer := &rbacv1.ClusterRole{
			ObjectMeta: metav1.ObjectMeta{Name: namespace},
			Rules: []rbacv1.PolicyRule{{
				APIGroups: []string{v1alpha1.GroupVersion.Group}, Resources: []string{"backoffices"}, Verbs: []string{"get", "patch", "update"},
			}},
		}
		Expect(masters().Create(ctx, writer)).To(Succeed())
		Expect(devcluster.Bind(ctx, masters(), writer.Name, rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "mal"})).To(Succeed())
		mal := identity("mal")
		suspend, resume := annotate(v1alpha1.AnnotationSuspend, "a break-in"), unannotated(v1alpha1.AnnotationSuspend)
		for _, mod := range []testkit.Mod{suspended(true), suspend} {
			Eventually(func() error { return change(mal, office, mod) }, soon, often).Should(refuse(`takes the RBAC verb "escalate" on it`))
			Expect(change(as("ann"), office, mod)).To(Satisfy(apierrors.IsForbidden), "an editor")
		}
		Expect(change(root(), office, suspend)).To(Succeed())
		eventually(office, isSuspended(v1alpha1.ReasonSuspendedByAnnotation))
		Expect(change(mal, office, resume)).To(refuse(`takes the RBAC verb "escalate" on it`))
		Expect(change(mal, office, annotate(v1alpha1.AnnotationSuspend, "another reason"))).To(refuse(`takes the RBAC verb "escalate" on it`))

		By("a self-heal, which knows nothing of the annotation")
		body := `{"apiVersion":"access.backoffice-operator.io/v1alpha1","kind":"BackOffice","metadata":{"name":"shop"},"spec":{"store":{"sqlite":{}}}}`
		Expect(root().Patch(ctx, office, client.RawPatch("application/apply-patch+yaml", []byte(body)),
			client.FieldOwner("self-heal"), client.ForceOwnership)).To(Succeed())
		eventually(office, isSuspended(v1alpha1.ReasonSuspendedByAnnotation))
		Expect(change(root(), office, resume)).To(Succeed())
		eventually(office, Not(isSuspended(v1alpha1.ReasonSuspendedByAnnotation)))
	})
})
