// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package known_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/store/known"
)

// row is a subject row.
type row struct {
	binding    string
	generation int64
	user       string
	labels     string
}

// model does what the contract asks of a store, for users and bindings.
type model struct {
	records     map[store.Key]store.Record
	credentials map[string]store.Credential
	rows        map[row]bool
	reset       time.Time
}

func (m *model) generation(k store.Key) int64 {
	switch r := m.records[k].(type) {
	case store.User:
		return r.Generation
	case store.RoleBinding:
		return r.Generation
	case store.Office, store.PermissionSet:
	}
	return 0
}

// apply returns the verdict.
func (m *model) apply(c store.Change) error {
	switch c := c.(type) {
	case store.Put:
		switch r := c.Record.(type) {
		case store.User:
			return m.putUser(r)
		case store.RoleBinding:
			return m.putBinding(r)
		case store.Office, store.PermissionSet:
		}
	case store.Remove:
		delete(m.records, c.Key)
		maps.DeleteFunc(m.rows, func(r row, _ bool) bool { return r.binding == c.Key.UID })
	case store.RemoveUser:
		delete(m.records, store.Key{Kind: store.KindUser, UID: c.UID})
		delete(m.credentials, c.UID)
		maps.DeleteFunc(m.rows, func(r row, _ bool) bool { return r.user == c.UID })
	case store.IssueCredential:
		if _, found := m.records[store.Key{Kind: store.KindUser, UID: c.UserUID}]; !found {
			return store.ErrNotFound
		}
		m.credentials[c.UserUID] = store.Credential{
			Version: c.Version, Source: c.Source, Verifier: "v", IssuedAt: latest(c.IssuedAt, c.Resets, m.reset, m.credentials[c.UserUID].IssuedAt),
		}
	case store.FinishCredential, store.InviteUser, store.RevokeCredential:
		return m.applyToPassword(c)
	case store.ResetCredentials:
		m.reset = latest(m.reset, c.IssuedBefore)
	case store.Release:
	}
	return nil
}

// applyToPassword is for changes of a password that is there, whatever its version.
func (m *model) applyToPassword(change store.Change) error {
	switch c := change.(type) {
	case store.FinishCredential:
		p, found := m.credentials[c.UserUID]
		if !found || p.Verifier == "" {
			return store.ErrStale
		}
		p.SecretUID, p.SecretResourceVersion, p.Concealed = c.SecretUID, c.SecretResourceVersion, p.Concealed || c.Concealed
		m.credentials[c.UserUID] = p
	case store.InviteUser:
		p, found := m.credentials[c.UserUID]
		if !found {
			return store.ErrNotFound
		}
		at := latest(c.IssuedAt, c.Resets, m.reset, p.IssuedAt)
		if !c.Resets.IsZero() || p.Verifier == "" {
			p = store.Credential{IssuedAt: at, SecretUID: p.SecretUID, SecretResourceVersion: p.SecretResourceVersion, Revoked: p.Revoked}
			if !c.Resets.IsZero() {
				p.SecretUID, p.SecretResourceVersion = "", ""
			}
		}
		p.Version, p.InvitationExpiresAt = c.Version, at.Add(c.ValidFor)
		m.credentials[c.UserUID] = p
	case store.RevokeCredential:
		p, found := m.credentials[c.UserUID]
		if !found {
			return store.ErrNotFound
		}
		m.credentials[c.UserUID] = store.Credential{
			Version: c.Version, IssuedAt: latest(p.IssuedAt, c.Resets), SecretUID: p.SecretUID, SecretResourceVersion: p.SecretResourceVersion,
			Revoked: p.Verifier,
		}
	case store.Put, store.Remove, store.RemoveUser, store.IssueCredential, store.ResetCredentials, store.Release:
	}
	return nil
}

func latest(moments ...time.Time) time.Time { return slices.MaxFunc(moments, time.Time.Compare) }

func (m *model) putUser(u store.User) error {
	if u.Generation < m.generation(u.Key()) {
		return store.ErrStale
	}
	for _, b := range u.Bindings {
		m.rows[row{b.BindingUID, b.Generation, u.UID, u.LabelsHash}] = true
	}
	maps.DeleteFunc(m.rows, func(r row, _ bool) bool { return r.user == u.UID && r.labels != u.LabelsHash })
	u.Bindings = nil
	m.records[u.Key()] = u
	return nil
}

func (m *model) putBinding(b store.RoleBinding) error {
	if b.Generation < m.generation(b.Key()) {
		return store.ErrStale
	}
	for _, s := range b.Subjects {
		m.rows[row{b.UID, b.Generation, s.UserUID, s.LabelsHash}] = true
	}
	maps.DeleteFunc(m.rows, func(r row, _ bool) bool { return r.binding == b.UID && r.generation < b.Generation })
	b.Subjects = nil
	m.records[b.Key()] = b
	return nil
}

// observed is what a read of the whole store yields, bindings first.
func (m *model) observed() (all []store.Observed) {
	for _, k := range keys {
		switch r := m.records[k].(type) {
		case store.RoleBinding:
			all = append(all, store.Observed{Record: r})
		case store.User:
			for _, b := range bindings {
				for generation := range maxGeneration + 1 {
					if m.rows[row{b, generation, r.UID, r.LabelsHash}] {
						r.Bindings = append(r.Bindings, at(b, generation))
					}
				}
			}
			all = append(all, store.Observed{Record: r, Credential: m.credentials[r.UID]})
		case store.Office, store.PermissionSet:
		}
	}
	return all
}

