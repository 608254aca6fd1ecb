// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"testing"
	"time"

	"github.com/argoproj/argo-cd/gitops-engine/pkg/health"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestASuspensionByTheActionSurvivesSelfHealAndRevokingGoesOn(t *testing.T) {
	g := NewWithT(t)
	app := newTeam(t, "suspend", ServerSideBoth)
	newcomer := app.named(t, "BackOfficeUser", "max")
	first := app
	first.Manifests = nil
	for _, o := range app.Manifests {
		if o != newcomer {
			first.Manifests = append(first.Manifests, o)
		}
	}
	g.Expect(argocd.Sync(limited(t), first.Application, Begin())).To(Succeed())
	becomesReady(t, first.Application)
	healthOf := func(o *unstructured.Unstructured) func() (health.HealthStatusCode, error) {
		return func() (health.HealthStatusCode, error) {
			status, err := health.GetResourceHealth(live(t, o), scripts)
			return status.Status, err
		}
	}
	platform := Application{Name: "suspend", Mode: ServerSide, Manifests: delegated(t, fixture(t, "platform.yaml", "suspend"))}
	office, lea := platform.named(t, "BackOffice", "shop"), app.named(t, "BackOfficeUser", "lea")

	suspend := Action{Name: "suspend", User: ServerUser, Parameters: map[string]string{"reason": "an incident"}}
	g.Expect(argocd.Act(t.Context(), office, suspend)).To(Succeed())
	g.Eventually(healthOf(office), patient, often).Should(Equal(health.HealthStatusSuspended))
	g.Expect(healthOf(lea)()).To(Equal(health.HealthStatusHealthy), "who is in force stays so")
	g.Expect(healed(t, platform, 3*time.Second)).To(BeZero())

	g.Expect(unstructured.SetNestedField(lea.Object, "Blocked", "spec", "state")).To(Succeed())
	g.Expect(argocd.Sync(limited(t), app.Application, Begin())).To(Succeed())
	g.Eventually(func() string { return stateOf(t, lea) }, patient, often).Should(Equal("Blocked"))
	g.Eventually(healthOf(newcomer), patient, often).Should(Equal(health.HealthStatusSuspended), "a new account waits")
	g.Expect(stateOf(t, newcomer)).NotTo(Equal("Active"))

	g.Expect(argocd.Act(t.Context(), office, Action{Name: "resume", User: ServerUser})).To(Succeed())
	becomesReady(t, app.Application)
	g.Expect(stateOf(t, newcomer)).To(Equal("Active"))
	g.Expect(healthOf(office)()).To(Equal(health.HealthStatusHealthy))
}
