// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
)

// Explainer reads facts and explains them. It remembers how bindings and sets stand: after a change of the facts another one is needed. It is for one
// goroutine.
type Explainer struct {
	// AsWritten lets objects count that nobody is known to stand behind, as manifests that were not applied yet.
	AsWritten bool
	// Ahead tells what will be when the operator has acted on the objects as they are: what a status says of an earlier state does not count.
	Ahead bool

	judge *gather.Judge
	now   time.Time
}

// New returns an explainer of what a gatherer reads, as it is at the time of its clock.
func New(g gather.Gatherer) *Explainer {
	if g.Clock == nil {
		g.Clock = clock.RealClock{}
	}
	e := &Explainer{judge: gather.NewJudge(g), now: g.Clock.Now()}
	e.judge.Pardons = e.pardons
	return e
}

// Account explains a user.
func (e *Explainer) Account(ctx context.Context, u *v1alpha1.BackOfficeUser) (*Account, error) {
	return e.account(ctx, u, holdings.paths)
}

// AccountFor explains a user as far as one path is concerned, whether or not a catalogue has it: there is at most one permission.
func (e *Explainer) AccountFor(ctx context.Context, u *v1alpha1.BackOfficeUser, path string) (*Account, error) {
	return e.account(ctx, u, func(holdings, *v1alpha1.BackOffice) []string { return []string{path} })
}

func (e *Explainer) account(
	ctx context.Context, u *v1alpha1.BackOfficeUser, paths func(h holdings, office *v1alpha1.BackOffice) []string,
) (*Account, error) {
	facts, err := e.judge.UserStanding(ctx, u)
	if err != nil {
		return nil, err
	}
	a := accountOf(u)
	a.Withheld = e.withheld(ctx, u, facts)
	a.InForce = len(a.Withheld) == 0
	judged, err := e.judge.Bindings(ctx, u, facts.Office)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(judged, func(a, b gather.Judged) int { return strings.Compare(a.Binding.Name, b.Binding.Name) })
	h := holdings{world: e.judge.World, filters: policy.FiltersOf(u.Spec.Filters), now: e.now, bindings: map[string]*v1alpha1.RoleBinding{}}
	for _, j := range judged {
		j.Counts = j.Counts && !e.waits(u, j)
		a.Bindings = append(a.Bindings, e.bindingOf(u, j))
		if j.Counts {
			h.add(j.Binding)
		}
	}
	a.Permissions = h.permissions(paths(h, facts.Office))
	a.NextChange = h.next()
	return a, nil
}

// accountOf is what the user says by itself.
func accountOf(u *v1alpha1.BackOfficeUser) *Account {
	a := &Account{
		Namespace: u.Namespace, Name: u.Name, BackOffice: u.Spec.BackOfficeRef.In(u.Namespace).String(), Login: u.EffectiveLogin(),
		AccountType: u.EffectiveAccountType(), State: u.EffectiveState(), Hold: u.Annotations[v1alpha1.AnnotationHold],
		AllowedIPs: u.Spec.AllowedIPs, Filters: u.Spec.Filters, Settings: u.Spec.Settings, KubernetesUser: u.Spec.KubernetesUser,
		Credential: u.Status.Credential,
	}
	if c := u.Spec.Credentials; c != nil && c.SecretRef != nil {
		a.SecretName = c.SecretRef.Name
	} else if u.Status.Binding != nil {
		a.SecretName = u.Status.Binding.Name
	}
	return a
}

// withheld says why the account may not log in.
func (e *Explainer) withheld(ctx context.Context, u *v1alpha1.BackOfficeUser, facts policy.UserInput) []string {
	var why []string
	if !u.DeletionTimestamp.IsZero() {
		why = append(why, "it is being deleted")
	}
	if state := u.EffectiveState(); state != v1alpha1.StateActive {
		why = append(why, fmt.Sprintf("spec.state is %s", state))
	}
	if u.Held() {
		why = append(why, heldFor(u.Annotations[v1alpha1.AnnotationHold]))
	}
	verdict := gather.VerdictOf(policy.UserStanding.Evaluate(facts), policy.UserWithdrawal.Evaluate(facts), nil)
	if verdict.Withholds() && !e.pardons(ctx, u, verdict) {
		why = append(why, e.sentences(verdict)...)
	}
	if len(why) > 0 {
		return why
	}
	return e.unseen(u)
}

func heldFor(reason string) string {
	if reason == "" {
		return "it is held"
	}
	return "it is held: " + reason
}

// unseen says why an account that nothing withholds was not in force when the operator looked at it last.
func (e *Explainer) unseen(u *v1alpha1.BackOfficeUser) []string {
	ready := meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionReady)
	current := ready != nil && ready.ObservedGeneration == u.Generation
	switch {
	case ready == nil, gather.HasAccess(u):
		return nil
	case current && ready.Status != metav1.ConditionTrue:
		return []string{said(ready)}
	case e.Ahead:
		return nil
	}
	return []string{"the operator has not acted on its last change yet"}
}

func said(c *metav1.Condition) string {
	if c.Message == "" {
		return c.Reason
	}
	return c.Reason + ": " + c.Message
}

