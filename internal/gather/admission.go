// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"cmp"
	"context"
	"maps"
	"slices"

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
	in, err := a.UserStanding(ctx, cmp.Or(obj, old))
	if err != nil {
		return in, err
	}
	in.Old, in.New, in.Actor = old, obj, actor(req.UserInfo, in.Office)
	if in.OldProtection, err = a.protection(ctx, old); err != nil {
		return in, err
	}
	if in.NewProtection, err = a.protection(ctx, obj); err != nil || obj == nil {
		return in, err
	}
	if in.SameLogin, err = a.sameLogin(ctx, obj); err != nil {
		return in, err
	}
	in.FullQuotas, err = a.fullQuotas(ctx, in)
	return in, err
}

// Binding reads the facts about a request for a RoleBinding.
func (a Admission) Binding(ctx context.Context, req admission.Request, old, obj *v1alpha1.RoleBinding) (policy.BindingInput, error) {
	in, err := a.BindingStanding(ctx, cmp.Or(obj, old))
	if err != nil {
		return in, err
	}
	in.Old, in.New, in.Actor = old, obj, actor(req.UserInfo, in.Office)
	if obj == nil {
		in.NewSet = nil
	}
	if old != nil {
		if in.OldSet, err = a.Set(ctx, old.Spec.PermissionSetRef, old.Namespace); err != nil {
			return in, err
		}
	}
	if obj != nil {
		if _, in.MissingSubjects, err = a.named(ctx, obj); err != nil {
			return in, err
		}
	}
	if in.Office != nil { // without it nobody has a rank
		in.Subjects, err = a.subjectsBeyond(ctx, in)
	}
	return in, err
}

// PermissionSet reads the facts about a request for a PermissionSet.
func (a Admission) PermissionSet(ctx context.Context, req admission.Request, old, obj *v1alpha1.PermissionSet) (policy.SetInput, error) {
	in, err := a.SetStanding(ctx, cmp.Or(obj, old))
	if err != nil {
		return in, err
	}
	in.Old, in.New, in.Actor = old, obj, actor(req.UserInfo, in.Office)
	if old != nil {
		ancestry, sets, err := a.Ancestry(ctx, old)
		if err != nil {
			return in, err
		}
		in.OldAncestry = ancestry
		maps.Copy(sets, in.Sets)
		in.Sets = sets
	}
	if obj != nil {
		in.SameKey, err = a.sameKey(ctx, obj)
	}
	return in, err
}

// BackOffice reads the facts about a request for a BackOffice.
func (a Admission) BackOffice(ctx context.Context, req admission.Request, old, obj *v1alpha1.BackOffice) (policy.OfficeInput, error) {
	in := policy.OfficeInput{Old: old, New: obj}
	in.Actor = actor(req.UserInfo, cmp.Or(obj, old))
	var err error
	in.Escalation, err = a.escalation(ctx, req.UserInfo, client.ObjectKeyFromObject(cmp.Or(obj, old)))
	return in, err
}

// protection is what it takes to touch the user as it is given.
func (a Admission) protection(ctx context.Context, u *v1alpha1.BackOfficeUser) (policy.Protection, error) {
	if u == nil {
		return nil, nil
	}
	bindings, err := a.BindingsOf(ctx, u)
	if err != nil {
		return nil, err
	}
	bounds := make([]policy.Bound, 0, len(bindings))
	for _, b := range bindings {
		set, err := a.Set(ctx, b.Spec.PermissionSetRef, b.Namespace)
		if err != nil {
			return nil, err
		}
		bounds = append(bounds, policy.Bound{Binding: b, Set: set})
	}
	return policy.ProtectionOf(bounds), nil
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

// fullQuotas names the quotas without a seat for the new object. Those in which the old one had its seat already are not asked.
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
		taken := 0
		if *quota.limit > 0 {
			var users v1alpha1.BackOfficeUserList
			if err := a.list(ctx, &users, client.MatchingFields{IndexSeat: key}, client.Limit(int64(*quota.limit))); err != nil {
				return nil, err
			}
			taken = len(users.Items)
		}
		if taken >= int(*quota.limit) {
			full = append(full, quota.name)
		}
	}
	return full, nil
}
