// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"errors"
	"fmt"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/internal/gather"
)

// SetupWithManager registers the webhooks: one that adds the finalizer, and the validating ones of all kinds. The manager's cache needs the indexes of gather.SetupIndexes.
func SetupWithManager(mgr ctrl.Manager) error {
	mgr.GetWebhookServer().Register(FinalizerPath, &admission.Webhook{Handler: admission.HandlerFunc(addFinalizer)})
	facts := gather.Admission{
		Gatherer: gather.Gatherer{Reader: mgr.GetCache()},
		Live:     mgr.GetAPIReader(),
		Reviews:  mgr.GetClient(),
	}
	return errors.Join(
		register(mgr, backOffices(facts)),
		register(mgr, backOfficeUsers(facts)),
		register(mgr, permissionSets(facts)),
		register(mgr, roleBindings(facts)),
	)
}

func register[T client.Object, In any](mgr ctrl.Manager, v *validator[T, In]) error {
	if err := ctrl.NewWebhookManagedBy(mgr, v.empty).WithValidator(v).Complete(); err != nil {
		return fmt.Errorf("registering the webhook of %T: %w", v.empty, err)
	}
	return nil
}
