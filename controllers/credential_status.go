// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/store/known"
)

// reportCredential tells what is known of the password, and returns the outcome where it is not what spec asks for. It says nothing new while the
// policy that would say it is not in force.
func (s *userScope) reportCredential() error {
	p := &s.password
	if s.closed != nil {
		return nil
	}
	is, now := s.conn.known.Credential(string(s.user.UID)), s.conn.clock.now()
	if is.Version > 0 { // else what is told of a store that was lost is why its passwords are rebuilt
		s.user.Status.Credential = credentialStatus(p.policy, is, now)
	}
	s.user.Status.Binding = s.binding(is)
	problem := s.unready(now)
	reason, message := flow.Explain(problem)
	if reason == "" {
		reason, message = s.restriction(is)
	}
	if reason == "" {
		flow.Clear(s.user, v1alpha1.ConditionCredentialsReady)
	} else {
		flow.Fails(s.user, v1alpha1.ConditionCredentialsReady, reason, message)
	}
	return problem
}

// unready is why the password is not what spec asks for, nil where it is.
func (s *userScope) unready(now time.Time) error {
	p := &s.password
	ahead := credential.ResetAhead(now, p.policy)
	switch reason, _ := flow.Explain(p.failed); {
	case reason == v1alpha1.ReasonSecretConflict, reason == v1alpha1.ReasonSuspended:
		return p.failed
	case p.policy.Source == v1alpha1.CredentialSecretRef && s.unsupplied() != nil:
		return s.unsupplied()
	case p.plan.Action == credential.Conflict:
		return secretConflict(p.foreign, s.user)
	case !ahead.IsZero() && !p.policy.Deactivated:
		return flow.Wait{
			Reason: v1alpha1.ReasonResetAhead,
			Message: fmt.Sprintf("a reset of what was issued before %s is asked for, which is more than five minutes ahead of the database's clock; "+
				"it is carried out when it no longer is", ahead.UTC().Format(time.RFC3339)),
			After: ahead.Sub(now.Add(credential.MaxAhead)),
		}
	}
	return nil
}

// credentialStatus is what status tells of a password, in whole seconds, so that it is the same whoever has estimated it.
func credentialStatus(p credential.Policy, is known.Credential, now time.Time) *v1alpha1.CredentialStatus {
	state := stateOf(is)
	status := &v1alpha1.CredentialStatus{Source: string(is.Source), Version: is.Version, Delivered: is.Concealed}
	if is.HasVerifier {
		status.IssuedAt = seconds(is.IssuedAt)
		status.NextRotationTime = seconds(credential.NextRotation(p, state))
	}
	switch expires := is.InvitationExpiresAt; {
	case !expires.IsZero() && now.Before(expires):
		status.Invitation = &v1alpha1.InvitationStatus{State: v1alpha1.InvitationPending, ExpiresAt: seconds(expires)}
	case !expires.IsZero():
		status.Invitation = &v1alpha1.InvitationStatus{State: v1alpha1.InvitationExpired, ExpiresAt: seconds(expires)}
	case is.HasVerifier && is.Source == store.SourceChosen:
		status.Invitation = &v1alpha1.InvitationStatus{State: v1alpha1.InvitationAccepted}
	}
	return status
}

// binding names the Secret that holds the password, and none once that has been delivered. While an issue is unfinished it is the one that it was.
func (s *userScope) binding(is known.Credential) *v1alpha1.SecretBinding {
	generated := is.HasVerifier && is.Source == store.SourceGenerated
	switch {
	case s.password.plan.Action == credential.Conflict || !is.HasVerifier || is.Concealed:
		return nil
	case is.SecretUID != "" && (generated || is.Source == store.SourceAdopted):
		return &v1alpha1.SecretBinding{Name: s.user.SecretName()}
	case generated:
		return s.user.Status.Binding
	}
	return nil
}

// restriction is why no Secret holds the password though all is as spec asks for; empty where one does, or none has to.
func (s *userScope) restriction(is known.Credential) (reason, message string) {
	state := v1alpha1.InvitationState("")
	if status := s.user.Status.Credential; status != nil && status.Invitation != nil && s.password.policy.Source == v1alpha1.CredentialInvitation {
		state = status.Invitation.State
	}
	switch {
	case s.password.policy.Deactivated && !is.HasVerifier:
		return v1alpha1.ReasonDeactivated, "a deactivated account gets no password"
	case state == v1alpha1.InvitationPending:
		return v1alpha1.ReasonInvitationPending, "the user has been invited and has not chosen a password yet"
	case state == v1alpha1.InvitationExpired:
		return v1alpha1.ReasonInvitationExpired, "the user has not chosen a password in time; set spec.credentials.reset, or annotate the user with " +
			v1alpha1.AnnotationResetRequestedAt + "=<time>, to invite anew"
	case is.Source == store.SourceAdopted && is.SecretUID == "":
		return v1alpha1.ReasonAdopted, "the account keeps the password that it had before it was adopted, which no Secret holds, until the first rotation or reset"
	}
	return "", ""
}

func seconds(t time.Time) *metav1.Time {
	if t.IsZero() {
		return nil
	}
	at := metav1.NewTime(t.UTC().Truncate(time.Second))
	return &at
}
