// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// stampOf is the stamp of an object, which has to fit it.
func stampOf(o client.Object) stamp.Stamp {
	GinkgoHelper()
	s, fits := stamp.Fitting(o)
	Expect(fits).To(BeTrue(), "the stamp %q does not fit", o.GetAnnotations()[v1alpha1.AnnotationAdmitted])
	return s
}

// patch is a merge patch.
func patch(text string) client.Patch { return client.RawPatch(types.MergePatchType, []byte(text)) }

// forged is a stamp that somebody makes up.
func forged(o client.Object) {
	testkit.Stamp(o, "root", []access.Power{testkit.Unlimited()})
}

// behind has the operator write objects: its requests do not call the webhooks, so that it is as if they were not there.
func behind() client.Client { return as(devcluster.ManagerUser) }

// settled has the operator write the status of new objects. Before that the API server writes the defaults of status with the first update, even
// of nothing.
func settled(ctx SpecContext, objects ...client.Object) {
	GinkgoHelper()
	for _, o := range objects {
		Expect(behind().Status().Patch(ctx, o, patch(`{"status": {"observedGeneration": 1}}`))).To(Succeed())
		known(ctx, o)
	}
}

// reported has the operator say why an object is not in force.
func reported(ctx SpecContext, o client.Object, reason string) {
	GinkgoHelper()
	before := o.DeepCopyObject().(client.Object)
	conditions := o.(interface{ GetConditions() *[]metav1.Condition }).GetConditions()
	*conditions = []metav1.Condition{{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: reason, LastTransitionTime: metav1.Now(), ObservedGeneration: o.GetGeneration(),
	}}
	Expect(behind().Status().Patch(ctx, o, client.MergeFrom(before))).To(Succeed())
	known(ctx, o)
}

