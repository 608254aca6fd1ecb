// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// CredentialSource is where a password comes from.
// +kubebuilder:validation:Enum=Generated;SecretRef;Invitation;None
type CredentialSource string

// The sources of passwords.
const (
	// CredentialGenerated has the operator generate the password, write it into a Secret and rotate it.
	CredentialGenerated CredentialSource = "Generated"
	// CredentialSecretRef takes the password from a Secret that the administrator owns.
	CredentialSecretRef CredentialSource = "SecretRef"
	// CredentialInvitation lets the user choose the password, by a token that works once.
	CredentialInvitation CredentialSource = "Invitation"
	// CredentialNone gives no password: the back office logs the user in by other means.
	CredentialNone CredentialSource = "None"
)

// CredentialPolicy holds the rules for passwords.
type CredentialPolicy struct {
	// structure is what passwords look like.
	// +optional
	Structure *PasswordStructure `json:"structure,omitempty"`

	// hash is how the store keeps passwords: Auto, Argon2id or PBKDF2SHA256. Auto takes PBKDF2 with 1,000 iterations for generated passwords
	// with at least 112 bits of entropy, which cannot be guessed, and Argon2id for all others. Absent: Auto. Another one holds from the next
	// password on.
	// +optional
	Hash HashAlgorithm `json:"hash,omitempty"`

	// rotation has generated passwords replaced regularly. Absent: never.
	// +optional
	Rotation *RotationPolicy `json:"rotation,omitempty"`

	// delivery says how generated passwords reach their users.
	// +optional
	Delivery *CredentialDelivery `json:"delivery,omitempty"`

	// invitation is for users of source Invitation.
	// +optional
	Invitation *InvitationPolicy `json:"invitation,omitempty"`

	// resetIssuedBefore ends every password of the back office that was issued before this moment, at once and without grace, and all
	// sessions; new ones are issued for all accounts that are not Deactivated, a few at a time. At most five minutes ahead. It only moves
	// forward.
	// +optional
	ResetIssuedBefore *metav1.Time `json:"resetIssuedBefore,omitempty"`
}

// PasswordStructure is what passwords look like. Generated ones have exactly the length, supplied ones at least that.
// +kubebuilder:validation:XValidation:rule="(has(self.minUpper) ? self.minUpper : 1) + (has(self.minLower) ? self.minLower : 1) + (has(self.minDigits) ? self.minDigits : 1) + (has(self.minSymbols) ? self.minSymbols : 0) <= (has(self.length) ? self.length : 24)",fieldPath=".length",message="length has no room for minUpper + minLower + minDigits + minSymbols: raise it or lower them (absent: length 24, minUpper 1, minLower 1, minDigits 1, minSymbols 0)"
// +kubebuilder:validation:XValidation:rule="!has(self.alphabet) || (has(self.minUpper) && self.minUpper == 0 || self.alphabet.matches('[A-Z]')) && (has(self.minLower) && self.minLower == 0 || self.alphabet.matches('[a-z]')) && (has(self.minDigits) && self.minDigits == 0 || self.alphabet.matches('[0-9]')) && (!has(self.minSymbols) || self.minSymbols == 0 || self.alphabet.matches('[^A-Za-z0-9]'))",fieldPath=".alphabet",message="alphabet has no character of a class that minUpper, minLower, minDigits or minSymbols demands: add some, or set that one to 0 (absent: 1, 1, 1, 0)"
// +kubebuilder:validation:XValidation:rule="!has(self.alphabet) || self.alphabet.split(\"\").all(c, self.alphabet.indexOf(c) == self.alphabet.lastIndexOf(c))",fieldPath=".alphabet",message="alphabet has a character twice: write each once, for all are equally likely"
type PasswordStructure struct {
	// length in characters. Absent: 24 for generated passwords, and at least 15 for supplied ones.
	// +optional
	// +kubebuilder:validation:Minimum=8
	// +kubebuilder:validation:Maximum=128
	Length *int32 `json:"length,omitempty"`

	// minUpper is the least number of upper-case letters. Absent: 1.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=128
	MinUpper *int32 `json:"minUpper,omitempty"`

	// minLower is the least number of lower-case letters. Absent: 1.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=128
	MinLower *int32 `json:"minLower,omitempty"`

	// minDigits is the least number of digits. Absent: 1.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=128
	MinDigits *int32 `json:"minDigits,omitempty"`

	// minSymbols is the least number of characters that are neither letters nor digits. Absent: 0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=128
	MinSymbols *int32 `json:"minSymbols,omitempty"`

	// alphabet holds the characters that passwords consist of: printable ASCII without space, each once. Absent: generated passwords have
	// letters and digits without look-alikes and, where minSymbols demands some, the symbols -._~; supplied ones may have any that can be seen.
	// +optional
	// +kubebuilder:validation:MinLength=10
	// +kubebuilder:validation:MaxLength=94
	// +kubebuilder:validation:Pattern=`^[!-~]+$`
	Alphabet string `json:"alphabet,omitempty"`
}

