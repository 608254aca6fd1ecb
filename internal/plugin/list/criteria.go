// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package list

import (
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
)

// criterion is one of the things that a user has to meet.
type criterion func(ctx context.Context, u *v1alpha1.BackOfficeUser) (bool, error)

// criteria are all of them. Those that name something tell when nothing has that name: an empty list would be taken for an answer.
type criteria struct {
	all   []criterion
	named []interface {
		unknown(ctx context.Context) error
	}
}

// of are the users who meet all criteria.
func (c criteria) of(ctx context.Context, users []v1alpha1.BackOfficeUser) (met []v1alpha1.BackOfficeUser, err error) {
	for i := range users {
		ok := true
		for _, criterion := range c.all {
			if ok, err = criterion(ctx, &users[i]); err != nil {
				return nil, err
			}
			if !ok {
				break
			}
		}
		if ok {
			met = append(met, users[i])
		}
	}
	return met, nil
}

// unknown is an error where a criterion names what does not exist.
func (c criteria) unknown(ctx context.Context) error {
	for _, n := range c.named {
		if err := n.unknown(ctx); err != nil {
			return err
		}
	}
	return nil
}

// criteria are those of the flags; what the API server has selected by is among them. Those that read other objects come last.
func (o *options) criteria(ctx context.Context, g gather.Gatherer) (criteria, error) {
	var c criteria
	now := o.session.Clock.Now()
	given := func(is bool, meets func(*v1alpha1.BackOfficeUser) bool) {
		if is {
			c.all = append(c.all, func(_ context.Context, u *v1alpha1.BackOfficeUser) (bool, error) { return meets(u), nil })
		}
	}
	given(len(o.states) > 0, func(u *v1alpha1.BackOfficeUser) bool { return has(o.states, string(u.Status.State)) })
	given(len(o.types) > 0, func(u *v1alpha1.BackOfficeUser) bool { return has(o.types, string(u.Status.AccountType)) })
	given(o.held, (*v1alpha1.BackOfficeUser).Held)
	given(o.backOffice != "", o.belongs)
	given(o.rotationOverdue, func(u *v1alpha1.BackOfficeUser) bool { return overdue(u, now) })
	given(o.notReady != "", func(u *v1alpha1.BackOfficeUser) bool { return unready(u, o.notReady) })
	if o.text != "" {
		fragment := folded(o.text)
		given(true, func(u *v1alpha1.BackOfficeUser) bool { return mentions(u, fragment) })
	}
	for _, d := range o.data {
		of := &dataOf{dimension: d[0], value: d[1], gatherer: g, offices: map[types.NamespacedName]*v1alpha1.BackOffice{}, notes: o.session.ErrOut, where: o.where()}
		c.all, c.named = append(c.all, of.seen), append(c.named, of)
	}
	if o.role != "" {
		held := &role{name: o.role, gatherer: g, namespace: o.namespace, now: now, called: map[string]bool{}, notes: o.session.ErrOut, where: o.where()}
		c.all, c.named = append(c.all, held.held), append(c.named, held)
	}
	if !o.expiry.IsZero() {
		// All at once, rather than namespace by namespace.
		if err := g.Reader.List(ctx, &v1alpha1.RoleBindingList{}, client.InNamespace(o.namespace)); err != nil {
			return c, err
		}
		c.all = append(c.all, func(ctx context.Context, u *v1alpha1.BackOfficeUser) (bool, error) {
			bindings, err := g.BindingsOf(ctx, u)
			return slices.ContainsFunc(bindings, func(b *v1alpha1.RoleBinding) bool { return ends(b, now, o.expiry) }), err
		})
	}
	return c, nil
}

// belongs tells whether a user is one of the back office of the flag.
func (o *options) belongs(u *v1alpha1.BackOfficeUser) bool {
	office := u.Spec.BackOfficeRef.In(u.Namespace)
	return o.backOffice == office.Name || o.backOffice == office.String()
}

// folded is a text as it is compared: without cases, and with each accent written in one way.
func folded(s string) string { return norm.NFC.String(cases.Fold().String(s)) }

// mentions tells whether a user has a folded fragment in what it is called.
func mentions(u *v1alpha1.BackOfficeUser, fragment string) bool {
	texts := []string{u.Name, u.EffectiveLogin()}
	if p := u.Spec.Profile; p != nil {
		texts = append(texts, p.FullName, p.FirstName+" "+p.LastName, p.Email)
	}
	return slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(folded(s), fragment) })
}

// overdue tells whether the password should have been rotated.
func overdue(u *v1alpha1.BackOfficeUser, now time.Time) bool {
	c := u.Status.Credential
	return c != nil && !c.NextRotationTime.IsZero() && c.NextRotationTime.Time.Before(now)
}

// unready tells whether a user is not ready, or has a condition with that reason.
func unready(u *v1alpha1.BackOfficeUser, reason string) bool {
	if reason == anyReason {
		return !meta.IsStatusConditionTrue(u.Status.Conditions, v1alpha1.ConditionReady)
	}
	return slices.ContainsFunc(u.Status.Conditions, func(c metav1.Condition) bool {
		return strings.EqualFold(c.Reason, reason) && (c.Type != v1alpha1.ConditionReady || c.Status != metav1.ConditionTrue)
	})
}

// ends tells whether a binding ends from now on and before a moment.
func ends(b *v1alpha1.RoleBinding, now, before time.Time) bool {
	at := b.Spec.ExpiresAt
	return at != nil && at.After(now) && at.Time.Before(before)
}