// bindingOf explains a binding of a user. That it counts says nothing about its time.
func (e *Explainer) bindingOf(u *v1alpha1.BackOfficeUser, j gather.Judged) Binding {
	b := j.Binding
	out := Binding{
		Name: b.Name, Set: b.Spec.PermissionSetRef.Name, By: by(u, b), Filters: b.Spec.Filters, InForce: j.Counts,
		NotBefore: timeOf(b.Spec.NotBefore), ExpiresAt: timeOf(b.Spec.ExpiresAt),
	}
	if ref := b.Spec.PermissionSetRef.In(b.Namespace); ref.Namespace != b.Namespace {
		out.Set = ref.String()
	}
	if j.Set != nil {
		out.Key = j.Set.EffectiveKey()
	}
	if s, fits := stamp.Fitting(b); fits {
		at := time.UnixMilli(s.At).UTC()
		out.GrantedBy, out.GrantedAt = s.User, &at
	}
	if !j.Counts {
		out.Withheld = e.sentences(j.Verdict)
	}
	if ended := outOfTime(b, e.now); ended != "" {
		out.InForce, out.Withheld = false, append(out.Withheld, ended)
	}
	if set := b.Spec.PermissionSetRef.In(b.Namespace).String(); j.Counts {
		if withheld := e.setWithheld(set); len(withheld) > 0 {
			out.InForce, out.Withheld = out.InForce && len(b.Spec.Grants) > 0, append(out.Withheld, withheld...)
		}
	}
	return out
}

// setWithheld says why a set gives nothing: it, or one that it inherits from, is not in force.
func (e *Explainer) setWithheld(name string) []string {
	var why []string
	for _, id := range e.judge.World.Ancestors(name) {
		if verdict, withheld := e.judge.Sets[id]; withheld {
			for _, sentence := range e.sentences(verdict) {
				why = append(why, fmt.Sprintf("set %s is not in force: %s", id, sentence))
			}
		}
	}
	return why
}

// by says how a binding comes to a user.
func by(u *v1alpha1.BackOfficeUser, b *v1alpha1.RoleBinding) string {
	if slices.ContainsFunc(b.Spec.Subjects, func(s v1alpha1.RoleBindingSubject) bool { return s.Name == u.Name }) {
		return BySubjects
	}
	return BySelector
}

// outOfTime says that a binding has not begun or has ended; empty where it is within its time.
func outOfTime(b *v1alpha1.RoleBinding, now time.Time) string {
	switch from, until := b.Spec.NotBefore, b.Spec.ExpiresAt; {
	case until != nil && !now.Before(until.Time):
		return "it ended at " + until.UTC().Format(time.RFC3339)
	case from != nil && now.Before(from.Time):
		return "it begins at " + from.UTC().Format(time.RFC3339)
	}
	return ""
}

func timeOf(t *metav1.Time) *time.Time {
	if t == nil {
		return nil
	}
	utc := t.UTC()
	return &utc
}

// sentences says what withholds an object.
func (e *Explainer) sentences(v gather.Verdict) []string {
	var why []string
	for _, violation := range v.Refusals {
		if !e.AsWritten || !isAboutAuthors(violation) {
			why = append(why, violation.String())
		}
	}
	if v.Store != nil {
		why = append(why, said(v.Store))
	}
	return why
}

// isAboutAuthors tells whether a rule is broken only because of who stands behind an object, or because nobody does.
func isAboutAuthors(v policy.Violation) bool {
	return v.Reason == v1alpha1.ReasonNotAdmitted || v.Reason == v1alpha1.ReasonNotAuthorized
}

// pardons tells whether an object counts although something withholds it: the brake holds that back, or it is as the store has it while the back
// office is suspended.
func (e *Explainer) pardons(ctx context.Context, o client.Object, v gather.Verdict) bool {
	if e.AsWritten && v.Store == nil && !slices.ContainsFunc(v.Refusals, func(v policy.Violation) bool { return !isAboutAuthors(v) }) {
		return true
	}
	switch o := o.(type) {
	case *v1alpha1.BackOfficeUser:
		return v.ByFacts && gather.HasAccess(o) && o.Status.ObservedGeneration == o.Generation && e.braked(ctx, o.Spec.BackOfficeRef, o.Namespace)
	case *v1alpha1.RoleBinding:
		return isSuspension(v) || v.ByFacts && gather.BindingWasInForce(o) && e.braked(ctx, o.Spec.BackOfficeRef, o.Namespace)
	case *v1alpha1.PermissionSet:
		return isSuspension(v) && o.Status.Key != "" ||
			v.ByFacts && gather.WasInForce(o.Status.Conditions, o.Generation) && e.braked(ctx, o.Spec.BackOfficeRef, o.Namespace)
	}
	return false
}

// isSuspension tells whether nothing withholds an object but that its back office is suspended: what the store has of it stays.
func isSuspension(v gather.Verdict) bool {
	return len(v.Refusals) == 0 && v.Store != nil && v.Store.Reason == v1alpha1.ReasonSuspended
}

// waits tells whether the user is to get what a binding gives when its back office is no longer suspended: of what the user has its status tells.
func (e *Explainer) waits(u *v1alpha1.BackOfficeUser, j gather.Judged) bool {
	return isSuspension(j.Verdict) && !slices.Contains(u.Status.PermissionSets, client.ObjectKeyFromObject(j.Set).String())
}

// braked tells whether the back office holds a withdrawal, so that what was in force stays so.
func (e *Explainer) braked(ctx context.Context, ref v1alpha1.BackOfficeReference, namespace string) bool {
	office := &v1alpha1.BackOffice{}
	if err := e.judge.Reader.Get(ctx, ref.In(namespace), office); err != nil {
		return false
	}
	ready := meta.FindStatusCondition(office.Status.Conditions, v1alpha1.ConditionReady)
	return ready != nil && ready.Reason == v1alpha1.ReasonWithdrawalHeld
}
