// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"regexp"

	"sigs.k8s.io/yaml"
)

// plugin is what krew reads of a manifest.
type plugin struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Spec struct {
		Version          string   `json:"version"`
		Homepage         string   `json:"homepage"`
		ShortDescription string   `json:"shortDescription"`
		Description      string   `json:"description"`
		Caveats          string   `json:"caveats"`
		Platforms        []target `json:"platforms"`
	} `json:"spec"`
}

// target is one platform of a manifest.
type target struct {
	Selector struct {
		MatchLabels map[string]string `json:"matchLabels"`
	} `json:"selector"`
	URI    string `json:"uri"`
	SHA256 string `json:"sha256"`
	Bin    string `json:"bin"`
	Files  []struct {
		From string `json:"from"`
		To   string `json:"to"`
	} `json:"files"`
}

func (t target) name() string {
	return t.Selector.MatchLabels["os"] + "/" + t.Selector.MatchLabels["arch"]
}

var semantic = regexp.MustCompile(`^v(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?$`)

// check judges a manifest by what krew demands, with the archives that it speaks of, by their names.
func check(text []byte, archives map[string][]byte) error {
	var p plugin
	if err := yaml.UnmarshalStrict(text, &p); err != nil {
		return err
	}
	switch {
	case p.APIVersion != "krew.googlecontainertools.github.com/v1alpha2" || p.Kind != "Plugin":
		return fmt.Errorf("it is a %s %s", p.APIVersion, p.Kind)
	case p.Metadata.Name != "backoffice":
		return fmt.Errorf("the plugin is named %q", p.Metadata.Name)
	case !semantic.MatchString(p.Spec.Version):
		return fmt.Errorf("the version %q is none such as v1.2.3", p.Spec.Version)
	case p.Spec.ShortDescription == "" || len(p.Spec.ShortDescription) > 50:
		return errors.New("the short description must have 1 to 50 characters")
	case len(p.Spec.Platforms) == 0:
		return errors.New("there is no platform")
	}
	seen := map[string]bool{}
	for _, t := range p.Spec.Platforms {
		if seen[t.name()] {
			return fmt.Errorf("platform %s is there twice", t.name())
		}
		seen[t.name()] = true
		if err := t.check(archives); err != nil {
			return fmt.Errorf("platform %s: %w", t.name(), err)
		}
	}
	return nil
}

// check judges one platform.
func (t target) check(archives map[string][]byte) error {
	u, err := url.Parse(t.URI)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("the address %q is no https URL", t.URI)
	}
	archive, packed := archives[path.Base(u.Path)]
	if sum := sha256.Sum256(archive); !packed || hex.EncodeToString(sum[:]) != t.SHA256 {
		return errors.New("the checksum is not that of the archive")
	}
	files, err := list(archive)
	if err != nil {
		return fmt.Errorf("the archive: %w", err)
	}
	if files[t.Bin]&0o111 == 0 {
		return fmt.Errorf("the archive has no program %q", t.Bin)
	}
	for _, file := range t.Files {
		if _, has := files[file.From]; !has {
			return fmt.Errorf("the archive has no file %q", file.From)
		}
	}
	return nil
}

// list is what an archive has: names with their modes.
func list(archive []byte) (map[string]int64, error) {
	unzipped, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, err
	}
	files := map[string]int64{}
	for reader := tar.NewReader(unzipped); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		files[header.Name] = header.Mode
	}
}
