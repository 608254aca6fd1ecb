// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package change

import (
	"context"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/owner"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
)

// resetAll ends every password of a back office.
type resetAll struct {
	s       *session.Session
	options *options
	// name of the back office, empty for the only one of the namespace.
	name string

	client client.Client
	office *v1alpha1.BackOffice
	// users have passwords, and active of them get new ones now. issued is when the last one was.
	users  map[client.ObjectKey]*v1alpha1.BackOfficeUser
	names  []client.ObjectKey
	active int
	issued time.Time
}

// OfficeResult is what has become of a reset of all, as -o json prints it.
type OfficeResult struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// IssuedBefore is the moment: every password that was issued before is dead.
	IssuedBefore metav1.Time `json:"issuedBefore"`
	// Accounts that are not deactivated and have a password.
	Accounts int `json:"accounts"`
	// Remaining is how many of them have no new password yet; absent where nobody has waited for that.
	Remaining *int `json:"remaining,omitempty"`
}

func (a *resetAll) run(ctx context.Context) (err error) {
	var namespace string
	if a.client, namespace, err = clientAndNamespace(a.s); err != nil {
		return err
	}
	if err := a.find(ctx, namespace); err != nil {
		return err
	}
	if err := a.count(ctx); err != nil {
		return err
	}
	if !a.options.yes && a.options.dryRun.Suffix() == "" {
		question := fmt.Sprintf("This ends the passwords of all %d accounts of back office %s/%s that are not deactivated, at once, and their sessions.",
			a.active, a.office.Namespace, a.office.Name)
		if err := a.s.Confirm(ctx, question, a.office.Name); err != nil {
			return err
		}
	}
	if keeper := owner.Of(a.office); keeper.Keeps() {
		fmt.Fprintf(a.s.ErrOut, "Note: back office %s is kept by %s: its users are reset one by one, by annotation, which it leaves alone\n", a.office.Name, keeper)
		return a.oneByOne(ctx)
	}
	return a.atOnce(ctx)
}

// find finds the back office.
func (a *resetAll) find(ctx context.Context, namespace string) error {
	if a.name != "" {
		a.office = &v1alpha1.BackOffice{}
		err := a.client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: a.name}, a.office)
		if apierrors.IsNotFound(err) {
			return fmt.Errorf("back office %s not found in namespace %s", a.name, namespace)
		}
		return err
	}
	var offices v1alpha1.BackOfficeList
	if err := a.client.List(ctx, &offices, client.InNamespace(namespace)); err != nil {
		return fmt.Errorf("listing back offices: %w", err)
	}
	switch len(offices.Items) {
	case 0:
		return fmt.Errorf("no back office found in namespace %s: give --namespace", namespace)
	case 1:
		a.office = &offices.Items[0]
		return nil
	}
	var names []string
	for _, o := range offices.Items {
		names = append(names, o.Name)
	}
	return fmt.Errorf("namespace %s has several back offices, %s: give --back-office", namespace, strings.Join(names, ", "))
}

// count reads the users of the back office, of all namespaces where that is permitted.
func (a *resetAll) count(ctx context.Context) error {
	err := eachUser(ctx, a.client, a.add)
	if !apierrors.IsForbidden(err) {
		return err
	}
	fmt.Fprintf(a.s.ErrOut, "Note: you may not list the users of all namespaces: those of other namespaces than %s are not counted\n", a.office.Namespace)
	return eachUser(ctx, a.client, a.add, client.InNamespace(a.office.Namespace))
}

func (a *resetAll) add(u *v1alpha1.BackOfficeUser) {
	if u.Spec.BackOfficeRef.In(u.Namespace) != client.ObjectKeyFromObject(a.office) || sourceOf(u) == v1alpha1.CredentialNone {
		return
	}
	if a.users == nil {
		a.users = map[client.ObjectKey]*v1alpha1.BackOfficeUser{}
	}
	key := client.ObjectKeyFromObject(u)
	a.users[key], a.names = u, append(a.names, key)
	if u.EffectiveState() != v1alpha1.StateDeactivated {
		a.active++
	}
	if at := issuedAt(u); at.After(a.issued) {
		a.issued = at
	}
}

// oneByOne resets each user.
func (a *resetAll) oneByOne(ctx context.Context) error {
	r := a.options.run(a.s, a.client, resetByAnnotation)
	r.brief = true
	if r.format == session.Table {
		r.shown = newProgress(a.s, len(a.names))
	}
	if err := r.users(ctx, a.names, a.users); err != nil || r.format != session.Table {
		return err
	}
	fmt.Fprintf(a.s.Out, "back office %s reset%s, by annotation of %d users\n", a.office.Name, a.options.dryRun.Suffix(), len(a.names))
	return nil
}

