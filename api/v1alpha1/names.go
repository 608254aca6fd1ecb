// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// AnnotationPrefix begins the annotations that mean something to the operator.
const AnnotationPrefix = "access.backoffice-operator.io/"

// AnnotationAdmitted is the admission stamp: who brought the object into the state in which it is, and with which power. The webhook alone
// writes it; whatever anybody else writes there is replaced. An object without a fitting one is not in force.
const AnnotationAdmitted = "access.backoffice-operator.io/admitted"

// Annotations that people write on objects. GitOps tools leave them alone.
const (
	// AnnotationBreakGlass lets somebody with the RBAC verb escalate on the BackOffice, to whom no delegation applies, make this one
	// change. It counts in the request that sets or changes it. Its value is the reason.
	AnnotationBreakGlass = "access.backoffice-operator.io/break-glass"
	// AnnotationConfirmWithdrawal on a BackOffice lets a withdrawal happen that spec.policy.withdrawalLimit holds. Its value is the one
	// that the condition names.
	AnnotationConfirmWithdrawal = "access.backoffice-operator.io/confirm-withdrawal"
	// AnnotationHold on a BackOfficeUser blocks the account at once, whatever spec.state says. Its value is the reason.
	AnnotationHold = "access.backoffice-operator.io/hold"
	// AnnotationOrphan on an object that is being deleted lets it go without the store: what the store holds of it stays as it is.
	// Its value is the reason.
	AnnotationOrphan = "access.backoffice-operator.io/orphan"
	// AnnotationReconcileRequestedAt asks for a reconcile; any new value does. On an object that is NotAdmitted or NotAuthorized it has
	// the object admitted anew, with the power of whoever writes it.
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
