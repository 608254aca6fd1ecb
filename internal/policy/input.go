// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"maps"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

// UserInput are the facts about a BackOfficeUser.
type UserInput struct {
	// Old is nil on creation and in the background, New is nil on deletion.
	Old, New *v1alpha1.BackOfficeUser
	// Office is nil where it does not exist.
	Office *v1alpha1.BackOffice
	// Terms are what the Office grants to the namespace.
	Terms Terms
	// Author is who stands behind the new object; in the background only.
	Author Author
	// OldProtection and NewProtection follow from the bindings that name or select the old and the new object.
	OldProtection, NewProtection Protection
	// Given is what bindings grant, on top of their sets, to the new object and not to the old one, or not on all data.
	Given access.Content
	// Bypasses are the bindings of the new object whose sets bypass filters, where a power of the actor is about some data only.
	Bypasses []Bypass
	// Freed is what the user may have after the change because a binding that denied it lets go.
	Freed access.Content
	// SameLogin are the other users of the back office with the same login, the oldest first.
	SameLogin []types.NamespacedName
	// SameEmail are the other users of the back office with the same e-mail address, the oldest first.
	SameEmail []types.NamespacedName
	// Restricted are the sets of the new object's bindings that accounts of some types alone may hold, where the change is about them.
	Restricted []HeldSet
	// Surplus names the bindings of the new object that hand out more sets than it may hold, where the change is about them.
	Surplus []string
	// FullQuotas names the quotas of the back office which have no seat left for the new object, such as "users".
	FullQuotas []string
	// SameKubernetesUser are the other users of the back office that name the same Kubernetes user.
	SameKubernetesUser []types.NamespacedName
	// Now is the time of the request; at admission only.
	Now   time.Time
	Actor Actor
}

// BindingInput are the facts about a RoleBinding.
type BindingInput struct {
	// Old is nil on creation and in the background, New is nil on deletion.
	Old, New *v1alpha1.RoleBinding
	// Office is nil where it does not exist.
	Office *v1alpha1.BackOffice
	// Terms are what the Office grants to the namespace.
	Terms Terms
	// Author is who stands behind the new object; in the background only.
	Author Author
	// OldSet and NewSet are nil where they do not exist.
	OldSet, NewSet *v1alpha1.PermissionSet
	// OldInherited and NewInherited are the paths that these sets deny because sets from which they inherit do; at admission only.
	OldInherited, NewInherited []string
	// OldTypes and NewTypes are the types of accounts that may hold these sets; empty for all. At admission only.
	OldTypes, NewTypes []v1alpha1.AccountType
	// Users are those that the new object names, and some of those that it selects, where its set is for some types of accounts alone.
	Users []TypedUser
	// Crowded names some users of the new object who have more sets than they may hold, where the change is about them.
	Crowded []string
	// Subjects are, at admission, the users that the old or the new object names or selects. Users that the actor may touch may be left out.
	// In the background they are all users that the new object names or selects, where its author has not been judged against them.
	Subjects []Subject
	// Beneath are some users of the new object whose own author has less power than the set takes.
	Beneath []Beneath
	// MissingSubjects are names in the new object's subjects which no user of the back office has.
	MissingSubjects []string
	Actor           Actor
}

// Subject is a user that a binding names or selects.
type Subject struct {
	Name        string
	AccountType v1alpha1.AccountType
	Protection  Protection
	// Author is who stands behind the user; in the background only.
	Author Author
}

// Beneath is a user whose own author has less power than the set takes that a binding hands to it.
type Beneath struct {
	Name, Author string
}

// Author is who stands behind an object, as its admission stamp tells.
type Author struct {
	// Known is false where the object has no stamp that fits it.
	Known bool
	Name  string
	// At is when the object was admitted, in milliseconds since 1970; of a set, when its rank was last considered.
	At int64
	// Judged is false where the BackOffice did not exist then. Powers are those that the author's name has now.
	Judged bool
	// BreakGlass is true where the author has broken the glass for it.
	BreakGlass bool
	Powers     []access.Power
	// Sets are the UIDs of the sets that the object named and that existed then: for these the author was judged.
	Sets []types.UID
}

