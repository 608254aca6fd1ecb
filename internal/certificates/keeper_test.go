// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"context"
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
)

const (
	soon  = 20 * time.Second
	often = 20 * time.Millisecond
)

// brief lets an authority be renewed while a test waits. X.509 knows whole seconds.
var brief = lifetimes{
	authority: 21 * time.Second, authorityLeft: 13 * time.Second, certificate: 9 * time.Second, certificateLeft: 6 * time.Second,
	overlap: 3 * time.Second, settle: 500 * time.Millisecond,
}

// kept is a certificate that is kept for webhooks that nothing calls.
type kept struct {
	Names
	cluster *devcluster.Cluster
	client  client.Client
}

// given makes a namespace and two configurations of their own for a test.
func given(t *testing.T) kept {
	t.Helper()
	g := NewWithT(t)
	k := kept{cluster: bareCluster(t)}
	k.client = k.cluster.Client()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "certificates-"}}
	g.Expect(k.client.Create(t.Context(), namespace)).To(Succeed())
	k.Names = Names{
		Namespace: namespace.Name, Secret: "cert", Service: "webhooks", Validating: namespace.Name + "-validating", Mutating: namespace.Name + "-mutating",
	}
	for _, kind := range []string{"Validating", "Mutating"} {
		g.Expect(k.client.Apply(t.Context(), client.ApplyConfigurationFromUnstructured(k.configuration(kind, "a", "b")), client.FieldOwner("helm"))).To(Succeed())
	}
	t.Cleanup(func() {
		for _, kind := range []string{"Validating", "Mutating"} {
			_ = k.client.Delete(context.WithoutCancel(t.Context()), k.configuration(kind))
		}
	})
	return k
}

// configuration is a webhook configuration as somebody would apply it.
func (k kept) configuration(kind string, entries ...string) *unstructured.Unstructured {
	var webhooks []any
	for _, name := range entries {
		webhooks = append(webhooks, map[string]any{
			"name": name + ".example.com", "admissionReviewVersions": []any{"v1"}, "sideEffects": "None",
			"clientConfig": map[string]any{"service": map[string]any{"name": k.Service, "namespace": k.Namespace}},
			"rules": []any{map[string]any{
				"apiGroups": []any{"nothing.example.com"}, "apiVersions": []any{"v1"}, "operations": []any{"CREATE"}, "resources": []any{"nothings"},
			}},
		})
	}
	o := &unstructured.Unstructured{Object: map[string]any{"webhooks": webhooks}}
	o.SetAPIVersion("admissionregistration.k8s.io/v1")
	o.SetKind(kind + "WebhookConfiguration")
	o.SetName(k.Namespace + "-" + strings.ToLower(kind))
	return o
}

// keep runs one replica, of which the first leads.
func (k kept) keep(t *testing.T, l lifetimes) *Keeper {
	t.Helper()
	g := NewWithT(t)
	mgr, err := ctrl.NewManager(k.cluster.Admin, ctrl.Options{
		Scheme: k.cluster.Scheme, Metrics: metricsserver.Options{BindAddress: "0"}, Controller: config.Controller{SkipNameValidation: new(true)},
		LeaderElection: true, LeaderElectionID: "lease", LeaderElectionNamespace: k.Namespace, LeaderElectionReleaseOnCancel: true,
	})
	g.Expect(err).NotTo(HaveOccurred())
	c := New(k.Names)
	c.lifetimes = l
	g.Expect(c.SetupWithManager(mgr)).To(Succeed())
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	t.Cleanup(func() { cancel(); NewWithT(t).Expect(<-ended).To(Succeed()) })
	return c
}

