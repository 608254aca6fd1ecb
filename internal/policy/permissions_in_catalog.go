// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// maxSuggestions bounds the names for which the nearest match is looked for: each is compared with the whole catalogue.
const maxSuggestions = 16

// PermissionsInCatalog demands that a set names only permissions of a closed catalogue: its entries and the paths above them.
func PermissionsInCatalog(in SetInput) []Violation {
	return strangers(in.Office, entries{"permissions", in.New.Spec.Permissions}, in.New.Spec.Deny)
}

// BindingPermissionsInCatalog demands that of a binding's own grants and denials.
func BindingPermissionsInCatalog(in BindingInput) []Violation {
	return strangers(in.Office, entries{"grants", in.New.Spec.Grants}, in.New.Spec.Deny)
}

// GrantsInCatalog demands it of the grants alone, in the background: a binding that is withheld denies nothing, and a denial of what the catalogue
// does not have any more is no reason to give back what else it denies.
func GrantsInCatalog(in BindingInput) []Violation {
	return strangers(in.Office, entries{"grants", in.New.Spec.Grants}, nil)
}

// Stranger says that a closed catalogue does not have a permission, nor anything below it; empty where it has.
func Stranger(office *v1alpha1.BackOffice, permission string) string {
	for _, v := range strangers(office, entries{}, []string{permission}) {
		return v.Message
	}
	return ""
}

// entries are permissions of a field of spec.
type entries struct {
	field       string
	permissions []v1alpha1.Permission
}

// strangers are the violations of what a closed catalogue does not have.
func strangers(office *v1alpha1.BackOffice, given entries, denied []string) []Violation {
	if office == nil || len(office.Spec.PermissionCatalog) == 0 || len(given.permissions)+len(denied) == 0 {
		return nil
	}
	known := map[string]bool{}
	for _, entry := range office.Spec.PermissionCatalog {
		for end := len(entry); end > 0; end = strings.LastIndexByte(entry[:end], '/') {
			known[entry[:end]] = true
		}
	}
	var violations []Violation
	check := func(path *field.Path, name string) {
		if known[name] {
			return
		}
		message := fmt.Sprintf("%s is not in the catalogue of BackOffice %s/%s", name, office.Namespace, office.Name)
		if len(violations) < maxSuggestions {
			if match := nearest(name, office.Spec.PermissionCatalog); match != "" {
				message += "; did you mean " + match + "?"
			}
		}
		violations = append(violations, Violation{
			Severity: Refuse, Reason: v1alpha1.ReasonPermissionUnknown, Field: path, Kind: field.ErrorTypeNotSupported,
			Message: message, about: []string{name},
		})
	}
	for i, permission := range given.permissions {
		check(field.NewPath("spec", given.field).Index(i).Child("path"), permission.Path)
	}
	for i, path := range denied {
		check(field.NewPath("spec", "deny").Index(i), path)
	}
	return violations
}
