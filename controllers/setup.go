// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/metrics"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/tracing"
)

// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// Options configure the controllers.
type Options struct {
	Stores Stores
	// Workers is the number of concurrent reconciles of users; waiting for the store is cheap, and what waits is written together.
	Workers int
	// Clock is the time by which windows of bindings are shown; the store has its own.
	Clock clock.PassiveClock
	// Watched are the namespaces whose objects are looked after.
	Watched gather.Namespaces
	// Tracing traces the reconciles; nil does not.
	Tracing *tracing.Tracing
	// Leading and Quit are those of BackOfficeReconciler.
	Leading Leadership
	Quit    func(reason error)
}

// Setup adds the controllers of all kinds to the manager. The indexes of package gather have to be there.
func Setup(mgr ctrl.Manager, o Options) error {
	live, err := client.New(mgr.GetConfig(), client.Options{
		HTTPClient: mgr.GetHTTPClient(), Scheme: mgr.GetScheme(), Mapper: mgr.GetRESTMapper(), FieldOwner: managedBy,
	})
	if err != nil {
		return err
	}
	c := newCalls()
	connections := NewConnections()
	end := &ending{}
	if err := mgr.Add(closing{connections, c.ended, end}); err != nil {
		return err
	}
	h := house{Manager: mgr, Options: o, end: end}
	if err := mgr.Add(&metrics.Objects{Cache: mgr.GetCache(), Connections: connections, Clock: o.Clock}); err != nil {
		return err
	}
	base := Base{
		Runner: flow.Runner{Client: mgr.GetClient(), Recorder: mgr.GetEventRecorder(managedBy)},
		Live:   live, Gather: gather.Gatherer{Reader: mgr.GetClient(), Clock: o.Clock, Watched: o.Watched}, Connections: connections, Clock: o.Clock,
	}
	w := waker{Reader: mgr.GetClient(), Gatherer: base.Gather}
	for _, setup := range []func(house, Base, waker, calls) error{setupOffices, setupSets, setupBindings, setupUsers} {
		if err := setup(h, base, w, c); err != nil {
			return err
		}
	}
	return nil
}

// calls are the ways by which the controllers wake each other outside of the API server.
type calls struct {
	offices, sets, bindings, users chan event.GenericEvent
	// ended is closed when nobody listens any more.
	ended chan struct{}
}

func newCalls() calls {
	return calls{
		offices: make(chan event.GenericEvent), sets: make(chan event.GenericEvent),
		bindings: make(chan event.GenericEvent), users: make(chan event.GenericEvent),
		ended: make(chan struct{}),
	}
}

// probe asks for a reconcile of a back office.
func (c calls) probe(office types.NamespacedName) {
	o := &v1alpha1.BackOffice{}
	o.Namespace, o.Name = office.Namespace, office.Name
	go c.call(c.offices, o) // the caller is a reconcile and may not wait for another
}

// refused asks for a reconcile of a binding.
func (c calls) refused(binding types.NamespacedName) {
	b := &v1alpha1.RoleBinding{}
	b.Namespace, b.Name = binding.Namespace, binding.Name
	go c.call(c.bindings, b)
}

// look asks for a reconcile of a user.
func (c calls) look(user types.NamespacedName) {
	u := &v1alpha1.BackOfficeUser{}
	u.Namespace, u.Name = user.Namespace, user.Name
	go c.call(c.users, u)
}

func (c calls) call(listener chan<- event.GenericEvent, o client.Object) {
	select {
	case listener <- event.GenericEvent{Object: o}:
	case <-c.ended:
	}
}

