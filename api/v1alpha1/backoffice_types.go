// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// BackOfficeSpec says where the store of a back office is, and its policy.
// +kubebuilder:validation:XValidation:rule="has(self.store.sqlite) == has(oldSelf.store.sqlite)",fieldPath=".store",message="the kind of store is immutable: create a new BackOffice for another store"
// +kubebuilder:validation:XValidation:rule="!has(self.store.postgres) || !has(oldSelf.store.postgres) || self.store.postgres.owner == oldSelf.store.postgres.owner",fieldPath=".store.postgres.owner",message="owner is immutable: it owns the rows in the store; create a new BackOffice for another owner"
// +kubebuilder:validation:XValidation:rule="!has(self.policy) || !has(self.policy.filters) || self.policy.filters != 'Required' || has(self.filterDimensions)",fieldPath=".policy.filters",message="filters can be required only where spec.filterDimensions says which there are"
// +kubebuilder:validation:XValidation:rule="!has(self.store.postgres) || !has(oldSelf.store.postgres) || (has(self.store.postgres.schema) ? self.store.postgres.schema : 'backoffice_access') == (has(oldSelf.store.postgres.schema) ? oldSelf.store.postgres.schema : 'backoffice_access')",fieldPath=".store.postgres.schema",message="schema is immutable: create a new BackOffice for another schema"
// +kubebuilder:validation:XValidation:rule="!(has(oldSelf.credentials) && has(oldSelf.credentials.resetIssuedBefore)) || has(self.credentials) && has(self.credentials.resetIssuedBefore) && self.credentials.resetIssuedBefore >= oldSelf.credentials.resetIssuedBefore",fieldPath=".credentials.resetIssuedBefore",message="resetIssuedBefore only moves forward: leave it as it is, or set a later moment for another reset"
type BackOfficeSpec struct {
	// store is the database which the back office reads.
	// +required
	Store Store `json:"store"`

	// namespaces says which other namespaces' objects may refer to this back office, and how much they may hand out. Its own namespace is
	// implied, without a ceiling. Where several entries match a namespace, all of them bind it.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	Namespaces []NamespaceAdmission `json:"namespaces,omitempty"`

	// quotas bound the number of accounts. Absent: no limit.
	// +optional
	Quotas *Quotas `json:"quotas,omitempty"`

	// permissionCatalog is the closed list of permissions that may be given. Absent: any name may be used. An entry may be a path with
	// levels separated by "/"; an entry with others below it stands for the whole subtree.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=4096
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=256
	// +kubebuilder:validation:items:Pattern=`^[^\s/\p{Cc}]+(/[^\s/\p{Cc}]+)*$`
	// +kubebuilder:validation:XValidation:rule="!self.exists(path, path == '*')",message="* stands for everything in delegations and ceilings, and is no permission: list the paths"
	PermissionCatalog []string `json:"permissionCatalog,omitempty"`

	// filterDimensions are the kinds of data by which access can be narrowed. Filters name no others.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	FilterDimensions []FilterDimension `json:"filterDimensions,omitempty"`

	// settings are what users' settings may be. Absent: anything.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	Settings []Setting `json:"settings,omitempty"`

	// policy holds the rules for accounts.
	// +optional
	Policy *Policy `json:"policy,omitempty"`

	// rank says who may hand out what.
	// +optional
	Rank *RankPolicy `json:"rank,omitempty"`

	// credentials holds the rules for passwords.
	// +optional
	Credentials *CredentialPolicy `json:"credentials,omitempty"`

	// suspend makes everything wait that would give access: new users, bindings and sets, what changes of them would add, first passwords,
	// and the end of a block or a hold. What takes access away goes on, and so do rotations and resets. Absent: false. The annotation
	// access.backoffice-operator.io/suspend=<reason> does the same.
	// +optional
	Suspend bool `json:"suspend,omitempty"`
}

// Store names the database. Exactly one member is set.
// +kubebuilder:validation:XValidation:rule="has(self.sqlite) != has(self.postgres)",message="exactly one of sqlite and postgres must be set"
type Store struct {
	// sqlite is a database embedded in the operator, for demonstration and single nodes. The file is named after the BackOffice, in the
	// directory given by --sqlite-dir.
	// +optional
	SQLite *SQLiteStore `json:"sqlite,omitempty"`

	// postgres is a PostgreSQL database.
	// +optional
	Postgres *PostgresStore `json:"postgres,omitempty"`

	// adoption says whether a user may have an account that is in the store already: Never, IfUnowned for accounts without an owner, such as
	// those that were orphaned or imported, or Force for those of other owners, too. The account keeps its password until the first
	// rotation or reset. Absent: Never.
	// +optional
	Adoption AdoptionPolicy `json:"adoption,omitempty"`
}