// bundles are what the entries of both configurations carry.
func (k kept) bundles(ctx context.Context) (bundles []string, err error) {
	validating, mutating := &admissionregistrationv1.ValidatingWebhookConfiguration{}, &admissionregistrationv1.MutatingWebhookConfiguration{}
	if err := k.client.Get(ctx, types.NamespacedName{Name: k.Validating}, validating); err != nil {
		return nil, err
	}
	if err := k.client.Get(ctx, types.NamespacedName{Name: k.Mutating}, mutating); err != nil {
		return nil, err
	}
	for _, w := range validating.Webhooks {
		bundles = append(bundles, string(w.ClientConfig.CABundle))
	}
	for _, w := range mutating.Webhooks {
		bundles = append(bundles, string(w.ClientConfig.CABundle))
	}
	return bundles, nil
}

// served is the certificate that the API server would get; it fails where the configurations would not let the API server trust it.
func (k kept) served(ctx context.Context, c *Keeper) (*x509.Certificate, error) {
	s := c.serving.Load()
	if s == nil {
		return nil, errNoCertificate
	}
	bundles, err := k.bundles(ctx)
	for i, bundle := range bundles {
		if untrusted := verified(s.pair.Leaf, bundle, k.Service+"."+k.Namespace+".svc", time.Now()); untrusted != nil && err == nil {
			err = fmt.Errorf("entry %d: %w", i, untrusted)
		}
	}
	return s.pair.Leaf, err
}

func (k kept) stored(ctx context.Context) (material, error) {
	s := &corev1.Secret{}
	err := k.client.Get(ctx, types.NamespacedName{Namespace: k.Namespace, Name: k.Secret}, s)
	return materialOf(s), err
}

func (k kept) untilReady(t *testing.T, c *Keeper) {
	t.Helper()
	NewWithT(t).Eventually(func() error { return c.Check(nil) }).WithTimeout(soon).WithPolling(often).Should(Succeed())
}

