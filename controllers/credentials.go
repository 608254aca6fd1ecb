// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/store/known"
)

// A plan for a password is carried out in steps, around the one which writes the account:
//
//	endPassword     what a reset or an end of all passwords kills, before anything else is looked at: (1) of a reset
//	planCredential  decides from facts; makes the password, and the changes that the store gets together with the account
//	syncAccount     (1) account and verifier, in one group
//	deliver         (2) the Secret
//	finish          (3) the record which Secret holds it, after which the former password ends
//	retire          takes the password out of a Secret of ours that is no longer used
//	report          status, and when to come back
//
// Any of them may be the last one before a crash: the next run decides from what it finds. None of them keeps the account itself from being
// written: what fails about a password is kept until report.

// password is what a reconcile knows of the user's password, in the order in which the steps fill it.
type password struct {
	policy credential.Policy
	state  credential.State
	plan   credential.Plan
	// cached are the metadata of the Secret of ours, nil where the cache has none that is the user's.
	cached *metav1.PartialObjectMetadata
	// secret is the live Secret that the state tells of, where it was read and may be; or as it was written.
	secret *corev1.Secret
	// foreign has the name of the Secret of ours and is not.
	foreign metav1.Object
	// fits is what an unowned Secret is once it has been taken over.
	fits credential.Secret
	// broken are the rules that a supplied password breaks.
	broken []string
	// text is the password of an issue; changes make the store hold it.
	text    credential.Password
	changes []store.Change
	// holds is a Secret whose revision is to be recorded.
	holds credential.Revision
	// ended says that endPassword has put another password in the place of the one that it ended.
	ended bool
	// turn is when it is this account's turn to get another password; 0: it does not wait.
	turn time.Duration
	// failed is what became of the plan; nil: it is carried out.
	failed error
}

// assess evaluates the rules about the user.
func (r *UserReconciler) assess(ctx context.Context, s *userScope) (err error) {
	if s.facts, err = r.Gather.UserStanding(ctx, s.user); err != nil {
		return err
	}
	s.author, s.standing = s.facts.Author, policy.UserStanding.Evaluate(s.facts)
	p := &s.password
	p.policy = credential.PolicyOf(s.policyOffice(), s.user)
	p.policy.Resets = append(p.policy.Resets, s.conn.known.Reset()) // of all; it counts once the store has it
	return nil
}

// policyOffice is the back office with the policy for passwords that counts: none, where it grants nothing new. Nobody may stand behind it.
func (s *userScope) policyOffice() *v1alpha1.BackOffice {
	if s.closed == nil {
		return s.office
	}
	office := s.office.DeepCopy()
	office.Spec.Credentials = nil
	return office
}

// endPassword carries out what ends passwords. It waits for no brake, no e-mail address and no policy of the BackOffice: only for a user behind whom
// nobody stands, who is not in force. What cannot be delivered is dead nevertheless.
func (r *UserReconciler) endPassword(ctx context.Context, s *userScope) error {
	p := &s.password
	if !s.ends() || len(refusals(s.standing)) > 0 && !byFacts(s.standing, policy.UserWithdrawal.Evaluate(s.facts)) {
		return nil
	}
	if s.conn.known.Credential(string(s.user.UID)).IssuedAt.Before(s.conn.known.Reset()) { // it is dead, with all the others
		if p.turn = s.conn.throttle.reserve(string(s.user.UID)); p.turn > 0 {
			return nil
		}
	}
	if err := r.planEnd(ctx, s); err != nil {
		return err
	}
	if p.plan.Action != credential.Reset && p.plan.Action != credential.Revoke {
		return nil
	}
	if err := s.conn.available(); err != nil {
		return err
	}
	if err := s.conn.submit(ctx, p.changes...); overtaken(err) {
		return r.lookAgain(ctx, s)
	} else if err != nil {
		return outcome(err)
	}
	p.changes = nil
	if p.plan.Action == credential.Reset && p.policy.Source == v1alpha1.CredentialGenerated {
		if p.ended = true; s.closed == nil { // what the account itself loses comes before what this gives
			return nil
		}
		if err := r.deliver(ctx, s); err != nil {
			return err
		}
	}
	if err := r.finish(ctx, s); err != nil {
		return err
	}
	p.plan, p.holds = credential.Plan{}, credential.Revision{} // there may be a next step: it is decided anew
	return nil
}

// ends tells whether what the store holds is asked to end, as far as that can be told without a look at the Secret.
func (s *userScope) ends() bool {
	p := s.password.policy
	is := stateOf(s.conn.known.Credential(string(s.user.UID)))
	some := is.HasVerifier || !is.InvitationExpiresAt.IsZero()
	if !some || p.Deactivated || !s.conn.known.Has(s.key()) {
		return false
	}
	return p.Source == v1alpha1.CredentialNone || credential.ResetDue(s.conn.clock.now(), p, is)
}

// planEnd plans a reset. Where that cannot be prepared, because the API server does not tell what the Secret is or because there can be no other
// password, the one that is there is taken away all the same.
func (r *UserReconciler) planEnd(ctx context.Context, s *userScope) error {
	p := &s.password
	err := r.decide(ctx, s)
	if p.plan.Action == credential.Reset && s.postpones() {
		p.plan.Action = credential.Revoke // the next one waits
	}
	if err == nil && (p.plan.Action == credential.Reset || p.plan.Action == credential.Revoke) {
		err = r.prepare(ctx, s)
	}
	if err == nil || p.policy.Source != v1alpha1.CredentialGenerated {
		return err
	}
	p.state.Secret, p.secret = credential.SecretForeign, nil
	if p.plan = credential.Decide(s.conn.clock.now(), p.policy, p.state); p.plan.Action != credential.Revoke {
		p.plan, p.changes = credential.Plan{}, nil
		return nil // then nothing has to end, and the next steps tell
	}
	return r.prepare(ctx, s)
}

