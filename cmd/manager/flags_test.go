// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"testing"

	. "github.com/onsi/gomega"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
)

func TestTheCacheKeepsWhatTheOperatorReads(t *testing.T) {
	g := NewWithT(t)
	u := &v1alpha1.BackOfficeUser{ObjectMeta: metav1.ObjectMeta{
		Name: "ann", Labels: map[string]string{"a": "b"}, Finalizers: []string{v1alpha1.Finalizer},
		Annotations: map[string]string{
			v1alpha1.AnnotationAdmitted: "x", v1alpha1.AnnotationHold: "y", "foreign": "z", corev1.LastAppliedConfigAnnotation: "{}",
		},
		ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "x"}},
	}}
	want := u.DeepCopy()
	delete(want.Annotations, corev1.LastAppliedConfigAnnotation)
	want.ManagedFields = nil
	g.Expect(slim(u)).To(Equal(want))
}

func TestTheCacheKeepsTheLabelsOfNamespaces(t *testing.T) {
	g := NewWithT(t)
	full := gather.NamespaceMetadata()
	full.ObjectMeta = metav1.ObjectMeta{
		Name: "team", UID: "u", ResourceVersion: "7", Labels: map[string]string{"a": "b"}, DeletionTimestamp: new(metav1.Now()),
	}
	kept := full.DeepCopy()
	full.Annotations, full.ManagedFields = map[string]string{"c": "d"}, []metav1.ManagedFieldsEntry{{Manager: "x"}}
	full.OwnerReferences, full.Finalizers = []metav1.OwnerReference{{Name: "x"}}, []string{"a/b"}
	g.Expect(labelsAlone(full)).To(Equal(kept))
}

// identity answers who asks.
type identity struct {
	client.Client
	user string
	err  error
}

func (i identity) Create(_ context.Context, o client.Object, _ ...client.CreateOption) error {
	o.(*authenticationv1.SelfSubjectReview).Status.UserInfo.Username = i.user
	return i.err
}

func TestTheManagerAsksWhoItIs(t *testing.T) {
	g := NewWithT(t)
	g.Expect(whoAmI(t.Context(), identity{user: "system:serviceaccount:operators:backoffice"})).To(Equal("system:serviceaccount:operators:backoffice"))
	_, err := whoAmI(t.Context(), identity{err: errors.New("no connection")})
	g.Expect(err).To(MatchError("asking the API server who this is: no connection"))
}
