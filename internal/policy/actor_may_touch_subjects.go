// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// maxNamedSubjects bounds the users that a refusal names.
const maxNamedSubjects = 10

// ActorMayTouchSubjects demands that the actor's power reaches the protection rank of every user that the binding names or selects,
// before and after the change. The refusal names the strongest first.
func ActorMayTouchSubjects(in BindingInput) []Violation {
	if in.Office == nil {
		return nil
	}
	beyond := map[string][]beyondReach{}
	var families []string
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
	return violations
}

// beyondReach is a user that the actor may not touch.
type beyondReach struct {
	user string
	need Need
}

func touching(users []beyondReach) string {
	var names []string
	for _, u := range users[:min(len(users), maxNamedSubjects)] {
		names = append(names, fmt.Sprintf("%s (rank %d through binding %s)", u.user, u.need.Rank, u.need.Through))
	}
	if more := len(users) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return "a binding for " + strings.Join(names, ", ")
}
