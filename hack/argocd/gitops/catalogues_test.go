// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// catalogues are the back offices that are shipped, each a folder of config/samples.
var catalogues = []string{"activation", "automation", "hosting", "orders", "trading"}

func TestACatalogueThatIsSyncedTwiceIsInSyncAndTheSecondSyncWritesNothing(t *testing.T) {
	for _, mode := range Modes {
		t.Run(string(mode), func(t *testing.T) {
			for _, name := range catalogues {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					g := NewWithT(t)
					app := Application{Name: name, Mode: mode, Manifests: delegated(t, kustomized(t, "config/samples/"+name))}
					namespace := namespaceOf(t, app.Manifests)

					g.Expect(argocd.Sync(limited(t), app, Begin())).To(Succeed())
					becomesReady(t, app)

					before := settles(t, namespace.GetName())
					g.Expect(argocd.Sync(limited(t), app, Begin())).To(Succeed())
					g.Consistently(func() ([]string, error) { return outOfSync(app) }, 2*time.Second, often).Should(BeEmpty())
					g.Expect(versions(t, namespace.GetName())).To(Equal(before))

					removed(t, app)
				})
			}
		})
	}
}

func TestTheOrderInWhichACatalogueIsAppliedDoesNotMatter(t *testing.T) {
	reversed := func(n int) []int {
		order := inOrder(n)
		slices.Reverse(order)
		return order
	}
	random := func(n int) []int {
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		return rand.New(rand.NewPCG(seed, 0)).Perm(n)
	}
	for order, indexes := range map[string]func(int) []int{"reversed": reversed, "random": random} {
		t.Run(order, func(t *testing.T) {
			for _, name := range catalogues {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					g := NewWithT(t)
					app := Application{Name: name, Mode: ServerSide, Manifests: delegated(t, kustomized(t, "config/samples/"+name))}
					namespace := namespaceOf(t, app.Manifests)

					g.Expect(argocd.Sync(limited(t), app, &Operation{Only: namespace})).To(Succeed())
					for _, i := range indexes(len(app.Manifests)) {
						one := app
						one.Manifests = app.Manifests[i : i+1]
						g.Expect(argocd.Sync(limited(t), one, &Operation{Only: app.Manifests[i]})).To(Succeed())
					}
					becomesReady(t, app)
					removed(t, app)
				})
			}
		})
	}
}

// removed takes an application away: everything is pruned in one sync, and goes. Protected sets are not pruned, so that they lose their protection in
// a commit before.
func removed(t *testing.T, app Application) {
	t.Helper()
	g := NewWithT(t)
	namespace := namespaceOf(t, app.Manifests)
	unprotected := app
	unprotected.Manifests = nil
	protected := false
	for _, o := range app.Manifests {
		o = o.DeepCopy()
		if is, _, _ := unstructured.NestedBool(o.Object, "spec", "protected"); is {
			protected = true
			unstructured.RemoveNestedField(o.Object, "spec", "protected")
			o.SetAnnotations(map[string]string{"access.backoffice-operator.io/break-glass": "the back office is taken down"})
		}
		unprotected.Manifests = append(unprotected.Manifests, o)
	}
	app.Manifests = nil
	if protected {
		g.Expect(argocd.Sync(limited(t), unprotected, Begin())).To(Succeed())
	}
	g.Expect(argocd.Sync(limited(t), app, Begin())).To(Succeed())
	g.Eventually(func() []string { return remains(t, namespace) }, patient, often).Should(BeEmpty())
}

func inOrder(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}
