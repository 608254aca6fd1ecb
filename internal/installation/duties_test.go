// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package installation

import (
	"crypto/tls"
	"io"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("an installation with default values, and somebody who reads its metrics,", Ordered, func() {
	var metrics string // their URL
	BeforeAll(func() {
		deployment := installOperator("--set-json", `metrics.readers=[{"namespace": "default", "name": "prometheus"}]`)
		metrics = "https://" + deployment.Pods()[0].Address("https") + "/metrics"
	})

	It("shows its metrics to service accounts that are named, and to nobody else", func() {
		Expect(status(metrics, serviceAccountToken("prometheus"))).To(Equal(http.StatusOK))
		Expect(status(metrics, serviceAccountToken("somebody"))).To(Equal(http.StatusForbidden))
		Expect(status(metrics, "")).To(Equal(http.StatusUnauthorized))
	})

	It("has a share of the API server of its own", func() {
		schema := &flowcontrolv1.FlowSchema{}
		Expect(admin.Get(ctx, client.ObjectKey{Name: operatorRelease}, schema)).To(Succeed())
		level := &flowcontrolv1.PriorityLevelConfiguration{}
		Expect(admin.Get(ctx, client.ObjectKey{Name: operatorRelease}, level)).To(Succeed())
		Eventually(func(g Gomega) {
			g.Expect(flowOf(managerUser)).To(Equal(flow{string(schema.UID), string(level.UID)}))
			g.Expect(flowOf("system:serviceaccount:default:somebody").schema).NotTo(Equal(string(schema.UID)))
		}, soon, often).Should(Succeed())
	})

	It("lets those who may view see our objects, and no passwords", func() {
		namespace := populated("shop")
		kubectl("create", "rolebinding", "viewers", "--clusterrole=view", "--user=viewer", "--namespace", namespace)
		viewer := testkit.As(cluster.Admin, "viewer", "system:authenticated")
		Eventually(func() error { return viewer.List(ctx, &corev1.ConfigMapList{}, client.InNamespace(namespace)) }, soon, often).Should(Succeed())
		Eventually(func() (string, error) {
			return run(cluster.Kubectl, "get", "backofficeusers", "--namespace", namespace, "--as=viewer", "--output=name")
		}, soon, often).Should(ContainSubstring("/ann"))
		Expect(viewer.List(ctx, &corev1.SecretList{}, client.InNamespace(namespace))).To(MatchError(ContainSubstring("forbidden")))
	})
})

var _ = Describe("an installation of two managers", func() {
	It("answers every request while an upgrade replaces both", func() {
		deployment := installOperator("--values", values(replicated))
		Expect(deployment.Pods()).To(HaveLen(2))
		namespace := testkit.FreshNamespace(ctx, admin)
		before := deployment.Pods()

		done, asked := make(chan struct{}), make(chan []error)
		go func() { asked <- applyUntil(done, namespace) }()
		upgradeOperator("--values", values(replicated), "--set", "log.level=debug")
		Eventually(before[0].Done(), soon).Should(BeClosed())
		Eventually(before[1].Done(), soon).Should(BeClosed())
		close(done)
		var errs []error
		Eventually(asked, soon).Should(Receive(&errs))
		AddReportEntry("requests during the upgrade", len(errs))
		Expect(len(errs)).To(BeNumerically(">", 20))
		Expect(errs).To(HaveEach(BeNil()))
		Expect(deployment.Pods()).To(HaveLen(2))
	})
})

// applyUntil asks the webhooks again and again, and returns what they answered.
func applyUntil(done chan struct{}, namespace string) (errs []error) {
	for {
		select {
		case <-done:
			return errs
		case <-time.After(20 * time.Millisecond):
			errs = append(errs, admin.Create(ctx, testkit.Office("shop", namespace), client.DryRunAll))
		}
	}
}

// serviceAccountToken is a token of a service account of the namespace default, which is made if it is not there.
func serviceAccountToken(name string) string {
	GinkgoHelper()
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name}}
	Expect(client.IgnoreAlreadyExists(admin.Create(ctx, account))).To(Succeed())
	request := &authenticationv1.TokenRequest{}
	Expect(admin.SubResource("token").Create(ctx, account, request)).To(Succeed())
	return request.Status.Token
}

// status asks by HTTPS, whatever the certificate, and returns the status.
func status(url, token string) int {
	GinkgoHelper()
	asker := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer asker.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	Expect(err).NotTo(HaveOccurred())
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := asker.Do(request)
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = response.Body.Close() }()
	_, err = io.Copy(io.Discard, response.Body)
	Expect(err).NotTo(HaveOccurred())
	return response.StatusCode
}

// flow is how the API server treats somebody's requests: the UIDs of the FlowSchema and of the PriorityLevelConfiguration.
type flow struct{ schema, level string }

func flowOf(user string) flow {
	GinkgoHelper()
	config := rest.CopyConfig(cluster.Admin)
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: []string{"system:serviceaccounts", "system:authenticated"}}
	asker, err := rest.HTTPClientFor(config)
	Expect(err).NotTo(HaveOccurred())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, config.Host+"/apis/access.backoffice-operator.io/v1alpha1/backoffices?limit=1", nil)
	Expect(err).NotTo(HaveOccurred())
	response, err := asker.Do(request)
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = response.Body.Close() }()
	return flow{response.Header.Get("X-Kubernetes-Pf-Flowschema-Uid"), response.Header.Get("X-Kubernetes-Pf-Prioritylevel-Uid")}
}
