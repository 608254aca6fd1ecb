// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// mallory is somebody who may hand out rank 4 and weaker ones.
func (w *world) mallory() *world { return w.by("mallory", testkit.UpToRank(4)) }

// prepared is a back office whose binding hands a set of rank 2 to the team support, with ann, whom somebody changed after that who may not hand
// it out, and bob. Nothing is reconciled but the back office and the set.
func prepared(w *world) (leads *v1alpha1.RoleBinding, ann, bob *v1alpha1.BackOfficeUser) {
	GinkgoHelper()
	support := testkit.Labels("team", "support")
	leads = testkit.Binding("leads", w.namespace, testkit.ToSet("lead"), testkit.ForLabels("team", "support"))
	ann, bob = testkit.User("ann", w.namespace, support), testkit.User("bob", w.namespace, support)
	w.settle(w.office("shop"), testkit.Set("lead", w.namespace, testkit.Rank(2), testkit.Permissions("orders=Write")))
	w.apply(bob, leads)
	w.mallory().apply(ann)
	return leads, ann, bob
}

// subjectsRefused is the outcome for a binding that refuses these users and serves others.
func subjectsRefused(names string) OmegaMatcher {
	return And(stallFor(v1alpha1.ReasonSubjectsRefused), WithTransform(message, And(
		ContainSubstring(names), ContainSubstring("the others have it"), ContainSubstring("annotate it with "+v1alpha1.AnnotationReconcileRequestedAt),
		Not(ContainSubstring("mallory")))))
}

