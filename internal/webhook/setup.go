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
	"github.com/backoffice-operator/backoffice-operator/internal/metrics"
	"github.com/backoffice-operator/backoffice-operator/internal/tracing"
)

// The paths at which the webhooks are served, as config/webhook has them.
const (
	pathStamp     = "/admit"
	pathValidator = "/validate-access-backoffice-operator-io-v1alpha1-"
	pathUninstall = "/uninstall"
)

// Handlers are the webhooks by their paths: the one that stamps the objects of all kinds, those that judge each kind, and the one that protects
// the installation. They keep nothing from one request to the next. Self is the operator's own user name: its requests take no power and get no
// stamp, and it alone may take our finalizer from an object.
func Handlers(facts gather.Admission, self string) map[string]admission.Handler {
	return map[string]admission.Handler{
		pathStamp:                        stamper{facts, self},
		pathValidator + "backoffice":     backOffices(facts, self),
		pathValidator + "backofficeuser": backOfficeUsers(facts, self),
		pathValidator + "permissionset":  permissionSets(facts, self),
		pathValidator + "rolebinding":    roleBindings(facts, self),
		pathUninstall:                    uninstall{facts.Reader},
	}
}

// Options configure the webhooks.
type Options struct {
	// Self is the operator's own user name.
	Self string
	// Watched are the namespaces whose objects are looked after.
	Watched gather.Namespaces
	// Tracing traces the requests; nil does not.
	Tracing *tracing.Tracing
}

// SetupWithManager registers the webhooks, which answer in every replica: what they read is cached without any controller. The manager's cache
// needs the indexes of gather.SetupIndexes.
func SetupWithManager(ctx context.Context, mgr ctrl.Manager, o Options) error {
	if o.Self == "" {
		return errors.New("the webhooks have to know the operator's own user name")
	}
	kinds := []client.Object{&v1alpha1.BackOffice{}, &v1alpha1.BackOfficeUser{}, &v1alpha1.PermissionSet{}, &v1alpha1.RoleBinding{}}
	if !o.Watched.Listed() {
		kinds = append(kinds, gather.NamespaceMetadata())
	}
	for _, read := range kinds {
		if _, err := mgr.GetCache().GetInformer(ctx, read, cache.BlockUntilSynced(false)); err != nil {
			return fmt.Errorf("caching %T for the webhooks: %w", read, err)
		}
	}
	facts := gather.Admission{
		Gatherer: gather.Gatherer{
			Reader: o.Watched.Within(gather.Newcomers{Reader: mgr.GetCache(), Live: mgr.GetAPIReader()}), Watched: o.Watched,
		},
		Live:    mgr.GetAPIReader(),
		Reviews: mgr.GetClient(),
	}
	for path, handler := range Handlers(facts, o.Self) {
		if path != pathUninstall { // which is about any namespace
			handler = watching{handler, o.Watched}
		}
		handler = o.Tracing.Admission(path, metrics.Admission(nameOf(path), handler))
		mgr.GetWebhookServer().Register(path, o.Tracing.Requests(&admission.Webhook{Handler: handler, LogConstructor: logger}))
	}
	return nil
}

// nameOf is the name that metrics have for the webhook of a path.
func nameOf(path string) string {
	switch path {
	case pathStamp:
		return metrics.WebhookStamp
	case pathUninstall:
		return metrics.WebhookUninstall
	}
	return metrics.WebhookValidate
}

// logger is what the log says of a request, beside its path: who asks for which kind.
func logger(base logr.Logger, req *admission.Request) logr.Logger {
	if req == nil {
		return base
	}
	return base.WithValues("kind", req.Kind.Kind, "user", req.UserInfo.Username, "requestID", req.UID)
}