// atOnce resets all by one field, and looks on.
func (a *resetAll) atOnce(ctx context.Context) error {
	at, err := a.ask(ctx)
	if err != nil {
		return err
	}
	result := OfficeResult{Namespace: a.office.Namespace, Name: a.office.Name, IssuedBefore: at, Accounts: a.active}
	if a.options.wait && a.options.dryRun.Suffix() == "" {
		remaining, err := a.follow(ctx, at)
		if err != nil {
			return err
		}
		result.Remaining = &remaining
	}
	if done, err := a.options.output.Encode(a.s.Out, result); done || err != nil {
		return err
	}
	if a.options.output.Format == session.Name {
		fmt.Fprintf(a.s.Out, "backoffice.%s/%s\n", v1alpha1.GroupVersion.Group, a.office.Name)
		return nil
	}
	fmt.Fprintf(a.s.Out, "back office %s reset%s: every password that was issued before %s is dead\n",
		a.office.Name, a.options.dryRun.Suffix(), at.UTC().Format(time.RFC3339))
	return nil
}

// ask sets the moment.
func (a *resetAll) ask(ctx context.Context) (at metav1.Time, err error) {
	err = retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		before := a.office.DeepCopy()
		if a.office.Spec.Credentials == nil {
			a.office.Spec.Credentials = &v1alpha1.CredentialPolicy{}
		}
		at = metav1.NewTime(a.moment())
		a.office.Spec.Credentials.ResetIssuedBefore = &at
		err := a.options.dryRun.Patch(ctx, a.client, a.office, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
		if apierrors.IsConflict(err) {
			if err := a.client.Get(ctx, client.ObjectKeyFromObject(before), a.office); err != nil {
				return err
			}
		}
		return err
	})
	return at, err
}

// moment is now, and later than any reset and any password that is known of.
func (a *resetAll) moment() time.Time {
	at, known := upToSecond(a.s.Clock.Now()), []time.Time{a.issued}
	if last := a.office.Spec.Credentials.ResetIssuedBefore; last != nil {
		known = append(known, last.UTC())
	}
	for _, t := range known {
		if !t.Before(at) {
			at = t.Add(time.Second)
		}
	}
	return at
}

// looks is how often somebody looks how far a reset is.
const looks = 500 * time.Millisecond

// follow shows how far the reset is until nobody waits for a password any more.
func (a *resetAll) follow(ctx context.Context, at metav1.Time) (remaining int, err error) {
	shown := newProgress(a.s, a.active)
	defer shown.end()
	remaining = -1
	for progress := a.s.Clock.Now(); ; {
		if err := a.client.Get(ctx, client.ObjectKeyFromObject(a.office), a.office); err != nil && ctx.Err() == nil {
			return 0, fmt.Errorf("the reset goes on, but cannot be looked at: %w", err)
		}
		if left, counted := a.left(at); counted && left != remaining {
			remaining, progress = left, a.s.Clock.Now()
			shown.to(a.active - left)
		}
		switch {
		case remaining == 0:
			return 0, nil
		case a.s.Clock.Since(progress) > a.options.timeout:
			return 0, fmt.Errorf("nothing has happened for %s: %s; the reset goes on in the cluster", a.options.timeout, a.state(remaining))
		}
		if err := pause(ctx, looks); err != nil {
			shown.end()
			fmt.Fprintf(a.s.ErrOut, "Interrupted: the reset goes on in the cluster. How far it is:\n  kubectl get backoffice %s -n %s -o jsonpath='{.status.credentials.reset}'\n",
				a.office.Name, a.office.Namespace)
			return 0, session.Exit(interruptedStatus)
		}
	}
}

// interruptedStatus is that of a process which ends by an interrupt.
const interruptedStatus = 130

// left is how many have no new password yet, as far as the operator has counted them since.
func (a *resetAll) left(at metav1.Time) (n int, counted bool) {
	c := a.office.Status.Credentials
	if c == nil || c.Reset == nil || c.Reset.IssuedBefore.Before(&at) {
		return 0, false
	}
	return int(c.Reset.Remaining), true
}

func (a *resetAll) state(remaining int) string {
	if remaining < 0 {
		return "the operator has not carried out the reset yet, see the conditions of the back office"
	}
	return fmt.Sprintf("all old passwords are dead, and %d accounts have no new one yet", remaining)
}
