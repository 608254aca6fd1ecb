// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"k8s.io/apimachinery/pkg/types"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

func backOffices(facts gather.Admission, self string) *validator[*v1alpha1.BackOffice, policy.OfficeInput] {
	return &validator[*v1alpha1.BackOffice, policy.OfficeInput]{
		blank:     func() *v1alpha1.BackOffice { return &v1alpha1.BackOffice{} },
		facts:     facts,
		self:      self,
		gather:    gather.Admission.BackOffice,
		admission: policy.OfficeAdmission,
		deletion:  policy.OfficeAdmission,
		by:        func(in policy.OfficeInput, actor policy.Actor) policy.OfficeInput { in.Actor = actor; return in },
		found:     func(in policy.OfficeInput) found { return found{actor: in.Actor} },
	}
}

func backOfficeUsers(facts gather.Admission, self string) *validator[*v1alpha1.BackOfficeUser, policy.UserInput] {
	return &validator[*v1alpha1.BackOfficeUser, policy.UserInput]{
		blank:     func() *v1alpha1.BackOfficeUser { return &v1alpha1.BackOfficeUser{} },
		facts:     facts,
		self:      self,
		gather:    gather.Admission.User,
		admission: policy.UserAdmission,
		deletion:  policy.UserDeletion,
		changes:   gather.Gatherer.UserChanges,
		by:        func(in policy.UserInput, actor policy.Actor) policy.UserInput { in.Actor = actor; return in },
		anew: func(in policy.UserInput) []policy.Violation {
			in.Old = nil
			return policy.Chain[policy.UserInput]{policy.ActorMayOpenUser}.Evaluate(in)
		},
		found: func(in policy.UserInput) found { return found{actor: in.Actor, unjudged: in.Office == nil} },
	}
}

func permissionSets(facts gather.Admission, self string) *validator[*v1alpha1.PermissionSet, policy.SetInput] {
	return &validator[*v1alpha1.PermissionSet, policy.SetInput]{
		blank:     func() *v1alpha1.PermissionSet { return &v1alpha1.PermissionSet{} },
		facts:     facts,
		self:      self,
		gather:    gather.Admission.PermissionSet,
		admission: policy.SetAdmission,
		deletion:  policy.SetDeletion,
		changes:   gather.Gatherer.SetChanges,
		by:        func(in policy.SetInput, actor policy.Actor) policy.SetInput { in.Actor = actor; return in },
		anew: func(in policy.SetInput) []policy.Violation {
			old := *in.Old
			old.Spec.Permissions, old.Spec.Extends = nil, nil
			in.Old = &old
			return policy.Chain[policy.SetInput]{policy.ActorMayGive, policy.ActorMayOpenSet}.Evaluate(in)
		},
		found: func(in policy.SetInput) found {
			return found{
				actor: in.Actor, unjudged: in.Office == nil,
				oldSets: extended(in.Old, in.Sets), sets: extended(in.New, in.Sets),
			}
		},
	}
}

// extended are the UIDs of the sets that a set names and that exist.
func extended(set *v1alpha1.PermissionSet, sets map[string]*v1alpha1.PermissionSet) []types.UID {
	var uids []types.UID
	if set == nil {
		return nil
	}
	for _, ref := range set.Spec.Extends {
		if parent := sets[ref.In(set.Namespace).String()]; parent != nil {
			uids = append(uids, parent.UID)
		}
	}
	return uids
}

func roleBindings(facts gather.Admission, self string) *validator[*v1alpha1.RoleBinding, policy.BindingInput] {
	return &validator[*v1alpha1.RoleBinding, policy.BindingInput]{
		blank:     func() *v1alpha1.RoleBinding { return &v1alpha1.RoleBinding{} },
		facts:     facts,
		self:      self,
		gather:    gather.Admission.Binding,
		admission: policy.BindingAdmission,
		deletion:  policy.BindingDeletion,
		changes:   gather.Gatherer.BindingChanges,
		by:        func(in policy.BindingInput, actor policy.Actor) policy.BindingInput { in.Actor = actor; return in },
		anew: func(in policy.BindingInput) []policy.Violation {
			old := *in.Old
			old.Spec.Grants = nil
			in.Old = &old
			violations := policy.Chain[policy.BindingInput]{policy.ActorMayGrant}.Evaluate(in)
			in.Old, in.OldSet = nil, nil
			return append(violations, policy.Chain[policy.BindingInput]{policy.ActorMayOpenBinding}.Evaluate(in)...)
		},
		found: func(in policy.BindingInput) found {
			return found{actor: in.Actor, unjudged: in.Office == nil, oldSets: uidOf(in.OldSet), sets: uidOf(in.NewSet)}
		},
	}
}

func uidOf(set *v1alpha1.PermissionSet) []types.UID {
	if set == nil {
		return nil
	}
	return []types.UID{set.UID}
}
