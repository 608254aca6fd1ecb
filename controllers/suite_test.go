// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	corev1 "k8s.io/api/core/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
)

// The suite has one control plane, without webhooks, so that specs can put anything before the controllers. The operator's identity has the
// generated role and nothing else.
var (
	ctx     context.Context
	cluster *devcluster.Cluster
	// admin acts for people and tools, past the cache.
	admin client.Client
	// operator is a manager that runs its cache and no controller: specs call Reconcile themselves.
	operator manager.Manager
	// requests counts what the operator asks of the API server.
	requests = &requestCounter{}
)

func TestControllers(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "controllers")
}

var _ = BeforeSuite(func() {
	log.SetLogger(zap.New(zap.WriteTo(GinkgoWriter), zap.UseDevMode(true)))
	var cancel context.CancelFunc
	ctx, cancel = context.WithCancel(context.Background())
	DeferCleanup(func() { cancel() })
	var err error
	cluster, err = devcluster.Start(ctx, devcluster.Options{Dir: GinkgoT().TempDir(), ControllerManager: true})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(cluster.Stop()).To(Succeed()) })
	admin = cluster.Client()
	counted := cluster.Manager
	counted.Wrap(requests.wrap)
	operator, err = ctrl.NewManager(counted, ctrl.Options{
		Scheme:  cluster.Scheme,
		Metrics: metricsserver.Options{BindAddress: "0"},
		Cache:   cache.Options{ByObject: map[client.Object]cache.ByObject{&corev1.Secret{}: {Label: labelledSecrets()}}},
		Client:  client.Options{FieldOwner: "backoffice-operator", Cache: &client.CacheOptions{EnableReadYourWritesConsistency: new(true)}},
	})
	Expect(err).NotTo(HaveOccurred())
	Expect(gather.SetupIndexes(ctx, operator.GetFieldIndexer())).To(Succeed())
	for _, o := range []client.Object{&v1alpha1.BackOffice{}, &v1alpha1.PermissionSet{}, &v1alpha1.RoleBinding{}, &v1alpha1.BackOfficeUser{}, secretMetadata(), gather.NamespaceMetadata()} {
		_, err := operator.GetCache().GetInformer(ctx, o)
		Expect(err).NotTo(HaveOccurred())
	}
	ended := make(chan struct{})
	DeferCleanup(func() { cancel(); <-ended })
	go func() {
		defer GinkgoRecover()
		defer close(ended)
		Expect(operator.Start(ctx)).To(Succeed())
	}()
	Expect(operator.GetCache().WaitForCacheSync(ctx)).To(BeTrue())
})

// labelledSecrets are those that the operator sees.
func labelledSecrets() labels.Selector {
	labelled, err := labels.NewRequirement(v1alpha1.LabelSecret, selection.Exists, nil)
	Expect(err).NotTo(HaveOccurred())
	return labels.NewSelector().Add(*labelled)
}

func secretMetadata() *metav1.PartialObjectMetadata {
	m := &metav1.PartialObjectMetadata{}
	m.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	return m
}

// soon is how long a spec waits for a cache.
const soon = 10 * time.Second
