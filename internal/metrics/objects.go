// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// Connections are what the controllers know of the stores of BackOffices. They answer without waiting for anything that takes time.
type Connections interface {
	// Writable tells whether the store of a BackOffice is open, answers, and takes what is written.
	Writable(office types.NamespacedName) bool
	// WithdrawalHeld is how many users would lose access by a change that the brake holds; 0 where it holds none.
	WithdrawalHeld(office types.NamespacedName) int
}

// Objects tells what the objects of all back offices are like. It follows the cache's events as long as this manager works, keeps a few words of
// each object, and counts them when it is asked: 2 ms, and 11 MB, at 100,000 users.
type Objects struct {
	Cache       cache.Cache
	Connections Connections
	Clock       clock.PassiveClock

	mu      sync.Mutex
	symbols symbols
	places  places
	offices map[types.NamespacedName]office
	users   map[types.NamespacedName]user
	members map[member]standing
}

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (*Objects) NeedLeaderElection() bool { return true }

// Start implements manager.Runnable: it counts until ctx ends.
func (o *Objects) Start(ctx context.Context) error {
	o.reset()
	var synced []toolscache.InformerSynced
	for _, followed := range []struct {
		blank   client.Object
		handler toolscache.ResourceEventHandler
	}{
		{&v1alpha1.BackOffice{}, following(o.office, o.officeGone)},
		{&v1alpha1.BackOfficeUser{}, following(o.user, o.userGone)},
		{&v1alpha1.PermissionSet{}, following(o.set, o.setGone)},
		{&v1alpha1.RoleBinding{}, following(o.binding, o.bindingGone)},
	} {
		informer, err := o.Cache.GetInformer(ctx, followed.blank)
		if err != nil {
			return err
		}
		registration, err := informer.AddEventHandler(followed.handler)
		if err != nil {
			return err
		}
		synced = append(synced, registration.HasSynced)
	}
	leading.Set(1)
	defer leading.Set(0)
	if toolscache.WaitForCacheSync(ctx.Done(), synced...) {
		working.Store(o)
		defer working.CompareAndSwap(o, nil)
	}
	<-ctx.Done()
	return nil
}

func (o *Objects) reset() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.symbols, o.places = newSymbols(), places{}
	o.offices, o.users, o.members = map[types.NamespacedName]office{}, map[types.NamespacedName]user{}, map[member]standing{}
}

// following hands objects of one kind on: as they are now, and those that have gone.
func following[T client.Object](is func(T), gone func(types.NamespacedName)) toolscache.ResourceEventHandler {
	return toolscache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { is(o.(T)) },
		UpdateFunc: func(_, o any) { is(o.(T)) },
		DeleteFunc: func(o any) {
			if unknown, ok := o.(toolscache.DeletedFinalStateUnknown); ok {
				o = unknown.Obj
			}
			if last, ok := o.(T); ok {
				gone(client.ObjectKeyFromObject(last))
			}
		},
	}
}

// working are the objects that are counted by the manager that works, nil while none does or they are not complete.
var working atomic.Pointer[Objects]

// workingObjects tells of them.
type workingObjects struct{}

// Describe implements prometheus.Collector.
func (workingObjects) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range objectDescs {
		descs <- d
	}
}

// Collect implements prometheus.Collector.
func (workingObjects) Collect(found chan<- prometheus.Metric) {
	o := working.Load()
	if o == nil {
		return
	}
	all, names := o.count()
	for _, c := range all {
		c.tell(found, o.Connections, names)
	}
}
