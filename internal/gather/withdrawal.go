// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

// Withdrawal counts the users of a back office who have access and would lose some of it by facts: by the policy of the BackOffice as it is
// given here, by the labels of their namespace, or by a set as it is now. It looks at all users, and at the cache alone.
func (g Gatherer) Withdrawal(ctx context.Context, office *v1alpha1.BackOffice) (policy.Withdrawal, error) {
	w := &withdrawal{
		Gatherer: g, office: office, in: client.MatchingFields{IndexBackOffice: client.ObjectKeyFromObject(office).String()},
		terms: map[string]policy.Terms{}, withheld: map[types.NamespacedName]bool{}, losing: map[string]*roster{},
		heldBy: map[types.NamespacedName][]v1alpha1.AccountType{}, restricted: map[string]*roster{},
	}
	for _, step := range []func(context.Context) error{w.sets, w.bindings, w.users} {
		if err := step(ctx); err != nil {
			return policy.Withdrawal{}, err
		}
	}
	return w.count, nil
}

// HasAccess tells whether the account was in force when it was last looked at.
func HasAccess(u *v1alpha1.BackOfficeUser) bool {
	return u.Status.State == v1alpha1.StateActive && u.DeletionTimestamp.IsZero()
}

// WasInForce tells whether the object, as it is now, was ready when it was last looked at.
func WasInForce(conditions []metav1.Condition, generation int64) bool {
	ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	return ready != nil && ready.Status == metav1.ConditionTrue && ready.ObservedGeneration == generation
}

// BindingWasInForce tells whether a binding whose set exists, as it is now, was in force when it was last looked at, for some of its users at
// least: one that is not ready because others of its users are missing or refused was.
func BindingWasInForce(b *v1alpha1.RoleBinding) bool {
	if WasInForce(b.Status.Conditions, b.Generation) {
		return true
	}
	ready := meta.FindStatusCondition(b.Status.Conditions, v1alpha1.ConditionReady)
	return ready != nil && ready.ObservedGeneration == b.Generation &&
		(ready.Reason == v1alpha1.ReasonSubjectsRefused || ready.Reason == v1alpha1.ReasonReferenceNotFound)
}

// withinWindow tells whether the binding hands out anything at that time.
func withinWindow(b *v1alpha1.RoleBinding, now time.Time) bool {
	from, until := b.Spec.NotBefore, b.Spec.ExpiresAt
	return (from == nil || !now.Before(from.Time)) && (until == nil || now.Before(until.Time))
}

// withdrawal is the memory of one count, in the order in which the steps fill it.
type withdrawal struct {
	Gatherer
	office     *v1alpha1.BackOffice
	in         client.MatchingFields
	terms      map[string]policy.Terms                         // by namespace
	withheld   map[types.NamespacedName]bool                   // set by sets: those that were in force
	heldBy     map[types.NamespacedName][]v1alpha1.AccountType // set by sets: those that accounts of some types alone may hold
	losing     map[string]*roster                              // set by bindings: those that were in force, by namespace
	restricted map[string]*roster                              // set by bindings: those that stay in force, of sets that accounts of some types alone may hold
	count      policy.Withdrawal                               // set by users
}

// termsOf reads the terms of a namespace once.
func (w *withdrawal) termsOf(ctx context.Context, namespace string) (policy.Terms, error) {
	if terms, known := w.terms[namespace]; known {
		return terms, nil
	}
	terms, err := w.Gatherer.terms(ctx, w.office, namespace)
	w.terms[namespace] = terms
	return terms, err
}

// sets finds those that would be withheld: one that inherits from such a set is one.
func (w *withdrawal) sets(ctx context.Context) error {
	var list v1alpha1.PermissionSetList
	if err := w.list(ctx, &list, w.in); err != nil {
		return err
	}
	broken := map[string]bool{}
	ancestries := make([]access.Ancestry, len(list.Items))
	for i := range list.Items {
		s := &list.Items[i]
		facts := policy.SetInput{New: s, Office: w.office}
		var err error
		if facts.Terms, err = w.termsOf(ctx, s.Namespace); err != nil {
			return err
		}
		if facts.NewAncestry, facts.Sets, err = w.Ancestry(ctx, s); err != nil {
			return err
		}
		ancestries[i] = facts.NewAncestry
		if heldBy := policy.HeldBy(facts.NewAncestry, facts.Sets); len(heldBy) > 0 {
			w.heldBy[client.ObjectKeyFromObject(s)] = heldBy
		}
		broken[client.ObjectKeyFromObject(s).String()] = len(policy.SetWithdrawal.Evaluate(facts)) > 0
	}
	for i := range list.Items {
		s := &list.Items[i]
		if !WasInForce(s.Status.Conditions, s.Generation) {
			continue
		}
		for id := range ancestries[i].Distance {
			if broken[id] {
				w.withheld[client.ObjectKeyFromObject(s)] = true
			}
		}
	}
	return nil
}

// bindings finds those that would be withheld, and those whose set would be.
func (w *withdrawal) bindings(ctx context.Context) error {
	var list v1alpha1.RoleBindingList
	if err := w.list(ctx, &list, w.in); err != nil {
		return err
	}
	now := w.now()
	for i := range list.Items {
		b := &list.Items[i]
		if !BindingWasInForce(b) || !b.DeletionTimestamp.IsZero() || !withinWindow(b, now) {
			continue
		}
		facts := policy.BindingInput{New: b, Office: w.office}
		var err error
		if facts.Terms, err = w.termsOf(ctx, b.Namespace); err != nil {
			return err
		}
		if facts.NewSet, err = w.boundSet(ctx, b); err != nil {
			return err
		}
		if facts.NewSet == nil {
			continue
		}
		set, bound := client.ObjectKeyFromObject(facts.NewSet), policy.Bound{Binding: b, Set: facts.NewSet}
		switch {
		case w.withheld[set] || len(policy.BindingWithdrawal.Evaluate(facts)) > 0:
			enrol(w.losing, bound)
		case len(w.heldBy[set]) > 0:
			enrol(w.restricted, bound)
		}
	}
	return nil
}

// users counts.
func (w *withdrawal) users(ctx context.Context) error {
	var list v1alpha1.BackOfficeUserList
	if err := w.list(ctx, &list, w.in); err != nil {
		return err
	}
	for i := range list.Items {
		u := &list.Items[i]
		if !HasAccess(u) {
			continue
		}
		w.count.Of++
		terms, err := w.termsOf(ctx, u.Namespace)
		if err != nil {
			return err
		}
		losing := w.losing[u.Namespace]
		if losing != nil && losing.reaches(u) || w.losesSet(u) || len(policy.UserWithdrawal.Evaluate(policy.UserInput{New: u, Office: w.office, Terms: terms})) > 0 {
			w.count.Users++
		}
	}
	return nil
}

// losesSet tells whether the user holds a set that it may not hold by its account type, or more sets than the policy permits. What it holds is what
// its status tells.
func (w *withdrawal) losesSet(u *v1alpha1.BackOfficeUser) bool {
	held := u.Status.PermissionSets
	if limit := policy.SetLimit(w.office); limit > 0 && len(held) > limit {
		return true
	}
	restricted := w.restricted[u.Namespace]
	if restricted == nil || len(held) == 0 {
		return false
	}
	return slices.ContainsFunc(restricted.of(u), func(b policy.Bound) bool {
		return slices.Contains(held, nameOf(b.Set)) && !policy.MayHold(u.EffectiveAccountType(), w.heldBy[client.ObjectKeyFromObject(b.Set)])
	})
}
