// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package explain tells who has what, and where from: facts of gather, decided by access and policy as the operator decides.
package explain

import (
	"time"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// Account is what a user has, and where from. It has no secret and no personal data.
type Account struct {
	Namespace  string `json:"namespace"`
	Name       string `json:"name"`
	BackOffice string `json:"backOffice"` // namespace/name
	Login      string `json:"login"`

	AccountType v1alpha1.AccountType `json:"accountType"`
	State       v1alpha1.UserState   `json:"state"`
	Hold        string               `json:"hold,omitempty"` // the reason for which it is held
	// InForce tells whether the account may log in: it is Active, not held, and no rule withholds it.
	InForce bool `json:"inForce"`
	// Withheld says why it may not, a sentence each.
	Withheld []string `json:"withheld,omitempty"`

	AllowedIPs     []string                        `json:"allowedIPs,omitempty"`
	Filters        []v1alpha1.Filter               `json:"filters,omitempty"`
	Settings       map[string]v1alpha1.SettingText `json:"settings,omitempty"`
	KubernetesUser string                          `json:"kubernetesUser,omitempty"`
	Credential     *v1alpha1.CredentialStatus      `json:"credential,omitempty"`
	// SecretName is the Secret that has the password; empty where none has.
	SecretName string `json:"secretName,omitempty"`

	Bindings    []Binding    `json:"bindings,omitempty"`
	Permissions []Permission `json:"permissions,omitempty"`
	// NextChange is the next moment at which a window begins or ends.
	NextChange *time.Time `json:"nextChange,omitempty"`
}

// Binding is a binding that names or selects the user.
type Binding struct {
	Name string `json:"name"`
	// Set is the name of the set that it hands out, with its namespace where that is another one, and Key its key in the store.
	Set string `json:"set"`
	Key string `json:"key,omitempty"`
	// By says whether the user is named or selected: BySubjects or BySelector.
	By        string            `json:"by"`
	NotBefore *time.Time        `json:"notBefore,omitempty"`
	ExpiresAt *time.Time        `json:"expiresAt,omitempty"`
	Filters   []v1alpha1.Filter `json:"filters,omitempty"`
	// InForce tells whether it gives something now, and Withheld says why not, a sentence each.
	InForce  bool     `json:"inForce"`
	Withheld []string `json:"withheld,omitempty"`
	// GrantedBy is who stands behind it, and GrantedAt since when, by its admission stamp.
	GrantedBy string     `json:"grantedBy,omitempty"`
	GrantedAt *time.Time `json:"grantedAt,omitempty"`
}

// How a binding comes to a user: it names it, or selects it by labels.
const (
	BySubjects = "subjects"
	BySelector = "selector"
)

// Permission is what the user has of one path, and where from.
type Permission struct {
	Path  string `json:"path"`
	Level string `json:"level"` // Write, Read or None
	// Data is what narrows it, a text for each binding that gives the level on some data only, and for each that gives less on other data; empty is
	// all data.
	Data []string `json:"data,omitempty"`
	// LeftByFilters is what filters leave of the level on whatever data, where that is less: Read, or None.
	LeftByFilters string `json:"leftByFilters,omitempty"`
	// Until is when the level ends or becomes another by a window, nil where it does not.
	Until *time.Time `json:"until,omitempty"`
	// Sources are all that say something of the path, those that decide first.
	Sources []Source `json:"sources"`
}

// SourceKind says what kind of entry a source is.
type SourceKind string

// The kinds of sources.
const (
	FromSet   SourceKind = "Set"   // an entry of a set, its own or inherited
	FromGrant SourceKind = "Grant" // a grant of the binding itself
	FromDeny  SourceKind = "Deny"  // a denial, of a set or of a binding
)

// Source is one entry that says something of a path.
type Source struct {
	Kind    SourceKind `json:"kind"`
	Binding string     `json:"binding"`
	// Via are the sets from the one that the binding names to the one that has the entry; empty where the binding itself has it.
	Via []string `json:"via,omitempty"`
	// Path is that of the entry, the path itself or one above it, and Level what it says; None for a denial.
	Path  string `json:"path"`
	Level string `json:"level"`
	// Decides is true for those by which the level is what it is.
	Decides   bool       `json:"decides"`
	NotBefore *time.Time `json:"notBefore,omitempty"`
	ExpiresAt *time.Time `json:"expiresAt,omitempty"`
}