var _ = Describe("The admission stamp", func() {
	var (
		namespace string
		viewer    *v1alpha1.PermissionSet
		lea       client.Client // rank 4, binds what exists
	)
	rank4 := []access.Power{{Rank: 4, Families: []string{"default"}}}
	everything := []access.Power{testkit.Unlimited()}
	ann := func(mods ...testkit.Mod) *v1alpha1.BackOfficeUser { return testkit.User("ann", namespace, mods...) }

	BeforeEach(func(ctx SpecContext) {
		namespace = testkit.FreshNamespace(ctx, env.Client())
		viewer = testkit.Set("viewer", namespace, testkit.Rank(9), testkit.Permissions("orders"))
		given(ctx, shop(namespace, testkit.Delegates(4, testkit.Person("lea")), testkit.InFamilies("default")), viewer)
		lea = as("lea")
	})

	It("says who made an object, with which power, and which of the sets that it names were there", func(ctx SpecContext) {
		before := time.Now().UnixMilli()
		u, s := ann(), testkit.Set("s", namespace, testkit.Rank(5), testkit.Extends("viewer", "later"))
		b, early := testkit.Binding("b", namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann")), testkit.Binding("early", namespace, testkit.ToSet("later"), testkit.ForUsers("ann"))
		unnamed := testkit.User("", namespace, testkit.Login("x"), func(o client.Object) { o.SetGenerateName("made-up-") })
		for _, o := range []client.Object{u, b, early, unnamed} {
			Expect(lea.Create(ctx, o)).To(Succeed())
			got := stampOf(o)
			Expect(got.User).To(Equal("lea"))
			Expect(got.Power).To(Equal(rank4))
			Expect(got.At).To(BeNumerically("~", before, time.Minute.Milliseconds()))
			Expect(got.Unjudged || got.BreakGlass).To(BeFalse())
		}
		Expect(root().Create(ctx, s)).To(Succeed())
		Expect(stampOf(s).Power).To(Equal(everything))
		Expect(stampOf(u).Sets).To(BeEmpty())
		Expect(stampOf(b).Sets).To(Equal([]string{string(viewer.UID)}))
		Expect(stampOf(early).Sets).To(BeEmpty())
		Expect(stampOf(s).Sets).To(Equal([]string{string(viewer.UID)}))
		Expect(stampOf(u).ID).NotTo(Equal(stampOf(b).ID))
	})

	It("of a BackOffice says who, and nothing of power", func(ctx SpecContext) {
		o := testkit.Office("other", namespace)
		Expect(root().Create(ctx, o)).To(Succeed())
		got := stampOf(o)
		Expect(got).To(Equal(stamp.Stamp{ID: got.ID, At: got.At, Hash: got.Hash, User: "root"}))
	})

	It("says that nobody was judged where the BackOffice is missing", func(ctx SpecContext) {
		u := ann(testkit.InOffice("later"))
		Expect(as("eve").Create(ctx, u)).To(Succeed())
		got := stampOf(u)
		Expect(got).To(Equal(stamp.Stamp{ID: got.ID, At: got.At, Hash: got.Hash, User: "eve", Unjudged: true}))
	})

	It("is a new one for every change of what it covers", func(ctx SpecContext) {
		u := ann()
		Expect(root().Create(ctx, u)).To(Succeed())
		was := stampOf(u)
		for field, change := range map[string]string{
			"spec": `{"spec": {"state": "Blocked"}}`, "a label": `{"metadata": {"labels": {"a": "b"}}}`,
			"an annotation of ours": `{"metadata": {"annotations": {"access.backoffice-operator.io/hold": "x"}}}`,
			"the owners":            `{"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "x"}]}}`,
		} {
			Expect(lea.Patch(ctx, u, patch(change))).To(Succeed(), field)
			got := stampOf(u)
			Expect(got.ID).NotTo(Equal(was.ID), field)
			Expect(got.User).To(Equal("lea"), field)
			was = got
		}
	})

	It("stays as it is whatever else changes", func(ctx SpecContext) {
		u := ann()
		given(ctx, u)
		was := u.Annotations[v1alpha1.AnnotationAdmitted]
		for field, change := range map[string]string{
			"a foreign annotation":    `{"metadata": {"annotations": {"a": "b"}}}`,
			"a request to reconcile":  `{"metadata": {"annotations": {"access.backoffice-operator.io/reconcile-requested-at": "x"}}}`,
			"a foreign finalizer":     `{"metadata": {"finalizers": ["access.backoffice-operator.io/finalizer", "a/b"]}}`,
			"a stamp that is dropped": `{"metadata": {"annotations": {"access.backoffice-operator.io/admitted": null}}}`,
			"a stamp that is forged":  `{"metadata": {"annotations": {"access.backoffice-operator.io/admitted": "{}"}}}`,
			"nothing":                 `{}`,
		} {
			Expect(as("eve").Patch(ctx, u, patch(change))).To(Succeed(), field)
			Expect(u.Annotations[v1alpha1.AnnotationAdmitted]).To(Equal(was), field)
		}
		Expect(as("eve").Status().Patch(ctx, u, patch(`{"status": {"login": "x"}, "metadata": {"annotations": {"access.backoffice-operator.io/admitted": "{}"}}}`))).To(Succeed())
		Expect(u.Annotations[v1alpha1.AnnotationAdmitted]).To(Equal(was), "the status subresource writes no annotation")
	})

	It("is never what the request says", func(ctx SpecContext) {
		u := ann(forged)
		Expect(lea.Create(ctx, u)).To(Succeed())
		Expect(stampOf(u).User).To(Equal("lea"))
		Expect(stampOf(u).Power).To(Equal(rank4))
		known(ctx, u)

		blocked := changed(u, testkit.State(v1alpha1.StateBlocked), forged)
		Expect(lea.Update(ctx, blocked)).To(Succeed())
		Expect(stampOf(blocked).User).To(Equal("lea"))
		Expect(stampOf(blocked).Power).To(Equal(rank4))
	})

	It("keeps the time at which a set's rank was last considered", func(ctx SpecContext) {
		at := stampOf(viewer).At
		time.Sleep(2 * time.Millisecond)
		Expect(lea.Update(ctx, changed(viewer, testkit.Labels("a", "b")))).To(Succeed())
		Expect(lea.Get(ctx, client.ObjectKeyFromObject(viewer), viewer)).To(Succeed())
		Expect(stampOf(viewer)).To(And(HaveField("User", "lea"), HaveField("At", at)))
		for _, mod := range []testkit.Mod{testkit.Rank(8), testkit.Family("x")} {
			known(ctx, viewer)
			viewer = changed(viewer, mod)
			Expect(root().Update(ctx, viewer)).To(Succeed())
			Expect(stampOf(viewer).At).To(BeNumerically(">", at))
			at = stampOf(viewer).At
			time.Sleep(2 * time.Millisecond)
		}
	})

	It("has no time from before where nobody was known", func(ctx SpecContext) {
		s := testkit.Set("s", namespace, testkit.Rank(9))
		Expect(behind().Create(ctx, s)).To(Succeed())
		Expect(root().Update(ctx, s)).To(Succeed())
		Expect(stampOf(s).At).To(BeNumerically("~", time.Now().UnixMilli(), time.Minute.Milliseconds()))
	})

	It("is in the answer to a dry run, and nothing stays of it", func(ctx SpecContext) {
		u := ann()
		Expect(lea.Create(ctx, u, client.DryRunAll)).To(Succeed())
		Expect(stampOf(u).User).To(Equal("lea"))
		u = ann()
		given(ctx, u)
		blocked := changed(u, testkit.State(v1alpha1.StateBlocked))
		Expect(lea.Update(ctx, blocked, client.DryRunAll)).To(Succeed())
		Expect(stampOf(blocked).User).To(Equal("lea"))
		Expect(lea.Get(ctx, client.ObjectKeyFromObject(u), blocked)).To(Succeed())
		Expect(blocked).To(Equal(u))
	})

	Describe("of an object that got past the webhooks", func() {
		It("is missing, and comes with the first request of somebody with power", func(ctx SpecContext) {
			u := ann()
			Expect(behind().Create(ctx, u)).To(Succeed())
			Expect(u.Annotations).To(BeEmpty())
			Expect(u.Finalizers).To(BeEmpty())
			known(ctx, u)
			Expect(as("eve").Patch(ctx, u, patch(`{"metadata": {"annotations": {"a": "b"}}}`))).To(Succeed())
			Expect(u.Annotations).To(Equal(map[string]string{"a": "b"}))
			Expect(as("eve").Patch(ctx, u, patch(`{"metadata": {"labels": {"a": "b"}}}`))).To(beRefused("no delegation"))
			Expect(lea.Update(ctx, u)).To(Succeed())
			Expect(stampOf(u).User).To(Equal("lea"))
		})

		It("cannot be carried in", func(ctx SpecContext) {
			u := ann(testkit.IPs("203.0.113.7"), forged, testkit.IPs("*"))
			Expect(behind().Create(ctx, u)).To(Succeed())
			known(ctx, u)
			was := u.Annotations[v1alpha1.AnnotationAdmitted]
			Expect(as("eve").Patch(ctx, u, patch(`{"metadata": {"annotations": {"access.backoffice-operator.io/admitted": "{}"}}}`))).To(Succeed())
			Expect(u.Annotations[v1alpha1.AnnotationAdmitted]).To(Equal(was))
			Expect(lea.Update(ctx, changed(u, testkit.Annotations()))).To(Succeed())
			Expect(lea.Get(ctx, client.ObjectKeyFromObject(u), u)).To(Succeed())
			Expect(stampOf(u).User).To(Equal("lea"))
		})
	})

	DescribeTable("of an object that says", func(ctx SpecContext, reason string) {
		u := ann()
		given(ctx, u)
		reported(ctx, u, reason)
		was := u.Annotations[v1alpha1.AnnotationAdmitted]
		Expect(as("eve").Update(ctx, u)).To(Succeed())
		Expect(u.Annotations[v1alpha1.AnnotationAdmitted]).To(Equal(was), "eve has no power")
		Expect(lea.Patch(ctx, u, patch(`{"metadata": {"annotations": {"access.backoffice-operator.io/reconcile-requested-at": "x"}}}`))).To(Succeed())
		Expect(stampOf(u)).To(HaveField("User", "lea"))
	},
		Entry("NotAdmitted is renewed by somebody with power", v1alpha1.ReasonNotAdmitted),
		Entry("NotAuthorized is renewed by somebody with power", v1alpha1.ReasonNotAuthorized),
		Entry("SubjectsRefused is renewed by somebody with power", v1alpha1.ReasonSubjectsRefused),
	)
})
