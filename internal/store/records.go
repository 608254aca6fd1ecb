// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"
)

// Kind is the kind of a record.
type Kind string

// The kinds of records.
const (
	KindOffice        Kind = "Office"
	KindPermissionSet Kind = "PermissionSet"
	KindRoleBinding   Kind = "RoleBinding"
	KindUser          Kind = "User"
)

// Key identifies a record by the UID of the API object that it stands for.
type Key struct {
	Kind Kind
	UID  string
}

// Record is what the store keeps of one API object: exactly one of [Office], [PermissionSet], [RoleBinding] and [User].
// The values are plain and normalised (sorted, UTC, seconds), so that a record that was read back equals the one that was written.
//
//sumtype:decl
type Record interface {
	Key() Key
	// Object is what the record knows of its API object.
	Object() Meta
	record()
}

// Meta is what every record knows of its API object.
type Meta struct {
	UID        string
	Namespace  string
	Name       string
	Generation int64
	// Stamp identifies the admission of the object as it is. One that was seen with another UID is ErrReplayed. Empty: unknown.
	Stamp string
}

// Object implements [Record] for all that have a Meta.
func (m Meta) Object() Meta { return m }

// NoLimit is a quota that nothing exhausts.
const NoLimit = -1

// Office is the part of a back office's policy that the store itself enforces or lists.
type Office struct {
	Meta
	// MaxUsers bounds the accounts whose state is not Deactivated, MaxAdministrators those of them with account type Administrator.
	// NoLimit when there is no quota.
	MaxUsers, MaxAdministrators int
	// Catalog are the leaves of the closed permission catalogue, sorted; empty where any path may be used.
	Catalog []string
	// Dimensions are the kinds of data by which access can be narrowed, sorted.
	Dimensions []string
	// TwoFactorRequired is for the application: a second factor is sent to the phone of each user.
	TwoFactorRequired bool
	// NeverReuse keeps the login and e-mail of a deleted account from being used again: see [RemoveUser] and [Put].
	NeverReuse bool
}

// PermissionSet is a set of permissions.
type PermissionSet struct {
	Meta
	// SetKey is the set's key, unique in the back office. Compared bytewise.
	SetKey      string
	DisplayName string
	Rank        int32
	RankFamily  string
	// InForce is false while a rule withholds the set: it then grants nothing to its holders, directly or by inheritance.
	InForce bool
	// AccountTypes are those that may hold the set and those that inherit from it, sorted; empty for all. A binding gives and denies nothing
	// to an account of another type.
	AccountTypes []string
	// Bypass are the dimensions on which what bindings of this set give is not narrowed, sorted. It is not inherited, and does not count
	// while the set gives nothing.
	Bypass []string
	// Ancestors are the sets that it inherits from, itself at distance 0 included, each at its shortest distance. Sorted by UID.
	Ancestors []Ancestor
	// Entries are its own permissions, sorted by path.
	Entries []Entry
	// Deny are the paths that no other set can give back to a holder, sorted.
	Deny []string
}

// Ancestor is an inherited set.
type Ancestor struct {
	UID      string
	Distance int
}

// Entry is the level of one path.
type Entry struct {
	Path  string
	Level string // None, Read or Write
}

// RoleBinding hands a set to users.
type RoleBinding struct {
	Meta
	// PermissionSetUID is empty while the set does not exist.
	PermissionSetUID string
	InForce          bool
	// NotBefore and ExpiresAt bound the time in which it grants something: NotBefore <= now < ExpiresAt. Zero: unbounded.
	NotBefore, ExpiresAt time.Time
	// Grants are permissions on top of the set's, sorted by path. Within them the deepest path wins, as within a set.
	Grants []Entry
	// Deny are the paths that no set and no other binding can give back to the subjects, sorted.
	Deny []string
	// Filters narrow what this binding gives, and nothing else. Sorted by dimension, each once.
	Filters []Filter
	// Subjects are rows to add for this generation. They are no part of the record's hash, and a record that was read has none:
	// [User.Bindings] has them.
	Subjects []Subject `json:"-"`
}

