// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	"os/exec"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// manifest is what somebody would have in Git.
func manifest(o client.Object, kind string) *unstructured.Unstructured {
	GinkgoHelper()
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	Expect(err).NotTo(HaveOccurred())
	delete(content, "status")
	m := &unstructured.Unstructured{Object: content}
	m.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind))
	return m
}

// kubectl runs kubectl as root with a manifest as its input, and returns what it prints.
func kubectl(m *unstructured.Unstructured, arguments ...string) string {
	GinkgoHelper()
	text, err := yaml.Marshal(m)
	Expect(err).NotTo(HaveOccurred())
	cmd := exec.Command(env.Kubectl, append([]string{
		"--kubeconfig=" + env.AdminKubeconfig, "--cache-dir=" + GinkgoT().TempDir(), "--as=root", "--as-group=" + testkit.Escalators,
	}, arguments...)...)
	cmd.Stdin = strings.NewReader(string(text))
	out, err := cmd.CombinedOutput()
	Expect(err).NotTo(HaveOccurred(), "%s", out)
	return string(out)
}

var _ = Describe("The tools that apply manifests", func() {
	var (
		namespace string
		ann       *unstructured.Unstructured
	)
	stored := func(ctx SpecContext) *v1alpha1.BackOfficeUser {
		GinkgoHelper()
		u := &v1alpha1.BackOfficeUser{}
		Expect(env.Client().Get(ctx, client.ObjectKey{Namespace: namespace, Name: "ann"}, u)).To(Succeed())
		return u
	}
	blocked := func() *unstructured.Unstructured {
		m := ann.DeepCopy()
		Expect(unstructured.SetNestedField(m.Object, "Blocked", "spec", "state")).To(Succeed())
		return m
	}

	BeforeEach(func(ctx SpecContext) {
		namespace = testkit.FreshNamespace(ctx, env.Client())
		given(ctx, shop(namespace))
		ann = manifest(testkit.User("ann", namespace, testkit.Labels("team", "support")), "BackOfficeUser")
	})

	It("see no difference: kubectl apply, diff and replace", func(ctx SpecContext) {
		Expect(kubectl(ann, "apply", "-f", "-")).To(ContainSubstring("created"))
		was := stored(ctx)
		settled(ctx, was)
		stampOf(was)
		Expect(kubectl(ann, "apply", "-f", "-")).To(ContainSubstring("unchanged"))
		Expect(kubectl(ann, "diff", "-f", "-")).To(BeEmpty())
		Expect(stored(ctx).ResourceVersion).To(Equal(was.ResourceVersion))

		Expect(kubectl(blocked(), "apply", "-f", "-")).To(ContainSubstring("configured"))
		now := stored(ctx)
		Expect(stampOf(now).ID).NotTo(Equal(stampOf(was).ID))
		known(ctx, now)
		Expect(kubectl(blocked(), "apply", "-f", "-")).To(ContainSubstring("unchanged"))
		Expect(stored(ctx).ResourceVersion).To(Equal(now.ResourceVersion))

		kubectl(blocked(), "replace", "-f", "-")
		now = stored(ctx)
		Expect(now.Finalizers).To(Equal([]string{v1alpha1.Finalizer}))
		known(ctx, now)
		kubectl(blocked(), "replace", "-f", "-")
		Expect(stored(ctx).ResourceVersion).To(Equal(now.ResourceVersion), "to replace by what is there changes nothing, though stamp and finalizer are not in the manifest")
		Expect(stampOf(stored(ctx)).ID).To(Equal(stampOf(now).ID))
	})

	It("see no difference: server-side apply", func(ctx SpecContext) {
		apply := func(m *unstructured.Unstructured) *v1alpha1.BackOfficeUser {
			GinkgoHelper()
			Expect(root().Apply(ctx, client.ApplyConfigurationFromUnstructured(m.DeepCopy()), client.FieldOwner("gitops"), client.ForceOwnership)).To(Succeed())
			known(ctx, stored(ctx))
			return stored(ctx)
		}
		first := apply(ann)
		settled(ctx, first)
		Expect(kubectl(ann, "diff", "--server-side", "--field-manager=gitops", "-f", "-")).To(BeEmpty())
		Expect(apply(ann)).To(Equal(first), "an apply that changes nothing writes nothing")
		Expect(first.Finalizers).To(Equal([]string{v1alpha1.Finalizer}))
		for _, m := range first.ManagedFields {
			Expect(m.FieldsV1.GetRawString()).NotTo(ContainSubstring(v1alpha1.AnnotationPrefix), "neither stamp nor finalizer belong to a manager")
		}
		second := apply(blocked())
		Expect(stampOf(second).ID).NotTo(Equal(stampOf(first).ID))
		Expect(apply(blocked())).To(Equal(second))
	})

	It("do not come to own the stamp by applying one", func(ctx SpecContext) {
		owning := ann.DeepCopy()
		owning.SetAnnotations(map[string]string{v1alpha1.AnnotationAdmitted: `{"id": "x", "user": "root"}`})
		apply := func(m *unstructured.Unstructured) *v1alpha1.BackOfficeUser {
			GinkgoHelper()
			Expect(root().Apply(ctx, client.ApplyConfigurationFromUnstructured(m.DeepCopy()), client.FieldOwner("gitops"), client.ForceOwnership)).To(Succeed())
			known(ctx, stored(ctx))
			return stored(ctx)
		}
		first := apply(owning)
		settled(ctx, first)
		stampOf(first)
		Expect(apply(owning).Annotations).To(Equal(first.Annotations))
		Expect(apply(owning).ResourceVersion).To(Equal(first.ResourceVersion))
		Expect(apply(ann).Annotations).To(Equal(first.Annotations), "the manager lets go of the annotation, and it stays")
	})
})
