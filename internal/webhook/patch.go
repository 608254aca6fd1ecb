// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"slices"
	"strings"

	"gomodules.xyz/jsonpatch/v2"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// annotate patches the stamp to a value, and nothing where it is that already. The empty value is none.
func annotate(obj client.Object, value string) []jsonpatch.Operation {
	annotations := obj.GetAnnotations()
	is, present := annotations[v1alpha1.AnnotationAdmitted]
	path := "/metadata/annotations/" + escaped(v1alpha1.AnnotationAdmitted)
	switch {
	case value == is && (value != "" || !present):
		return nil
	case value == "" && len(annotations) == 1:
		return []jsonpatch.Operation{{Operation: "remove", Path: "/metadata/annotations"}}
	case value == "":
		return []jsonpatch.Operation{{Operation: "remove", Path: path}}
	case len(annotations) == 0:
		return []jsonpatch.Operation{jsonpatch.NewOperation("add", "/metadata/annotations", map[string]string{v1alpha1.AnnotationAdmitted: value})}
	}
	return []jsonpatch.Operation{jsonpatch.NewOperation("add", path, value)}
}

// finalize gives an object our finalizer, unless it is being deleted.
func finalize(old, obj client.Object) []jsonpatch.Operation {
	finalizers := obj.GetFinalizers()
	switch {
	case old != nil && !old.GetDeletionTimestamp().IsZero(), slices.Contains(finalizers, v1alpha1.Finalizer):
		return nil
	case len(finalizers) == 0:
		return []jsonpatch.Operation{jsonpatch.NewOperation("add", "/metadata/finalizers", []string{v1alpha1.Finalizer})}
	}
	return []jsonpatch.Operation{jsonpatch.NewOperation("add", "/metadata/finalizers/-", v1alpha1.Finalizer)}
}

// escaped is a name as a part of a JSON pointer.
func escaped(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
