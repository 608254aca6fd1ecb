// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("docs/gitops.md", func() {
	It("does what it says, command by command", func() {
		root, err := devcluster.Repository()
		Expect(err).NotTo(HaveOccurred())
		page := reader(GinkgoT().TempDir())
		page.Follow(ctx, filepath.Join(root, "docs", "gitops.md"))
		Expect(page.Files).To(BeNumerically(">", 5))
		Expect(page.Commands).To(BeNumerically(">", 15))
	})
})

// reader follows a page in a folder, as the administrator of the cluster.
func reader(folder string) testkit.Page {
	return testkit.Page{
		Folder: folder, Patience: soon,
		Env: append(os.Environ(), "KUBECONFIG="+cluster.AdminKubeconfig,
			fmt.Sprintf("PATH=%s:%s", filepath.Dir(cluster.Kubectl), os.Getenv("PATH"))),
	}
}
