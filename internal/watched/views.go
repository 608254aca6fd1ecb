// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package watched

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// views show a cache of several namespaces as one of a single namespace: its events are those of the namespace. A kind is listened to once, however
// many namespaces there are.
type views struct {
	cache.Cache
	mu       sync.Mutex
	switches map[string]*eventSwitch
}

func newViews(c cache.Cache) *views {
	return &views{Cache: c, switches: map[string]*eventSwitch{}}
}

func (v *views) of(namespace string) cache.Cache { return view{v, namespace} }

// view is one of a single namespace.
type view struct {
	*views
	namespace string
}

// GetInformer implements cache.Cache.
func (v view) GetInformer(ctx context.Context, o client.Object, opts ...cache.InformerGetOption) (cache.Informer, error) {
	informer, err := v.Cache.GetInformer(ctx, o, opts...)
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	kind := fmt.Sprintf("%T %s", o, o.GetObjectKind().GroupVersionKind()) // a Go type is one kind, and metadata name theirs
	s := v.switches[kind]
	if s == nil {
		s = &eventSwitch{newest: map[string]event{}, handlers: map[string][]toolscache.ResourceEventHandler{}}
		if s.registration, err = informer.AddEventHandler(s); err != nil {
			return nil, err
		}
		v.switches[kind] = s
	}
	return informerOf{informer, s, v.namespace}, nil
}

// informerOf is an informer for one namespace.
type informerOf struct {
	cache.Informer
	events    *eventSwitch
	namespace string
}

// AddEventHandler implements cache.Informer. The handler is told of one object that is there already: the one that was changed last.
func (i informerOf) AddEventHandler(h toolscache.ResourceEventHandler) (toolscache.ResourceEventHandlerRegistration, error) {
	i.events.add(i.namespace, h)
	return i.events.registration, nil
}

// event is an object as it was last seen.
type event struct {
	version int64
	object  client.Object
}

// eventSwitch hands the events of one kind to the handlers for their namespace.
type eventSwitch struct {
	registration toolscache.ResourceEventHandlerRegistration

	mu       sync.Mutex
	newest   map[string]event
	handlers map[string][]toolscache.ResourceEventHandler
}

func (s *eventSwitch) add(namespace string, h toolscache.ResourceEventHandler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if seen, some := s.newest[namespace]; some {
		h.OnAdd(seen.object, true)
	}
	s.handlers[namespace] = append(s.handlers[namespace], h)
}

// seen notes an object, and returns the handlers for its namespace.
func (s *eventSwitch) seen(o client.Object) []toolscache.ResourceEventHandler {
	version, _ := strconv.ParseInt(o.GetResourceVersion(), 10, 64) // what is no number is older than all
	s.mu.Lock()
	defer s.mu.Unlock()
	if version >= s.newest[o.GetNamespace()].version {
		s.newest[o.GetNamespace()] = event{version, o}
	}
	return s.handlers[o.GetNamespace()]
}

// OnAdd implements cache.ResourceEventHandler.
func (s *eventSwitch) OnAdd(obj any, initial bool) {
	for _, h := range s.seen(obj.(client.Object)) {
		h.OnAdd(obj, initial)
	}
}

// OnUpdate implements cache.ResourceEventHandler.
func (s *eventSwitch) OnUpdate(before, after any) {
	for _, h := range s.seen(after.(client.Object)) {
		h.OnUpdate(before, after)
	}
}

// OnDelete implements cache.ResourceEventHandler.
func (s *eventSwitch) OnDelete(obj any) {
	last := obj
	if unknown, missed := obj.(toolscache.DeletedFinalStateUnknown); missed {
		last = unknown.Obj
	}
	o, is := last.(client.Object)
	if !is {
		return
	}
	for _, h := range s.seen(o) {
		h.OnDelete(obj)
	}
}