var _ = Describe("A user who was changed, after a binding, by somebody who may not hand out its set", func() {
	for name, made := range worlds {
		It("does not get it, and the others do, with a store in "+name, func() {
			w := made()
			leads, ann, bob := prepared(w)
			w.reconcile(leads)
			Expect(leads).To(subjectsRefused("withheld from 1 of its users"))
			Expect(message(leads)).To(And(ContainSubstring(": ann;"), Not(ContainSubstring("bob"))))
			for _, u := range []*v1alpha1.BackOfficeUser{ann, bob} {
				w.reconcile(u)
				Expect(u).To(beReady())
				Expect(w.logsIn(u)).To(BeTrue())
			}
			Expect(w.holders("orders")).To(Equal([]string{"bob"}))
			Expect(ann.Status.PermissionSets).To(BeEmpty())
			Expect(bob.Status.PermissionSets).To(Equal([]string{w.namespace + "/lead"}))
			Expect(w.refused).To(Equal([]string{"leads"}), "the binding is told")

			By("being admitted by somebody who may")
			w.readmit(ann)
			w.reconcile(ann)
			Expect(ann.Status.PermissionSets).To(Equal([]string{w.namespace + "/lead"}))
			w.reconcile(leads)
			Expect(leads).To(beReady())
			Expect(w.holders("orders")).To(Equal([]string{"ann", "bob"}))
		})
	}

	It("does not get it either where the user comes first", func() {
		w := newWorld()
		leads, ann, bob := prepared(w)
		w.reconcile(ann)
		w.reconcile(bob)
		w.reconcile(leads)
		Expect(leads).To(subjectsRefused(": ann;"))
		Expect(w.holders("orders")).To(Equal([]string{"bob"}))
	})

	It("loses it, whoever learns of it first", func() {
		for _, userFirst := range []string{"user", "binding"} {
			By("the " + userFirst)
			w := newWorld()
			leads, ann, bob := prepared(w)
			w.readmit(ann)
			w.reconcile(leads)
			w.reconcile(ann)
			w.reconcile(bob)
			Expect(leads).To(beReady())
			Expect(w.holders("orders")).To(Equal([]string{"ann", "bob"}))

			w.mallory().change(ann, func() { ann.Spec.Description = "mine" })
			if userFirst == "binding" {
				w.reconcile(leads)
				Expect(leads).To(subjectsRefused(": ann;"))
			}
			w.reconcile(ann)
			Expect(w.holders("orders")).To(Equal([]string{"bob"}))
			Expect(ann).To(beReady())
			Expect(ann.Status.PermissionSets).To(BeEmpty())
			w.reconcile(leads)
			Expect(leads).To(subjectsRefused(": ann;"))
		}
	})

	It("gets it when the binding is admitted again, or the set is no longer too strong", func() {
		w := newWorld()
		leads, ann, _ := prepared(w)
		w.reconcile(leads)
		w.reconcile(ann)
		w.readmit(leads)
		w.reconcile(leads)
		Expect(leads).To(beReady())
		Expect(w.holders("orders")).To(ContainElement("ann"))

		w.mallory().change(ann, func() { ann.Spec.Description = "mine" })
		w.reconcile(ann)
		w.reconcile(leads)
		Expect(leads).To(subjectsRefused(": ann;"))
		lead := &v1alpha1.PermissionSet{}
		lead.Name, lead.Namespace = "lead", w.namespace
		w.change(lead, func() { testkit.Rank(4)(lead) })
		w.reconcile(lead)
		w.reconcile(leads)
		Expect(leads).To(beReady())
		Expect(w.holders("orders")).To(ContainElement("ann"))
	})

	It("loses what the binding hands out after another set has taken the place of the one it was admitted with", func() {
		w := newWorld()
		viewer := testkit.Set("lead", w.namespace, testkit.Rank(5), testkit.Permissions("help"))
		leads := testkit.Binding("leads", w.namespace, testkit.ToSet("lead"), testkit.ForUsers("ann", "bob"))
		ann, bob := testkit.User("ann", w.namespace), testkit.User("bob", w.namespace)
		w.settle(testkit.Office("shop", w.namespace), viewer, bob, leads)
		w.mallory().settle(ann)
		w.reconcile(leads)
		Expect(leads).To(beReady())
		Expect(w.holders("help")).To(Equal([]string{"ann", "bob"}))

		w.end(viewer)
		w.settle(testkit.Set("lead", w.namespace, testkit.Rank(2), testkit.Permissions("orders=Write")))
		w.reconcile(leads)
		Expect(leads).To(subjectsRefused(": ann;"))
		Expect(w.holders("orders")).To(Equal([]string{"bob"}))
		w.reconcile(ann)
		w.reconcile(bob)
		Expect(w.holders("orders")).To(Equal([]string{"bob"}))
		Expect(ann.Status.PermissionSets).To(BeEmpty())
		w.spent()
		w.reconcile(leads)
		Expect(w.spent()).To(Equal(cost{}), "it is done once")
	})

	It("is one of at most ten that the condition names", func() {
		w := newWorld()
		names := []string{"nobody"}
		leads := testkit.Binding("leads", w.namespace, testkit.ToSet("lead"))
		w.settle(testkit.Office("shop", w.namespace), testkit.Set("lead", w.namespace, testkit.Rank(2)))
		for i := range 13 {
			names = append(names, fmt.Sprintf("user-%02d", i))
		}
		testkit.ForUsers(names...)(leads)
		w.apply(leads)
		for _, name := range names[1:] {
			w.mallory().apply(testkit.User(name, w.namespace))
		}
		w.reconcile(leads)
		Expect(leads).To(subjectsRefused("withheld from 13 of its users"))
		Expect(message(leads)).To(And(ContainSubstring("user-00, user-01"), ContainSubstring("user-09 and 3 more"), Not(ContainSubstring("user-10")),
			ContainSubstring("users that do not exist in this back office (yet): nobody")))
	})

	It("costs the others nothing", func() {
		w := newWorld()
		w.settle(testkit.Office("shop", w.namespace), testkit.Set("lead", w.namespace, testkit.Rank(2), testkit.Permissions("orders=Write")))
		users := w.crowd(50)
		leads := testkit.Binding("leads", w.namespace, testkit.ToSet("lead"), testkit.ForLabels("team", "support"))
		w.settle(leads)
		w.mallory().change(users[7], func() { users[7].Spec.Description = "mine" })
		w.spent()
		w.reconcile(leads)
		got := w.spent()
		Expect(got.writes).To(ConsistOf(HaveSuffix("/rolebindings/leads/status")))
		Expect(got.calls).To(BeEmpty(), "the row goes when the user is written")
		w.reconcile(users[7])
		w.seeSecrets()
		w.spent()
		w.reconcile(leads)
		w.reconcile(users[7])
		Expect(w.spent()).To(Equal(cost{}))
		Expect(w.holders("orders")).To(HaveLen(49))
	})
})
