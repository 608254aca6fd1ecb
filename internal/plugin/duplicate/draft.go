// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package duplicate

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/manifest"
)

// request is what somebody says about the new user.
type request struct {
	login, fullName, firstName, lastName, email, phone string
	withoutFilters                                     bool
}

// draft is the new user: what USER may, and nothing of who USER is.
func draft(u *v1alpha1.BackOfficeUser, name string, r request) *v1alpha1.BackOfficeUser {
	is := u.DeepCopy()
	d := &v1alpha1.BackOfficeUser{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: u.Namespace, Labels: manifest.Labels(is.Labels)},
		Spec: v1alpha1.BackOfficeUserSpec{
			BackOfficeRef: is.Spec.BackOfficeRef, Login: r.login, AccountType: is.Spec.AccountType, AllowedIPs: is.Spec.AllowedIPs,
			Settings: is.Spec.Settings, DeletionPolicy: is.Spec.DeletionPolicy,
		},
	}
	if !r.withoutFilters {
		d.Spec.Filters = is.Spec.Filters
	}
	if c := is.Spec.Credentials; c != nil && c.Rotation != nil {
		d.Spec.Credentials = &v1alpha1.UserCredentials{Rotation: c.Rotation}
	}
	profile := v1alpha1.Profile{FullName: r.fullName, FirstName: r.firstName, LastName: r.lastName, Email: r.email, Phone: r.phone}
	if profile != (v1alpha1.Profile{}) {
		d.Spec.Profile = &profile
	}
	return d
}

// lacking is what the request has to say because USER has it; empty where nothing is missing.
func lacking(u *v1alpha1.BackOfficeUser, r request) string {
	if p := u.Spec.Profile; p != nil && p.FullName != "" && r.fullName == "" {
		return fmt.Sprintf("--full-name is needed: the profile of user %s has one, and that is not copied", u.Name)
	}
	return ""
}

// notes are what there is to know of a copy. They name fields, and never what is in them.
func notes(u, d *v1alpha1.BackOfficeUser) (notes []string) {
	if left := leftOut(u, d); len(left) > 0 {
		notes = append(notes, fmt.Sprintf("not copied from user %s: %s", u.Name, strings.Join(left, ", ")))
	}
	if len(u.Spec.Filters) > 0 && len(d.Spec.Filters) == 0 {
		notes = append(notes, "without filters nothing narrows to some data what the copy may do, unless the back office demands filters")
	}
	switch {
	case u.EffectiveState() != v1alpha1.StateActive:
		notes = append(notes, fmt.Sprintf("user %s is %s, and the copy is active", u.Name, strings.ToLower(string(u.EffectiveState()))))
	case u.Held():
		notes = append(notes, fmt.Sprintf("user %s is on hold, and the copy is not", u.Name))
	}
	return notes
}

// leftOut are the fields that USER has and the copy has not.
func leftOut(u, d *v1alpha1.BackOfficeUser) (fields []string) {
	before, after := valueOf(u.Spec.Profile), valueOf(d.Spec.Profile)
	credentials := valueOf(u.Spec.Credentials)
	for _, f := range []struct {
		name string
		left bool
	}{
		{"spec.profile.firstName", before.FirstName != "" && after.FirstName == ""},
		{"spec.profile.lastName", before.LastName != "" && after.LastName == ""},
		{"spec.profile.email", before.Email != "" && after.Email == ""},
		{"spec.profile.phone", before.Phone != "" && after.Phone == ""},
		{"spec.profile.language", before.Language != ""},
		{"spec.profile.gender", before.Gender != ""},
		{"spec.profile.pictureURL", before.PictureURL != ""},
		{"spec.description", u.Spec.Description != ""},
		{"spec.kubernetesUser", u.Spec.KubernetesUser != ""},
		{"spec.filters", len(u.Spec.Filters) > 0 && len(d.Spec.Filters) == 0},
		{"spec.credentials.source", credentials.Source != "" && credentials.Source != v1alpha1.CredentialGenerated},
		{"spec.credentials.secretName", credentials.SecretName != ""},
		{"annotations", len(manifest.Annotations(u.Annotations)) > 0},
	} {
		if f.left {
			fields = append(fields, f.name)
		}
	}
	return fields
}

func valueOf[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}
