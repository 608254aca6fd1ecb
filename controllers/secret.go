// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// LabelManagedBy is the well-known label on the Secrets that the operator makes.
const LabelManagedBy = "app.kubernetes.io/managed-by"

// managedBy is its value, and the field manager of all writes.
const managedBy = "backoffice-operator"

// delivery is what a reconcile knows of the user's password and its Secret.
type delivery struct {
	plan     credential.Plan
	password credential.Password    // of an Issue
	issue    *store.IssueCredential // the verifier that syncAccount writes together with the account
	secret   *corev1.Secret         // the live Secret, where it was read and is ours, or after it was written
}

// planCredential decides what to do about the password. A user whose Secret has not changed since it was verified costs no request.
func (r *UserReconciler) planCredential(ctx context.Context, s *userScope) error {
	if s.withheld != nil {
		return nil
	}
	state, err := r.credentialState(ctx, s)
	if err != nil {
		return err
	}
	policy := credential.Policy{Deactivated: s.user.EffectiveState() == v1alpha1.StateDeactivated}
	d := &s.password
	if d.plan = credential.Decide(s.conn.clock.now(), policy, state); d.plan.Action == credential.Read {
		if err := r.readSecret(ctx, s, &state); err != nil {
			return err
		}
		d.plan = credential.Decide(s.conn.clock.now(), policy, state)
	}
	switch d.plan.Action {
	case credential.Issue:
		structure := credential.DefaultStructure()
		if d.password, err = credential.Generate(structure); err != nil {
			return err
		}
		return d.prepare(s.user.UID, structure.Entropy())
	case credential.Restore:
		d.password = credential.NewPassword(string(d.secret.Data[corev1.BasicAuthPasswordKey]))
		return d.prepare(s.user.UID, 0)
	case credential.Keep, credential.Read, credential.Finish, credential.Conflict:
	}
	return nil
}

// prepare makes the verifier of the password.
func (d *delivery) prepare(user types.UID, entropy float64) error {
	verifier, err := credential.Hash(d.password, entropy)
	d.issue = &store.IssueCredential{UserUID: string(user), Version: d.plan.Version, Verifier: verifier}
	return err
}

// credentialState is what is known without asking the API server or the store. A user who never had a password is taken to have no Secret:
// creating it will tell.
func (r *UserReconciler) credentialState(ctx context.Context, s *userScope) (credential.State, error) {
	is := s.conn.known.Credential(string(s.user.UID))
	state := credential.State{
		Version: is.Version, HasVerifier: is.Version > 0,
		Recorded: credential.Revision{UID: is.SecretUID, ResourceVersion: is.SecretResourceVersion},
	}
	cached := secretMetadata()
	switch err := r.Client.Get(ctx, secretName(s.user), cached, client.DisableReadYourWritesConsistency); {
	case apierrors.IsNotFound(err):
		if state.Version == 0 {
			state.Secret = credential.SecretAbsent
		}
	case err != nil:
		return state, err
	case !ours(cached, s.user):
		state.Secret = credential.SecretForeign
	default:
		state.Live = credential.Revision{UID: string(cached.UID), ResourceVersion: cached.ResourceVersion}
	}
	return state, nil
}

// readSecret reads the Secret live and verifies what it holds.
func (r *UserReconciler) readSecret(ctx context.Context, s *userScope, state *credential.State) error {
	secret := &corev1.Secret{}
	switch err := r.Live.Get(ctx, secretName(s.user), secret); {
	case apierrors.IsNotFound(err):
		state.Secret, state.Live = credential.SecretAbsent, credential.Revision{}
		return nil
	case err != nil:
		return err
	case !ours(secret, s.user):
		state.Secret = credential.SecretForeign
		return nil
	}
	s.password.secret = secret
	state.Live = revision(secret)
	password := secret.Data[corev1.BasicAuthPasswordKey]
	switch {
	case state.HasVerifier && state.Live == state.Recorded: // the cache was behind
		return nil
	case len(password) == 0:
		state.Secret = credential.SecretEmpty
		return nil
	}
	if err := s.conn.available(); err != nil {
		return err
	}
	observed, _, err := s.conn.observe(ctx, s.key())
	if err != nil {
		return outcome(err)
	}
	state.Version, state.HasVerifier = observed.Credential.Version, observed.Credential.Verifier != ""
	state.Secret = credential.SecretDoesNotFit
	if fits, err := credential.Verify(observed.Credential.Verifier, credential.NewPassword(string(password))); err == nil && fits {
		state.Secret = credential.SecretFits
	}
	return nil
}

// deliverPassword writes the Secret, after the store has the verifier.
func (r *UserReconciler) deliverPassword(ctx context.Context, s *userScope) error {
	d := &s.password
	switch d.plan.Action {
	case credential.Conflict:
		return r.secretConflict(ctx, s.user)
	case credential.Issue:
		err := r.writeSecret(ctx, s.user, d)
		if apierrors.IsAlreadyExists(err) { // not ours, or the cache would have told
			return r.secretConflict(ctx, s.user)
		}
		return err
	case credential.Keep, credential.Read, credential.Restore, credential.Finish:
	}
	return nil
}