// HashAlgorithm is how passwords are kept.
// +kubebuilder:validation:Enum=Auto;Argon2id;PBKDF2SHA256
type HashAlgorithm string

// The hash algorithms.
const (
	// HashAuto takes PBKDF2 for what cannot be guessed, and Argon2id for all else.
	HashAuto HashAlgorithm = "Auto"
	// HashArgon2id is Argon2id with the parameters that OWASP recommends.
	HashArgon2id HashAlgorithm = "Argon2id"
	// HashPBKDF2SHA256 is PBKDF2-HMAC-SHA256: 1,000 iterations for what cannot be guessed, 600,000 for all else.
	HashPBKDF2SHA256 HashAlgorithm = "PBKDF2SHA256"
)

// RotationPolicy has generated passwords replaced regularly.
// +kubebuilder:validation:XValidation:rule="!has(self.interval) || duration(self.interval) >= duration('1h') && duration(self.interval) <= duration('87600h')",fieldPath=".interval",message="interval must be from 1h to 87600h, which is ten years"
// +kubebuilder:validation:XValidation:rule="!has(self.grace) || duration(self.grace) <= duration('8760h')",fieldPath=".grace",message="grace must be at most 8760h, which is a year"
// +kubebuilder:validation:XValidation:rule="!has(self.interval) || !has(self.grace) || duration(self.grace) + duration(self.grace) <= duration(self.interval)",fieldPath=".grace",message="grace must be at most half of interval"
type RotationPolicy struct {
	// interval after which a password is replaced, counted from when it was issued: up to a tenth earlier, by a fraction that each user has.
	// Such as 2160h. Absent: never.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=20
	// +kubebuilder:validation:Pattern=`^([0-9]{1,5}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?$`
	Interval *metav1.Duration `json:"interval,omitempty"`

	// grace is how long the replaced password works beside the new one, counted from when the Secret holds the new one. 0s ends it at once.
	// Absent: 24h, or half of interval where that is shorter.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=20
	// +kubebuilder:validation:Pattern=`^([0-9]{1,5}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?$`
	Grace *metav1.Duration `json:"grace,omitempty"`
}

// DeliveryMode is how long a Secret holds a generated password.
// +kubebuilder:validation:Enum=Secret;OneTime
type DeliveryMode string

// The delivery modes.
const (
	// DeliverySecret keeps the password in the Secret, for applications.
	DeliverySecret DeliveryMode = "Secret"
	// DeliveryOneTime removes it once somebody has it, for people.
	DeliveryOneTime DeliveryMode = "OneTime"
)

// CredentialDelivery says how generated passwords reach their users.
// +kubebuilder:validation:XValidation:rule="!has(self.ttl) || has(self.mode) && self.mode == 'OneTime'",fieldPath=".ttl",message="ttl is for mode OneTime: set that, or remove ttl"
// +kubebuilder:validation:XValidation:rule="!has(self.ttl) || duration(self.ttl) >= duration('1m') && duration(self.ttl) <= duration('720h')",fieldPath=".ttl",message="ttl must be from 1m to 720h"
type CredentialDelivery struct {
	// mode is Secret or OneTime. OneTime removes the password from its Secret when somebody annotates the Secret with
	// access.backoffice-operator.io/acknowledged, or after ttl; the account goes on working, and its password is not rotated any more.
	// Absent: Secret.
	// +optional
	Mode DeliveryMode `json:"mode,omitempty"`

	// ttl is how long a Secret of mode OneTime holds the password, counted from when that was issued. Absent: 24h.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=20
	// +kubebuilder:validation:Pattern=`^([0-9]{1,5}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?$`
	TTL *metav1.Duration `json:"ttl,omitempty"`

	// labels names the labels of a user that its Secret gets, too. All others stay with the user.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=317
	// +kubebuilder:validation:XValidation:rule="self.all(name, !name.startsWith('access.backoffice-operator.io/') && !name.startsWith('argocd.argoproj.io/') && !name.startsWith('kustomize.toolkit.fluxcd.io/') && !name.startsWith('helm.toolkit.fluxcd.io/') && !name.startsWith('app.kubernetes.io/') && !name.startsWith('applyset.kubernetes.io/'))",message="may not name labels of the operator or of tools that track objects by labels: access.backoffice-operator.io, argocd.argoproj.io, app.kubernetes.io, applyset.kubernetes.io, kustomize.toolkit.fluxcd.io, helm.toolkit.fluxcd.io"
	Labels []string `json:"labels,omitempty"`

	// annotations names the annotations of a user that its Secret gets, too. All others stay with the user.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=317
	// +kubebuilder:validation:XValidation:rule="self.all(name, !name.startsWith('access.backoffice-operator.io/') && !name.startsWith('argocd.argoproj.io/') && !name.startsWith('meta.helm.sh/') && !name.startsWith('helm.sh/') && !name.startsWith('kustomize.toolkit.fluxcd.io/') && !name.startsWith('kubectl.kubernetes.io/') && !name.startsWith('config.k8s.io/'))",message="may not name annotations of the operator or of tools that track objects by annotations: access.backoffice-operator.io, argocd.argoproj.io, config.k8s.io, helm.sh, meta.helm.sh, kubectl.kubernetes.io, kustomize.toolkit.fluxcd.io"
	Annotations []string `json:"annotations,omitempty"`
}

