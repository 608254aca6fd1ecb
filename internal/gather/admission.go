// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

// Reviews creates SubjectAccessReviews; any client does.
type Reviews interface {
	Create(ctx context.Context, review client.Object, opts ...client.CreateOption) error
}

// Admission reads the facts that a request is judged by: those of a Gatherer, and those about the actor. old is nil on creation, new on
// deletion. An error means that a fact could not be read, and never that it is not so.
type Admission struct {
	Gatherer
	// Live reads from the API server.
	Live client.Reader
	// Reviews asks the API server what an identity may do.
	Reviews Reviews
}

// User reads the facts about a request for a BackOfficeUser.
func (a Admission) User(ctx context.Context, req admission.Request, old, obj *v1alpha1.BackOfficeUser) (policy.UserInput, error) {
	in, err := a.user(ctx, cmp.Or(obj, old))
	if err != nil {
		return in, err
	}
	in.Old, in.New, in.Now = old, obj, a.now()
	if in.Actor, err = a.actor(ctx, req, in.Office, object(old), object(obj)); err != nil {
		return in, err
	}
	were, err := a.bounds(ctx, old)
	if err != nil {
		return in, err
	}
	in.OldProtection = policy.ProtectionOf(were, in.Terms)
	bounds, err := a.bounds(ctx, obj)
	in.NewProtection = policy.ProtectionOf(bounds, in.Terms)
	if err != nil || obj == nil {
		return in, err
	}
	if in.Restricted, in.Surplus, err = a.setsOfUser(ctx, in, bounds); err != nil {
		return in, err
	}
	if in.Actor.Narrowed() {
		in.Bypasses = policy.BypassesOf(bounds)
	}
	if in.Given, err = a.given(ctx, old, obj); err != nil {
		return in, err
	}
	if in.Freed, err = a.freedByChange(ctx, old, obj); err != nil {
		return in, err
	}
	if in.SameLogin, err = a.sameLogin(ctx, obj); err != nil {
		return in, err
	}
	if in.SameEmail, err = a.sameEmail(ctx, obj); err != nil {
		return in, err
	}
	if in.SameKubernetesUser, err = a.othersOfKubernetesUser(ctx, obj, in.Office); err != nil {
		return in, err
	}
	in.FullQuotas, err = a.fullQuotas(ctx, in)
	return in, err
}

// Binding reads the facts about a request for a RoleBinding.
func (a Admission) Binding(ctx context.Context, req admission.Request, old, obj *v1alpha1.RoleBinding) (policy.BindingInput, error) {
	in, err := a.binding(ctx, cmp.Or(obj, old))
	if err != nil {
		return in, err
	}
	in.Old, in.New = old, obj
	if in.Actor, err = a.actor(ctx, req, in.Office, object(old), object(obj)); err != nil {
		return in, err
	}
	if in.OldSet, in.NewSet, err = a.oldAndNewSet(ctx, in); err != nil {
		return in, err
	}
	if in.OldInherited, in.OldTypes, err = a.inherited(ctx, in.OldSet); err != nil {
		return in, err
	}
	if in.NewInherited, in.NewTypes, err = a.inherited(ctx, in.NewSet); err != nil {
		return in, err
	}
	if obj != nil {
		if in, err = a.withUsers(ctx, in); err != nil {
			return in, err
		}
	}
	if in.Office == nil { // without it nobody has a rank
		return in, nil
	}
	if in.Subjects, err = a.subjectsBeyond(ctx, in); err != nil {
		return in, err
	}
	in.Beneath, err = a.subjectsBeneath(ctx, in)
	return in, err
}

// oldAndNewSet are the sets of a request. On deletion one that the binding may not refer to counts as missing: the binding hands nothing out,
// and a set of somebody else does not keep anybody from removing it.
func (a Admission) oldAndNewSet(ctx context.Context, in policy.BindingInput) (old, obj *v1alpha1.PermissionSet, err error) {
	switch {
	case in.New == nil:
		old, err = a.boundSet(ctx, in.Old)
		return old, nil, err
	case in.Old == nil:
		return nil, in.NewSet, nil
	}
	old, err = a.Set(ctx, in.Old.Spec.PermissionSetRef, in.Old.Namespace)
	return old, in.NewSet, err
}

// PermissionSet reads the facts about a request for a PermissionSet.
func (a Admission) PermissionSet(ctx context.Context, req admission.Request, old, obj *v1alpha1.PermissionSet) (policy.SetInput, error) {
	in, err := a.set(ctx, cmp.Or(obj, old))
	if err != nil {
		return in, err
	}
	in.Old, in.New = old, obj
	if in.Actor, err = a.actor(ctx, req, in.Office, object(old), object(obj)); err != nil {
		return in, err
	}
	if old != nil {
		ancestry, sets, err := a.Ancestry(ctx, old)
		if err != nil {
			return in, err
		}
		in.OldAncestry = ancestry
		maps.Copy(sets, in.Sets)
		in.Sets = sets
	}
	if in, err = a.withBeside(ctx, in); err != nil || obj == nil {
		return in, err
	}
	if in.SameKey, err = a.sameKey(ctx, obj); err != nil || in.Office == nil || !in.DeniesMore() {
		return in, err
	}
	in.Holders, err = a.holders(ctx, in)
	return in, err
}