func (r *UserReconciler) writeSecret(ctx context.Context, u *v1alpha1.BackOfficeUser, d *delivery) error {
	fresh := d.secret == nil
	if fresh {
		name := secretName(u)
		d.secret = &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: name.Namespace, Name: name.Name}, Type: corev1.SecretTypeBasicAuth}
		if err := controllerutil.SetControllerReference(u, d.secret, r.Client.Scheme()); err != nil {
			return err
		}
		d.secret.Labels = map[string]string{v1alpha1.LabelSecret: v1alpha1.SecretCredential, LabelManagedBy: managedBy}
	}
	d.secret.Data = credential.BasicAuth(u.EffectiveLogin(), d.password)
	if fresh {
		return r.Live.Create(ctx, d.secret)
	}
	return r.Live.Update(ctx, d.secret) // from a live read, with its resourceVersion
}

// finishCredential records the Secret that is known to hold the password of the store.
func (r *UserReconciler) finishCredential(ctx context.Context, s *userScope) error {
	d := &s.password
	switch d.plan.Action {
	case credential.Issue, credential.Restore, credential.Finish:
		is := revision(d.secret)
		err := s.conn.submit(ctx, store.FinishCredential{
			UserUID: string(s.user.UID), Version: d.plan.Version,
			SecretUID: is.UID, SecretResourceVersion: is.ResourceVersion,
		})
		if errors.Is(err, store.ErrStale) || errors.Is(err, store.ErrNotFound) { // overtaken: look again
			if _, _, err := s.conn.observe(ctx, s.key()); err != nil {
				return outcome(err)
			}
			return flow.Later{After: retryAfter}
		}
		if err != nil {
			return outcome(err)
		}
	case credential.Keep, credential.Read, credential.Conflict:
	}
	if s.conn.known.Credential(string(s.user.UID)).Version == 0 {
		s.user.Status.Binding = nil
		flow.Fails(s.user, v1alpha1.ConditionCredentialsReady, v1alpha1.ReasonDeactivated, "a deactivated account gets no password")
		return nil
	}
	s.user.Status.Binding = &v1alpha1.SecretBinding{Name: s.user.SecretName()}
	flow.Clear(s.user, v1alpha1.ConditionCredentialsReady)
	return nil
}

// secretConflict leaves a Secret alone that was not made for this user. That of a former user of the same name is on its way out.
func (r *UserReconciler) secretConflict(ctx context.Context, u *v1alpha1.BackOfficeUser) error {
	cached := secretMetadata()
	if err := r.Client.Get(ctx, secretName(u), cached, client.DisableReadYourWritesConsistency); client.IgnoreNotFound(err) != nil {
		return err
	}
	if owner := metav1.GetControllerOf(cached); owner != nil && owner.Kind == "BackOfficeUser" && owner.Name == u.Name && owner.UID != u.UID {
		message := fmt.Sprintf("Secret %s is that of a former user of this name; it is replaced when it has been collected", secretName(u))
		flow.Fails(u, v1alpha1.ConditionCredentialsReady, v1alpha1.ReasonSecretConflict, message)
		return flow.Wait{Reason: v1alpha1.ReasonSecretConflict, Message: message, After: recheckAfter}
	}
	message := fmt.Sprintf("Secret %s exists and was not made for this user; it is left alone. Delete it, or create the user anew with another spec.credentials.secretName", secretName(u))
	flow.Fails(u, v1alpha1.ConditionCredentialsReady, v1alpha1.ReasonSecretConflict, message)
	return flow.Stall{Reason: v1alpha1.ReasonSecretConflict, Message: message, After: recheckAfter}
}

// disownSecret keeps the Secret of an account that is orphaned from being collected with its user.
func (r *UserReconciler) disownSecret(ctx context.Context, u *v1alpha1.BackOfficeUser) error {
	secret := &corev1.Secret{}
	if err := r.Live.Get(ctx, secretName(u), secret); err != nil {
		return client.IgnoreNotFound(err)
	}
	if !ours(secret, u) {
		return nil
	}
	before := secret.DeepCopy()
	secret.OwnerReferences = nil
	return r.Live.Patch(ctx, secret, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
}

// ours tells whether a Secret was made for this user: it carries our label, and the user controls it.
func ours(secret metav1.Object, u *v1alpha1.BackOfficeUser) bool {
	return secret.GetLabels()[v1alpha1.LabelSecret] == v1alpha1.SecretCredential && metav1.IsControlledBy(secret, u)
}

func secretName(u *v1alpha1.BackOfficeUser) types.NamespacedName {
	return types.NamespacedName{Namespace: u.Namespace, Name: u.SecretName()}
}

func revision(secret *corev1.Secret) credential.Revision {
	return credential.Revision{UID: string(secret.UID), ResourceVersion: secret.ResourceVersion}
}

// secretMetadata is for reading the metadata of a Secret alone, which is all that the cache has.
func secretMetadata() *metav1.PartialObjectMetadata {
	m := &metav1.PartialObjectMetadata{}
	m.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	return m
}
