// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

// brake keeps a change of facts, such as of the policy, of a namespace's labels or of a set, from withdrawing access from more users than the
// BackOffice permits, before somebody confirms it. It answers for each cause once, before anything is withdrawn: while a withdrawal is carried
// out, the users that are left would tell something else. It is safe for concurrent use, and forgets nothing by a restart: the answer follows
// from the facts and from what the status of the objects says.
type brake struct {
	mu     sync.Mutex
	answer answer
	// eased says that something was held and is no longer: its objects have to be woken.
	eased bool
	// users is how many the held withdrawal is about, for who may not wait for mu; 0: none is held.
	users atomic.Int64
	// call asks the BackOffice's controller to look at the answer.
	call func()
}

// answer is what the brake says.
type answer struct {
	// cause identifies the facts that the answer is about; empty before the first one.
	cause string
	// held is what would be withdrawn, nil where it may be.
	held *policy.Withdrawal
}

// permits tells whether an object that was in force may be withheld for facts that others have changed.
func (b *brake) permits(ctx context.Context, g gather.Gatherer, office *v1alpha1.BackOffice) (bool, error) {
	a, news, err := b.decide(ctx, g, office)
	if news {
		b.call()
	}
	return err == nil && a.held == nil, err
}

// review looks at the facts again, also where something is held already, and tells what is held now.
func (b *brake) review(ctx context.Context, g gather.Gatherer, office *v1alpha1.BackOffice) (answer, error) {
	b.mu.Lock()
	if b.answer.held != nil {
		b.answer.cause = ""
	}
	b.mu.Unlock()
	a, _, err := b.decide(ctx, g, office)
	return a, err
}

// holds tells whether something is held.
func (b *brake) holds() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.answer.held != nil
}

// hasEased tells, once, that something is no longer held.
func (b *brake) hasEased() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	eased := b.eased
	b.eased = false
	return eased
}

// decide finds the answer for the facts as they are, and tells whether the BackOffice has something new to say.
func (b *brake) decide(ctx context.Context, g gather.Gatherer, office *v1alpha1.BackOffice) (a answer, news bool, err error) {
	if a.cause, err = causeOf(ctx, g, office); err != nil {
		return a, false, err
	}
	confirmed := office.Annotations[v1alpha1.AnnotationConfirmWithdrawal] == a.cause
	b.mu.Lock()
	defer b.mu.Unlock() // until all users are counted, nobody withdraws anything
	if b.answer.cause == a.cause && (b.answer.held == nil || !confirmed) {
		return b.answer, false, nil
	}
	if !confirmed {
		if a.held, err = excess(ctx, g, office); err != nil {
			return a, false, err
		}
		if now, err := causeOf(ctx, g, office); err != nil {
			return a, false, err
		} else if now != a.cause { // the count may be of either
			return a, false, flow.Later{After: retryAfter}
		}
	}
	before := b.answer
	news = (a.held == nil) != (before.held == nil) || a.held != nil && a.cause != before.cause
	if news && a.held != nil {
		log.FromContext(ctx).Info("Holding a withdrawal of access", "users", a.held.Users, "of", a.held.Of, "cause", a.cause)
	}
	b.answer, b.eased = a, b.eased || before.held != nil && a.held == nil
	b.users.Store(0)
	if a.held != nil {
		b.users.Store(int64(a.held.Users))
	}
	return a, news, nil
}

// excess counts what the facts would withdraw; nil where the limit permits it.
func excess(ctx context.Context, g gather.Gatherer, office *v1alpha1.BackOffice) (*policy.Withdrawal, error) {
	w, err := g.Withdrawal(ctx, office)
	if err != nil || !w.Exceeds(office) {
		return nil, err
	}
	return &w, nil
}

// causeOf identifies the facts by which the objects of a back office may be withheld although nobody has changed them: the generation of the
// BackOffice, which namespaces its selectors match, and the generations of its sets.
func causeOf(ctx context.Context, g gather.Gatherer, office *v1alpha1.BackOffice) (string, error) {
	facts, err := selectedNamespaces(ctx, g, office)
	if err != nil {
		return "", err
	}
	var sets v1alpha1.PermissionSetList
	if err := g.Reader.List(ctx, &sets, client.MatchingFields{gather.IndexBackOffice: client.ObjectKeyFromObject(office).String()},
		client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency); err != nil {
		return "", err
	}
	for i := range sets.Items {
		facts = append(facts, fmt.Sprintf("%s %d", sets.Items[i].UID, sets.Items[i].Generation))
	}
	slices.Sort(facts)
	sum := sha256.Sum256([]byte(strings.Join(facts, "\n")))
	return fmt.Sprintf("%d-%x", office.Generation, sum[:5]), nil
}

// selectedNamespaces tells which namespaces the selectors of a BackOffice match, and which selectors these are.
func selectedNamespaces(ctx context.Context, g gather.Gatherer, office *v1alpha1.BackOffice) (facts []string, err error) {
	if !selectsNamespaces(office) || g.Watched.Listed() {
		return nil, nil
	}
	selectors := map[int]labels.Selector{}
	for i, entry := range office.Spec.Namespaces {
		if selector, err := metav1.LabelSelectorAsSelector(entry.Selector); err == nil && entry.Selector != nil {
			selectors[i] = selector
		}
	}
	namespaces := &metav1.PartialObjectMetadataList{}
	namespaces.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("NamespaceList"))
	if err := g.Reader.List(ctx, namespaces, client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency); err != nil {
		return nil, err
	}
	for i := range namespaces.Items {
		for entry, selector := range selectors {
			if namespace := &namespaces.Items[i]; selector.Matches(labels.Set(namespace.Labels)) {
				facts = append(facts, fmt.Sprintf("%s %d", namespace.Name, entry))
			}
		}
	}
	return facts, nil
}

func selectsNamespaces(office *v1alpha1.BackOffice) bool {
	return slices.ContainsFunc(office.Spec.Namespaces, func(entry v1alpha1.NamespaceAdmission) bool { return entry.Selector != nil })
}