// AdoptionPolicy says which accounts may be adopted.
// +kubebuilder:validation:Enum=Never;IfUnowned;Force
type AdoptionPolicy string

// The adoption policies.
const (
	// AdoptionNever leaves accounts alone that this BackOffice does not own.
	AdoptionNever AdoptionPolicy = "Never"
	// AdoptionIfUnowned adopts accounts that nobody owns.
	AdoptionIfUnowned AdoptionPolicy = "IfUnowned"
	// AdoptionForce adopts accounts of other owners, too.
	AdoptionForce AdoptionPolicy = "Force"
)

// SQLiteStore is the embedded store.
type SQLiteStore struct{}

// PostgresStore is a PostgreSQL database.
type PostgresStore struct {
	// owner owns the rows that this BackOffice writes. It survives a rebuilt cluster. Immutable.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
	Owner string `json:"owner"`

	// urlSecretRef names the key of a Secret of this namespace which holds the URL, postgres://user:password@host:port/database.
	// The Secret must carry the label access.backoffice-operator.io/secret=store-url.
	// +required
	URLSecretRef SecretKeyReference `json:"urlSecretRef"`

	// schema holds the tables and views; it is created where it is missing. Absent: backoffice_access. Immutable.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z_][a-z0-9_]*$`
	Schema string `json:"schema,omitempty"`

	// readerRoles are roles of the database, as it spells them, that may read the views of this schema and call its functions for
	// applications, and may do nothing else by that. A role that leaves the list loses what it was given by it. Where several BackOffices
	// share the schema, a role has access while one of them names it.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	// +kubebuilder:validation:items:Pattern=`^[^\p{Cc}]+$`
	// +kubebuilder:validation:XValidation:rule="self.all(role, !role.startsWith('pg_') && role != 'public' && role != 'none')",message="public, none and roles that begin with pg_ are PostgreSQL's own: name the role that the application logs in with"
	ReaderRoles []string `json:"readerRoles,omitempty"`
}

// SecretKeyReference names one key of a Secret in the namespace of the referring object.
type SecretKeyReference struct {
	// name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`

	// key in the Secret's data.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	Key string `json:"key"`
}

// Quotas bound the number of accounts. Deactivated accounts do not count. The store enforces them; a seat once taken is kept.
type Quotas struct {
	// users bounds all accounts.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10000000
	Users *int32 `json:"users,omitempty"`

	// administrators bounds the accounts of type Administrator.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10000000
	Administrators *int32 `json:"administrators,omitempty"`
}

// NamespaceAdmission lets the objects of namespaces refer to a back office.
// +kubebuilder:validation:XValidation:rule="has(self.names) != has(self.selector)",message="exactly one of names and selector must be set"
type NamespaceAdmission struct {
	// names of the namespaces.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	Names []string `json:"names,omitempty"`

	// selector selects namespaces by their labels. Whoever may label a namespace decides what it may hand out. An empty one is refused.
	// +optional
	// +kubebuilder:validation:XValidation:rule="has(self.matchLabels) && size(self.matchLabels) > 0 || has(self.matchExpressions) && size(self.matchExpressions) > 0",message="must not be empty: it would select every namespace"
	Selector *metav1.LabelSelector `json:"selector,omitempty"`

	// ceiling bounds what the objects of these namespaces hand out, whoever applies them: one GitOps identity applies every team's
	// repository, so that the identity says nothing about the author. Absent: no bound.
	// +optional
	Ceiling *Ceiling `json:"ceiling,omitempty"`

	// accountTypes are the types that users of these namespaces may have. Absent: all.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=5
	AccountTypes []AccountType `json:"accountTypes,omitempty"`
}

// Ceiling bounds what the objects of a namespace hand out.
type Ceiling struct {
	// rank is the strongest rank, of every family, that may be handed out: a ceiling of rank 4 permits 4 and above.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	Rank *int32 `json:"rank"`

	// permissions are the paths, with all below them, which the namespace's own sets and the grants of its bindings may give; "*" is
	// all. Absent: the namespace may only bind sets of the BackOffice's namespace.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=256
	// +kubebuilder:validation:items:Pattern=`^[^\s/\p{Cc}]+(/[^\s/\p{Cc}]+)*$`
	Permissions []string `json:"permissions,omitempty"`
}

// Setting is one of the settings that users may have.
type Setting struct {
	// name of the setting.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?$`
	Name string `json:"name"`

	// values that it may have. Absent: any.
	// +optional
	// +listType=map
	// +listMapKey=value
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	Values []SettingValue `json:"values,omitempty"`
}

// SettingValue is a value that a setting may have.
type SettingValue struct {
	// value of the setting.
	// +required
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:Pattern=`^\P{Cc}*$`
	Value string `json:"value"`

	// accountTypes are the types of accounts for which it may have this value. Absent: all.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=5
	AccountTypes []AccountType `json:"accountTypes,omitempty"`
}

