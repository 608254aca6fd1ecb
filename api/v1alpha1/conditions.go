// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Condition types. Ready, Reconciling and Stalled follow kstatus: Reconciling and Stalled are present only while they are true. The conditions
// of a BackOfficeUser that say which part is not in force are present only while they are false: a healthy user carries Ready alone, which
// keeps a hundred thousand of them small.
const (
	// ConditionReady is True when everything that spec asks for is in force.
	ConditionReady = "Ready"
	// ConditionReconciling is True while the operator works on the object or waits for something that heals by itself.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is True when the operator cannot go on before somebody changes something.
	ConditionStalled = "Stalled"
	// ConditionStoreConnected of a BackOffice is True when its store answers.
	ConditionStoreConnected = "StoreConnected"
	// ConditionSuspended of a BackOffice is True while it gives no new access. It is there only then.
	ConditionSuspended = "Suspended"
	// ConditionPolicyAccepted of a BackOfficeUser is False while a rule of the BackOffice withholds it.
	ConditionPolicyAccepted = "PolicyAccepted"
	// ConditionCredentialsReady of a BackOfficeUser is False while no Secret holds the password that the store verifies.
	ConditionCredentialsReady = "CredentialsReady"
	// ConditionSynced of a BackOfficeUser is False while the store does not hold what spec asks for.
	ConditionSynced = "Synced"
)

