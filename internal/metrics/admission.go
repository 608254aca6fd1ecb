// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

// The webhooks.
const (
	WebhookStamp     = "Stamp"
	WebhookValidate  = "Validate"
	WebhookUninstall = "Uninstall"
)

const (
	other         = "Other"
	verdictFailed = "Failed"
)

// kinds and operations are those that labels may name. Whoever reaches the port of the webhooks may claim anything.
var (
	kinds = []string{
		"BackOffice", "BackOfficeUser", "PermissionSet", "RoleBinding", "ConfigMap", "CustomResourceDefinition", "Namespace", "PersistentVolumeClaim",
	}
	operations = []string{string(admissionv1.Create), string(admissionv1.Update), string(admissionv1.Delete)}
)

// Admission measures the answers of a webhook. Those of Stamp, which refuses nothing, are not counted by verdict.
func Admission(webhook string, h admission.Handler) admission.Handler {
	return admission.HandlerFunc(func(ctx context.Context, req admission.Request) admission.Response {
		kind := known(req.Kind.Kind, kinds)
		timer := prometheus.NewTimer(admissionDuration.WithLabelValues(webhook, kind))
		response := h.Handle(ctx, req)
		timer.ObserveDuration()
		if webhook != WebhookStamp {
			dry := strconv.FormatBool(ptr.Deref(req.DryRun, false))
			admissionRequests.WithLabelValues(kind, known(string(req.Operation), operations), verdictOf(response), dry).Inc()
		}
		return response
	})
}

// verdictOf names an answer. What could not be judged says so by the code of an error of the server, or of a request that cannot be read.
func verdictOf(r admission.Response) string {
	switch {
	case r.Allowed:
		return "Allowed"
	case r.Result != nil && (r.Result.Code >= http.StatusInternalServerError || r.Result.Code == http.StatusBadRequest):
		return verdictFailed
	}
	return "Refused"
}

// Found counts what the rules have found in a request for an object of a kind.
func Found(kind string, violations []policy.Violation) {
	for _, v := range violations {
		verdict := "Refused"
		if v.Severity == policy.Warn {
			verdict = "Warned"
		}
		admissionFindings.WithLabelValues(known(kind, kinds), v.Rule, verdict).Inc()
	}
}

func known(value string, values []string) string {
	if slices.Contains(values, value) {
		return value
	}
	return other
}
