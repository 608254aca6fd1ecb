// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

// selfService returns the power of the user that names this Kubernetes user: what it holds now, if it holds the permission to manage others.
// An identity that two users name has none.
func (a Admission) selfService(ctx context.Context, name string, office *v1alpha1.BackOffice) ([]policy.Power, error) {
	if strings.HasPrefix(name, systemPrefix) { // the schema lets no user name it
		return nil, nil
	}
	users, err := a.sameKubernetesUser(ctx, name, client.ObjectKeyFromObject(office), office)
	if err != nil || len(users) != 1 {
		return nil, err
	}
	u := users[0]
	standing, err := a.stands(ctx, u)
	if err != nil || !standing {
		return nil, err
	}
	world, grants, err := a.Holdings(ctx, u, office)
	if err != nil {
		return nil, err
	}
	now := a.now()
	grants = world.For(string(u.EffectiveAccountType()), grants)
	content, _ := world.Effective(grants, now)
	if content.At(office.Spec.Rank.ManagePermission) < access.Write {
		return nil, nil
	}
	var powers []policy.Power
	bounds := boundsOfHoldings(policy.FiltersOf(u.Spec.Filters), grants, world.Parts(nil, grants, now))
	strongest := world.Strongest(grants, now)
	for _, family := range slices.Sorted(maps.Keys(strongest)) {
		powers = append(powers, policy.Power{
			Power:  access.Power{Rank: strongest[family], Families: []string{family}, Permissions: content, Filters: bounds},
			Source: fmt.Sprintf("spec.kubernetesUser of BackOfficeUser %s/%s", u.Namespace, u.Name),
		})
	}
	return powers, nil
}

// boundsOfHoldings are the filters within which somebody may give access to data: its own, and those of every grant that gives it something,
// whatever other grants give it. Of one dimension there may be several: all of them bound it.
func boundsOfHoldings(own []access.Filter, grants []access.Grant, parts []access.Part) []access.Filter {
	giving := map[string]bool{}
	for _, p := range parts {
		giving[p.Grant] = len(access.Content(nil).Lacks(p.Content)) > 0
	}
	var bounds []access.Filter
	add := func(filters []access.Filter) {
		for _, f := range policy.Bounds(filters) {
			if !slices.ContainsFunc(bounds, func(known access.Filter) bool { return equality.Semantic.DeepEqual(known, f) }) {
				bounds = append(bounds, f)
			}
		}
	}
	add(own)
	for _, g := range grants {
		if giving[g.Name] {
			add(g.Filters)
		}
	}
	return bounds
}

// stands tells whether the account is in force: nothing in it or in the rules withholds it, and the store did not when it was last asked.
func (g Gatherer) stands(ctx context.Context, u *v1alpha1.BackOfficeUser) (bool, error) {
	if u.EffectiveState() != v1alpha1.StateActive || u.Held() || !u.DeletionTimestamp.IsZero() {
		return false, nil
	}
	if meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionReady) != nil && !HasAccess(u) {
		return false, nil // such as one whose login another has, or that is a copy of another object
	}
	if ready := meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionReady); ready != nil && ready.Reason == v1alpha1.ReasonSuspended {
		return false, nil // it may be one that is to be another Kubernetes user
	}
	facts, err := g.UserStanding(ctx, u)
	return err == nil && !refused(policy.UserStanding.Evaluate(facts)), err
}

func refused(violations []policy.Violation) bool { return len(refusals(violations)) > 0 }

// sameKubernetesUser returns the users that name a Kubernetes user, in the namespaces that the back office admits, the oldest first: of another
// namespace nobody is a user of it. Those that are being deleted count: until they are gone nobody else is that identity.
func (g Gatherer) sameKubernetesUser(ctx context.Context, name string, key types.NamespacedName, office *v1alpha1.BackOffice) ([]*v1alpha1.BackOfficeUser, error) {
	var list v1alpha1.BackOfficeUserList
	if err := g.list(ctx, &list, client.MatchingFields{IndexKubernetesUser: KubernetesUserKey(key, name)}); err != nil {
		return nil, err
	}
	var users []*v1alpha1.BackOfficeUser
	for i := range list.Items {
		terms, err := g.terms(ctx, office, list.Items[i].Namespace)
		if err != nil {
			return nil, err
		}
		if office == nil || terms.Admitted {
			users = append(users, &list.Items[i])
		}
	}
	slices.SortFunc(users, func(a, b *v1alpha1.BackOfficeUser) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.UID, b.UID))
	})
	return users, nil
}
