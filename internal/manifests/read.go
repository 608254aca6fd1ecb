// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package manifests

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// Options say what is read.
type Options struct {
	// Paths are files and folders, which are read with all that is below them; "-" is In.
	Paths []string
	// Kustomize are folders that kustomize builds.
	Kustomize []string
	In        io.Reader
	// Namespace is that of objects that name none.
	Namespace string
}

// Read reads manifests. What is wrong with their text is a finding; an error is a file that cannot be read.
func Read(o Options) (*Manifests, error) {
	r := reader{Manifests: &Manifests{Skipped: map[string]int{}, seen: map[string]Source{}}, namespace: o.Namespace}
	for _, path := range o.Paths {
		if err := r.path(path, o.In); err != nil {
			return nil, err
		}
	}
	for _, dir := range o.Kustomize {
		if err := r.kustomize(dir); err != nil {
			return nil, err
		}
	}
	return r.Manifests, nil
}

type reader struct {
	*Manifests
	namespace string
}

func (r reader) path(path string, in io.Reader) error {
	if path == "-" {
		text, err := io.ReadAll(in)
		if err != nil {
			return fmt.Errorf("reading the standard input: %w", err)
		}
		r.file("stdin", text)
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return r.open(path)
	}
	root := path + string(filepath.Separator) // so that a link to a folder is one
	return filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != root && strings.HasPrefix(entry.Name(), "."):
			return filepath.SkipDir // such as .git
		case entry.IsDir() && entry.Name() == "templates" && isFile(filepath.Join(filepath.Dir(name), "Chart.yaml")):
			r.note("%s are templates of Helm, and were left out: helm template %s | kubectl backoffice lint -f -", name, filepath.Dir(name))
			return filepath.SkipDir
		case entry.IsDir() || !isManifest(name):
			return nil
		case isKustomization(entry.Name()):
			r.note("%s was not built: -k %s reads what kustomize makes of it", name, filepath.Dir(name))
			return nil
		}
		return r.open(name)
	})
}

func (r reader) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

func isManifest(name string) bool {
	return slices.Contains([]string{".yaml", ".yml", ".json"}, strings.ToLower(filepath.Ext(name)))
}

func isKustomization(name string) bool {
	return slices.Contains([]string{"kustomization.yaml", "kustomization.yml", "Kustomization"}, name)
}

func (r reader) open(path string) error {
	text, err := os.ReadFile(path) //nolint:gosec // G304: the person who runs this names the files.
	if err != nil {
		return err
	}
	r.file(path, text)
	return nil
}

// file reads the documents of a file.
func (r reader) file(name string, text []byte) {
	r.Files++
	for _, d := range split(text) {
		objects, problems := d.objects(name)
		if len(problems) > 0 && len(objects) == 0 && bytes.Contains(d.text, []byte("{{")) {
			r.Findings = append(r.Findings, Finding{
				Source: Source{name, d.line}, Message: "this is a template, not a manifest: have Helm render it, helm template CHART | kubectl backoffice lint -f -",
			})
			continue
		}
		r.Findings = append(r.Findings, problems...)
		for _, o := range objects {
			r.add(o, r.namespace)
		}
	}
}

// kustomize reads what kustomize builds. Nothing is known of the lines.
func (r reader) kustomize(dir string) error {
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionUnspecified // the kustomization says in which order
	built, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), dir)
	if err != nil {
		return fmt.Errorf("building %s: %w", dir, err)
	}
	text, err := built.AsYaml()
	if err != nil {
		return fmt.Errorf("building %s: %w", dir, err)
	}
	r.Files++
	for _, d := range split(text) {
		objects, problems := d.objects(dir)
		r.Findings = append(r.Findings, problems...)
		for _, o := range objects {
			o.Line, o.lines = 0, lines{}
			r.add(o, r.namespace)
		}
	}
	return nil
}
