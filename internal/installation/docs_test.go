// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package installation

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// published is where charts are published; the tests take them from the tree.
const published = "oci://ghcr.io/backoffice-operator/charts/"

var _ = Describe("A page of the documentation does what it says, command by command:", func() {
	// reader follows a page as the administrator of a cluster on which nothing of ours is installed, with these variables.
	reader := func(variables ...string) testkit.Page {
		GinkgoHelper()
		runOperator()
		DeferCleanup(forget, "shop")
		return testkit.Page{
			Folder: GinkgoT().TempDir(), Patience: soon, Instead: []string{published, filepath.Join(root, "config", "charts") + "/"},
			Env: append([]string{
				"KUBECONFIG=" + cluster.AdminKubeconfig, "HOME=" + dir,
				fmt.Sprintf("PATH=%s:%s:%s", filepath.Dir(cluster.Kubectl), filepath.Dir(helm4), os.Getenv("PATH")),
			}, variables...),
		}
	}
	at := func(page string) string { return filepath.Join(root, "docs", page) }

	It("quickstart.md", func() {
		page := reader()
		page.Follow(ctx, at("quickstart.md"))
		Expect(page.Commands).To(BeNumerically(">", 15))
	})

	It("production.md and upgrade.md", func() {
		database := postgresDatabase()
		DeferCleanup(func() {
			out, err := run("psql", database, "-c", "DROP OWNED BY backoffice_operator, shop_app", "-c", "DROP ROLE backoffice_operator, shop_app")
			Expect(err).NotTo(HaveOccurred(), out)
		})
		page := reader("ADMIN_URL="+database, "STORE_URL="+as(database, "backoffice_operator"), "APP_URL="+as(database, "shop_app"),
			"OPERATOR_PASSWORD="+rolePassword, "APP_PASSWORD="+rolePassword)
		page.Follow(ctx, at("production.md"))
		page.Follow(ctx, at("upgrade.md"))
		Expect(page.Commands).To(BeNumerically(">", 20))
	})
})

// rolePassword is that of the roles that a reader makes.
const rolePassword = "of-a-test"

// as is a database's URL for another role.
func as(database, role string) string {
	GinkgoHelper()
	u, err := url.Parse(database)
	Expect(err).NotTo(HaveOccurred())
	u.User = url.UserPassword(role, rolePassword)
	return u.String()
}

// forget takes away what a reader has made beside the operator. One who was stopped half-way has left objects, which go as the page's people may.
func forget(namespace string) {
	GinkgoHelper()
	if CurrentSpecReport().Failed() {
		_, _ = run(cluster.Kubectl, "delete", "rolebindings.access.backoffice-operator.io,backofficeusers,permissionsets,backoffices", "--all",
			"--namespace", namespace, "--as=ida", "--as-group=shop-admins", "--as-group=system:authenticated")
	}
	kubectl("delete", "clusterrolebinding", "shop-admins", "--ignore-not-found")
	kubectl("delete", "namespace", namespace, "--ignore-not-found", "--timeout=60s")
}