// wake asks for a reconcile of these objects, and of all that belong to the back office when there are none.
func (c calls) wake(office *v1alpha1.BackOffice, records ...store.Record) {
	if len(records) == 0 {
		// A copy: the reconcile goes on with its own.
		office := &v1alpha1.BackOffice{ObjectMeta: metav1.ObjectMeta{Namespace: office.Namespace, Name: office.Name}}
		for _, members := range []chan event.GenericEvent{c.sets, c.bindings, c.users} {
			c.call(members, office)
		}
		return
	}
	for _, record := range records {
		switch r := record.(type) {
		case store.PermissionSet:
			c.call(c.sets, &v1alpha1.PermissionSet{ObjectMeta: named(r.Meta)})
		case store.RoleBinding:
			c.call(c.bindings, &v1alpha1.RoleBinding{ObjectMeta: named(r.Meta)})
		case store.User:
			c.call(c.users, &v1alpha1.BackOfficeUser{ObjectMeta: named(r.Meta)})
		case store.Office: // it is the one that looked
		}
	}
}

func named(m store.Meta) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: m.Namespace, Name: m.Name}
}

// members handles a call: a BackOffice stands for all its objects of one kind, any other object for itself.
func members(w waker, list func() client.ObjectList) handler.EventHandler {
	return mapping(func(ctx context.Context, o client.Object) ([]types.NamespacedName, error) {
		if office, ok := o.(*v1alpha1.BackOffice); ok {
			return w.membersOf(ctx, list(), office)
		}
		return []types.NamespacedName{client.ObjectKeyFromObject(o)}, nil
	})
}

func listSets() client.ObjectList     { return &v1alpha1.PermissionSetList{} }
func listBindings() client.ObjectList { return &v1alpha1.RoleBindingList{} }
func listUsers() client.ObjectList    { return &v1alpha1.BackOfficeUserList{} }

// firstRetry and lastRetry bound the pause before a reconcile that failed is repeated; it doubles.
const firstRetry, lastRetry = 5 * time.Millisecond, 30 * time.Second

// house is where the controllers are set up.
type house struct {
	ctrl.Manager
	Options
	end *ending
}

// controller begins a controller of a kind, with so many workers. Its retries are bounded for each object alone, and soon enough that everything goes on
// within half a minute after the API server does: by default it would be up to a quarter of an hour. In a replica that does not lead it hears what changes
// and waits: what changed last, such as a revocation while nobody led, comes first when it leads.
func (h house) controller(name string, kind client.Object, workers int) *builder.Builder {
	return ctrl.NewControllerManagedBy(h.Manager).Named(name).
		For(kind, builder.WithPredicates(predicate.Or[client.Object](asked, cutOff))).
		WithOptions(controller.Options{
			LogConstructor: func(req *ctrl.Request) logr.Logger {
				log := h.GetLogger().WithValues("controller", name)
				if req == nil {
					return log.V(1) // that it starts is what it is there for
				}
				return log.WithValues("namespace", req.Namespace, "name", req.Name)
			},
			MaxConcurrentReconciles: workers,
			RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[ctrl.Request](firstRetry, lastRetry),
			EnableWarmup:            new(true),
		})
}

// relabelling has a controller hear of the labels of namespaces, where they count.
func (h house) relabelling(b *builder.Builder, concerned handler.EventHandler) *builder.Builder {
	if h.Watched.Listed() {
		return b
	}
	return b.WatchesMetadata(&corev1.Namespace{}, concerned, builder.WithPredicates(relabelled))
}

// complete adds a controller to the manager.
func (h house) complete(b *builder.Builder, name string, r reconcile.Reconciler) error {
	return b.Complete(h.Tracing.Reconciler(name, h.end.wrap(r)))
}

