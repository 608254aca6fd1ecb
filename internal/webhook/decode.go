// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// blanks make an object of each kind that the webhooks know.
var blanks = map[string]func() client.Object{
	"BackOffice":     func() client.Object { return &v1alpha1.BackOffice{} },
	"BackOfficeUser": func() client.Object { return &v1alpha1.BackOfficeUser{} },
	"PermissionSet":  func() client.Object { return &v1alpha1.PermissionSet{} },
	"RoleBinding":    func() client.Object { return &v1alpha1.RoleBinding{} },
}

// decoded returns the objects of a request as blank makes them; one that the request does not have is nil, and without any the request is
// wrong.
func decoded[T client.Object](req admission.Request, blank func() T) (old, obj T, err error) {
	if len(req.Object.Raw)+len(req.OldObject.Raw) == 0 {
		return old, obj, errors.New("there is no object in the request")
	}
	if old, err = decode(req.OldObject, blank); err != nil {
		return old, obj, fmt.Errorf("decoding the old object: %w", err)
	}
	if obj, err = decode(req.Object, blank); err != nil {
		return old, obj, fmt.Errorf("decoding the object: %w", err)
	}
	return old, obj, nil
}

// decode reads an object as the API server does: names of fields are told by case, and unknown ones were pruned.
func decode[T client.Object](raw runtime.RawExtension, blank func() T) (T, error) {
	var none T
	if len(raw.Raw) == 0 {
		return none, nil
	}
	o := blank()
	if err := json.Unmarshal(raw.Raw, o); err != nil {
		return none, err
	}
	return o, nil
}
