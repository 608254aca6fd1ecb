// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// prepare makes what the plan needs: the password, its verifier, and the changes that the store gets.
func (r *UserReconciler) prepare(ctx context.Context, s *userScope) error {
	p := &s.password
	action := p.plan.Action
	if action == credential.Reset {
		switch p.policy.Source {
		case v1alpha1.CredentialGenerated:
			action = credential.Issue
		case v1alpha1.CredentialInvitation:
			action = credential.Invite
		case v1alpha1.CredentialSecretRef, v1alpha1.CredentialNone:
			action = credential.Revoke
		}
	}
	switch action {
	case credential.Issue, credential.Rotate:
		return r.prepareIssue(ctx, s)
	case credential.Restore:
		return s.prepareCopy(corev1.BasicAuthPasswordKey, store.SourceGenerated)
	case credential.Supply:
		return s.prepareCopy(suppliedKey(s.user), store.SourceSupplied)
	case credential.Invite:
		p.changes = []store.Change{s.invitation()}
	case credential.Revoke:
		p.changes = []store.Change{store.RevokeCredential{UserUID: string(s.user.UID), Version: p.plan.Version, Resets: p.plan.Resets}}
	default: // nothing that the store gets before the Secret is there
	}
	return nil
}

// prepareIssue generates a password. Where an earlier issue is unfinished, the Secret is changed before: whoever may still be writing that one, such
// as a manager that was frozen, has then lost the race, and what the store is going to keep is what the Secret holds.
func (r *UserReconciler) prepareIssue(ctx context.Context, s *userScope) (err error) {
	p := &s.password
	if p.secret != nil && immutable(p.secret) {
		return unchangeable(p.secret)
	}
	structure := credential.StructureOf(s.policyOffice())
	if p.text, err = credential.Generate(structure); err != nil {
		return err
	}
	verifier, err := credential.Hash(p.text, structure.Entropy(), s.hashAlgorithm())
	if err != nil {
		return err
	}
	if p.plan.Claim {
		if err := r.claim(ctx, s); err != nil {
			return err
		}
	}
	p.changes = []store.Change{s.issue(verifier, store.SourceGenerated)}
	return nil
}

// prepareCopy makes a verifier of the password that a Secret holds: nobody knows how it was made.
func (s *userScope) prepareCopy(key string, source store.Source) error {
	p := &s.password
	verifier, err := credential.Hash(credential.NewPassword(string(p.secret.Data[key])), 0, s.hashAlgorithm())
	if err != nil {
		return err
	}
	issue := s.issue(verifier, source)
	if source == store.SourceGenerated {
		issue.IssuedAt = restoredAt(p.secret, issue.IssuedAt)
	}
	p.holds = p.state.Live
	p.changes = []store.Change{issue, s.finishing()}
	return nil
}

func (s *userScope) issue(verifier string, source store.Source) store.IssueCredential {
	plan := s.password.plan
	return store.IssueCredential{
		UserUID: string(s.user.UID), Version: plan.Version, Verifier: verifier, Source: source, Keep: store.Keep(plan.Keep),
		IssuedAt: s.conn.clock.now().Truncate(time.Second), MinAge: plan.MinAge, Resets: plan.Resets,
	}
}

// invitation is the change that lets the user choose a password. The token is in the store until it is sent, and nowhere else.
func (s *userScope) invitation() store.InviteUser {
	p := &s.password
	token, hash := credential.NewToken()
	return store.InviteUser{
		UserUID: string(s.user.UID), Version: p.plan.Version,
		Token:     token.Reveal(), //nolint:forbidigo // The outbox is the one place from which the token reaches its user.
		TokenHash: hash, ValidFor: p.policy.InvitationTTL, IssuedAt: s.conn.clock.now().Truncate(time.Second), Resets: p.plan.Resets,
	}
}

// finishing records the Secret that holds the password of the version that the plan is about, or of the one that is stored.
func (s *userScope) finishing() store.FinishCredential {
	p := &s.password
	version := p.plan.Version
	if version == 0 {
		version = s.conn.known.Credential(string(s.user.UID)).Version
	}
	return store.FinishCredential{
		UserUID: string(s.user.UID), Version: version, SecretUID: p.holds.UID, SecretResourceVersion: p.holds.ResourceVersion,
		Grace: p.policy.Grace, Concealed: p.plan.Action == credential.Conceal,
	}
}

func (s *userScope) hashAlgorithm() v1alpha1.HashAlgorithm {
	if c := s.policyOffice().Spec.Credentials; c != nil {
		return c.Hash
	}
	return v1alpha1.HashAuto
}

// deliver brings the Secret to hold what the store verifies by now.
func (r *UserReconciler) deliver(ctx context.Context, s *userScope) error {
	p := &s.password
	if p.failed != nil {
		return nil
	}
	switch p.plan.Action {
	case credential.Issue, credential.Rotate:
		p.failed = r.writeSecret(ctx, s)
	case credential.Reset:
		if p.policy.Source == v1alpha1.CredentialGenerated {
			p.failed = r.writeSecret(ctx, s)
		}
	case credential.Conceal:
		p.failed = r.conceal(ctx, s)
	case credential.Finish:
		p.failed = r.dressLive(ctx, s)
	case credential.Keep:
		p.failed = r.dressCached(ctx, s)
	default: // no Secret of ours is about
	}
	return nil
}

// finish records the Secret that is known to hold the password of the store, and tells of what was done. From then on the former password ends.
func (r *UserReconciler) finish(ctx context.Context, s *userScope) error {
	p := &s.password
	if p.failed != nil {
		return nil
	}
	if p.holds != (credential.Revision{}) && p.plan.Action != credential.Restore && p.plan.Action != credential.Supply {
		switch err := s.conn.submit(ctx, s.finishing()); {
		case overtaken(err):
			p.failed = r.lookAgain(ctx, s)
			return nil
		case err != nil:
			p.failed = outcome(err)
			return nil
		}
	}
	r.tell(s)
	return nil
}

// overtaken tells whether the store holds something else than the plan was made for.
func overtaken(err error) bool {
	for _, verdict := range []error{store.ErrStale, store.ErrNotFound, store.ErrNotDue, store.ErrAhead} {
		if errors.Is(err, verdict) {
			return true
		}
	}
	return false
}

// lookAgain reads what the store holds, so that the next reconcile decides from that.
func (r *UserReconciler) lookAgain(ctx context.Context, s *userScope) error {
	if _, _, err := s.conn.observe(ctx, s.key()); err != nil {
		return outcome(err)
	}
	return flow.Later{After: retryAfter}
}
