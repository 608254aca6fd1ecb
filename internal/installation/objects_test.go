// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package installation

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// items are the objects of a list.
func items(list client.ObjectList) (found []client.Object) {
	_ = meta.EachListItem(list, func(o runtime.Object) error {
		found = append(found, o.(client.Object))
		return nil
	})
	return found
}

// definition is a CustomResourceDefinition without content.
func definition() *unstructured.Unstructured {
	o := &unstructured.Unstructured{}
	o.SetGroupVersionKind(schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"})
	return o
}

// definitions are our kinds as they are installed, by name.
func definitions(g Gomega) map[string]*unstructured.Unstructured {
	GinkgoHelper()
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(definition().GroupVersionKind())
	g.Expect(admin.List(ctx, list)).To(Succeed())
	found := map[string]*unstructured.Unstructured{}
	for i := range list.Items {
		if group, _, _ := unstructured.NestedString(list.Items[i].Object, "spec", "group"); group == v1alpha1.GroupVersion.Group {
			found[list.Items[i].GetName()] = &list.Items[i]
		}
	}
	return found
}

// versions are the resource versions of all objects in the cluster, by kind, namespace and name. What Kubernetes itself writes all the time,
// leases, events and helm's own records are left out.
func versions() map[string]string {
	GinkgoHelper()
	lists, err := discovery.NewDiscoveryClientForConfigOrDie(cluster.Admin).ServerPreferredResources()
	Expect(err).NotTo(HaveOccurred())
	found := map[string]string{}
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		Expect(err).NotTo(HaveOccurred())
		for _, r := range list.APIResources {
			if slices.Contains(r.Verbs, "list") && r.Kind != "Event" && r.Kind != "Lease" {
				maps.Copy(found, versionsOf(version.WithKind(r.Kind)))
			}
		}
	}
	return found
}

func versionsOf(kind schema.GroupVersionKind) map[string]string {
	GinkgoHelper()
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(kind)
	Expect(admin.List(ctx, list)).To(Succeed())
	found := map[string]string{}
	for i := range list.Items {
		o := &list.Items[i]
		if o.Labels["owner"] != "helm" {
			found[fmt.Sprintf("%s %s/%s", kind.Kind, o.Namespace, o.Name)] = o.ResourceVersion
		}
	}
	return found
}

// documents are the objects of a stream of YAML.
func documents(content string) (found []*unstructured.Unstructured) {
	GinkgoHelper()
	for _, document := range regexp.MustCompile(`(?m)^---$`).Split(content, -1) {
		o := &unstructured.Unstructured{}
		Expect(yaml.UnmarshalStrict([]byte(document), &o.Object)).To(Succeed(), document)
		if len(o.Object) > 0 {
			found = append(found, o)
		}
	}
	return found
}

// equalFile compares with a file of testdata. With UPDATE set in the environment, it writes the file instead.
func equalFile(content, name string) {
	GinkgoHelper()
	path := filepath.Join(root, "internal", "installation", "testdata", name)
	if os.Getenv("UPDATE") != "" {
		Expect(os.WriteFile(path, []byte(content), 0o644)).To(Succeed())
	}
	want, err := os.ReadFile(path)
	Expect(err).NotTo(HaveOccurred(), "UPDATE=1 in the environment writes it")
	Expect(content).To(Equal(string(want)), "%s: UPDATE=1 in the environment writes it anew", path)
}
