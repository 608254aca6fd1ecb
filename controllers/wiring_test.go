// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"context"
	"fmt"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/controllers"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/store/sqlite"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// fileByURL stands for PostgreSQL where only the way to a store matters: the URL is the path of an SQLite file.
type fileByURL struct{}

// Open implements store.Driver.
func (fileByURL) Open(ctx context.Context, o store.Options) (store.Store, error) {
	o.Schema = ""
	return sqlite.Driver{}.Open(ctx, o)
}

// managed is a world of which a running manager takes care. It sees objects of no other namespaces, and so no other spec's.
type managed struct{ *world }

func newManaged(others ...string) managed {
	GinkgoHelper()
	w := newWorld()
	namespaces := map[string]cache.Config{w.namespace: {}}
	for _, other := range others {
		namespaces[other] = cache.Config{}
	}
	mgr, err := ctrl.NewManager(cluster.Manager, ctrl.Options{
		Scheme:  cluster.Scheme,
		Metrics: metricsserver.Options{BindAddress: "0"},
		Cache: cache.Options{
			DefaultNamespaces: namespaces,
			ByObject:          map[client.Object]cache.ByObject{&corev1.Secret{}: {Label: labelledSecrets()}},
		},
		Client:     client.Options{FieldOwner: "backoffice-operator", Cache: &client.CacheOptions{EnableReadYourWritesConsistency: new(true)}},
		Controller: config.Controller{SkipNameValidation: new(true)}, // every spec has the same controllers
	})
	Expect(err).NotTo(HaveOccurred())
	Expect(gather.SetupIndexes(ctx, mgr.GetFieldIndexer())).To(Succeed())
	Expect(controllers.Setup(mgr, controllers.Options{
		Stores: controllers.Stores{
			Drivers:   map[v1alpha1.StoreKind]store.Driver{v1alpha1.StoreSQLite: sqlite.Driver{}, v1alpha1.StorePostgreSQL: fileByURL{}},
			SQLiteDir: w.dir,
		},
		Workers: 8, Clock: clock.RealClock{},
	})).To(Succeed())
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(running) }()
	DeferCleanup(func() {
		stop()
		Expect(<-ended).To(Succeed())
	})
	return managed{w}
}

// apply creates objects.
func (m managed) apply(objects ...client.Object) {
	GinkgoHelper()
	for _, o := range objects {
		m.author.admit(nil, o)
		Expect(admin.Create(ctx, o)).To(Succeed())
	}
}

