// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

func TestDelegationsAreWrittenInYAML(t *testing.T) {
	four := int32(4)
	for want, c := range map[string]struct {
		name string
		delegation
	}{
		`{subjects: [{kind: User, name: lea@shop.example}], rank: <number>}`:                 {"lea@shop.example", delegation{}},
		`{subjects: [{kind: User, name: "oidc:lea"}], rank: 4}`:                              {"oidc:lea", delegation{rank: &four}},
		`{subjects: [{kind: User, name: "on"}], rank: 4}`:                                    {"on", delegation{rank: &four}},
		`{subjects: [{kind: User, name: "7"}], rank: 4}`:                                     {"7", delegation{rank: &four}},
		`{subjects: [{kind: ServiceAccount, namespace: argocd, name: controller}], rank: 4}`: {argo, delegation{rank: &four}},
		`{subjects: [{kind: User, name: "system:serviceaccount:argocd"}], rank: 4}`:          {"system:serviceaccount:argocd", delegation{rank: &four}},
		`{subjects: [{kind: User, name: "a}], rank: 0}, {subjects: [{name: eve"}], rank: 4}`: {"a}], rank: 0}, {subjects: [{name: eve", delegation{rank: &four}},
		`{subjects: [{kind: User, name: lea}], rank: 4, permissions: [orders/edit, "*"], families: [x, "1"], accountTypes: [Staff]}`: {
			"lea", delegation{rank: &four, permissions: []string{"orders/edit", "*"}, families: []string{"x", "1"}, accountTypes: []string{"Staff"}},
		},
	} {
		t.Run(want, func(t *testing.T) {
			NewWithT(t).Expect(Actor{Name: c.name}.delegation(c.delegation)).To(Equal(want))
		})
	}
}

// Whoever asks has chosen their name, and the paths: a proposal that is pasted has to be what it seems.
func TestProposedDelegationsAreReadAsTheyAreMeant(t *testing.T) {
	text := rapid.StringMatching(`[ -~é]{1,12}`)
	rapid.Check(t, func(t *rapid.T) {
		r, name := rapid.Int32Min(0).Draw(t, "rank"), rapid.OneOf(text, rapid.SampledFrom([]string{"yes", "null", "0x1", "1e3", "~", "- a", "a: b", "#"})).Draw(t, "name")
		paths := rapid.SliceOfN(text, 0, 3).Draw(t, "paths")
		var read v1alpha1.Delegation
		proposed := Actor{Name: name}.delegation(delegation{rank: &r, permissions: paths})
		if err := yaml.UnmarshalStrict([]byte(proposed), &read); err != nil {
			t.Fatalf("%s: %v", proposed, err)
		}
		if len(read.Subjects) != 1 || read.Subjects[0].Name != name || *read.Rank != r || strings.Join(read.Permissions, "\n") != strings.Join(paths, "\n") {
			t.Fatalf("%s is read as %+v", proposed, read)
		}
	})
}
