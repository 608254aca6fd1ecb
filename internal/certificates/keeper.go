// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
)

var errNoCertificate = errors.New("the certificate of the webhooks is not there yet")

// Names are the objects that have to do with the certificate.
type Names struct {
	// Namespace is that of the Secret and of the Service.
	Namespace string
	// Secret holds the authority and the certificate. It is created where it is missing, and goes with the validating configuration.
	Secret string
	// Service is through which the API server calls the webhooks.
	Service string
	// Validating is the ValidatingWebhookConfiguration, and Mutating the MutatingWebhookConfiguration, whose entries carry the authority.
	Validating, Mutating string
}

// Keeper keeps the certificate of the webhooks, in every replica: whoever comes first writes, and the others take what is there. What is deleted or
// changed by others is put right when the watch tells.
type Keeper struct {
	Names
	lifetimes
	clock clock.PassiveClock

	cached client.Reader // these three objects
	writes client.Client

	// serving is what is served; nil before the first.
	serving atomic.Pointer[serving]
	// ready is set once the configurations have carried the authority of what is served, and stays: what is damaged later is mended, and nothing is
	// won by taking the webhooks away meanwhile.
	ready atomic.Bool
	// carried is the authority that was last found in both configurations, and since when. Only Reconcile uses it.
	carried struct {
		authority string
		since     time.Time
	}
}

// serving is a certificate with its authority, in PEM.
type serving struct {
	authority string
	pair      *tls.Certificate
}

// New returns a keeper, which begins when the manager of its SetupWithManager starts.
func New(names Names) *Keeper {
	return &Keeper{Names: names, lifetimes: lasting, clock: clock.RealClock{}}
}

// Serve has a webhook server serve what is kept.
func (k *Keeper) Serve(config *tls.Config) {
	config.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		if s := k.serving.Load(); s != nil {
			return s.pair, nil
		}
		return nil, errNoCertificate
	}
}

// Check is a readiness check: whether a certificate is served, and both configurations have carried its authority.
func (k *Keeper) Check(*http.Request) error {
	if k.ready.Load() {
		return nil
	}
	return errNoCertificate
}

// Before returns a readiness check that calls the webhooks only when there is a certificate: the server logs each connection that finds none.
func (k *Keeper) Before(served healthz.Checker) healthz.Checker {
	return func(r *http.Request) error {
		if k.serving.Load() == nil {
			return errNoCertificate
		}
		return served(r)
	}
}

// Expiry is when what is served ends; the zero time before the first.
func (k *Keeper) Expiry() time.Time {
	if s := k.serving.Load(); s != nil {
		return s.pair.Leaf.NotAfter
	}
	return time.Time{}
}

// SetupWithManager has the manager keep the certificate, in every replica. The cache holds these three objects and no others, so that permissions for
// their names are enough.
func (k *Keeper) SetupWithManager(mgr ctrl.Manager) error {
	named := func(name string) fields.Selector { return fields.OneTermEqualSelector("metadata.name", name) }
	objects, err := cache.New(mgr.GetConfig(), cache.Options{
		HTTPClient: mgr.GetHTTPClient(), Scheme: mgr.GetScheme(), Mapper: mgr.GetRESTMapper(),
		ByObject: map[client.Object]cache.ByObject{
			&corev1.Secret{}: {Namespaces: map[string]cache.Config{k.Namespace: {FieldSelector: named(k.Secret)}}},
			&admissionregistrationv1.ValidatingWebhookConfiguration{}: {Field: named(k.Validating)},
			&admissionregistrationv1.MutatingWebhookConfiguration{}:   {Field: named(k.Mutating)},
		},
	})
	if err != nil {
		return err
	}
	if err := mgr.Add(standingBy{objects}); err != nil {
		return err
	}
	k.cached = objects
	if k.writes, err = client.New(mgr.GetConfig(), client.Options{
		HTTPClient: mgr.GetHTTPClient(), Scheme: mgr.GetScheme(), Mapper: mgr.GetRESTMapper(),
	}); err != nil {
		return err
	}
	if err := mgr.AddReadyzCheck("certificate", k.Check); err != nil {
		return err
	}
	all := handler.EnqueueRequestsFromMapFunc(func(context.Context, client.Object) []reconcile.Request { return []reconcile.Request{{}} })
	return ctrl.NewControllerManagedBy(mgr).
		Named("certificates").
		WithOptions(controller.Options{NeedLeaderElection: new(false)}).
		WatchesRawSource(source.Func(func(_ context.Context, q workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
			q.Add(reconcile.Request{}) // nothing may be there to tell of
			return nil
		})).
		WatchesRawSource(source.Kind[client.Object](objects, &corev1.Secret{}, all)).
		WatchesRawSource(source.Kind[client.Object](objects, &admissionregistrationv1.ValidatingWebhookConfiguration{}, all)).
		WatchesRawSource(source.Kind[client.Object](objects, &admissionregistrationv1.MutatingWebhookConfiguration{}, all)).
		Complete(k)
}

// standingBy is a cache that is filled in replicas that do not lead as well.
type standingBy struct{ cache.Cache }

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (standingBy) NeedLeaderElection() bool { return false }
