// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

// The chains. Rules about facts run at admission and, because facts change, in the background; rules about the actor run at admission
// only. "changed" refuses what the request makes worse and warns of what was wrong before; "advice" warns of what heals by itself.

// UserAdmission judges users that are created or changed.
var UserAdmission = Chain[UserInput]{
	advice(BackOfficeKnown[UserInput]),    // a rollout may bring it later
	changed(NamespaceAdmitted[UserInput]), // the back office has to agree
	ActorMayTouchUser,                     // nobody touches a stronger user, or becomes one by a label
	changed[UserInput](AllowedIPsPresent), // spec.policy.ip.required
	changed[UserInput](AnyIPPermitted),    // spec.policy.ip.allowAny
	changed[UserInput](AllowedIPsWithin),  // spec.policy.ip.within
	changed[UserInput](PrefixLongEnough),  // spec.policy.ip.minPrefixIPv4 and minPrefixIPv6
	changed[UserInput](AllowedIPsCount),   // spec.policy.ip.maxEntries
	LoginFree,                             // warns: the other user may go in the same rollout
	SeatFree,                              // warns: a seat may become free in the same rollout
}

// UserDeletion judges users that are deleted.
var UserDeletion = Chain[UserInput]{
	ActorMayTouchUser, // to delete is to take access away
}

// UserStanding judges users in the background. Logins and seats are not among the rules: the store decides, atomically.
var UserStanding = Chain[UserInput]{
	BackOfficeKnown[UserInput],
	NamespaceAdmitted[UserInput], // consent may be withdrawn
	AllowedIPsPresent,
	AnyIPPermitted,
	AllowedIPsWithin,
	PrefixLongEnough,
	AllowedIPsCount,
}

// BindingAdmission judges bindings that are created or changed.
var BindingAdmission = Chain[BindingInput]{
	advice(BackOfficeKnown[BindingInput]),     // a rollout may bring it later
	changed(NamespaceAdmitted[BindingInput]),  // the back office has to agree
	changed[BindingInput](BoundSetPermitted),  // no looking into other teams' namespaces
	advice[BindingInput](BoundSetKnown),       // the tools apply RoleBinding first
	advice[BindingInput](SubjectsKnown),       // a rollout may bring them later
	changed[BindingInput](SelectorWellFormed), // the schema cannot say it
	ActorMayBind,          // nobody hands out more than its own rank
	ActorMayTouchSubjects, // nobody changes what a stronger user has
}

// BindingDeletion judges bindings that are deleted.
var BindingDeletion = Chain[BindingInput]{
	ActorMayBind,          // to delete is to take the set away
	ActorMayTouchSubjects, // from all these users
}

// BindingStanding judges bindings in the background.
var BindingStanding = Chain[BindingInput]{
	BackOfficeKnown[BindingInput],
	NamespaceAdmitted[BindingInput], // consent may be withdrawn
	BoundSetPermitted,
	BoundSetKnown, // the set may be deleted
	SelectorWellFormed,
}

// SetAdmission judges sets that are created or changed.
var SetAdmission = Chain[SetInput]{
	advice(BackOfficeKnown[SetInput]),        // a rollout may bring it later
	changed(NamespaceAdmitted[SetInput]),     // the back office has to agree
	changed[SetInput](ExtendedSetsPermitted), // no looking into other teams' namespaces
	advice[SetInput](ExtendedSetsKnown),      // a rollout may bring them later
	changed[SetInput](ExtendsAcyclic),        // a set cannot inherit from itself
	ActorMayWriteSet,                         // nobody makes or changes a stronger set, or inherits from one
	changed[SetInput](PermissionsInCatalog),  // spec.permissionCatalog
	KeyFree,                                  // warns: the other set may go in the same rollout
}

// SetDeletion judges sets that are deleted.
var SetDeletion = Chain[SetInput]{
	ActorMayWriteSet, // to delete is to take it from all holders
}

// SetStanding judges sets in the background. Keys are not among the rules: the store decides, atomically.
var SetStanding = Chain[SetInput]{
	BackOfficeKnown[SetInput],
	NamespaceAdmitted[SetInput], // consent may be withdrawn
	ExtendedSetsPermitted,
	ExtendedSetsKnown, // an extended set may be deleted, and what it denied with it
	ExtendsAcyclic,    // two requests at the same time may close a circle
	PermissionsInCatalog,
}

// OfficeAdmission judges BackOffices that are created, changed or deleted.
var OfficeAdmission = Chain[OfficeInput]{
	BackOfficeNeedsEscalate, // who writes delegations hands out everything
}
