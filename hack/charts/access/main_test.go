// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
)

func TestWhatIsInTheTreeIsWhatTheCRDsAndSamplesSay(t *testing.T) {
	g := NewWithT(t)
	root, err := devcluster.Repository()
	g.Expect(err).NotTo(HaveOccurred())
	files, err := generated(root)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(files).To(HaveLen(6))
	for path, want := range files {
		got, err := os.ReadFile(filepath.Join(root, path))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(string(got)).To(Equal(string(want)), "go run ./hack/charts/access writes %s", path)
	}
}

func TestAFieldIsConvertedAsItIsMergedOrReplaced(t *testing.T) {
	text := object{"type": "string", "enum": []any{"A", "B"}}
	for about, c := range map[string]struct{ schema, want object }{
		"what is merged may be null": {
			object{"type": "object", "required": []any{"a"}, "properties": object{"a": text}},
			object{
				"type": []any{"object", "null"}, "additionalProperties": false, "patternProperties": refusal(),
				"properties": object{"a": object{"type": []any{"string", "null"}, "enum": []any{"A", "B", nil}}},
			},
		},
		"what stands in a list may not, and needs all that it needs": {
			object{"type": "array", "x-kubernetes-list-type": "set", "items": object{"type": "object", "required": []any{"a"}, "properties": object{"a": text}}},
			object{"type": []any{"array", "null"}, "uniqueItems": true, "items": object{
				"type": "object", "required": []any{"a"}, "additionalProperties": false, "patternProperties": refusal(), "properties": object{"a": text},
			}},
		},
		"a map of texts may not have a password among its keys": {
			object{"type": "object", "additionalProperties": text},
			object{
				"type": []any{"object", "null"}, "patternProperties": refusal(),
				"additionalProperties": object{"type": []any{"string", "null"}, "enum": []any{"A", "B", nil}},
			},
		},
		"what only the API server understands is left to it": {
			object{"type": "string", "format": "int64", "x-kubernetes-validations": []any{object{"rule": "true"}}},
			object{"type": []any{"string", "null"}},
		},
	} {
		t.Run(about, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(merged(c.schema)).To(Equal(c.want))
		})
	}
}

func TestAFieldWithTheNameOfAPasswordNeedsADecision(t *testing.T) {
	for _, name := range []string{"password", "initialPassword", "passwd", "passphrase", "PASSWORD", "token", "secret", "url"} {
		g := NewWithT(t)
		_, err := merged(object{"type": "object", "properties": object{name: object{"type": "string"}}})
		g.Expect(err).To(MatchError(ContainSubstring("field " + name + " has a name that is refused as that of a password")))
	}
	for _, name := range []string{"secretRef", "secretName", "urlSecretRef", "pictureURL", "passing", "hash"} {
		g := NewWithT(t)
		_, err := merged(object{"type": "object", "properties": object{name: object{"type": "string"}}})
		g.Expect(err).NotTo(HaveOccurred())
	}
}

func TestTheProfileHasNoRuleWhoseRefusalRepeatsIt(t *testing.T) {
	g := NewWithT(t)
	schema := object{"type": "object", "properties": object{"profile": object{"type": "object", "properties": object{
		"email": object{"type": "string", "pattern": "@", "maxLength": 9},
	}}}}
	converted, err := merged(schema)
	g.Expect(err).NotTo(HaveOccurred())
	profile := converted["properties"].(object)["profile"].(object)["properties"].(object)
	g.Expect(profile["email"]).To(Equal(object{"type": []any{"string", "null"}, "maxLength": 9}))
}

func TestACRDOfTwoVersionsNeedsADecision(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "crd.yaml")
	g.Expect(os.WriteFile(path, []byte(strings.Repeat("- {}\n", 2)), 0o600)).To(Succeed())
	_, err := specOf(path)
	g.Expect(err).To(HaveOccurred())
	g.Expect(os.WriteFile(path, []byte("spec: {versions: [{}, {}]}"), 0o600)).To(Succeed())
	_, err = specOf(path)
	g.Expect(err).To(MatchError(ContainSubstring("has 2 versions; decide which one values are of")))
}
