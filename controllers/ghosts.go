// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// A ghost is a row whose object is gone without a farewell: a cluster was rebuilt, or somebody has removed a finalizer by force. Nobody looks after
// what it gives, so that it is to give nothing; and nobody has asked to delete it.
//
//   - Sets and bindings are removed: all that their rows hold is in the manifests, and written again when these are applied.
//   - Accounts are never deleted, for what they are to the back office is nowhere else: they are blocked, until their object comes back (the same
//     namespace, name and login), or somebody deletes the row. What it takes to have them back is kept with them before their bindings go: see
//     protection.go.
//
// All ghosts are blocked at once, also where they are most of the rows, and no brake is asked. It looks after changes of facts about objects that
// people still want; of these rows nobody knows whether anybody does. A cluster that was restored, and whose manifests have not been applied yet,
// loses access by this and nothing else: each account is in force again, with its password, as soon as its object is there.
//
// An object that lives is never taken for a ghost, and one that was made anew is never undone:
//
//   - Rows are suspected by the cache, which may lag behind; so the API server is asked before anything is done. What cannot be read is not gone.
//   - A UID is never used again: once the API server has no object with it, there will be none. The row is read again after that, and each change
//     is about the row of that UID alone, by the store's own word: see block.
//   - When a store is opened, an object that is there and can take over the row is left the time to do so.

// ghost is an account without an object. It is not in force.
type ghost struct {
	name types.NamespacedName
	// namesake is the last object of this name of which it is known that it has not taken over the row.
	namesake types.UID
	// protection is what it takes to have the account back, as far as it is known to be kept with the row.
	protection []store.Need
}

// ghosts are those of one store.
type ghosts struct {
	// suspects are to be looked at.
	suspects []suspect
	// opening says that they were found when the store was opened.
	opening bool
	// blocked are the accounts that were found to have no object, by UID.
	blocked map[string]ghost
}

// sweepGhosts takes what ghosts give. It asks nobody anything where there is no suspect.
func (r *BackOfficeReconciler) sweepGhosts(ctx context.Context, s *officeScope) error {
	defer connected(s)
	s.conn.ghosts.suspects = append(s.conn.ghosts.suspects, r.returning(ctx, s.conn)...)
	if len(s.conn.ghosts.suspects) == 0 {
		return nil
	}
	gone, err := r.gone(ctx, s.conn.ghosts.suspects)
	if err != nil {
		return err
	}
	left, err := r.withdrawGhosts(ctx, s, gone)
	if err != nil {
		return err
	}
	s.conn.ghosts.suspects = left
	return nil
}

// returning are the ghosts whose object seems to be back, and is in the store: whether the row is still there has to be looked at.
func (r *BackOfficeReconciler) returning(ctx context.Context, conn *connection) (suspects []suspect) {
	for uid, g := range conn.ghosts.blocked {
		var u v1alpha1.BackOfficeUser
		if err := r.Client.Get(ctx, g.name, &u, client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency); err != nil {
			continue
		}
		switch {
		case string(u.UID) == uid: // it was restored as it was, and looks after its row
			delete(conn.ghosts.blocked, uid)
		case u.UID != g.namesake && conn.known.Has(store.Key{Kind: store.KindUser, UID: string(u.UID)}):
			g.namesake = u.UID
			conn.ghosts.blocked[uid] = g
			suspects = append(suspects, suspect{store.Key{Kind: store.KindUser, UID: uid}, g.name})
		}
	}
	return suspects
}

