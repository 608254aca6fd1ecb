// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
	// secret holds the URL; nil where there is none.
	secret *corev1.Secret
}

// locate finds out where the store of a back office is. Its errors are outcomes.
func (s Stores) locate(ctx context.Context, secrets client.Reader, office *v1alpha1.BackOffice) (location, error) {
	o := store.Options{BackOffice: office.Name, UsedBy: client.ObjectKeyFromObject(office).String()}
	l := location{kind: v1alpha1.StoreSQLite}
	if pg := office.Spec.Store.Postgres; pg != nil {
		l.kind = v1alpha1.StorePostgreSQL
		o.Owner, o.Schema = pg.Owner, cmp.Or(pg.Schema, v1alpha1.DefaultSchema)
		var err error
		if l.secret, err = urlSecret(ctx, secrets, office.Namespace, pg.URLSecretRef); err != nil {
			return location{}, err
		}
		o.URL = string(l.secret.Data[pg.URLSecretRef.Key])
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

// connect opens the store, learns what it holds, and looks for rows whose object is not there.
func (l location) connect(ctx context.Context, objects client.Reader) (*connection, error) {
	st, err := l.driver.Open(ctx, l.options)
	if err != nil {
		return nil, err
	}
	conn := &connection{store: st, known: known.New(), openedWith: l.fingerprint}
	rows := census{objects: objects}
	for o, err := range st.Observe(ctx) {
		if err != nil {
			_ = st.Close()
			return nil, err
		}
		conn.learn(o)
		rows.take(ctx, o.Record)
	}
	conn.ghosts = ghosts{suspects: rows.suspects, opening: true}
	conn.batch = batch.New(context.WithoutCancel(ctx), st) // it outlives the reconcile that opened it
	if err := conn.ping(ctx); err == nil {                 // whoever uses the connection reads its clock
		conn.opened = true
		conn.invitations.over(conn.clock.now())
	}
	return conn, nil
}

// urlSecret reads the Secret with the store's URL, which has to carry the label that permits it.
func urlSecret(ctx context.Context, secrets client.Reader, namespace string, ref v1alpha1.SecretKeyReference) (*corev1.Secret, error) {
	secret := &corev1.Secret{}
	name := types.NamespacedName{Namespace: namespace, Name: ref.Name}
	if err := secrets.Get(ctx, name, secret); apierrors.IsNotFound(err) {
		return nil, flow.Wait{
			Reason:  v1alpha1.ReasonReferenceNotFound,
			Message: fmt.Sprintf("Secret %s does not exist (yet); create it with the label %s=%s and the URL under key %q", name, v1alpha1.LabelSecret, v1alpha1.SecretStoreURL, ref.Key),
			After:   lastProbe,
		}
	} else if err != nil {
		return nil, err
	}
	if secret.Labels[v1alpha1.LabelSecret] != v1alpha1.SecretStoreURL {
		return nil, flow.Stall{
			Reason:  v1alpha1.ReasonSecretNotPermitted,
			Message: fmt.Sprintf("Secret %s does not carry the label %s=%s, without which the operator does not read it: add the label", name, v1alpha1.LabelSecret, v1alpha1.SecretStoreURL),
			After:   lastProbe,
		}
	}
	if _, found := secret.Data[ref.Key]; !found {
		return nil, flow.Stall{
			Reason:  v1alpha1.ReasonReferenceNotFound,
			Message: fmt.Sprintf("Secret %s has no key %q: add it, or correct spec.store.postgres.urlSecretRef.key", name, ref.Key),
		}
	}
	return secret, nil
}

// holdSecret keeps the Secret with the store's URL until the back office is gone: without it, nothing could be withdrawn.
func (r *BackOfficeReconciler) holdSecret(ctx context.Context, secret *corev1.Secret) error {
	if secret == nil || !secret.DeletionTimestamp.IsZero() { // one that is being deleted takes no new finalizer
		return nil
	}
	before := secret.DeepCopy()
	if !controllerutil.AddFinalizer(secret, v1alpha1.Finalizer) {
		return nil
	}
	return r.Live.Patch(ctx, secret, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
}

// releaseSecret lets the Secret with the store's URL go. Another BackOffice that uses it, too, takes hold of it again with its next reconcile.
func (r *BackOfficeReconciler) releaseSecret(ctx context.Context, office *v1alpha1.BackOffice) error {
	if office.Spec.Store.Postgres == nil {
		return nil
	}
	return r.unhold(ctx, types.NamespacedName{Namespace: office.Namespace, Name: office.Spec.Store.Postgres.URLSecretRef.Name})
}

// releaseFormerSecrets lets the Secrets go to which no BackOffice of the namespace refers any more.
func (r *BackOfficeReconciler) releaseFormerSecrets(ctx context.Context, office *v1alpha1.BackOffice) error {
	held := &metav1.PartialObjectMetadataList{}
	held.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("SecretList"))
	purpose := client.MatchingLabels{v1alpha1.LabelSecret: v1alpha1.SecretStoreURL}
	if err := r.Client.List(ctx, held, client.InNamespace(office.Namespace), purpose, client.UnsafeDisableDeepCopy); err != nil {
		return err
	}
	for i := range held.Items {
		secret := &held.Items[i]
		if !controllerutil.ContainsFinalizer(secret, v1alpha1.Finalizer) {
			continue
		}
		offices, err := waker{Reader: r.Client}.officesOfSecret(ctx, secret)
		if err != nil {
			return err
		}
		if len(offices) > 0 {
			continue
		}
		if err := r.unhold(ctx, client.ObjectKeyFromObject(secret)); err != nil {
			return err
		}
	}
	return nil
}

// unhold takes our finalizer from a Secret, and sees no more than its metadata: the label may have gone.
func (r *BackOfficeReconciler) unhold(ctx context.Context, name types.NamespacedName) error {
	secret := secretMetadata()
	if err := r.Live.Get(ctx, name, secret); err != nil {
		return client.IgnoreNotFound(err)
	}
	before := secret.DeepCopy()
	if !controllerutil.RemoveFinalizer(secret, v1alpha1.Finalizer) {
		return nil
	}
	return client.IgnoreNotFound(r.Live.Patch(ctx, secret, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})))
}
