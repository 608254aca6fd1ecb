// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// samples are the folders of config/samples that are whole back offices.
var samples = []string{"activation", "automation", "hosting", "orders", "trading"}

// manifest is what values keep of an object.
type manifest struct {
	Kind     string `json:"kind"`
	Metadata struct {
		Name        string `json:"name"`
		Labels      object `json:"labels"`
		Annotations object `json:"annotations"`
	} `json:"metadata"`
	Spec object `json:"spec"`
}

// mapOf names the map in which values keep the objects of a kind.
var mapOf = map[string]string{
	"BackOffice": "backOffices", "PermissionSet": "permissionSets", "RoleBinding": "roleBindings", "BackOfficeUser": "users",
}

// sampleValues writes the manifests of a sample as values.
func sampleValues(folder string) ([]byte, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return nil, err
	}
	values := object{}
	for _, file := range files {
		if err := addManifests(values, file); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	text, err := yaml.Marshal(values)
	if err != nil {
		return nil, err
	}
	name := filepath.Base(folder)
	return append([]byte(fmt.Sprintf("# The sample config/samples/%s as values, for a release in namespace %s; comments are there. Written by: go run ./hack/charts/access\n",
		name, name)), text...), nil
}

// addManifests adds the objects of our kinds in a file.
func addManifests(values object, file string) error {
	content, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	decoder := utilyaml.NewYAMLOrJSONDecoder(content, 4096)
	for {
		var m manifest
		if err := decoder.Decode(&m); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		into, ours := mapOf[m.Kind]
		if !ours {
			continue
		}
		if values[into] == nil {
			values[into] = object{}
		}
		values[into].(object)[m.Metadata.Name] = m.entry()
	}
}

// entry is the object as an entry of its map. The only back office of the values need not be named.
func (m manifest) entry() object {
	entry := m.Spec
	delete(entry, "backOfficeRef")
	if m.Metadata.Labels != nil {
		entry["labels"] = m.Metadata.Labels
	}
	if m.Metadata.Annotations != nil {
		entry["annotations"] = m.Metadata.Annotations
	}
	return entry
}