// InvitationPolicy is for users who choose their password.
// +kubebuilder:validation:XValidation:rule="!has(self.ttl) || duration(self.ttl) >= duration('1m') && duration(self.ttl) <= duration('720h')",fieldPath=".ttl",message="ttl must be from 1m to 720h"
type InvitationPolicy struct {
	// ttl is how long a token works. Absent: 72h.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=20
	// +kubebuilder:validation:Pattern=`^([0-9]{1,5}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?$`
	TTL *metav1.Duration `json:"ttl,omitempty"`
}

// PasswordReference names one key of a Secret in the namespace of the user.
type PasswordReference struct {
	// name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`

	// key in the Secret's data. Absent: password.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	Key string `json:"key,omitempty"`
}

// CredentialStatus is what is known of a password.
type CredentialStatus struct {
	// source of the password that is in force. Adopted: it is the one that the account had before this operator knew it.
	// +optional
	Source string `json:"source,omitempty"`

	// version counts the passwords of the account.
	// +optional
	Version int64 `json:"version,omitempty"`

	// issuedAt is when the password was issued, by the database's clock.
	// +optional
	IssuedAt *metav1.Time `json:"issuedAt,omitempty"`

	// nextRotationTime is when it is replaced. Absent: never by itself.
	// +optional
	NextRotationTime *metav1.Time `json:"nextRotationTime,omitempty"`

	// delivered is true when delivery OneTime has removed the password from its Secret.
	// +optional
	Delivered bool `json:"delivered,omitempty"`

	// invitation tells of the token with which the user chooses a password.
	// +optional
	Invitation *InvitationStatus `json:"invitation,omitempty"`
}

// InvitationState is what has become of an invitation.
// +kubebuilder:validation:Enum=Pending;Accepted;Expired
type InvitationState string

// The states of an invitation.
const (
	// InvitationPending: the token works.
	InvitationPending InvitationState = "Pending"
	// InvitationAccepted: the user has chosen a password.
	InvitationAccepted InvitationState = "Accepted"
	// InvitationExpired: the token no longer works, and was not used.
	InvitationExpired InvitationState = "Expired"
)

// InvitationStatus tells of an invitation.
type InvitationStatus struct {
	// state is Pending, Accepted or Expired.
	// +required
	State InvitationState `json:"state"`

	// expiresAt is when the token ceases to work.
	// +optional
	ExpiresAt *metav1.Time `json:"expiresAt,omitempty"`
}

// CredentialsStatus is what is known of the passwords of a back office.
type CredentialsStatus struct {
	// entropyBits is the entropy of a generated password, rounded down.
	// +optional
	EntropyBits int32 `json:"entropyBits,omitempty"`

	// reset tells how far spec.credentials.resetIssuedBefore is.
	// +optional
	Reset *ResetStatus `json:"reset,omitempty"`
}

// ResetStatus is the progress of a reset of all passwords.
type ResetStatus struct {
	// issuedBefore is the value of spec that is carried out. Every password that was issued before is dead.
	// +required
	IssuedBefore metav1.Time `json:"issuedBefore"`

	// remaining is the number of accounts that have no new password yet. It is updated every 10 s at most.
	// +required
	Remaining int32 `json:"remaining"`
}
