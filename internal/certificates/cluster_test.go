// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"testing"

	. "github.com/onsi/gomega"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
)

var bare struct {
	once    sync.Once
	dir     string
	cluster *devcluster.Cluster
	err     error
}

func TestMain(m *testing.M) {
	var err error
	if bare.dir, err = os.MkdirTemp("", "certificates-test-"); err != nil {
		panic(err)
	}
	code := m.Run()
	if bare.cluster != nil {
		if err = bare.cluster.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	_ = os.RemoveAll(bare.dir)
	os.Exit(code)
}

// bareCluster is a cluster without anything of ours, which all tests of the package share.
func bareCluster(t *testing.T) *devcluster.Cluster {
	t.Helper()
	bare.once.Do(func() {
		ctrl.SetLogger(zap.New(zap.WriteTo(io.Discard)))
		bare.cluster, bare.err = devcluster.Start(context.WithoutCancel(t.Context()), devcluster.Options{Dir: bare.dir, Bare: true, ControllerManager: true})
	})
	NewWithT(t).Expect(bare.err).NotTo(HaveOccurred())
	return bare.cluster
}
