// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Level is how much of a permission is given.
// +kubebuilder:validation:Enum=None;Read;Write
type Level string

// The levels. A higher one includes the lower ones; None takes away what an extended set gave.
const (
	LevelNone  Level = "None"
	LevelRead  Level = "Read"
	LevelWrite Level = "Write"
)

// Permission is the level of one path.
// +kubebuilder:validation:XValidation:rule="self.path != '*'",fieldPath=".path",message="* stands for everything in delegations and ceilings, and is no permission: list the paths"
type Permission struct {
	// path of the permission. A parent covers its children: orders covers orders/refund, unless the set has an entry for that.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:Pattern=`^[^\s/\p{Cc}]+(/[^\s/\p{Cc}]+)*$`
	Path string `json:"path"`

	// level is None, Read or Write.
	// +required
	Level Level `json:"level"`
}

// PermissionSetSpec is a named set of permissions with a rank.
// +kubebuilder:validation:XValidation:rule="self.backOfficeRef == oldSelf.backOfficeRef",fieldPath=".backOfficeRef",message="backOfficeRef is immutable: create the set in the other back office and delete this one"
type PermissionSetSpec struct {
	// backOfficeRef names the back office. Immutable.
	// +required
	BackOfficeRef BackOfficeReference `json:"backOfficeRef"`

	// key is the name of the set in the store, unique in the back office. Absent: metadata.name. Immutable.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[!-~]+$`
	Key string `json:"key,omitempty"`

	// displayName is the name that people see.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^\P{Cc}*$`
	DisplayName string `json:"displayName,omitempty"`

	// description is free text.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	// +kubebuilder:validation:Pattern=`^\P{Cc}*$`
	Description string `json:"description,omitempty"`

	// rank orders the sets of a family by power: 0 is the most powerful. Ranks may have gaps.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	Rank *int32 `json:"rank"`

	// rankFamily is the family in which the rank counts; ranks of different families do not compare. Absent: default.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	RankFamily string `json:"rankFamily,omitempty"`

	// accountTypes are the types of accounts that may hold the set. Absent: all. A set that extends it is held by no other types either.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=5
	AccountTypes []AccountType `json:"accountTypes,omitempty"`

	// protected keeps spec as it is, and the set from being deleted: only who breaks the glass may change that. A protected set extends
	// protected sets only.
	// +optional
	Protected bool `json:"protected,omitempty"`

	// extends lists sets whose permissions this one inherits. For one path the nearest set wins, at equal distance the higher level.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	Extends []PermissionSetReference `json:"extends,omitempty"`

	// permissions of the set.
	// +optional
	// +listType=map
	// +listMapKey=path
	// +kubebuilder:validation:MaxItems=4096
	Permissions []Permission `json:"permissions,omitempty"`

	// deny lists paths which a holder of this set does not have, whatever other sets give.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=1024
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=256
	// +kubebuilder:validation:items:Pattern=`^[^\s/\p{Cc}]+(/[^\s/\p{Cc}]+)*$`
	// +kubebuilder:validation:XValidation:rule="!self.exists(path, path == '*')",message="* stands for everything in delegations and ceilings, and is no permission: list the paths"
	Deny []string `json:"deny,omitempty"`

	// bypassFilters are dimensions on which what bindings of this set give is not narrowed, neither by the users' filters nor by their own. A
	// set does not inherit it.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	BypassFilters []string `json:"bypassFilters,omitempty"`
}

// PermissionSetStatus is what is in force.
type PermissionSetStatus struct {
	// conditions: Ready, Reconciling and Stalled.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation of spec that the conditions are about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// key is the name of the set in the store.
	// +optional
	Key string `json:"key,omitempty"`
}

// PermissionSet is a named, reusable set of permissions with a rank.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=permissionsets,shortName=pset,categories=backoffice-access
// +kubebuilder:printcolumn:name="Key",type=string,JSONPath=`.status.key`
// +kubebuilder:printcolumn:name="Rank",type=integer,JSONPath=`.spec.rank`
// +kubebuilder:printcolumn:name="Family",type=string,JSONPath=`.spec.rankFamily`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Display name",type=string,JSONPath=`.spec.displayName`,priority=1
// +kubebuilder:validation:XValidation:rule="(has(self.spec.key) ? self.spec.key : self.metadata.name) == (has(oldSelf.spec.key) ? oldSelf.spec.key : oldSelf.metadata.name)",fieldPath=".spec.key",message="key is immutable: create a new PermissionSet with the new key, bind it, and delete this one"
type PermissionSet struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is wanted.
	// +required
	Spec PermissionSetSpec `json:"spec"`

	// status is what is in force.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status PermissionSetStatus `json:"status,omitempty"`
}

// PermissionSetList is a list of PermissionSets.
//
// +kubebuilder:object:root=true
type PermissionSetList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []PermissionSet `json:"items"`
}
