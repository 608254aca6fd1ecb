// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package review

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
)

// written are the annotations that programs write for themselves.
var written = []string{v1alpha1.AnnotationAdmitted, corev1.LastAppliedConfigAnnotation}

// Identity is a user of these groups. Everybody who is logged in has one group, and a service account two more.
func Identity(name string, groups ...string) authenticationv1.UserInfo {
	all := append(slices.Clone(groups), "system:authenticated")
	if rest, is := strings.CutPrefix(name, "system:serviceaccount:"); is {
		namespace, _, _ := strings.Cut(rest, ":")
		all = append(all, "system:serviceaccounts", "system:serviceaccounts:"+namespace)
	}
	slices.Sort(all)
	return authenticationv1.UserInfo{Username: name, Groups: slices.Compact(all)}
}

// Escalate answers without a cluster whether the actor has the verb escalate.
type Escalate bool

// Create implements [gather.Reviews].
func (e Escalate) Create(_ context.Context, o client.Object, _ ...client.CreateOption) error {
	if review, is := o.(*authorizationv1.SubjectAccessReview); is {
		review.Status.Allowed = bool(e)
	}
	return nil
}

// Cluster asks a cluster who has the verb escalate. Not everybody may ask that about others: about oneself everybody may.
type Cluster struct {
	client.Client
	// Self is true where the actor is who asks.
	Self bool
}

// Create implements [gather.Reviews].
func (c Cluster) Create(ctx context.Context, o client.Object, opts ...client.CreateOption) error {
	err := c.Client.Create(ctx, o, opts...)
	review, is := o.(*authorizationv1.SubjectAccessReview)
	switch {
	case !is || !apierrors.IsForbidden(err):
		return err
	case !c.Self:
		return fmt.Errorf("you may not ask what %q may do, which takes the right to create subjectaccessreviews: %w", review.Spec.User, err)
	}
	self := &authorizationv1.SelfSubjectAccessReview{
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: review.Spec.ResourceAttributes},
	}
	if err := c.Client.Create(ctx, self, opts...); err != nil {
		return err
	}
	review.Status = self.Status
	return nil
}

// delegating reads a world in which each BackOffice lets one user hand out everything.
type delegating struct {
	client.Reader
	to string
}

// Get implements [client.Reader].
func (d delegating) Get(ctx context.Context, key client.ObjectKey, into client.Object, opts ...client.GetOption) error {
	if err := d.Reader.Get(ctx, key, into, opts...); err != nil {
		return err
	}
	office, is := into.(*v1alpha1.BackOffice)
	if !is {
		return nil
	}
	copied := office.DeepCopy() // what the world returns is shared
	was, fits := stamp.Fitting(copied)
	if !fits {
		return nil
	}
	if copied.Spec.Rank == nil {
		copied.Spec.Rank = &v1alpha1.RankPolicy{}
	}
	copied.Spec.Rank.Delegations = append(copied.Spec.Rank.Delegations, v1alpha1.Delegation{
		Subjects: []v1alpha1.DelegationSubject{{Kind: v1alpha1.SubjectUser, Name: d.to}}, Rank: ptr.To[int32](0), Permissions: []string{"*"},
	})
	was.Hash = stamp.Hash(copied)
	annotations := maps.Clone(copied.Annotations)
	annotations[v1alpha1.AnnotationAdmitted] = was.String()
	copied.Annotations = annotations
	*office = *copied
	return nil
}