// A world so small that its changes meet.
const maxGeneration int64 = 3

var (
	users    = []string{"ann", "bob"}
	bindings = []string{"b", "c"}
	labels   = []string{"red", "blue"}
	keys     = []store.Key{{Kind: store.KindRoleBinding, UID: "b"}, {Kind: store.KindRoleBinding, UID: "c"}, {Kind: store.KindUser, UID: "ann"}, {Kind: store.KindUser, UID: "bob"}}
)

func one[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

// some change that a reconciler with an old or a new view of the world may submit.
func some(r *rand.Rand) store.Change {
	switch n := r.IntN(25); {
	case n < 8:
		u := user(one(r, users), labelled(one(r, labels)))
		u.Generation = 1 + r.Int64N(maxGeneration)
		for _, b := range bindings {
			if r.IntN(2) == 0 {
				u.Bindings = append(u.Bindings, at(b, 1+r.Int64N(maxGeneration)))
			}
		}
		return put(u)
	case n < 16:
		b := binding(one(r, bindings), 1+r.Int64N(maxGeneration))
		for _, u := range users {
			if r.IntN(2) == 0 {
				b.Subjects = append(b.Subjects, subject(u, one(r, labels)))
			}
		}
		return put(b)
	case n < 17:
		return store.Remove{Key: store.Key{Kind: store.KindRoleBinding, UID: one(r, bindings)}}
	case n < 18:
		return store.RemoveUser{UID: one(r, users), Disposal: store.Delete}
	default:
		return somePassword(r, one(r, users))
	}
}

// somePassword is some change of a password.
func somePassword(r *rand.Rand, uid string) store.Change {
	version, at, resets := r.Int64N(5), hour(1+r.IntN(9)), time.Time{}
	if r.IntN(3) == 0 {
		resets = hour(1 + r.IntN(9))
	}
	switch r.IntN(6) {
	case 0, 1:
		return store.IssueCredential{
			UserUID: uid, Version: version, Verifier: "v", Source: store.SourceGenerated, Keep: store.KeepCurrent, IssuedAt: at, Resets: resets,
		}
	case 2:
		return store.FinishCredential{UserUID: uid, Version: version, SecretUID: "s", SecretResourceVersion: fmt.Sprint(version), Concealed: r.IntN(2) == 0}
	case 3:
		return store.InviteUser{UserUID: uid, Version: version, Token: "t", TokenHash: "h", ValidFor: time.Hour, IssuedAt: at, Resets: resets}
	case 4:
		return store.RevokeCredential{UserUID: uid, Version: version, Resets: resets}
	default:
		return store.ResetCredentials{IssuedBefore: at}
	}
}

// neverMore checks that whatever the index knows is so, and that the store's content is no drift.
func neverMore(g Gomega, x *known.Index, m *model, story func() string) {
	for _, k := range keys {
		r, stored := m.records[k]
		g.Expect(x.Has(k)).To(Equal(stored), story)
		g.Expect(!stored || x.Holds(r)).To(BeTrue(), story)
	}
	for _, o := range m.observed() {
		g.Expect(x.Matches(o)).To(BeTrue(), story)
	}
	for _, u := range users {
		g.Expect(x.Credential(u).Version).To(Equal(m.credentials[u].Version), story)
		g.Expect(x.Credential(u).IssuedAt).To(BeTemporally("==", m.credentials[u].IssuedAt), story)
	}
	for _, b := range bindings { // rows that count are those of the stored generation and the stored labels
		stored, ok := m.records[store.Key{Kind: store.KindRoleBinding, UID: b}].(store.RoleBinding)
		if !ok {
			continue
		}
		for _, uid := range users {
			if u, ok := m.records[store.Key{Kind: store.KindUser, UID: uid}].(store.User); ok {
				u.Bindings = []store.Bound{at(b, stored.Generation)}
				if len(x.MissingBindings(u)) == 0 {
					g.Expect(m.rows).To(HaveKey(row{b, stored.Generation, uid, u.LabelsHash}), story)
				}
			}
		}
	}
}

func TestItNeverKnowsMoreThanTheStoreHasSaid(t *testing.T) {
	for seed := range uint64(500) {
		g := NewWithT(t)
		r := rand.New(rand.NewPCG(seed, 0))
		m := &model{records: map[store.Key]store.Record{}, credentials: map[string]store.Credential{}, rows: map[row]bool{}}
		x := known.New()
		var story []string
		for range 40 {
			c := some(r)
			verdict := m.apply(c)
			story = append(story, fmt.Sprintf("%+v: %v", c, verdict))
			if verdict == nil {
				x.Applied([]store.Change{c})
			}
			if r.IntN(10) == 0 { // a restart: the index is filled by one read
				x = known.New()
				x.Observed(store.Observed{Record: store.Office{}, CredentialsReset: m.reset})
				for _, o := range m.observed() {
					x.Observed(o)
				}
				story = append(story, "restart")
			}
			neverMore(g, x, m, func() string { return fmt.Sprintf("seed %d:\n%s", seed, strings.Join(story, "\n")) })
		}
	}
}
