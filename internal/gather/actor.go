// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"
	"fmt"
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
)

// Actor returns the identity behind a request, with the power that it has in a back office: that of the delegations which match it, else, with
// selfService, that of the user that it is. A BackOffice that is not admitted itself gives nobody power.
func (a Admission) Actor(ctx context.Context, user authenticationv1.UserInfo, office *v1alpha1.BackOffice) (policy.Actor, error) {
	actor := policy.Actor{Name: user.Username, Groups: user.Groups}
	office = empowering(office)
	if office == nil {
		return actor, nil
	}
	actor.Powers = delegated(user, office)
	if len(actor.Powers) > 0 || office.Spec.Rank.SelfService != v1alpha1.SelfServiceEnabled {
		return actor, nil
	}
	var err error
	actor.Powers, err = a.selfService(ctx, user.Username, office)
	return actor, err
}

// empowering returns a BackOffice as far as it gives anybody power: nil where it says nothing about rank, or is not admitted itself.
func empowering(office *v1alpha1.BackOffice) *v1alpha1.BackOffice {
	if office == nil || office.Spec.Rank == nil {
		return nil
	}
	if _, admitted := stamp.Fitting(office); !admitted {
		return nil
	}
	return office
}

// delegated returns the powers of the delegations that match an identity, of a BackOffice that is empowering.
func delegated(user authenticationv1.UserInfo, office *v1alpha1.BackOffice) []policy.Power {
	var powers []policy.Power
	for i, d := range office.Spec.Rank.Delegations {
		matches := func(s v1alpha1.DelegationSubject) bool { return isSubject(user, s) }
		if d.Rank == nil || !slices.ContainsFunc(d.Subjects, matches) {
			continue
		}
		power := access.Power{
			Rank: *d.Rank, Families: d.Families, Permissions: policy.ContentOf(d.Permissions), Filters: policy.Bounds(policy.FiltersOf(d.Filters)),
		}
		for _, t := range d.AccountTypes {
			power.AccountTypes = append(power.AccountTypes, string(t))
		}
		powers = append(powers, policy.Power{
			Power:  power,
			Source: fmt.Sprintf("spec.rank.delegations[%d] of BackOffice %s/%s", i, office.Namespace, office.Name),
		})
	}
	return powers
}

func isSubject(user authenticationv1.UserInfo, s v1alpha1.DelegationSubject) bool {
	switch s.Kind {
	case v1alpha1.SubjectUser:
		return user.Username == s.Name
	case v1alpha1.SubjectGroup:
		return slices.Contains(user.Groups, s.Name)
	case v1alpha1.SubjectServiceAccount:
		return s.Namespace != "" && user.Username == serviceAccountPrefix+s.Namespace+":"+s.Name
	}
	return false
}

// The prefixes of names that Kubernetes itself gives.
const (
	systemPrefix         = "system:"
	serviceAccountPrefix = systemPrefix + "serviceaccount:"
)

// identityOf is what is known of a user by name alone: the groups of a service account, and none of anybody else.
func identityOf(name string) authenticationv1.UserInfo {
	user := authenticationv1.UserInfo{Username: name}
	rest, _ := strings.CutPrefix(name, serviceAccountPrefix)
	if namespace, account, ok := strings.Cut(rest, ":"); ok && rest != name && namespace != "" && account != "" {
		user.Groups = []string{"system:serviceaccounts:" + namespace}
	}
	return user
}

// author returns who stands behind an object of a back office, as its stamp tells.
func author(o client.Object, office *v1alpha1.BackOffice) policy.Author {
	s, fits := stamp.Fitting(o)
	if !fits {
		return policy.Author{}
	}
	if s.Unjudged {
		office = empowering(office)
	}
	return authorOf(s, office)
}

// authorOf returns who stands behind a stamp. Where nobody's power was known then, it is what the delegations of a BackOffice that is empowering
// give to the name now.
func authorOf(s stamp.Stamp, office *v1alpha1.BackOffice) policy.Author {
	a := policy.Author{Known: true, Name: s.User, At: s.At, Judged: !s.Unjudged, BreakGlass: s.BreakGlass, Powers: s.Power}
	for _, uid := range s.Sets {
		a.Sets = append(a.Sets, types.UID(uid))
	}
	if s.Unjudged && office != nil {
		for _, p := range delegated(identityOf(s.User), office) {
			a.Powers = append(a.Powers, p.Power)
		}
	}
	return a
}

// AsksToBreakGlass tells whether a request asks for power by the annotation break-glass: it sets or changes it, or it deletes what the same
// user has changed by it.
func AsksToBreakGlass(user string, old, obj client.Object) bool {
	if obj == nil {
		s, fits := stamp.Fitting(old)
		return fits && s.BreakGlass && s.User == user
	}
	reason, asked := obj.GetAnnotations()[v1alpha1.AnnotationBreakGlass]
	if !asked || old == nil {
		return asked
	}
	before, had := old.GetAnnotations()[v1alpha1.AnnotationBreakGlass]
	return !had || before != reason
}

// BrokenGlass is the power of whoever breaks the glass.
func BrokenGlass() policy.Power {
	return policy.Power{
		Power:  access.Power{Permissions: access.Content{{Path: access.Everything, Level: access.Write}}},
		Source: "the annotation " + v1alpha1.AnnotationBreakGlass,
	}
}

// isProtected tells whether an object is a set that nobody's own power is enough to change.
func isProtected(o client.Object) bool {
	set, ok := o.(*v1alpha1.PermissionSet)
	return ok && set.Spec.Protected
}

// actor is Actor for a request that changes old to obj: the glass is broken where nothing else gives power, and for a set that is protected.
func (a Admission) actor(ctx context.Context, req admission.Request, office *v1alpha1.BackOffice, old, obj client.Object) (policy.Actor, error) {
	actor, err := a.Actor(ctx, req.UserInfo, office)
	if err != nil {
		return actor, err
	}
	actor.BreakGlass = AsksToBreakGlass(req.UserInfo.Username, old, obj)
	empowered := len(actor.Powers) > 0
	if office == nil || !actor.BreakGlass || empowered && !isProtected(old) {
		return actor, nil
	}
	if actor.Escalation, err = a.escalation(ctx, req.UserInfo, client.ObjectKeyFromObject(office)); err != nil {
		return actor, err
	}
	if actor.Escalation == policy.EscalationPermitted && !empowered {
		actor.Powers = []policy.Power{BrokenGlass()}
	}
	return actor, nil
}
