// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
)

// LabelManagedBy is the well-known label on the Secrets that the operator makes.
const LabelManagedBy = "app.kubernetes.io/managed-by"

// managedBy is its value, and the field manager of all writes.
const managedBy = "backoffice-operator"

// nameTaken looks at the Secret that has the name already: it is not ours, or the cache is behind, or whoever was writing an earlier issue has just
// created it.
func (r *UserReconciler) nameTaken(ctx context.Context, u *v1alpha1.BackOfficeUser) error {
	live := secretMetadata()
	if err := r.Live.Get(ctx, secretName(u), live); client.IgnoreNotFound(err) != nil {
		return err
	} else if err != nil || ours(live, u) || unowned(live) {
		return flow.Later{After: retryAfter}
	}
	return secretConflict(live, u)
}

// secretConflict leaves a Secret alone that was not made for this user. That of a former user of the same name is on its way out.
func secretConflict(secret metav1.Object, u *v1alpha1.BackOfficeUser) error {
	if owner := metav1.GetControllerOf(secret); owner != nil && owner.Kind == "BackOfficeUser" && owner.Name == u.Name && owner.UID != u.UID {
		return flow.Wait{
			Reason:  v1alpha1.ReasonSecretConflict,
			Message: fmt.Sprintf("Secret %s is that of a former user of this name; it is replaced when it has been collected", secretName(u)),
			After:   recheckAfter,
		}
	}
	return flow.Stall{
		Reason: v1alpha1.ReasonSecretConflict,
		Message: fmt.Sprintf("Secret %s exists and was not made for this user; it is left alone. Delete it, or create the user anew with another "+
			"spec.credentials.secretName", secretName(u)),
		After: recheckAfter,
	}
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

// unowned tells whether a Secret carries our label and nobody controls it.
func unowned(secret metav1.Object) bool {
	return secret.GetLabels()[v1alpha1.LabelSecret] == v1alpha1.SecretCredential && metav1.GetControllerOfNoCopy(secret) == nil
}

func secretName(u *v1alpha1.BackOfficeUser) types.NamespacedName {
	return types.NamespacedName{Namespace: u.Namespace, Name: u.SecretName()}
}

func revision(secret metav1.Object) credential.Revision {
	return credential.Revision{UID: string(secret.GetUID()), ResourceVersion: secret.GetResourceVersion()}
}

// secretMetadata is for reading the metadata of a Secret alone, which is all that the cache has.
func secretMetadata() *metav1.PartialObjectMetadata {
	m := &metav1.PartialObjectMetadata{}
	m.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	return m
}
