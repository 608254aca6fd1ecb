// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package review

import (
	"context"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// readable reads a cluster as far as the person may: of a kind that may not be listed everywhere what is in the namespaces of the manifests, and of a
// namespace that may not be read that it exists. What was not seen is noted.
type readable struct {
	client.Reader
	namespaces []string
	notes      *notes
	unread     []string // namespaces whose labels may not be read
}

// Get implements [client.Reader].
func (r *readable) Get(ctx context.Context, key client.ObjectKey, into client.Object, opts ...client.GetOption) error {
	err := r.Reader.Get(ctx, key, into, opts...)
	metadata, is := into.(*metav1.PartialObjectMetadata)
	if !is || !apierrors.IsForbidden(err) {
		return err
	}
	metadata.Name = key.Name
	r.unread = append(r.unread, key.Name)
	return nil
}

// selecting notes which labels were not seen that a BackOffice asks for.
func (r *readable) selecting(office *v1alpha1.BackOffice) {
	byLabels := func(entry v1alpha1.NamespaceAdmission) bool { return entry.Selector != nil }
	for _, namespace := range r.unread {
		if namespace != office.Namespace && slices.ContainsFunc(office.Spec.Namespaces, byLabels) {
			r.notes.add("you may not read namespace %s: it was taken to have no labels by which BackOffice %s/%s admits it", namespace, office.Namespace, office.Name)
		}
	}
}

// List implements [client.Reader].
func (r *readable) List(ctx context.Context, into client.ObjectList, opts ...client.ListOption) error {
	err := r.Reader.List(ctx, into, opts...)
	o := (&client.ListOptions{}).ApplyOptions(opts)
	if !apierrors.IsForbidden(err) || o.Namespace != "" {
		return err
	}
	var all []runtime.Object
	for _, namespace := range r.namespaces {
		for token := ""; ; {
			page := into.DeepCopyObject().(client.ObjectList)
			if err := r.Reader.List(ctx, page, client.InNamespace(namespace), client.Limit(o.Limit), client.Continue(token)); err != nil {
				return err
			}
			items, err := meta.ExtractList(page)
			if err != nil {
				return err
			}
			all = append(all, items...)
			if token = page.GetContinue(); token == "" {
				break
			}
		}
	}
	r.notes.add("you may not list all namespaces: objects outside of %s were not seen, such as users with the same login", strings.Join(r.namespaces, ", "))
	into.SetContinue("")
	return meta.SetList(into, all)
}
