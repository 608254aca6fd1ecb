// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
)

// Who wakes whom:
//
//	BackOffice     itself; the Secret with its URL; a lost connection; the last object that refers to it; labels of namespaces; its brake
//	PermissionSet  itself; sets that it extends, however far; its BackOffice; labels of its namespace; a gone set with its key
//	RoleBinding    itself; its set, and what that inherits of account types; users that it names or refuses; its BackOffice; labels of its
//	               namespace
//	User           itself; its Secret; the Secret that supplies its password; bindings that name or select it; its BackOffice; labels of its namespace; a user with its login or e-mail
//	               address that goes or takes another address; a free seat; a binding that wrote its row while another one came
//
// A BackOffice wakes its objects when it is connected, when its spec has changed, when it is admitted and when its brake eases. A set wakes
// users only when other types of accounts may hold it: all else is resolved by the views. Labels of namespaces concern a BackOffice that selects by them.

// asked passes what people ask for, which includes a new admission stamp, and not what the operator itself writes: status and finalizers. The
// loss of our finalizer is none of its doings on an object that stays.
var asked = predicate.Funcs{
	UpdateFunc: func(e event.UpdateEvent) bool {
		o, n := e.ObjectOld, e.ObjectNew
		return o.GetUID() != n.GetUID() || o.GetGeneration() != n.GetGeneration() ||
			o.GetDeletionTimestamp().IsZero() != n.GetDeletionTimestamp().IsZero() ||
			!maps.Equal(o.GetLabels(), n.GetLabels()) || !maps.Equal(o.GetAnnotations(), n.GetAnnotations()) ||
			controllerutil.ContainsFinalizer(o, v1alpha1.Finalizer) && !controllerutil.ContainsFinalizer(n, v1alpha1.Finalizer)
	},
}

// cutOff passes objects of which status begins to say that the store cannot be reached. A manager that was frozen and does not lead any more may have
// said so, of its own connection; the one that leads would not hear of it, since it has no other reason to look. A BackOffice is looked at again anyway.
var cutOff = predicate.Funcs{
	CreateFunc: func(event.CreateEvent) bool { return false },
	DeleteFunc: func(event.DeleteEvent) bool { return false },
	UpdateFunc: func(e event.UpdateEvent) bool {
		if _, office := e.ObjectNew.(*v1alpha1.BackOffice); office {
			return false
		}
		before, after := readyOf(e.ObjectOld).Reason, readyOf(e.ObjectNew).Reason
		return before != after && (after == v1alpha1.ReasonStoreUnavailable || after == v1alpha1.ReasonFencedOff)
	},
}

// changesOrGoes passes updates and deletions. The operator creates the Secrets with passwords itself, and a user whose Secret is missing
// looks for it. That a Secret was claimed is no news, either: where it cannot be written after that, the next attempt waits its time.
var changesOrGoes = predicate.Funcs{
	CreateFunc: func(event.CreateEvent) bool { return false },
	UpdateFunc: func(e event.UpdateEvent) bool {
		before, after := e.ObjectOld.GetAnnotations()[v1alpha1.AnnotationVersion], e.ObjectNew.GetAnnotations()[v1alpha1.AnnotationVersion]
		return before == after || !strings.Contains(after, claimMark)
	},
}

// comesOrGoes passes creations and deletions.
var comesOrGoes = predicate.Funcs{UpdateFunc: func(event.UpdateEvent) bool { return false }}

// waker finds who has to be woken.
type waker struct {
	client.Reader
	gather.Gatherer
}

// mapping finds the requests that an object gives rise to, from the object as it is, and as it was.
func mapping[T client.Object](find func(context.Context, T) ([]types.NamespacedName, error)) handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, o client.Object) []reconcile.Request {
		names, err := find(ctx, o.(T))
		if err != nil { // only a cache that stops answers with an error
			log.FromContext(ctx).Error(err, "Finding who is concerned", "namespace", o.GetNamespace(), "name", o.GetName())
			return nil
		}
		requests := make([]reconcile.Request, len(names))
		for i, name := range names {
			requests[i] = reconcile.Request{NamespacedName: name}
		}
		return requests
	})
}

