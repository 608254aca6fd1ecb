// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

// The chains. Rules about facts run at admission and, because facts change, in the background. Rules about the actor run at admission; in the
// background the stamp tells who that was, for what admission could not see. "changed" refuses what the request makes worse and warns of what was
// wrong before; "advice" warns of what heals by itself.

// UserAdmission judges users that are created or changed.
var UserAdmission = Chain[UserInput]{
	advice(BackOfficeKnown[UserInput]),    // a rollout may bring it later
	BackOfficeSuspended[UserInput],        // warns: what it gives waits
	changed(NamespaceAdmitted[UserInput]), // the back office has to agree
	ActorMayTouchUser,                     // nobody touches a stronger user, or becomes one by a label
	ActorMayOpenUser,                      // nor gives access to more data than it may
	OnePowerForUser,                       // powers are not added up
	ActorMayGiveUser,                      // nor gets grants to it, by a label or a name
	ActorMayFreeUser,                      // nor lets go of a denial by a label
	UserBreaksGlass,                       // a reason, and escalate
	UserResetAtHand,                       // a reset is for now
	RotationAtHand,                        // and so is a rotation that is asked for
	changed(AccountTypePermitted),         // spec.namespaces.accountTypes
	changed(KubernetesUserFree),           // an identity is one user
	changed[UserInput](AllowedIPsPresent), // spec.policy.ip.required
	changed[UserInput](AnyIPPermitted),    // spec.policy.ip.allowAny
	changed[UserInput](AllowedIPsWithin),  // spec.policy.ip.within
	changed[UserInput](PrefixLongEnough),  // spec.policy.ip.minPrefixIPv4 and minPrefixIPv6
	changed[UserInput](AllowedIPsCount),   // spec.policy.ip.maxEntries
	changed(EmailPresent),                 // spec.policy.email.required
	changed(EmailWithinDomains),           // spec.policy.email
	changed(PhonePresent),                 // spec.policy.twoFactor
	changed(LanguageKnown),                // the schema knows the form alone
	changed(SettingsKnown),                // spec.settings
	changed(FiltersDeclared[UserInput]),   // spec.filterDimensions
	changed(FilterValuesKnown[UserInput]),
	changed(FilterDefaultGiven[UserInput]),
	BroadFilters[UserInput],           // warns: all data is much
	advice[UserInput](FiltersPresent), // spec.policy.filters: the account stays blocked until it has some
	SetsOfType,                        // warns: bindings may be meant for others
	UserWithinSetLimit,                // warns: another binding may go in the same rollout
	EmailFree,                         // warns: the other user may go in the same rollout
	LoginFree,                         // warns: the other user may go in the same rollout
	SeatFree,                          // warns: a seat may become free in the same rollout
}

// UserDeletion judges users that are deleted.
var UserDeletion = Chain[UserInput]{
	ActorMayTouchUser, // to delete is to take access away
	UserBreaksGlass,
}

// UserStanding judges users in the background. Logins and seats are not among the rules: the store decides, atomically.
var UserStanding = Chain[UserInput]{
	Admitted[UserInput], // somebody stands behind it
	BackOfficeKnown[UserInput],
	NamespaceAdmitted[UserInput], // consent may be withdrawn
	UserAuthorized,               // applied before the BackOffice
	AccountTypePermitted,         // spec.namespaces may change
	AllowedIPsPresent,
	AnyIPPermitted,
	AllowedIPsWithin,
	PrefixLongEnough,
	AllowedIPsCount,
	EmailPresent,
	EmailWithinDomains,
	PhonePresent,
	SettingsKnown, // spec.settings may change, and be for other account types
	FiltersDeclared[UserInput],
	FilterValuesKnown[UserInput],
	FilterDefaultGiven[UserInput],
	FiltersPresent, // until then
}

// BindingAdmission judges bindings that are created or changed.
var BindingAdmission = Chain[BindingInput]{
	advice(BackOfficeKnown[BindingInput]),     // a rollout may bring it later
	BackOfficeSuspended[BindingInput],         // warns: what it gives waits
	changed(NamespaceAdmitted[BindingInput]),  // the back office has to agree
	changed[BindingInput](BoundSetPermitted),  // no looking into other teams' namespaces
	advice[BindingInput](BoundSetKnown),       // the tools apply RoleBinding first
	advice[BindingInput](SubjectsKnown),       // a rollout may bring them later
	changed[BindingInput](SelectorWellFormed), // the schema cannot say it
	changed[BindingInput](SubjectsOfType),     // accountTypes of the set
	changed(FiltersDeclared[BindingInput]),    // spec.filterDimensions
	changed(FilterValuesKnown[BindingInput]),
	changed(FilterDefaultGiven[BindingInput]),
	BroadFilters[BindingInput],                         // warns: all data is much
	changed[BindingInput](BindingPermissionsInCatalog), // spec.permissionCatalog
	BindingWithinSetLimit,                              // warns: another binding may go in the same rollout
	changed(BindingWithinCeiling),                      // whoever applies it
	ActorMayBind,                                       // nobody hands out more than its own rank
	ActorMayGrant,                                      // nor what it does not have
	ActorMayTouchSubjects,                              // nobody changes what a stronger user has
	ActorMayOpenBinding,                                // nor gives access to more data than it may
	OnePowerForBinding,                                 // powers are not added up
	BindingBreaksGlass,                                 // a reason, and escalate
	SubjectsBeneath,                                    // warns of users who may have been prepared
}

// BindingDeletion judges bindings that are deleted.
var BindingDeletion = Chain[BindingInput]{
	ActorMayBind,          // to delete is to take the set away
	ActorMayGrant,         // and to give back what was denied
	ActorMayTouchSubjects, // from all these users
	ActorMayOpenBinding,   // what is no longer denied is on all data
	OnePowerForBinding,
	BindingBreaksGlass,
}

