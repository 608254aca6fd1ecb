// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package installation

import (
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// firstVersion is the archive of the first version of the operator's chart. It stays as it is.
const firstVersion = "backoffice-operator-0.1.0.tgz"

var _ = Describe("an upgrade of an installation", func() {
	BeforeEach(func() { Expect(firstArchive()).To(BeAnExistingFile()) })

	It("leads from the first version to this one, and back", func() {
		deployment := installVersion(firstArchive())
		namespace := populated("shop")
		here := accounts{namespace: namespace, store: sqliteStore(deployment, namespace)}
		before := passwords(namespace)

		upgradeOperator()
		create(testkit.User("cleo", namespace))
		eventuallyReady(namespace)
		Expect(here.whoLogIn()).To(ConsistOf("ann", "bob", "cleo"))
		after := passwords(namespace)
		delete(after, "cleo")
		Expect(after).To(Equal(before))

		helm("rollback", operatorRelease, "1", "--namespace", operatorNamespace, "--wait", "--timeout=60s")
		create(testkit.User("dan", namespace))
		eventuallyReady(namespace)
		Expect(here.whoLogIn()).To(ConsistOf("ann", "bob", "cleo", "dan"))
	})

	It("brings fields of our kinds that an earlier version did not have", func() {
		installVersion(without("suspend", firstArchive()))
		Expect(fieldsOfBackOffices()).NotTo(HaveKey("suspend"))
		namespace := populated("shop")

		upgradeOperator()
		Expect(fieldsOfBackOffices()).To(HaveKey("suspend"))
		kubectl("patch", "backoffices", "shop", "--namespace", namespace, "--type=merge", "--patch", `{"spec": {"suspend": true}}`)
		office := &v1alpha1.BackOffice{}
		Expect(admin.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "shop"}, office)).To(Succeed())
		Expect(office.Spec.Suspend).To(BeTrue())
		kubectl("patch", "backoffices", "shop", "--namespace", namespace, "--type=merge", "--patch", `{"spec": {"suspend": false}}`)
		eventuallyReady(namespace)
	})
})

func firstArchive() string {
	return filepath.Join(root, "internal", "installation", "testdata", firstVersion)
}

// without unpacks a chart and takes a field of the spec of BackOffices out of it.
func without(field, archive string) string {
	GinkgoHelper()
	folder := GinkgoT().TempDir()
	_, err := run("tar", "--extract", "--gzip", "--directory="+folder, "--file="+archive)
	Expect(err).NotTo(HaveOccurred())
	path := filepath.Join(folder, "backoffice-operator", "templates", "crds", "backoffices.yaml")
	content, err := os.ReadFile(path)
	Expect(err).NotTo(HaveOccurred())
	const indent = "              " // of a property of the spec
	var kept []string
	found, within := 0, false
	for line := range strings.Lines(string(content)) {
		if strings.TrimRight(line, "\n") == indent+field+":" {
			found, within = found+1, true
			continue
		}
		within = within && strings.HasPrefix(line, indent+" ")
		if !within {
			kept = append(kept, line)
		}
	}
	Expect(found).To(Equal(1), "the field %s", field)
	Expect(os.WriteFile(path, []byte(strings.Join(kept, "")), 0o600)).To(Succeed())
	return filepath.Join(folder, "backoffice-operator")
}

// fieldsOfBackOffices are those of the spec, as the API server knows them.
func fieldsOfBackOffices() map[string]any {
	GinkgoHelper()
	kind := definitions(Default)["backoffices."+v1alpha1.GroupVersion.Group]
	Expect(kind).NotTo(BeNil())
	versions, _, err := unstructured.NestedSlice(kind.Object, "spec", "versions")
	Expect(err).NotTo(HaveOccurred())
	fields, _, err := unstructured.NestedMap(versions[0].(map[string]any), "schema", "openAPIV3Schema", "properties", "spec", "properties")
	Expect(err).NotTo(HaveOccurred())
	return fields
}
