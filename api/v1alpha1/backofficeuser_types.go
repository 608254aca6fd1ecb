// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// AccountType is the kind of an account.
// +kubebuilder:validation:Enum=Staff;Administrator;Affiliate;StoreApp;API
type AccountType string

// The account types.
const (
	AccountStaff         AccountType = "Staff"
	AccountAdministrator AccountType = "Administrator"
	AccountAffiliate     AccountType = "Affiliate"
	AccountStoreApp      AccountType = "StoreApp"
	AccountAPI           AccountType = "API"
)

// UserState is what an account may do.
// +kubebuilder:validation:Enum=Active;Blocked;Deactivated
type UserState string

// The states of an account.
const (
	// StateActive lets the user log in.
	StateActive UserState = "Active"
	// StateBlocked refuses the login and keeps everything, the seat too.
	StateBlocked UserState = "Blocked"
	// StateDeactivated refuses the login, keeps everything and gives the seat free.
	StateDeactivated UserState = "Deactivated"
)

// DeletionPolicy is what becomes of the account when its object is deleted.
// +kubebuilder:validation:Enum=Deactivate;Delete;Orphan
type DeletionPolicy string

// The deletion policies.
const (
	// DeletionDeactivate keeps the account without access. An object with the same login takes it over later.
	DeletionDeactivate DeletionPolicy = "Deactivate"
	// DeletionDelete removes the account for good.
	DeletionDelete DeletionPolicy = "Delete"
	// DeletionOrphan leaves the account and its Secret as they are, and no longer looks after them.
	DeletionOrphan DeletionPolicy = "Orphan"
)

// SettingText is the value of a setting.
// +kubebuilder:validation:MaxLength=256
// +kubebuilder:validation:Pattern=`^\P{Cc}*$`
type SettingText string

// BackOfficeUserSpec is one account of a back office.
// +kubebuilder:validation:XValidation:rule="self.backOfficeRef == oldSelf.backOfficeRef",fieldPath=".backOfficeRef",message="backOfficeRef is immutable: create the user in the other back office and delete this one"
type BackOfficeUserSpec struct {
	// backOfficeRef names the back office. Immutable.
	// +required
	BackOfficeRef BackOfficeReference `json:"backOfficeRef"`

	// login is the name by which the back office knows the user: printable ASCII without spaces, unique in the back office
	// whatever the case, account type or namespace. Absent: metadata.name. Immutable.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=254
	// +kubebuilder:validation:Pattern=`^[!-~]+$`
	Login string `json:"login,omitempty"`

	// accountType is Staff, Administrator, Affiliate, StoreApp or API. Absent: Staff.
	// +optional
	AccountType AccountType `json:"accountType,omitempty"`

	// state is Active, Blocked or Deactivated. Absent: Active.
	// +optional
	State UserState `json:"state,omitempty"`

	// profile is personal data. It is kept in spec and in the store only.
	// +optional
	Profile *Profile `json:"profile,omitempty"`

	// description is free text.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	// +kubebuilder:validation:Pattern=`^\P{Cc}*$`
	Description string `json:"description,omitempty"`

	// allowedIPs are the addresses and networks from which the user may log in, or exactly "*" for no restriction.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=512
	// +kubebuilder:validation:items:XValidation:rule="!self.contains(',')",messageExpression="'must be one address or network an entry; write [\"' + self.replace(' ', '').replace(',', '\", \"') + '\"]'",message="must be one address or network an entry: write a list"
	// +kubebuilder:validation:items:XValidation:rule="self == '*' || self.contains(',') || isIP(self) || isCIDR(self)",message="must be an IP address such as 203.0.113.7, a network such as 203.0.113.0/28, or \"*\""
	// +kubebuilder:validation:items:XValidation:rule="!isCIDR(self) || cidr(self).masked() == cidr(self)",message="must be a network without host bits, such as 203.0.113.0/28 in place of 203.0.113.7/28"
	// +kubebuilder:validation:XValidation:rule="size(self) == 1 || !self.exists(ip, ip == '*')",message="\"*\" means no restriction and must stand alone: remove it or the other entries"
	AllowedIPs []string `json:"allowedIPs,omitempty"`

	// filters narrow all that the user may do to some data, one for each dimension of the BackOffice. Data has to pass all of them. A
	// dimension without a filter is not narrowed.
	// +optional
	// +listType=map
	// +listMapKey=dimension
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	Filters []Filter `json:"filters,omitempty"`

	// settings are handed through to the back office: values by name. The BackOffice may say which there are.
	// +optional
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=64
	// +kubebuilder:validation:XValidation:rule="self.all(name, size(name) <= 63 && name.matches('^[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?$'))",message="names must be at most 63 letters, digits, '-', '_' or '.'"
	Settings map[string]SettingText `json:"settings,omitempty"`

	// kubernetesUser is the Kubernetes user that this user is, for spec.rank.selfService of the BackOffice. Unique in the back office. It may
	// not begin with "system:".
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^\P{Cc}+$`
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('system:')",message="may not be an identity of the system: name a person"
	KubernetesUser string `json:"kubernetesUser,omitempty"`

	// credentials says how the user gets the password.
	// +optional
	Credentials *UserCredentials `json:"credentials,omitempty"`

	// deletionPolicy is what becomes of the account when this object is deleted: Deactivate, Delete or Orphan. Absent: Deactivate, so
	// that an accidental deletion loses no account.
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`
}

