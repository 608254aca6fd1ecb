// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// promote are the ways in which a client may turn the binding of bob into one to the set of chiefs.
var promote = map[string]func(client.Client, *house) error{
	"create": func(c client.Client, h *house) error {
		return c.Create(ctx, h.binding("promotion", testkit.ToSet("chief"), testkit.ForUsers("bob")))
	},
	"create with a generated name": func(c client.Client, h *house) error {
		b := h.binding("", testkit.ToSet("chief"), testkit.ForUsers("bob"))
		b.GenerateName = "promotion-"
		return c.Create(ctx, b)
	},
	"replace": func(c client.Client, h *house) error {
		Expect(masters().Get(ctx, client.ObjectKeyFromObject(h.viewers), h.viewers)).To(Succeed())
		replacement := h.binding("viewers", testkit.ToSet("chief"), testkit.ForUsers("bob"))
		replacement.ResourceVersion = h.viewers.ResourceVersion
		return c.Update(ctx, replacement)
	},
	"merge patch": func(c client.Client, h *house) error {
		return patched(c, h.viewers, types.MergePatchType, `{"spec":{"permissionSetRef":{"name":"chief"}}}`)
	},
	"JSON patch": func(c client.Client, h *house) error {
		return patched(c, h.viewers, types.JSONPatchType, `[{"op":"replace","path":"/spec/permissionSetRef/name","value":"chief"}]`)
	},
	"server-side apply": func(c client.Client, h *house) error {
		return patched(c, h.viewers, types.ApplyPatchType, h.manifest("viewers", "{}"), client.ForceOwnership, client.FieldOwner("mallory"))
	},
	"server-side apply of a new object": func(c client.Client, h *house) error {
		b := h.binding("promotion")
		return patched(c, b, types.ApplyPatchType, h.manifest("promotion", "{}"), client.FieldOwner("mallory"))
	},
	"server-side apply with the stamp of somebody stronger": func(c client.Client, h *house) error {
		annotations := fmt.Sprintf("{%q: %q}", v1alpha1.AnnotationAdmitted, stampOf(h.chiefs).String())
		return patched(c, h.viewers, types.ApplyPatchType, h.manifest("viewers", annotations), client.ForceOwnership, client.FieldOwner("mallory"))
	},
	"merge patch with a forged stamp that fits": func(c client.Client, h *house) error {
		forged := h.binding("viewers", testkit.ToSet("chief"), testkit.ForUsers("bob"))
		s := stampOf(h.chiefs)
		s.ID, s.Hash = "made-up", stamp.Hash(forged)
		return patched(c, h.viewers, types.MergePatchType, fmt.Sprintf(
			`{"metadata":{"annotations":{%q:%q}},"spec":{"permissionSetRef":{"name":"chief"}}}`, v1alpha1.AnnotationAdmitted, s.String()))
	},
	"a patch of the status with a spec in it": func(c client.Client, h *house) error {
		return c.Status().Patch(ctx, h.viewers.DeepCopy(), client.RawPatch(types.MergePatchType, []byte(`{"spec":{"permissionSetRef":{"name":"chief"}}}`)))
	},
}

// manifest is bob's binding to the set of chiefs, as somebody would apply it.
func (h *house) manifest(name, annotations string) string {
	return fmt.Sprintf(`{apiVersion: access.backoffice-operator.io/v1alpha1, kind: RoleBinding, metadata: {name: %s, namespace: %s, annotations: %s},
		spec: {backOfficeRef: {name: shop}, permissionSetRef: {name: chief}, subjects: [{name: bob}]}}`, name, h.namespace, annotations)
}

