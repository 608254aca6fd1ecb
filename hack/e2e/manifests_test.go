// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/internal/store/sqlite"
)

var _ = Describe("Plain manifests", Ordered, func() {
	var file string
	BeforeAll(func() { file = filepath.Join(GinkgoT().TempDir(), "install.yaml") })
	cleanedUp()

	It("give the same as the chart: twenty users who log in, after two commands", func() {
		manifests, err := exec.CommandContext(ctx, "kubectl", "kustomize", filepath.Join(repository, "config", "default")).Output()
		Expect(err).NotTo(HaveOccurred())
		image := strings.ReplaceAll(string(manifests), "image: backoffice-operator:latest", "image: "+os.Getenv(imageVariable))
		Expect(image).NotTo(Equal(string(manifests)))
		Expect(os.WriteFile(file, []byte(image), 0o600)).To(Succeed())
		volume, began := newVolume("second"), time.Now()
		kubectl("apply", "--server-side", "--filename="+file)
		kubectl("rollout", "status", "--namespace="+namespace, "deployment/"+deployment, "--timeout=90s")
		figure("kubectl apply of the operator until it is ready", "%v", time.Since(began).Round(100*time.Millisecond))
		newNamespace(team)
		access("install", "twenty-users.yaml")
		db, err := sqlite.OpenReader(filepath.Join(volume, team+"_"+team+".db"))
		Expect(err).NotTo(HaveOccurred())
		c := newCrowd(db)
		defer c.close()
		c.allEnter(20)
	})

	It("are not deleted while there are users: nothing that anybody would miss is gone", func() {
		out, err := tries("kubectl", "delete", "namespace", namespace)
		Expect(err).To(HaveOccurred())
		Expect(out).To(ContainSubstring("20"))
		for _, name := range []string{"backofficeusers", "backoffices"} {
			_, err = tries("kubectl", "delete", "customresourcedefinition", name+".access.backoffice-operator.io")
			Expect(err).To(HaveOccurred())
		}
		_, err = tries("kubectl", "delete", "persistentvolumeclaim", claim, "--namespace="+namespace)
		Expect(err).To(HaveOccurred())
		Expect(users()).To(HaveLen(20))
		settled(1)
	})

	It("are deleted after the users, with everything", func() {
		helm("uninstall", team, "--namespace", team, "--wait", "--timeout=60s")
		nothingOfOurs()
		kubectl("delete", "--filename="+file, "--timeout=60s")
		gone(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})
		Expect(leftovers()).To(BeEmpty())
	})
})
