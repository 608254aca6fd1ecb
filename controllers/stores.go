// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/store/batch"
	"github.com/backoffice-operator/backoffice-operator/internal/store/known"
)

// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch;create;update;patch

// ownerSQLite owns the rows of an embedded store: the file belongs to one BackOffice.
const ownerSQLite = "embedded"

// Stores says how the stores of BackOffices are opened.
type Stores struct {
	Drivers map[v1alpha1.StoreKind]store.Driver
	// SQLiteDir holds the files of embedded stores. Empty: they are refused, as with leader election, where replicas do not share files.
	SQLiteDir string
}

// location is where a store is.
type location struct {
	kind    v1alpha1.StoreKind
	driver  store.Driver
	options store.Options
	// fingerprint identifies the options without telling them.
	fingerprint string
}

// locate finds out where the store of a back office is. Its errors are outcomes.
func (s Stores) locate(ctx context.Context, secrets client.Reader, office *v1alpha1.BackOffice) (location, error) {
	o := store.Options{BackOffice: office.Name, UsedBy: client.ObjectKeyFromObject(office).String()}
	l := location{kind: v1alpha1.StoreSQLite}
	if pg := office.Spec.Store.Postgres; pg != nil {
		l.kind = v1alpha1.StorePostgreSQL
		o.Owner, o.Schema = pg.Owner, v1alpha1.DefaultSchema
		if pg.Schema != "" {
			o.Schema = pg.Schema
		}
		var err error
		if o.URL, err = storeURL(ctx, secrets, office.Namespace, pg.URLSecretRef); err != nil {
			return location{}, err
		}
	} else {
		if s.SQLiteDir == "" {
			return location{}, flow.Stall{
				Reason:  v1alpha1.ReasonStoreMisconfigured,
				Message: "spec.store.sqlite needs an operator with one replica, without leader election and with --sqlite-dir: use spec.store.postgres",
			}
		}
		o.Owner = ownerSQLite
		o.URL = filepath.Join(s.SQLiteDir, office.Namespace+"_"+office.Name+".db")
	}
	l.driver, l.options = s.Drivers[l.kind], o
	l.fingerprint = fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%q", []string{o.URL, o.Schema, o.Owner, o.BackOffice})))
	return l, nil
}

// connect opens the store and learns what it holds.
func (l location) connect(ctx context.Context) (*connection, error) {
	st, err := l.driver.Open(ctx, l.options)
	if err != nil {
		return nil, err
	}
	index := known.New()
	for o, err := range st.Observe(ctx) {
		if err != nil {
			_ = st.Close()
			return nil, err
		}
		index.Observed(o)
	}
	return &connection{
		store: st, known: index, openedWith: l.fingerprint,
		batch: batch.New(context.WithoutCancel(ctx), st), // it outlives the reconcile that opened it
	}, nil
}

// storeURL reads the URL from its Secret, which has to carry the label that permits it.
func storeURL(ctx context.Context, secrets client.Reader, namespace string, ref v1alpha1.SecretKeyReference) (string, error) {
	var secret corev1.Secret
	name := types.NamespacedName{Namespace: namespace, Name: ref.Name}
	if err := secrets.Get(ctx, name, &secret); apierrors.IsNotFound(err) {
		return "", flow.Wait{
			Reason:  v1alpha1.ReasonReferenceNotFound,
			Message: fmt.Sprintf("Secret %s does not exist (yet); create it with the label %s=%s and the URL under key %q", name, v1alpha1.LabelSecret, v1alpha1.SecretStoreURL, ref.Key),
			After:   lastProbe,
		}
	} else if err != nil {
		return "", err
	}
	if secret.Labels[v1alpha1.LabelSecret] != v1alpha1.SecretStoreURL {
		return "", flow.Stall{
			Reason:  v1alpha1.ReasonSecretNotPermitted,
			Message: fmt.Sprintf("Secret %s does not carry the label %s=%s, without which the operator does not read it: add the label", name, v1alpha1.LabelSecret, v1alpha1.SecretStoreURL),
			After:   lastProbe,
		}
	}
	url, found := secret.Data[ref.Key]
	if !found {
		return "", flow.Stall{
			Reason:  v1alpha1.ReasonReferenceNotFound,
			Message: fmt.Sprintf("Secret %s has no key %q: add it, or correct spec.store.postgres.urlSecretRef.key", name, ref.Key),
		}
	}
	return string(url), nil
}

// holdSecret keeps the Secret with the store's URL until the back office is gone: without it, nothing could be withdrawn.
func (r *BackOfficeReconciler) holdSecret(ctx context.Context, office *v1alpha1.BackOffice) error {
	return r.patchSecret(ctx, office, controllerutil.AddFinalizer)
}

// releaseSecret lets the Secret with the store's URL go, and then the back office itself. Another BackOffice that uses the Secret, too, takes hold
// of it again with its next reconcile.
func (r *BackOfficeReconciler) releaseSecret(ctx context.Context, office *v1alpha1.BackOffice) error {
	if err := r.patchSecret(ctx, office, controllerutil.RemoveFinalizer); err != nil {
		return err
	}
	return flow.Release{}
}

// patchSecret changes the finalizers of the Secret with the store's URL, if there is one that may be touched.
func (r *BackOfficeReconciler) patchSecret(ctx context.Context, office *v1alpha1.BackOffice, change func(client.Object, string) bool) error {
	if office.Spec.Store.Postgres == nil {
		return nil
	}
	var secret corev1.Secret
	name := types.NamespacedName{Namespace: office.Namespace, Name: office.Spec.Store.Postgres.URLSecretRef.Name}
	if err := r.Live.Get(ctx, name, &secret); err != nil {
		return client.IgnoreNotFound(err)
	}
	before := secret.DeepCopy()
	if secret.Labels[v1alpha1.LabelSecret] != v1alpha1.SecretStoreURL || !change(&secret, v1alpha1.Finalizer) {
		return nil
	}
	return client.IgnoreNotFound(r.Live.Patch(ctx, &secret, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})))
}
