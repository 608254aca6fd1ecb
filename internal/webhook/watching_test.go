// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"context"
	"testing"

	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/internal/gather"
)

func TestNobodyIsLetInWhereTheOperatorDoesNotLook(t *testing.T) {
	judge := admission.HandlerFunc(func(context.Context, admission.Request) admission.Response { return admission.Denied("judged") })
	for name, c := range map[string]struct {
		watched   gather.Namespaces
		handler   admission.Handler
		operation admissionv1.Operation
		want      string // empty: allowed, without anybody having judged
	}{
		"a creation in a watched namespace is judged":  {gather.Namespaces{"team"}, judge, admissionv1.Create, "judged"},
		"and so is one anywhere, where all are":        {nil, judge, admissionv1.Create, "judged"},
		"a creation elsewhere is refused":              {gather.Namespaces{"shop"}, judge, admissionv1.Create, "does not watch namespace \"team\""},
		"and so is a change":                           {gather.Namespaces{"shop"}, judge, admissionv1.Update, "does not watch namespace \"team\""},
		"a deletion elsewhere takes nothing from here": {gather.Namespaces{"shop"}, judge, admissionv1.Delete, ""},
		"what elsewhere is created gets no stamp":      {gather.Namespaces{"shop"}, stamper{}, admissionv1.Create, ""},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			answer := watching{c.handler, c.watched}.Handle(t.Context(), admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
				Namespace: "team", Operation: c.operation, Kind: metav1.GroupVersionKind{Kind: "BackOfficeUser"},
			}})
			g.Expect(answer.Allowed).To(Equal(c.want == ""))
			g.Expect(answer.Patches).To(BeEmpty())
			if c.want != "" {
				g.Expect(answer.Result.Message).To(ContainSubstring(c.want))
			}
		})
	}
}
