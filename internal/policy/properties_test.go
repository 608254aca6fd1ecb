// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// request is a request of whatever kind, judged as if somebody else had made it.
type request struct {
	office *v1alpha1.BackOffice
	stray  bool // Something is of no family, or of one that nobody knows.
	actor  Actor
	judge  func(Actor) []Violation
}

func drawRequest(t *rapid.T) request {
	r := random{t}
	switch one(r, []string{"user", "binding", "set"}, "kind") {
	case "user":
		in := r.userInput()
		stray := len(in.Freed) > 0 || len(in.states()) == 2 && len(in.protection()) == 0
		return request{in.Office, stray, in.Actor, func(actor Actor) []Violation {
			in := in
			in.Actor = actor
			if in.New == nil {
				return UserDeletion.Evaluate(in)
			}
			return UserAdmission.Evaluate(in)
		}}
	case "binding":
		in := r.bindingInput()
		return request{in.Office, in.set() == nil, in.Actor, func(actor Actor) []Violation {
			in := in
			in.Actor = actor
			if in.New == nil {
				return BindingDeletion.Evaluate(in)
			}
			return BindingAdmission.Evaluate(in)
		}}
	default:
		in := r.setInput()
		return request{in.Office, false, in.Actor, func(actor Actor) []Violation {
			in := in
			in.Actor = actor
			if in.New == nil {
				return SetDeletion.Evaluate(in)
			}
			return SetAdmission.Evaluate(in)
		}}
	}
}

// refusesActor tells whether the actor is refused, and not what it wants whoever asks.
func refusesActor(violations []Violation) bool {
	return slices.ContainsFunc(violations, func(v Violation) bool { return v.Severity == Refuse && v.Reason == v1alpha1.ReasonNotAuthorized })
}

func TestViolationsSayWhatIsWrong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := random{t}
		violations := drawRequest(t).judge(r.actor())
		user, binding, set := r.userInput(), r.bindingInput(), r.setInput()
		for _, background := range []func() []Violation{
			func() []Violation { return append(UserStanding.Evaluate(user), UserWithdrawal.Evaluate(user)...) },
			func() []Violation {
				return append(BindingStanding.Evaluate(binding), BindingWithdrawal.Evaluate(binding)...)
			},
			func() []Violation { return append(SetStanding.Evaluate(set), SetWithdrawal.Evaluate(set)...) },
		} {
			if user.New != nil && binding.New != nil && set.New != nil {
				violations = append(violations, background()...)
			}
		}
		for _, v := range violations {
			if v.Reason == "" || v.Message == "" || v.Kind == "" || v.Field == nil || v.Severity != Refuse && v.Severity != Warn {
				t.Fatalf("%+v is not whole", v)
			}
		}
	})
}

func TestNobodyDoesAnythingWithoutPower(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		req := drawRequest(t)
		if violations := req.judge(Actor{Name: "lea"}); req.office != nil && !refusesActor(violations) {
			t.Fatalf("not refused: %v", said(violations))
		}
	})
}

func TestWhoMayDoEverythingIsOnlyHeldByFacts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if violations := drawRequest(t).judge(lea(rank(0).giving("*"))); refusesActor(violations) {
			t.Fatalf("refused: %v", said(violations))
		}
	})
}

func TestWithoutABackOfficeNobodyIsHeld(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		req := drawRequest(t)
		if violations := req.judge(Actor{Name: "lea"}); req.office == nil && refusesActor(violations) {
			t.Fatalf("refused: %v", said(violations))
		}
	})
}

func TestMorePowerNeverForbids(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, req := random{t}, drawRequest(t)
		more := req.actor
		more.Powers = slices.Clone(more.Powers)
		if at := rapid.IntRange(0, len(more.Powers)).Draw(t, "at"); at == len(more.Powers) || r.maybe("insert") {
			more.Powers = slices.Insert(more.Powers, at, Power{Power: r.power()})
		} else {
			more.Powers[at].Rank, more.Powers[at].Families = 0, nil
		}
		if !refusesActor(req.judge(req.actor)) && refusesActor(req.judge(more)) {
			t.Fatalf("%+v may, and %+v may not: %v", req.actor.Powers, more.Powers, said(req.judge(more)))
		}
	})
}

// What several powers allow together, in one family, one of them allows.
func TestPowersAreNotAddedUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		req := drawRequest(t)
		actor := req.actor
		actor.Powers = slices.Clone(actor.Powers)
		for i := range actor.Powers {
			actor.Powers[i].Families = []string{"x"}
		}
		if req.office == nil || req.stray || refusesActor(req.judge(actor)) {
			return
		}
		alone := slices.ContainsFunc(actor.Powers, func(p Power) bool {
			one := actor
			one.Powers = []Power{p}
			return !refusesActor(req.judge(one))
		})
		if !alone {
			t.Fatalf("%+v may together, and none of them alone", actor.Powers)
		}
	})
}

func TestRulesLeaveFactsAsTheyAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := random{t}
		in := r.setInput()
		before := in
		before.Sets = map[string]*v1alpha1.PermissionSet{}
		for name, set := range in.Sets {
			before.Sets[name] = set.DeepCopy()
		}
		before.Old, before.New = in.Old.DeepCopy(), in.New.DeepCopy()
		if in.New == nil {
			SetDeletion.Evaluate(in)
		} else {
			SetAdmission.Evaluate(in)
			SetStanding.Evaluate(in)
		}
		if len(in.Sets) != len(before.Sets) || !reflect.DeepEqual(in.Old, before.Old) || !reflect.DeepEqual(in.New, before.New) {
			t.Fatalf("%+v has become %+v", before, in)
		}
		for name := range in.Sets {
			if !reflect.DeepEqual(in.Sets[name], before.Sets[name]) {
				t.Fatalf("set %s has become %+v", name, in.Sets[name])
			}
		}
	})
}

func TestNobodyStandsBehindWhatHasNoStamp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := random{t}
		user, binding, set := r.userInput(), r.bindingInput(), r.setInput()
		user.Author, binding.Author, set.Author = Author{}, Author{}, Author{}
		if user.New != nil && len(FieldErrors(UserStanding.Evaluate(user))) == 0 ||
			binding.New != nil && len(FieldErrors(BindingStanding.Evaluate(binding))) == 0 ||
			set.New != nil && len(FieldErrors(SetStanding.Evaluate(set))) == 0 {
			t.Fatal("in force")
		}
	})
}
