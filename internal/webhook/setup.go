// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
)

// The paths at which the webhooks are served, as config/webhook has them.
const (
	pathStamp     = "/admit"
	pathValidator = "/validate-access-backoffice-operator-io-v1alpha1-"
)

// Handlers are the webhooks by their paths: the one that stamps the objects of all kinds, and those that judge each kind. They keep nothing from
// one request to the next. Self is the operator's own user name: its requests take no power and get no stamp, and it alone may take our
// finalizer from an object.
func Handlers(facts gather.Admission, self string) map[string]admission.Handler {
	return map[string]admission.Handler{
		pathStamp:                        stamper{facts, self},
		pathValidator + "backoffice":     backOffices(facts, self),
		pathValidator + "backofficeuser": backOfficeUsers(facts, self),
		pathValidator + "permissionset":  permissionSets(facts, self),
		pathValidator + "rolebinding":    roleBindings(facts, self),
	}
}

// SetupWithManager registers the webhooks, which answer in every replica: what they read is cached without any controller. The manager's cache
// needs the indexes of gather.SetupIndexes.
func SetupWithManager(ctx context.Context, mgr ctrl.Manager, self string) error {
	if self == "" {
		return errors.New("the webhooks have to know the operator's own user name")
	}
	for _, read := range []client.Object{
		&v1alpha1.BackOffice{}, &v1alpha1.BackOfficeUser{}, &v1alpha1.PermissionSet{}, &v1alpha1.RoleBinding{}, gather.NamespaceMetadata(),
	} {
		if _, err := mgr.GetCache().GetInformer(ctx, read, cache.BlockUntilSynced(false)); err != nil {
			return fmt.Errorf("caching %T for the webhooks: %w", read, err)
		}
	}
	facts := gather.Admission{
		Gatherer: gather.Gatherer{Reader: gather.Newcomers{Reader: mgr.GetCache(), Live: mgr.GetAPIReader()}},
		Live:     mgr.GetAPIReader(),
		Reviews:  mgr.GetClient(),
	}
	for path, handler := range Handlers(facts, self) {
		mgr.GetWebhookServer().Register(path, &admission.Webhook{Handler: handler, LogConstructor: logger})
	}
	return nil
}

// logger is what the log says of a request, beside its path: who asks for which kind.
func logger(base logr.Logger, req *admission.Request) logr.Logger {
	if req == nil {
		return base
	}
	return base.WithValues("kind", req.Kind.Kind, "user", req.UserInfo.Username, "requestID", req.UID)
}
