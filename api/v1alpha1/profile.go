// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Gender of a person.
type Gender string

// The genders. Absent: not told.
const (
	GenderFemale Gender = "Female"
	GenderMale   Gender = "Male"
	GenderOther  Gender = "Other"
)

// Profile is personal data. Its rules are CEL, whose refusals do not repeat the value.
// +kubebuilder:validation:XValidation:rule="!has(self.fullName) || self.fullName.matches('^\\\\P{Cc}+$')",fieldPath=".fullName",message="may not be empty or hold control characters"
// +kubebuilder:validation:XValidation:rule="!has(self.firstName) || self.firstName.matches('^\\\\P{Cc}+$')",fieldPath=".firstName",message="may not be empty or hold control characters"
// +kubebuilder:validation:XValidation:rule="!has(self.lastName) || self.lastName.matches('^\\\\P{Cc}+$')",fieldPath=".lastName",message="may not be empty or hold control characters"
// +kubebuilder:validation:XValidation:rule="!has(self.email) || self.email.matches('^[!-?A-~]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?[.])+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$')",fieldPath=".email",message="must be an e-mail address such as name@shop.example, in printable ASCII without spaces; write an international domain as A-labels (xn--…)"
// +kubebuilder:validation:XValidation:rule="!has(self.phone) || self.phone.matches('^[+][1-9][0-9]{1,14}$')",fieldPath=".phone",message="must be a telephone number by E.164: + and the dialling code, then digits alone, at most 15, such as +48221234567"
// +kubebuilder:validation:XValidation:rule="!has(self.language) || self.language.matches('^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*$')",fieldPath=".language",message="must be a language tag by BCP 47, such as pl, de-AT or zh-Hant"
// +kubebuilder:validation:XValidation:rule="!has(self.gender) || self.gender in ['Female', 'Male', 'Other']",fieldPath=".gender",message="must be Female, Male or Other; leave it out where it is not told"
// +kubebuilder:validation:XValidation:rule="!has(self.pictureURL) || isURL(self.pictureURL) && url(self.pictureURL).getScheme() == 'https' && size(url(self.pictureURL).getHostname()) > 0 && !self.pictureURL.contains('@')",fieldPath=".pictureURL",message="must be an https URL with a host and without a user, such as https://shop.example/pictures/1.png"
type Profile struct {
	// fullName is the real name. It is not displayed in the back office.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	FullName string `json:"fullName,omitempty"`

	// firstName, as the back office displays it.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	FirstName string `json:"firstName,omitempty"`

	// lastName, as the back office displays it.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	LastName string `json:"lastName,omitempty"`

	// email is the professional e-mail address, unique in the back office whatever the case.
	// +optional
	// +kubebuilder:validation:MaxLength=254
	Email string `json:"email,omitempty"`

	// phone is a telephone number by E.164, such as +48221234567.
	// +optional
	// +kubebuilder:validation:MaxLength=16
	Phone string `json:"phone,omitempty"`

	// language is a tag by BCP 47, such as pl or de-AT.
	// +optional
	// +kubebuilder:validation:MaxLength=35
	Language string `json:"language,omitempty"`

	// gender is Female, Male or Other. Absent: not told.
	// +optional
	// +kubebuilder:validation:MaxLength=16
	Gender Gender `json:"gender,omitempty"`

	// pictureURL is where the user's picture is, by https.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	PictureURL string `json:"pictureURL,omitempty"`
}

// EffectiveEmail is the user's e-mail address; empty where there is none.
func (u *BackOfficeUser) EffectiveEmail() string {
	if u.Spec.Profile == nil {
		return ""
	}
	return u.Spec.Profile.Email
}
