// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package flow_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
)

// TestKstatusReadsWhatIsWritten is what `helm --wait` and Flux go by.
func TestKstatusReadsWhatIsWritten(t *testing.T) {
	waits := func(reason string) error { return flow.Wait{Reason: reason, Message: "…"} }
	stalls := func(reason string) error { return flow.Stall{Reason: reason, Message: "…"} }
	for sentence, c := range map[string]struct {
		outcome error
		mod     func(*v1alpha1.BackOfficeUser)
		want    status.Status
	}{
		"everything is in force":                   {outcome: nil, want: status.CurrentStatus},
		"no further step is needed":                {outcome: flow.Done{}, want: status.CurrentStatus},
		"it heals by itself":                       {outcome: waits(v1alpha1.ReasonReferenceNotFound), want: status.InProgressStatus},
		"an attempt failed and is repeated":        {outcome: errors.New("broken"), want: status.InProgressStatus},
		"somebody has to change something":         {outcome: stalls(v1alpha1.ReasonPolicyViolated), want: status.FailedStatus},
		"it is being deleted":                      {outcome: waits(v1alpha1.ReasonInUse), mod: deleted, want: status.TerminatingStatus},
		"it is being deleted and cannot be":        {outcome: stalls(v1alpha1.ReasonStoreRejected), mod: deleted, want: status.TerminatingStatus},
		"nothing is known of it yet":               {outcome: flow.Later{}, want: status.InProgressStatus},
		"it waits until it is no longer suspended": {outcome: waits(v1alpha1.ReasonSuspended), want: status.InProgressStatus},
	} {
		t.Run(sentence, func(t *testing.T) {
			g, s := NewWithT(t), newStage(t)
			if c.mod != nil {
				s = newStage(t, c.mod)
			}
			s.settle(c.outcome)
			g.Expect(kstatus(t, s.stored())).To(Equal(c.want))
		})
	}
}

func TestKstatusWaitsForTheGenerationThatWasWritten(t *testing.T) {
	for sentence, outcome := range map[string]error{
		"one in force":         nil,
		"one that was refused": flow.Stall{Reason: v1alpha1.ReasonPolicyViolated, Message: "…"},
	} {
		t.Run(sentence, func(t *testing.T) {
			g, s := NewWithT(t), newStage(t)
			s.settle(outcome)
			changed := s.stored()
			changed.Generation++
			g.Expect(kstatus(t, changed)).To(Equal(status.InProgressStatus))
		})
	}
}

// TestKstatusDoesNotTakeANewObjectForReady reads what the schema writes into a status that is not there: without it, kstatus takes the object
// for Current.
func TestKstatusDoesNotTakeANewObjectForReady(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "config", "crd", "bases", "*.yaml"))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	NewWithT(t).Expect(files).To(HaveLen(4))
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			g := NewWithT(t)
			content, err := os.ReadFile(file)
			g.Expect(err).NotTo(HaveOccurred())
			var crd map[string]any
			g.Expect(yaml.Unmarshal(content, &crd)).To(Succeed())
			versions, _, err := unstructured.NestedSlice(crd, "spec", "versions")
			g.Expect(err).NotTo(HaveOccurred())
			fresh, found, err := unstructured.NestedMap(versions[0].(map[string]any), "schema", "openAPIV3Schema", "properties", "status", "default")
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(found).To(BeTrue())
			fresh["observedGeneration"] = int64(fresh["observedGeneration"].(float64)) // as a client reads it
			result, err := status.Compute(&unstructured.Unstructured{Object: map[string]any{
				"apiVersion": v1alpha1.GroupVersion.String(), "kind": "Any", "metadata": map[string]any{"generation": int64(1)}, "status": fresh,
			}})
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(result.Status).To(Equal(status.InProgressStatus))
		})
	}
}

func kstatus(t *testing.T, u *v1alpha1.BackOfficeUser) status.Status {
	t.Helper()
	g := NewWithT(t)
	object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(u)
	g.Expect(err).NotTo(HaveOccurred())
	result, err := status.Compute(&unstructured.Unstructured{Object: object})
	g.Expect(err).NotTo(HaveOccurred())
	return result.Status
}