// IdentityReuse says whether the login and e-mail of a deleted account may be used again.
// +kubebuilder:validation:Enum=Never;Allowed
type IdentityReuse string

// Whether an identity may be used again.
const (
	// IdentityReuseNever keeps a hash of the login and e-mail of each account that is deleted, and refuses them for ever.
	IdentityReuseNever IdentityReuse = "Never"
	// IdentityReuseAllowed lets the same account be created again.
	IdentityReuseAllowed IdentityReuse = "Allowed"
)

// Demand says whether something has to be there.
// +kubebuilder:validation:Enum=Required;Optional
type Demand string

// The demands.
const (
	DemandRequired Demand = "Required"
	DemandOptional Demand = "Optional"
)

// EmailPolicy says what users' e-mail addresses may be. A domain covers its subdomains.
type EmailPolicy struct {
	// allowedDomains are the domains in which addresses must be. Absent: any.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MaxLength=253
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	AllowedDomains []string `json:"allowedDomains,omitempty"`

	// deniedDomains are domains in which addresses may not be, also where they are within allowed ones.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MaxLength=253
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	DeniedDomains []string `json:"deniedDomains,omitempty"`

	// required refuses users without an address.
	// +optional
	Required bool `json:"required,omitempty"`
}

// Policy holds the rules for accounts.
type Policy struct {
	// ip says from which networks accounts may log in. Absent: no rule.
	// +optional
	IP *IPPolicy `json:"ip,omitempty"`

	// email says what users' e-mail addresses may be. Absent: no rule.
	// +optional
	Email *EmailPolicy `json:"email,omitempty"`

	// identityReuse says whether the login and e-mail of a deleted account may be used again: Never or Allowed. Absent: Allowed.
	// +optional
	IdentityReuse IdentityReuse `json:"identityReuse,omitempty"`

	// twoFactor Required makes a telephone number mandatory, to which the back office sends the second factor. Absent: Optional.
	// +optional
	TwoFactor Demand `json:"twoFactor,omitempty"`

	// filters Required keeps an account blocked until it has filters. Absent: Optional.
	// +optional
	Filters Demand `json:"filters,omitempty"`

	// permissionSetsPerUser bounds the sets that a user holds; those that bindings inherit from do not count. The oldest bindings are
	// kept, and the others withheld from that user. Absent: no limit.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1024
	PermissionSetsPerUser *int32 `json:"permissionSetsPerUser,omitempty"`

	// withdrawalLimit is the brake: a change of facts, such as of this policy or of a namespace's labels, which would take access from more
	// users than this is held until somebody confirms it. Absent: more than 20 percent and more than 5 users.
	// +optional
	WithdrawalLimit *WithdrawalLimit `json:"withdrawalLimit,omitempty"`
}

// WithdrawalLimit bounds how many users may lose access by one change of facts. What exceeds both members is held.
type WithdrawalLimit struct {
	// percent of the users that have access. Absent: 20. With 100 nothing is ever held.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	Percent *int32 `json:"percent,omitempty"`

	// count of users. Absent: 5.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10000000
	Count *int32 `json:"count,omitempty"`
}

// IPPolicy says what users' allowedIPs may be.
type IPPolicy struct {
	// required refuses users without allowedIPs.
	// +optional
	Required bool `json:"required,omitempty"`

	// allowAny permits "*", which means no restriction.
	// +optional
	AllowAny bool `json:"allowAny,omitempty"`

	// within are the networks in which every allowed address must lie. Absent: anywhere.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MaxLength=43
	// +kubebuilder:validation:items:XValidation:rule="isCIDR(self)",message="must be a network in CIDR notation, such as 203.0.113.0/24"
	// +kubebuilder:validation:items:XValidation:rule="!isCIDR(self) || cidr(self).masked() == cidr(self)",message="must be a network without host bits"
	Within []string `json:"within,omitempty"`

	// minPrefixIPv4 is the shortest prefix an IPv4 network may have: 24 admits /24 to /32.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=32
	MinPrefixIPv4 *int32 `json:"minPrefixIPv4,omitempty"`

	// minPrefixIPv6 is the shortest prefix an IPv6 network may have.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=128
	MinPrefixIPv6 *int32 `json:"minPrefixIPv6,omitempty"`

	// maxEntries bounds the number of entries of one user.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=64
	MaxEntries *int32 `json:"maxEntries,omitempty"`
}

// SelfService says whether users of the back office may hand out access as Kubernetes users.
// +kubebuilder:validation:Enum=Disabled;Enabled
type SelfService string