func setupOffices(h house, base Base, w waker, c calls) error {
	r := &BackOfficeReconciler{Base: base, Stores: h.Stores, Probe: c.probe, Wake: c.wake, Leading: h.Leading, Quit: h.Quit}
	b := h.controller("backoffice", &v1alpha1.BackOffice{}, 4).
		WatchesMetadata(&corev1.Secret{}, mapping(w.officesOfSecret), builder.WithPredicates(labelled(v1alpha1.SecretStoreURL))).
		Watches(&v1alpha1.PermissionSet{}, mapping(func(ctx context.Context, s *v1alpha1.PermissionSet) ([]types.NamespacedName, error) {
			return w.officeOf(ctx, s.Spec.BackOfficeRef.In(s.Namespace))
		}), builder.WithPredicates(comesOrGoes)).
		Watches(&v1alpha1.RoleBinding{}, mapping(func(ctx context.Context, b *v1alpha1.RoleBinding) ([]types.NamespacedName, error) {
			return w.officeOf(ctx, b.Spec.BackOfficeRef.In(b.Namespace))
		}), builder.WithPredicates(comesOrGoes)).
		Watches(&v1alpha1.BackOfficeUser{}, mapping(func(ctx context.Context, u *v1alpha1.BackOfficeUser) ([]types.NamespacedName, error) {
			return w.officeOf(ctx, u.Spec.BackOfficeRef.In(u.Namespace))
		}), builder.WithPredicates(comesOrGoes)).
		WatchesRawSource(source.Channel(c.offices, &handler.EnqueueRequestForObject{}))
	return h.complete(h.relabelling(b, mapping(w.officesSelecting)), "backoffice", r)
}

func setupSets(h house, base Base, w waker, c calls) error {
	b := h.controller("permissionset", &v1alpha1.PermissionSet{}, 8).
		Watches(&v1alpha1.PermissionSet{}, mapping(w.dependentSets), builder.WithPredicates(asked)).
		WatchesRawSource(source.Channel(c.sets, members(w, listSets)))
	return h.complete(h.relabelling(b, inNamespace(w, listSets)), "permissionset", &PermissionSetReconciler{Base: base})
}

func setupBindings(h house, base Base, w waker, c calls) error {
	b := h.controller("rolebinding", &v1alpha1.RoleBinding{}, 16).
		Watches(&v1alpha1.PermissionSet{}, mapping(w.bindingsOfSet), builder.WithPredicates(asked)).
		Watches(&v1alpha1.PermissionSet{}, mapping(w.bindingsOfHeirs), builder.WithPredicates(heldByOthers)).
		Watches(&v1alpha1.BackOfficeUser{}, mapping(w.bindingsOfUser), builder.WithPredicates(comesOrGoes)).
		Watches(&v1alpha1.BackOfficeUser{}, mapping(w.bindingsRefusing), builder.WithPredicates(readmitted)).
		WatchesRawSource(source.Channel(c.bindings, members(w, listBindings)))
	return h.complete(h.relabelling(b, inNamespace(w, listBindings)), "rolebinding", &RoleBindingReconciler{Base: base, Crowded: c.look})
}

func setupUsers(h house, base Base, w waker, c calls) error {
	b := h.controller("backofficeuser", &v1alpha1.BackOfficeUser{}, h.Workers).
		WatchesMetadata(&corev1.Secret{},
			handler.EnqueueRequestForOwner(h.GetScheme(), h.GetRESTMapper(), &v1alpha1.BackOfficeUser{}, handler.OnlyControllerOwner()),
			builder.WithPredicates(labelled(v1alpha1.SecretCredential), changesOrGoes)).
		WatchesMetadata(&corev1.Secret{}, mapping(w.usersOfSecret), builder.WithPredicates(wasLabelled(v1alpha1.SecretPassword))).
		Watches(&v1alpha1.RoleBinding{}, mapping(w.usersOfBinding), builder.WithPredicates(predicate.Or[client.Object](asked, refusesOthers))).
		Watches(&v1alpha1.PermissionSet{}, mapping(w.usersOfHeirs), builder.WithPredicates(retyped)).
		Watches(&v1alpha1.BackOfficeUser{}, mapping(w.waitingForUser), builder.WithPredicates(predicate.Or[client.Object](freesSeat, claimsLess))).
		WatchesRawSource(source.Channel(c.users, members(w, listUsers)))
	return h.complete(h.relabelling(b, inNamespace(w, listUsers)), "backofficeuser", &UserReconciler{Base: base, Refused: c.refused, Freed: c.look})
}

// closing ends what the controllers share when the manager ends.
type closing struct {
	connections *Connections
	calls       chan struct{}
	end         *ending
}

// Start implements manager.Runnable.
func (c closing) Start(ctx context.Context) error {
	<-ctx.Done()
	close(c.calls)
	c.end.wait()
	return c.connections.Close()
}
