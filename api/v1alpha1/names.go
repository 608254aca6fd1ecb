// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Annotations that people write on objects. GitOps tools leave them alone.
const (
	// AnnotationHold on a BackOfficeUser blocks the account at once, whatever spec.state says. Its value is the reason.
	AnnotationHold = "access.backoffice-operator.io/hold"
	// AnnotationOrphan on an object that is being deleted lets it go without the store: what the store holds of it stays as it is.
	// Its value is the reason.
	AnnotationOrphan = "access.backoffice-operator.io/orphan"
	// AnnotationReconcileRequestedAt asks for a reconcile; any new value does.
	AnnotationReconcileRequestedAt = "access.backoffice-operator.io/reconcile-requested-at"
)

// Finalizer stands on every object that the store knows of, and on the Secret that holds a store's URL.
const Finalizer = "access.backoffice-operator.io/finalizer"

// LabelSecret marks a Secret that the operator may read, and says what for: SecretCredential or SecretStoreURL.
// A Secret without it is never read, so that no reference can be used to look into others.
const LabelSecret = "access.backoffice-operator.io/secret"

// Values of LabelSecret.
const (
	// SecretCredential is a generated password; the operator writes it.
	SecretCredential = "credential"
	// SecretStoreURL holds the URL of a store; the administrator writes it.
	SecretStoreURL = "store-url"
)
