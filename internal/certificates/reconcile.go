// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"context"
	"slices"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

const (
	operator = "backoffice-operator"
	// fieldManager is that of what is written for the certificate.
	fieldManager = "backoffice-operator-certificates"
	// again is when to look again after somebody else was faster, or where something is missing, if no watch tells before.
	again = 2 * time.Second
	// lookAfter is how long nobody looks at the clock: it may have been set.
	lookAfter = time.Hour
)

// Reconcile implements reconcile.Reconciler: Secret, then configurations, then what is served. So a certificate is never served before its
// authority is known, and never made by two replicas: who comes second finds the Secret changed.
func (k *Keeper) Reconcile(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
	needs, secret := &admissionregistrationv1.ValidatingWebhookConfiguration{}, &corev1.Secret{}
	if err := k.cached.Get(ctx, client.ObjectKey{Name: k.Validating}, needs); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err) // the watch tells when it comes; when it goes, so does the installation
	}
	err := k.cached.Get(ctx, client.ObjectKey{Namespace: k.Namespace, Name: k.Secret}, secret)
	if client.IgnoreNotFound(err) != nil {
		return reconcile.Result{}, err
	}
	made, now := newMaker(k.Names, k.lifetimes), k.clock.Now()
	held := materialOf(secret)
	fresh, err := made.renewed(held, k.trusted(), now)
	if err != nil {
		return reconcile.Result{}, err
	}
	if owned := own(secret, needs); fresh != held || !owned {
		return reconcile.Result{RequeueAfter: again}, k.store(ctx, secret, fresh)
	}
	everywhere, err := k.publish(ctx, held.bundle())
	if err != nil || !everywhere {
		return reconcile.Result{RequeueAfter: again}, err
	}
	wait, err := k.replace(ctx, held, now)
	if err != nil || wait > 0 {
		return reconcile.Result{RequeueAfter: wait}, err
	}
	return reconcile.Result{RequeueAfter: min(max(made.next(held).Sub(now), time.Second), lookAfter)}, nil
}

// trusted is the authority of what is served.
func (k *Keeper) trusted() string {
	if s := k.serving.Load(); s != nil {
		return s.authority
	}
	return ""
}

// own has the Secret go with the configuration that needs it, and returns whether it did already.
func own(secret *corev1.Secret, needs *admissionregistrationv1.ValidatingWebhookConfiguration) bool {
	reference := metav1.OwnerReference{
		APIVersion: admissionregistrationv1.SchemeGroupVersion.String(), Kind: "ValidatingWebhookConfiguration", Name: needs.Name, UID: needs.UID,
	}
	if slices.Contains(secret.OwnerReferences, reference) {
		return true
	}
	secret.OwnerReferences = append(slices.DeleteFunc(slices.Clone(secret.OwnerReferences), func(o metav1.OwnerReference) bool {
		return o.Kind == reference.Kind // one that is gone
	}), reference)
	return false
}

// store writes the Secret, unless somebody else has written it since it was read: then the watch tells what is there.
func (k *Keeper) store(ctx context.Context, secret *corev1.Secret, m material) error {
	var err error
	held := materialOf(secret)
	m.into(secret)
	if secret.ResourceVersion == "" {
		secret.Namespace, secret.Name, secret.Type = k.Namespace, k.Secret, corev1.SecretTypeTLS
		secret.Labels = map[string]string{"app.kubernetes.io/name": operator, "app.kubernetes.io/managed-by": operator}
		err = k.writes.Create(ctx, secret, client.FieldOwner(fieldManager))
	} else {
		err = k.writes.Update(ctx, secret, client.FieldOwner(fieldManager))
	}
	switch {
	case apierrors.IsAlreadyExists(err), apierrors.IsConflict(err), apierrors.IsNotFound(err):
		return nil
	case err != nil || m == held:
		return err
	}
	log.FromContext(ctx).Info("Made a certificate of the webhooks", "secret", k.Secret, "notAfter", parsed(m.certificate).NotAfter,
		"authorityNotAfter", parsed(m.authority).NotAfter)
	return nil
}

// replace serves the certificate. A new authority has to settle first, where what is served is trusted meanwhile; it returns how long that takes.
func (k *Keeper) replace(ctx context.Context, held material, now time.Time) (time.Duration, error) {
	if k.carried.authority != held.authority {
		k.carried.authority, k.carried.since = held.authority, now
	}
	if s := k.serving.Load(); s != nil {
		trusted := s.authority == held.previous && now.Before(s.pair.Leaf.NotAfter)
		if wait := k.carried.since.Add(k.settle).Sub(now); trusted && wait > 0 {
			return wait, nil
		}
	}
	pair, err := held.pair()
	if err != nil {
		return 0, err
	}
	if s := k.serving.Load(); s == nil || !s.pair.Leaf.Equal(pair.Leaf) {
		k.serving.Store(&serving{authority: held.authority, pair: pair})
		log.FromContext(ctx).Info("Serving a certificate of the webhooks", "notAfter", pair.Leaf.NotAfter)
	}
	k.ready.Store(true)
	return 0, nil
}
