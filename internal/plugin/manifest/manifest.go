// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package manifest writes objects as somebody would who keeps them in Git.
package manifest

import (
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// foreign are the prefixes of labels and annotations by which tools know their own objects: a copy is not one of them.
var foreign = []string{
	"argocd.argoproj.io/", "app.kubernetes.io/instance", "app.kubernetes.io/managed-by", "helm.sh/", "meta.helm.sh/",
	"kustomize.toolkit.fluxcd.io/", "helm.toolkit.fluxcd.io/", "kubectl.kubernetes.io/",
}

// Labels are those of an object that are not a tool's.
func Labels(all map[string]string) map[string]string { return without(all, foreign) }

// Annotations are those of an object that are not a tool's, and not this operator's: what asks for something asks once.
func Annotations(all map[string]string) map[string]string {
	return without(all, append(slices.Clone(foreign), v1alpha1.AnnotationPrefix))
}

func without(all map[string]string, prefixes []string) map[string]string {
	var kept map[string]string
	for key, value := range all {
		if slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(key, prefix) }) {
			continue
		}
		if kept == nil {
			kept = map[string]string{}
		}
		kept[key] = value
	}
	return kept
}

// Of is the manifest of an object: kind, name, labels, annotations and spec, without what the cluster and tools have written.
func Of(o client.Object) (*unstructured.Unstructured, error) {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		return nil, err
	}
	m := &unstructured.Unstructured{Object: map[string]any{"spec": content["spec"]}}
	m.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(reflect.TypeOf(o).Elem().Name())) // our types have the names of their kinds
	m.SetName(o.GetName())
	m.SetNamespace(o.GetNamespace())
	m.SetLabels(Labels(o.GetLabels()))
	m.SetAnnotations(Annotations(o.GetAnnotations()))
	return m, nil
}

// Write writes the manifests of objects, as documents of YAML.
func Write(w io.Writer, objects ...client.Object) error {
	for i, o := range objects {
		m, err := Of(o)
		if err != nil {
			return err
		}
		text, err := yaml.Marshal(m.Object)
		if err != nil {
			return err
		}
		if i > 0 {
			text = append([]byte("---\n"), text...)
		}
		if _, err := fmt.Fprint(w, string(text)); err != nil {
			return err
		}
	}
	return nil
}
