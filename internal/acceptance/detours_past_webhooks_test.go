// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// withoutWebhooks removes the configuration of the webhooks and returns what restores it. The API server takes a moment for either.
func withoutWebhooks(h *house) (restore func()) {
	GinkgoHelper()
	var mutating admissionv1.MutatingWebhookConfigurationList
	var validating admissionv1.ValidatingWebhookConfigurationList
	Expect(masters().List(ctx, &mutating)).To(Succeed())
	Expect(masters().List(ctx, &validating)).To(Succeed())
	var all []client.Object
	for i := range mutating.Items {
		all = append(all, &mutating.Items[i])
	}
	for i := range validating.Items {
		all = append(all, &validating.Items[i])
	}
	Expect(len(all)).To(BeNumerically(">=", 2))
	var once sync.Once
	restore = func() {
		once.Do(func() {
			for _, o := range all {
				o.SetResourceVersion("")
				o.SetUID("")
				Expect(masters().Create(ctx, o)).To(Succeed())
			}
			Eventually(func() error { return eve().Create(ctx, h.user("probe"), client.DryRunAll) }, soon, often).Should(refuse(`matches "eve"`))
			Eventually(func(g Gomega) {
				probe := h.user("probe", testkit.InOffice("absent")) // which anybody may
				g.Expect(root().Create(ctx, probe, client.DryRunAll)).To(Succeed())
				g.Expect(probe.Annotations).To(HaveKey(v1alpha1.AnnotationAdmitted))
			}, soon, often).Should(Succeed())
		})
	}
	for _, o := range all {
		Expect(masters().Delete(ctx, o.DeepCopyObject().(client.Object))).To(Succeed())
	}
	DeferCleanup(func() { restore() })
	Eventually(func(g Gomega) {
		probe := h.user("probe")
		g.Expect(eve().Create(ctx, probe, client.DryRunAll)).To(Succeed())
		g.Expect(probe.Annotations).NotTo(HaveKey(v1alpha1.AnnotationAdmitted))
	}, soon, often).Should(Succeed())
	return restore
}

