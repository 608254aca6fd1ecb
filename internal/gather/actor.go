// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"
	"fmt"
	"slices"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

// +kubebuilder:rbac:groups=authorization.k8s.io,resources=subjectaccessreviews,verbs=create
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get

// namespaceController deletes what a namespace holds when the namespace is deleted.
const namespaceController = "system:serviceaccount:kube-system:namespace-controller"

// verbEscalate is the RBAC verb that lets an identity write BackOffices.
const verbEscalate = "escalate"

// actor returns the identity behind a request, with the delegations of the BackOffice that match it.
func actor(user authenticationv1.UserInfo, office *v1alpha1.BackOffice) policy.Actor {
	a := policy.Actor{Name: user.Username, Groups: user.Groups}
	if office == nil || office.Spec.Rank == nil {
		return a
	}
	for i, d := range office.Spec.Rank.Delegations {
		matches := func(s v1alpha1.DelegationSubject) bool { return isSubject(user, s) }
		if d.Rank != nil && slices.ContainsFunc(d.Subjects, matches) {
			a.Delegations = append(a.Delegations, policy.MatchedDelegation{Index: i, Rank: *d.Rank, Families: d.Families})
		}
	}
	return a
}

func isSubject(user authenticationv1.UserInfo, s v1alpha1.DelegationSubject) bool {
	switch s.Kind {
	case v1alpha1.SubjectUser:
		return user.Username == s.Name
	case v1alpha1.SubjectGroup:
		return slices.Contains(user.Groups, s.Name)
	case v1alpha1.SubjectServiceAccount:
		return s.Namespace != "" && user.Username == "system:serviceaccount:"+s.Namespace+":"+s.Name
	}
	return false
}

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