func TestACertificateIsThereAtOnce(t *testing.T) {
	g := NewWithT(t)
	k := given(t)
	begin := time.Now()
	c := k.keep(t, lasting)
	k.untilReady(t, c)
	t.Logf("ready after %s", time.Since(begin))
	g.Expect(k.served(t.Context(), c)).NotTo(BeNil())
	g.Expect(c.Expiry()).To(BeTemporally("~", begin.Add(lasting.certificate), time.Minute))
	m, err := k.stored(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(k.bundles(t.Context())).To(Equal([]string{m.authority, m.authority, m.authority, m.authority}))

	next := k.keep(t, lasting)
	k.untilReady(t, next)
	g.Expect(next.serving.Load().pair.Certificate).To(Equal(c.serving.Load().pair.Certificate), "the next manager goes on with what is there")
}

func TestACertificateIsNotThereBeforeTheConfigurationsAre(t *testing.T) {
	for _, late := range []string{"Validating", "Mutating"} {
		t.Run(late, func(t *testing.T) {
			g := NewWithT(t)
			k := given(t)
			g.Expect(k.client.Delete(t.Context(), k.configuration(late))).To(Succeed())
			c := k.keep(t, lasting)
			g.Consistently(func() error { return c.Check(nil) }).WithTimeout(time.Second).WithPolling(often).Should(MatchError(errNoCertificate))
			g.Expect(c.Before(healthz.Ping)(nil)).To(MatchError(errNoCertificate))
			g.Expect(k.client.Create(t.Context(), k.configuration(late, "a"))).To(Succeed())
			k.untilReady(t, c)
			g.Expect(c.Before(healthz.Ping)(nil)).To(Succeed())
			g.Expect(k.served(t.Context(), c)).NotTo(BeNil())
		})
	}
}

func TestTheSecretGoesWithTheConfigurationThatNeedsIt(t *testing.T) {
	g := NewWithT(t)
	k := given(t)
	c := k.keep(t, lasting)
	k.untilReady(t, c)
	g.Expect(k.client.Delete(t.Context(), k.configuration("Validating"))).To(Succeed())
	missing := func() bool { _, err := k.stored(t.Context()); return apierrors.IsNotFound(err) }
	g.Eventually(missing).WithTimeout(soon).WithPolling(often).Should(BeTrue())
	g.Consistently(missing).WithTimeout(3 * time.Second).WithPolling(often).Should(BeTrue())
	g.Expect(k.client.Create(t.Context(), k.configuration("Validating", "a"))).To(Succeed())
	g.Eventually(func(g Gomega) { k.whole(t.Context(), g, c) }).WithTimeout(soon).WithPolling(often).Should(Succeed())
	g.Expect(k.served(t.Context(), c)).NotTo(BeNil())
}

func TestReplicasAgreeOnOneCertificate(t *testing.T) {
	g := NewWithT(t)
	k := given(t)
	replicas := []*Keeper{k.keep(t, lasting), k.keep(t, lasting), k.keep(t, lasting)}
	for _, c := range replicas {
		k.untilReady(t, c)
	}
	m, err := k.stored(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	for _, c := range replicas {
		g.Expect(c.serving.Load().authority).To(Equal(m.authority))
		g.Expect(k.served(t.Context(), c)).NotTo(BeNil())
	}
}

// TestCertificatesAreRenewedWithoutAGap has two replicas live through the ends of several certificates and of an authority. At no moment is a
// certificate served that the configurations do not vouch for.
func TestCertificatesAreRenewedWithoutAGap(t *testing.T) {
	g := NewWithT(t)
	k := given(t)
	replicas := []*Keeper{k.keep(t, brief), k.keep(t, brief)}
	for _, c := range replicas {
		k.untilReady(t, c)
	}
	leaves, authorities := map[string]bool{}, map[string]bool{}
	samples := 0
	for end := time.Now().Add(brief.authority - brief.authorityLeft + brief.overlap + 4*time.Second); time.Now().Before(end); time.Sleep(often) {
		for _, c := range replicas {
			leaf, err := k.served(t.Context(), c)
			g.Expect(err).NotTo(HaveOccurred())
			leaves[string(leaf.Raw)], authorities[c.serving.Load().authority] = true, true
			samples++
		}
	}
	t.Logf("%d certificates of %d authorities, trusted in %d samples", len(leaves), len(authorities), samples)
	g.Expect(len(leaves)).To(BeNumerically(">", 2))
	g.Expect(len(authorities)).To(BeNumerically(">", 1))
	g.Expect(len(leaves)).To(BeNumerically("<", 12), "no more are made than are needed")
	g.Eventually(func(g Gomega) {
		m, err := k.stored(t.Context())
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(k.bundles(t.Context())).To(HaveEach(m.authority), "the former authority is trusted no longer")
	}).WithTimeout(soon).WithPolling(often).Should(Succeed())
}

func TestAnEntryCanBeTakenFromAConfigurationThatIsAppliedOnTheServer(t *testing.T) {
	g := NewWithT(t)
	k := given(t)
	k.untilReady(t, k.keep(t, lasting))
	apply := func(entries ...string) error {
		return k.client.Apply(t.Context(), client.ApplyConfigurationFromUnstructured(k.configuration("Validating", entries...)), client.FieldOwner("helm"))
	}
	carried := func() []string {
		o := &admissionregistrationv1.ValidatingWebhookConfiguration{}
		g.Expect(k.client.Get(t.Context(), types.NamespacedName{Name: k.Validating}, o)).To(Succeed())
		var names []string
		for _, w := range o.Webhooks {
			if len(w.ClientConfig.CABundle) > 0 {
				names = append(names, w.Name)
			}
		}
		return names
	}
	g.Expect(apply("a")).To(Succeed())
	g.Expect(carried()).To(Equal([]string{"a.example.com"}), "what stays keeps its authority")
	g.Expect(apply("a", "c")).To(Succeed())
	g.Eventually(carried).WithTimeout(soon).WithPolling(often).Should(Equal([]string{"a.example.com", "c.example.com"}))
}
