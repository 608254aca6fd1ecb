// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
)

// cachedSupply notes what the cache tells of the Secret that the administrator owns, in the place of ours.
func (r *UserReconciler) cachedSupply(ctx context.Context, s *userScope, state credential.State) (credential.State, error) {
	state.Secret, state.Live, state.Acknowledged = credential.SecretUnread, credential.Revision{}, false
	cached := secretMetadata()
	switch err := r.Client.Get(ctx, suppliedName(s.user), cached, client.DisableReadYourWritesConsistency); {
	case apierrors.IsNotFound(err):
	case err != nil:
		return state, err
	case !supplies(cached):
		state.Secret = credential.SecretForeign
	default:
		state.Live = suppliedRevision(cached, s.user)
	}
	return state, nil
}

// readSupply reads the Secret that the administrator owns, if its label permits that: what it holds does not even reach the operator otherwise.
func (r *UserReconciler) readSupply(ctx context.Context, s *userScope) error {
	p, name := &s.password, suppliedName(s.user)
	p.secret = nil
	if p.state.Live == (credential.Revision{}) {
		if is, err := r.mayRead(ctx, name); err != nil || is != credential.SecretUnread {
			p.state.Secret = is
			return err
		}
	}
	secret := &corev1.Secret{}
	switch err := r.Live.Get(ctx, name, secret); {
	case apierrors.IsNotFound(err):
		p.state.Secret, p.state.Live = credential.SecretAbsent, credential.Revision{}
		return nil
	case err != nil:
		return err
	case !supplies(secret):
		p.state.Secret, p.state.Live = credential.SecretForeign, credential.Revision{}
		return nil
	}
	p.secret, p.state.Live = secret, suppliedRevision(secret, s.user)
	text := secret.Data[suppliedKey(s.user)]
	switch {
	case len(text) == 0:
		p.state.Secret = credential.SecretEmpty
		return nil
	case p.state.HasVerifier && p.state.Source == v1alpha1.CredentialSecretRef && p.state.Live == p.state.Recorded:
		p.state.Secret = credential.SecretFits
		return nil
	}
	return r.judgeSupply(ctx, s, credential.NewPassword(string(text)))
}

// mayRead asks the API server for the metadata of a Secret that the cache does not have.
func (r *UserReconciler) mayRead(ctx context.Context, name types.NamespacedName) (credential.Secret, error) {
	live := secretMetadata()
	switch err := r.Live.Get(ctx, name, live); {
	case apierrors.IsNotFound(err):
		return credential.SecretAbsent, nil
	case err != nil:
		return credential.SecretUnread, err
	case !supplies(live):
		return credential.SecretForeign, nil
	}
	return credential.SecretUnread, nil
}

// judgeSupply compares the supplied password with what the store holds, and a new one with the structure.
func (r *UserReconciler) judgeSupply(ctx context.Context, s *userScope, text credential.Password) error {
	p := &s.password
	fits, is, err := r.verify(ctx, s, text)
	if err != nil {
		return err
	}
	p.state.Secret = fits
	if fits != credential.SecretDoesNotFit {
		return nil
	}
	if verifies(is.Revoked, text) {
		p.state.Secret = credential.SecretRevoked
	} else if p.broken = credential.StructureOf(s.office).Check(text); len(p.broken) > 0 {
		p.state.Secret = credential.SecretUnacceptable
	}
	return nil
}

// unsupplied is the outcome where the Secret that the administrator owns gives no password. The one that is in force goes on.
func (s *userScope) unsupplied() error {
	p, name := &s.password, suppliedName(s.user)
	goesOn := "the account has no password until then"
	if s.conn.known.Credential(string(s.user.UID)).HasVerifier {
		goesOn = "the password that is in force goes on"
	}
	switch p.plan.Action {
	case credential.Conflict:
		return flow.Stall{
			Reason: v1alpha1.ReasonSecretNotPermitted,
			Message: fmt.Sprintf("Secret %s does not carry the label %s=%s, without which the operator does not read it: add the label; %s",
				name, v1alpha1.LabelSecret, v1alpha1.SecretPassword, goesOn),
			After: recheckAfter,
		}
	case credential.Missing:
		message := fmt.Sprintf("Secret %s does not exist (yet): create it with the label %s=%s and the password under key %q; %s",
			name, v1alpha1.LabelSecret, v1alpha1.SecretPassword, suppliedKey(s.user), goesOn)
		if p.state.Secret == credential.SecretEmpty {
			message = fmt.Sprintf("Secret %s holds nothing under key %q: add the password, or correct spec.credentials.secretRef.key; %s",
				name, suppliedKey(s.user), goesOn)
		}
		return flow.Wait{Reason: v1alpha1.ReasonReferenceNotFound, Message: message, After: recheckAfter}
	case credential.Refuse:
		why := "is the one that a reset has ended: replace it by another one"
		if p.state.Secret == credential.SecretUnacceptable {
			why = "breaks spec.credentials.structure of the BackOffice: it " + strings.Join(p.broken, ", and it ")
		}
		return flow.Stall{
			Reason:  v1alpha1.ReasonPasswordRefused,
			Message: fmt.Sprintf("the password of Secret %s %s; %s", name, why, goesOn),
		}
	default:
		return nil
	}
}

// supplies tells whether a Secret carries the label that lets the operator read a password from it.
func supplies(secret metav1.Object) bool {
	return secret.GetLabels()[v1alpha1.LabelSecret] == v1alpha1.SecretPassword
}

// suppliedRevision is one content under one key: another key of the same Secret is another password.
func suppliedRevision(secret metav1.Object, u *v1alpha1.BackOfficeUser) credential.Revision {
	r := revision(secret)
	r.ResourceVersion += "/" + suppliedKey(u)
	return r
}

func suppliedName(u *v1alpha1.BackOfficeUser) types.NamespacedName {
	return types.NamespacedName{Namespace: u.Namespace, Name: u.Spec.Credentials.SecretRef.Name}
}

func suppliedKey(u *v1alpha1.BackOfficeUser) string {
	return cmp.Or(u.Spec.Credentials.SecretRef.Key, corev1.BasicAuthPasswordKey)
}
