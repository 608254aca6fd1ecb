// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// RoleBindingSpec hands a PermissionSet to users.
// +kubebuilder:validation:XValidation:rule="self.backOfficeRef == oldSelf.backOfficeRef",fieldPath=".backOfficeRef",message="backOfficeRef is immutable: create the binding in the other back office and delete this one"
// +kubebuilder:validation:XValidation:rule="has(self.subjects) || has(self.selector)",message="at least one of subjects and selector must be set"
// +kubebuilder:validation:XValidation:rule="!has(self.selector) || has(self.selector.matchLabels) && size(self.selector.matchLabels) > 0 || has(self.selector.matchExpressions) && size(self.selector.matchExpressions) > 0",fieldPath=".selector",message="must have a requirement: an empty selector would select every user of the namespace"
// +kubebuilder:validation:XValidation:rule="!has(self.notBefore) || !has(self.expiresAt) || self.notBefore < self.expiresAt",fieldPath=".expiresAt",message="must be after notBefore"
type RoleBindingSpec struct {
	// backOfficeRef names the back office. Immutable.
	// +required
	BackOfficeRef BackOfficeReference `json:"backOfficeRef"`

	// permissionSetRef names the set that is handed out.
	// +required
	PermissionSetRef PermissionSetReference `json:"permissionSetRef"`

	// subjects names users of this namespace.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=1024
	Subjects []RoleBindingSubject `json:"subjects,omitempty"`

	// selector selects users of this namespace by their labels.
	// +optional
	Selector *metav1.LabelSelector `json:"selector,omitempty"`

	// grants are permissions on top of the set's, for these subjects.
	// +optional
	// +listType=map
	// +listMapKey=path
	// +kubebuilder:validation:MaxItems=256
	Grants []Permission `json:"grants,omitempty"`

	// deny lists paths which these subjects do not have, whatever sets and other bindings give.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=256
	// +kubebuilder:validation:items:Pattern=`^[^\s/\p{Cc}]+(/[^\s/\p{Cc}]+)*$`
	// +kubebuilder:validation:XValidation:rule="!self.exists(path, path == '*')",message="* stands for everything in delegations and ceilings, and is no permission: list the paths"
	Deny []string `json:"deny,omitempty"`

	// filters narrow what this binding gives to some data, one for each dimension of the BackOffice, on top of the users' own filters. What
	// other bindings give is not narrowed by them.
	// +optional
	// +listType=map
	// +listMapKey=dimension
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	Filters []Filter `json:"filters,omitempty"`

	// notBefore is when the binding begins to be in force. Absent: at once.
	// +optional
	NotBefore *metav1.Time `json:"notBefore,omitempty"`

	// expiresAt is when the binding ends to be in force, by the clock of the store. Absent: never.
	// +optional
	ExpiresAt *metav1.Time `json:"expiresAt,omitempty"`
}

// RoleBindingSubject names a BackOfficeUser.
type RoleBindingSubject struct {
	// name of a BackOfficeUser of the same namespace.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`
}

// RoleBindingStatus is what is in force.
type RoleBindingStatus struct {
	// conditions: Ready, Reconciling and Stalled.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation of spec that the conditions are about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
}

// RoleBinding hands a PermissionSet to users, by name or by label.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=rolebindings,shortName=borb,categories=backoffice-access
// +kubebuilder:printcolumn:name="Set",type=string,JSONPath=`.spec.permissionSetRef.name`
// +kubebuilder:printcolumn:name="Expires",type=string,JSONPath=`.spec.expiresAt`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type RoleBinding struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is wanted.
	// +required
	Spec RoleBindingSpec `json:"spec"`

	// status is what is in force.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status RoleBindingStatus `json:"status,omitempty"`
}

// RoleBindingList is a list of RoleBindings.
//
// +kubebuilder:object:root=true
type RoleBindingList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []RoleBinding `json:"items"`
}
