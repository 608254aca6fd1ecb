// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package known remembers, in hashes, what a store is known to hold, so that an idle reconcile asks and writes nothing.
//
// It is filled by one read of the whole store when that is opened, kept by the changes that the store has confirmed, and refreshed by
// drift detection. It never knows more than the store has said: a change whose outcome is unknown is not recorded, and is repeated.
package known

import (
	"crypto/sha256"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// Index is what one store is known to hold. It is safe for concurrent use.
type Index struct {
	mu          sync.RWMutex
	records     map[store.Key]store.Hash
	credentials map[string]Credential
	emails      map[string]Email                // by user; none for those without an address
	subjects    map[string]map[string]evaluated // by user and binding
	generations map[string]int64                // by binding: rows of another generation do not count
	reset       time.Time
}

// evaluated is what a subject row says: it counts only for this generation of the binding and these labels of the user.
type evaluated struct {
	generation int64
	labels     string
}

// Email identifies an e-mail address, whatever the case of its ASCII letters, without telling it. The zero value is none.
type Email [16]byte

// EmailOf returns what identifies an address.
func EmailOf(address string) Email {
	if address == "" {
		return Email{}
	}
	folded := []byte(address)
	for i, c := range folded {
		if 'A' <= c && c <= 'Z' {
			folded[i] = c + 'a' - 'A'
		}
	}
	sum := sha256.Sum256(folded)
	return Email(sum[:16])
}

// New returns an index that knows nothing.
func New() *Index {
	return &Index{
		records: map[store.Key]store.Hash{}, credentials: map[string]Credential{}, emails: map[string]Email{},
		subjects: map[string]map[string]evaluated{}, generations: map[string]int64{},
	}
}

// Holds tells whether the store holds exactly this record.
func (x *Index) Holds(r store.Record) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	h, ok := x.records[r.Key()]
	return ok && h == store.HashOf(r)
}

// Has tells whether the store holds a record with this key.
func (x *Index) Has(k store.Key) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	_, ok := x.records[k]
	return ok
}

// Hands tells whether the store holds a row by which the user has the binding as it is stored, or as it is to be stored next: the user's row may
// be written before the binding's.
func (x *Index) Hands(bindingUID, userUID string) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	generation, known := x.generations[bindingUID]
	row, handed := x.subjects[userUID][bindingUID]
	return known && handed && row.generation >= generation
}

// Credential returns what is known of a user's password.
func (x *Index) Credential(userUID string) Credential {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.credentials[userUID]
}

// Reset returns the moment before which all passwords were ended last; zero for never.
func (x *Index) Reset() time.Time {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.reset
}

// Email returns the e-mail address that the store is known to hold for a user; the zero value for none.
func (x *Index) Email(userUID string) Email {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.emails[userUID]
}

// MissingBindings returns those of a user's bindings whose rows the store is not known to hold.
func (x *Index) MissingBindings(u store.User) []store.Bound {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var missing []store.Bound
	for _, b := range u.Bindings {
		if x.subjects[u.UID][b.BindingUID] != (evaluated{b.Generation, u.LabelsHash}) {
			missing = append(missing, b)
		}
	}
	return missing
}

// MissingSubjects returns those of a binding's subjects whose rows the store is not known to hold.
func (x *Index) MissingSubjects(b store.RoleBinding) []store.Subject {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var missing []store.Subject
	for _, s := range b.Subjects {
		if x.subjects[s.UserUID][b.UID] != (evaluated{b.Generation, s.LabelsHash}) {
			missing = append(missing, s)
		}
	}
	return missing
}

// Observed records what was read from the store.
func (x *Index) Observed(o store.Observed) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch r := o.Record.(type) {
	case store.User:
		x.credentials[r.UID] = credentialOf(o.Credential)
		delete(x.subjects, r.UID) // rows that are gone are not known any more
	case store.Office:
		x.reset = o.CredentialsReset
	case store.PermissionSet, store.RoleBinding:
	}
	x.put(o.Record)
}

