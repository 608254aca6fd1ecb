// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package installation

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
)

func TestInstallation(t *testing.T) {
	RegisterFailHandler(Fail)
	log.SetLogger(GinkgoLogr) // of clients, which log the warnings that nobody listens to
	RunSpecs(t, "Installation")
}

const (
	// soon is how long something may take that happens at once.
	soon = 30 * time.Second
	// collected is how long the garbage collector may take: where kinds have come or gone, it looks which there are every 30 s, and begins anew.
	collected = 2 * time.Minute
	// often is how often it is looked for.
	often = 50 * time.Millisecond
)

var (
	ctx     = context.Background()
	root    string // of the source tree
	dir     string
	cluster *devcluster.Cluster
	admin   client.Client
	manager string // the binary
	// helm4 and helm3 are the programs.
	helm4, helm3 string
)

var _ = BeforeSuite(func() {
	dir = GinkgoT().TempDir()
	var err error
	root, err = devcluster.Repository()
	Expect(err).NotTo(HaveOccurred())
	helm4, helm3 = filepath.Join(tool("helm"), "helm"), filepath.Join(tool("helm3"), "helm")
	cluster, err = devcluster.Start(ctx, devcluster.Options{Dir: dir, Bare: true, ControllerManager: true})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(cluster.Stop()).To(Succeed()) })
	admin = cluster.Client()
	manager, err = devcluster.BuildOperator(ctx, dir)
	Expect(err).NotTo(HaveOccurred())
})

// tool builds a group of tools and returns the directory of its programs.
func tool(group string) string {
	GinkgoHelper()
	build := exec.CommandContext(ctx, filepath.Join(root, "hack", "tools", "build.sh"), group)
	build.Stderr = GinkgoWriter
	out, err := build.Output()
	Expect(err).NotTo(HaveOccurred())
	return strings.TrimSpace(string(out))
}

// chart is the folder of one of our charts.
func chart(name string) string { return filepath.Join(root, "config", "charts", name) }

// run runs a program as the administrator of the cluster, and returns what it printed to both streams.
func run(program string, arguments ...string) (string, error) {
	return runWith(cluster.AdminKubeconfig, program, arguments...)
}

// runWith is run with the identity of a kubeconfig.
func runWith(kubeconfig, program string, arguments ...string) (string, error) {
	bounded, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(bounded, program, arguments...)
	cmd.Dir = dir
	cmd.Env = []string{"KUBECONFIG=" + kubeconfig, "HOME=" + dir, "PATH=" + os.Getenv("PATH")}
	out, err := cmd.CombinedOutput()
	AddReportEntry(filepath.Base(program)+" "+strings.Join(arguments, " "), string(out), ReportEntryVisibilityFailureOrVerbose)
	if err != nil {
		return string(out), fmt.Errorf("%w: %s", err, out)
	}
	return string(out), nil
}

// helm runs Helm 4, which has to succeed.
func helm(arguments ...string) string {
	GinkgoHelper()
	out, err := run(helm4, arguments...)
	Expect(err).NotTo(HaveOccurred())
	return out
}

// refused runs Helm 4, which has to fail, and returns what it says.
func refused(arguments ...string) string {
	GinkgoHelper()
	out, err := run(helm4, arguments...)
	Expect(err).To(HaveOccurred(), out)
	return out
}

// kubectl runs kubectl, which has to succeed.
func kubectl(arguments ...string) string {
	GinkgoHelper()
	out, err := run(cluster.Kubectl, arguments...)
	Expect(err).NotTo(HaveOccurred())
	return out
}

// values writes a values file and returns its path.
func values(content string) string {
	GinkgoHelper()
	file, err := os.CreateTemp(dir, "values-*.yaml")
	Expect(err).NotTo(HaveOccurred())
	_, err = file.WriteString(content)
	Expect(err).NotTo(HaveOccurred())
	Expect(file.Close()).To(Succeed())
	return file.Name()
}
