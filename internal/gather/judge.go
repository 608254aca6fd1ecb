// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

// Verdict is what withholds an object in the background, if anything does.
type Verdict struct {
	// Refusals are the rules that it breaks.
	Refusals []policy.Violation
	// ByFacts is true where these are nothing but rules about facts that others may have changed: the brake may hold back what they withdraw.
	ByFacts bool
	// Store is the condition that says that the store did not take the object as it is, when it was last asked; nil where it did, or was not asked.
	Store *metav1.Condition
}

// VerdictOf is the verdict by the rules of the background, of which those of withdrawal are a part.
func VerdictOf(standing, withdrawal []policy.Violation, store *metav1.Condition) Verdict {
	v := Verdict{Refusals: refusals(standing), Store: store}
	v.ByFacts = len(v.Refusals) > 0 && len(v.Refusals) == len(refusals(withdrawal))
	return v
}

func refusals(violations []policy.Violation) []policy.Violation {
	return slices.DeleteFunc(slices.Clone(violations), func(v policy.Violation) bool { return v.Severity != policy.Refuse })
}

// Withholds tells whether anything withholds the object.
func (v Verdict) Withholds() bool { return len(v.Refusals) > 0 || v.Store != nil }

// Judged is a binding of a user, windows aside.
type Judged struct {
	Binding *v1alpha1.RoleBinding
	// Set is the one that it hands out, nil where that does not exist.
	Set *v1alpha1.PermissionSet
	// Counts tells whether it gives and denies the user what it says; else Verdict says why not.
	Counts bool
	Verdict
}

// Judge judges the bindings of users and their sets in the background. It remembers how bindings and sets stand, for questions about many users
// of the same facts.
type Judge struct {
	Gatherer
	// Pardons tells whether an object counts although something withholds it; nil pardons none.
	Pardons func(ctx context.Context, o client.Object, v Verdict) bool
	// World are the sets that were judged, each withheld where something withholds it.
	World access.World
	// Sets are the verdicts about them, as far as something withholds them.
	Sets map[string]Verdict

	bindings map[types.NamespacedName]judgedBinding
}

// judgedBinding is what is the same for all users of a binding.
type judgedBinding struct {
	set     *v1alpha1.PermissionSet
	verdict Verdict
	counts  bool
	handing Handing // where it counts
}

// NewJudge returns a judge who remembers nothing yet.
func NewJudge(g Gatherer) *Judge {
	return &Judge{Gatherer: g, World: access.World{}, Sets: map[string]Verdict{}, bindings: map[types.NamespacedName]judgedBinding{}}
}

// Bindings judges the bindings of a user of a back office that name or select it, and the sets of those that count.
func (j *Judge) Bindings(ctx context.Context, u *v1alpha1.BackOfficeUser, office *v1alpha1.BackOffice) ([]Judged, error) {
	bindings, err := j.BindingsOf(ctx, u)
	if err != nil {
		return nil, err
	}
	all := make([]Judged, 0, len(bindings))
	for _, b := range bindings {
		known, err := j.binding(ctx, b, office)
		if err != nil {
			return nil, err
		}
		judged := Judged{Binding: b, Set: known.set, Counts: known.counts, Verdict: known.verdict}
		if judged.Counts {
			subject, err := known.handing.For(ctx, u)
			if err != nil {
				return nil, err
			}
			if own := VerdictOf(policy.SubjectStanding.Evaluate(subject), nil, nil); own.Withholds() {
				judged.Verdict, judged.Counts = own, j.pardons(ctx, b, own)
			}
		}
		all = append(all, judged)
	}
	return all, nil
}

func (j *Judge) pardons(ctx context.Context, o client.Object, v Verdict) bool {
	return j.Pardons != nil && j.Pardons(ctx, o, v)
}

// binding judges a binding for all of its users, once.
func (j *Judge) binding(ctx context.Context, b *v1alpha1.RoleBinding, office *v1alpha1.BackOffice) (judgedBinding, error) {
	key := client.ObjectKeyFromObject(b)
	if known, judged := j.bindings[key]; judged {
		return known, nil
	}
	facts, err := j.BindingStanding(ctx, b)
	if err != nil {
		return judgedBinding{}, err
	}
	found := judgedBinding{set: facts.NewSet}
	found.verdict = VerdictOf(policy.BindingStanding.Evaluate(facts), policy.BindingWithdrawal.Evaluate(facts), refusedByStore(b.Status.Conditions, b.Generation))
	if found.counts = found.set != nil && (!found.verdict.Withholds() || j.pardons(ctx, b, found.verdict)); found.counts {
		if found.handing, err = j.HandingOf(ctx, b, found.set, office); err != nil {
			return found, err
		}
		if err := j.include(ctx, found.set); err != nil {
			return found, err
		}
	}
	j.bindings[key] = found
	return found, nil
}

// include adds a set and what it inherits from to the world, each withheld where a rule or the store withholds it.
func (j *Judge) include(ctx context.Context, s *v1alpha1.PermissionSet) error {
	if _, known := j.World[nameOf(s)]; known {
		return nil
	}
	facts, err := j.SetStanding(ctx, s)
	if err != nil {
		return err
	}
	for name, set := range policy.WorldOf(facts.Sets) {
		if _, known := j.World[name]; known {
			continue
		}
		ancestor := facts.Sets[name]
		standing, err := j.SetStanding(ctx, ancestor)
		if err != nil {
			return err
		}
		verdict := VerdictOf(policy.SetStanding.Evaluate(standing), policy.SetWithdrawal.Evaluate(standing),
			refusedByStore(ancestor.Status.Conditions, ancestor.Generation))
		if verdict.Withholds() && !j.pardons(ctx, ancestor, verdict) {
			set.Withheld, j.Sets[name] = true, verdict
		}
		j.World[name] = set
	}
	return nil
}

// refusedByStore returns the condition by which the store did not take the object as it is when it was last asked, such as the copy of another
// one. Rules do not see that.
func refusedByStore(conditions []metav1.Condition, generation int64) *metav1.Condition {
	ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	if ready == nil || ready.Status == metav1.ConditionTrue || ready.ObservedGeneration != generation {
		return nil
	}
	switch ready.Reason {
	case v1alpha1.ReasonNotAdmitted, v1alpha1.ReasonKeyTaken, v1alpha1.ReasonStaleObject, v1alpha1.ReasonStoreRejected,
		v1alpha1.ReasonSuspended:
		return ready
	}
	return nil
}

// Holdings are the bindings of a user that are in force, windows aside, and the sets of the back office with which they count.
func (g Gatherer) Holdings(ctx context.Context, u *v1alpha1.BackOfficeUser, office *v1alpha1.BackOffice) (access.World, []access.Grant, error) {
	judge := NewJudge(g)
	bindings, err := judge.Bindings(ctx, u, office)
	var grants []access.Grant
	for _, b := range bindings {
		if b.Counts {
			grants = append(grants, policy.GrantOf(b.Binding))
		}
	}
	return judge.World, grants, err
}
