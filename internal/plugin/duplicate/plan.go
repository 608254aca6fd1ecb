// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package duplicate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/snapshot"
)

// plan is what makes somebody a copy.
type plan struct {
	of, user *v1alpha1.BackOfficeUser
	// bindings have to name the new user.
	bindings []*v1alpha1.RoleBinding
	notes    []string
}

// plan finds out what has to be made.
func (c *command) plan(ctx context.Context, cl client.Client, name, newName string) (*plan, error) {
	world := snapshot.New(cl)
	u, err := c.s.User(ctx, world, name)
	if err != nil {
		return nil, err
	}
	if why := lacking(u, c.request); why != "" {
		return nil, errors.New(why)
	}
	p := &plan{of: u, user: draft(u, newName, c.request)}
	if err := free(ctx, world, p.user); err != nil {
		return nil, err
	}
	now := c.s.Clock.Now()
	has, err := bindingsOf(ctx, world.Gatherer(c.s.Clock), u)
	if err != nil {
		return nil, err
	}
	gets, err := bindingsOf(ctx, world.Gatherer(c.s.Clock), p.user)
	if err != nil {
		return nil, err
	}
	p.notes = append(notes(u, p.user), p.bind(has, gets, now)...)
	return p, nil
}

// bindingsOf are the bindings that name or select a user, in the order of their names.
func bindingsOf(ctx context.Context, g gather.Gatherer, u *v1alpha1.BackOfficeUser) ([]*v1alpha1.RoleBinding, error) {
	bindings, err := g.BindingsOf(ctx, u)
	slices.SortFunc(bindings, func(a, b *v1alpha1.RoleBinding) int { return strings.Compare(a.Name, b.Name) })
	return bindings, err
}

// bind says which bindings have to name the new user: those of USER that do not select it, or name it already. What has ended stays as it is.
func (p *plan) bind(has, gets []*v1alpha1.RoleBinding, now time.Time) (notes []string) {
	for _, b := range has {
		switch {
		case slices.ContainsFunc(gets, named(b.Name)):
		case b.Spec.ExpiresAt != nil && !now.Before(b.Spec.ExpiresAt.Time):
			notes = append(notes, fmt.Sprintf("binding %s has ended, and does not get the copy", b.Name))
		default:
			p.bindings = append(p.bindings, b)
		}
	}
	for _, b := range gets {
		if !slices.ContainsFunc(has, named(b.Name)) {
			notes = append(notes, fmt.Sprintf("binding %s has the copy, though not user %s: by a name, or by a selector and labels that tools set and that are not copied",
				b.Name, p.of.Name))
		}
	}
	return notes
}

func named(name string) func(*v1alpha1.RoleBinding) bool {
	return func(b *v1alpha1.RoleBinding) bool { return b.Name == name }
}

// extended are the bindings as they have to become.
func (p *plan) extended() (bindings []client.Object) {
	for _, b := range p.bindings {
		bindings = append(bindings, extend(b, p.user.Name))
	}
	return bindings
}

func extend(b *v1alpha1.RoleBinding, name string) *v1alpha1.RoleBinding {
	with := b.DeepCopy()
	with.Spec.Subjects = append(with.Spec.Subjects, v1alpha1.RoleBindingSubject{Name: name})
	return with
}

// free refuses a name or a login that somebody has.
func free(ctx context.Context, r client.Reader, d *v1alpha1.BackOfficeUser) error {
	key := client.ObjectKeyFromObject(d)
	switch err := r.Get(ctx, key, &v1alpha1.BackOfficeUser{}); {
	case err == nil:
		return fmt.Errorf("user %s exists already in namespace %s: choose another name for the copy", d.Name, d.Namespace)
	case !apierrors.IsNotFound(err):
		return err
	}
	login := client.MatchingFields{gather.IndexLogin: gather.LoginKey(d.Spec.BackOfficeRef.In(d.Namespace), d.EffectiveLogin())}
	var same v1alpha1.BackOfficeUserList
	err := r.List(ctx, &same, login)
	if apierrors.IsForbidden(err) { // then the webhook warns of what is in other namespaces
		err = r.List(ctx, &same, login, client.InNamespace(d.Namespace))
	}
	if err != nil {
		return err
	}
	if len(same.Items) > 0 {
		return fmt.Errorf("login %s is that of user %s in namespace %s: choose another one by --login", d.EffectiveLogin(), same.Items[0].Name, same.Items[0].Namespace)
	}
	return nil
}
