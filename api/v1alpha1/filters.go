// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// FilterMode says which data of a dimension a filter lets through.
// +kubebuilder:validation:Enum=All;Only;Tagged;Owned;None
type FilterMode string

// The modes of a filter.
const (
	// FilterAll lets all data through. It is written to say so, and admission warns.
	FilterAll FilterMode = "All"
	// FilterOnly lets the data of some values and groups through.
	FilterOnly FilterMode = "Only"
	// FilterTagged lets data through that has one of some tags.
	FilterTagged FilterMode = "Tagged"
	// FilterOwned lets data through that the user owns.
	FilterOwned FilterMode = "Owned"
	// FilterNone lets nothing through.
	FilterNone FilterMode = "None"
)

// FilterAccess says what may be done with the data that a filter lets through.
// +kubebuilder:validation:Enum=ReadWrite;ReadOnly
type FilterAccess string

// The access that a filter leaves.
const (
	// FilterReadWrite leaves the level of the permission as it is.
	FilterReadWrite FilterAccess = "ReadWrite"
	// FilterReadOnly leaves Read of a permission whose level is Write.
	FilterReadOnly FilterAccess = "ReadOnly"
)

// Filter narrows access to some data of one dimension of the BackOffice. Several filters narrow together: data has to pass all of them. A
// dimension without a filter is not narrowed.
// +kubebuilder:validation:XValidation:rule="(self.mode == 'Only') == (has(self.values) || has(self.groups))",message="values and groups belong to mode Only, which needs one of them"
// +kubebuilder:validation:XValidation:rule="(self.mode == 'Tagged') == has(self.tags)",fieldPath=".tags",message="tags belong to mode Tagged, which needs them"
// +kubebuilder:validation:XValidation:rule="!has(self.default) || self.mode == 'All' || self.mode == 'Only'",fieldPath=".default",message="a default belongs to modes All and Only"
// +kubebuilder:validation:XValidation:rule="!has(self.default) || !has(self.values) || has(self.groups) || self.default in self.values",fieldPath=".default",message="must be one of values"
// +kubebuilder:validation:XValidation:rule="!has(self.access) || self.mode != 'None'",fieldPath=".access",message="mode None lets nothing through: remove access"
type Filter struct {
	// dimension names one of spec.filterDimensions of the BackOffice.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Dimension string `json:"dimension"`

	// mode is All, Only, Tagged, Owned or None.
	// +required
	Mode FilterMode `json:"mode"`

	// access is ReadWrite or ReadOnly. Absent: ReadWrite.
	// +optional
	Access FilterAccess `json:"access,omitempty"`

	// values of the dimension that mode Only lets through.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=128
	// +kubebuilder:validation:items:Pattern=`^\P{Cc}+$`
	Values []string `json:"values,omitempty"`

	// groups of values that mode Only lets through. Which values are in a group is the back office's own data.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=128
	// +kubebuilder:validation:items:Pattern=`^\P{Cc}+$`
	Groups []string `json:"groups,omitempty"`

	// tags of which data needs one to be let through by mode Tagged.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=128
	// +kubebuilder:validation:items:Pattern=`^\P{Cc}+$`
	Tags []string `json:"tags,omitempty"`

	// default is the value with which the user begins. Needed where the dimension has defaultRequired and the filter lets several values
	// through.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^\P{Cc}+$`
	Default string `json:"default,omitempty"`
}

// FilterDimension is a kind of data by which access can be narrowed.
type FilterDimension struct {
	// name of the dimension, such as entities or sales-channels.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Name string `json:"name"`

	// defaultRequired demands a default of each user's filter that lets several values, or a group, through.
	// +optional
	DefaultRequired bool `json:"defaultRequired,omitempty"`

	// values that the dimension has. Absent: any.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=1024
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=128
	// +kubebuilder:validation:items:Pattern=`^\P{Cc}+$`
	Values []string `json:"values,omitempty"`
}

// EffectiveAccess is access, ReadWrite where it is absent.
func (f Filter) EffectiveAccess() FilterAccess {
	if f.Access == "" {
		return FilterReadWrite
	}
	return f.Access
}
