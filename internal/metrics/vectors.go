// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"runtime"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/backoffice-operator/backoffice-operator/internal/credential"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

const (
	prefix = "backoffice_operator_"
	// labelNamespace and labelOffice name a back office. Prometheus itself uses the label namespace, for that of the manager.
	labelNamespace = "back_office_namespace"
	labelOffice    = "back_office"
)

var (
	buildInfo = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: prefix + "build_info", Help: "1, for the version of the manager that runs.",
	}, []string{"version", "revision", "goversion"})
	leading = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: prefix + "leading", Help: "1 while this manager works: where it leads, or where there is no leader election. 0 while it waits for the lead.",
	})

	admissionRequests = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: prefix + "admission_requests_total",
		Help: "Requests that the validating webhooks have answered. verdict: Allowed, Refused, or Failed where it could not be judged.",
	}, []string{"kind", "operation", "verdict", "dry_run"})
	admissionFindings = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: prefix + "admission_findings_total",
		Help: "What the rules have found in requests that were judged, dry runs included. verdict: Refused or Warned.",
	}, []string{"kind", "rule", "verdict"})
	admissionDuration = prometheus.NewHistogramVec(histogram(
		"admission_duration_seconds", "How long an answer of a webhook took. webhook: Stamp, Validate or Uninstall.",
		[]float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
	), []string{"webhook", "kind"})

	storeOperations = prometheus.NewHistogramVec(histogram(
		"store_operation_duration_seconds", "How long a store took. operation: Open, Apply (one transaction), Observe (one read, however long), Ping or SetReaders.",
		[]float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 15},
	), []string{"store", "operation"})
	storeErrors = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: prefix + "store_operation_errors_total",
		Help: "Operations of a store that failed as a whole. error: Unavailable, Fenced, Lost, Rejected, Misconfigured, InUse or Unknown.",
	}, []string{labelNamespace, labelOffice, "store", "operation", "error"})
	storeBatch = prometheus.NewHistogramVec(histogram(
		"store_batch_groups", "How many changes, each with all that stands or falls with it, were written as one transaction.",
		[]float64{1, 2, 4, 8, 16, 32, 64, 128, 256},
	), []string{"store"})
	storeWrites = prometheus.NewHistogramVec(histogram(
		"store_write_duration_seconds", "How long a change took until the store had it, with the time that it waited. intent: Revoke or Grant.",
		[]float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 15, 30},
	), []string{"intent"})

	driftFound = ofOffice("drift_found_total", "Records that the store did not hold as they were written. kind: BackOffice, PermissionSet, RoleBinding or BackOfficeUser.",
		"kind")
	driftRepaired = ofOffice("drift_repaired_total", "Records of drift_found_total that have been written again.", "kind")

	credentialChanges = ofOffice("credential_changes_total",
		"What was done about passwords. action: Issue, Rotate, Reset, Revoke, Invite, Restore (the store had lost its verifier) or Supply.", "action")
	bulkResets = ofOffice("bulk_resets_total", "How often all passwords of a back office that were issued before a moment have been ended.")
)

// ofOffices are the counters that a back office takes with it when it goes.
var ofOffices = []interface {
	DeletePartialMatch(labels prometheus.Labels) int
}{storeErrors, driftFound, driftRepaired, credentialChanges, bulkResets}

// collectors are all metrics.
var collectors = []prometheus.Collector{
	workingObjects{},
	buildInfo, leading, webhookCertificate, admissionRequests, admissionFindings, admissionDuration,
	storeOperations, storeErrors, storeBatch, storeWrites, driftFound, driftRepaired, credentialChanges, bulkResets,
}

func init() {
	metrics.Registry.MustRegister(collectors...)
	for _, intent := range []string{intentRevoke, intentGrant} {
		storeWrites.WithLabelValues(intent)
	}
	for _, kind := range kinds {
		for _, operation := range operations {
			admissionRequests.WithLabelValues(kind, operation, verdictFailed, "false")
		}
	}
}

// expect has the counters of a back office begin at 0, so that the first increase is seen.
func expect(o types.NamespacedName) {
	for _, kind := range []string{kindOffice, kindUser, kindSet, kindBinding} {
		driftFound.WithLabelValues(o.Namespace, o.Name, kind)
		driftRepaired.WithLabelValues(o.Namespace, o.Name, kind)
	}
	for _, action := range []credential.Action{
		credential.Issue, credential.Rotate, credential.Reset, credential.Revoke, credential.Invite, credential.Restore, credential.Supply,
	} {
		credentialChanges.WithLabelValues(o.Namespace, o.Name, string(action))
	}
	bulkResets.WithLabelValues(o.Namespace, o.Name)
}

// histogram are the options of a histogram that is native where Prometheus asks for that, and classic elsewhere.
func histogram(name, help string, buckets []float64) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{
		Name: prefix + name, Help: help, Buckets: buckets,
		NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100, NativeHistogramMinResetDuration: time.Hour,
	}
}

// ofOffice is a counter of each back office.
func ofOffice(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: prefix + name, Help: help}, append([]string{labelNamespace, labelOffice}, labels...))
}

// Build tells which version runs; the revision is that of the source, where the build knows it.
func Build(version string) {
	revision := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
	}
	buildInfo.WithLabelValues(version, revision, runtime.Version()).Set(1)
}

// DriftFound counts a record that the store did not hold as it was written.
func DriftFound(o types.NamespacedName, kind string) {
	driftFound.WithLabelValues(o.Namespace, o.Name, kind).Inc()
}

// DriftRepaired counts such a record that has been written again.
func DriftRepaired(o types.NamespacedName, kind string) {
	driftRepaired.WithLabelValues(o.Namespace, o.Name, kind).Inc()
}

// CredentialChanged counts what was done about a password.
func CredentialChanged(o types.NamespacedName, action credential.Action) {
	credentialChanges.WithLabelValues(o.Namespace, o.Name, string(action)).Inc()
}

// BulkReset counts an end of all passwords of a back office.
func BulkReset(o types.NamespacedName) { bulkResets.WithLabelValues(o.Namespace, o.Name).Inc() }

const intentRevoke, intentGrant = "Revoke", "Grant"

// Writing tells how long a change takes until the store has it: until what it returns is called.
func Writing(changes store.Group) (written func()) {
	intent := intentGrant
	if changes.Revokes() {
		intent = intentRevoke
	}
	timer := prometheus.NewTimer(storeWrites.WithLabelValues(intent))
	return func() { timer.ObserveDuration() }
}

// forget drops the counters of a back office that is gone.
func forget(o types.NamespacedName) {
	for _, v := range ofOffices {
		v.DeletePartialMatch(prometheus.Labels{labelNamespace: o.Namespace, labelOffice: o.Name})
	}
}
