// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package testkit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
	"sigs.k8s.io/yaml"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// Env is a control plane with our kinds.
type Env struct {
	// Admin is the identity that may do everything, system:masters. Specs act as somebody else: see As.
	Admin *rest.Config
	// Manager is the operator's own identity, with no more than the generated role.
	Manager *rest.Config
	Scheme  *runtime.Scheme

	control *envtest.Environment
}

// Options say what a control plane has besides our kinds.
type Options struct {
	// Webhooks sends requests for our kinds to the webhook server that WebhookServer makes.
	Webhooks bool
}

const managerUser = "backoffice-operator"

// Start starts a control plane. Its binaries lie where KUBEBUILDER_ASSETS says; else they are built, once.
func Start(ctx context.Context, o Options) (*Env, error) {
	root, err := repository()
	if err != nil {
		return nil, err
	}
	assets, err := binaries(ctx, root)
	if err != nil {
		return nil, err
	}
	e := &Env{Scheme: runtime.NewScheme(), control: &envtest.Environment{
		BinaryAssetsDirectory: assets,
		CRDDirectoryPaths:     []string{filepath.Join(root, "config", "crd", "bases")},
		ErrorIfCRDPathMissing: true,
	}}
	if o.Webhooks {
		e.control.WebhookInstallOptions.Paths = []string{filepath.Join(root, "config", "webhook", "manifests.yaml")}
	}
	if err := errors.Join(clientgoscheme.AddToScheme(e.Scheme), v1alpha1.AddToScheme(e.Scheme)); err != nil {
		return nil, err
	}
	if e.Admin, err = e.control.Start(); err != nil {
		return nil, fmt.Errorf("starting the control plane: %w", err)
	}
	e.Admin.QPS = -1 // the API server decides
	e.Manager = ConfigAs(e.Admin, managerUser)
	if err := e.permit(ctx, root); err != nil {
		return nil, errors.Join(err, e.Stop())
	}
	return e, nil
}

// Stop ends the control plane.
func (e *Env) Stop() error { return e.control.Stop() }

// WebhookServer serves the webhooks that Options.Webhooks has configured.
func (e *Env) WebhookServer() webhook.Server {
	o := e.control.WebhookInstallOptions
	return webhook.NewServer(webhook.Options{Host: o.LocalServingHost, Port: o.LocalServingPort, CertDir: o.LocalServingCertDir})
}

// Client returns a client that may do everything, for what a spec finds there. It does not pass our webhooks by.
func (e *Env) Client() client.Client { return newClient(e.Admin, e.Scheme) }

// permit binds the manager to its generated role, and lets everybody edit our kinds: what one may hand out is then for the webhooks to
// say. The verb escalate is not among what everybody may.
func (e *Env) permit(ctx context.Context, root string) error {
	manager, err := managerRole(root)
	if err != nil {
		return err
	}
	editor := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "testkit-editor"}, Rules: []rbacv1.PolicyRule{{
		APIGroups: []string{v1alpha1.GroupVersion.Group},
		Resources: []string{"*"},
		Verbs:     []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"},
	}}}
	escalator := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "testkit-escalator"}, Rules: []rbacv1.PolicyRule{{
		APIGroups: []string{v1alpha1.GroupVersion.Group}, Resources: []string{"backoffices"}, Verbs: []string{"escalate"},
	}}}
	everybody := rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: "system:authenticated"}
	for _, object := range []client.Object{
		manager, editor, escalator,
		bindingOf(manager, rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: managerUser}),
		bindingOf(editor, everybody),
		bindingOf(escalator, rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: Escalators}),
	} {
		if err := e.Client().Create(ctx, object); err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("creating %T %s: %w", object, object.GetName(), err)
		}
	}
	return nil
}

func bindingOf(role *rbacv1.ClusterRole, subject rbacv1.Subject) *rbacv1.ClusterRoleBinding {
	return &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: role.Name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role.Name},
		Subjects:   []rbacv1.Subject{subject},
	}
}

// managerRole reads the role that is generated from the markers in the code.
func managerRole(root string) (*rbacv1.ClusterRole, error) {
	content, err := os.ReadFile(filepath.Join(root, "config", "rbac", "role.yaml"))
	if err != nil {
		return nil, fmt.Errorf("reading the manager's role, which make manifests writes: %w", err)
	}
	role := &rbacv1.ClusterRole{}
	return role, yaml.UnmarshalStrict(content, role)
}

// binaries returns the directory of etcd and kube-apiserver.
func binaries(ctx context.Context, root string) (string, error) {
	if assets := os.Getenv("KUBEBUILDER_ASSETS"); assets != "" {
		return assets, nil
	}
	build := exec.CommandContext(ctx, filepath.Join(root, "hack", "controlplane", "build.sh"))
	build.Stderr = os.Stderr
	out, err := build.Output()
	if err != nil {
		return "", fmt.Errorf("building the control plane: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// repository returns the directory of go.mod: tests run in the directory of their package.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
	}
	return "", errors.New("no go.mod above the working directory")
}
