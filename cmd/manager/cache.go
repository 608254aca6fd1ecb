// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
)

// cacheOptions say what is cached, of which namespaces, and how little of it.
func cacheOptions(watched gather.Namespaces) (cache.Options, error) {
	labelled, err := labels.NewRequirement(v1alpha1.LabelSecret, selection.Exists, nil)
	if err != nil {
		return cache.Options{}, err
	}
	o := cache.Options{
		DefaultTransform:            slim,
		ReaderFailOnMissingInformer: true,
		ByObject: map[client.Object]cache.ByObject{
			&corev1.Secret{}:           {Label: labels.NewSelector().Add(*labelled)},
			gather.NamespaceMetadata(): {Transform: labelsAlone},
		},
	}
	if watched.Listed() {
		o.DefaultNamespaces = map[string]cache.Config{}
		for _, namespace := range watched {
			o.DefaultNamespaces[namespace] = cache.Config{}
		}
	}
	return o, nil
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
