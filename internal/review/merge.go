// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package review

import (
	"encoding/json"
	"maps"
	"slices"

	jsonpatch "github.com/evanphx/json-patch/v5"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/jsonmergepatch"

	"github.com/backoffice-operator/backoffice-operator/internal/manifests"
)

// merged is what becomes of an object when a manifest is applied to it: what was applied before and is not in the manifest any more goes, and what
// somebody else has set stays.
func merged(manifest, old *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	wanted := manifest.DeepCopy()
	for _, name := range []string{"labels", "annotations"} { // of which others have some: without any here, all would go
		path := []string{"metadata", name}
		if _, has, _ := unstructured.NestedMap(wanted.Object, path...); !has {
			if err := unstructured.SetNestedMap(wanted.Object, map[string]any{}, path...); err != nil {
				return nil, err
			}
		}
	}
	var texts [3][]byte
	for i, content := range []map[string]any{applied(old), wanted.Object, old.Object} {
		var err error
		if texts[i], err = json.Marshal(content); err != nil {
			return nil, err
		}
	}
	patch, err := jsonmergepatch.CreateThreeWayJSONMergePatch(texts[0], texts[1], texts[2])
	if err != nil {
		return nil, err
	}
	text, err := jsonpatch.MergePatch(texts[2], patch)
	if err != nil {
		return nil, err
	}
	obj := &unstructured.Unstructured{}
	return obj, obj.UnmarshalJSON(text)
}

// applied is what was applied before: what kubectl noted, or what belongs to who applied it on the server. Where nothing is known of who wrote the
// object, it is all that it says.
func applied(old *unstructured.Unstructured) map[string]any {
	if noted := old.GetAnnotations()[corev1.LastAppliedConfigAnnotation]; noted != "" {
		var content map[string]any
		if json.Unmarshal([]byte(noted), &content) == nil {
			return content
		}
	}
	managed := old.GetManagedFields()
	if len(managed) == 0 {
		return said(old, func(...string) bool { return true })
	}
	owned := map[string]any{}
	for _, entry := range managed {
		var fields map[string]any
		if entry.Operation == metav1.ManagedFieldsOperationApply && entry.FieldsV1 != nil && json.Unmarshal(entry.FieldsV1.GetRawBytes(), &fields) == nil {
			join(owned, fields)
		}
	}
	return said(old, func(path ...string) bool {
		_, is, err := unstructured.NestedFieldNoCopy(owned, path...)
		return is && err == nil
	})
}

// said is what an object says that somebody may apply: labels, annotations and fields of spec, as far as they are wanted. The paths are those of
// managed fields.
func said(old *unstructured.Unstructured, wanted func(path ...string) bool) map[string]any {
	content := map[string]any{}
	metadata := map[string]any{}
	for name, of := range map[string]map[string]string{"labels": old.GetLabels(), "annotations": annotations(old)} {
		kept := map[string]any{}
		for key, value := range of {
			if wanted("f:metadata", "f:"+name, "f:"+key) {
				kept[key] = value
			}
		}
		if len(kept) > 0 {
			metadata[name] = kept
		}
	}
	spec, _ := old.Object["spec"].(map[string]any)
	kept := maps.Clone(spec)
	maps.DeleteFunc(kept, func(key string, _ any) bool { return !wanted("f:spec", "f:"+key) })
	content["metadata"], content["spec"] = metadata, kept
	return content
}

// annotations are those of an object that nobody applies: the stamp and what kubectl notes belong to others.
func annotations(o *unstructured.Unstructured) map[string]string {
	all := maps.Clone(o.GetAnnotations())
	maps.DeleteFunc(all, func(key, _ string) bool { return slices.Contains(written, key) })
	return all
}

// join adds the fields of one manager to those of others.
func join(into, fields map[string]any) {
	for key, value := range fields {
		below, isMap := value.(map[string]any)
		known, had := into[key].(map[string]any)
		if isMap && had {
			join(known, below)
			continue
		}
		into[key] = value
	}
}

// sameObject tells whether a merge has changed nothing.
func sameObject(obj, old *unstructured.Unstructured) bool {
	return sameSpec(obj, old) && equality.Semantic.DeepEqual(obj.GetLabels(), old.GetLabels()) &&
		equality.Semantic.DeepEqual(annotations(obj), annotations(old)) && equality.Semantic.DeepEqual(obj.GetOwnerReferences(), old.GetOwnerReferences()) &&
		equality.Semantic.DeepEqual(obj.GetFinalizers(), old.GetFinalizers())
}

// sameSpec compares what two objects say: 72h is 72h0m0s. The old one was read as its type already.
func sameSpec(obj, old *unstructured.Unstructured) bool {
	typed, err := manifests.Object{Unstructured: obj}.Typed()
	if err != nil {
		return false // the schema refuses it
	}
	content, err := contentOf(typed)
	return err == nil && equality.Semantic.DeepEqual(content.Object["spec"], old.Object["spec"])
}
