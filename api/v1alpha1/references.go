// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// BackOfficeReference names the BackOffice that an object belongs to.
type BackOfficeReference struct {
	// name of the BackOffice.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`

	// namespace of the BackOffice; absent: the namespace of the referring object. A BackOffice in another namespace has to admit
	// this one in its spec.namespaces.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace,omitempty"`
}

// PermissionSetReference names a PermissionSet.
type PermissionSetReference struct {
	// name of the PermissionSet.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`

	// namespace of the PermissionSet; absent: the namespace of the referring object. The only other one that may be named is the
	// namespace of the BackOffice.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace,omitempty"`
}
