// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"context"
	"encoding/json"
	"slices"

	"gomodules.xyz/jsonpatch/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// FinalizerPath is where the webhook is served that gives new objects our finalizer.
const FinalizerPath = "/add-finalizer"

// addFinalizer gives a new object our finalizer, so that no deletion can be missed and the controllers need not write it. It refuses nothing:
// it runs before the schema, which does.
func addFinalizer(_ context.Context, req admission.Request) admission.Response {
	var object metav1.PartialObjectMetadata
	if err := json.Unmarshal(req.Object.Raw, &object); err != nil {
		return admission.Allowed("") // the schema refuses it
	}
	switch {
	case slices.Contains(object.Finalizers, v1alpha1.Finalizer):
		return admission.Allowed("")
	case len(object.Finalizers) == 0:
		return admission.Patched("", jsonpatch.NewOperation("add", "/metadata/finalizers", []string{v1alpha1.Finalizer}))
	default:
		return admission.Patched("", jsonpatch.NewOperation("add", "/metadata/finalizers/-", v1alpha1.Finalizer))
	}
}