// Reaches tells whether one of the author's powers is enough for a need.
func (a Author) Reaches(n access.Need) bool {
	return slices.ContainsFunc(a.Powers, func(p access.Power) bool { return p.Reaches(n) })
}

// touches tells whether one of the author's powers is enough for a need, and about accounts of this type.
func (a Author) touches(n access.Need, accountType v1alpha1.AccountType) bool {
	return a.handsOut(n, accountType, nil)
}

// bypasses tells whether one of the author's powers is enough for a need, and not narrowed on any of these dimensions.
func (a Author) bypasses(n access.Need, dimensions []string) bool {
	return slices.ContainsFunc(a.Powers, func(p access.Power) bool { return p.Reaches(n) && !narrowedOn(p, dimensions) })
}

// handsOut tells whether one of them is, which is not narrowed on any of these dimensions either.
func (a Author) handsOut(n access.Need, accountType v1alpha1.AccountType, bypass []string) bool {
	return slices.ContainsFunc(a.Powers, func(p access.Power) bool {
		return p.Reaches(n) && p.Concerns(string(accountType)) && !narrowedOn(p, bypass)
	})
}

// SubjectInput are the facts about one user of a binding whose set exists.
type SubjectInput struct {
	Binding, User Author
	// AccountType is that of the user.
	AccountType v1alpha1.AccountType
	// Need is what it takes to hand out the set, and Bypass are the dimensions that it bypasses.
	Need   access.Need
	Bypass []string
	// Set names it, and Types are the types of accounts that may hold it; empty for all.
	Set   string
	Types []v1alpha1.AccountType
	// Surplus is true where the binding's set is more than the user may hold, who may hold SetLimit of them.
	Surplus  bool
	SetLimit int
	// SetAt is when the set's rank was last considered, in milliseconds since 1970; zero where the set was not there when the binding was
	// admitted.
	SetAt int64
}

// Holder is what it takes to touch users of one account type who hold a set.
type Holder struct {
	Need
	AccountType v1alpha1.AccountType
}

// SetInput are the facts about a PermissionSet.
type SetInput struct {
	// Old is nil on creation and in the background, New is nil on deletion.
	Old, New *v1alpha1.PermissionSet
	// Office is nil where it does not exist.
	Office *v1alpha1.BackOffice
	// Terms are what the Office grants to the namespace.
	Terms Terms
	// Author is who stands behind the new object; in the background only.
	Author Author
	// OldAncestry and NewAncestry are what the two objects inherit from, keyed by namespace/name.
	OldAncestry, NewAncestry access.Ancestry
	// Sets are the sets of both, keyed by namespace/name.
	Sets map[string]*v1alpha1.PermissionSet
	// DeniedBeside are, where the set is deleted, the paths that its bindings deny: a binding without a set is not in force. Where other types of
	// accounts may hold it than before, they are those that its bindings deny, and sets that inherit from it, and the bindings of those.
	DeniedBeside []string
	// GivenBeside is what these give, where accounts of more types may hold the set; where it bypasses more, what its own bindings grant.
	GivenBeside access.Content
	// Handed are the bindings of the set, and of those that inherit from it, where a power of the actor is about some data only.
	Handed []Handed
	// Holders is what it takes to touch all users that hold the set or one that inherits from it. It is there where the new object denies
	// more than the old one.
	Holders []Holder
	// SameKey are the other sets of the back office with the same key, the oldest first.
	SameKey []types.NamespacedName
	Actor   Actor
}

// Escalation tells whether the actor has the RBAC verb escalate on a BackOffice.
type Escalation string

// The answers. The zero value permits nothing.
const (
	EscalationNotAsked  Escalation = ""
	EscalationPermitted Escalation = "Permitted"
	EscalationRefused   Escalation = "Refused"
)