var _ = Describe("Whatever the verb", func() {
	It("nobody turns a binding into a stronger one: create, replace, patches and server-side apply are judged alike", func() {
		h := furnished()
		for how, attempt := range promote {
			By(how)
			err := attempt(lea(), h)
			if how == "a patch of the status with a spec in it" { // editors may read the status only
				Expect(err).To(Satisfy(apierrors.IsForbidden))
				continue
			}
			Expect(err).To(beyond("lea"))
		}
		h.isAsBefore()

		By("and who may write the status writes nothing else with it")
		Expect(promote["a patch of the status with a spec in it"](masters(), h)).To(Succeed())
		Expect(masters().Get(ctx, client.ObjectKeyFromObject(h.viewers), h.viewers)).To(Succeed())
		Expect(h.viewers.Spec.PermissionSetRef.Name).To(Equal("viewer"))
		h.isAsBefore()
	})

	It("nobody signs with another's name: a stamp that a request brings along is replaced by the requester's own", func() {
		h := furnished()
		chiefs := stampOf(h.chiefs)
		forgery := annotate(v1alpha1.AnnotationAdmitted, chiefs.String())
		b := h.binding("own", testkit.ToSet("viewer"), testkit.ForUsers("bob"), forgery)
		Expect(lea().Create(ctx, b)).To(Succeed())
		own := stampOf(b)
		Expect(own.User).To(Equal("lea"))
		Expect(own.ID).NotTo(Equal(chiefs.ID))

		By("and a stamp that is changed, or taken away, is put back as it was")
		Expect(change(lea(), b, forgery)).To(Succeed())
		Expect(stampOf(b)).To(Equal(own))
		Expect(patched(eve(), b, types.MergePatchType, `{"metadata":{"annotations":null}}`)).To(Succeed())
		Expect(stampOf(b)).To(Equal(own))
		eventually(b, beReady())
		h.isAsBefore()
	})

	It("a collection is deleted one by one: the stronger stay", func() {
		h := furnished()
		Expect(eve().DeleteAllOf(ctx, &v1alpha1.RoleBinding{}, client.InNamespace(h.namespace))).To(refuse(`matches "eve"`))
		Expect(eve().DeleteAllOf(ctx, &v1alpha1.BackOfficeUser{}, client.InNamespace(h.namespace))).To(refuse(`matches "eve"`))
		Expect(eve().DeleteAllOf(ctx, &v1alpha1.PermissionSet{}, client.InNamespace(h.namespace))).To(refuse(`matches "eve"`))
		h.isAsBefore()
		Expect(lea().DeleteAllOf(ctx, &v1alpha1.BackOfficeUser{}, client.InNamespace(h.namespace))).To(beyond("lea"))
		Expect(lea().DeleteAllOf(ctx, &v1alpha1.PermissionSet{}, client.InNamespace(h.namespace))).To(beyond("lea"))
		h.gets("boss", asChief)
		Expect(active(h.namespace, "boss")).To(BeTrue())
	})

	It("a forged status changes nothing: what is in force follows from spec and stamp", func() {
		h := furnished()
		robot := almighty(h.namespace, "forger")
		early := h.binding("early", testkit.ToSet("later"), testkit.ForUsers("bob"))
		Expect(lea().Create(ctx, early)).To(Succeed())
		Expect(change(lea(), h.bob, testkit.State(v1alpha1.StateBlocked))).To(Succeed())
		given(h.set("later", testkit.Rank(1), testkit.Permissions("users=Write")))
		eventually(early, notReady(v1alpha1.ReasonNotAuthorized))
		Eventually(func() bool { return active(h.namespace, "bob") }, soon, often).Should(BeFalse())

		ready := func(o client.Object) string {
			return fmt.Sprintf(`{"status":{"observedGeneration":%d,"conditions":[{"type":"Ready","status":"True","reason":"Ready","message":"","observedGeneration":%d,"lastTransitionTime":%q}]}}`,
				o.GetGeneration(), o.GetGeneration(), time.Now().UTC().Format(time.RFC3339))
		}
		for _, o := range []client.Object{early, h.bob} {
			forged := client.RawPatch(types.MergePatchType, []byte(ready(o)))
			Expect(lea().Status().Patch(ctx, o.DeepCopyObject().(client.Object), forged)).To(Satisfy(apierrors.IsForbidden))
			Expect(robot.Status().Patch(ctx, o.DeepCopyObject().(client.Object), forged)).To(Succeed())
		}
		Expect(robot.Status().Patch(ctx, h.bob.DeepCopy(), client.RawPatch(types.MergePatchType, []byte(`{"status":{"state":"Active"}}`)))).To(Succeed())
		without := map[string]map[string]string{"boss": asChief, "ann": asSupport}
		Consistently(h.everybody, 300*time.Millisecond, often).Should(Equal(without))

		By("having both looked at again")
		Expect(asked(lea(), early)).To(Or(Succeed(), beyond("lea")))
		Expect(asked(eve(), h.bob)).To(Succeed())
		eventually(early, notReady(v1alpha1.ReasonNotAuthorized))
		eventually(h.bob, WithTransform(func(u *v1alpha1.BackOfficeUser) v1alpha1.UserState { return u.Status.State }, Equal(v1alpha1.StateBlocked)))
		Expect(h.everybody()).To(Equal(without))
	})

	It("there is no scale to turn up", func() {
		h := furnished()
		robot := almighty(h.namespace, "scaler")
		for _, o := range []client.Object{h.boss, h.viewers, h.viewer} {
			Expect(robot.SubResource("scale").Get(ctx, o, &autoscalingv1.Scale{})).To(Satisfy(apierrors.IsNotFound))
			scale := &autoscalingv1.Scale{Spec: autoscalingv1.ScaleSpec{Replicas: 2}}
			Expect(robot.SubResource("scale").Update(ctx, o, client.WithSubResourceBody(scale))).To(Satisfy(apierrors.IsNotFound))
		}
	})

	It("a dry run answers as the request would, and leaves no object, no stamp and no line in the log", func() {
		h := furnished()
		before := stampOf(h.viewers)
		version := h.viewers.ResourceVersion
		Expect(promote["create"](client.NewDryRunClient(lea()), h)).To(beyond("lea"))
		Expect(promote["merge patch"](client.NewDryRunClient(lea()), h)).To(beyond("lea"))

		trial := h.binding("trial", testkit.ToSet("support"), testkit.ForUsers("bob"))
		Expect(lea().Create(ctx, trial, client.DryRunAll)).To(Succeed())
		Expect(trial.Annotations).To(HaveKey(v1alpha1.AnnotationAdmitted), "the answer is the one that the request would get")
		Expect(masters().Get(ctx, client.ObjectKeyFromObject(trial), trial)).To(Satisfy(apierrors.IsNotFound))
		Expect(change(client.NewDryRunClient(lea()), h.viewers, testkit.ToSet("support"))).To(Succeed())
		Expect(stampOf(h.viewers)).To(Equal(before))
		Expect(h.viewers.ResourceVersion).To(Equal(version))
		Expect(lea().Delete(ctx, h.bob, client.DryRunAll)).To(Succeed())
		glass := h.binding("glass", testkit.ToSet("chief"), testkit.ForUsers("bob"), annotate(v1alpha1.AnnotationBreakGlass, "to see"))
		Expect(identity("fire", owners).Create(ctx, glass, client.DryRunAll)).To(Succeed())
		h.isAsBefore()
		Expect(query(h.namespace, "SELECT name FROM audit_log WHERE actor IN ('lea', 'fire')")).To(BeEmpty())

		By("and is no first half of a request that breaks the glass")
		Expect(identity("fire", owners).Create(ctx, h.binding("glass", testkit.ToSet("chief"), testkit.ForUsers("bob")))).To(refuse(`matches "fire"`))
	})
})

