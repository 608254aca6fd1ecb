// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"fmt"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/rand"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
)

// cachedSecret notes what the cache tells of the Secret of ours. A user who never had a password is taken to have none: creating it will tell.
func (r *UserReconciler) cachedSecret(ctx context.Context, s *userScope, state *credential.State) error {
	cached := secretMetadata()
	switch err := r.Client.Get(ctx, secretName(s.user), cached, client.DisableReadYourWritesConsistency); {
	case apierrors.IsNotFound(err):
		if state.Version == 0 {
			state.Secret = credential.SecretAbsent
		}
	case err != nil:
		return err
	case !ours(cached, s.user) && !unowned(cached):
		state.Secret, s.password.foreign = credential.SecretForeign, cached
	default:
		state.Live = revision(cached)
		_, state.Acknowledged = cached.Annotations[v1alpha1.AnnotationAcknowledged]
		if ours(cached, s.user) {
			s.password.cached = cached
		}
	}
	return nil
}

// readOwn reads the Secret of ours live.
func (r *UserReconciler) readOwn(ctx context.Context, s *userScope) error {
	p, secret := &s.password, &corev1.Secret{}
	p.secret, p.state.Live, p.state.Acknowledged = nil, credential.Revision{}, false
	switch err := r.Live.Get(ctx, secretName(s.user), secret); {
	case apierrors.IsNotFound(err):
		p.state.Secret = credential.SecretAbsent
		return nil
	case err != nil:
		return err
	case !ours(secret, s.user) && !unowned(secret):
		p.state.Secret, p.foreign = credential.SecretForeign, secret
		return nil
	}
	p.secret, p.state.Live = secret, revision(secret)
	_, p.state.Acknowledged = secret.Annotations[v1alpha1.AnnotationAcknowledged]
	text := credential.NewPassword(string(secret.Data[corev1.BasicAuthPasswordKey]))
	switch {
	case unowned(secret):
		return r.readUnowned(ctx, s, text)
	case len(secret.Data[corev1.BasicAuthPasswordKey]) == 0:
		p.state.Secret = credential.SecretEmpty
		return nil
	case p.state.HasVerifier && p.state.Live == p.state.Recorded: // it was verified as it is
		p.state.Secret = credential.SecretFits
		return nil
	}
	fits, _, err := r.verify(ctx, s, text)
	p.state.Secret = fits
	return err
}

// readUnowned finds out whether a Secret that nobody controls is the account's own: whether it knows the password.
func (r *UserReconciler) readUnowned(ctx context.Context, s *userScope, text credential.Password) (err error) {
	p := &s.password
	if p.fits, _, err = r.verify(ctx, s, text); err != nil {
		return err
	}
	p.state.Secret = credential.SecretUnowned
	if p.fits == credential.SecretDoesNotFit {
		p.state.Secret, p.foreign, p.secret = credential.SecretForeign, p.secret, nil
	}
	return nil
}

// takeOver makes the user the owner of a Secret that nobody controls and that holds the user's password.
func (r *UserReconciler) takeOver(ctx context.Context, s *userScope) error {
	p := &s.password
	if err := r.own(s.user, p.secret); err != nil {
		return err
	}
	if err := r.update(ctx, p.secret); err != nil {
		return err
	}
	p.state.Secret, p.state.Live = p.fits, revision(p.secret)
	return nil
}

// claimMark is in the annotation with the version while a Secret is claimed.
const claimMark = "-"

// claim changes the Secret, so that nobody who has read it before can write it any more. Where there is none it is created without a password.
func (r *UserReconciler) claim(ctx context.Context, s *userScope) error {
	p := &s.password
	value := strconv.FormatInt(p.plan.Version, 10) + claimMark + rand.String(5) // it differs from whatever was there
	if p.secret == nil {
		secret, err := r.newSecret(s.user)
		if err != nil {
			return err
		}
		secret.Data = credential.SecretData(s.user.EffectiveLogin(), credential.Password{})
		metav1.SetMetaDataAnnotation(&secret.ObjectMeta, v1alpha1.AnnotationVersion, value)
		return r.create(ctx, s, secret)
	}
	metav1.SetMetaDataAnnotation(&p.secret.ObjectMeta, v1alpha1.AnnotationVersion, value)
	return r.update(ctx, p.secret)
}

// own makes the user the owner of a Secret that nobody controls.
func (r *UserReconciler) own(u *v1alpha1.BackOfficeUser, secret *corev1.Secret) error {
	if !unowned(secret) {
		return nil
	}
	return controllerutil.SetControllerReference(u, secret, r.Client.Scheme())
}