// Filter narrows access to some data of one dimension.
type Filter struct {
	Dimension string
	Mode      string // All, Only, Tagged, Owned or None
	Access    string // ReadWrite or ReadOnly
	// Values and Groups are what mode Only lets through, Tags what mode Tagged does; each sorted.
	Values, Groups, Tags []string
	// Default is the value with which a user begins; empty for none.
	Default string
}

// Setting is a value that is handed through to the application.
type Setting struct {
	Name, Value string
}

// Profile is personal data. Each may be empty.
type Profile struct {
	FullName, FirstName, LastName string
	// Email is unique in the back office, case-folded by ASCII, whoever owns the rows.
	Email, Phone, Language, Gender, PictureURL string
}

// Subject is a user as a binding saw it.
type Subject struct {
	UserUID    string
	LabelsHash string
}

// Account states.
const (
	StateActive      = "Active"
	StateBlocked     = "Blocked"
	StateDeactivated = "Deactivated"
)

// AccountTypeAdministrator is the account type that Office.MaxAdministrators counts.
const AccountTypeAdministrator = "Administrator"

// AnyNetwork is the entry of User.Networks that admits every address.
const AnyNetwork = "*"

// User is an account.
type User struct {
	Meta
	// Login is unique in the back office, case-folded by ASCII, whoever owns the rows.
	Login       string
	AccountType string
	State       string
	// Held blocks the account whatever State says. HoldReason is free text.
	Held       bool
	HoldReason string
	// InForce is false while a rule withholds the account: it keeps its State and cannot log in.
	InForce bool
	Profile
	Description string
	// Settings are sorted by name.
	Settings []Setting
	// Filters narrow all that the account has. Sorted by dimension, each once. A dimension without one is not narrowed.
	Filters []Filter
	// Networks are the CIDR prefixes from which the account may log in, or AnyNetwork alone; sorted. Empty: from nowhere is
	// restricted by the store, and the back office decides.
	Networks []string
	// LabelsHash identifies the labels by which selectors were evaluated, and the admission of the user.
	LabelsHash string
	// Bindings are the bindings that name or select the user, sorted by UID. They are no part of the record's hash.
	Bindings []Bound `json:"-"`
}

// Bound is a binding as a user saw it.
//
// The subject rows are written from both sides, by the user's reconcile and by the binding's, because either may be the later one to
// learn of the other. A row therefore says what was evaluated, (binding, its generation, user, its labels' hash), and counts only
// while it equals both stored records: a stale row grants nothing, whatever the order of writes.
type Bound struct {
	BindingUID string
	Generation int64
}

// Key implements Record.
func (r Office) Key() Key { return Key{KindOffice, r.UID} }

// Key implements Record.
func (r PermissionSet) Key() Key { return Key{KindPermissionSet, r.UID} }

// Key implements Record.
func (r RoleBinding) Key() Key { return Key{KindRoleBinding, r.UID} }

// Key implements Record.
func (r User) Key() Key { return Key{KindUser, r.UID} }

func (Office) record()        {}
func (PermissionSet) record() {}
func (RoleBinding) record()   {}
func (User) record()          {}

// Hash identifies the content of a record, so that what is stored can be compared with what is wanted without keeping either.
type Hash [16]byte

// HashOf returns the hash of a record.
func HashOf(r Record) Hash {
	b, err := json.Marshal(r)
	if err != nil { // a time that JSON cannot tell, in a row that somebody else has written: it equals nothing that is wanted
		b = fmt.Appendf(nil, "%#v", r)
	}
	sum := sha256.Sum256(append(b, r.Key().Kind...))
	return Hash(sum[:16])
}

// Observed is a record as it is stored.
type Observed struct {
	Record     Record
	Credential Credential // of a User
	// ID is the store's own identity of a User, which outlives the API object.
	ID string
	// CredentialsReset is what [ResetCredentials] said last, of an Office; zero for never.
	CredentialsReset time.Time
}
