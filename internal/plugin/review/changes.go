// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package review

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/explain"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/review"
	"github.com/backoffice-operator/backoffice-operator/internal/snapshot"
)

// reach is whose access may be another one.
type reach struct {
	offices    map[client.ObjectKey]bool
	namespaces map[string]bool // empty for all of these back offices
}

// reachOf finds out whom the changes reach: a user or a binding reaches users of its namespace, anything else all of the back office.
func reachOf(ctx context.Context, j *job, before *snapshot.World, verdicts []review.Verdict) (reach, error) {
	r := reach{offices: map[client.ObjectKey]bool{}, namespaces: map[string]bool{}}
	relabelled, err := relabelled(ctx, j, before)
	if err != nil {
		return r, err
	}
	wide := relabelled
	for _, v := range verdicts {
		if !relabelled && (!v.Admitted() || v.Operation == review.Unchanged) {
			continue
		}
		r.offices[officeOf(v)] = true
		r.namespaces[v.GetNamespace()] = true
		if kind := v.GetKind(); v.Operation != review.Unchanged && (kind == "BackOffice" || kind == "PermissionSet") {
			wide = true
		}
	}
	if wide {
		r.namespaces = nil
	}
	return r, nil
}

// relabelled tells whether labels of a namespace change, by which a BackOffice may admit it.
func relabelled(ctx context.Context, j *job, before *snapshot.World) (bool, error) {
	for _, m := range j.Namespaces {
		was, is := gather.NamespaceMetadata(), gather.NamespaceMetadata()
		key := client.ObjectKey{Name: m.Name}
		if err := before.Get(ctx, key, was); client.IgnoreNotFound(err) != nil {
			return false, err
		}
		if err := j.world.Get(ctx, key, is); err != nil {
			return false, err
		}
		if !equality.Semantic.DeepEqual(was.Labels, is.Labels) {
			return true, nil
		}
	}
	return false, nil
}

func officeOf(v review.Verdict) client.ObjectKey {
	typed, err := v.Typed()
	if err != nil {
		return v.Key() // it was refused for its shape
	}
	switch o := typed.(type) {
	case *v1alpha1.BackOfficeUser:
		return o.Spec.BackOfficeRef.In(o.Namespace)
	case *v1alpha1.PermissionSet:
		return o.Spec.BackOfficeRef.In(o.Namespace)
	case *v1alpha1.RoleBinding:
		return o.Spec.BackOfficeRef.In(o.Namespace)
	}
	return v.Key()
}

// states are the users that are reached, with what they have in a world.
func (r reach) states(ctx context.Context, world *snapshot.World, now clock.PassiveClock) (map[client.ObjectKey]*state, error) {
	explainer := explain.New(world.Gatherer(now))
	explainer.Ahead = true
	all := map[client.ObjectKey]*state{}
	for office := range r.offices {
		var users v1alpha1.BackOfficeUserList
		if err := world.List(ctx, &users, client.MatchingFields{gather.IndexBackOffice: office.String()}); err != nil {
			return nil, err
		}
		for i := range users.Items {
			u := &users.Items[i]
			if r.namespaces != nil && !r.namespaces[u.Namespace] || !u.DeletionTimestamp.IsZero() {
				continue
			}
			account, err := explainer.Account(ctx, u)
			if err != nil {
				return nil, err
			}
			ranks, err := ranksOf(ctx, world, u)
			if err != nil {
				return nil, err
			}
			all[client.ObjectKeyFromObject(u)] = &state{account, u.Spec.Profile, ranks}
		}
	}
	return all, nil
}

// ranksOf are the strongest ranks of a user by family, of bindings that are in force and of others.
func ranksOf(ctx context.Context, world *snapshot.World, u *v1alpha1.BackOfficeUser) (map[string]int32, error) {
	g := gather.Gatherer{Reader: world}
	bindings, err := g.BindingsOf(ctx, u)
	if err != nil {
		return nil, err
	}
	ranks := map[string]int32{}
	for _, b := range bindings {
		set, err := g.Set(ctx, b.Spec.PermissionSetRef, b.Namespace)
		if err != nil {
			return nil, err
		}
		if set == nil {
			continue
		}
		family := set.EffectiveFamily()
		if strongest, has := ranks[family]; !has || set.EffectiveRank() < strongest {
			ranks[family] = set.EffectiveRank()
		}
	}
	return ranks, nil
}

// changesOf compares two states of the world, and puts users together who change alike. Unchanged are how many do not.
func changesOf(before, after map[client.ObjectKey]*state) (changes []change, unchanged int) {
	keys := maps.Clone(before)
	maps.Copy(keys, after)
	groups := map[string]*change{}
	for _, key := range slices.SortedFunc(maps.Keys(keys), compareKeys) {
		c := compared(before[key], after[key])
		if c == nil {
			unchanged++
			continue
		}
		alike := alikeness(*c)
		if group, known := groups[alike]; known {
			group.Users = append(group.Users, c.Users...)
			group.bindings = slices.DeleteFunc(group.bindings, func(name string) bool { return !slices.Contains(c.bindings, name) })
			continue
		}
		groups[alike] = c
	}
	for _, c := range groups {
		if len(c.Users) > 1 && len(c.bindings) > 0 {
			c.Binding = c.bindings[0]
		}
		changes = append(changes, *c)
	}
	slices.SortFunc(changes, func(a, b change) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Users[0], b.Users[0]))
	})
	return changes, unchanged
}

func compareKeys(a, b client.ObjectKey) int {
	return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
}

// alikeness is the same for two users who change alike.
func alikeness(c change) string {
	c.Users = nil
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // texts
	}
	return string(text)
}
