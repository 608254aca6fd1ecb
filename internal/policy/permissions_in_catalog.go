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
	if in.Office == nil || len(in.Office.Spec.PermissionCatalog) == 0 {
		return nil
	}
	known := map[string]bool{}
	for _, entry := range in.Office.Spec.PermissionCatalog {
		for end := len(entry); end > 0; end = strings.LastIndexByte(entry[:end], '/') {
			known[entry[:end]] = true
		}
	}
	var violations []Violation
	check := func(path *field.Path, name string) {
		if known[name] {
			return
		}
		message := fmt.Sprintf("%s is not in the catalogue of BackOffice %s/%s", name, in.Office.Namespace, in.Office.Name)
		if len(violations) < maxSuggestions {
			if match := nearest(name, in.Office.Spec.PermissionCatalog); match != "" {
				message += "; did you mean " + match + "?"
			}
		}
		violations = append(violations, Violation{
			Severity: Refuse, Reason: v1alpha1.ReasonPermissionUnknown, Field: path, Kind: field.ErrorTypeNotSupported,
			Message: message, about: []string{name},
		})
	}
	for i, permission := range in.New.Spec.Permissions {
		check(field.NewPath("spec", "permissions").Index(i).Child("path"), permission.Path)
	}
	for i, denied := range in.New.Spec.Deny {
		check(field.NewPath("spec", "deny").Index(i), denied)
	}
	return violations
}