// usersOfBinding are the users that a binding names or selects.
func (w waker) usersOfBinding(ctx context.Context, b *v1alpha1.RoleBinding) ([]types.NamespacedName, error) {
	users, _, err := w.SubjectsOf(ctx, b)
	return namesOf(users), err
}

// bindingsOfUser are the bindings that name a user.
func (w waker) bindingsOfUser(ctx context.Context, u *v1alpha1.BackOfficeUser) ([]types.NamespacedName, error) {
	return w.find(ctx, &v1alpha1.RoleBindingList{}, client.InNamespace(u.Namespace), client.MatchingFields{gather.IndexSubject: u.Name})
}

// waitingForUser are those who wait for what a gone user held: its login, its e-mail address, and its seat.
func (w waker) waitingForUser(ctx context.Context, u *v1alpha1.BackOfficeUser) ([]types.NamespacedName, error) {
	office := u.Spec.BackOfficeRef.In(u.Namespace)
	waiting, err := w.nextForSeat(ctx, office)
	if err != nil {
		return nil, err
	}
	claims := map[string]string{gather.IndexLogin: gather.LoginKey(office, u.EffectiveLogin())}
	if address := u.EffectiveEmail(); address != "" {
		claims[gather.IndexEmail] = gather.EmailKey(office, address)
	}
	for index, key := range claims {
		same, err := w.find(ctx, &v1alpha1.BackOfficeUserList{}, client.MatchingFields{index: key})
		if err != nil {
			return nil, err
		}
		waiting = append(waiting, same...)
	}
	return waiting, nil
}

// nextForSeat are the oldest users that wait for a seat: one administrator, who needs a seat of two kinds, and one other.
func (w waker) nextForSeat(ctx context.Context, office types.NamespacedName) ([]types.NamespacedName, error) {
	var waiting v1alpha1.BackOfficeUserList
	key := gather.ReasonKey(office, v1alpha1.ReasonQuotaExceeded)
	if err := w.List(ctx, &waiting, client.MatchingFields{gather.IndexReadyReason: key}, client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency); err != nil {
		return nil, err
	}
	oldest := map[bool]*v1alpha1.BackOfficeUser{}
	for i := range waiting.Items {
		u := &waiting.Items[i]
		admin := u.EffectiveAccountType() == v1alpha1.AccountAdministrator
		if first := oldest[admin]; first == nil || older(u, first) {
			oldest[admin] = u
		}
	}
	return namesOf(slices.Collect(maps.Values(oldest))), nil
}

// claimsLess passes users who want another e-mail address, or turn out to have the identity of a deleted account. Who waited because they claimed
// what they had in spec waits for the next one; an address that they had in the store is free when the store has the other one.
var claimsLess = predicate.Funcs{
	CreateFunc: func(event.CreateEvent) bool { return false },
	DeleteFunc: func(event.DeleteEvent) bool { return false },
	UpdateFunc: func(e event.UpdateEvent) bool {
		o, n := e.ObjectOld.(*v1alpha1.BackOfficeUser), e.ObjectNew.(*v1alpha1.BackOfficeUser)
		return o.EffectiveEmail() != n.EffectiveEmail() || !isRetired(o) && isRetired(n)
	},
}

// freesSeat passes updates after which an account takes fewer seats, or waits for one no more: of several seats that become free at once, the
// one who was woken takes one and wakes the next. It passes deletions, too.
var freesSeat = predicate.Funcs{
	CreateFunc: func(event.CreateEvent) bool { return false },
	UpdateFunc: func(e event.UpdateEvent) bool {
		o, n := e.ObjectOld.(*v1alpha1.BackOfficeUser), e.ObjectNew.(*v1alpha1.BackOfficeUser)
		return seats(o) > seats(n) || waitsForSeat(o) && !waitsForSeat(n)
	},
}

func waitsForSeat(u *v1alpha1.BackOfficeUser) bool {
	return readyOf(u).Reason == v1alpha1.ReasonQuotaExceeded
}

