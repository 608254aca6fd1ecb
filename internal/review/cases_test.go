// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package review_test

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/utils/clock"

	"github.com/backoffice-operator/backoffice-operator/internal/manifests"
	"github.com/backoffice-operator/backoffice-operator/internal/review"
	"github.com/backoffice-operator/backoffice-operator/internal/review/cases"
	"github.com/backoffice-operator/backoffice-operator/internal/snapshot"
)

// TestCases: the table of what is refused, and with which words. The suite of the plugin asks an API server the same.
func TestCases(t *testing.T) {
	for _, scene := range cases.Scenes() {
		given := sceneOf(t, scene)
		for _, c := range scene.Cases {
			t.Run(c.Case, func(t *testing.T) {
				answer := judge(t, given.Clone(), scene, c)
				answer.matches(NewWithT(t), c)
			})
		}
	}
}

// sceneOf is the world before the requests.
func sceneOf(t *testing.T, scene cases.Scene) *snapshot.World {
	t.Helper()
	g := NewWithT(t)
	world := snapshot.New(nil)
	for name, labels := range scene.Namespaces {
		world.Put(review.Namespace(name, labels))
	}
	m := &manifests.Manifests{}
	for _, o := range scene.Objects() {
		m.Objects = append(m.Objects, manifests.Object{Unstructured: o})
	}
	verdicts, err := review.New(world, clock.RealClock{}, actor("root")).Apply(t.Context(), m)
	g.Expect(err).NotTo(HaveOccurred())
	for _, v := range verdicts {
		g.Expect(v.Refusal).To(BeNil(), v.Key().String())
		g.Expect(v.Withheld).To(BeEmpty(), v.Key().String())
	}
	return world
}

func actor(name string) review.Actor {
	return review.Actor{UserInfo: review.Identity(name), Reviews: review.Escalate(cases.Escalates(name))}
}

// judge asks what a case asks.
func judge(t *testing.T, world *snapshot.World, scene cases.Scene, c cases.Case) answer {
	t.Helper()
	g := NewWithT(t)
	_, obj := scene.Asked(c)
	reviewer := review.New(world, clock.RealClock{}, actor(c.As))
	reviewer.Summarise = true
	var verdicts []review.Verdict
	var err error
	if c.Delete {
		verdicts, err = reviewer.Remove(t.Context(), manifests.Object{Unstructured: obj})
	} else {
		verdicts, err = reviewer.Apply(t.Context(), &manifests.Manifests{Objects: []manifests.Object{{Unstructured: obj.DeepCopy()}}})
	}
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(verdicts).To(HaveLen(1))
	a := answer{warnings: verdicts[0].Warnings}
	if refusal := verdicts[0].Refusal; refusal != nil {
		a.refusal = refusal.Message
	}
	return a
}

// answer is what was said to a request.
type answer struct {
	refusal  string
	warnings []string
}

func (a answer) matches(g *WithT, c cases.Case) {
	if len(c.Refused) == 0 {
		g.Expect(a.refusal).To(BeEmpty())
	}
	for _, part := range c.Refused {
		g.Expect(a.refusal).To(ContainSubstring(part))
	}
	for _, part := range c.Warned {
		g.Expect(strings.Join(a.warnings, "\n")).To(ContainSubstring(part))
	}
}
