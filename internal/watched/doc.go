// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package watched makes the client of a manager that looks after some namespaces only, with rights in these alone.
//
// The operator's steps rely on reading what they have written. controller-runtime's client does that by waiting until its cache has seen the resource
// version of its last write, for one watch of the whole cluster. Here each namespace is watched by itself: so each has a client of its own, over a view of
// the shared cache.
package watched