// withdrawGhosts reads the rows again, and takes what they give. It returns those that somebody has written meanwhile: they are looked at again.
func (r *BackOfficeReconciler) withdrawGhosts(ctx context.Context, s *officeScope, gone map[store.Key]client.Object) (left []suspect, err error) {
	if len(gone) == 0 { // no keys would be all keys
		return nil, nil
	}
	var rows sweep
	unseen := maps.Clone(gone)
	for o, err := range s.conn.store.Observe(ctx, slices.Collect(maps.Keys(gone))...) {
		if err != nil {
			return nil, outcome(s.conn.unread(err))
		}
		key := o.Record.Key()
		delete(unseen, key)
		spared := s.conn.ghosts.opening && takesOver(gone[key], o.Record, s.office)
		switch {
		case spared && key.Kind == store.KindUser:
			rows.spared = append(rows.spared, o)
		case spared:
		case key.Kind == store.KindUser:
			rows.blocked = append(rows.blocked, o)
		default:
			rows.removed = append(rows.removed, o)
		}
	}
	for key := range unseen { // taken over, or deleted
		s.conn.known.Forget(key)
		delete(s.conn.ghosts.blocked, key.UID)
	}
	if err := rows.protect(ctx, s.conn); err != nil {
		return nil, err
	}
	if left, err = rows.block(ctx, s.conn); err != nil {
		return nil, err
	}
	if len(left) > 0 { // what protects them stays until then
		for _, o := range rows.removed {
			left = append(left, suspectOf(o.Record))
		}
		return left, nil
	}
	return nil, r.removeGhosts(ctx, s, rows.removed)
}

// takesOver tells whether the store lets an object take over a row, once its reconcile gets there.
func takesOver(o client.Object, record store.Record, office *v1alpha1.BackOffice) bool {
	if o == nil || !o.GetDeletionTimestamp().IsZero() {
		return false
	}
	var ref v1alpha1.BackOfficeReference
	var same bool
	switch o := o.(type) {
	case *v1alpha1.PermissionSet:
		set, _ := record.(store.PermissionSet)
		ref, same = o.Spec.BackOfficeRef, o.EffectiveKey() == set.SetKey
	case *v1alpha1.RoleBinding:
		ref, same = o.Spec.BackOfficeRef, true
	case *v1alpha1.BackOfficeUser:
		u, _ := record.(store.User)
		ref, same = o.Spec.BackOfficeRef, strings.EqualFold(o.EffectiveLogin(), u.Login)
	}
	return same && ref.In(o.GetNamespace()) == client.ObjectKeyFromObject(office)
}

// removeGhosts removes sets and bindings. Other objects may have waited for what they held, such as a key.
func (r *BackOfficeReconciler) removeGhosts(ctx context.Context, s *officeScope, rows []store.Observed) error {
	errs := atOnce(rows, func(o store.Observed) error { return s.conn.submit(ctx, store.Remove{Key: o.Record.Key()}) })
	for _, err := range errs {
		if err != nil {
			return outcome(err)
		}
	}
	if len(rows) > 0 {
		log.FromContext(ctx).Info("Removed sets and bindings from the store whose object is gone", "number", len(rows), "objects", sample(rows))
		r.Wake(s.office)
	}
	return nil
}

// sweepers is how many changes wait for the store at the same time; they are written together.
const sweepers = 64

// atOnce does something with each row, several at the same time, and returns the errors in their order.
func atOnce(rows []store.Observed, do func(store.Observed) error) []error {
	errs := make([]error, len(rows))
	next := make(chan int, len(rows))
	for i := range rows {
		next <- i
	}
	close(next)
	var all sync.WaitGroup
	for range min(sweepers, len(rows)) {
		all.Go(func() {
			for i := range next {
				errs[i] = do(rows[i])
			}
		})
	}
	all.Wait()
	return errs
}

// sample names the objects of some rows, for the log.
func sample(rows []store.Observed) (names []string) {
	for _, o := range rows[:min(len(rows), maxNamed)] {
		m := o.Record.Object()
		names = append(names, m.Namespace+"/"+m.Name)
	}
	return names
}

// connected reports that the store answers, and what nobody looks after in it.
func connected(s *officeScope) {
	n := len(s.conn.ghosts.blocked)
	if n == 0 {
		flow.Holds(s.office, v1alpha1.ConditionStoreConnected, v1alpha1.ReasonConnected, "the store answers")
		return
	}
	flow.Holds(s.office, v1alpha1.ConditionStoreConnected, v1alpha1.ReasonAccountsWithoutObject, fmt.Sprintf(
		"the store answers. Accounts whose BackOfficeUser is gone, though nobody has deleted it, as after a cluster was rebuilt: %d. Each is blocked until "+
			"a user with its namespace, name and login is applied again, or its row is deleted; the operator's log names them", n))
}
