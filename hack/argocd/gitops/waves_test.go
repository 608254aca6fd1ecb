// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"testing"
	"time"

	"github.com/argoproj/argo-cd/gitops-engine/pkg/sync/common"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// inWaves puts each kind into a wave of its own, in which nothing refers to a later one.
func inWaves(t *testing.T, manifests []*unstructured.Unstructured) {
	t.Helper()
	waves := map[string]string{"Namespace": "-1", "BackOffice": "0", "PermissionSet": "1", "BackOfficeUser": "2", "RoleBinding": "3"}
	for _, o := range manifests {
		o.SetAnnotations(map[string]string{common.AnnotationSyncWave: waves[o.GetKind()]})
	}
}

func TestAWaveWaitsUntilTheOneBeforeIsInForce(t *testing.T) {
	g := NewWithT(t)
	app := Application{Name: "waves", Mode: ServerSide, Manifests: delegated(t, append(fixture(t, "platform.yaml", "waves"), parsed(t, []byte(`
apiVersion: access.backoffice-operator.io/v1alpha1
kind: BackOfficeUser
metadata: {name: lea, namespace: waves}
spec: {backOfficeRef: {name: shop}}
`))...))}
	inWaves(t, app.Manifests)
	set := app.named(t, "PermissionSet", "customer-service")
	g.Expect(unstructured.SetNestedSlice(set.Object, []any{map[string]any{"name": "viewer"}}, "spec", "extends")).To(Succeed())
	lea := app.named(t, "BackOfficeUser", "lea")

	operation := Begin()
	step := func() any {
		g.Expect(argocd.Step(app, operation)).To(Succeed())
		return live(t, lea)
	}
	g.Eventually(func() any { step(); return live(t, set) }, patient, often).ShouldNot(BeNil())
	g.Consistently(step, 3*time.Second, often).Should(BeNil(), "the set extends one that does not exist yet, so that no user comes")
	g.Expect(operation.Phase).To(Equal(common.OperationRunning))

	viewer := Application{Name: "viewer", Mode: ServerSide, Manifests: parsed(t, []byte(`
apiVersion: access.backoffice-operator.io/v1alpha1
kind: PermissionSet
metadata: {name: viewer, namespace: waves}
spec: {backOfficeRef: {name: shop}, rank: 8, permissions: [{path: orders, level: Read}]}
`))}
	g.Expect(argocd.Sync(limited(t), viewer, Begin())).To(Succeed())
	g.Eventually(step, patient, often).ShouldNot(BeNil())
	g.Eventually(func() common.OperationPhase { step(); return operation.Phase }, patient, often).Should(Equal(common.OperationSucceeded))
}

func TestAWaveThatIsRefusedFailsTheSyncWithTheReason(t *testing.T) {
	g := NewWithT(t)
	app := Application{Name: "refused", Mode: ServerSide, Manifests: delegated(t, fixture(t, "platform.yaml", "refused"))}
	inWaves(t, app.Manifests)
	office := app.named(t, "BackOffice", "shop")
	g.Expect(unstructured.SetNestedMap(office.Object, map[string]any{"postgres": map[string]any{
		"owner": "shop", "urlSecretRef": map[string]any{"name": "db", "key": "url"},
	}}, "spec", "store")).To(Succeed())
	app.Manifests = append(app.Manifests, parsed(t, []byte(`
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: refused, annotations: {argocd.argoproj.io/sync-wave: "-1"}, labels: {access.backoffice-operator.io/secret: store-url}}
stringData: {url: "not a URL"}
`))...)
	g.Expect(argocd.Sync(limited(t), app, Begin())).To(MatchError(ContainSubstring("BackOffice refused shop")))
	g.Expect(live(t, app.named(t, "PermissionSet", "customer-service"))).To(BeNil())
}

func TestPruningWhatDemandsAConfirmationWaitsForIt(t *testing.T) {
	g := NewWithT(t)
	app := newTeam(t, "confirm", ServerSide)
	lea := app.named(t, "BackOfficeUser", "lea")
	lea.SetAnnotations(map[string]string{common.AnnotationSyncOptions: "Prune=confirm"})
	g.Expect(argocd.Sync(limited(t), app.Application, Begin())).To(Succeed())
	becomesReady(t, app.Application)

	app.Manifests = nil
	operation := Begin()
	g.Consistently(func() any {
		g.Expect(argocd.Step(app.Application, operation)).To(Succeed())
		return live(t, lea)
	}, 3*time.Second, often).ShouldNot(BeNil())
	g.Expect(operation.Phase).To(Equal(common.OperationRunning))
	operation.Confirmed = true
	g.Expect(argocd.Sync(limited(t), app.Application, operation)).To(Succeed())
	g.Eventually(func() map[string]string { return versions(t, app.namespace) }, patient, often).Should(BeEmpty())
}
