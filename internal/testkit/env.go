// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package testkit

import (
	"context"
	"errors"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
)

// Env is a control plane whose API server asks the webhooks. Every user may edit our kinds as far as RBAC is concerned: what one may hand
// out is then for the webhooks to say. Specs act as such users, see As, and not as Admin.
type Env struct {
	*devcluster.Cluster
}

// Start starts a control plane, with its files below an existing directory.
func Start(ctx context.Context, dir string) (*Env, error) {
	cluster, err := devcluster.Start(ctx, devcluster.Options{Dir: dir, Webhooks: true})
	if err != nil {
		return nil, err
	}
	e := &Env{cluster}
	if err := e.permit(ctx); err != nil {
		return nil, errors.Join(err, e.Stop())
	}
	return e, nil
}

// WebhookServer serves the webhooks.
func (e *Env) WebhookServer() webhook.Server {
	return webhook.NewServer(webhook.Options{Host: e.Webhooks.Host, Port: e.Webhooks.Port, CertDir: e.Webhooks.CertDir})
}

// permit lets everybody edit our kinds, status and all. The verb escalate is not among what everybody may.
func (e *Env) permit(ctx context.Context) error {
	ours := func(name, resource string, verbs ...string) *rbacv1.ClusterRole {
		return &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: []rbacv1.PolicyRule{{
			APIGroups: []string{v1alpha1.GroupVersion.Group}, Resources: []string{resource}, Verbs: verbs,
		}}}
	}
	for group, role := range map[string]*rbacv1.ClusterRole{
		"system:authenticated": ours("testkit-editor", "*", "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"),
		Escalators:             ours("testkit-escalator", "backoffices", "escalate"),
	} {
		if err := e.Client().Create(ctx, role); err != nil {
			return err
		}
		subject := rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: group}
		if err := devcluster.Bind(ctx, e.Client(), role.Name, subject); err != nil {
			return err
		}
	}
	return nil
}