// writeSecret writes the password, after the store has its verifier.
func (r *UserReconciler) writeSecret(ctx context.Context, s *userScope) (err error) {
	p := &s.password
	secret := p.secret
	if secret == nil {
		if secret, err = r.newSecret(s.user); err != nil {
			return err
		}
	}
	if err := r.own(s.user, secret); err != nil {
		return err
	}
	is := s.conn.known.Credential(string(s.user.UID))
	metav1.SetMetaDataAnnotation(&secret.ObjectMeta, v1alpha1.AnnotationIssuedAt, is.IssuedAt.UTC().Format(time.RFC3339))
	metav1.SetMetaDataAnnotation(&secret.ObjectMeta, v1alpha1.AnnotationVersion, strconv.FormatInt(is.Version, 10))
	delete(secret.Annotations, v1alpha1.AnnotationAcknowledged) // that was the former one
	s.dress(secret)
	secret.Data = credential.SecretData(s.user.EffectiveLogin(), p.text)
	if p.secret == nil {
		err = r.create(ctx, s, secret)
	} else {
		err = r.update(ctx, secret)
	}
	if err == nil {
		p.holds = revision(secret)
	}
	return err
}

// conceal takes the password out of the Secret, where it still is.
func (r *UserReconciler) conceal(ctx context.Context, s *userScope) error {
	p := &s.password
	if p.secret == nil {
		p.holds = p.state.Recorded // it is gone, and so is what was recorded of it
		return nil
	}
	if len(p.secret.Data[corev1.BasicAuthPasswordKey]) > 0 {
		p.secret.Data = credential.SecretData(s.user.EffectiveLogin(), credential.Password{})
		s.dress(p.secret)
		if err := r.update(ctx, p.secret); err != nil {
			return err
		}
	}
	p.holds = revision(p.secret)
	return nil
}

// retire takes the password out of a Secret of ours, once the user's password comes from elsewhere.
func (r *UserReconciler) retire(ctx context.Context, s *userScope) error {
	p, is := &s.password, stateOf(s.conn.known.Credential(string(s.user.UID)))
	inUse := is.HasVerifier && (is.Adopted || is.Source == v1alpha1.CredentialGenerated)
	if p.failed != nil || inUse || p.policy.Source == v1alpha1.CredentialGenerated || p.cached == nil {
		return nil
	}
	if _, holds := p.cached.Annotations[v1alpha1.AnnotationVersion]; !holds {
		return nil
	}
	secret := &corev1.Secret{}
	if err := r.Live.Get(ctx, secretName(s.user), secret); err != nil {
		p.failed = client.IgnoreNotFound(err)
		return nil
	}
	if !ours(secret, s.user) {
		return nil
	}
	secret.Data = credential.SecretData(s.user.EffectiveLogin(), credential.Password{})
	delete(secret.Annotations, v1alpha1.AnnotationIssuedAt)
	delete(secret.Annotations, v1alpha1.AnnotationVersion)
	p.failed = r.update(ctx, secret)
	return nil
}

// newSecret is a Secret of ours without data.
func (r *UserReconciler) newSecret(u *v1alpha1.BackOfficeUser) (*corev1.Secret, error) {
	name := secretName(u)
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: name.Namespace, Name: name.Name}, Type: corev1.SecretTypeBasicAuth}
	secret.Labels = map[string]string{v1alpha1.LabelSecret: v1alpha1.SecretCredential, LabelManagedBy: managedBy}
	return secret, controllerutil.SetControllerReference(u, secret, r.Client.Scheme())
}

// create creates the Secret of ours.
func (r *UserReconciler) create(ctx context.Context, s *userScope, secret *corev1.Secret) error {
	err := r.Live.Create(ctx, secret)
	if apierrors.IsAlreadyExists(err) {
		return r.nameTaken(ctx, s.user)
	}
	if err == nil {
		s.password.secret = secret
	}
	return err
}

// update writes a Secret from a live read, with its resourceVersion.
func (r *UserReconciler) update(ctx context.Context, secret *corev1.Secret) error {
	err := r.Live.Update(ctx, secret)
	switch {
	case apierrors.IsNotFound(err): // it has gone meanwhile
		return flow.Later{After: retryAfter}
	case apierrors.IsInvalid(err) && immutable(secret):
		return unchangeable(secret)
	}
	return err
}

func immutable(secret *corev1.Secret) bool { return secret.Immutable != nil && *secret.Immutable }

// unchangeable is the outcome for an immutable Secret of ours.
func unchangeable(secret *corev1.Secret) error {
	return flow.Stall{
		Reason: v1alpha1.ReasonSecretConflict,
		Message: fmt.Sprintf("Secret %s has been made immutable: delete it, and the user gets another one",
			client.ObjectKeyFromObject(secret)),
		After: recheckAfter,
	}
}
