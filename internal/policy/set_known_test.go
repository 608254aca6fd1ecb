// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestBoundSetKnown(t *testing.T) {
	b := testkit.Binding("b", "team", testkit.ToSet("shop/s"))
	ruleCases[BindingInput]{
		"known":   {BindingInput{New: b, NewSet: testkit.Set("s", "shop")}, nil},
		"unknown": {BindingInput{New: b}, []string{"Refuse ReferenceNotFound spec.permissionSetRef: Not found: PermissionSet shop/s does not exist; this takes effect when it appears"}},
	}.run(t, BoundSetKnown)
}

func TestExtendedSetsKnown(t *testing.T) {
	ruleCases[SetInput]{
		"all known": {SetInput{New: testkit.Set("s", "shop")}, nil},
		"some unknown, however far": {SetInput{NewAncestry: access.Ancestry{Missing: []string{"shop/a", "shop/b"}}}, []string{
			"Refuse ReferenceNotFound spec.extends: Not found: PermissionSet shop/a of this back office does not exist; this takes effect when it appears",
			"Refuse ReferenceNotFound spec.extends: Not found: PermissionSet shop/b of this back office does not exist; this takes effect when it appears",
		}},
	}.run(t, ExtendedSetsKnown)
}

func TestSubjectsKnown(t *testing.T) {
	b := testkit.Binding("b", "team")
	ruleCases[BindingInput]{
		"all known":    {BindingInput{New: b}, nil},
		"one of these": {BindingInput{New: b, MissingSubjects: []string{"ann"}}, []string{"Refuse ReferenceNotFound spec.subjects[ann]: Not found: BackOfficeUser team/ann of this back office does not exist; this takes effect when it appears"}},
	}.run(t, SubjectsKnown)
}
