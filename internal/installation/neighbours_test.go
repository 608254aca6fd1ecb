// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package installation

import (
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("two installations, each with namespaces of its own,", func() {
	It("live side by side under other names, and each protects what is its own", func() {
		ours, theirs := testkit.FreshNamespace(ctx, admin), testkit.FreshNamespace(ctx, admin)
		first := installOperator("--set", "watchNamespaces={"+ours+"}")

		const release, place = "second", "second-system"
		second := cluster.RunDeployment(ctx, manager, place, "second-backoffice-operator-controller-manager")
		DeferCleanup(func() { Expect(second.Stop()).To(Succeed()) })
		DeferCleanup(func() {
			removeObjects()
			helm("uninstall", release, "--namespace", place, "--wait", "--ignore-not-found")
			Expect(admin.Delete(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: place}})).To(Succeed())
		})
		helm("install", release, chart("backoffice-operator"), "--namespace", place, "--create-namespace", "--wait", "--timeout=60s",
			"--set", "crds.enabled=false,watchNamespaces={"+theirs+"}")

		populate(ours, "shop")
		Expect(run(helm4, "uninstall", release, "--namespace", place, "--dry-run")).Error().NotTo(HaveOccurred())
		populate(theirs, "shop")
		Expect(accounts{namespace: ours, store: sqliteStore(first, ours)}.whoLogIn()).To(ConsistOf("ann", "bob"))
		volume, err := second.Volume(ctx, "second-backoffice-operator-sqlite")
		Expect(err).NotTo(HaveOccurred())
		Expect(os.ReadDir(volume)).To(ContainElement(HaveField("Name()", theirs+"_shop.db")))
		Expect(filepath.Join(volume, ours+"_shop.db")).NotTo(BeAnExistingFile())

		out := refused("uninstall", release, "--namespace", place)
		Expect(out).To(And(ContainSubstring(theirs), Not(ContainSubstring(ours))))
	})
})

var _ = Describe("what Artifact Hub shows of the operator's chart", func() {
	It("has an example of every kind, and all of it is accepted", func() {
		content, err := os.ReadFile(filepath.Join(chart("backoffice-operator"), "Chart.yaml"))
		Expect(err).NotTo(HaveOccurred())
		var about struct{ Annotations map[string]string }
		Expect(yaml.Unmarshal(content, &about)).To(Succeed())
		var examples []map[string]any
		Expect(yaml.UnmarshalStrict([]byte(about.Annotations["artifacthub.io/crdsExamples"]), &examples)).To(Succeed())
		var kinds []struct{ Kind, Version, Name string }
		Expect(yaml.Unmarshal([]byte(about.Annotations["artifacthub.io/crds"]), &kinds)).To(Succeed())

		installOperator()
		installed := definitions(Default)
		Expect(kinds).To(HaveLen(len(installed)))
		for _, kind := range kinds {
			Expect(installed).To(HaveKey(kind.Name))
			Expect(examples).To(ContainElement(HaveKeyWithValue("kind", kind.Kind)))
		}
		namespace := testkit.FreshNamespace(ctx, admin)
		for _, example := range examples {
			o := &unstructured.Unstructured{Object: example}
			o.SetNamespace(namespace)
			create(o)
		}
		eventuallyReady(namespace)
	})
})