// copied is an object as a backup has it: with all annotations, the stamp too, under another name where one is given.
func copied[T client.Object](o T, name string) T {
	GinkgoHelper()
	Expect(masters().Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
	c := o.DeepCopyObject().(T)
	c.SetUID("")
	c.SetResourceVersion("")
	c.SetGeneration(0)
	c.SetManagedFields(nil)
	if name != "" {
		c.SetName(name)
	}
	return c
}

// asked has an object reconciled, and admitted anew where it has to be.
func asked(c client.Client, o client.Object) error {
	return change(c, o, annotate(v1alpha1.AnnotationReconcileRequestedAt, time.Now().Format(time.RFC3339Nano)))
}

var _ = Describe("While the webhooks are away", Serial, func() {
	It("what is written is not in force, until somebody with the power admits it", func() {
		h := furnished()
		restore := withoutWebhooks(h)
		promotion := h.binding("promotion", testkit.ToSet("chief"), testkit.ForUsers("bob"))
		mallory := h.user("mallory", testkit.Labels("team", "hq"))
		backdoor := h.set("backdoor", testkit.Rank(10), testkit.Permissions("users=Write"))
		entrance := h.binding("entrance", testkit.ToSet("backdoor"), testkit.ForUsers("bob"))
		bonus := h.binding("bonus", testkit.ToSet("support"), testkit.ForUsers("bob"), testkit.Grants("payments=Write"))
		for _, o := range []client.Object{promotion, mallory, backdoor, entrance, bonus} {
			Expect(eve().Create(ctx, o)).To(Succeed())
		}
		Expect(change(eve(), h.ann, testkit.Labels("team", "hq"))).To(Succeed())
		Expect(change(eve(), h.viewer, testkit.Permissions("payments=Write"))).To(Succeed())
		Expect(change(eve(), h.supporters, testkit.ForUsers("bob"))).To(Succeed())
		written := []client.Object{promotion, mallory, backdoor, entrance, bonus, h.ann, h.viewer, h.supporters}
		for _, o := range written {
			eventually(o, And(notReady(v1alpha1.ReasonNotAdmitted), saying("somebody with the power has to apply it again")))
		}
		restore()
		h.gets("bob", asNobody)
		Expect(h.everybody()).To(Equal(map[string]map[string]string{"boss": asChief, "bob": asNobody}), "ann and mallory are kept out")

		By("which neither asking for a reconcile nor little power does")
		for _, o := range written {
			_ = asked(eve(), o) // whatever the answer
			eventually(o, notReady(v1alpha1.ReasonNotAdmitted))
		}
		Expect(asked(lea(), promotion)).To(beyond("lea"))
		Expect(asked(lea(), mallory)).To(beyond("lea"))
		Expect(asked(maxi(), backdoor)).To(refuse("gives users Write"))
		Expect(asked(maxi(), h.viewer)).To(refuse("gives payments Write"))
		Expect(change(maxi(), backdoor, testkit.Labels("touched", "yes"))).To(refuse("gives users Write"))
		Expect(change(maxi(), h.viewer, testkit.Labels("touched", "yes"))).To(refuse("gives payments Write"))
		Expect(asked(maxi(), bonus)).To(refuse("gives payments Write"))
		Expect(change(maxi(), bonus, testkit.Labels("touched", "yes"))).To(refuse("gives payments Write"))
		Expect(h.everybody()).To(Equal(map[string]map[string]string{"boss": asChief, "bob": asNobody}))

		By("and whoever has the power does, or undoes it")
		Expect(change(root(), h.ann, testkit.Labels())).To(Succeed())
		Expect(change(root(), h.viewer, testkit.OnSet(func(s *v1alpha1.PermissionSet) { s.Spec.Permissions = s.Spec.Permissions[:1] }))).To(Succeed())
		Expect(change(root(), h.supporters, testkit.ForUsers("ann"))).To(Succeed())
		for _, o := range []client.Object{mallory, backdoor, entrance, bonus} {
			Expect(root().Delete(ctx, o)).To(Succeed())
			vanishes(o)
		}
		Expect(asked(root(), promotion)).To(Succeed())
		for _, o := range []client.Object{promotion, h.ann, h.viewer, h.supporters} {
			eventually(o, beReady())
		}
		Expect(stampOf(promotion).User).To(Equal("root"))
		h.gets("bob", asChief)
		h.gets("ann", asSupport)
	})

	It("a copy with an old stamp is known for a copy, under its own name and under another", func() {
		h := furnished()
		hal := h.user("hal", testkit.Labels("team", "hq"), deletionPolicy(v1alpha1.DeletionDelete))
		given(hal)
		h.gets("hal", asChief)
		backup, twin := copied(hal, ""), copied(hal, "twin")
		chiefs := copied(h.chiefs, "chiefs-too")
		Expect(root().Delete(ctx, hal)).To(Succeed())
		vanishes(hal)

		restore := withoutWebhooks(h)
		for _, o := range []client.Object{backup, twin, chiefs} {
			Expect(eve().Create(ctx, o)).To(Succeed())
			eventually(o, And(notReady(v1alpha1.ReasonNotAdmitted), saying("copy")))
		}
		restore()
		h.isAsBefore()
		Expect(asked(lea(), backup)).To(beyond("lea"))
		Expect(asked(lea(), chiefs)).To(beyond("lea"))
		h.isAsBefore()

		By("admitting what was restored")
		for _, o := range []client.Object{backup, twin, chiefs} {
			Expect(asked(root(), o)).To(Succeed())
			eventually(o, beReady())
		}
		h.gets("hal", asChief)
		h.gets("twin", asChief)
	})

	It("a deletion without admission takes access away and gives none", func() {
		h := furnished()
		restore := withoutWebhooks(h)
		Expect(eve().Delete(ctx, h.supporters)).To(Succeed())
		vanishes(h.supporters)
		restore()
		h.gets("ann", asNobody)
		h.gets("boss", asChief)
	})

	It("a back office that is changed gives nobody power, until its owner admits it", func() {
		h := furnished()
		restore := withoutWebhooks(h)
		office := testkit.Office("shop", h.namespace)
		Expect(change(masters(), office, testkit.Delegates(0, testkit.Person("eve")), testkit.Giving("*"))).To(Succeed())
		eventually(office, notReady(v1alpha1.ReasonNotAdmitted))
		restore()
		Expect(eve().Create(ctx, h.binding("promotion", testkit.ToSet("chief"), testkit.ForUsers("bob")))).To(refuse(`matches "eve"`))
		Expect(root().Create(ctx, h.user("new"))).To(refuse(`matches "root"`))
		h.isAsBefore()

		By("taking the delegation out again")
		Expect(change(root(), office, testkit.OnOffice(func(o *v1alpha1.BackOffice) {
			o.Spec.Rank.Delegations = o.Spec.Rank.Delegations[:len(o.Spec.Rank.Delegations)-1]
		}))).To(Succeed())
		eventually(office, beReady())
		Expect(eve().Create(ctx, h.user("new"))).To(refuse(`matches "eve"`))
		given(h.user("new"))
	})
})
