// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"context"
	"encoding/json"
	"fmt"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// operation is one of a JSON patch.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// publish has both webhook configurations carry a bundle of authorities. It returns whether both do: one that is not there may still come.
func (k *Keeper) publish(ctx context.Context, bundle string) (bool, error) {
	everywhere := true
	for name, o := range map[string]client.Object{
		k.Validating: &admissionregistrationv1.ValidatingWebhookConfiguration{},
		k.Mutating:   &admissionregistrationv1.MutatingWebhookConfiguration{},
	} {
		err := k.cached.Get(ctx, client.ObjectKey{Name: name}, o)
		if err == nil {
			err = k.carry(ctx, o, bundle)
		}
		switch {
		case apierrors.IsNotFound(err):
			log.FromContext(ctx).V(1).Info("A webhook configuration is not there", "kind", fmt.Sprintf("%T", o), "name", name)
			everywhere = false
		case err != nil:
			return false, err
		}
	}
	return everywhere, nil
}

// carry has a webhook configuration carry the bundle in each entry. It patches these fields alone, so that whatever a newer API server knows of stays,
// and does not apply them: a field that somebody else has applied would remain when who applies the configuration drops its entry, without the rest.
func (k *Keeper) carry(ctx context.Context, o client.Object, bundle string) error {
	patch := injection(o, bundle)
	if len(patch) == 0 {
		return nil
	}
	text, err := json.Marshal(patch)
	if err != nil {
		return err
	}
	return k.writes.Patch(ctx, o, client.RawPatch(types.JSONPatchType, text), client.FieldOwner(fieldManager))
}

// injection patches those entries that carry something else. Each is told by its name: the configuration may have changed meanwhile.
func injection(o client.Object, bundle string) []operation {
	var patch []operation
	entry := func(i int, name string, carried []byte) {
		if string(carried) != bundle {
			at := fmt.Sprintf("/webhooks/%d", i)
			patch = append(patch, operation{"test", at + "/name", name}, operation{"add", at + "/clientConfig/caBundle", []byte(bundle)})
		}
	}
	switch o := o.(type) {
	case *admissionregistrationv1.ValidatingWebhookConfiguration:
		for i, w := range o.Webhooks {
			entry(i, w.Name, w.ClientConfig.CABundle)
		}
	case *admissionregistrationv1.MutatingWebhookConfiguration:
		for i, w := range o.Webhooks {
			entry(i, w.Name, w.ClientConfig.CABundle)
		}
	}
	return patch
}