// The settings of self-service.
const (
	SelfServiceDisabled SelfService = "Disabled"
	SelfServiceEnabled  SelfService = "Enabled"
)

// RankPolicy says who may hand out what.
// +kubebuilder:validation:XValidation:rule="!has(self.selfService) || self.selfService != 'Enabled' || has(self.managePermission)",fieldPath=".managePermission",message="selfService needs the permission that makes a user one who manages others"
type RankPolicy struct {
	// managePermission is the path that a user must hold, with level Write, to manage others by selfService.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:Pattern=`^[^\s/\p{Cc}]+(/[^\s/\p{Cc}]+)*$`
	ManagePermission string `json:"managePermission,omitempty"`

	// selfService Enabled lets the Kubernetes user that a BackOfficeUser names in kubernetesUser hand out what that user holds, as
	// far as no delegation matches. Absent: Disabled.
	// +optional
	SelfService SelfService `json:"selfService,omitempty"`

	// delegations are the Kubernetes identities that may hand out access. Whoever matches none may change nothing of this back office.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	Delegations []Delegation `json:"delegations,omitempty"`
}

// Delegation gives Kubernetes identities the power to hand out access. Delegations are not added up: each is judged alone.
type Delegation struct {
	// subjects are the identities.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	Subjects []DelegationSubject `json:"subjects"`

	// rank is the strongest rank that may be touched: 0 is the most powerful, and a delegation of rank 4 covers 4 and above.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	Rank *int32 `json:"rank"`

	// families are the rank families that the delegation is about. Absent: every family.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	Families []string `json:"families,omitempty"`

	// accountTypes are the types of the users that the delegation is about. Absent: all.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=5
	AccountTypes []AccountType `json:"accountTypes,omitempty"`

	// permissions are the paths, with all below them, that may be put into sets and grants; "*" is all. Absent: existing sets may be
	// bound, and that is all.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=256
	// +kubebuilder:validation:items:Pattern=`^[^\s/\p{Cc}]+(/[^\s/\p{Cc}]+)*$`
	Permissions []string `json:"permissions,omitempty"`

	// filters bound the data to which access may be given: the users' and bindings' filters have to lie within them, one for each dimension
	// that is named here. Absent: all data.
	// +optional
	// +listType=map
	// +listMapKey=dimension
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	Filters []Filter `json:"filters,omitempty"`
}

// SubjectKind is the kind of a Kubernetes identity.
// +kubebuilder:validation:Enum=User;Group;ServiceAccount
type SubjectKind string

// The kinds of Kubernetes identities.
const (
	SubjectUser           SubjectKind = "User"
	SubjectGroup          SubjectKind = "Group"
	SubjectServiceAccount SubjectKind = "ServiceAccount"
)

// DelegationSubject is a Kubernetes identity.
// +kubebuilder:validation:XValidation:rule="(self.kind == 'ServiceAccount') == has(self.__namespace__)",message="namespace must be set for a ServiceAccount and for nothing else"
// +kubebuilder:validation:XValidation:rule="!(self.name in ['system:authenticated', 'system:unauthenticated', 'system:serviceaccounts', 'system:anonymous'])",fieldPath=".name",message="may not be a group of everybody: name the people or the service account"
type DelegationSubject struct {
	// kind is User, Group or ServiceAccount.
	// +required
	Kind SubjectKind `json:"kind"`

	// name of the identity, as the API server authenticates it.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`

	// namespace of a ServiceAccount.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace,omitempty"`
}

// StoreKind is the kind of a store.
type StoreKind string

// The kinds of stores.
const (
	StoreSQLite     StoreKind = "SQLite"
	StorePostgreSQL StoreKind = "PostgreSQL"
)

// BackOfficeStatus is what the operator found.
type BackOfficeStatus struct {
	// conditions: Ready, Reconciling, Stalled and StoreConnected.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation of spec that the conditions are about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// storeKind is the kind of the store in use.
	// +optional
	StoreKind StoreKind `json:"storeKind,omitempty"`

	// credentials tells of the passwords of the back office.
	// +optional
	Credentials *CredentialsStatus `json:"credentials,omitempty"`
}

// BackOffice is one back office: where its store is, and its policy.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=backoffices,shortName=bo,categories=backoffice-access
// +kubebuilder:printcolumn:name="Store",type=string,JSONPath=`.status.storeKind`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Suspended",type=string,JSONPath=`.status.conditions[?(@.type=="Suspended")].status`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type BackOffice struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is wanted.
	// +required
	Spec BackOfficeSpec `json:"spec"`

	// status is what is in force.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status BackOfficeStatus `json:"status,omitempty"`
}

// BackOfficeList is a list of BackOffices.
//
// +kubebuilder:object:root=true
type BackOfficeList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []BackOffice `json:"items"`
}
