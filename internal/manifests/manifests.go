// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package manifests reads the objects of our kinds from files, with the place where each stands.
package manifests

import (
	"cmp"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// Source is the place of an object.
type Source struct {
	// File is as it was named, below the folder that was named.
	File string `json:"file"`
	// Line is that on which the object begins; zero where nothing is known of lines.
	Line int `json:"line,omitempty"`
}

// String is file:line.
func (s Source) String() string {
	if s.Line == 0 {
		return s.File
	}
	return fmt.Sprintf("%s:%d", s.File, s.Line)
}

// Object is one object, and where it stands.
type Object struct {
	Source
	*unstructured.Unstructured
	lines lines
}

// Key is namespace/name.
func (o Object) Key() client.ObjectKey { return client.ObjectKeyFromObject(o.Unstructured) }

// At is the place of a field such as spec.allowedIPs[0], or of the nearest one around it that is there.
func (o Object) At(field string) Source {
	return Source{File: o.File, Line: cmp.Or(o.lines.of(field), o.Line)}
}

// Typed is the object as its type of the API. Fields that the type does not have are lost.
func (o Object) Typed() (client.Object, error) {
	blank, known := kinds[o.GetKind()]
	if !known {
		return nil, fmt.Errorf("%s is none of the kinds of %s", o.GetKind(), v1alpha1.GroupVersion.Group)
	}
	typed := blank()
	return typed, runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, typed)
}

// kinds make an object of each of our kinds.
var kinds = map[string]func() client.Object{
	"BackOffice":     func() client.Object { return &v1alpha1.BackOffice{} },
	"BackOfficeUser": func() client.Object { return &v1alpha1.BackOfficeUser{} },
	"PermissionSet":  func() client.Object { return &v1alpha1.PermissionSet{} },
	"RoleBinding":    func() client.Object { return &v1alpha1.RoleBinding{} },
}

// Finding is something that is wrong with a file, whatever the objects in it say.
type Finding struct {
	Source
	// Object is the kind and the name of what it is about; empty for a file.
	Object  string
	Message string
}

// String is what a person reads.
func (f Finding) String() string {
	if f.Object == "" {
		return f.Source.String() + ": " + f.Message
	}
	return fmt.Sprintf("%s %s: %s", f.Source, f.Object, f.Message)
}

// Manifests are what files have.
type Manifests struct {
	// Objects are those of our kinds, in the order in which they stand.
	Objects []Object
	// Namespaces are the Namespace objects, for their labels.
	Namespaces []metav1.PartialObjectMetadata
	// Findings say what is wrong: a file that cannot be read as YAML, a key twice, an object twice.
	Findings []Finding
	// Notes say what was left out, and how it is read.
	Notes []string
	// Skipped counts the objects of other kinds.
	Skipped map[string]int
	// Files counts the files that were read.
	Files int

	seen map[string]Source
}

// add takes an object, of whatever kind.
func (m *Manifests) add(o Object, namespace string) {
	gvk := o.GroupVersionKind()
	name := gvk.Kind + " " + o.GetName()
	switch {
	case gvk.Kind == "":
		m.Skipped["documents without a kind"]++
		return
	case gvk.Group == "" && gvk.Kind == "Namespace":
		m.Namespaces = append(m.Namespaces, namespaceOf(o))
		return
	case gvk.Group != v1alpha1.GroupVersion.Group:
		m.Skipped[gvk.Kind]++
		return
	case gvk.Version != v1alpha1.GroupVersion.Version:
		m.Findings = append(m.Findings, Finding{o.Source, name, fmt.Sprintf("apiVersion must be %s, not %s", v1alpha1.GroupVersion, o.GetAPIVersion())})
		return
	case kinds[gvk.Kind] == nil:
		m.Findings = append(m.Findings, Finding{o.Source, name, fmt.Sprintf("%s has no kind %q", v1alpha1.GroupVersion, gvk.Kind)})
		return
	}
	if o.GetNamespace() == "" {
		o.SetNamespace(namespace)
	}
	name = fmt.Sprintf("%s %s", gvk.Kind, o.Key())
	if first, twice := m.seen[name]; twice && o.GetName() != "" {
		m.Findings = append(m.Findings, Finding{o.Source, name, fmt.Sprintf("it stands at %s as well: the one that is applied last would count", first)})
		return
	}
	m.seen[name] = o.Source
	m.Objects = append(m.Objects, o)
}

func namespaceOf(o Object) metav1.PartialObjectMetadata {
	m := metav1.PartialObjectMetadata{}
	m.SetGroupVersionKind(o.GroupVersionKind())
	m.SetName(o.GetName())
	m.SetLabels(o.GetLabels())
	return m
}
