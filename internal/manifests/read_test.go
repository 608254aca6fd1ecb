// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package manifests_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/manifests"
)

const user = "apiVersion: access.backoffice-operator.io/v1alpha1\nkind: BackOfficeUser\n"

// folder writes files.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		NewWithT(t).Expect(os.MkdirAll(filepath.Dir(path), 0o700)).To(Succeed())
		NewWithT(t).Expect(os.WriteFile(path, []byte(text), 0o600)).To(Succeed())
	}
	return dir
}

func read(t *testing.T, dir string) *manifests.Manifests {
	t.Helper()
	m, err := manifests.Read(manifests.Options{Paths: []string{dir}, Namespace: "here"})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return m
}

func TestReadsFoldersDocumentsAndLists(t *testing.T) {
	g := NewWithT(t)
	m := read(t, folder(t, map[string]string{
		"a.yaml": "# first\n---\n" + user + "metadata: {name: ann}\nspec:\n  allowedIPs:\n  - 203.0.113.7\n--- # another\n" +
			user + "metadata: {name: bob, namespace: there}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\n",
		"below/b.json":      `{"kind": "List", "apiVersion": "v1", "items": [{"apiVersion": "access.backoffice-operator.io/v1alpha1", "kind": "PermissionSet", "metadata": {"name": "viewer"}}]}`,
		"namespace.yml":     "apiVersion: v1\nkind: Namespace\nmetadata: {name: here, labels: {team: support}}\n",
		".git/c.yaml":       "no: manifest",
		"values.yaml":       "replicas: 1\n",
		"README.md":         "text",
		"chart/Chart.yaml":  "name: access\n",
		"chart/templates/x": "{{",
	}))
	var names []string
	for _, o := range m.Objects {
		names = append(names, o.GetKind()+" "+o.Key().String())
	}
	g.Expect(names).To(Equal([]string{"BackOfficeUser here/ann", "BackOfficeUser there/bob", "PermissionSet here/viewer"}))
	g.Expect(m.Findings).To(BeEmpty())
	g.Expect(m.Skipped).To(Equal(map[string]int{"Secret": 1, "documents without a kind": 2}))
	g.Expect(m.Namespaces).To(HaveLen(1))
	g.Expect(m.Namespaces[0].Labels).To(Equal(map[string]string{"team": "support"}))
	g.Expect(m.Notes).To(ConsistOf(ContainSubstring("helm template")))

	ann := m.Objects[0]
	g.Expect(ann.Line).To(Equal(3))
	g.Expect(ann.At("spec.allowedIPs[0]").Line).To(Equal(8))
	g.Expect(ann.At("spec.allowedIPs[7].x").Line).To(Equal(7), "the nearest that is there")
	g.Expect(ann.At("status").Line).To(Equal(3))
	g.Expect(m.Objects[1].Line).To(Equal(10))
}

func TestFollowsALinkToAFolder(t *testing.T) {
	g := NewWithT(t)
	dir := folder(t, map[string]string{"to/u.yaml": user + "metadata: {name: ann}\n"})
	g.Expect(os.Symlink(filepath.Join(dir, "to"), filepath.Join(dir, "link"))).To(Succeed())
	m := read(t, filepath.Join(dir, "link"))
	g.Expect(m.Objects).To(HaveLen(1))
	g.Expect(m.Objects[0].File).To(Equal(filepath.Join(dir, "link", "u.yaml")))
	t.Chdir(filepath.Join(dir, "to"))
	g.Expect(read(t, ".").Objects).To(HaveLen(1))
}

func TestTellsWhatIsWrongWithAFile(t *testing.T) {
	for name, test := range map[string]struct{ text, finding string }{
		"a key twice":     {user + "metadata: {name: ann}\nspec:\n  login: a\n  login: b\n", `f.yaml:1: cannot be read as YAML: yaml: unmarshal errors: line 6: key "login" already set in map`},
		"no YAML":         {"\n---\na: [1\n", "f.yaml:3: cannot be read as YAML"},
		"an object twice": {user + "metadata: {name: ann}\n---\n" + user + "metadata: {name: ann, namespace: here}\n", "f.yaml:5 BackOfficeUser here/ann: it stands at"},
		"another version": {"apiVersion: access.backoffice-operator.io/v1\nkind: BackOfficeUser\nmetadata: {name: ann}\n", "apiVersion must be access.backoffice-operator.io/v1alpha1"},
		"another kind":    {"apiVersion: access.backoffice-operator.io/v1alpha1\nkind: Role\nmetadata: {name: ann}\n", `has no kind "Role"`},
		"a template":      {user + "metadata: {name: {{ .Values.name }}}\n", "helm template CHART"},
		"a list of texts": {"- a\n- b\n", "is no object"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			m := read(t, folder(t, map[string]string{"f.yaml": test.text}))
			g.Expect(m.Findings).To(HaveLen(1))
			g.Expect(m.Findings[0].String()).To(ContainSubstring(test.finding))
		})
	}
}

func TestReadsWhatKustomizeBuilds(t *testing.T) {
	g := NewWithT(t)
	dir := folder(t, map[string]string{
		"kustomization.yaml": "namespace: shop\nresources: [u.yaml]\n", "u.yaml": user + "metadata: {name: ann}\n",
	})
	m, err := manifests.Read(manifests.Options{Kustomize: []string{dir}})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(m.Objects).To(HaveLen(1))
	g.Expect(m.Objects[0].Key().String()).To(Equal("shop/ann"))
	g.Expect(m.Objects[0].String()).To(Equal(dir))
}

func TestReadsTheStandardInput(t *testing.T) {
	g := NewWithT(t)
	m, err := manifests.Read(manifests.Options{Paths: []string{"-"}, In: strings.NewReader(user + "metadata: {name: ann}\n"), Namespace: "here"})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(m.Objects[0].String()).To(Equal("stdin:1"))
	_, err = manifests.Read(manifests.Options{Paths: []string{"nowhere"}})
	g.Expect(err).To(MatchError(os.ErrNotExist))
}
