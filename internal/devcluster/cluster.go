// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package devcluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// ManagerUser is the operator's identity.
const ManagerUser = "backoffice-operator"

// Options say what the cluster has besides our kinds and roles.
type Options struct {
	// Dir is an existing directory for kubeconfigs, certificates and logs.
	Dir string
	// Webhooks sends requests for our kinds to Cluster.Webhooks, where somebody has to serve them.
	Webhooks bool
	// ControllerManager runs garbage collection, the deletion of namespaces and claims, and the aggregation of cluster roles.
	ControllerManager bool
	// Bare leaves out our kinds, roles and webhooks: an installation brings them. Its Deployment runs by Cluster.RunDeployment, and requests
	// to its Services arrive there.
	Bare bool
	// Audit has the API server note what the manager asks it for: see Cluster.Requests.
	Audit bool
}

// Cluster is a running control plane.
type Cluster struct {
	// Admin is the identity that may do everything, system:masters, and Manager the operator's own.
	Admin, Manager *rest.Config
	// AdminKubeconfig and ManagerKubeconfig are files with these identities.
	AdminKubeconfig, ManagerKubeconfig string
	// Webhooks is where the webhooks have to be served.
	Webhooks Endpoint
	// Kubectl is the path of a kubectl of the API server's version.
	Kubectl string
	Scheme  *runtime.Scheme

	dir               string
	control           *envtest.Environment
	controllerManager *exec.Cmd
	services          *services // of a bare cluster
}

// Start starts a cluster. Its binaries lie where KUBEBUILDER_ASSETS says; else they are built, once.
func Start(ctx context.Context, o Options) (_ *Cluster, err error) {
	root, err := Repository()
	if err != nil {
		return nil, err
	}
	assets, err := binaries(ctx, root)
	if err != nil {
		return nil, err
	}
	c := &Cluster{Scheme: runtime.NewScheme(), Kubectl: filepath.Join(assets, "kubectl"), dir: o.Dir, control: &envtest.Environment{
		BinaryAssetsDirectory:   assets,
		ControlPlaneStopTimeout: 30 * time.Second,
	}}
	if !o.Bare {
		c.control.CRDDirectoryPaths, c.control.ErrorIfCRDPathMissing = []string{filepath.Join(root, "config", "crd", "bases")}, true
	}
	if err := errors.Join(clientgoscheme.AddToScheme(c.Scheme), v1alpha1.AddToScheme(c.Scheme)); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil { // what has been started may not stay behind
			err = errors.Join(err, c.Stop())
		}
	}()
	if o.Bare {
		if err := c.routeServices(); err != nil {
			return nil, err
		}
	}
	if o.Audit {
		if err := c.audit(); err != nil {
			return nil, err
		}
	}
	if c.Admin, err = c.control.Start(); err != nil {
		return nil, fmt.Errorf("starting the control plane: %w", err)
	}
	c.Admin.QPS = -1 // the API server decides
	if err := c.identities(o.Dir); err != nil {
		return nil, err
	}
	if !o.Bare {
		if err := c.install(ctx, root, o); err != nil {
			return nil, err
		}
	}
	if o.ControllerManager {
		return c, c.startControllerManager(assets, o.Dir)
	}
	return c, nil
}

// install makes our roles and, where asked for, our webhooks.
func (c *Cluster) install(ctx context.Context, root string, o Options) (err error) {
	if err := c.permit(ctx, root); err != nil || !o.Webhooks {
		return err
	}
	if c.Webhooks, err = NewEndpoint(o.Dir); err != nil {
		return err
	}
	admission, err := Admission(root, c.Webhooks)
	if err != nil {
		return err
	}
	for _, o := range admission {
		if err := c.Client().Create(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// Stop ends everything that Start has started.
func (c *Cluster) Stop() error {
	if c.controllerManager != nil {
		_ = c.controllerManager.Process.Signal(syscall.SIGTERM)
		_ = c.controllerManager.Wait()
	}
	if c.services != nil {
		c.services.close()
	}
	return c.control.Stop()
}

// Client returns a client that may do everything; it does not pass our webhooks by.
func (c *Cluster) Client() client.Client {
	cl, err := client.New(c.Admin, client.Options{Scheme: c.Scheme})
	if err != nil {
		panic(err) // the scheme and the configuration are ours
	}
	return cl
}

// identities makes the manager's user and writes the kubeconfigs.
func (c *Cluster) identities(dir string) error {
	admin, err := c.control.AddUser(envtest.User{Name: "admin", Groups: []string{"system:masters"}}, nil)
	if err != nil {
		return err
	}
	manager, err := c.control.AddUser(envtest.User{Name: ManagerUser}, nil)
	if err != nil {
		return err
	}
	c.Manager = manager.Config()
	c.Manager.QPS = -1
	c.AdminKubeconfig, c.ManagerKubeconfig = filepath.Join(dir, "kubeconfig"), filepath.Join(dir, "manager.kubeconfig")
	for path, user := range map[string]*envtest.AuthenticatedUser{c.AdminKubeconfig: admin, c.ManagerKubeconfig: manager} {
		content, err := user.KubeConfig()
		if err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// startControllerManager runs the controllers that end namespaces and collect garbage, each as its own service account, as in a real
// cluster.
func (c *Cluster) startControllerManager(assets, dir string) error {
	log, err := os.Create(filepath.Join(dir, "kube-controller-manager.log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the process has its own
	cmd := exec.Command(filepath.Join(assets, "kube-controller-manager"),
		"--kubeconfig="+c.AdminKubeconfig, "--leader-elect=false", "--secure-port=0", "--use-service-account-credentials=true",
		"--controllers=garbage-collector-controller,namespace-controller,clusterrole-aggregation-controller,persistentvolumeclaim-protection-controller")
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for us, and we stop it
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting kube-controller-manager: %w", err)
	}
	c.controllerManager = cmd
	return nil
}

// Repository is the root of the source tree, found upwards from the working directory.
func Repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "PROJECT")); err == nil {
			return dir, nil
		}
	}
	return "", errors.New("not inside the source tree: no PROJECT file in this directory or above")
}

// binaries returns the directory of etcd, kube-apiserver, kube-controller-manager and kubectl.
func binaries(ctx context.Context, root string) (string, error) {
	build := exec.CommandContext(ctx, filepath.Join(root, "hack", "controlplane", "build.sh"))
	build.Stderr = os.Stderr
	out, err := build.Output()
	if err != nil {
		return "", fmt.Errorf("building the control plane: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}
