// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"encoding/json"
	"encoding/pem"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	registrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// slowSecrets has the API server take its time over the Secrets that the operator writes in a namespace, over every fifth some seconds, by a webhook.
// So whatever happens to a manager happens in the middle of issues, and a Secret may be written when who asked for it is frozen and replaced.
func slowSecrets(namespace string) {
	GinkgoHelper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		review := &admissionv1.AdmissionReview{}
		if err := json.NewDecoder(r.Body).Decode(review); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		select {
		case <-time.After(delay()):
		case <-r.Context().Done():
		}
		review.Response = &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: true}
		review.Request = nil
		_ = json.NewEncoder(w).Encode(review) // who has gone needs no answer
	}))
	DeferCleanup(server.Close)
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	configuration := &registrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "slow-" + namespace},
		Webhooks: []registrationv1.ValidatingWebhook{{
			Name:                    "slow.shop.example",
			ClientConfig:            registrationv1.WebhookClientConfig{URL: &server.URL, CABundle: authority},
			AdmissionReviewVersions: []string{"v1"},
			SideEffects:             new(registrationv1.SideEffectClassNone),
			TimeoutSeconds:          new(int32(30)),
			NamespaceSelector:       &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: namespace}},
			ObjectSelector:          &metav1.LabelSelector{MatchLabels: map[string]string{v1alpha1.LabelSecret: v1alpha1.SecretCredential}},
			Rules: []registrationv1.RuleWithOperations{{
				Operations: []registrationv1.OperationType{registrationv1.Create, registrationv1.Update},
				Rule:       registrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"secrets"}},
			}},
		}},
	}
	Expect(masters().Create(ctx, configuration)).To(Succeed())
	DeferCleanup(func() { Expect(masters().Delete(ctx, configuration)).To(Succeed()) })
}

// delay is mostly short.
func delay() time.Duration {
	if rand.IntN(5) > 0 {
		return upTo(100 * time.Millisecond)
	}
	return time.Second + upTo(3*time.Second)
}
