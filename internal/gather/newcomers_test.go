// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"testing"

	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestNewcomersAreReadFromTheServer(t *testing.T) {
	g := NewWithT(t)
	known := testkit.Office("known", "shop", testkit.Catalog("cached"))
	n := Newcomers{
		Reader: world(t, known),
		Live:   world(t, testkit.Office("known", "shop"), testkit.Office("new", "shop"), testkit.Set("new", "shop")),
	}
	read := func(name string, into client.Object) error {
		return n.Get(t.Context(), client.ObjectKey{Namespace: "shop", Name: name}, into)
	}
	var office v1alpha1.BackOffice
	g.Expect(read("new", &office)).To(Succeed())
	g.Expect(read("known", &office)).To(Succeed())
	g.Expect(office.Spec.PermissionCatalog).To(Equal([]string{"cached"}), "what the cache knows is not asked for")
	g.Expect(read("none", &office)).To(Satisfy(apierrors.IsNotFound))
	g.Expect(read("new", &v1alpha1.PermissionSet{})).To(Satisfy(apierrors.IsNotFound), "the background judges a set that appears")

	n.Live = broken{}
	g.Expect(read("new", &office)).To(MatchError(errBroken))
	g.Expect(read("no/name", &office)).To(Satisfy(apierrors.IsNotFound), "a name that nothing can have is not asked for")
}
