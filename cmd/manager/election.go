// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/backoffice-operator/backoffice-operator/controllers"
)

const (
	leaseName = "backoffice-operator"
	// leaseDuration is how long nobody leads when a leader dies without a word. It is more than twice the 5 s after which PostgreSQL ends a transaction
	// that a frozen leader left open. The stores' fences, not this, keep two leaders from writing.
	leaseDuration = 12 * time.Second
	// renewDeadline is how long a leader that cannot renew its lease goes on: it ends before another one begins.
	renewDeadline = 8 * time.Second
	// retryPeriod is how often the lease is renewed, and how often the others look whether it was released: after a hand-over, they lead within 2.2 times
	// as long.
	retryPeriod = time.Second
	// podNamespace is where a pod finds the name of its namespace.
	podNamespace = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
)

// elect has one of several replicas lead.
func (f *flags) elect(o *ctrl.Options, config *rest.Config) (controllers.Leadership, error) {
	lock, err := f.lease(config)
	if err != nil {
		return nil, err
	}
	o.LeaderElection, o.LeaderElectionResourceLockInterface, o.LeaderElectionReleaseOnCancel = true, lock, true
	o.LeaseDuration, o.RenewDeadline, o.RetryPeriod = new(leaseDuration), new(renewDeadline), new(retryPeriod)
	return leadership(lock), nil
}

// lease is the lock of the leader election, made here so that its holder can be asked for.
func (f *flags) lease(config *rest.Config) (resourcelock.Interface, error) {
	config = rest.CopyConfig(config)
	config.Timeout = renewDeadline / 2 // one request that hangs is not yet the lead lost
	set, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	namespace, err := f.ownNamespace()
	if err != nil {
		return nil, err
	}
	return resourcelock.New(resourcelock.LeasesResourceLock, namespace, leaseName, set.CoreV1(), set.CoordinationV1(),
		resourcelock.ResourceLockConfig{Identity: host + "_" + rand.Text()})
}

// ownNamespace is where the manager's own objects are: its lease, and its certificate.
func (f *flags) ownNamespace() (string, error) {
	if f.namespace != "" {
		return f.namespace, nil
	}
	b, err := os.ReadFile(podNamespace)
	if errors.Is(err, os.ErrNotExist) {
		return "", errors.New("--namespace is needed outside of a pod")
	}
	if err != nil {
		return "", fmt.Errorf("reading the namespace of the pod: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

// leadership asks the API server who holds the lease.
func leadership(lock resourcelock.Interface) controllers.Leadership {
	return func(ctx context.Context) (bool, error) {
		record, _, err := lock.Get(ctx)
		if err != nil {
			return false, err
		}
		return record.HolderIdentity == lock.Identity(), nil
	}
}
