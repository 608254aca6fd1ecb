// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

const page = "../../docs/kubectl.md"

// commands are those that a person calls.
func commands() (all []*cobra.Command) {
	streams, _, _, _ := genericiooptions.NewTestIOStreams()
	root := plugin.NewCommand(&session.Session{IOStreams: streams, Flags: genericclioptions.NewConfigFlags(true), Clock: clock.RealClock{}})
	return root.Commands()
}

// abandon takes a sample away, with what specs have put there.
func abandon(namespace string) {
	GinkgoHelper()
	for _, kind := range []client.Object{&v1alpha1.RoleBinding{}, &v1alpha1.BackOfficeUser{}, &v1alpha1.PermissionSet{}, &v1alpha1.BackOffice{}} {
		Expect(masters().DeleteAllOf(ctx, kind, client.InNamespace(namespace))).To(Succeed())
	}
	Eventually(func(g Gomega) {
		var left v1alpha1.BackOfficeList
		g.Expect(masters().List(ctx, &left, client.InNamespace(namespace))).To(Succeed())
		g.Expect(left.Items).To(BeEmpty())
	}, 2*soon, often).Should(Succeed())
}

var _ = Describe("The page about the plugin", func() {
	It("is right: each of its commands does what it says", func() {
		folder := GinkgoT().TempDir()
		repository, err := filepath.Abs("../..")
		Expect(err).NotTo(HaveOccurred())
		Expect(os.Symlink(filepath.Join(repository, "config"), filepath.Join(folder, "config"))).To(Succeed())
		kubeconfig := filepath.Join(folder, "kubeconfig")
		content, err := os.ReadFile(cluster.AdminKubeconfig)
		Expect(err).NotTo(HaveOccurred())
		Expect(os.WriteFile(kubeconfig, content, 0o600)).To(Succeed())
		DeferCleanup(abandon, "orders")

		p := testkit.Page{
			Folder: folder, Patience: time.Minute,
			Env: append(os.Environ(), "PATH="+binaries+":"+os.Getenv("PATH"), "KUBECONFIG="+kubeconfig, "STORES="+stores, "TZ=UTC"),
		}
		p.Follow(ctx, page)
		Expect(p.Commands).To(BeNumerically(">", len(commands())))
	})

	It("has an executed example of each command, which is the first in the command's help", func() {
		text, err := os.ReadFile(page)
		Expect(err).NotTo(HaveOccurred())
		for _, c := range commands() {
			if c.Name() == "help" || c.Name() == "completion" {
				continue
			}
			Expect(c.Short).NotTo(BeEmpty(), c.Name())
			Expect(c.Long).NotTo(BeEmpty(), c.Name())
			first := ""
			for line := range strings.Lines(c.Example) {
				if line = strings.TrimSpace(line); strings.HasPrefix(line, "kubectl backoffice "+c.Name()) {
					first = line
					break
				}
			}
			Expect(first).NotTo(BeEmpty(), "%s has no example", c.Name())
			Expect(string(text)).To(ContainSubstring("\n$ "+first+"\n"), "the example of %s", c.Name())
		}
	})
})
