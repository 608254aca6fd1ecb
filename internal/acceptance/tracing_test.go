// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("A manager that is traced", func() {
	It("tells where time goes, down to queries, and nothing of what is in objects", func() {
		var mutex sync.Mutex
		names, bodies := map[string]int{}, ""
		receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			defer GinkgoRecover()
			body, err := io.ReadAll(r.Body)
			Expect(err).NotTo(HaveOccurred())
			var sent collectorv1.ExportTraceServiceRequest
			Expect(proto.Unmarshal(body, &sent)).To(Succeed())
			mutex.Lock()
			defer mutex.Unlock()
			bodies += string(body)
			for _, resource := range sent.GetResourceSpans() {
				for _, scope := range resource.GetScopeSpans() {
					for _, span := range scope.GetSpans() {
						names[span.GetName()]++
					}
				}
			}
		}))
		defer receiver.Close()
		GinkgoT().Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.URL)
		f := newFleet()
		only := f.start()
		office := newReach().office()
		Expect(root().Create(ctx, office)).To(Succeed())
		eventually(office, beReady())
		user := testkit.User("ann", office.Namespace, testkit.Email("ann.martin@shop.example"), testkit.Profile(v1alpha1.Profile{FullName: "Ann Martin", Email: "ann.martin@shop.example"}))
		given(user)
		secret := &corev1.Secret{}
		Expect(masters().Get(ctx, types.NamespacedName{Namespace: user.Namespace, Name: user.SecretName()}, secret)).To(Succeed())
		f.stop(only) // which sends the rest

		mutex.Lock()
		defer mutex.Unlock()
		Expect(names).To(And(
			HaveKey("reconcile backoffice"), HaveKey("reconcile backofficeuser"), HaveKey("admission /admit"),
			HaveKey("admission /validate-access-backoffice-operator-io-v1alpha1-backofficeuser"), HaveKey("PostgreSQL open"), HaveKey("PostgreSQL apply")))
		Expect(names).To(HaveKey("COMMIT"), "a query")
		for _, personal := range []string{"Ann Martin", "ann.martin@", string(secret.Data[corev1.BasicAuthPasswordKey]), "argon2", "pbkdf2", "root", "SELECT ", office.Spec.Store.Postgres.Schema} {
			Expect(strings.Contains(bodies, personal)).To(BeFalse(), "%s is in a trace", personal)
		}
	})
})
