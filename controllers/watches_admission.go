// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
)

// relabelled passes namespaces that appear, which may be later than their objects do here, and those whose labels change.
var relabelled = predicate.Funcs{
	UpdateFunc: func(e event.UpdateEvent) bool { return !maps.Equal(e.ObjectOld.GetLabels(), e.ObjectNew.GetLabels()) },
	DeleteFunc: func(event.DeleteEvent) bool { return false },
}

// readmitted passes users with another admission stamp, and those that go.
var readmitted = predicate.Funcs{
	CreateFunc: func(event.CreateEvent) bool { return false },
	UpdateFunc: func(e event.UpdateEvent) bool {
		return e.ObjectOld.GetAnnotations()[v1alpha1.AnnotationAdmitted] != e.ObjectNew.GetAnnotations()[v1alpha1.AnnotationAdmitted]
	},
}

// refusesOthers passes bindings that refuse other users than before.
var refusesOthers = predicate.Funcs{
	CreateFunc: func(event.CreateEvent) bool { return false },
	DeleteFunc: func(event.DeleteEvent) bool { return false },
	UpdateFunc: func(e event.UpdateEvent) bool {
		before, after := readyOf(e.ObjectOld), readyOf(e.ObjectNew)
		const refused = v1alpha1.ReasonSubjectsRefused
		return (before.Reason == refused || after.Reason == refused) && before.Message != after.Message
	},
}

// readyOf is the condition Ready of one of our objects, the zero value where it has none.
func readyOf(o client.Object) metav1.Condition {
	if ours, ok := o.(flow.Object); ok {
		if ready := meta.FindStatusCondition(*ours.GetConditions(), v1alpha1.ConditionReady); ready != nil {
			return *ready
		}
	}
	return metav1.Condition{}
}

// bindingsRefusing are the bindings of a user that refuse users, or hand out nothing for want of power over their users.
func (w waker) bindingsRefusing(ctx context.Context, u *v1alpha1.BackOfficeUser) ([]types.NamespacedName, error) {
	bindings, err := w.BindingsOf(ctx, u)
	return namesOf(slices.DeleteFunc(bindings, func(b *v1alpha1.RoleBinding) bool {
		reason := readyOf(b).Reason
		return reason != v1alpha1.ReasonSubjectsRefused && reason != v1alpha1.ReasonNotAuthorized
	})), err
}

// inNamespace finds the objects of one kind in a namespace whose BackOffice selects namespaces by their labels.
func inNamespace(w waker, list func() client.ObjectList) handler.EventHandler {
	return mapping(func(ctx context.Context, namespace *metav1.PartialObjectMetadata) ([]types.NamespacedName, error) {
		var names []types.NamespacedName
		err := w.selected(ctx, list(), namespace.Name, func(member, _ types.NamespacedName) { names = append(names, member) })
		return names, err
	})
}

// officesSelecting are the BackOffices that select namespaces by their labels and have objects in this one.
func (w waker) officesSelecting(ctx context.Context, namespace *metav1.PartialObjectMetadata) ([]types.NamespacedName, error) {
	offices := map[types.NamespacedName]bool{}
	for _, list := range []client.ObjectList{&v1alpha1.PermissionSetList{}, &v1alpha1.RoleBindingList{}, &v1alpha1.BackOfficeUserList{}} {
		if err := w.selected(ctx, list, namespace.Name, func(_, office types.NamespacedName) { offices[office] = true }); err != nil {
			return nil, err
		}
	}
	return slices.Collect(maps.Keys(offices)), nil
}

// selected yields the objects of a namespace whose BackOffice lies in another one and selects namespaces by their labels.
func (w waker) selected(ctx context.Context, list client.ObjectList, namespace string, yield func(member, office types.NamespacedName)) error {
	if err := w.List(ctx, list, client.InNamespace(namespace), client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency); err != nil {
		return err
	}
	selects := map[types.NamespacedName]bool{}
	for member, office := range belongings(list) {
		if _, known := selects[office]; !known {
			var o v1alpha1.BackOffice
			err := w.Get(ctx, office, &o, client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency)
			if client.IgnoreNotFound(err) != nil {
				return err
			}
			selects[office] = err == nil && office.Namespace != namespace && selectsNamespaces(&o)
		}
		if selects[office] {
			yield(member, office)
		}
	}
	return nil
}

// belongings are the objects of a list with their BackOffices.
func belongings(list client.ObjectList) map[types.NamespacedName]types.NamespacedName {
	found := map[types.NamespacedName]types.NamespacedName{}
	add := func(o client.Object, ref v1alpha1.BackOfficeReference) {
		found[client.ObjectKeyFromObject(o)] = ref.In(o.GetNamespace())
	}
	switch l := list.(type) {
	case *v1alpha1.BackOfficeUserList:
		for i := range l.Items {
			add(&l.Items[i], l.Items[i].Spec.BackOfficeRef)
		}
	case *v1alpha1.RoleBindingList:
		for i := range l.Items {
			add(&l.Items[i], l.Items[i].Spec.BackOfficeRef)
		}
	case *v1alpha1.PermissionSetList:
		for i := range l.Items {
			add(&l.Items[i], l.Items[i].Spec.BackOfficeRef)
		}
	}
	return found
}
