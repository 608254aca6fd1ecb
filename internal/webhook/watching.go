// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"context"
	"fmt"

	admissionv1 "k8s.io/api/admission/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/internal/gather"
)

// watching refuses objects in namespaces that the operator does not look after. Nobody would judge them, and they would be in force, whatever their stamp
// claims, when the namespace is watched one day. They may be deleted: nothing of theirs is in force.
type watching struct {
	admission.Handler
	watched gather.Namespaces
}

// Handle implements admission.Handler.
func (w watching) Handle(ctx context.Context, req admission.Request) admission.Response {
	if req.Namespace == "" || w.watched.Watch(req.Namespace) {
		return w.Handler.Handle(ctx, req)
	}
	if _, refusesNothing := w.Handler.(stamper); refusesNothing || req.Operation != admissionv1.Create && req.Operation != admissionv1.Update {
		return admission.Allowed("")
	}
	return admission.Denied(fmt.Sprintf("this operator does not watch namespace %q, and nothing would come of a %s there: add the namespace to its --watch-namespaces; "+
		"where another operator watches it, leave the namespace out of this one's webhook configurations, by their namespaceSelector", req.Namespace, req.Kind.Kind))
}
