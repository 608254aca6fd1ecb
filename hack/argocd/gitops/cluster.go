// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Cluster is a control plane with the operator beside it. It is a process of its own: the operator's module and the engine's need different
// versions of the Kubernetes libraries.
type Cluster struct {
	// Admin may do everything.
	Admin *rest.Config
	// Kubeconfig is the file of Admin, and Kubectl the path of a kubectl.
	Kubeconfig, Kubectl string
	// Stores is the directory of the SQLite files.
	Stores string

	cmd  *exec.Cmd
	done chan struct{}
}

// Start builds and starts a cluster; dir is an existing directory for what it needs.
func Start(ctx context.Context, dir string) (*Cluster, error) {
	root, err := Repository()
	if err != nil {
		return nil, err
	}
	binary := filepath.Join(dir, "run")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "./hack/run")
	build.Dir, build.Stderr = root, os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("building hack/run: %w", err)
	}
	c := &Cluster{Stores: filepath.Join(dir, "stores"), done: make(chan struct{})}
	if err := os.Mkdir(c.Stores, 0o700); err != nil {
		return nil, err
	}
	c.cmd = exec.Command(binary, "--", "--sqlite-dir="+c.Stores)
	c.cmd.Dir, c.cmd.Stderr = root, os.Stderr
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for us, and we stop it
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan error, 1)
	go func() {
		ready <- c.read(bufio.NewReader(out))
		_, _ = io.Copy(io.Discard, out)
		_ = c.cmd.Wait()
		close(c.done)
	}()
	select {
	case err = <-ready:
	case <-time.After(10 * time.Minute): // it may have to build the control plane
		err = errors.New("the cluster is not ready in time")
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	c.Admin, err = clientcmd.BuildConfigFromFlags("", c.Kubeconfig)
	if err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	c.Admin.QPS = -1 // the API server decides
	return c, nil
}

// read takes from what hack/run prints where things are.
func (c *Cluster) read(out *bufio.Reader) error {
	for c.Kubeconfig == "" || c.Kubectl == "" {
		line, err := out.ReadString('\n')
		if err != nil {
			return fmt.Errorf("hack/run has ended: %w", err)
		}
		if path, found := strings.CutPrefix(strings.TrimSpace(line), "export KUBECONFIG="); found {
			c.Kubeconfig = path
		}
		if path, found := strings.CutPrefix(strings.TrimSpace(line), "export PATH="); found {
			c.Kubectl = filepath.Join(strings.TrimSuffix(path, ":$PATH"), "kubectl")
		}
	}
	return nil
}

// Stop ends the cluster.
func (c *Cluster) Stop() error {
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.done: // how it ended is in its own output
		return nil
	case <-time.After(time.Minute):
		_ = c.cmd.Process.Kill()
		return errors.New("the cluster did not end in time")
	}
}

// As is the configuration of another identity.
func (c *Cluster) As(user string) *rest.Config {
	config := rest.CopyConfig(c.Admin)
	config.Impersonate = rest.ImpersonationConfig{UserName: user}
	return config
}

// Client is a client that may do everything.
func (c *Cluster) Client() dynamic.Interface { return dynamic.NewForConfigOrDie(c.Admin) }

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