// BindingStanding judges bindings in the background.
var BindingStanding = Chain[BindingInput]{
	Admitted[BindingInput], // somebody stands behind it
	BackOfficeKnown[BindingInput],
	NamespaceAdmitted[BindingInput], // consent may be withdrawn
	BoundSetPermitted,
	BoundSetKnown, // the set may be deleted
	SelectorWellFormed,
	FiltersDeclared[BindingInput], // spec.filterDimensions may change
	FilterValuesKnown[BindingInput],
	FilterDefaultGiven[BindingInput],
	GrantsInCatalog,      // spec.permissionCatalog may change
	BindingWithinCeiling, // ceilings and ranks may change
	BindingAuthorized,    // the set may appear later, or another one
}

// SubjectStanding judges single users of a binding in the background: what breaks a rule is withheld from that user alone.
var SubjectStanding = Chain[SubjectInput]{
	SubjectAuthorized,     // two requests at the same time, or a webhook whose cache was behind
	SubjectOfType,         // accountTypes of sets and users may change
	SubjectWithinSetLimit, // spec.policy.permissionSetsPerUser; the oldest bindings stay
}

// SetAdmission judges sets that are created or changed.
var SetAdmission = Chain[SetInput]{
	advice(BackOfficeKnown[SetInput]),        // a rollout may bring it later
	BackOfficeSuspended[SetInput],            // warns: what it gives waits
	changed(NamespaceAdmitted[SetInput]),     // the back office has to agree
	changed[SetInput](ExtendedSetsPermitted), // no looking into other teams' namespaces
	advice[SetInput](ExtendedSetsKnown),      // a rollout may bring them later
	changed[SetInput](ExtendsAcyclic),        // a set cannot inherit from itself
	changed(SetWithinCeiling),                // whoever applies it
	ActorMayWriteSet,                         // nobody makes or changes a stronger set, or inherits from one
	ActorMayGive,                             // nor puts into it what it does not have
	ActorMayDeny,                             // nor keeps anything from a stronger holder
	ActorMayPermit,                           // nor lets accounts hold it over which it has no power
	ActorMayOpenSet,                          // nor gives access to more data than it may
	OnePowerForSet,                           // powers are not added up
	SetBreaksGlass,                           // a reason, and escalate
	SetProtected,                             // whatever power the actor has
	changed[SetInput](ProtectedExtendsProtected),
	advice[SetInput](BypassDeclared),        // it has no effect
	changed[SetInput](PermissionsInCatalog), // spec.permissionCatalog
	KeyFree,                                 // warns: the other set may go in the same rollout
}

// SetDeletion judges sets that are deleted.
var SetDeletion = Chain[SetInput]{
	ActorMayWriteSet, // to delete is to take it from all holders
	ActorMayGive,     // and to give back what was denied
	ActorMayOpenSet,  // on all data
	OnePowerForSet,
	SetBreaksGlass,
	SetProtected, // first it has to be no longer
}

// SetStanding judges sets in the background. Keys are not among the rules: the store decides, atomically.
var SetStanding = Chain[SetInput]{
	Admitted[SetInput], // somebody stands behind it
	BackOfficeKnown[SetInput],
	NamespaceAdmitted[SetInput], // consent may be withdrawn
	ExtendedSetsPermitted,
	ExtendedSetsKnown,         // an extended set may be deleted, and what it denied with it
	ExtendsAcyclic,            // two requests at the same time may close a circle
	ProtectedExtendsProtected, // an extended set may appear later, or lose its protection
	PermissionsInCatalog,
	SetWithinCeiling, // ceilings and inherited sets may change
	SetAuthorized,    // an extended set may appear later, or another one
}

// The withdrawal chains are the rules of the background whose facts others change, for many objects at once: the policy of the BackOffice, the
// labels of a namespace, a set. What breaks nothing else is under the brake.

// UserWithdrawal are those for users.
var UserWithdrawal = Chain[UserInput]{
	NamespaceAdmitted[UserInput],
	AccountTypePermitted,
	AllowedIPsPresent,
	AnyIPPermitted,
	AllowedIPsWithin,
	PrefixLongEnough,
	AllowedIPsCount,
	EmailPresent,
	EmailWithinDomains,
	PhonePresent,
	SettingsKnown,
	FiltersDeclared[UserInput],
	FilterValuesKnown[UserInput],
	FilterDefaultGiven[UserInput],
	FiltersPresent,
}

// BindingWithdrawal are those for bindings.
var BindingWithdrawal = Chain[BindingInput]{
	NamespaceAdmitted[BindingInput],
	FiltersDeclared[BindingInput],
	FilterValuesKnown[BindingInput],
	FilterDefaultGiven[BindingInput],
	GrantsInCatalog,
	BindingWithinCeiling,
}

// SetWithdrawal are those for sets.
var SetWithdrawal = Chain[SetInput]{
	NamespaceAdmitted[SetInput],
	ProtectedExtendsProtected,
	PermissionsInCatalog,
	SetWithinCeiling,
}

// OfficeAdmission judges BackOffices that are created, changed or deleted.
var OfficeAdmission = Chain[OfficeInput]{
	BackOfficeNeedsEscalate, // who writes delegations hands out everything
	OfficeResetAtHand,       // a reset is for now
	NamespacesByName,        // of an operator that watches some namespaces alone
	StructurePossible,       // there has to be a password that can be generated
	StructureStrong,         // warns of passwords that can be guessed
	PasswordsKept,           // warns of passwords that vanish from Secrets
	NobodyWithdrawn,         // warns of what the change would take away
}
