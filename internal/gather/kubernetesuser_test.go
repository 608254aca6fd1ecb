// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestSameKubernetesUser(t *testing.T) {
	office := testkit.Office("shop", "shop", testkit.Admits("team"))
	named := func(name, namespace string, mods ...testkit.Mod) client.Object {
		return testkit.User(name, namespace, append([]testkit.Mod{testkit.InOffice("shop/shop"), testkit.KubernetesUser(chiefs)}, mods...)...)
	}
	a := admissionOf(
		t, office,
		named("younger", "shop", born(3, "c")), named("older", "team", born(2, "b")), named("going", "shop", born(1, "a"), going),
		named("twin", "shop", born(3, "b")),
		named("elsewhere", "shop", testkit.InOffice("desk")), named("other", "shop", testkit.KubernetesUser("other")),
		named("not-admitted", "third"), named("nobody", "shop", testkit.KubernetesUser("")),
	)
	others := func(u client.Object) []types.NamespacedName {
		in, err := a.User(t.Context(), by("lea"), nil, u.(*v1alpha1.BackOfficeUser))
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		return in.SameKubernetesUser
	}
	g := NewWithT(t)
	all := []types.NamespacedName{
		{Namespace: "shop", Name: "going"}, {Namespace: "team", Name: "older"}, {Namespace: "shop", Name: "twin"}, {Namespace: "shop", Name: "younger"},
	}
	g.Expect(others(named("new", "shop"))).To(Equal(all), "the oldest first; who is being deleted, too; nobody of a namespace that is not admitted")
	g.Expect(others(named("younger", "shop"))).To(Equal(all[:3]), "none is its own rival")
	g.Expect(others(named("younger", "team"))).To(Equal(all), "unless it lies in another namespace")
	g.Expect(others(named("new", "shop", testkit.KubernetesUser("")))).To(BeEmpty(), "who is nobody has no rivals")

	a = admissionOf(t, named("early", "third"))
	g.Expect(others(named("new", "shop"))).To(HaveLen(1), "before the back office is there every namespace counts")
}
