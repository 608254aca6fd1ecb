// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/controllers"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/store/postgres"
	"github.com/backoffice-operator/backoffice-operator/internal/store/sqlite"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// world is what one spec has for itself: a namespace, reconcilers, a clock, and a directory of stores.
type world struct {
	namespace string
	dir       string
	clock     *clocktesting.FakePassiveClock
	events    *events.FakeRecorder
	// sqlite and postgres are the drivers; in a world on PostgreSQL, base and schema are where its stores lie.
	sqlite, postgres *tappedDriver
	base, schema     string
	// author applies and changes objects.
	author *author
	// leading is what the Lease says; nil without leader election.
	leading controllers.Leadership

	connections *controllers.Connections
	offices     *controllers.BackOfficeReconciler
	sets        *controllers.PermissionSetReconciler
	bindings    *controllers.RoleBindingReconciler
	users       *controllers.UserReconciler
	// probed and woken count the calls of the reconcilers to each other, refused are the bindings that were told of a refusal.
	probed, woken int
	refused       []string
	// crowded and freed are the users that were called for: for too many sets, and for an e-mail address that is free.
	crowded, freed []string
	// quit is why the process would have ended.
	quit error
	// heed is shown every object as a reconcile left it.
	heed func(client.Object)
}

func newWorld() *world {
	GinkgoHelper()
	w := &world{
		namespace: testkit.FreshNamespace(ctx, admin), dir: GinkgoT().TempDir(),
		clock: clocktesting.NewFakePassiveClock(time.Now()), author: somebody,
		sqlite: &tappedDriver{Driver: sqlite.Driver{}}, postgres: &tappedDriver{Driver: postgres.Driver{}},
	}
	w.start()
	DeferCleanup(func() { _ = w.connections.Close() })
	return w
}

// start makes fresh reconcilers, as a new manager has them: they know nothing.
func (w *world) start() {
	w.connections, w.events = controllers.NewConnections(), events.NewFakeRecorder(1000)
	base := controllers.Base{
		Runner: flow.Runner{Client: operator.GetClient(), Recorder: w.events},
		Live:   liveClient(), Gather: gather.Gatherer{Reader: operator.GetClient(), Clock: w.clock},
		Connections: w.connections, Clock: w.clock,
	}
	w.offices = &controllers.BackOfficeReconciler{
		Base: base,
		Stores: controllers.Stores{
			Drivers:   map[v1alpha1.StoreKind]store.Driver{v1alpha1.StoreSQLite: w.sqlite, v1alpha1.StorePostgreSQL: w.postgres},
			SQLiteDir: w.dir,
		},
		Probe:   func(types.NamespacedName) { w.probed++ },
		Wake:    func(*v1alpha1.BackOffice, ...store.Record) { w.woken++ },
		Leading: w.leading,
		Quit:    func(reason error) { w.quit = reason },
	}
	w.sets = &controllers.PermissionSetReconciler{Base: base}
	w.bindings = &controllers.RoleBindingReconciler{Base: base, Crowded: func(user types.NamespacedName) { w.crowded = append(w.crowded, user.Name) }}
	w.users = &controllers.UserReconciler{
		Base:    base,
		Refused: func(binding types.NamespacedName) { w.refused = append(w.refused, binding.Name) },
		Freed:   func(user types.NamespacedName) { w.freed = append(w.freed, user.Name) },
	}
}

// twin is another manager on the same objects and stores.
func (w *world) twin() *world {
	t := &world{
		namespace: w.namespace, dir: w.dir, clock: w.clock, base: w.base, schema: w.schema, author: w.author,
		sqlite: &tappedDriver{Driver: sqlite.Driver{}}, postgres: &tappedDriver{Driver: postgres.Driver{}},
	}
	t.start()
	DeferCleanup(func() { _ = t.connections.Close() })
	return t
}

// restart replaces the reconcilers, as when the manager's pod is replaced.
func (w *world) restart() {
	GinkgoHelper()
	Expect(w.connections.Close()).To(Succeed())
	w.start()
}

