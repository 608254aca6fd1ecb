// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package desired turns API objects into the records that the store is to hold. It is pure: the facts about other objects come in as
// values.
package desired

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// Force says whether a rule withholds a record.
type Force bool

// Whether a record is in force.
const (
	InForce  Force = true
	Withheld Force = false
)

// meta is what every record knows of its object.
func meta(o metav1.Object) store.Meta {
	return store.Meta{UID: string(o.GetUID()), Namespace: o.GetNamespace(), Name: o.GetName(), Generation: o.GetGeneration()}
}

// labelsHash identifies the labels by which selectors are evaluated.
func labelsHash(labels map[string]string) string {
	h := sha256.New()
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		fmt.Fprintf(h, "%q=%q,", key, labels[key]) // quoted, so that two sets of labels never read the same
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// sorted returns a sorted copy, nil when there is nothing: so that what is read back equals what was written.
func sorted(in []string) []string {
	if len(in) == 0 {
		return nil
	}
	out := slices.Clone(in)
	slices.Sort(out)
	return slices.Compact(out)
}

// The first and the last moment that every store can keep, and JSON can tell. The schema admits times of the years 0 to 9999 in any zone,
// the zero time among them, which would read as "unbounded".
var (
	first = time.Unix(0, 0).UTC()
	last  = time.Date(9999, time.December, 31, 23, 59, 59, 0, time.UTC)
)

// moment is a time as the store keeps it; zero where there is none.
func moment(t *metav1.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	switch m := t.UTC().Truncate(time.Second); {
	case m.Before(first):
		return first
	case m.After(last):
		return last
	default:
		return m
	}
}
