// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/rand"
	"flag"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/selection"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/kubernetes"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	ctrlwebhook "sigs.k8s.io/controller-runtime/pkg/webhook"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/controllers"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
)

// +kubebuilder:rbac:groups=authentication.k8s.io,resources=tokenreviews,verbs=create
// +kubebuilder:rbac:groups=authentication.k8s.io,resources=selfsubjectreviews,verbs=create
// +kubebuilder:rbac:groups=authorization.k8s.io,resources=subjectaccessreviews,verbs=create

const (
	leaseName = "backoffice-operator"
	// gracePeriod lets running reconciles end. It is shorter than the 30 s that a pod has by default.
	gracePeriod = 20 * time.Second
)

// flags are the command line.
type flags struct {
	metricsAddress, probeAddress string
	metricsInsecure              bool
	webhookHost, webhookCertDir  string
	webhookPort                  int
	sqliteDir                    string
	leaderElect                  bool
	leaseNamespace               string
	workers                      int
	version                      bool
}

func newFlags(set *flag.FlagSet) *flags {
	f := &flags{}
	set.StringVar(&f.metricsAddress, "metrics-bind-address", ":8443", "address of the metrics; 0 turns them off")
	set.BoolVar(&f.metricsInsecure, "metrics-insecure", false, "serve metrics by HTTP and without authentication")
	set.StringVar(&f.probeAddress, "health-probe-bind-address", ":8081", "address of /healthz and /readyz; 0 turns them off")
	set.StringVar(&f.webhookHost, "webhook-host", "", "address that the webhooks listen on; empty: all")
	set.IntVar(&f.webhookPort, "webhook-port", 9443, "port of the webhooks; -1 turns them off")
	set.StringVar(&f.webhookCertDir, "webhook-cert-dir", "", "directory with tls.crt and tls.key of the webhooks")
	set.StringVar(&f.sqliteDir, "sqlite-dir", "", "existing directory for the files of embedded stores; empty: embedded stores are refused")
	set.BoolVar(&f.leaderElect, "leader-elect", false, "run several replicas of which one works; refuses embedded stores")
	set.StringVar(&f.leaseNamespace, "leader-election-namespace", "", "namespace of the lease; empty: that of the pod")
	set.IntVar(&f.workers, "workers", 64, "users that are reconciled at once")
	set.BoolVar(&f.version, "version", false, "print the version and exit")
	return f
}

// stores says how stores are opened. Embedded ones need a file that no other replica has.
func (f *flags) stores() controllers.Stores {
	s := controllers.Stores{Drivers: drivers, SQLiteDir: f.sqliteDir}
	if f.leaderElect {
		s.SQLiteDir = ""
	}
	return s
}

func (f *flags) managerOptions(config *rest.Config) (ctrl.Options, controllers.Leadership, error) {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	labelled, err := labels.NewRequirement(v1alpha1.LabelSecret, selection.Exists, nil)
	if err != nil {
		return ctrl.Options{}, nil, err
	}
	o := ctrl.Options{
		Scheme: scheme,
		Metrics: metricsserver.Options{
			BindAddress: f.metricsAddress, SecureServing: !f.metricsInsecure,
		},
		HealthProbeBindAddress:  f.probeAddress,
		GracefulShutdownTimeout: new(gracePeriod),
		WebhookServer:           ctrlwebhook.NewServer(ctrlwebhook.Options{Host: f.webhookHost, Port: f.webhookPort, CertDir: f.webhookCertDir}),
		Cache: cache.Options{
			DefaultTransform:            slim,
			ReaderFailOnMissingInformer: true,
			ByObject: map[client.Object]cache.ByObject{
				&corev1.Secret{}:           {Label: labels.NewSelector().Add(*labelled)},
				gather.NamespaceMetadata(): {Transform: labelsAlone},
			},
		},
		Client: client.Options{
			FieldOwner: leaseName,
			Cache:      &client.CacheOptions{EnableReadYourWritesConsistency: new(true)},
		},
	}
	if !f.metricsInsecure {
		o.Metrics.FilterProvider = filters.WithAuthenticationAndAuthorization
	}
	if !f.leaderElect {
		return o, nil, nil
	}
	lock, err := f.lease(config)
	if err != nil {
		return ctrl.Options{}, nil, err
	}
	o.LeaderElection, o.LeaderElectionResourceLockInterface, o.LeaderElectionReleaseOnCancel = true, lock, true
	return o, leadership(lock), nil
}

// lease is the lock of the leader election, made here so that its holder can be asked for.
func (f *flags) lease(config *rest.Config) (resourcelock.Interface, error) {
	set, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	namespace := f.leaseNamespace
	if namespace == "" {
		b, err := os.ReadFile("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
		if err != nil {
			return nil, err
		}
		namespace = string(b)
	}
	return resourcelock.New(resourcelock.LeasesResourceLock, namespace, leaseName, set.CoreV1(), set.CoordinationV1(),
		resourcelock.ResourceLockConfig{Identity: host + "_" + rand.Text()})
}

// leadership asks the API server who holds the lease.
func leadership(lock resourcelock.Interface) controllers.Leadership {
	return func(ctx context.Context) (bool, error) {
		record, _, err := lock.Get(ctx)
		if err != nil {
			return false, err
		}
		return record.HolderIdentity == lock.Identity(), nil
	}
}

// labelsAlone keeps of a namespace what tells one from another: name, labels and versions.
func labelsAlone(o any) (any, error) {
	if m, ok := o.(*metav1.PartialObjectMetadata); ok {
		m.ObjectMeta = metav1.ObjectMeta{
			Name: m.Name, UID: m.UID, ResourceVersion: m.ResourceVersion, Labels: m.Labels, DeletionTimestamp: m.DeletionTimestamp,
		}
	}
	return o, nil
}

// slim drops what the operator never reads from what the cache keeps.
func slim(o any) (any, error) {
	if m, err := meta.Accessor(o); err == nil {
		m.SetManagedFields(nil)
		if a := m.GetAnnotations(); a[corev1.LastAppliedConfigAnnotation] != "" {
			delete(a, corev1.LastAppliedConfigAnnotation)
			m.SetAnnotations(a)
		}
	}
	return o, nil
}
