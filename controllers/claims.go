// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/desired"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
)

// rivals are the other living users with the same login.
func (b *Base) rivals(ctx context.Context, u *v1alpha1.BackOfficeUser) ([]*v1alpha1.BackOfficeUser, error) {
	var list v1alpha1.BackOfficeUserList
	key := gather.LoginKey(u.Spec.BackOfficeRef.In(u.Namespace), u.EffectiveLogin())
	if err := b.Client.List(ctx, &list, client.MatchingFields{gather.IndexLogin: key}, client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency); err != nil {
		return nil, err
	}
	var rivals []*v1alpha1.BackOfficeUser
	for i := range list.Items {
		if rival := &list.Items[i]; rival.UID != u.UID && rival.DeletionTimestamp.IsZero() {
			rivals = append(rivals, rival)
		}
	}
	return rivals, nil
}

// older orders objects by their claim: the one created first, at the same second the one with the lower UID.
func older(a, b client.Object) bool {
	at, bt := a.GetCreationTimestamp(), b.GetCreationTimestamp()
	if at.Equal(&bt) {
		return a.GetUID() < b.GetUID()
	}
	return at.Before(&bt)
}

// inForce names the sets that bindings in force hand out, as namespace/name, and the next moment at which that changes.
func inForce(bindings []*v1alpha1.RoleBinding, now time.Time) (sets []string, next time.Time) {
	for _, b := range bindings {
		from, until := desired.Window(b)
		if now.Before(from) {
			next = sooner(next, from)
			continue
		}
		if !until.IsZero() {
			if !now.Before(until) {
				continue
			}
			next = sooner(next, until)
		}
		sets = append(sets, b.Spec.PermissionSetRef.In(b.Namespace).String())
	}
	slices.SortFunc(sets, strings.Compare)
	sets = slices.Compact(sets)
	return sets[:min(len(sets), v1alpha1.MaxReportedSets)], next
}

func sooner(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
