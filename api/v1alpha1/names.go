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
	// AnnotationOrphan on an object that is being deleted lets it go without the store: what the store holds of it stays as it is until the
	// operator finds, when the store answers, that it has no object. Its value is the reason.
	AnnotationOrphan = "access.backoffice-operator.io/orphan"
	// AnnotationResetRequestedAt on a BackOfficeUser does what spec.credentials.reset does. Its value is a time as RFC 3339 has it.
	AnnotationResetRequestedAt = "access.backoffice-operator.io/reset-requested-at"
	// AnnotationRotationRequestedAt on a BackOfficeUser has a generated password that was issued before this moment rotated, with grace.
	// Its value is a time as RFC 3339 has it.
	AnnotationRotationRequestedAt = "access.backoffice-operator.io/rotation-requested-at"
	// AnnotationSuspend on a BackOffice does what spec.suspend does, for self-heal of GitOps tools leaves it alone. Its value is the reason.
	AnnotationSuspend = "access.backoffice-operator.io/suspend"
	// AnnotationReconcileRequestedAt asks for a reconcile; any new value does. On an object that is NotAdmitted or NotAuthorized it has
	// the object admitted anew, with the power of whoever writes it.
	AnnotationReconcileRequestedAt = "access.backoffice-operator.io/reconcile-requested-at"
)

// Annotations of the Secrets with passwords.
const (
	// AnnotationAcknowledged on a Secret of delivery OneTime says that the password has been taken: its plain text is removed. People write
	// it; any value does.
	AnnotationAcknowledged = "access.backoffice-operator.io/acknowledged"
	// AnnotationIssuedAt tells when the password was issued, as RFC 3339 has it. The operator writes it, and reads it after the store was lost.
	AnnotationIssuedAt = "access.backoffice-operator.io/issued-at"
	// AnnotationVersion counts the passwords of the account. The operator writes it, for people.
	AnnotationVersion = "access.backoffice-operator.io/version"
)

// Finalizer stands on every object that the store knows of, and on the Secret that holds a store's URL.
const Finalizer = "access.backoffice-operator.io/finalizer"

// LabelSecret marks a Secret that the operator may read, and says what for: SecretCredential, SecretPassword or SecretStoreURL.
// A Secret without it is never read, so that no reference can be used to look into others.
const LabelSecret = "access.backoffice-operator.io/secret"

// Values of LabelSecret.
const (
	// SecretCredential is a generated password; the operator writes it.
	SecretCredential = "credential"
	// SecretPassword holds a password for spec.credentials.secretRef of a user; the administrator writes it.
	SecretPassword = "password"
	// SecretStoreURL holds the URL of a store; the administrator writes it.
	SecretStoreURL = "store-url"
)
