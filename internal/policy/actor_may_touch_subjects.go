// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// ActorMayTouchSubjects demands that the actor's power reaches the protection rank of every user that the binding names or selects, before and
// after the change, and is about accounts of their types. The refusal names the strongest first.
func ActorMayTouchSubjects(in BindingInput) []Violation {
	if in.Office == nil {
		return nil
	}
	beyond, families := map[string][]beyondReach{}, []string{}
	for _, s := range in.Subjects {
		for _, need := range s.Protection {
			if in.Actor.allows(need) {
				continue
			}
			if beyond[need.Family] == nil {
				families = append(families, need.Family)
			}
			beyond[need.Family] = append(beyond[need.Family], beyondReach{s.Name, need})
		}
	}
	slices.Sort(families)
	var violations []Violation
	for _, family := range families {
		users := beyond[family]
		slices.SortFunc(users, func(a, b beyondReach) int {
			return cmp.Or(cmp.Compare(a.need.Rank, b.need.Rank), cmp.Compare(a.user, b.user))
		})
		violations = append(violations, forbidden(field.NewPath("spec"), in.Actor.lacks(touching(users), users[0].need, in.Office)))
	}
	return append(violations, in.wrongTypes()...)
}

// beyondReach is a user that the actor may not touch.
type beyondReach struct {
	user string
	need Need
}

func touching(users []beyondReach) string {
	var names []string
	for _, u := range users {
		names = append(names, fmt.Sprintf("%s (rank %d through binding %s)", u.user, u.need.Rank, u.need.Through))
	}
	return "a binding for " + listed(names)
}

// wrongTypes are the violations of subjects whose rank is within reach, but not by a power that is about accounts of their type.
func (in BindingInput) wrongTypes() []Violation {
	users := map[v1alpha1.AccountType][]string{}
	needs := map[v1alpha1.AccountType]*Need{}
	for _, s := range in.Subjects {
		if need, ok := in.mistyped(s); ok {
			users[s.AccountType] = append(users[s.AccountType], s.Name)
			needs[s.AccountType] = need
		}
	}
	var violations []Violation
	for _, accountType := range sortedKeys(users) {
		slices.Sort(users[accountType])
		what := "a binding for " + listed(users[accountType])
		violations = append(violations, forbidden(field.NewPath("spec"), in.Actor.lacksType(what, accountType, needs[accountType])))
	}
	return violations
}

// mistyped tells whether the actor reaches all that a subject takes, and some of it only for accounts of other types. The need is nil where it
// is the account as such.
func (in BindingInput) mistyped(s Subject) (*Need, bool) {
	if len(in.Actor.Powers) > 0 && !in.Actor.concerns(s.AccountType) {
		return nil, true
	}
	for _, need := range append(slices.Clone(s.Protection), in.setNeeds()...) {
		if in.Actor.allows(need) && !in.Actor.touches(need, s.AccountType) {
			return &need, true
		}
	}
	return nil, false
}

// setNeeds is what the sets of both states take, as far as they exist. What exceeds the ceiling is not in force, and may be removed.
func (in BindingInput) setNeeds() []Need {
	var needs []Need
	if in.Old != nil && in.OldSet != nil {
		needs = append(needs, in.Terms.capped(needOf(in.OldSet)))
	}
	if in.New != nil && in.NewSet != nil {
		needs = append(needs, needOf(in.NewSet))
	}
	return needs
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	var keys []K
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