var _ = Describe("Owner references and finalizers by hand", func() {
	It("take the power to delete: who may not delete a user does not have the garbage collector do it", func() {
		h := furnished()
		doomed := configMap(h.namespace, "doomed")
		Expect(change(lea(), h.boss, ownedBy(doomed))).To(beyond("lea"))
		Expect(change(eve(), h.bob, ownedBy(doomed))).To(refuse(`matches "eve"`))
		Expect(change(eve(), h.viewers, ownedBy(doomed))).To(refuse(`matches "eve"`))
		Expect(masters().Delete(ctx, doomed)).To(Succeed())
		h.isAsBefore()
	})

	It("take the power to delete: our finalizer stays on a living object, whoever takes it away", func() {
		h := furnished()
		for _, o := range []client.Object{h.boss, h.chiefs, h.chief} {
			for _, c := range []client.Client{lea(), eve()} {
				err := patched(c, o, types.JSONPatchType, `[{"op":"remove","path":"/metadata/finalizers"}]`)
				Expect(err).To(Or(Succeed(), refuse("needs")), "it is put back at once, or refused")
				Expect(masters().Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
				Expect(o.GetFinalizers()).To(ContainElement(v1alpha1.Finalizer))
			}
		}
		h.isAsBefore()
	})

	It("take the power to delete: a dying object that waits for its store is not let go without it", func() {
		namespace := testkit.FreshNamespace(ctx, masters())
		url := &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "db", Labels: map[string]string{v1alpha1.LabelSecret: v1alpha1.SecretStoreURL}},
			StringData: map[string]string{"url": "postgres://u:p@127.0.0.1:1/shop?connect_timeout=1"},
		}
		Expect(masters().Create(ctx, url)).To(Succeed())
		office := testkit.Office("shop", namespace, testkit.Postgres("shop", "shop", "db"),
			testkit.Delegates(4, testkit.Person("lea")), testkit.Delegates(0, testkit.Person("root")), testkit.Giving("*"))
		Expect(root().Create(ctx, office)).To(Succeed())
		eventually(office, notReady(v1alpha1.ReasonStoreUnavailable))
		boss, b := testkit.User("boss", namespace), testkit.Binding("chiefs", namespace, testkit.ToSet("chief"), testkit.ForUsers("boss"))
		for _, o := range []client.Object{testkit.Set("chief", namespace, testkit.Rank(1)), boss, b} {
			create(root(), o)
		}
		Eventually(func() error { return lea().Delete(ctx, boss, client.DryRunAll) }, soon, often).Should(beyond("lea"))
		Expect(root().Delete(ctx, boss)).To(Succeed())
		letGo := `{"metadata":{"finalizers":null}}`
		Consistently(func() error { return patched(lea(), boss, types.MergePatchType, letGo) }, 300*time.Millisecond, often).Should(beyond("lea"))
		Expect(patched(eve(), boss, types.MergePatchType, letGo)).To(refuse(`matches "eve"`))
		Expect(change(lea(), boss, annotate(v1alpha1.AnnotationOrphan, "let it go"))).To(beyond("lea"))
		Expect(masters().Get(ctx, client.ObjectKeyFromObject(boss), boss)).To(Succeed())
		Expect(boss.DeletionTimestamp.IsZero()).To(BeFalse())
		Expect(boss.Finalizers).To(ContainElement(v1alpha1.Finalizer))

		By("and who may delete it may")
		Expect(patched(root(), boss, types.MergePatchType, letGo)).To(Succeed())
		vanishes(boss)
	})
})
