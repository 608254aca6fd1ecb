// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package change

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
)

// What has become of a user.
const (
	changed   = "Changed"
	unchanged = "Unchanged"
	forGit    = "ForGit"
	failed    = "Failed"
)

// Result is what a command has done with one user, as -o json prints it. It has no personal data.
type Result struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Outcome is Changed, Unchanged, ForGit or Failed.
	Outcome string `json:"outcome"`
	// Message says it in words.
	Message string `json:"message"`
	// InForce tells whether the change was seen in force in the store; absent where nobody has waited for that.
	InForce *bool `json:"inForce,omitempty"`
	// ForGit is what is to be changed in Git.
	ForGit *Manifest `json:"forGit,omitempty"`

	// sentence says of a failure whose it is.
	sentence string
}

func (r *Result) fail(why string) {
	r.Outcome, r.Message, r.sentence = failed, why, fmt.Sprintf("user %s: %s", r.Name, why)
}

// Manifest is as much of a manifest as has to be changed.
type Manifest struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Metadata   map[string]any `json:"metadata"`
	Spec       map[string]any `json:"spec"`
}

// run is one run of a command on some users.
type run struct {
	s       *session.Session
	client  client.Client
	dryRun  *session.DryRun
	format  string
	decide  func(*v1alpha1.BackOfficeUser, request) step
	request request
	wait    bool
	timeout time.Duration

	// brief leaves out the line and the note about each user; shown shows how many are done instead.
	brief bool
	shown *progress

	results []Result
	waiting []waiting
	// several tells whether there is more than one user, so that a failure is told at once and not by the error of the command.
	several bool
	// changed is when something was changed last, and progress when something was seen in force last.
	changed, progress time.Time
}

// waiting is a user who was changed.
type waiting struct {
	user   *v1alpha1.BackOfficeUser
	result int
	step   step
}

// users does to all of them what is asked for: it changes all, then waits for all. It goes on after a failure.
func (r *run) users(ctx context.Context, names []client.ObjectKey, known map[client.ObjectKey]*v1alpha1.BackOfficeUser) error {
	r.several = len(names) > 1
	for _, name := range names {
		if err := r.user(ctx, name, known[name]); err != nil {
			return err
		}
	}
	if r.wait {
		defer r.shown.end()
		if err := r.waitForAll(ctx); err != nil {
			return err
		}
	}
	r.shown.end()
	return r.end()
}

// user changes one user. It fails where nothing else can be done, either.
func (r *run) user(ctx context.Context, name client.ObjectKey, u *v1alpha1.BackOfficeUser) error {
	var s step
	err := retry.RetryOnConflict(retry.DefaultBackoff, func() (err error) {
		if u == nil {
			u = &v1alpha1.BackOfficeUser{}
			if err := r.client.Get(ctx, name, u); err != nil {
				return err
			}
		}
		if !u.DeletionTimestamp.IsZero() {
			s = step{says: "is being deleted", refused: true}
			return nil
		}
		if s = r.decide(u, r.request); s.edit == nil {
			return nil
		}
		before := u.DeepCopy()
		s.edit(u)
		patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
		if err = r.dryRun.Patch(ctx, r.client, u, patch); err != nil {
			u = nil // what is decided next is decided of what is there
		}
		return err
	})
	result := Result{Namespace: name.Namespace, Name: name.Name}
	switch {
	case ctx.Err() != nil:
		return r.interrupted()
	case apierrors.IsNotFound(err):
		r.failed(result, fmt.Sprintf("not found in namespace %s", name.Namespace))
	case err != nil:
		r.failed(result, err.Error())
	default:
		r.tell(result, u, s)
	}
	return nil
}

