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
	"strconv"
	"syscall"
	"time"
)

// Operator is a running manager.
type Operator struct {
	cmd  *exec.Cmd
	done chan struct{}
}

// StartOperator runs the manager's binary against the cluster, with its log in a file, and waits until its webhooks are served.
func (c *Cluster) StartOperator(ctx context.Context, binary, log string, arguments ...string) (*Operator, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }() // the process has its own
	cmd := exec.Command(binary, append([]string{
		"--kubeconfig=" + c.ManagerKubeconfig,
		"--webhook-host=" + c.Webhooks.Host, "--webhook-port=" + strconv.Itoa(c.Webhooks.Port), "--webhook-cert-dir=" + c.Webhooks.CertDir,
		"--metrics-bind-address=0", "--health-probe-bind-address=0",
	}, arguments...)...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for us, and we stop it
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the manager: %w", err)
	}
	o := &Operator{cmd: cmd, done: make(chan struct{})}
	go func() { _ = cmd.Wait(); close(o.done) }()
	if err := o.await(ctx, c.Webhooks); err != nil {
		return nil, errors.Join(fmt.Errorf("%w; see %s", err, log), o.Stop())
	}
	return o, nil
}

// await waits until the webhooks are served, which is after the caches have been filled.
func (o *Operator) await(ctx context.Context, e Endpoint) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		if e.served(ctx) {
			return nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-o.done:
			return errors.New("the manager has ended")
		case <-ctx.Done():
			return fmt.Errorf("the webhooks are not served: %w", ctx.Err())
		}
	}
}

// Done is closed when the manager has ended.
func (o *Operator) Done() <-chan struct{} { return o.done }

// Signal sends the manager a signal, such as SIGKILL, SIGSTOP or SIGCONT.
func (o *Operator) Signal(s os.Signal) error { return o.cmd.Process.Signal(s) }

// Stop ends the manager as the kubelet would.
func (o *Operator) Stop() error {
	_ = o.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-o.done:
		return nil
	case <-time.After(30 * time.Second):
		_ = o.cmd.Process.Kill()
		<-o.done
		return errors.New("the manager did not end in time")
	}
}

// BuildOperator builds the manager from the source tree into dir.
func BuildOperator(ctx context.Context, dir string) (string, error) {
	return build(ctx, "manager", dir)
}

// BuildPlugin builds kubectl backoffice from the source tree into dir. kubectl finds it where that is on PATH.
func BuildPlugin(ctx context.Context, dir string) (string, error) {
	return build(ctx, "kubectl-backoffice", dir)
}

// build builds a program below cmd.
func build(ctx context.Context, program, dir string) (string, error) {
	root, err := Repository()
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, program)
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/"+program)
	build.Dir, build.Stdout, build.Stderr = root, os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("building %s: %w", program, err)
	}
	return binary, nil
}