// planCredential decides what to do about the password, and prepares it. A user whose Secret has not changed since it was verified costs no request.
func (r *UserReconciler) planCredential(ctx context.Context, s *userScope) error {
	p := &s.password
	if s.withheld != nil || s.closed != nil || p.ended || p.turn > 0 {
		return nil
	}
	if p.failed = r.plan(ctx, s); p.failed != nil {
		p.plan, p.changes = credential.Plan{}, nil
	}
	return nil
}

func (r *UserReconciler) plan(ctx context.Context, s *userScope) error {
	p := &s.password
	if s.rotates() {
		if p.turn = s.conn.throttle.reserve(string(s.user.UID)); p.turn > 0 {
			return nil
		}
	}
	if err := r.decide(ctx, s); err != nil {
		return err
	}
	if s.postpones() {
		return s.suspended("the account gets its password when that ends")
	}
	return r.prepare(ctx, s)
}

// rotates tells whether the stored password has come to its age, before the Secret is looked at for it.
func (s *userScope) rotates() bool {
	p, is := s.password.policy, stateOf(s.conn.known.Credential(string(s.user.UID)))
	return p.Source == v1alpha1.CredentialGenerated && !p.Deactivated && is.HasVerifier && credential.RotationDue(s.conn.clock.now(), p, is)
}

// decide finds the plan, from what is known and, where that does not do, from the live Secret.
func (r *UserReconciler) decide(ctx context.Context, s *userScope) (err error) {
	p := &s.password
	if p.state, err = r.credentialState(ctx, s); err != nil {
		return err
	}
	for range 3 { // it is read, taken over, and then clear
		switch p.plan = credential.Decide(s.conn.clock.now(), p.policy, p.state); p.plan.Action {
		case credential.Read:
			err = r.readSecret(ctx, s)
		case credential.TakeOver:
			err = r.takeOver(ctx, s)
		default:
			return nil
		}
		if err != nil {
			return err
		}
	}
	p.plan = credential.Plan{}
	return flow.Later{After: retryAfter}
}

// credentialState is what is known without asking the API server or the store.
func (r *UserReconciler) credentialState(ctx context.Context, s *userScope) (credential.State, error) {
	state := stateOf(s.conn.known.Credential(string(s.user.UID)))
	state.HadPassword = s.user.Status.Credential != nil
	if err := r.cachedSecret(ctx, s, &state); err != nil {
		return state, err
	}
	if s.password.policy.Source == v1alpha1.CredentialSecretRef {
		return r.cachedSupply(ctx, s, state)
	}
	return state, nil
}

// stateOf is what the store is known to hold.
func stateOf(is known.Credential) credential.State {
	state := credential.State{
		Version: is.Version, HasVerifier: is.HasVerifier, Adopted: is.Source == store.SourceAdopted,
		IssuedAt: is.IssuedAt, PreviousIssuedAt: is.PreviousIssuedAt,
		Recorded:  credential.Revision{UID: is.SecretUID, ResourceVersion: is.SecretResourceVersion},
		Concealed: is.Concealed, InvitationExpiresAt: is.InvitationExpiresAt,
	}
	if !state.Adopted {
		state.Source = v1alpha1.CredentialSource(is.Source)
	}
	return state
}

// readSecret reads the Secret live and verifies what it holds. The row that it is verified by is read, too, unless the Secret is the one that is
// recorded.
func (r *UserReconciler) readSecret(ctx context.Context, s *userScope) error {
	if s.password.policy.Source == v1alpha1.CredentialSecretRef {
		return r.readSupply(ctx, s)
	}
	return r.readOwn(ctx, s)
}

// verify compares a password that a Secret holds with what the store holds of the user, as it is now.
func (r *UserReconciler) verify(ctx context.Context, s *userScope, text credential.Password) (credential.Secret, store.Credential, error) {
	p := &s.password
	if err := s.conn.available(); err != nil {
		return 0, store.Credential{}, err
	}
	observed, _, err := s.conn.observe(ctx, s.key())
	if err != nil {
		return 0, store.Credential{}, outcome(err)
	}
	is := stateOf(s.conn.known.Credential(string(s.user.UID)))
	is.Secret, is.Live, is.Acknowledged, is.HadPassword = p.state.Secret, p.state.Live, p.state.Acknowledged, p.state.HadPassword
	p.state = is
	switch {
	case verifies(observed.Credential.Verifier, text):
		return credential.SecretFits, observed.Credential, nil
	case verifies(observed.Credential.Previous, text):
		return credential.SecretFitsPrevious, observed.Credential, nil
	}
	return credential.SecretDoesNotFit, observed.Credential, nil
}

// verifies tells whether a verifier is there, can be used and was made of the password.
func verifies(verifier string, text credential.Password) bool {
	if verifier == "" {
		return false
	}
	fits, err := credential.Verify(verifier, text)
	return err == nil && fits
}