// OfficeInput are the facts about a BackOffice.
type OfficeInput struct {
	// Old is nil on creation, New is nil on deletion.
	Old, New *v1alpha1.BackOffice
	// Now is the time of the request.
	Now   time.Time
	Actor Actor
	// Withdrawal is what the new object would take away by its rules.
	Withdrawal Withdrawal
	// NamesAlone says that the operator reads no labels of namespaces.
	NamesAlone bool
}

// Withdrawal is how many users would lose access by facts, of how many that have it.
type Withdrawal struct {
	Users, Of int
}

func (in UserInput) before() (UserInput, bool) {
	if in.Old == nil {
		return in, false
	}
	if in.Old.Spec.KubernetesUser != in.New.Spec.KubernetesUser {
		in.SameKubernetesUser = nil // these are the users that name the new one
	}
	in.New = in.Old
	return in, true
}

// states are the old and the new object, as far as there are.
func (in UserInput) states() []*v1alpha1.BackOfficeUser {
	return slices.DeleteFunc([]*v1alpha1.BackOfficeUser{in.Old, in.New}, func(u *v1alpha1.BackOfficeUser) bool { return u == nil })
}

// protection is that of both.
func (in UserInput) protection() Protection {
	var p Protection
	if in.Old != nil {
		p = append(p, in.OldProtection...)
	}
	if in.New != nil {
		p = append(p, in.NewProtection...)
	}
	return p
}

func (in BindingInput) before() (BindingInput, bool) {
	in.New, in.NewSet, in.NewTypes = in.Old, in.OldSet, in.OldTypes
	return in, in.Old != nil
}

func (in SetInput) before() (SetInput, bool) {
	in.New, in.NewAncestry = in.Old, in.OldAncestry
	return in, in.Old != nil
}

// rights are what a state of the set gives and denies, with what it inherits; nothing where it is nil.
func (in SetInput) rights(set *v1alpha1.PermissionSet) access.Rights {
	if set == nil {
		return access.Rights{}
	}
	return WorldOf(in.setsWith(set)).Inherited(nameOf(set))
}

// setsWith are the sets with one of the two states of the set: Sets has either.
func (in SetInput) setsWith(set *v1alpha1.PermissionSet) map[string]*v1alpha1.PermissionSet {
	sets := map[string]*v1alpha1.PermissionSet{}
	maps.Copy(sets, in.Sets)
	sets[nameOf(set)] = set
	return sets
}

// nameOf is how sets are keyed.
func nameOf(o metav1.Object) string { return o.GetNamespace() + "/" + o.GetName() }

// member is an object that belongs to a back office.
type member interface {
	// placed returns the namespace and the reference of the new object, of the old one on deletion.
	placed() (namespace string, ref v1alpha1.BackOfficeReference)
	backOffice() *v1alpha1.BackOffice
	terms() Terms
	author() Author
}

func (in UserInput) placed() (string, v1alpha1.BackOfficeReference) {
	o := either(in.New, in.Old)
	return o.Namespace, o.Spec.BackOfficeRef
}

func (in BindingInput) placed() (string, v1alpha1.BackOfficeReference) {
	o := either(in.New, in.Old)
	return o.Namespace, o.Spec.BackOfficeRef
}

func (in SetInput) placed() (string, v1alpha1.BackOfficeReference) {
	o := either(in.New, in.Old)
	return o.Namespace, o.Spec.BackOfficeRef
}

func (in UserInput) terms() Terms    { return in.Terms }
func (in BindingInput) terms() Terms { return in.Terms }
func (in SetInput) terms() Terms     { return in.Terms }

func (in UserInput) author() Author    { return in.Author }
func (in BindingInput) author() Author { return in.Author }
func (in SetInput) author() Author     { return in.Author }

func (in UserInput) backOffice() *v1alpha1.BackOffice    { return in.Office }
func (in BindingInput) backOffice() *v1alpha1.BackOffice { return in.Office }
func (in SetInput) backOffice() *v1alpha1.BackOffice     { return in.Office }

func either[T any](first, second *T) *T {
	if first != nil {
		return first
	}
	return second
}