// UserCredentials says how the user gets the password.
// +kubebuilder:validation:XValidation:rule="has(self.secretRef) == (has(self.source) && self.source == 'SecretRef')",fieldPath=".secretRef",message="secretRef names the Secret of source SecretRef: set both or neither"
type UserCredentials struct {
	// source is where the password comes from: Generated, SecretRef, Invitation or None. Absent: Generated.
	// +optional
	Source CredentialSource `json:"source,omitempty"`

	// secretRef names the key of a Secret of this namespace that holds the password of source SecretRef. You own that Secret; it must carry
	// the label access.backoffice-operator.io/secret=password. Key absent: password.
	// +optional
	SecretRef *PasswordReference `json:"secretRef,omitempty"`

	// rotation narrows that of the BackOffice: of two intervals, and of two graces, the shorter one holds.
	// +optional
	Rotation *RotationPolicy `json:"rotation,omitempty"`

	// reset ends every password of this user that was issued before this moment, at once and without grace, and all sessions; a new one is
	// issued. At most five minutes ahead. It only moves forward. The annotation access.backoffice-operator.io/reset-requested-at does the same.
	// +optional
	Reset *metav1.Time `json:"reset,omitempty"`

	// secretName is the Secret of this namespace that the generated password is written to. Absent: <metadata.name>-credentials.
	// A Secret that the operator has not made for this user is never overwritten. Immutable.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
	SecretName string `json:"secretName,omitempty"`
}

// BackOfficeUserStatus is what is in force.
type BackOfficeUserStatus struct {
	// conditions: Ready; while they apply Reconciling and Stalled; while they are false PolicyAccepted, CredentialsReady and Synced.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation of spec that the conditions are about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// login by which the back office knows the user.
	// +optional
	Login string `json:"login,omitempty"`

	// state that is in force: Active only where the user may log in.
	// +optional
	State UserState `json:"state,omitempty"`

	// accountType that is in force.
	// +optional
	AccountType AccountType `json:"accountType,omitempty"`

	// permissionSets names the sets that bindings in force hand to the user, as namespace/name, at most 32.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	PermissionSets []string `json:"permissionSets,omitempty"`

	// nextChangeTime is the next moment at which a binding begins or ends to be in force.
	// +optional
	NextChangeTime *metav1.Time `json:"nextChangeTime,omitempty"`

	// binding names the Secret with the credentials, as the Service Binding specification has it.
	// +optional
	Binding *SecretBinding `json:"binding,omitempty"`

	// credential is what is known of the password.
	// +optional
	Credential *CredentialStatus `json:"credential,omitempty"`
}

