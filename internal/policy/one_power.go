// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

// Powers are judged alone: of all that a request takes in one family, one power has to be enough for all. The other rules about the actor find what
// none of its powers is enough for; these find what takes two of them together, and have nothing to say where one of the others does.

// OnePowerForUser is the rule for users.
func OnePowerForUser(in UserInput) []Violation {
	if in.Office == nil || len(in.Actor.Powers) < 2 {
		return nil
	}
	takes := takings{}
	for _, u := range in.states() {
		takes.touch(in.protection(), u.EffectiveAccountType())
	}
	for _, taken := range takes {
		taken.openings = in.openings()
	}
	violations := takes.judge(in.Actor, "user "+nameOf(either(in.New, in.Old)), field.NewPath("metadata", "name"))
	return unlessSaid(violations, in, ActorMayTouchUser, ActorMayOpenUser)
}

// OnePowerForBinding is the rule for bindings.
func OnePowerForBinding(in BindingInput) []Violation {
	if in.Office == nil || len(in.Actor.Powers) < 2 {
		return nil
	}
	takes := takings{}
	sets := in.setNeeds()
	for _, need := range sets {
		takes.of(need)
	}
	for _, s := range in.Subjects {
		takes.touch(s.Protection, s.AccountType)
		takes.touch(sets, s.AccountType)
	}
	if need := in.need(); need != nil {
		taken := takes.of(*need)
		taken.gain, taken.openings = in.grants().gain, in.openings()
	}
	violations := takes.judge(in.Actor, "binding "+nameOf(either(in.New, in.Old)), field.NewPath("spec"))
	return unlessSaid(violations, in, ActorMayBind, ActorMayGrant, ActorMayTouchSubjects, ActorMayOpenBinding)
}

// OnePowerForSet is the rule for sets.
func OnePowerForSet(in SetInput) []Violation {
	if in.Office == nil || len(in.Actor.Powers) < 2 {
		return nil
	}
	takes := takings{}
	for _, need := range in.needs() {
		takes.of(need.Need)
	}
	if in.New != nil { // to delete denies nothing
		for _, h := range in.Holders {
			takes.touch(Protection{h.Need}, h.AccountType)
		}
	}
	set := either(in.New, in.Old)
	need := in.cappedNeed(set, set)
	for _, t := range in.Permitted() {
		takes.touch(Protection{need}, t)
	}
	taken := takes.of(need)
	taken.gain, taken.openings = in.gives().gain, in.openings()
	violations := takes.judge(in.Actor, "set "+nameOf(set), field.NewPath("spec"))
	return unlessSaid(violations, in, ActorMayWriteSet, ActorMayGive, ActorMayDeny, ActorMayPermit, ActorMayOpenSet)
}

// unlessSaid are the violations, unless one of these rules finds any.
func unlessSaid[In any](violations []Violation, in In, others ...Rule[In]) []Violation {
	if len(violations) > 0 && len(Chain[In](others).Evaluate(in)) > 0 {
		return nil
	}
	return violations
}

// taking is what a request takes in one family.
type taking struct {
	rank         int32 // the smallest
	accountTypes []string
	gain         access.Content
	openings     openings
}

type takings map[string]*taking

// of adds a need.
func (t takings) of(n Need) *taking {
	if t[n.Family] == nil {
		t[n.Family] = &taking{rank: n.Rank}
	}
	t[n.Family].rank = min(t[n.Family].rank, n.Rank)
	return t[n.Family]
}

// touch adds what it takes to touch an account.
func (t takings) touch(protection Protection, accountType v1alpha1.AccountType) {
	for _, need := range protection {
		taken := t.of(need)
		if !slices.Contains(taken.accountTypes, string(accountType)) {
			taken.accountTypes = append(taken.accountTypes, string(accountType))
		}
	}
}

func (t takings) judge(actor Actor, what string, path *field.Path) []Violation {
	var violations []Violation
	for _, family := range slices.Sorted(maps.Keys(t)) {
		taken := t[family]
		need := Need{Family: family, Rank: taken.rank}
		if slices.ContainsFunc(actor.reaching(need), taken.within) {
			continue
		}
		var sources []string
		for _, p := range actor.Powers {
			sources = append(sources, p.Source)
		}
		wanted := delegationFor(need)
		wanted.accountTypes = slices.Sorted(slices.Values(taken.accountTypes))
		for _, e := range access.Content(nil).Lacks(taken.gain) {
			wanted.permissions = append(wanted.permissions, e.Path)
		}
		if actor.Narrowed() {
			wanted.filters = taken.openings.data()
		}
		violations = append(violations, forbidden(path, fmt.Sprintf(
			"%s takes several powers of %q together in family %q, and each is judged alone (%s). Make one change for each, or add a delegation: %s",
			what, actor.Name, family, strings.Join(sources, "; "), actor.delegation(wanted))))
	}
	return violations
}

// within tells whether a power that reaches the rank is enough for the rest.
func (t *taking) within(p Power) bool {
	unconcerned := func(accountType string) bool { return !p.Concerns(accountType) }
	return !slices.ContainsFunc(t.accountTypes, unconcerned) && len(p.Permissions.Lacks(t.gain)) == 0 &&
		t.openings.within(p.Power)
}