// Matches tells whether what was read from the store is what is known.
func (x *Index) Matches(o store.Observed) bool {
	u, ok := o.Record.(store.User)
	return x.MatchesRecord(o.Record) && (!ok || x.Credential(u.UID).matches(o.Credential))
}

// MatchesRecord tells whether a record that was read is what is known, whatever a user's password is.
func (x *Index) MatchesRecord(r store.Record) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if h, ok := x.records[r.Key()]; !ok || h != store.HashOf(r) {
		return false
	}
	u, ok := r.(store.User)
	if !ok {
		return true
	}
	for binding, row := range x.subjects[u.UID] {
		counts := row == evaluated{x.generations[binding], u.LabelsHash}
		if counts && !slices.Contains(u.Bindings, store.Bound{BindingUID: binding, Generation: row.generation}) {
			return false
		}
	}
	return true
}

// Forget drops what is known of a record that the store turned out not to hold.
func (x *Index) Forget(k store.Key) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.drop(k)
}

// Applied records changes that the store has confirmed.
func (x *Index) Applied(changes []store.Change) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, c := range changes {
		switch c := c.(type) {
		case store.Put:
			x.put(c.Record)
		case store.Remove:
			x.drop(c.Key)
		case store.RemoveUser:
			x.drop(store.Key{Kind: store.KindUser, UID: c.UID})
		case store.IssueCredential:
			x.credentials[c.UserUID] = x.credentials[c.UserUID].issued(c, x.reset)
		case store.FinishCredential:
			x.credentials[c.UserUID] = x.credentials[c.UserUID].finished(c)
		case store.InviteUser:
			x.credentials[c.UserUID] = x.credentials[c.UserUID].invited(c, x.reset)
		case store.RevokeCredential:
			x.credentials[c.UserUID] = x.credentials[c.UserUID].revoked(c)
		case store.ResetCredentials:
			x.reset = latest(x.reset, c.IssuedBefore)
		case store.Release:
		}
	}
}

// Keys returns the keys of all records.
func (x *Index) Keys() []store.Key {
	x.mu.RLock()
	defer x.mu.RUnlock()
	keys := make([]store.Key, 0, len(x.records))
	for k := range x.records {
		keys = append(keys, k)
	}
	return keys
}

func (x *Index) put(r store.Record) {
	x.records[r.Key()] = store.HashOf(r)
	switch r := r.(type) {
	case store.User:
		if r.Email == "" {
			delete(x.emails, r.UID)
		} else {
			x.emails[r.UID] = EmailOf(r.Email)
		}
		maps.DeleteFunc(x.subjects[r.UID], func(_ string, e evaluated) bool { return e.labels != r.LabelsHash }) // as the store does
		for _, b := range r.Bindings {
			x.putSubject(r.UID, b.BindingUID, evaluated{b.Generation, r.LabelsHash})
		}
	case store.RoleBinding:
		x.generations[r.UID] = r.Generation
		for _, s := range r.Subjects {
			x.putSubject(s.UserUID, r.UID, evaluated{r.Generation, s.LabelsHash})
		}
	case store.Office, store.PermissionSet:
	}
}

func (x *Index) putSubject(user, binding string, e evaluated) {
	if x.subjects[user] == nil {
		x.subjects[user] = map[string]evaluated{}
	}
	x.subjects[user][binding] = e
}

func (x *Index) drop(k store.Key) {
	delete(x.records, k)
	switch k.Kind {
	case store.KindUser:
		delete(x.credentials, k.UID)
		delete(x.emails, k.UID)
		delete(x.subjects, k.UID)
	case store.KindRoleBinding:
		delete(x.generations, k.UID)
		for _, bindings := range x.subjects {
			delete(bindings, k.UID)
		}
	case store.KindOffice, store.KindPermissionSet:
	}
}
