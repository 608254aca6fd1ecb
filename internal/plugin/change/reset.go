// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package change

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/owner"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
)

// Reset is the command reset.
func Reset(s *session.Session) *cobra.Command {
	var o options
	var everybody resetAll
	cmd := &cobra.Command{
		Use:   "reset (USER... | --selector SELECTOR | --all)",
		Short: "End passwords at once and have new ones made",
		Long: `End the passwords of users at once and without grace, and their sessions with them; then a new one is made: in the Secret of the user, by an
invitation to choose one, or by you where the password is in a Secret of yours. The old one is dead before there is a new one.

It sets spec.credentials.reset, or the annotation access.backoffice-operator.io/reset-requested-at of a user whom Argo CD, Flux or Helm keeps. It never
prints a password, and reads no Secret.

With --all it ends every password of a back office by one field, spec.credentials.resetIssuedBefore, which takes the RBAC verb escalate; new ones are made
50 a second. It asks before that, and shows how far it is. Interrupted, it leaves the reset going on in the cluster. The users of a back office that is
itself kept in Git are reset one by one, by annotation.
` + ways,
		Example: `  kubectl backoffice reset lea
  kubectl backoffice reset --selector team=support --wait=false
  kubectl backoffice reset --all --back-office orders`,
		ValidArgsFunction: s.CompleteUsers(0),
	}
	o.addTo(cmd)
	cmd.Flags().BoolVar(&o.all, "all", false, "All accounts of a back office. It asks before it does anything.")
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "Do not ask.")
	cmd.Flags().StringVar(&everybody.name, "back-office", "", "With --all: the back office. Absent: the only one of the namespace.")
	_ = cmd.RegisterFlagCompletionFunc("back-office", s.CompleteBackOffices) // it fails for unknown flags
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := o.validate(cmd, args); err != nil {
			return err
		}
		if o.all {
			everybody.s, everybody.options = s, &o
			return everybody.run(cmd.Context())
		}
		if everybody.name != "" {
			return session.UsageError(cmd, "--back-office is for --all: users are named in the namespace")
		}
		return o.change(cmd.Context(), s, verb{name: "reset", decide: reset}, args)
	}
	return cmd
}

// reset ends the password of one user.
func reset(u *v1alpha1.BackOfficeUser, r request) step {
	if sourceOf(u) == v1alpha1.CredentialNone {
		return step{says: "has no password: spec.credentials.source is None", refused: true}
	}
	if keeper := owner.Of(u); keeper.Keeps() {
		s := resetByAnnotation(u, r)
		s.note = fmt.Sprintf("user %s is kept by %s: reset by annotation, which it leaves alone", u.Name, keeper)
		return s
	}
	at := metav1.NewTime(momentOf(u, r.now))
	edit := func(u *v1alpha1.BackOfficeUser) {
		if u.Spec.Credentials == nil {
			u.Spec.Credentials = &v1alpha1.UserCredentials{}
		}
		u.Spec.Credentials.Reset = &at
	}
	return step{says: "reset", edit: edit, arrived: isReset(u), then: newPassword}
}

// resetByAnnotation ends the password of a user whose spec is kept in Git.
func resetByAnnotation(u *v1alpha1.BackOfficeUser, r request) step {
	if sourceOf(u) == v1alpha1.CredentialNone {
		return step{says: "has no password"}
	}
	value := momentOf(u, r.now).Format(time.RFC3339)
	return step{says: "reset", edit: annotating(v1alpha1.AnnotationResetRequestedAt, value), arrived: isReset(u), then: newPassword}
}

// momentOf is the moment before which every password of the user ends: now, and later than any that is known of. Passwords and resets count in whole
// seconds, and the clock of this machine may be behind.
func momentOf(u *v1alpha1.BackOfficeUser, now time.Time) time.Time {
	at := upToSecond(now)
	for _, known := range []time.Time{lastReset(u), issuedAt(u)} {
		if !known.Before(at) {
			at = known.Add(time.Second)
		}
	}
	return at
}

// upToSecond is the first whole second that is not before a moment.
func upToSecond(t time.Time) time.Time {
	return t.UTC().Add(time.Second - time.Nanosecond).Truncate(time.Second)
}

// lastReset is the last moment for which a reset of the user was asked.
func lastReset(u *v1alpha1.BackOfficeUser) (last time.Time) {
	if c := u.Spec.Credentials; c != nil && c.Reset != nil {
		last = c.Reset.UTC()
	}
	if at, err := time.Parse(time.RFC3339, u.Annotations[v1alpha1.AnnotationResetRequestedAt]); err == nil && at.After(last) {
		last = at.UTC().Truncate(time.Second)
	}
	return last
}

func issuedAt(u *v1alpha1.BackOfficeUser) time.Time {
	if c := u.Status.Credential; c != nil && c.IssuedAt != nil {
		return c.IssuedAt.UTC()
	}
	return time.Time{}
}

func sourceOf(u *v1alpha1.BackOfficeUser) v1alpha1.CredentialSource {
	if c := u.Spec.Credentials; c != nil && c.Source != "" {
		return c.Source
	}
	return v1alpha1.CredentialGenerated
}

// isReset: the store has another password, or none any more. A deactivated account gets none before it is brought back.
func isReset(before *v1alpha1.BackOfficeUser) arrival {
	if before.EffectiveState() == v1alpha1.StateDeactivated {
		return isSeen
	}
	version := versionOf(before)
	return func(u *v1alpha1.BackOfficeUser) bool { return isSeen(u) && versionOf(u) > version }
}

func versionOf(u *v1alpha1.BackOfficeUser) int64 {
	if u.Status.Credential == nil {
		return 0
	}
	return u.Status.Credential.Version
}

// newPassword says where the new password is.
func newPassword(u *v1alpha1.BackOfficeUser) string {
	c := u.Status.Credential
	switch {
	case u.EffectiveState() == v1alpha1.StateDeactivated:
		return fmt.Sprintf("user %s is deactivated, and gets a new password when it is brought back", u.Name)
	case sourceOf(u) == v1alpha1.CredentialSecretRef:
		return fmt.Sprintf("user %s has no password until you put another one into the Secret that spec.credentials.secretRef names", u.Name)
	case c != nil && c.Invitation != nil && c.Invitation.State == v1alpha1.InvitationPending:
		return fmt.Sprintf("user %s has been invited to choose a password", u.Name)
	case u.Status.Binding != nil:
		return fmt.Sprintf("the new password of user %s is in Secret %s", u.Name, u.Status.Binding.Name)
	}
	return ""
}
