// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// errCrash stands for whatever ends a reconcile where nothing may end it.
var errCrash = errors.New("a crash")

// gate counts the Secrets that really were created.
func gate(w *world, c faulty) (made *int) {
	made = new(int)
	refuse := c.create
	c.Client, c.create = w.users.Live, func(o client.Object) error {
		if refuse != nil {
			return refuse(o)
		}
		*made++
		return nil
	}
	w.users.Live = c
	return made
}

var _ = Describe("The first password", func() {
	DescribeTable("is one, and works, although an answer of the store was lost",
		func(lose func(*tap)) {
			w := newWorld()
			shop, ann := testkit.Office("shop", w.namespace), testkit.User("ann", w.namespace)
			w.settle(shop)
			made := gate(w, faulty{})
			lose(w.tap())
			w.apply(ann)
			_, err := w.try(ann)
			Expect(err).To(MatchError(errCrash))
			Expect(ann).NotTo(beReady())
			w.tap().loseAnswers(nil)
			w.seeSecrets()
			w.converge(ann)
			Expect(*made).To(Equal(1), "Secrets created")
			Expect(w.logsIn(ann)).To(BeTrue())

			w.seeSecrets()
			w.spent()
			w.reconcile(ann)
			Expect(w.spent()).To(Equal(cost{}))
		},
		Entry("to account and verifier, which were not even written", func(t *tap) { t.cutAt(1, errCrash) }),
		Entry("to account and verifier", func(t *tap) { t.loseAnswerAt(1, errCrash) }),
		Entry("to the record that the Secret was written", func(t *tap) { t.loseAnswerAt(2, errCrash) }),
		Entry("to everything for a while", func(t *tap) { t.loseAnswers(errCrash) }),
	)

	DescribeTable("is one, and works, although the operator crashed",
		func(crash func(*world), want int) {
			w := newWorld()
			shop, ann := testkit.Office("shop", w.namespace), testkit.User("ann", w.namespace)
			w.settle(shop)
			w.apply(ann)
			crash(w)
			_, _ = w.try(ann)
			Expect(ann).NotTo(beReady())
			before := w.passwords(ann)
			Expect(before).To(HaveLen(want), "Secrets before the restart")

			w.tap().cut(nil)
			w.restart()
			w.seeSecrets()
			made := gate(w, faulty{})
			w.reconcile(shop)
			w.converge(ann)
			Expect(*made+want).To(Equal(1), "Secrets created")
			Expect(w.passwords(ann)).To(HaveLen(1))
			if want == 1 {
				Expect(w.keeps(ann, before[0])).To(BeTrue())
			}
			Expect(w.logsIn(ann)).To(BeTrue())
		},
		Entry("before the verifier was stored", func(w *world) { w.tap().cutAt(1, store.ErrUnavailable) }, 0),
		Entry("between verifier and Secret", func(w *world) { gate(w, faulty{create: always(errCrash)}) }, 0),
		Entry("as the Secret was written, without learning of it", func(w *world) { gate(w, faulty{created: errCrash}) }, 1),
		Entry("between Secret and its record", func(w *world) { w.tap().cutAt(2, store.ErrUnavailable) }, 1),
		Entry("between the record and the status", func(w *world) {
			w.users.Client = faulty{Client: w.users.Client, status: errCrash}
		}, 1),
	)

	It("is made anew where the operator lives on after the Secret could not be written", func() {
		w := newWorld()
		ann := testkit.User("ann", w.namespace)
		w.settle(testkit.Office("shop", w.namespace))
		w.apply(ann)
		live := w.users.Live
		w.users.Live = faulty{Client: live, create: always(apierrors.NewInternalError(errCrash))}
		for range 3 {
			_, err := w.try(ann)
			Expect(err).To(HaveOccurred())
			Expect(ann).To(waitFor(v1alpha1.ReasonProgressing))
		}
		w.users.Live = live
		w.converge(ann)
		Expect(w.logsIn(ann)).To(BeTrue())
	})
})

