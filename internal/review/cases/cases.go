// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package cases is a table of requests and of what an API server with this operator answers. One test asks package review, another one an API server:
// both have to answer alike.
package cases

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

//go:embed cases.yaml
var text []byte

// Scene is what is there before the requests, each of which is made as a dry run.
type Scene struct {
	Name string
	// Namespaces are those of the scene, with their labels. Objects that name none lie in the one called as the scene.
	Namespaces map[string]map[string]string
	Given      []Request
	Cases      []Case
}

// Case is a request and its answer.
type Case struct {
	Request `json:",inline"`
	// Case says what it is about.
	Case string
	// As is who asks. Root has the verb escalate and a delegation, breaker the verb alone.
	As     string
	Delete bool
	// Refused are parts of the refusal; where there are none the request is admitted.
	Refused []string
	// Warned are parts of the warnings.
	Warned []string
}

// Request is an object, as a change of the one that was given if there is one of that name.
type Request struct {
	User, Set, Binding, Office string
	Labels, Annotations        map[string]string
	Spec                       map[string]any
	// Beside are fields beside spec.
	Beside map[string]any
}

// Scenes are all of the table.
func Scenes() []Scene {
	var all []Scene
	if err := yaml.UnmarshalStrict(text, &all); err != nil {
		panic(err)
	}
	return all
}

// Escalates tells who has the verb escalate.
func Escalates(name string) bool { return name == "root" || name == "breaker" }

// Objects are those that are given.
func (s Scene) Objects() []*unstructured.Unstructured {
	var all []*unstructured.Unstructured
	for _, r := range s.Given {
		all = append(all, s.built(nil, r))
	}
	return all
}

// Asked are the object that is there, nil where none is, and the one that the case asks for.
func (s Scene) Asked(c Case) (old, obj *unstructured.Unstructured) {
	wanted := s.built(nil, c.Request)
	for _, o := range s.Objects() {
		if o.GetKind() == wanted.GetKind() && o.GetName() == wanted.GetName() && o.GetNamespace() == wanted.GetNamespace() {
			return o, s.built(o, c.Request)
		}
	}
	return nil, wanted
}

// built is the object of a request.
func (s Scene) built(old *unstructured.Unstructured, r Request) *unstructured.Unstructured {
	kind, name := "BackOffice", r.Office
	for k, n := range map[string]string{"BackOfficeUser": r.User, "PermissionSet": r.Set, "RoleBinding": r.Binding} {
		if n != "" {
			kind, name = k, n
		}
	}
	if old == nil {
		old = &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{}}}
		if kind != "BackOffice" {
			old.Object["spec"] = map[string]any{"backOfficeRef": map[string]any{"name": "shop", "namespace": s.Name}}
		}
		old.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind))
		old.SetNamespace(s.Name)
		if namespace, rest, found := strings.Cut(name, "/"); found {
			old.SetNamespace(namespace)
			name = rest
		}
		old.SetName(name)
	}
	patch := map[string]any{"spec": r.Spec}
	metadata := map[string]any{}
	for key, values := range map[string]map[string]string{"labels": r.Labels, "annotations": r.Annotations} {
		if values != nil {
			metadata[key] = values
		}
	}
	patch["metadata"] = metadata
	maps.Copy(patch, r.Beside)
	return patched(old, patch)
}

func patched(o *unstructured.Unstructured, patch map[string]any) *unstructured.Unstructured {
	if spec, _ := patch["spec"].(map[string]any); len(spec) == 0 {
		delete(patch, "spec")
	}
	before, err := json.Marshal(o.Object)
	if err != nil {
		panic(err)
	}
	change, err := json.Marshal(patch)
	if err != nil {
		panic(err)
	}
	after, err := jsonpatch.MergePatch(before, change)
	if err != nil {
		panic(err)
	}
	result := &unstructured.Unstructured{}
	if err := result.UnmarshalJSON(after); err != nil {
		panic(fmt.Errorf("%s: %w", after, err))
	}
	return result
}
