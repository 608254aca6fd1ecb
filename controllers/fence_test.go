// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"context"
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/controllers"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// lease answers who leads.
func lease(leading bool, err error) controllers.Leadership {
	return func(context.Context) (bool, error) { return leading, err }
}

var _ = Describe("A second manager on the same store", func() {
	for name, made := range map[string]func() *world{"SQLite": newWorld, "PostgreSQL": newPostgresWorld} {
		Context("in "+name, func() {
			var (
				first, second    *world
				shop             *v1alpha1.BackOffice
				ann, bob, doomed *v1alpha1.BackOfficeUser
			)

			BeforeEach(func() {
				first = made()
				shop = first.office("shop")
				ann, bob, doomed = testkit.User("ann", first.namespace), testkit.User("bob", first.namespace), testkit.User("doomed", first.namespace)
				first.settle(shop, ann, bob, doomed)
				first.seeSecrets()
				second = first.twin()
				second.reconcile(shop)
				Expect(shop).To(beReady())
			})

			// contents is all that the store holds of users.
			contents := func() [][]string {
				return first.query("shop", "SELECT * FROM users LEFT JOIN credentials ON user_id = id ORDER BY login")
			}

			DescribeTable("stops the first one, until it is asked to take over",
				func(leading controllers.Leadership) {
					first.offices.Leading = leading
					before := contents()
					first.hold(ann)
					first.reconcile(ann)
					Expect(first.probed).To(Equal(1))
					first.reconcile(shop)
					Expect(shop).To(stallFor(v1alpha1.ReasonFencedOff))
					first.reconcile(ann)
					Expect(ann).To(waitFor(v1alpha1.ReasonFencedOff))
					Expect(message(shop)).To(ContainSubstring(v1alpha1.AnnotationReconcileRequestedAt))
					Expect(first.quit).To(Succeed())

					first.spent()
					cid := testkit.User("cid", first.namespace)
					first.settle(cid)
					first.remove(doomed)
					for _, o := range []flow.Object{ann, cid, doomed} {
						first.reconcile(o)
						Expect(o).To(waitFor(v1alpha1.ReasonFencedOff))
					}
					first.reconcile(bob)
					Expect(bob).To(beReady(), "what is in sync")
					Expect(first.spent().calls).To(BeEmpty(), "it does not even try")
					Expect(first.passwords(ann)).To(HaveLen(3), "of ann, bob and doomed")
					Expect(contents()).To(Equal(before))

					By("being asked")
					first.change(shop, func() {
						testkit.Annotations(v1alpha1.AnnotationReconcileRequestedAt, "2026-11-21T09:30:00Z")(shop)
					})
					first.reconcile(shop)
					Expect(shop).To(beReady())
					for _, o := range []flow.Object{ann, cid} {
						first.reconcile(o)
						Expect(o).To(beReady())
					}
					first.reconcile(doomed)
					Expect(gone(doomed)).To(BeTrue())
					Expect(first.logsIn(ann)).To(BeFalse())
					Expect(first.logsIn(cid)).To(BeTrue())
				},
				Entry("without leader election", nil),
				Entry("with the lead still in its hands", lease(true, nil)),
			)

			It("ends the first one where that has lost the lead, whatever it still tries", func() {
				first.offices.Leading = lease(false, nil)
				before := contents()
				first.hold(ann)
				first.spent()
				first.reconcile(ann)
				first.reconcile(ann)
				first.remove(doomed)
				first.reconcile(doomed)
				cid := testkit.User("cid", first.namespace)
				first.settle(cid)
				Expect(first.spent().writes).NotTo(ContainElement(HaveSuffix("/status")), "which is for the second one to say, who does not hear of it")
				first.reconcile(shop)
				Expect(first.quit).To(MatchError(ContainSubstring("the lead is lost")))
				Expect(shop).To(beReady(), "which is for the second one to say")
				Expect(first.spent().writes).To(BeEmpty())
				for _, o := range []client.Object{shop, ann, doomed, cid} {
					first.reconcile(o)
				}
				Expect(gone(doomed)).To(BeFalse())
				Expect(contents()).To(Equal(before))

				for _, o := range []flow.Object{ann, cid, doomed} {
					second.reconcile(o)
				}
				Expect(second.logsIn(ann)).To(BeFalse())
				Expect(second.logsIn(cid)).To(BeTrue())
				Expect(gone(doomed)).To(BeTrue())
			})

			It("ends nothing while it is not known who leads", func() {
				first.offices.Leading = lease(false, errors.New("the API server does not answer"))
				first.hold(ann)
				first.reconcile(ann)
				_, err := first.try(shop)
				Expect(err).To(HaveOccurred())
				Expect(first.quit).To(Succeed())
				Expect(shop).To(waitFor(v1alpha1.ReasonProgressing))
			})

			It("is found by the next probe, where there is nothing to write", func() {
				first.reconcile(shop)
				Expect(shop).To(stallFor(v1alpha1.ReasonFencedOff))
			})
		})
	}
})
