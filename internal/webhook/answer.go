// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"context"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/internal/metrics"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

// The audit annotations of a request that was judged. The API server puts the name of the webhook before them.
const (
	// auditStamp is the id of the object's stamp, of the old object on deletion.
	auditStamp = "stamp"
	// auditPower says where the requester's power comes from.
	auditPower = "power"
	// auditVerdict is Allowed or Refused.
	auditVerdict = "verdict"
	// auditRules are the reasons of the rules that refuse.
	auditRules = "rules"
)

// answer is what is said to a request that was judged.
type answer struct {
	req        admission.Request
	object     client.Object // as it is to be, or as it was on deletion
	stamp      string        // the id of its stamp; empty where it has none
	actor      policy.Actor
	violations []policy.Violation
}

func (a answer) response(ctx context.Context) admission.Response {
	a.violations = once(a.violations)
	metrics.Found(a.req.Kind.Kind, a.violations)
	response := admission.Allowed("")
	verdict := "Allowed"
	if errs := policy.FieldErrors(a.violations); len(errs) > 0 {
		verdict = "Refused"
		name := a.object.GetName() // the request has none for generateName and deletecollection
		// The logger knows the actor and the kind.
		log.FromContext(ctx).Info("Refused", "object", a.object.GetNamespace()+"/"+name, "operation", a.req.Operation, "reasons", a.reasons())
		response = failed(apierrors.NewInvalid(schema.GroupKind{Group: a.req.Kind.Group, Kind: a.req.Kind.Kind}, name, errs))
	}
	response.AuditAnnotations = a.audit(verdict)
	return response.WithWarnings(policy.Warnings(a.violations)...)
}

func (a answer) audit(verdict string) map[string]string {
	annotations := map[string]string{auditVerdict: verdict, auditPower: sources(a.actor)}
	if a.stamp != "" {
		annotations[auditStamp] = a.stamp
	}
	if reasons := a.reasons(); len(reasons) > 0 {
		annotations[auditRules] = strings.Join(reasons, ",")
	}
	return annotations
}

// sources tells where an actor's power comes from.
func sources(actor policy.Actor) string {
	var all []string
	for _, p := range actor.Powers {
		if !slices.Contains(all, p.Source) { // a user of several families has as many powers
			all = append(all, p.Source)
		}
	}
	if actor.Escalation == policy.EscalationPermitted {
		all = append(all, "the RBAC verb escalate")
	}
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, "; ")
}

func (a answer) reasons() []string {
	var reasons []string
	for _, v := range a.violations {
		if v.Severity == policy.Refuse && !slices.Contains(reasons, v.Reason) {
			reasons = append(reasons, v.Reason)
		}
	}
	return reasons
}

func refuses(violations []policy.Violation) bool {
	return slices.ContainsFunc(violations, func(v policy.Violation) bool { return v.Severity == policy.Refuse })
}

// once leaves the first of those violations that say the same: two chains share rules.
func once(violations []policy.Violation) []policy.Violation {
	if len(violations) < 2 {
		return violations
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(violations, func(v policy.Violation) bool {
		text := string(v.Severity) + " " + v.String()
		known := seen[text]
		seen[text] = true
		return known
	})
}

// unreadable refuses: what cannot be judged is not admitted.
func unreadable(err error) admission.Response {
	return failed(apierrors.NewServiceUnavailable(fmt.Sprintf("the request cannot be judged now, try again: %v", err)))
}

// failed is the answer that a client reads as this error.
func failed(err *apierrors.StatusError) admission.Response {
	response := admission.Denied("")
	response.Result = &err.ErrStatus
	return response
}
