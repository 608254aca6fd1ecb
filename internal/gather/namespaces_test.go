// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"testing"

	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestNothingIsFoundInNamespacesThatAreNotWatched(t *testing.T) {
	g := NewWithT(t)
	all := cacheOf(t, testkit.Office("shop", "watched"), testkit.Office("shop", "other")).Reader
	some := Namespaces{"watched"}.Within(all)
	get := func(r client.Reader, namespace string) error {
		return r.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "shop"}, &v1alpha1.BackOffice{})
	}
	g.Expect(get(some, "watched")).To(Succeed())
	err := get(some, "other")
	g.Expect(apierrors.IsNotFound(err)).To(BeTrue(), "it is for whoever asks as if it were not there")
	g.Expect(IsUnwatched(err)).To(BeTrue())
	g.Expect(get(Namespaces(nil).Within(all), "other")).To(Succeed(), "no list is all")

	gone := get(all, "nowhere")
	g.Expect(apierrors.IsNotFound(gone)).To(BeTrue())
	g.Expect(IsUnwatched(gone)).To(BeFalse(), "what was looked for is not there")
	g.Expect(IsUnwatched(nil)).To(BeFalse())

	err = some.Get(t.Context(), client.ObjectKey{Name: "other"}, NamespaceMetadata())
	g.Expect(IsUnwatched(err)).To(BeTrue(), "a namespace lies in itself")
}

func TestLabelsOfNamespacesDoNotCountWhereSomeAreWatched(t *testing.T) {
	g := NewWithT(t)
	unlabelled := v1alpha1.NamespaceAdmission{Selector: &metav1.LabelSelector{
		MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: metav1.LabelSelectorOpDoesNotExist}},
	}}
	office := testkit.Office("shop", "shop", testkit.Admits("named"), testkit.AdmitsAs(unlabelled))
	facts := cacheOf(t, office)
	facts.Watched = Namespaces{"shop", "named", "team"}
	admitted := func(namespace string) bool {
		terms, err := facts.terms(t.Context(), office, namespace)
		g.Expect(err).NotTo(HaveOccurred())
		return terms.Admitted
	}
	g.Expect(admitted("named")).To(BeTrue())
	g.Expect(admitted("team")).To(BeFalse(), "it may have the label that the selector does not want")
	facts.Watched = nil
	g.Expect(admitted("team")).To(BeTrue())
}