func liveClient() client.Client {
	GinkgoHelper()
	c, err := client.New(operator.GetConfig(), client.Options{Scheme: operator.GetScheme(), Mapper: operator.GetRESTMapper(), FieldOwner: "backoffice-operator"})
	Expect(err).NotTo(HaveOccurred())
	return c
}

// tap is in the line to the stores of this world.
func (w *world) tap() *tap {
	if w.schema != "" {
		return &w.postgres.tap
	}
	return &w.sqlite.tap
}

// apply creates objects in the hands of the author, in the spec's namespace unless they name one, and waits until the operator sees them.
func (w *world) apply(objects ...client.Object) {
	GinkgoHelper()
	for _, o := range objects {
		if o.GetNamespace() == "" {
			o.SetNamespace(w.namespace)
		}
		w.author.admit(nil, o)
		Expect(admin.Create(ctx, o)).To(Succeed())
		w.seen(o)
	}
}

// change changes an object in the hands of the author, and waits until the operator sees it.
func (w *world) change(o client.Object, change func()) {
	GinkgoHelper()
	Expect(admin.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
	before := o.DeepCopyObject().(client.Object)
	change()
	w.author.admit(before, o)
	Expect(admin.Patch(ctx, o, client.MergeFrom(before))).To(Succeed())
	w.seen(o)
}

// remove deletes an object and waits until the operator sees that.
func (w *world) remove(o client.Object) {
	GinkgoHelper()
	Expect(admin.Delete(ctx, o)).To(Succeed())
	Eventually(func(g Gomega) {
		err := operator.GetCache().Get(ctx, client.ObjectKeyFromObject(o), o)
		g.Expect(apierrors.IsNotFound(err) || err == nil && !o.GetDeletionTimestamp().IsZero()).To(BeTrue())
	}, soon, time.Millisecond).Should(Succeed())
}

// seen waits until the operator's cache has this version of the object, or a later one.
func (w *world) seen(o client.Object) {
	GinkgoHelper()
	if _, secret := o.(*corev1.Secret); secret {
		m := secretMetadata()
		if _, labelled := o.GetLabels()[v1alpha1.LabelSecret]; !labelled { // no longer, or never, in the cache
			Eventually(func() bool {
				return apierrors.IsNotFound(operator.GetCache().Get(ctx, client.ObjectKeyFromObject(o), m))
			}, soon, time.Millisecond).Should(BeTrue())
			return
		}
		Eventually(func(g Gomega) {
			g.Expect(operator.GetCache().Get(ctx, client.ObjectKeyFromObject(o), m)).To(Succeed())
			g.Expect(version(m)).To(BeNumerically(">=", version(o)))
		}, soon, time.Millisecond).Should(Succeed())
		return
	}
	cached := o.DeepCopyObject().(client.Object)
	Eventually(func(g Gomega) {
		g.Expect(operator.GetCache().Get(ctx, client.ObjectKeyFromObject(o), cached)).To(Succeed())
		g.Expect(version(cached)).To(BeNumerically(">=", version(o)))
	}, soon, time.Millisecond).Should(Succeed())
}

func version(o client.Object) int64 {
	n, err := strconv.ParseInt(o.GetResourceVersion(), 10, 64)
	Expect(err).NotTo(HaveOccurred())
	return n
}

// reconcile reconciles an object once, without an error, and reads it back. An object that is gone is left as it was.
func (w *world) reconcile(o client.Object) reconcile.Result {
	GinkgoHelper()
	result, err := w.try(o)
	Expect(err).NotTo(HaveOccurred())
	return result
}

// try reconciles an object once and reads it back.
func (w *world) try(o client.Object) (reconcile.Result, error) {
	GinkgoHelper()
	key := client.ObjectKeyFromObject(o)
	result, err := w.reconciler(o).Reconcile(ctx, reconcile.Request{NamespacedName: key})
	if err != nil {
		log.FromContext(ctx).Error(err, "Reconciler error") // as the controller does
	}
	Expect(client.IgnoreNotFound(admin.Get(ctx, key, o))).To(Succeed())
	if w.heed != nil {
		w.heed(o)
	}
	return result, err
}

func (w *world) reconciler(o client.Object) reconcile.Reconciler {
	switch o.(type) {
	case *v1alpha1.BackOffice:
		return w.offices
	case *v1alpha1.PermissionSet:
		return w.sets
	case *v1alpha1.RoleBinding:
		return w.bindings
	case *v1alpha1.BackOfficeUser:
		return w.users
	}
	panic(fmt.Sprintf("no reconciler for %T", o))
}

// settle applies objects and reconciles them in this order.
func (w *world) settle(objects ...client.Object) {
	GinkgoHelper()
	w.apply(objects...)
	for _, o := range objects {
		w.reconcile(o)
	}
}

// query asks the store of the back office as the application does.
func (w *world) query(office, query string, arguments ...any) [][]string {
	GinkgoHelper()
	db := w.database(office)
	defer func() { _ = db.Close() }()
	return rowsOf(db, query, arguments...)
}

func (w *world) database(office string) *sql.DB {
	GinkgoHelper()
	if w.schema != "" {
		return openPostgres(w.base, w.schema)
	}
	db, err := sqlite.OpenReader(w.file(office))
	Expect(err).NotTo(HaveOccurred())
	return db
}

// exec changes the store behind the operator's back.
func (w *world) exec(office, statement string, arguments ...any) {
	GinkgoHelper()
	db := w.database(office)
	if w.schema == "" {
		Expect(db.Close()).To(Succeed())
		var err error
		db, err = sql.Open("sqlite", "file:"+w.file(office)+"?mode=rw&_busy_timeout=5000")
		Expect(err).NotTo(HaveOccurred())
	}
	defer func() { _ = db.Close() }()
	_, err := db.ExecContext(ctx, statement, arguments...)
	Expect(err).NotTo(HaveOccurred())
}

func (w *world) file(office string) string {
	return filepath.Join(w.dir, w.namespace+"_"+office+".db")
}

func rowsOf(db *sql.DB, query string, arguments ...any) (rows [][]string) {
	GinkgoHelper()
	found, err := db.QueryContext(ctx, query, arguments...)
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = found.Close() }()
	columns, err := found.Columns()
	Expect(err).NotTo(HaveOccurred())
	for found.Next() {
		row, into, text := make([]sql.NullString, len(columns)), make([]any, len(columns)), make([]string, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		Expect(found.Scan(into...)).To(Succeed())
		for i := range row {
			text[i] = row[i].String
		}
		rows = append(rows, text)
	}
	Expect(found.Err()).NotTo(HaveOccurred())
	return rows
}

// permissions are what a login may do in the back office shop, by path.
func (w *world) permissions(login string) map[string]string {
	GinkgoHelper()
	got := map[string]string{}
	for _, row := range w.query("shop", "SELECT path, level FROM effective_permissions WHERE back_office = 'shop' AND login = $1", login) {
		got[row[0]] = row[1]
	}
	return got
}

// logsIn tells whether the user can log in to the back office shop with the password that its Secret holds.
func (w *world) logsIn(u *v1alpha1.BackOfficeUser) bool {
	GinkgoHelper()
	return w.letsIn(u, w.password(u))
}

// password is the one that the user's Secret holds.
func (w *world) password(u *v1alpha1.BackOfficeUser) string {
	GinkgoHelper()
	var secret corev1.Secret
	Expect(admin.Get(ctx, client.ObjectKey{Namespace: u.Namespace, Name: u.SecretName()}, &secret)).To(Succeed())
	return string(secret.Data[corev1.BasicAuthPasswordKey])
}

// keeps tells whether the user's Secret still holds this password, which no failure prints.
func (w *world) keeps(u *v1alpha1.BackOfficeUser, password string) bool {
	GinkgoHelper()
	return w.password(u) == password
}

// tappedDriver is a driver whose stores count what they are asked for, and fail when a spec says so.
type tappedDriver struct {
	store.Driver
	tap tap
}

// Open implements store.Driver.
func (d *tappedDriver) Open(ctx context.Context, o store.Options) (store.Store, error) {
	if err := d.tap.call("Open"); err != nil {
		return nil, err
	}
	s, err := d.Driver.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	return &tappedStore{Store: s, tap: &d.tap}, nil
}