// change changes an object.
func (m managed) change(o client.Object, change func()) {
	GinkgoHelper()
	Expect(admin.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
	before := o.DeepCopyObject().(client.Object)
	change()
	m.author.admit(before, o)
	Expect(admin.Patch(ctx, o, client.MergeFrom(before))).To(Succeed())
}

// comes waits until an object matches.
func comes(o flow.Object, matcher OmegaMatcher) {
	GinkgoHelper()
	Eventually(func() (flow.Object, error) { return o, admin.Get(ctx, client.ObjectKeyFromObject(o), o) }, soon).Should(matcher)
}

// leaves deletes objects and waits until they are gone.
func leaves(objects ...client.Object) {
	GinkgoHelper()
	for _, o := range objects {
		Expect(admin.Delete(ctx, o)).To(Succeed())
	}
	for _, o := range objects {
		Eventually(func() error { return admin.Get(ctx, client.ObjectKeyFromObject(o), o) }, soon).Should(Satisfy(apierrors.IsNotFound))
	}
}

func haveSets(sets ...string) OmegaMatcher {
	return HaveField("Status.PermissionSets", Equal(sets))
}

// These specs show who wakes whom in a running manager; what each reconcile does is in the others.
var _ = Describe("A running manager", func() {
	It("reconciles a back office: when it comes, changes, and when the last object that refers to it goes", func() {
		m := newManaged()
		office, ann := testkit.Office("shop", m.namespace), testkit.User("ann", m.namespace)
		set, binding := testkit.Set("viewer", m.namespace, testkit.Permissions("orders")), testkit.Binding("b", m.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"))
		m.apply(binding, set, ann)
		comes(ann, waitFor(v1alpha1.ReasonReferenceNotFound))

		By("connecting, which wakes all that belongs to it")
		m.apply(office)
		for _, o := range []flow.Object{office, ann, set, binding} {
			comes(o, beReady())
		}
		Expect(m.logsIn(ann)).To(BeTrue())

		By("changing its policy and its catalogue")
		m.change(office, func() {
			testkit.IPPolicy(v1alpha1.IPPolicy{Required: true})(office)
			testkit.Catalog("stock")(office)
		})
		comes(ann, stallFor(v1alpha1.ReasonPolicyViolated))
		comes(set, stallFor(v1alpha1.ReasonPermissionUnknown))
		Expect(m.active()).To(BeEmpty())
		m.change(office, func() { office.Spec.Policy, office.Spec.PermissionCatalog = nil, nil })
		comes(ann, beReady())
		comes(set, beReady())

		By("going last")
		Expect(admin.Delete(ctx, office)).To(Succeed())
		comes(office, waitFor(v1alpha1.ReasonInUse))
		leaves(ann, binding, set)
		Eventually(func() error { return admin.Get(ctx, client.ObjectKeyFromObject(office), office) }, soon).Should(Satisfy(apierrors.IsNotFound))
	})

	It("reconciles a back office when the Secret with its URL gets its label, and another URL", func() {
		m := newManaged()
		secret := &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Name: "url", Namespace: m.namespace},
			StringData: map[string]string{"url": m.file("shop")},
		}
		office := testkit.Office("shop", m.namespace, testkit.OnOffice(func(o *v1alpha1.BackOffice) {
			o.Spec.Store = v1alpha1.Store{Postgres: &v1alpha1.PostgresStore{Owner: "spec", URLSecretRef: v1alpha1.SecretKeyReference{Name: "url", Key: "url"}}}
		}))
		ann := testkit.User("ann", m.namespace)
		m.apply(secret, office, ann)
		comes(office, stallFor(v1alpha1.ReasonSecretNotPermitted))
		comes(ann, waitFor(v1alpha1.ReasonBackOfficeNotReady))

		m.change(secret, func() { secret.Labels = map[string]string{v1alpha1.LabelSecret: v1alpha1.SecretStoreURL} })
		comes(office, beReady())
		comes(ann, beReady())
		Expect(m.logsIn(ann)).To(BeTrue())
		password := m.password(ann)

		other := filepath.Join(m.dir, "other.db")
		m.change(secret, func() { secret.StringData = map[string]string{"url": other} })
		Eventually(func() (login string, err error) {
			db, err := sqlite.OpenReader(other)
			if err != nil {
				return "", err
			}
			defer func() { _ = db.Close() }()
			err = db.QueryRowContext(ctx, "SELECT login FROM active_users WHERE verifier IS NOT NULL").Scan(&login)
			return login, err
		}, soon).Should(Equal("ann"))
		Expect(m.hasPassword(ann, password)).To(BeTrue())
	})

	It("reconciles a set: when it comes, when one that it extends does, and when its key is free", func() {
		m := newManaged()
		clerk := testkit.Set("clerk", m.namespace, testkit.Extends("viewer"))
		viewer, base := testkit.Set("viewer", m.namespace, testkit.Extends("base"), setKey("k")), testkit.Set("base", m.namespace, testkit.Permissions("orders"))
		rival := testkit.Set("rival", m.namespace, setKey("k"))
		m.apply(testkit.Office("shop", m.namespace), clerk, viewer)
		comes(clerk, waitFor(v1alpha1.ReasonReferenceNotFound))
		m.apply(base)
		for _, s := range []*v1alpha1.PermissionSet{base, viewer, clerk} {
			comes(s, beReady())
		}
		m.apply(rival)
		comes(rival, waitFor(v1alpha1.ReasonKeyTaken))

		leaves(viewer)
		comes(rival, beReady())
		comes(clerk, waitFor(v1alpha1.ReasonReferenceNotFound))
		m.change(rival, func() { testkit.Extends("clerk")(rival) })
		comes(rival, waitFor(v1alpha1.ReasonReferenceNotFound))
		m.change(clerk, func() { clerk.Spec.Extends = nil })
		comes(clerk, beReady())
		comes(rival, beReady())
	})

	It("reconciles a binding: when it comes, when its set does, and when the users do that it names", func() {
		m := newManaged()
		binding := testkit.Binding("b", m.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann", "bob"))
		viewer := testkit.Set("viewer", m.namespace, testkit.Permissions("orders"))
		ann, bob := testkit.User("ann", m.namespace), testkit.User("bob", m.namespace)
		m.apply(testkit.Office("shop", m.namespace), ann, binding)
		comes(binding, waitFor(v1alpha1.ReasonReferenceNotFound))
		m.apply(viewer)
		comes(binding, And(waitFor(v1alpha1.ReasonReferenceNotFound), HaveField("Status.Conditions", ContainElement(HaveField("Message", ContainSubstring("bob"))))))
		m.apply(bob)
		comes(binding, beReady())
		Eventually(func() []string { return m.holders("orders") }, soon).Should(Equal([]string{"ann", "bob"}))
		leaves(bob)
		comes(binding, waitFor(v1alpha1.ReasonReferenceNotFound))

		leaves(viewer)
		Eventually(func() string { return message(refreshed(binding)) }, soon).Should(ContainSubstring("viewer"))
		m.apply(testkit.Set("viewer", m.namespace, testkit.Permissions("stock")))
		Eventually(func() map[string]string { return m.permissions("ann") }, soon).Should(Equal(map[string]string{"stock": "Read"}))
	})

	It("reconciles a user: when it comes, when its bindings change, and when its Secret is lost", func() {
		m := newManaged()
		ann := testkit.User("ann", m.namespace, testkit.Labels("team", "support"))
		binding := testkit.Binding("b", m.namespace, testkit.ToSet("viewer"), testkit.ForLabels("team", "support"))
		m.apply(testkit.Office("shop", m.namespace), ann)
		comes(ann, beReady())
		m.apply(binding)
		comes(ann, haveSets(m.namespace+"/viewer"))
		m.change(binding, func() { testkit.ToSet("picker")(binding) })
		comes(ann, haveSets(m.namespace+"/picker"))
		m.change(binding, func() { testkit.ForLabels("team", "sales")(binding) })
		comes(ann, HaveField("Status.PermissionSets", BeEmpty()))
		m.change(binding, func() { testkit.ForLabels("team", "support")(binding) })
		comes(ann, haveSets(m.namespace+"/picker"))
		leaves(binding)
		comes(ann, HaveField("Status.PermissionSets", BeEmpty()))

		By("issuing another password for a Secret that is deleted")
		password := m.password(ann)
		Expect(admin.Delete(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "ann-credentials", Namespace: m.namespace}})).To(Succeed())
		Eventually(func(g Gomega) {
			g.Expect(admin.Get(ctx, client.ObjectKey{Namespace: m.namespace, Name: "ann-credentials"}, &corev1.Secret{})).To(Succeed())
			g.Expect(m.logsIn(ann)).To(BeTrue())
			g.Expect(m.hasPassword(ann, password)).To(BeFalse())
		}, soon).Should(Succeed())

		By("holding the account")
		m.change(ann, func() { ann.Annotations = map[string]string{v1alpha1.AnnotationHold: "spec"} })
		comes(ann, HaveField("Status.State", v1alpha1.StateBlocked))
		Expect(m.active()).To(BeEmpty())
	})

	It("puts right what a manager that leads no more says of its own connection", func() {
		m := newManaged()
		set, ann := testkit.Set("viewer", m.namespace), testkit.User("ann", m.namespace)
		binding := testkit.Binding("b", m.namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"))
		m.apply(testkit.Office("shop", m.namespace), set, binding, ann)
		for _, o := range []flow.Object{set, binding, ann} {
			comes(o, beReady())
			for _, reason := range []string{v1alpha1.ReasonStoreUnavailable, v1alpha1.ReasonFencedOff} {
				meta.SetStatusCondition(o.GetConditions(), metav1.Condition{
					Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: reason, ObservedGeneration: o.GetGeneration(),
				})
				Expect(admin.Status().Update(ctx, o)).To(Succeed())
				Expect(o).To(testkit.HaveCondition(v1alpha1.ConditionReady, metav1.ConditionFalse, reason))
				comes(o, beReady())
			}
		}
	})

	It("gives a login that becomes free to the user who waits for it, with the Secret of the former user of its name out of the way", Label("O-11", "A-08"), func() {
		m := newManaged()
		ann := testkit.User("ann", m.namespace, testkit.Login("Ann"), deletionPolicy(v1alpha1.DeletionDelete))
		m.apply(testkit.Office("shop", m.namespace), ann)
		comes(ann, beReady())
		waiter := testkit.User("waiter", m.namespace, testkit.Login("ann"), deletionPolicy(v1alpha1.DeletionDelete))
		m.apply(waiter)
		comes(waiter, waitFor(v1alpha1.ReasonLoginTaken))
		leaves(ann)
		comes(waiter, beReady())
		leaves(waiter)

		again := testkit.User("ann", m.namespace, testkit.Login("Ann"))
		m.apply(again)
		comes(again, beReady())
		Expect(m.logsIn(again)).To(BeTrue())
	})

	It("gives every seat that becomes free to somebody who waits, also when many do at once", Label("A-12"), func() {
		m := newManaged()
		const seats = 8
		office := testkit.Office("shop", m.namespace, testkit.Seats(seats, seats))
		m.apply(office)
		comes(office, beReady())
		var seated []client.Object
		var waiting []*v1alpha1.BackOfficeUser
		for i := range seats {
			u := testkit.User(fmt.Sprintf("seated-%d", i), m.namespace)
			m.apply(u)
			comes(u, beReady())
			seated = append(seated, u)
		}
		for i := range seats {
			u := testkit.User(fmt.Sprintf("waiting-%d", i), m.namespace)
			m.apply(u)
			waiting = append(waiting, u)
		}
		for _, u := range waiting {
			comes(u, waitFor(v1alpha1.ReasonQuotaExceeded))
		}
		leaves(seated...)
		for _, u := range waiting {
			comes(u, beReady())
		}
		Expect(m.active()).To(HaveLen(seats))
	})
})

func refreshed[T client.Object](o T) T {
	GinkgoHelper()
	Expect(admin.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
	return o
}