// SecretBinding names a Secret of the same namespace.
type SecretBinding struct {
	// name of the Secret.
	// +required
	Name string `json:"name"`
}

// BackOfficeUser is one account of a back office.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=backofficeusers,shortName=bou,categories=backoffice-access
// +kubebuilder:selectablefield:JSONPath=`.status.login`
// +kubebuilder:selectablefield:JSONPath=`.status.state`
// +kubebuilder:selectablefield:JSONPath=`.status.accountType`
// +kubebuilder:printcolumn:name="Login",type=string,JSONPath=`.status.login`
// +kubebuilder:printcolumn:name="Type",type=string,JSONPath=`.status.accountType`
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=`.status.state`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Sets",type=string,JSONPath=`.status.permissionSets`,priority=1
// +kubebuilder:printcolumn:name="Secret",type=string,JSONPath=`.status.binding.name`,priority=1
// +kubebuilder:printcolumn:name="Password",type=date,JSONPath=`.status.credential.issuedAt`,priority=1
// +kubebuilder:printcolumn:name="Next rotation",type=string,JSONPath=`.status.credential.nextRotationTime`,priority=1
// +kubebuilder:printcolumn:name="Invitation",type=string,JSONPath=`.status.credential.invitation.state`,priority=1
// +kubebuilder:printcolumn:name="Next change",type=string,JSONPath=`.status.nextChangeTime`,priority=1
// +kubebuilder:validation:XValidation:rule="(has(self.spec.login) ? self.spec.login : self.metadata.name) == (has(oldSelf.spec.login) ? oldSelf.spec.login : oldSelf.metadata.name)",fieldPath=".spec.login",message="login is immutable: create a new BackOfficeUser with the new login and delete this one"
// +kubebuilder:validation:XValidation:rule="has(self.spec.credentials) && has(self.spec.credentials.secretName) || size(self.metadata.name) <= 241",message="metadata.name must be at most 241 characters, or spec.credentials.secretName must be set: the Secret is named <name>-credentials"
// +kubebuilder:validation:XValidation:rule="(has(self.spec.credentials) && has(self.spec.credentials.secretName) ? self.spec.credentials.secretName : self.metadata.name + '-credentials') == (has(oldSelf.spec.credentials) && has(oldSelf.spec.credentials.secretName) ? oldSelf.spec.credentials.secretName : oldSelf.metadata.name + '-credentials')",fieldPath=".spec.credentials.secretName",message="secretName is immutable: applications read that Secret; create a new BackOfficeUser to use another one"
// +kubebuilder:validation:XValidation:rule="!(has(oldSelf.spec.credentials) && has(oldSelf.spec.credentials.reset)) || has(self.spec.credentials) && has(self.spec.credentials.reset) && self.spec.credentials.reset >= oldSelf.spec.credentials.reset",fieldPath=".spec.credentials.reset",message="reset only moves forward: leave it as it is, or set a later moment for another reset"
// +kubebuilder:validation:XValidation:rule="!(has(self.spec.credentials) && has(self.spec.credentials.source) && self.spec.credentials.source == 'Invitation') || has(self.spec.profile) && has(self.spec.profile.email)",fieldPath=".spec.credentials.source",message="an Invitation is sent by e-mail: set spec.profile.email"
// +kubebuilder:validation:XValidation:rule="!(has(self.spec.credentials) && has(self.spec.credentials.secretRef)) || self.spec.credentials.secretRef.name != (has(self.spec.credentials.secretName) ? self.spec.credentials.secretName : self.metadata.name + '-credentials')",fieldPath=".spec.credentials.secretRef.name",message="secretRef names a Secret of your own, not the one that the operator writes"
type BackOfficeUser struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is wanted.
	// +required
	Spec BackOfficeUserSpec `json:"spec"`

	// status is what is in force.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status BackOfficeUserStatus `json:"status,omitempty"`
}

// BackOfficeUserList is a list of BackOfficeUsers.
//
// +kubebuilder:object:root=true
type BackOfficeUserList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []BackOfficeUser `json:"items"`
}