// BackOffice reads the facts about a request for a BackOffice.
func (a Admission) BackOffice(ctx context.Context, req admission.Request, old, obj *v1alpha1.BackOffice) (policy.OfficeInput, error) {
	in := policy.OfficeInput{
		Old: old, New: obj, Now: a.now(), NamesAlone: a.Watched.Listed(),
		Actor: policy.Actor{Name: req.UserInfo.Username, Groups: req.UserInfo.Groups},
	}
	var err error
	if in.Actor.Escalation, err = a.escalation(ctx, req.UserInfo, client.ObjectKeyFromObject(cmp.Or(obj, old))); err != nil {
		return in, err
	}
	if in.Actor.Escalation == policy.EscalationPermitted && old != nil && obj != nil && obj.DeletionTimestamp.IsZero() &&
		!equality.Semantic.DeepEqual(old.Spec, obj.Spec) {
		in.Withdrawal, err = a.Withdrawal(ctx, obj)
	}
	return in, err
}

// object is nil where the pointer is: an interface that holds a nil pointer is not.
func object[T any, P interface {
	*T
	client.Object
}](o P) client.Object {
	if o == nil {
		return nil
	}
	return o
}

// bounds are the bindings of the user as it is given, with their sets.
func (a Admission) bounds(ctx context.Context, u *v1alpha1.BackOfficeUser) ([]policy.Bound, error) {
	if u == nil {
		return nil, nil
	}
	return a.boundsOf(ctx, u)
}

// othersOfKubernetesUser finds the other users of the back office that name the same Kubernetes user, the oldest first.
func (a Admission) othersOfKubernetesUser(ctx context.Context, u *v1alpha1.BackOfficeUser, office *v1alpha1.BackOffice) ([]types.NamespacedName, error) {
	if u.Spec.KubernetesUser == "" {
		return nil, nil
	}
	users, err := a.sameKubernetesUser(ctx, u.Spec.KubernetesUser, officeOf(u), office)
	if err != nil {
		return nil, err
	}
	var names []types.NamespacedName
	for _, other := range users {
		if name := client.ObjectKeyFromObject(other); name != client.ObjectKeyFromObject(u) {
			names = append(names, name)
		}
	}
	return names, nil
}

// sameLogin finds the other users of the back office with the user's login, the oldest first.
func (a Admission) sameLogin(ctx context.Context, u *v1alpha1.BackOfficeUser) ([]types.NamespacedName, error) {
	var users v1alpha1.BackOfficeUserList
	if err := a.list(ctx, &users, client.MatchingFields{IndexLogin: LoginKey(officeOf(u), u.EffectiveLogin())}); err != nil {
		return nil, err
	}
	var others []client.Object
	for i := range users.Items {
		others = append(others, &users.Items[i])
	}
	return othersThan(u, others), nil
}

// sameKey finds the other sets of the back office with the set's key, the oldest first.
func (a Admission) sameKey(ctx context.Context, s *v1alpha1.PermissionSet) ([]types.NamespacedName, error) {
	var sets v1alpha1.PermissionSetList
	if err := a.list(ctx, &sets, client.MatchingFields{IndexSetKey: SetKey(officeOfSet(s), s.EffectiveKey())}); err != nil {
		return nil, err
	}
	var others []client.Object
	for i := range sets.Items {
		others = append(others, &sets.Items[i])
	}
	return othersThan(s, others), nil
}

func othersThan(self client.Object, objects []client.Object) []types.NamespacedName {
	slices.SortFunc(objects, func(a, b client.Object) int {
		return cmp.Or(a.GetCreationTimestamp().Compare(b.GetCreationTimestamp().Time), cmp.Compare(a.GetUID(), b.GetUID()))
	})
	var names []types.NamespacedName
	for _, o := range objects {
		if name := client.ObjectKeyFromObject(o); name != client.ObjectKeyFromObject(self) && o.GetDeletionTimestamp().IsZero() {
			names = append(names, name)
		}
	}
	return names
}

// maxCounted bounds the seats that are counted: counting them takes as long as there are users, and is for a warning.
const maxCounted = 1000

// fullQuotas names the quotas without a seat for the new object. Those in which the old one had its seat already are not asked. Of a quota of
// more than 1,000 seats it is known by somebody who waits for one.
func (a Admission) fullQuotas(ctx context.Context, in policy.UserInput) ([]string, error) {
	if in.Office == nil || in.Office.Spec.Quotas == nil {
		return nil, nil
	}
	var full []string
	for _, quota := range []struct {
		name  string
		limit *int32
	}{{QuotaUsers, in.Office.Spec.Quotas.Users}, {QuotaAdministrators, in.Office.Spec.Quotas.Administrators}} {
		key := SeatKey(officeOf(in.New), quota.name)
		had := in.Old != nil && slices.Contains(seats(in.Old), key)
		if quota.limit == nil || had || !slices.Contains(seats(in.New), key) {
			continue
		}
		exhausted, err := a.exhausted(ctx, quota.name, *quota.limit, in)
		if err != nil {
			return nil, err
		}
		if exhausted {
			full = append(full, quota.name)
		}
	}
	return full, nil
}

// exhausted tells whether a quota has no seat left.
func (a Admission) exhausted(ctx context.Context, quota string, limit int32, in policy.UserInput) (bool, error) {
	var users v1alpha1.BackOfficeUserList
	office := officeOf(in.New)
	switch {
	case limit == 0:
		return true, nil
	case limit <= maxCounted:
		err := a.list(ctx, &users, client.MatchingFields{IndexSeat: SeatKey(office, quota)}, client.Limit(int64(limit)))
		return len(users.Items) >= int(limit), err
	}
	err := a.list(ctx, &users, client.MatchingFields{IndexReadyReason: ReasonKey(office, v1alpha1.ReasonQuotaExceeded)}, client.Limit(maxCounted))
	waits := func(u v1alpha1.BackOfficeUser) bool { // an administrator needs two seats, and may wait for the other one
		return (u.EffectiveAccountType() == v1alpha1.AccountAdministrator) == (quota == QuotaAdministrators)
	}
	return slices.ContainsFunc(users.Items, waits), err
}
