// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package review

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	o := &unstructured.Unstructured{}
	NewWithT(t).Expect(yaml.Unmarshal([]byte(text), &o.Object)).To(Succeed())
	return o
}

// TestMerged: what was applied before and is gone from the manifest goes, and what somebody else has set stays.
func TestMerged(t *testing.T) {
	const head = "apiVersion: access.backoffice-operator.io/v1alpha1\nkind: BackOfficeUser\n"
	const live = "spec: {login: ann, state: Blocked, description: old}\n"
	manifest := head + "metadata: {name: ann, labels: {a: new}}\nspec: {login: ann, allowedIPs: [203.0.113.7]}\n"
	for name, test := range map[string]struct{ old, want string }{
		"nothing is known of who wrote it": {
			head + "metadata: {name: ann, labels: {a: old, b: old}, annotations: {c: old, access.backoffice-operator.io/admitted: s}, uid: u}\n" + live,
			head + "metadata: {name: ann, labels: {a: new}, annotations: {access.backoffice-operator.io/admitted: s}, uid: u}\nspec: {login: ann, allowedIPs: [203.0.113.7]}\n",
		},
		"kubectl noted what it applied": {
			head + `metadata: {name: ann, labels: {a: old, b: old}, annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"spec":{"login":"ann","description":"old"},"metadata":{"labels":{"b":"old"}}}'}}` + "\n" + live,
			head + `metadata: {name: ann, labels: {a: new}, annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"spec":{"login":"ann","description":"old"},"metadata":{"labels":{"b":"old"}}}'}}` +
				"\nspec: {login: ann, state: Blocked, allowedIPs: [203.0.113.7]}\n",
		},
		"it was applied on the server": {
			head + "metadata:\n  name: ann\n  labels: {a: old, b: old}\n  managedFields: &m\n  - {manager: argocd, operation: Apply, apiVersion: v1, fieldsType: FieldsV1, fieldsV1: {f:spec: {f:login: {}, f:description: {}}}}\n" +
				"  - {manager: kubectl-backoffice, operation: Update, apiVersion: v1, fieldsType: FieldsV1, fieldsV1: {f:spec: {f:state: {}}, f:metadata: {f:labels: {f:b: {}}}}}\n" + live,
			head + "metadata: {name: ann, labels: {a: new, b: old}}\nspec: {login: ann, state: Blocked, allowedIPs: [203.0.113.7]}\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			got, err := merged(object(t, manifest), object(t, test.old))
			g.Expect(err).NotTo(HaveOccurred())
			want := object(t, test.want)
			g.Expect(got.Object["spec"]).To(Equal(want.Object["spec"]))
			g.Expect(got.GetLabels()).To(Equal(want.GetLabels()))
			g.Expect(got.GetAnnotations()).To(Or(BeEmpty(), Equal(want.GetAnnotations())))
			g.Expect(got.GetAnnotations()).To(HaveLen(len(want.GetAnnotations())))
			g.Expect(got.GetUID()).To(Equal(want.GetUID()))
		})
	}
}

func TestIdentity(t *testing.T) {
	g := NewWithT(t)
	g.Expect(Identity("lea", "leads").Groups).To(Equal([]string{"leads", "system:authenticated"}))
	g.Expect(Identity("system:serviceaccount:argocd:controller").Groups).To(Equal(
		[]string{"system:authenticated", "system:serviceaccounts", "system:serviceaccounts:argocd"}))
}
