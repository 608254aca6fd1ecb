// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package list

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
)

// dataOf tells who may see data of one value of a dimension.
type dataOf struct {
	dimension, value string
	gatherer         gather.Gatherer
	notes            io.Writer
	where            string
	// offices are those that were read; nil for one that does not exist or may not be read.
	offices map[types.NamespacedName]*v1alpha1.BackOffice
}

// seen tells whether the user's own filters let the data through.
func (d *dataOf) seen(ctx context.Context, u *v1alpha1.BackOfficeUser) (bool, error) {
	i := slices.IndexFunc(u.Spec.Filters, func(f v1alpha1.Filter) bool { return f.Dimension == d.dimension })
	if i >= 0 && u.Spec.Filters[i].Mode != v1alpha1.FilterAll {
		return letsThrough(u.Spec.Filters[i], d.value), nil
	}
	office, err := d.office(ctx, u)
	return office != nil && declares(office, d.dimension, d.value), err
}

// letsThrough tells whether a filter names the value, itself or as a group. Which data is tagged or owned no filter tells.
func letsThrough(f v1alpha1.Filter, value string) bool {
	return f.Mode == v1alpha1.FilterOnly && (slices.Contains(f.Values, value) || slices.Contains(f.Groups, value))
}

// declares tells whether a back office has the dimension, and the value in it.
func declares(office *v1alpha1.BackOffice, dimension, value string) bool {
	return slices.ContainsFunc(office.Spec.FilterDimensions, func(d v1alpha1.FilterDimension) bool {
		return d.Name == dimension && (len(d.Values) == 0 || slices.Contains(d.Values, value))
	})
}

func (d *dataOf) office(ctx context.Context, u *v1alpha1.BackOfficeUser) (*v1alpha1.BackOffice, error) {
	key := u.Spec.BackOfficeRef.In(u.Namespace)
	if office, read := d.offices[key]; read {
		return office, nil
	}
	office, err := d.gatherer.Office(ctx, u.Spec.BackOfficeRef, u.Namespace)
	if apierrors.IsForbidden(err) {
		fmt.Fprintf(d.notes, "Warning: you may not read BackOffice %s, which says what dimensions there are: its users are listed only where they have a filter for %s.\n",
			key, d.dimension)
		office, err = nil, nil
	}
	if err == nil {
		d.offices[key] = office
	}
	return office, err
}

// unknown is an error where no back office has the dimension or the value.
func (d *dataOf) unknown(context.Context) error {
	var dimensions, values []string
	for _, office := range d.offices {
		if office == nil || declares(office, d.dimension, d.value) {
			return nil // it is known, or nobody can tell
		}
		for _, dimension := range office.Spec.FilterDimensions {
			dimensions = append(dimensions, dimension.Name)
			if dimension.Name == d.dimension {
				values = append(values, dimension.Values...)
			}
		}
	}
	switch {
	case len(d.offices) == 0: // all have a filter
		return nil
	case len(values) > 0:
		return fmt.Errorf("nobody%s may see data of %s %q: it is no group of somebody's filter, and the values are %s", d.where, d.dimension, d.value, listed(values))
	case len(dimensions) > 0:
		return fmt.Errorf("no BackOffice of the users%s has the filter dimension %q: there are %s", d.where, d.dimension, listed(dimensions))
	}
	return fmt.Errorf("no BackOffice of the users%s has filter dimensions", d.where)
}

// listed are names for a message, sorted and each once.
func listed(names []string) string {
	unique := map[string]bool{}
	for _, name := range names {
		unique[name] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(unique)), ", ")
}

// role tells who holds a permission set.
type role struct {
	name      string
	gatherer  gather.Gatherer
	namespace string
	now       time.Time
	notes     io.Writer
	where     string
	// called tells of the sets that were met, by namespace/name, whether they are called so.
	called map[string]bool
}

// held tells whether a binding that is in force hands the user a set that is called so. Status names no more than some sets: of who has so many the
// bindings are looked at, too.
func (r *role) held(ctx context.Context, u *v1alpha1.BackOfficeUser) (bool, error) {
	for _, set := range u.Status.PermissionSets {
		if is, err := r.is(ctx, set); is || err != nil {
			return is, err
		}
	}
	if len(u.Status.PermissionSets) < v1alpha1.MaxReportedSets {
		return false, nil
	}
	bindings, err := r.gatherer.BindingsOf(ctx, u)
	if err != nil {
		return false, err
	}
	for _, b := range bindings {
		if !open(b, r.now) {
			continue
		}
		if is, err := r.is(ctx, b.Spec.PermissionSetRef.In(b.Namespace).String()); is || err != nil {
			return is, err
		}
	}
	return false, nil
}

// open tells whether the time of a binding is now.
func open(b *v1alpha1.RoleBinding, now time.Time) bool {
	return (b.Spec.NotBefore == nil || !b.Spec.NotBefore.After(now)) && (b.Spec.ExpiresAt == nil || b.Spec.ExpiresAt.After(now))
}

// is tells whether the set of that namespace/name is the one that was asked for.
func (r *role) is(ctx context.Context, set string) (bool, error) {
	if is, known := r.called[set]; known {
		return is, nil
	}
	namespace, name, _ := strings.Cut(set, "/")
	is := r.name == set || r.name == name
	if !is {
		found, err := r.gatherer.Set(ctx, v1alpha1.PermissionSetReference{Name: name, Namespace: namespace}, namespace)
		switch {
		case apierrors.IsForbidden(err):
			fmt.Fprintf(r.notes, "Warning: you may not read PermissionSet %s: of it the object's name alone is compared.\n", set)
		case err != nil:
			return false, err
		case found != nil:
			is = goesBy(found, r.name)
		}
	}
	r.called[set] = is
	return is, nil
}

// goesBy tells whether a set has this name, key or displayed name.
func goesBy(s *v1alpha1.PermissionSet, name string) bool {
	return name == s.Name || name == s.Namespace+"/"+s.Name || name == s.EffectiveKey() ||
		s.Spec.DisplayName != "" && folded(name) == folded(s.Spec.DisplayName)
}

// unknown is an error where no set is called so.
func (r *role) unknown(ctx context.Context) error {
	if slices.Contains(slices.Collect(maps.Values(r.called)), true) {
		return nil
	}
	var sets v1alpha1.PermissionSetList
	if err := r.gatherer.Reader.List(ctx, &sets, client.InNamespace(r.namespace)); err != nil {
		return err
	}
	if slices.ContainsFunc(sets.Items, func(s v1alpha1.PermissionSet) bool { return goesBy(&s, r.name) }) {
		return nil
	}
	return fmt.Errorf("no PermissionSet%s has the name, key or displayed name %q, and nobody there holds one of another namespace that has", r.where, r.name)
}
