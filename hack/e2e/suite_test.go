// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

//go:build e2e

// Package e2e installs the operator on a real node and uses it: the image, the charts, real pods, webhooks by their Service, volumes. hack/e2e.sh makes
// the node and runs this; without it nothing of this is compiled.
package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// What hack/e2e.sh says in the environment: the image NAME:TAG that the node has loaded, the path of helm, a directory for a volume, and the URL of a
// PostgreSQL server as pods reach it.
const (
	imageVariable    = "E2E_IMAGE"
	helmVariable     = "E2E_HELM"
	volumeVariable   = "E2E_VOLUME"
	postgresVariable = "E2E_POSTGRES_URL"
)

const (
	// soon is how long something that happens by itself may take, often how often it is asked for.
	soon, often = 60 * time.Second, 100 * time.Millisecond
)

var (
	ctx        context.Context
	config     *rest.Config
	admin      client.Client
	repository string
)

func TestOnARealNode(t *testing.T) {
	RegisterFailHandler(Fail)
	suite, reporter := GinkgoConfiguration()
	suite.RandomizeAllSpecs = false
	RunSpecs(t, "Real node", suite, reporter)
}

var _ = BeforeSuite(func(suite SpecContext) {
	ctx = context.WithoutCancel(suite)
	for _, name := range []string{imageVariable, helmVariable, volumeVariable, postgresVariable, "KUBECONFIG"} {
		Expect(os.Getenv(name)).NotTo(BeEmpty(), "%s: run hack/e2e.sh", name)
	}
	var err error
	repository, err = devcluster.Repository()
	Expect(err).NotTo(HaveOccurred())
	config, err = clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	Expect(err).NotTo(HaveOccurred())
	config.QPS = -1
	admin = testkit.As(config, "")
})

// figures are what a run has measured, in the order in which it did.
var figures struct {
	sync.Mutex
	lines []string
}

// figure notes a figure of the run.
func figure(what, format string, arguments ...any) {
	figures.Lock()
	defer figures.Unlock()
	figures.lines = append(figures.lines, fmt.Sprintf("  %-58s %s", what, fmt.Sprintf(format, arguments...)))
}

var _ = ReportAfterSuite("figures", func(Report) {
	fmt.Println("\nFigures")
	for _, line := range figures.lines {
		fmt.Println(line)
	}
})

func chart(name string) string { return filepath.Join(repository, "config", "charts", name) }
