// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/pkg/apis/kustomize"
	"github.com/fluxcd/pkg/runtime/cel"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/backoffice-operator/backoffice-operator/hack/argocd/customizations"
)

// root is the source tree, from this package.
const root = "../../.."

// verdicts are those on the objects of the health tests of config/argocd, which come from a cluster.
var verdicts = map[string]status.Status{
	"backoffice-healthy":         status.CurrentStatus,
	"backoffice-suspended":       status.CurrentStatus,
	"backoffice-waiting":         status.InProgressStatus,
	"backoffice-withdrawal-held": status.FailedStatus,
	"permissionset-waiting":      status.InProgressStatus,
	"rolebinding-healthy":        status.CurrentStatus,
	"user-changed":               status.InProgressStatus,
	"user-healthy":               status.CurrentStatus,
	"user-invited":               status.CurrentStatus,
	"user-new":                   status.InProgressStatus,
	"user-on-hold":               status.CurrentStatus,
	"user-refused":               status.FailedStatus,
	"user-suspended":             status.InProgressStatus,
}

func TestFluxJudgesObjectsAsKstatusDoes(t *testing.T) {
	g := NewWithT(t)
	checks := healthChecks(t)
	files, err := filepath.Glob(filepath.Join(root, "config", "argocd", "resource_customizations", customizations.Group, "_", "testdata", "*.yaml"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(files).To(HaveLen(len(verdicts)))
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			o := object(t, file)
			evaluator, err := cel.NewStatusEvaluator(checks[o.GetKind()])
			g.Expect(err).NotTo(HaveOccurred())
			result, err := evaluator.Evaluate(t.Context(), o)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(result.Status).To(Equal(verdicts[name]))

			result, err = status.Compute(o)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(result.Status).To(Equal(verdicts[name]), "kstatus, which needs no expressions")
		})
	}
}

// healthChecks are the expressions of config/flux by kind.
func healthChecks(t *testing.T) map[string]*kustomize.HealthCheckExpressions {
	t.Helper()
	g := NewWithT(t)
	content, err := os.ReadFile(filepath.Join(root, "config", "flux", "access.yaml"))
	g.Expect(err).NotTo(HaveOccurred())
	var kustomization kustomizev1.Kustomization
	g.Expect(yaml.UnmarshalStrict(content, &kustomization)).To(Succeed())
	checks := map[string]*kustomize.HealthCheckExpressions{}
	for _, check := range kustomization.Spec.HealthCheckExprs {
		g.Expect(check.APIVersion).To(Equal(customizations.Group + "/v1alpha1"))
		checks[check.Kind] = &check.HealthCheckExpressions
	}
	for _, kind := range customizations.Kinds {
		g.Expect(checks).To(HaveKey(kind))
	}
	return checks
}

// object reads a manifest as a client does: whole numbers are integers.
func object(t *testing.T, file string) *unstructured.Unstructured {
	t.Helper()
	g := NewWithT(t)
	content, err := os.ReadFile(file)
	g.Expect(err).NotTo(HaveOccurred())
	content, err = yaml.YAMLToJSON(content)
	g.Expect(err).NotTo(HaveOccurred())
	o := &unstructured.Unstructured{}
	g.Expect(o.UnmarshalJSON(content)).To(Succeed())
	return o
}
