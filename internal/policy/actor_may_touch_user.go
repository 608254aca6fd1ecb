// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// ActorMayTouchUser demands that the actor's power reaches the user's protection rank in every family, before and after the change, for the
// account type that it has: a label that makes a selector match hands out the set of that binding. A user without bindings may be touched with
// any power over accounts of its type.
func ActorMayTouchUser(in UserInput) []Violation {
	if in.Office == nil {
		return nil
	}
	t := &touch{in: in, reported: map[string]int32{}}
	name := field.NewPath("metadata", "name")
	t.check(in.Old, in.OldProtection, name, "has")
	if in.Old == nil {
		t.check(in.New, in.NewProtection, name, "would get")
	} else {
		t.check(in.New, in.NewProtection, field.NewPath("metadata", "labels"), "would get")
	}
	if len(in.Actor.Powers) == 0 && len(t.violations) == 0 {
		return []Violation{forbidden(name, in.Actor.lacksAny("user "+t.user(), in.Office))}
	}
	return t.violations
}

type touch struct {
	in         UserInput
	reported   map[string]int32 // the strongest rank by family
	mistyped   bool
	violations []Violation
}

func (t *touch) user() string {
	u := either(t.in.New, t.in.Old)
	return u.Namespace + "/" + u.Name
}

func (t *touch) check(u *v1alpha1.BackOfficeUser, protection Protection, path *field.Path, why string) {
	if u == nil {
		return
	}
	accountType := u.EffectiveAccountType()
	var beyond *Need // the first of those that would be reached for another type
	for _, need := range protection {
		if rank, ok := t.reported[need.Family]; t.in.Actor.touches(need, accountType) || ok && rank <= need.Rank {
			continue
		}
		if t.in.Actor.allows(need) {
			beyond = &need
			continue
		}
		t.reported[need.Family] = need.Rank
		what := fmt.Sprintf("user %s %s binding %s, which", t.user(), why, need.Through)
		t.violations = append(t.violations, forbidden(path, t.in.Actor.lacks(what, need, t.in.Office)))
	}
	if len(t.in.Actor.Powers) > 0 && !t.mistyped && (beyond != nil || !t.in.Actor.concerns(accountType)) {
		t.mistyped = true
		t.violations = append(t.violations,
			forbidden(field.NewPath("spec", "accountType"), t.in.Actor.lacksType("user "+t.user(), accountType, beyond)))
	}
}