// Reasons of conditions; each is part of the API.
const (
	// ReasonReady: everything is in force.
	ReasonReady = "Ready"
	// ReasonProgressing: the operator is at work.
	ReasonProgressing = "Progressing"
	// ReasonInUse: a BackOffice is being deleted, and objects still refer to it.
	ReasonInUse = "InUse"
	// ReasonReferenceNotFound: an object that spec names does not exist (yet).
	ReasonReferenceNotFound = "ReferenceNotFound"
	// ReasonReferenceNotPermitted: an object that spec names may not be used from this namespace.
	ReasonReferenceNotPermitted = "ReferenceNotPermitted"
	// ReasonBackOfficeNotReady: the BackOffice is not connected to its store yet.
	ReasonBackOfficeNotReady = "BackOfficeNotReady"
	// ReasonStoreUnavailable: the store does not answer; the change waits.
	ReasonStoreUnavailable = "StoreUnavailable"
	// ReasonStoreMisconfigured: the store cannot be opened with what spec and the Secret say.
	ReasonStoreMisconfigured = "StoreMisconfigured"
	// ReasonStoreInUse: another BackOffice uses the same owner and name in that store.
	ReasonStoreInUse = "StoreInUse"
	// ReasonStoreRejected: the database refuses the record.
	ReasonStoreRejected = "StoreRejected"
	// ReasonFencedOff: another manager has taken over the store.
	ReasonFencedOff = "FencedOff"
	// ReasonSecretNotPermitted: the Secret lacks the label that lets the operator read it.
	ReasonSecretNotPermitted = "SecretNotPermitted"
	// ReasonSecretConflict: a Secret of the wanted name exists and is not this user's; it is left alone.
	ReasonSecretConflict = "SecretConflict"
	// ReasonPolicyViolated: a rule of the BackOffice is broken, and the access is withheld.
	ReasonPolicyViolated = "PolicyViolated"
	// ReasonNotAdmitted: the object lacks an admission stamp that fits it, so that nobody knows who is behind it.
	ReasonNotAdmitted = "NotAdmitted"
	// ReasonNotAuthorized: whoever applied the object may not hand out what it hands out now.
	ReasonNotAuthorized = "NotAuthorized"
	// ReasonCeilingExceeded: the object hands out more than its namespace may.
	ReasonCeilingExceeded = "CeilingExceeded"
	// ReasonAccountTypeNotPermitted: users of this namespace may not have this account type.
	ReasonAccountTypeNotPermitted = "AccountTypeNotPermitted"
	// ReasonSubjectsRefused: some subjects of a binding do not get what it hands out; the others do.
	ReasonSubjectsRefused = "SubjectsRefused"
	// ReasonWithdrawalHeld: a change of facts would withdraw access from more users than the limit, and waits for a confirmation.
	ReasonWithdrawalHeld = "WithdrawalHeld"
	// ReasonKubernetesUserTaken: another user of the back office names the same Kubernetes user.
	ReasonKubernetesUserTaken = "KubernetesUserTaken"
	// ReasonIdentityRetired: the login or e-mail was that of a deleted account, and may not be used again.
	ReasonIdentityRetired = "IdentityRetired"
	// ReasonEmailTaken: another account of the back office has this e-mail address.
	ReasonEmailTaken = "EmailTaken"
	// ReasonFiltersRequired: the account has no filters yet, and the BackOffice demands them.
	ReasonFiltersRequired = "FiltersRequired"
	// ReasonFilterUnknown: a filter names a dimension or a value that the BackOffice does not have.
	ReasonFilterUnknown = "FilterUnknown"
	// ReasonSettingUnknown: a setting, or its value, is not one of those of the BackOffice.
	ReasonSettingUnknown = "SettingUnknown"
	// ReasonSetProtected: the set is protected, and only who breaks the glass may change or delete it.
	ReasonSetProtected = "SetProtected"
	// ReasonAccessChanges: what a change would give and take away.
	ReasonAccessChanges = "AccessChanges"
	// ReasonPermissionUnknown: a permission is not in the BackOffice's catalogue.
	ReasonPermissionUnknown = "PermissionUnknown"
	// ReasonExtendsCycle: the set extends itself, directly or through others.
	ReasonExtendsCycle = "ExtendsCycle"
	// ReasonExtendedSetNotInForce: a set that this one inherits from is not in force.
	ReasonExtendedSetNotInForce = "ExtendedSetNotInForce"
	// ReasonKeyTaken: another PermissionSet of the back office has this key.
	ReasonKeyTaken = "KeyTaken"
	// ReasonLoginTaken: another account of the back office has this login.
	ReasonLoginTaken = "LoginTaken"
	// ReasonForeignAccount: the store holds an account with this login that this operator does not own; it is left alone.
	ReasonForeignAccount = "ForeignAccount"
	// ReasonQuotaExceeded: the back office has no seat left.
	ReasonQuotaExceeded = "QuotaExceeded"
	// ReasonStaleObject: the store holds a newer generation of this object, such as after a restore from a backup.
	ReasonStaleObject = "StaleObject"
	// ReasonConnected: the store answers.
	ReasonConnected = "Connected"
	// ReasonAccountsWithoutObject: the store answers, and holds accounts whose BackOfficeUser is gone without having been deleted, as after a
	// cluster was rebuilt: they are blocked.
	ReasonAccountsWithoutObject = "AccountsWithoutObject"
	// ReasonPasswordRefused: the password of the Secret that spec names breaks the structure of the BackOffice, or there is none.
	ReasonPasswordRefused = "PasswordRefused"
	// ReasonResetAhead: a reset is asked for a moment that is more than five minutes ahead of the database's clock.
	ReasonResetAhead = "ResetAhead"
	// ReasonInvitationPending: the user has not chosen a password yet.
	ReasonInvitationPending = "InvitationPending"
	// ReasonInvitationExpired: the user has not chosen a password in time; a reset invites anew.
	ReasonInvitationExpired = "InvitationExpired"
	// ReasonAdopted: the account keeps the password that it had, which no Secret holds, until the first rotation or reset.
	ReasonAdopted = "Adopted"
	// ReasonDeactivated: a deactivated account gets no password.
	ReasonDeactivated = "Deactivated"
	// ReasonSuspended: what the object would give waits, for the BackOffice is suspended; what it takes away is in force. Of the condition
	// Suspended: by spec.suspend.
	ReasonSuspended = "Suspended"
	// ReasonSuspendedByAnnotation: the BackOffice is suspended by its annotation.
	ReasonSuspendedByAnnotation = "SuspendedByAnnotation"
	// ReasonReaderRolesNotGranted: some roles of spec.store.postgres.readerRoles could not be given what they are to read.
	ReasonReaderRolesNotGranted = "ReaderRolesNotGranted"
)

// GetConditions gives access to the conditions.
func (o *BackOffice) GetConditions() *[]metav1.Condition { return &o.Status.Conditions }

// GetConditions gives access to the conditions.
func (o *PermissionSet) GetConditions() *[]metav1.Condition { return &o.Status.Conditions }

// GetConditions gives access to the conditions.
func (o *RoleBinding) GetConditions() *[]metav1.Condition { return &o.Status.Conditions }

// GetConditions gives access to the conditions.
func (o *BackOfficeUser) GetConditions() *[]metav1.Condition { return &o.Status.Conditions }

// SetObservedGeneration records the generation that the status is about.
func (o *BackOffice) SetObservedGeneration(g int64) { o.Status.ObservedGeneration = g }

// SetObservedGeneration records the generation that the status is about.
func (o *PermissionSet) SetObservedGeneration(g int64) { o.Status.ObservedGeneration = g }

// SetObservedGeneration records the generation that the status is about.
func (o *RoleBinding) SetObservedGeneration(g int64) { o.Status.ObservedGeneration = g }

// SetObservedGeneration records the generation that the status is about.
func (o *BackOfficeUser) SetObservedGeneration(g int64) { o.Status.ObservedGeneration = g }
