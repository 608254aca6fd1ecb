// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	ctrlwebhook "sigs.k8s.io/controller-runtime/pkg/webhook"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/controllers"
	"github.com/backoffice-operator/backoffice-operator/internal/certificates"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/watched"
)

// +kubebuilder:rbac:groups=authentication.k8s.io,resources=tokenreviews,verbs=create
// +kubebuilder:rbac:groups=authentication.k8s.io,resources=selfsubjectreviews,verbs=create
// +kubebuilder:rbac:groups=authorization.k8s.io,resources=subjectaccessreviews,verbs=create

const (
	// gracePeriod lets running reconciles end. With the default of --shutdown-delay before it, it is shorter than the 30 s that a pod has by default.
	gracePeriod = 20 * time.Second
	// maxWatched bounds the list of watched namespaces: each has watches of its own, one a kind.
	maxWatched = 100
)

// flags are the command line.
type flags struct {
	metricsAddress, probeAddress, pprofAddress string
	metricsInsecure                            bool
	webhookHost, webhookCertDir                string
	webhookPort                                int
	certificate                                certificates.Names
	sqliteDir                                  string
	leaderElect                                bool
	namespace, watchNamespaces                 string
	shutdownDelay                              time.Duration
	workers                                    int
	version                                    bool
}

func newFlags(set *flag.FlagSet) *flags {
	f := &flags{}
	set.StringVar(&f.metricsAddress, "metrics-bind-address", ":8443", "address of the metrics; 0 turns them off")
	set.BoolVar(&f.metricsInsecure, "metrics-insecure", false, "serve metrics by HTTP and without authentication")
	set.StringVar(&f.probeAddress, "health-probe-bind-address", ":8081", "address of /healthz and /readyz; 0 turns them off")
	set.StringVar(&f.pprofAddress, "pprof-bind-address", "", "address of Go's profiles, without authentication; empty: they are off")
	set.StringVar(&f.webhookHost, "webhook-host", "", "address that the webhooks listen on; empty: all")
	set.IntVar(&f.webhookPort, "webhook-port", 9443, "port of the webhooks; -1 turns them off")
	set.StringVar(&f.webhookCertDir, "webhook-cert-dir", "", "directory with tls.crt and tls.key of the webhooks")
	set.StringVar(&f.certificate.Secret, "webhook-cert-secret", "",
		"Secret of the manager's namespace in which it keeps the certificate of the webhooks; empty: somebody else keeps it in --webhook-cert-dir")
	set.StringVar(&f.certificate.Service, "webhook-service", "", "with --webhook-cert-secret, the Service through which the webhooks are called")
	set.StringVar(&f.certificate.Validating, "validating-webhook-configuration", "", "with --webhook-cert-secret, the name of what gets its authority")
	set.StringVar(&f.certificate.Mutating, "mutating-webhook-configuration", "", "with --webhook-cert-secret, the name of what gets its authority")
	set.StringVar(&f.sqliteDir, "sqlite-dir", "", "existing directory for the files of embedded stores; empty: embedded stores are refused")
	set.BoolVar(&f.leaderElect, "leader-elect", false, "run several replicas of which one works; refuses embedded stores")
	set.StringVar(&f.namespace, "namespace", "", "namespace of the manager's own objects, such as its lease; empty: that of the pod")
	set.StringVar(&f.watchNamespaces, "watch-namespaces", "", "namespaces, separated by commas, whose objects are looked after, and no others; empty: all")
	set.DurationVar(&f.shutdownDelay, "shutdown-delay", 5*time.Second,
		"with --leader-elect, how long the webhooks are served after the manager was asked to end, until nobody sends requests here any more")
	set.IntVar(&f.workers, "workers", 64, "users that are reconciled at once")
	set.BoolVar(&f.version, "version", false, "print the version and exit")
	return f
}

// stores says how stores are opened. Embedded ones need a file that no other replica has.
func (f *flags) stores(drivers map[v1alpha1.StoreKind]store.Driver) controllers.Stores {
	s := controllers.Stores{Drivers: drivers, SQLiteDir: f.sqliteDir}
	if f.leaderElect {
		s.SQLiteDir = ""
	}
	return s
}

// delay is how long the webhooks are still served. A single replica has nobody to send requests to: the sooner it ends, the sooner the next one starts.
func (f *flags) delay() time.Duration {
	if !f.leaderElect {
		return 0
	}
	return f.shutdownDelay
}

// watched are the namespaces that are looked after.
func (f *flags) watched() (gather.Namespaces, error) {
	var watched gather.Namespaces
	for name := range strings.SplitSeq(f.watchNamespaces, ",") {
		name = strings.TrimSpace(name)
		if name == "" || slices.Contains(watched, name) {
			continue
		}
		if wrong := content.IsDNS1123Label(name); len(wrong) > 0 {
			return nil, fmt.Errorf("--watch-namespaces: %q is no name of a namespace: %s", name, wrong[0])
		}
		watched = append(watched, name)
	}
	switch {
	case f.watchNamespaces != "" && len(watched) == 0: // somebody wanted fewer than all
		return nil, errors.New("--watch-namespaces names none: leave it empty to watch all namespaces")
	case len(watched) > maxWatched:
		return nil, fmt.Errorf("--watch-namespaces has %d names, and may have %d: leave it empty to watch all namespaces", len(watched), maxWatched)
	}
	slices.Sort(watched)
	return watched, nil
}

// managerOptions are the options of the manager but for the webhook server.
func (f *flags) managerOptions(config *rest.Config, namespaces gather.Namespaces) (ctrl.Options, controllers.Leadership, error) {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	cached, err := cacheOptions(namespaces)
	if err != nil {
		return ctrl.Options{}, nil, err
	}
	o := ctrl.Options{
		Scheme:                  scheme,
		Metrics:                 metricsserver.Options{BindAddress: f.metricsAddress, SecureServing: !f.metricsInsecure},
		HealthProbeBindAddress:  f.probeAddress,
		PprofBindAddress:        f.pprofAddress,
		GracefulShutdownTimeout: new(gracePeriod),
		Cache:                   cached,
		NewClient:               watched.NewClient(namespaces),
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
	leading, err := f.elect(&o, config)
	return o, leading, err
}

// webhookServer serves the webhooks, with the certificate that is kept, or with that of files where it is nil.
func (f *flags) webhookServer(kept *certificates.Keeper) ctrlwebhook.Server {
	o := ctrlwebhook.Options{Host: f.webhookHost, Port: f.webhookPort, CertDir: f.webhookCertDir}
	if kept != nil {
		o.TLSOpts = append(o.TLSOpts, kept.Serve)
	}
	return ctrlwebhook.NewServer(o)
}
