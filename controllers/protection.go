// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/backoffice-operator/backoffice-operator/internal/desired"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// Whoever makes an object of the name of a lost one has the account back, with its password: so it takes the power over what the account held, as it
// does to touch a user. The store finds that by the bindings that it holds. Where these are ghosts, too, it is kept with the account before they go,
// and an account that is left to its new object keeps them until then.

// sweep are the ghosts that are looked at together.
type sweep struct {
	// removed are sets and bindings to remove, blocked accounts to block, and spared accounts that are left to a new object for now.
	removed, blocked, spared []store.Observed
	// needs are what it takes to have an account that loses bindings, by its UID.
	needs map[string][]store.Need
}

// handouts are what bindings hand out, as the store holds it: sets by the UID of the binding, and what they need by that of the set.
type handouts struct {
	sets  map[string]string
	needs map[string]store.Need
}

// protect finds what protects the accounts that are blocked, and leaves what protects those that are spared.
func (s *sweep) protect(ctx context.Context, conn *connection) error {
	handed, err := s.handedOut(ctx, conn)
	if err != nil {
		return err
	}
	stays := map[string]bool{}
	for _, o := range s.spared {
		for _, b := range boundsOf(o) {
			stays[b.BindingUID], stays[handed.sets[b.BindingUID]] = true, true
		}
	}
	s.removed = slices.DeleteFunc(s.removed, func(o store.Observed) bool { return stays[o.Record.Key().UID] })
	goes := map[string]bool{}
	for _, o := range s.removed {
		goes[o.Record.Key().UID] = true
	}
	s.needs = map[string][]store.Need{}
	for _, o := range s.blocked {
		uid, loses := o.Record.Key().UID, false
		needs := conn.ghosts.blocked[uid].protection
		for _, b := range boundsOf(o) {
			set := handed.sets[b.BindingUID]
			loses = loses || goes[b.BindingUID] || goes[set]
			if need, stored := handed.needs[set]; stored {
				needs = append(needs, need)
			}
		}
		if loses {
			s.needs[uid] = strongest(needs)
		}
	}
	return nil
}

// handedOut reads the bindings of all accounts, and their sets.
func (s *sweep) handedOut(ctx context.Context, conn *connection) (handouts, error) {
	handed := handouts{map[string]string{}, map[string]store.Need{}}
	var bindings, sets []store.Key
	for _, o := range slices.Concat(s.blocked, s.spared) {
		for _, b := range boundsOf(o) {
			bindings = append(bindings, store.Key{Kind: store.KindRoleBinding, UID: b.BindingUID})
		}
	}
	err := conn.each(ctx, bindings, func(o store.Observed) {
		if b, ok := o.Record.(store.RoleBinding); ok && b.PermissionSetUID != "" {
			handed.sets[b.UID] = b.PermissionSetUID
			sets = append(sets, store.Key{Kind: store.KindPermissionSet, UID: b.PermissionSetUID})
		}
	})
	if err != nil {
		return handed, err
	}
	return handed, conn.each(ctx, sets, func(o store.Observed) {
		if set, ok := o.Record.(store.PermissionSet); ok {
			handed.needs[set.UID] = store.Need{Family: set.RankFamily, Rank: set.Rank}
		}
	})
}

// boundsOf are the bindings of an account.
func boundsOf(o store.Observed) []store.Bound {
	u, _ := o.Record.(store.User)
	return u.Bindings
}

// strongest leaves one need for each family.
func strongest(needs []store.Need) []store.Need {
	sorted := slices.Clone(needs)
	slices.SortFunc(sorted, func(a, b store.Need) int { return cmp.Or(cmp.Compare(a.Family, b.Family), cmp.Compare(a.Rank, b.Rank)) })
	return slices.CompactFunc(sorted, func(a, b store.Need) bool { return a.Family == b.Family })
}

// each reads the records with these keys, none where there are none.
func (c *connection) each(ctx context.Context, keys []store.Key, do func(store.Observed)) error {
	if len(keys) == 0 {
		return nil
	}
	slices.SortFunc(keys, func(a, b store.Key) int { return cmp.Compare(a.UID, b.UID) })
	for o, err := range c.store.Observe(ctx, slices.Compact(keys)...) {
		if err != nil {
			return outcome(c.unread(err))
		}
		do(o)
	}
	return nil
}

// block blocks accounts that are in force, and keeps what protects them. It returns those that somebody has written meanwhile.
func (s *sweep) block(ctx context.Context, conn *connection) (left []suspect, err error) {
	var blocked []store.Observed
	errs := atOnce(s.blocked, func(o store.Observed) error { return conn.block(ctx, o, s.needs[o.Record.Key().UID]) })
	for i, o := range s.blocked {
		key, name := o.Record.Key(), suspectOf(o.Record).name
		is, before := conn.ghosts.blocked[key.UID]
		switch err := errs[i]; {
		case err == nil:
			if !before {
				blocked = append(blocked, o)
			}
			if needs := s.needs[key.UID]; needs != nil {
				is.protection = needs
			}
			is.name = name
			conn.ghosts.note(key.UID, is)
		case errors.Is(err, store.ErrNotFound): // taken over, or deleted
			conn.known.Forget(key)
			delete(conn.ghosts.blocked, key.UID)
		case errors.Is(err, store.ErrStale), errors.Is(err, store.ErrRejected):
			left = append(left, suspect{key, name})
		default:
			return nil, outcome(err)
		}
	}
	if len(blocked) > 0 {
		log.FromContext(ctx).Info("Accounts of the store have no object: they are blocked until it is applied again, or their row is deleted",
			"number", len(blocked), "users", sample(blocked))
	}
	return left, nil
}

// note notes an account that is blocked.
func (g *ghosts) note(userUID string, is ghost) {
	if g.blocked == nil {
		g.blocked = map[string]ghost{}
	}
	g.blocked[userUID] = is
}

// suspectOf is a record whose object is looked for.
func suspectOf(record store.Record) suspect {
	m := record.Object()
	return suspect{record.Key(), types.NamespacedName{Namespace: m.Namespace, Name: m.Name}}
}

// block takes an account out of force, and keeps what it takes to have it back, where there is something to keep. Its object is gone for good, but
// another one may be about to take over the row, or have done so: a Put alone would take it back. So it is in one group with a change that does
// nothing but ask for the row of that UID, with the credential that was read: where that is no more, neither is written. A lower generation is
// refused by the Put itself.
func (c *connection) block(ctx context.Context, o store.Observed, protection []store.Need) error {
	u, _ := o.Record.(store.User)
	if !u.InForce && len(protection) == 0 {
		c.learn(o)
		return nil
	}
	var asks store.Change = store.RevokeCredential{UserUID: u.UID, Version: o.Credential.Version}
	if o.Credential.Verifier != "" {
		asks = store.IssueCredential{
			UserUID: u.UID, Version: o.Credential.Version, Verifier: o.Credential.Verifier, Source: o.Credential.Source, Keep: store.KeepCurrent,
		}
	}
	blocked, admission := desired.Ghost(u)
	put := store.Put{Record: blocked, Revoking: true, Admission: admission}
	if len(protection) > 0 {
		put.Protection = protection
	}
	if err := c.submit(ctx, asks, put); err != nil {
		return err
	}
	o.Record = blocked
	c.learn(o)
	return nil
}
