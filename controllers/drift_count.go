// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"

	"github.com/backoffice-operator/backoffice-operator/internal/metrics"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// drifts are the records of a store that drifted, as the last look at the whole of it has shown, and were not written since. They are for metrics
// alone. The zero value is ready; it is safe for concurrent use.
type drifts struct {
	mu     sync.Mutex
	office types.NamespacedName
	open   map[store.Key]bool
}

// found counts records that are gone or changed.
func (d *drifts) found(office types.NamespacedName, lost []store.Key, changed []store.Record) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.office, d.open = office, nil
	if len(lost)+len(changed) == 0 {
		return
	}
	d.open = make(map[store.Key]bool, len(lost)+len(changed))
	for _, key := range lost {
		d.open[key] = true
	}
	for _, record := range changed {
		d.open[record.Key()] = true
	}
	for key := range d.open {
		metrics.DriftFound(office, metricKind(key.Kind))
	}
}

// written counts which of them changes have repaired that the store has confirmed.
func (d *drifts) written(changes []store.Change) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.open) == 0 {
		return
	}
	for _, change := range changes {
		if key := d.repairedBy(change); d.open[key] {
			delete(d.open, key)
			metrics.DriftRepaired(d.office, metricKind(key.Kind))
		}
	}
}

// repairedBy is the record that a change brings to what it is to be; none where it takes it away.
func (d *drifts) repairedBy(change store.Change) store.Key {
	user := store.Key{Kind: store.KindUser}
	switch c := change.(type) {
	case store.Put:
		return c.Record.Key()
	case store.ResetCredentials: // it is about the BackOffice, whose UID it does not tell
		for key := range d.open {
			if key.Kind == store.KindOffice {
				return key
			}
		}
	case store.IssueCredential:
		user.UID = c.UserUID
	case store.FinishCredential:
		user.UID = c.UserUID
	case store.InviteUser:
		user.UID = c.UserUID
	case store.RevokeCredential:
		user.UID = c.UserUID
	case store.Remove, store.RemoveUser, store.Release: // what is taken away is not repaired
		return store.Key{}
	}
	return user
}

// metricKind is the kind of the object that a record stands for.
func metricKind(kind store.Kind) string {
	switch kind {
	case store.KindOffice:
		return "BackOffice"
	case store.KindUser:
		return "BackOfficeUser"
	case store.KindPermissionSet, store.KindRoleBinding:
	}
	return string(kind)
}