// seats counts the seats that an account takes by what is in force.
func seats(u *v1alpha1.BackOfficeUser) int {
	switch {
	case u.Status.State == "", u.Status.State == v1alpha1.StateDeactivated:
		return 0
	case u.Status.AccountType == v1alpha1.AccountAdministrator:
		return 2
	}
	return 1
}

// officesOfSecret are the back offices whose URL a Secret holds.
func (w waker) officesOfSecret(ctx context.Context, secret client.Object) ([]types.NamespacedName, error) {
	var offices v1alpha1.BackOfficeList
	if err := w.List(ctx, &offices, client.InNamespace(secret.GetNamespace()), client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency); err != nil {
		return nil, err
	}
	var names []types.NamespacedName
	for i := range offices.Items {
		o := &offices.Items[i]
		if pg := o.Spec.Store.Postgres; pg != nil && pg.URLSecretRef.Name == secret.GetName() {
			names = append(names, client.ObjectKeyFromObject(o))
		}
	}
	return names, nil
}

// usersOfSecret are the users whose password a Secret supplies.
func (w waker) usersOfSecret(ctx context.Context, secret client.Object) ([]types.NamespacedName, error) {
	return w.find(ctx, &v1alpha1.BackOfficeUserList{}, client.InNamespace(secret.GetNamespace()),
		client.MatchingFields{gather.IndexPasswordSecret: secret.GetName()})
}

// officeOf is the back office of an object, while that is being deleted and may wait for its last object.
func (w waker) officeOf(ctx context.Context, office types.NamespacedName) ([]types.NamespacedName, error) {
	var o v1alpha1.BackOffice
	if err := w.Get(ctx, office, &o, client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	if o.DeletionTimestamp.IsZero() {
		return nil, nil
	}
	return []types.NamespacedName{office}, nil
}

// membersOf are the objects of one kind that belong to a back office.
func (w waker) membersOf(ctx context.Context, list client.ObjectList, office *v1alpha1.BackOffice) ([]types.NamespacedName, error) {
	return w.find(ctx, list, client.MatchingFields{gather.IndexBackOffice: client.ObjectKeyFromObject(office).String()})
}

// find lists names from the cache.
func (w waker) find(ctx context.Context, list client.ObjectList, opts ...client.ListOption) ([]types.NamespacedName, error) {
	if err := w.List(ctx, list, append(opts, client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency)...); err != nil {
		return nil, err
	}
	switch l := list.(type) {
	case *v1alpha1.BackOfficeUserList:
		return namesIn(l.Items), nil
	case *v1alpha1.RoleBindingList:
		return namesIn(l.Items), nil
	case *v1alpha1.PermissionSetList:
		return namesIn(l.Items), nil
	}
	return nil, nil
}

func namesIn[T any, P interface {
	*T
	client.Object
}](items []T) []types.NamespacedName {
	names := make([]types.NamespacedName, len(items))
	for i := range items {
		names[i] = client.ObjectKeyFromObject(P(&items[i]))
	}
	return names
}

func namesOf[T client.Object](objects []T) []types.NamespacedName {
	names := make([]types.NamespacedName, len(objects))
	for i, o := range objects {
		names[i] = client.ObjectKeyFromObject(o)
	}
	return names
}

// labelled passes Secrets that the operator may read for this purpose.
func labelled(purpose string) predicate.Predicate {
	return predicate.NewPredicateFuncs(func(o client.Object) bool { return o.GetLabels()[v1alpha1.LabelSecret] == purpose })
}

// wasLabelled passes Secrets that the operator may read for this purpose, and those that it might read before.
func wasLabelled(purpose string) predicate.Predicate {
	is := func(o client.Object) bool { return o.GetLabels()[v1alpha1.LabelSecret] == purpose }
	p := predicate.NewPredicateFuncs(is)
	return predicate.Funcs{
		CreateFunc: p.Create, DeleteFunc: p.Delete, GenericFunc: p.Generic,
		UpdateFunc: func(e event.UpdateEvent) bool { return is(e.ObjectOld) || is(e.ObjectNew) },
	}
}
