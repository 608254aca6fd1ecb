// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"context"
	"fmt"
	"maps"
	"slices"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

// validator judges the requests for one kind. It answers with all that is wrong at once, as field errors whatever the rule, so that
// kubectl prints every one with its field. Where a fact cannot be read it refuses.
type validator[T client.Object, In any] struct {
	empty T
	facts gather.Admission
	// gather reads what the chains judge; old is nil on creation, obj on deletion.
	gather func(ctx context.Context, req admission.Request, old, obj T) (In, error)
	spec   func(T) any
	// admission judges what is created or changed, deletion what is deleted.
	admission, deletion policy.Chain[In]
}

// ValidateCreate implements admission.Validator.
func (v *validator[T, In]) ValidateCreate(ctx context.Context, obj T) (admission.Warnings, error) {
	var none T
	return v.judge(ctx, none, obj, v.admission)
}

// ValidateUpdate implements admission.Validator.
func (v *validator[T, In]) ValidateUpdate(ctx context.Context, old, obj T) (admission.Warnings, error) {
	if !v.judged(old, obj) {
		return nil, nil
	}
	return v.judge(ctx, old, obj, v.admission)
}

// ValidateDelete implements admission.Validator.
func (v *validator[T, In]) ValidateDelete(ctx context.Context, old T) (admission.Warnings, error) {
	req, err := admission.RequestFromContext(ctx)
	if err != nil {
		return nil, unreadable(err)
	}
	going, err := v.facts.NamespaceGoing(ctx, req)
	if err != nil {
		return nil, unreadable(err)
	}
	if going {
		return nil, nil
	}
	var none T
	return v.judge(ctx, old, none, v.deletion)
}

// judged tells whether an update changes anything that a rule is about. The operator's finalizer on an object that stays is: it is what
// withdraws the access in the end. On an object that is being deleted the deletion was judged.
func (v *validator[T, In]) judged(old, obj T) bool {
	if !equality.Semantic.DeepEqual(v.spec(old), v.spec(obj)) ||
		!maps.Equal(old.GetLabels(), obj.GetLabels()) || !maps.Equal(old.GetAnnotations(), obj.GetAnnotations()) {
		return true
	}
	if !obj.GetDeletionTimestamp().IsZero() {
		return false
	}
	return !equality.Semantic.DeepEqual(old.GetOwnerReferences(), obj.GetOwnerReferences()) ||
		slices.Contains(old.GetFinalizers(), v1alpha1.Finalizer) && !slices.Contains(obj.GetFinalizers(), v1alpha1.Finalizer)
}

func (v *validator[T, In]) judge(ctx context.Context, old, obj T, chain policy.Chain[In]) (admission.Warnings, error) {
	req, err := admission.RequestFromContext(ctx)
	if err != nil {
		return nil, unreadable(err)
	}
	in, err := v.gather(ctx, req, old, obj)
	if err != nil {
		return nil, unreadable(err)
	}
	violations := chain.Evaluate(in)
	errs := policy.FieldErrors(violations)
	if len(errs) == 0 {
		return policy.Warnings(violations), nil
	}
	subject := obj
	if req.Operation == admissionv1.Delete {
		subject = old
	}
	name := subject.GetName() // the request has none for generateName and deletecollection
	// The logger knows the actor and the kind.
	log.FromContext(ctx).Info("Refused", "object", subject.GetNamespace()+"/"+name, "operation", req.Operation, "reasons", reasons(violations))
	return policy.Warnings(violations), apierrors.NewInvalid(schema.GroupKind{Group: req.Kind.Group, Kind: req.Kind.Kind}, name, errs)
}

// unreadable refuses: what cannot be judged is not admitted.
func unreadable(err error) error {
	return apierrors.NewServiceUnavailable(fmt.Sprintf("the request cannot be judged now, try again: %v", err))
}

func reasons(violations []policy.Violation) []string {
	var reasons []string
	for _, v := range violations {
		if v.Severity == policy.Refuse && !slices.Contains(reasons, v.Reason) {
			reasons = append(reasons, v.Reason)
		}
	}
	return reasons
}
