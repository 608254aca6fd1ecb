// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package review_test

import (
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/utils/clock"

	"github.com/backoffice-operator/backoffice-operator/internal/manifests"
	"github.com/backoffice-operator/backoffice-operator/internal/review"
	"github.com/backoffice-operator/backoffice-operator/internal/snapshot"
)

// TestCatalogues: what is shipped is admitted and in force, and applying it again changes nothing.
func TestCatalogues(t *testing.T) {
	for _, name := range []string{"trading", "activation", "orders", "hosting", "automation"} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			m, err := manifests.Read(manifests.Options{Paths: []string{filepath.Join("..", "..", "config", "samples", name)}, Namespace: name})
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(m.Findings).To(BeEmpty())
			g.Expect(m.Objects).NotTo(BeEmpty())
			world := snapshot.New(nil)
			reviewer := review.New(world, clock.RealClock{}, review.Actor{
				UserInfo: review.Identity("kubectl-backoffice"), Reviews: review.Escalate(true), Almighty: true,
			})
			for _, operation := range []review.Operation{review.Create, review.Unchanged} {
				verdicts, err := reviewer.Apply(t.Context(), m)
				g.Expect(err).NotTo(HaveOccurred())
				for _, v := range verdicts {
					g.Expect(v.Refusal).To(BeNil(), "%s %s", v.GetKind(), v.Key())
					g.Expect(v.Withheld).To(BeEmpty(), "%s %s", v.GetKind(), v.Key())
					g.Expect(v.Operation).To(Equal(operation), "%s %s", v.GetKind(), v.Key())
					t.Log(v.Key(), v.Warnings)
				}
			}
		})
	}
}