var _ = Describe("A change whose outcome is unknown", func() {
	for outcome, lose := range map[string]func(*tap){
		"written": func(t *tap) { t.loseAnswerAt(1, errCrash) }, "not written": func(t *tap) { t.cutAt(1, errCrash) },
	} {
		It("is repeated where it was "+outcome, func() {
			w := newWorld()
			ann, viewer := testkit.User("ann", w.namespace), testkit.Set("viewer", w.namespace, testkit.Permissions("orders"))
			support := testkit.Binding("support", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"))
			w.settle(testkit.Office("shop", w.namespace), viewer, ann, support)
			Expect(w.permissions("ann")).To(Equal(map[string]string{"orders": "Read"}))
			for _, o := range []struct {
				flow.Object
				change func()
			}{
				{viewer, func() { viewer.Spec.Permissions = nil; testkit.Permissions("stock")(viewer) }},
				{support, func() { testkit.ForUsers("bob")(support) }},
				{ann, func() { testkit.State(v1alpha1.StateBlocked)(ann) }},
			} {
				w.change(o.Object, o.change)
				lose(w.tap())
				_, err := w.try(o.Object)
				Expect(err).To(MatchError(errCrash))
				Expect(o.Object).To(waitFor(v1alpha1.ReasonProgressing))
				w.spent()
				w.reconcile(o.Object)
				Expect(w.spent().calls).To(Equal([]string{"Apply"}))
			}
			Expect(w.permissions("ann")).To(BeEmpty())
			Expect(w.active()).To(BeEmpty())
			Expect(w.query("shop", "SELECT path FROM permission_set_entries")).To(Equal([][]string{{"stock"}}))
			w.spent()
			w.reconcile(ann)
			Expect(w.spent()).To(Equal(cost{}))
		})
	}
})

var _ = Describe("The store's refusal", func() {
	It("of one record stalls its object and nobody else", func() {
		w := newWorld()
		shop, ann, bob := testkit.Office("shop", w.namespace), testkit.User("ann", w.namespace), testkit.User("bob", w.namespace)
		w.settle(shop)
		w.exec("shop", "CREATE TRIGGER refuse BEFORE INSERT ON users WHEN new.login = 'ann' BEGIN SELECT raise(ABORT, 'not here'); END")
		w.settle(ann, bob)
		Expect(ann).To(stallFor(v1alpha1.ReasonStoreRejected))
		Expect(bob).To(beReady())
		Expect(shop).To(beReady())
		w.reconcile(shop)
		Expect(shop).To(beReady())

		w.exec("shop", "DROP TRIGGER refuse")
		w.converge(ann)
		Expect(w.logsIn(ann)).To(BeTrue())
	})

	It("of an older generation of the same object says that it was restored", func() {
		w := newWorld()
		ann, bob, cid := testkit.User("ann", w.namespace), testkit.User("bob", w.namespace), testkit.User("cid", w.namespace)
		viewer := testkit.Set("viewer", w.namespace)
		w.settle(testkit.Office("shop", w.namespace), viewer, ann, bob, cid)
		w.seeSecrets()
		w.exec("shop", "UPDATE users SET generation = 99")
		w.exec("shop", "UPDATE permission_sets SET generation = 99")
		w.hold(ann)
		w.reconcile(ann)
		Expect(ann).To(stallFor(v1alpha1.ReasonStaleObject))
		w.change(viewer, func() { testkit.Permissions("orders")(viewer) })
		w.reconcile(viewer)
		Expect(viewer).To(stallFor(v1alpha1.ReasonStaleObject))

		By("also where it would get a new password")
		w.lose(bob)
		w.hold(bob)
		for range 3 {
			_, _ = w.try(bob)
		}
		Expect(bob).To(stallFor(v1alpha1.ReasonStaleObject))
		Expect(w.query("shop", "SELECT count(*) FROM users WHERE held = 1")[0][0]).To(Equal("0"))

		By("and deletes it nevertheless")
		w.remove(cid)
		w.reconcile(cid)
		Expect(gone(cid)).To(BeTrue())
	})
})
