// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

// +kubebuilder:rbac:groups=authorization.k8s.io,resources=subjectaccessreviews,verbs=create
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch

const (
	// namespaceController deletes what a namespace holds when the namespace is deleted.
	namespaceController = serviceAccountPrefix + "kube-system:namespace-controller"
	// garbageCollector deletes objects whose owners are gone, and takes owners that are gone out of those that have others.
	garbageCollector = serviceAccountPrefix + "kube-system:generic-garbage-collector"
)

// verbEscalate is the RBAC verb that lets an identity write BackOffices.
const verbEscalate = "escalate"

// NamespaceGoing tells whether the request is the namespace controller's, for an object of a namespace that is really being deleted.
// It asks the API server: a cache may not know yet, and the controller would be refused and back off.
func (a Admission) NamespaceGoing(ctx context.Context, req admission.Request) (bool, error) {
	if req.UserInfo.Username != namespaceController {
		return false, nil
	}
	var namespace corev1.Namespace
	if err := a.Live.Get(ctx, client.ObjectKey{Name: req.Namespace}, &namespace); err != nil {
		if apierrors.IsNotFound(err) {
			return false, nil
		}
		return false, fmt.Errorf("reading namespace %s: %w", req.Namespace, err)
	}
	return !namespace.DeletionTimestamp.IsZero(), nil
}

// IsGarbageCollector tells whether a user is the garbage collector of Kubernetes.
func IsGarbageCollector(user authenticationv1.UserInfo) bool {
	return user.Username == garbageCollector
}

// terms returns what a BackOffice grants to a namespace. Its labels are read where a selector asks for them; one that is not there has none.
func (g Gatherer) terms(ctx context.Context, office *v1alpha1.BackOffice, namespace string) (policy.Terms, error) {
	if office == nil {
		return policy.Terms{}, nil
	}
	if g.Watched.Listed() {
		return policy.TermsByName(office, namespace), nil
	}
	var labels map[string]string
	if namespace != office.Namespace && selectsNamespaces(office) {
		m, err := get(ctx, g.Reader, types.NamespacedName{Name: namespace}, NamespaceMetadata())
		if err != nil {
			return policy.Terms{}, err
		}
		if m != nil {
			labels = m.Labels
		}
	}
	return policy.TermsOf(office, namespace, labels), nil
}

func selectsNamespaces(office *v1alpha1.BackOffice) bool {
	for _, entry := range office.Spec.Namespaces {
		if entry.Selector != nil {
			return true
		}
	}
	return false
}

// NamespaceMetadata is the kind by which namespaces are cached: their metadata.
func NamespaceMetadata() *metav1.PartialObjectMetadata {
	m := &metav1.PartialObjectMetadata{}
	m.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
	return m
}

// escalation asks the API server whether the identity has the verb escalate on a BackOffice.
func (a Admission) escalation(ctx context.Context, user authenticationv1.UserInfo, office types.NamespacedName) (policy.Escalation, error) {
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User:   user.Username,
		UID:    user.UID,
		Groups: user.Groups,
		Extra:  map[string]authorizationv1.ExtraValue{},
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Group:     v1alpha1.GroupVersion.Group,
			Version:   v1alpha1.GroupVersion.Version,
			Resource:  "backoffices",
			Verb:      verbEscalate,
			Namespace: office.Namespace,
			Name:      office.Name,
		},
	}}
	for key, values := range user.Extra {
		review.Spec.Extra[key] = authorizationv1.ExtraValue(values)
	}
	if err := a.Reviews.Create(ctx, review, client.DisableReadYourWritesConsistency); err != nil {
		return policy.EscalationRefused, fmt.Errorf("reviewing the access of %s: %w", user.Username, err)
	}
	if !review.Status.Allowed {
		return policy.EscalationRefused, nil
	}
	return policy.EscalationPermitted, nil
}
