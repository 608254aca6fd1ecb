// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package watched

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/internal/gather"
)

// NewClient makes the client that reads from the cache what this process has written. Where namespaces are listed there is one for each: a client waits
// until the cache has seen the resource version that it wrote, and each namespace is watched by itself, so that what was seen of one says nothing of
// another.
func NewClient(watched gather.Namespaces) client.NewClientFunc {
	if !watched.Listed() {
		return client.New
	}
	return func(config *rest.Config, o client.Options) (client.Client, error) {
		c := &byNamespace{of: map[string]client.Client{}}
		views := newViews(o.Cache.Reader.(cache.Cache))
		var err error
		for _, namespace := range watched {
			own := o
			cached := *o.Cache
			cached.Reader = views.of(namespace)
			own.Cache = &cached
			if c.of[namespace], err = client.New(config, own); err != nil {
				return nil, err
			}
		}
		plain := *o.Cache
		plain.EnableReadYourWritesConsistency = nil
		o.Cache = &plain
		c.Client, err = client.New(config, o)
		return c, err
	}
}

// byNamespace is a client that has another one for each namespace. Its own is for what is in none. Nothing is found in a namespace that is not listed.
type byNamespace struct {
	client.Client
	of map[string]client.Client
}

// in is the client for a namespace.
func (c *byNamespace) in(namespace string) client.Client {
	if one, listed := c.of[namespace]; listed {
		return one
	}
	return c.Client
}

// Get implements client.Client.
func (c *byNamespace) Get(ctx context.Context, key client.ObjectKey, into client.Object, opts ...client.GetOption) error {
	one, listed := c.of[key.Namespace]
	switch {
	case listed:
		return one.Get(ctx, key, into, opts...)
	case key.Namespace != "":
		return gather.NewUnwatched(key)
	}
	return c.Client.Get(ctx, key, into, opts...)
}

// List implements client.Client.
func (c *byNamespace) List(ctx context.Context, into client.ObjectList, opts ...client.ListOption) error {
	asked := (&client.ListOptions{}).ApplyOptions(opts)
	if asked.Namespace != "" {
		if one, listed := c.of[asked.Namespace]; listed {
			return one.List(ctx, into, opts...)
		}
		return meta.SetList(into, nil)
	}
	var all []runtime.Object
	for namespace, one := range c.of {
		some := into.DeepCopyObject().(client.ObjectList)
		if err := one.List(ctx, some, append(slices.Clone(opts), client.InNamespace(namespace))...); err != nil {
			return err
		}
		items, err := meta.ExtractList(some)
		if err != nil {
			return err
		}
		all = append(all, items...)
	}
	return meta.SetList(into, all)
}

// Create implements client.Client.
func (c *byNamespace) Create(ctx context.Context, o client.Object, opts ...client.CreateOption) error {
	return c.in(o.GetNamespace()).Create(ctx, o, opts...)
}

// Update implements client.Client.
func (c *byNamespace) Update(ctx context.Context, o client.Object, opts ...client.UpdateOption) error {
	return c.in(o.GetNamespace()).Update(ctx, o, opts...)
}

// Patch implements client.Client.
func (c *byNamespace) Patch(ctx context.Context, o client.Object, patch client.Patch, opts ...client.PatchOption) error {
	return c.in(o.GetNamespace()).Patch(ctx, o, patch, opts...)
}

// Delete implements client.Client.
func (c *byNamespace) Delete(ctx context.Context, o client.Object, opts ...client.DeleteOption) error {
	return c.in(o.GetNamespace()).Delete(ctx, o, opts...)
}

// Status implements client.Client.
func (c *byNamespace) Status() client.SubResourceWriter { return c.SubResource("status") }

// SubResource implements client.Client.
func (c *byNamespace) SubResource(name string) client.SubResourceClient {
	return subResource{c.Client.SubResource(name), c, name}
}

type subResource struct {
	client.SubResourceClient
	all  *byNamespace
	name string
}

func (s subResource) in(o client.Object) client.SubResourceClient {
	return s.all.in(o.GetNamespace()).SubResource(s.name)
}

// Update implements client.SubResourceWriter.
func (s subResource) Update(ctx context.Context, o client.Object, opts ...client.SubResourceUpdateOption) error {
	return s.in(o).Update(ctx, o, opts...)
}

// Patch implements client.SubResourceWriter.
func (s subResource) Patch(ctx context.Context, o client.Object, patch client.Patch, opts ...client.SubResourcePatchOption) error {
	return s.in(o).Patch(ctx, o, patch, opts...)
}
