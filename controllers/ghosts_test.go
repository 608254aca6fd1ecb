// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// vanish deletes objects without a farewell, as when a cluster is rebuilt: their finalizers go by force, and the operator never sees them dying.
func (w *world) vanish(objects ...client.Object) {
	GinkgoHelper()
	for _, o := range objects {
		Expect(admin.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
		before := o.DeepCopyObject().(client.Object)
		o.SetFinalizers(nil)
		Expect(admin.Patch(ctx, o, client.MergeFrom(before))).To(Succeed())
		Expect(admin.Delete(ctx, o)).To(Succeed())
		w.gone(o)
	}
}

// compared has the whole store compared with what is known of it, which is done every ten minutes.
func (w *world) compared(shop *v1alpha1.BackOffice) {
	GinkgoHelper()
	w.clock.SetTime(w.clock.Now().Add(11 * time.Minute))
	w.reconcile(shop)
}

// connectedBecause is the reason of the condition which says that the store answers, with its message.
func connectedBecause(shop *v1alpha1.BackOffice) string {
	c := meta.FindStatusCondition(shop.Status.Conditions, v1alpha1.ConditionStoreConnected)
	if c == nil {
		return ""
	}
	return c.Reason + ": " + c.Message
}

// forbidding is a client that may read nothing.
type forbidding struct{ client.Client }

// Get implements client.Reader.
func (forbidding) Get(_ context.Context, key client.ObjectKey, _ client.Object, _ ...client.GetOption) error {
	return apierrors.NewForbidden(schema.GroupResource{}, key.Name, nil)
}

// List implements client.Reader.
func (forbidding) List(context.Context, client.ObjectList, ...client.ListOption) error {
	return apierrors.NewForbidden(schema.GroupResource{}, "", nil)
}

// isIn tells how many rows of a kind the store has.
func (w *world) isIn(table string) string {
	GinkgoHelper()
	return w.query("shop", "SELECT count(*) FROM "+table)[0][0]
}

// oneGhost and noGhost are what the condition says.
var oneGhost, noGhost = And(HavePrefix(v1alpha1.ReasonAccountsWithoutObject), ContainSubstring(": 1. ")), Equal("Connected: the store answers")

// isInForce and isNotInForce are what databases say.
var isInForce, isNotInForce = BeElementOf("1", "true"), BeElementOf("0", "false")

var _ = Describe("Rows whose object is gone without a farewell", func() {
	for name, made := range map[string]func() *world{"SQLite": newWorld, "PostgreSQL": newPostgresWorld} {
		Context("in "+name, func() {
			var (
				w        *world
				shop     *v1alpha1.BackOffice
				viewer   *v1alpha1.PermissionSet
				support  *v1alpha1.RoleBinding
				ann, bob *v1alpha1.BackOfficeUser
				before   map[string]string
				password string
			)
			newAnn := func() *v1alpha1.BackOfficeUser {
				return testkit.User("ann", w.namespace, testkit.Login("Ann.Martin"), testkit.IPs("203.0.113.7"), testkit.Email("ann@shop.example"))
			}
			newSupport := func() *v1alpha1.RoleBinding {
				return testkit.Binding("support", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann", "bob"))
			}
			newViewer := func() *v1alpha1.PermissionSet {
				return testkit.Set("viewer", w.namespace, testkit.Permissions("orders"))
			}

			BeforeEach(func() {
				w = made()
				shop, ann, bob, viewer, support = w.office("shop"), newAnn(), testkit.User("bob", w.namespace), newViewer(), newSupport()
				w.settle(shop, viewer, ann, bob, support)
				w.seeSecrets()
				before, password = w.row("Ann.Martin"), w.password(ann)
				Expect(w.active()).To(ConsistOf("Ann.Martin", "bob"))
			})

			expectBlocked := func() {
				GinkgoHelper()
				row := w.row("Ann.Martin")
				Expect(row["in_force"]).To(isNotInForce)
				for _, column := range []string{"id", "owner", "uid", "login", "state", "full_name", "account_type"} {
					Expect(row[column]).To(Equal(before[column]), column)
				}
				Expect(w.active()).NotTo(ContainElement("Ann.Martin"))
				Expect(w.accepts("Ann.Martin", password)).To(BeTrue(), "the password is kept, for whoever comes back")
			}

			It("give nothing any more; accounts are kept and reported, and nothing is asked about them again", func() {
				w.vanish(viewer, support, ann)
				w.reconcile(shop)
				Expect(w.row("Ann.Martin")).To(Equal(before), "it is too early")
				woken := w.woken
				w.compared(shop)
				expectBlocked()
				Expect(w.isIn("permission_sets")).To(Equal("0"))
				Expect(w.isIn("role_bindings")).To(Equal("0"))
				Expect(w.woken).To(BeNumerically(">", woken), "others may wait for the key")
				Expect(w.active()).To(Equal([]string{"bob"}))
				Expect(shop).To(beReady())
				Expect(connectedBecause(shop)).To(And(oneGhost, Not(ContainSubstring("nn.Martin"))))

				w.spent()
				w.compared(shop)
				got := w.spent()
				Expect(got.writes).To(BeEmpty())
				Expect(got.reads).NotTo(ContainElement(ContainSubstring("/backofficeusers")))
				Expect(got.calls).To(Equal([]string{"Ping", "Observe"}))

				By("a restart")
				w.restart()
				w.spent()
				w.reconcile(shop)
				got = w.spent()
				Expect(got.writes).To(BeEmpty())
				Expect(got.applies).To(BeZero())
				expectBlocked()
				Expect(connectedBecause(shop)).To(oneGhost)

				By("a row that somebody has put in force, and one that somebody deletes")
				w.exec("shop", "UPDATE users SET in_force = true WHERE login = 'Ann.Martin'")
				w.compared(shop)
				expectBlocked()
				w.exec("shop", "DELETE FROM users WHERE login = 'Ann.Martin'")
				w.compared(shop)
				Expect(connectedBecause(shop)).To(noGhost)
			})

			It("are found when the store is opened, and are in force again as soon as their object is", func() {
				w.vanish(viewer, support, ann)
				w.restart()
				w.reconcile(shop)
				expectBlocked()
				Expect(connectedBecause(shop)).To(oneGhost)

				w.collected(ann)
				ann, viewer, support = newAnn(), newViewer(), newSupport()
				w.settle(viewer, ann, support)
				w.converge(ann)
				row := w.row("Ann.Martin")
				Expect(row["id"]).To(Equal(before["id"]))
				Expect(row["uid"]).To(Equal(string(ann.UID)))
				Expect(w.logsIn(ann)).To(BeTrue())
				Expect(w.permissions("Ann.Martin")).To(Equal(map[string]string{"orders": "Read"}))
				w.reconcile(shop)
				Expect(connectedBecause(shop)).To(noGhost, "the next ping sees it")
				w.compared(shop)
				Expect(w.row("Ann.Martin")).To(Equal(row))
			})

			It("are left to objects that were made anew, where these can take them over, until the next time", func() {
				w.vanish(viewer, support, ann, bob)
				w.collected(ann)
				w.collected(bob)
				ann, viewer, support = newAnn(), newViewer(), newSupport()
				w.apply(viewer, ann, support)
				w.behind().apply(testkit.User("bob", w.namespace)) // behind whom nobody stands: it never takes anything over
				w.restart()
				w.reconcile(shop)
				Expect(w.row("Ann.Martin")).To(Equal(before))
				Expect(w.active()).To(ConsistOf("Ann.Martin", "bob"))
				Expect(w.isIn("permission_sets")).To(Equal("1"))

				for _, o := range []client.Object{viewer, ann, support} {
					w.reconcile(o)
				}
				Expect(w.row("Ann.Martin")["uid"]).To(Equal(string(ann.UID)))
				w.compared(shop)
				Expect(w.active()).To(Equal([]string{"Ann.Martin"}))
				Expect(w.isIn("permission_sets")).To(Equal("1"))
				Expect(w.isIn("role_bindings")).To(Equal("1"))
				Expect(connectedBecause(shop)).To(oneGhost, "bob's")
			})

			It("are all blocked at once, without the brake, where they are most, and not one is deleted", func() {
				const n = 30
				users := w.crowd(n)
				rows := w.isIn("users")
				verifiers := w.query("shop", "SELECT verifier FROM credentials ORDER BY verifier")
				w.vanish(asObjects(users)...)
				w.compared(shop)
				Expect(shop).To(beReady())
				Expect(w.active()).To(ConsistOf("Ann.Martin", "bob"))
				Expect(w.isIn("users")).To(Equal(rows))
				Expect(w.query("shop", "SELECT verifier FROM credentials ORDER BY verifier")).To(Equal(verifiers))
				Expect(connectedBecause(shop)).To(And(HavePrefix(v1alpha1.ReasonAccountsWithoutObject), ContainSubstring(": %d. ", n)))
			})

			DescribeTable("are given back to nobody with less power than it takes to touch who had them",
				func(seen func(apply func())) {
					boss := testkit.Set("boss", w.namespace, testkit.Rank(1), testkit.Permissions("users=Write"))
					bosses := testkit.Binding("bosses", w.namespace, testkit.ToSet("boss"), testkit.ForUsers("ann"))
					w.settle(boss, bosses)
					w.reconcile(ann)
					Expect(w.held("Ann.Martin")).To(ConsistOf("orders", "users"))
					before = w.row("Ann.Martin")
					w.seeSecrets()
					w.vanish(bosses, boss, support, viewer, ann)
					w.collected(ann)
					ann = newAnn()
					seen(func() { w.mallory().apply(ann) })
					refused := func() {
						GinkgoHelper()
						w.reconcile(ann)
						Expect(ann).To(stallFor(v1alpha1.ReasonNotAuthorized))
						Expect(w.row("Ann.Martin")["uid"]).To(Equal(before["uid"]))
					}
					refused()
					for range 2 {
						w.compared(shop)
						expectBlocked()
						Expect(w.isIn("role_bindings")).To(Equal("0"))
						Expect(w.isIn("permission_sets")).To(Equal("0"))
						refused()
						w.restart()
						w.reconcile(shop)
					}
					w.readmit(ann)
					w.converge(ann)
					Expect(w.row("Ann.Martin")["id"]).To(Equal(before["id"]))
					Expect(w.active()).To(ContainElement("Ann.Martin"))
				},
				Entry("when the new object is there before the store is opened", func(apply func()) {
					apply()
					w.restart()
					w.reconcile(shop)
				}),
				Entry("when it comes after they were blocked", func(apply func()) {
					w.compared(shop)
					apply()
				}),
				Entry("when they were withheld before they were lost", func(apply func()) {
					w.exec("shop", "UPDATE users SET in_force = false")
					w.compared(shop)
					apply()
				}),
			)

			DescribeTable("are never taken back from an object that was made anew while they were swept",
				func(statement string) {
					if statement != "" {
						w.exec("shop", statement)
					}
					w.vanish(ann)
					w.tap().before(func() {
						w.exec("shop", "UPDATE users SET uid = 'made-anew', in_force = true WHERE login = 'Ann.Martin'")
					})
					w.compared(shop)
					row := w.row("Ann.Martin")
					Expect(row["uid"]).To(Equal("made-anew"))
					Expect(row["in_force"]).To(isInForce)
					Expect(w.isIn("users")).To(Equal("2"))
					Expect(connectedBecause(shop)).To(noGhost)
				},
				Entry("with a password", ""),
				Entry("without one", "UPDATE credentials SET verifier = ''"),
				Entry("that never had one", "DELETE FROM credentials"),
			)

			It("are looked at again where somebody has written them while they were swept", func() {
				w.vanish(ann)
				w.tap().before(func() { w.exec("shop", "UPDATE credentials SET version = version + 1") })
				w.compared(shop)
				Expect(w.row("Ann.Martin")["in_force"]).To(isInForce)
				w.reconcile(shop)
				Expect(w.row("Ann.Martin")["in_force"]).To(isNotInForce)
			})

			It("are swept after a store or an API server has failed meanwhile", func() {
				w.vanish(ann, viewer)
				w.offices.Live = faulty{Client: liveClient(), get: always(errors.New("the API server does not answer"))}
				w.clock.SetTime(w.clock.Now().Add(11 * time.Minute))
				_, err := w.try(shop)
				Expect(err).To(HaveOccurred())
				Expect(w.row("Ann.Martin")).To(Equal(before), "an error is no absence")

				w.offices.Live = liveClient()
				w.tap().cutAt(1, store.ErrUnavailable)
				w.reconcile(shop)
				Expect(shop).To(waitFor(v1alpha1.ReasonStoreUnavailable))
				Expect(w.row("Ann.Martin")).To(Equal(before))
				w.tap().loseAnswerAt(1, errors.New("the answer is lost"))
				_, err = w.try(shop)
				Expect(err).To(HaveOccurred())
				w.reconcile(shop)
				expectBlocked()
				Expect(w.isIn("permission_sets")).To(Equal("0"))
				Expect(connectedBecause(shop)).To(oneGhost)
			})
		})
	}
})

var _ = Describe("An object that lives", func() {
	var (
		w    *world
		shop *v1alpha1.BackOffice
		all  []client.Object
	)
	contents := func() (all [][][]string) {
		for _, table := range []string{"users", "permission_sets", "role_bindings", "credentials"} {
			all = append(all, w.query("shop", "SELECT * FROM "+table+" ORDER BY 1, 2, 3"))
		}
		return all
	}
	absent := func(o client.Object) error {
		if _, office := o.(*v1alpha1.BackOffice); office {
			return nil
		}
		return apierrors.NewNotFound(schema.GroupResource{}, o.GetName())
	}

	BeforeEach(func() {
		w = newWorld()
		shop = testkit.Office("shop", w.namespace)
		all = []client.Object{shop, testkit.Set("viewer", w.namespace)}
		for i := range 15 {
			all = append(all, testkit.User(fmt.Sprint("user-", i), w.namespace))
		}
		all = append(all, testkit.Binding("support", w.namespace, testkit.ToSet("viewer"), testkit.ForUsers("user-1")))
		w.settle(all...)
	})

	It("is never taken for gone by a cache that lags", func() {
		before := contents()
		client := w.offices.Client
		w.offices.Client = faulty{Client: client, get: absent}
		w.spent()
		w.compared(shop)
		Expect(w.spent().applies).To(BeZero())
		w.restart()
		w.offices.Client = faulty{Client: client, get: absent}
		w.reconcile(shop)
		Expect(w.spent().applies).To(BeZero())
		Expect(contents()).To(Equal(before))
		Expect(shop).To(beReady())
		Expect(connectedBecause(shop)).To(noGhost)
	})

	It("is never taken for gone where it may not be read: not by the cache, which watches other namespaces, and not live", func() {
		before := contents()
		w.offices.Client = faulty{Client: w.offices.Client, get: func(o client.Object) error {
			if absent(o) == nil {
				return nil
			}
			return errors.New("unknown namespace for the cache")
		}}
		w.spent()
		w.compared(shop)
		Expect(w.spent().calls).To(Equal([]string{"Ping", "Observe"}))

		w.restart()
		w.offices.Client = faulty{Client: w.offices.Client, get: absent}
		w.offices.Live = forbidding{liveClient()}
		w.reconcile(shop)
		Expect(w.spent().applies).To(BeZero())
		Expect(contents()).To(Equal(before))
		Expect(shop).To(beReady())
	})

	It("that was deleted leaves nothing that is taken for such a row, whatever became of the account", func() {
		ann := testkit.User("ann", w.namespace, deletionPolicy(v1alpha1.DeletionOrphan))
		bob := testkit.User("bob", w.namespace, deletionPolicy(v1alpha1.DeletionDeactivate))
		w.settle(ann, bob)
		w.end(ann)
		w.end(bob)
		before := contents()
		w.compared(shop)
		w.restart()
		w.reconcile(shop)
		Expect(contents()).To(Equal(before))
		Expect(connectedBecause(shop)).To(noGhost)
	})
})
