// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package desired turns API objects into the records that the store is to hold. It is pure: the facts about other objects come in as
// values.
package desired

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

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
func labelsHash(l map[string]string) string {
	sum := sha256.Sum256([]byte(labels.Set(l).String())) // sorted by key; neither keys nor values may hold its separators
	return hex.EncodeToString(sum[:8])
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

// moment is a time as the store keeps it.
func moment(t *metav1.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Second)
}