// tell says what a step has come to.
func (r *run) tell(result Result, u *v1alpha1.BackOfficeUser, s step) {
	result.Outcome, result.Message, result.sentence = unchanged, s.says, fmt.Sprintf("user %s %s", u.Name, s.says)
	if s.note != "" {
		fmt.Fprintf(r.s.ErrOut, "Note: %s\n", s.note)
	}
	if s.edit != nil {
		result.Outcome, r.changed = changed, r.s.Clock.Now()
		result.Message += r.dryRun.Suffix()
		if r.wait {
			r.waiting = append(r.waiting, waiting{u, len(r.results), s})
		}
	}
	if s.git != "" {
		result.Outcome, result.ForGit = forGit, manifestOf(u, s.git)
	} else if s.refused {
		result.Outcome = failed
	}
	r.results = append(r.results, result)
	switch {
	case s.refused && r.several:
		fmt.Fprintf(r.s.ErrOut, "Error: %s\n", result.sentence)
	case !s.refused && r.format == session.Table && !r.brief:
		fmt.Fprintf(r.s.Out, "user %s %s\n", u.Name, result.Message)
	case result.Outcome == changed && r.format == session.Name:
		fmt.Fprintf(r.s.Out, "backofficeuser.%s/%s\n", v1alpha1.GroupVersion.Group, u.Name)
	}
	if result.ForGit != nil && r.format == session.Table {
		r.printForGit(result.ForGit)
	}
}

func manifestOf(u *v1alpha1.BackOfficeUser, state v1alpha1.UserState) *Manifest {
	return &Manifest{
		APIVersion: v1alpha1.GroupVersion.String(), Kind: "BackOfficeUser",
		Metadata: map[string]any{"name": u.Name, "namespace": u.Namespace}, Spec: map[string]any{"state": state},
	}
}

func (r *run) printForGit(m *Manifest) {
	text, err := yaml.Marshal(m)
	if err == nil { // texts alone
		fmt.Fprintf(r.s.Out, "---\n%s", text)
	}
}

// failed notes that one user could not be changed.
func (r *run) failed(result Result, why string) {
	result.fail(why)
	r.results = append(r.results, result)
	if r.several {
		fmt.Fprintf(r.s.ErrOut, "Error: %s\n", result.sentence)
	}
}

// waitForAll waits until what was changed is in force, for as long as somebody arrives now and then.
func (r *run) waitForAll(ctx context.Context) error {
	r.progress = r.s.Clock.Now()
	for _, w := range r.waiting {
		err := r.await(ctx, w.user, w.step.arrived)
		if ctx.Err() != nil {
			return r.interrupted()
		}
		is := &r.results[w.result]
		is.InForce = new(bool)
		*is.InForce = err == nil
		if err == nil {
			r.arrived(w)
			continue
		}
		is.fail(err.Error())
		if r.several {
			fmt.Fprintf(r.s.ErrOut, "Error: %s\n", is.sentence)
		}
	}
	return nil
}

// arrived says what there is to know of a user once the change is in force.
func (r *run) arrived(w waiting) {
	r.shown.next()
	if w.step.then == nil || r.brief || r.format != session.Table {
		return
	}
	if note := w.step.then(w.user); note != "" {
		fmt.Fprintf(r.s.Out, "%s\n", note)
	}
}

// errInterrupted ends a run that somebody has interrupted.
var errInterrupted = errors.New("interrupted: what has been changed stays changed")

func (r *run) interrupted() error {
	n := 0
	for _, result := range r.results {
		if result.Outcome == changed {
			n++
		}
	}
	return fmt.Errorf("%w: users changed: %d", errInterrupted, n)
}

// end prints the results where that was asked for, and says who failed.
func (r *run) end() error {
	output := session.Output{Format: r.format}
	if _, err := output.Encode(r.s.Out, map[string]any{"items": r.results}); err != nil {
		return err
	}
	var names []string
	var only Result
	for _, result := range r.results {
		if result.Outcome == failed || result.Outcome == forGit {
			names, only = append(names, result.Name), result
		}
	}
	switch {
	case len(names) == 0:
		return nil
	case r.several:
		fmt.Fprintf(r.s.ErrOut, "%d of %d users are not as asked for: %s\n", len(names), len(r.results), strings.Join(names, ", "))
		return session.Exit(1)
	}
	return errors.New(only.sentence)
}
