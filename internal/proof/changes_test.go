// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"fmt"
	"maps"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// pick draws one of these, the first ones a little more often. A counterexample is shrunk towards the first.
func pick[T any](t *rapid.T, what string, from []T) T {
	return rapid.SampledFrom(from).Draw(t, what)
}

// oneIn is true about once in n draws.
func oneIn(t *rapid.T, what string, n int) bool {
	return rapid.IntRange(0, n-1).Draw(t, what) == n-1
}

// The names that objects may have. There are few, so that they meet.
var (
	places      = []string{"shop", "shop", "alpha", "alpha", "beta", "stray"}
	userNames   = []string{"ann", "bob"}
	setNames    = []string{"low", "mid", "top"}
	teamSets    = []string{"own"}
	bindingName = []string{"b1", "b2"}
	paths       = []string{"orders", "stock", "orders/refund", "users"}
	ranks       = []int32{10, 5, 2, 0}
	offices     = []string{"shop/shop", "shop/shop", "shop/shop", "shop/shop", "shop/shop", "shop/shop", "alpha/side"}
)

// filters are those that users and bindings may have.
var filters = [][]v1alpha1.Filter{
	{testkit.Only(entities, "de")},
	nil,
	{testkit.Only(entities, "fr")},
	{{Dimension: entities, Mode: v1alpha1.FilterAll, Access: v1alpha1.FilterReadOnly}},
	{testkit.Only(entities, "de", "fr")},
	{{Dimension: entities, Mode: v1alpha1.FilterNone}},
	{testkit.Everything(entities)},
}

// anyName draws the name of an object of a kind, whether it exists or not.
func anyName(t *rapid.T, k kind) types.NamespacedName {
	name := types.NamespacedName{Namespace: pick(t, "namespace", places)}
	switch {
	case k == officeKind:
		return types.NamespacedName{Namespace: "shop", Name: "shop"}
	case k == userKind:
		name.Name = pick(t, "user", userNames)
	case k == bindingKind:
		name.Name = pick(t, "binding", bindingName)
	case name.Namespace == "shop":
		name.Name = pick(t, "set", setNames)
	default:
		name.Name = pick(t, "set", teamSets)
	}
	return name
}

// setRef draws a reference to a set, from a namespace.
func setRef(t *rapid.T, namespace string) v1alpha1.PermissionSetReference {
	if oneIn(t, "set of the namespace", 3) {
		return v1alpha1.PermissionSetReference{Name: pick(t, "set", teamSets)}
	}
	if oneIn(t, "set of elsewhere", 8) {
		return v1alpha1.PermissionSetReference{Namespace: pick(t, "namespace", places), Name: pick(t, "set", teamSets)}
	}
	ref := v1alpha1.PermissionSetReference{Namespace: "shop", Name: pick(t, "set", setNames)}
	if namespace == "shop" {
		ref.Namespace = ""
	}
	return ref
}

func permission(t *rapid.T) v1alpha1.Permission {
	return v1alpha1.Permission{
		Path: pick(t, "path", paths), Level: pick(t, "level", []v1alpha1.Level{v1alpha1.LevelWrite, v1alpha1.LevelRead, v1alpha1.LevelNone}),
	}
}

// toggled adds a permission to a list, or takes the one of its path out of it.
func toggled(list []v1alpha1.Permission, p v1alpha1.Permission) []v1alpha1.Permission {
	rest := slices.DeleteFunc(slices.Clone(list), func(other v1alpha1.Permission) bool { return other.Path == p.Path })
	if slices.Contains(list, p) {
		return rest
	}
	return append(rest, p)
}

// flipped adds something to a list, or takes it out.
func flipped[T comparable](list []T, one T) []T {
	if i := slices.Index(list, one); i >= 0 {
		return slices.Delete(slices.Clone(list), i, i+1)
	}
	return append(slices.Clone(list), one)
}

// fresh draws a new object.
func fresh(t *rapid.T, k kind, name types.NamespacedName) client.Object {
	in := testkit.InOffice(pick(t, "office", offices))
	var o client.Object
	switch k { //nolint:exhaustive // Namespaces are relabelled elsewhere.
	case officeKind:
		return office()
	case userKind:
		o = testkit.User(name.Name, name.Namespace, in)
	case setKind:
		o = testkit.Set(name.Name, name.Namespace, in, testkit.Rank(pick(t, "rank", ranks)))
	case bindingKind:
		b := testkit.Binding(name.Name, name.Namespace, in)
		b.Spec.PermissionSetRef = setRef(t, name.Namespace)
		b.Spec.Subjects = []v1alpha1.RoleBindingSubject{{Name: pick(t, "subject", userNames)}}
		o = b
	}
	for range pick(t, "changes", []int{1, 2, 3, 0}) {
		edit(t, o)
	}
	return o
}

// edit draws a change of an object.
func edit(t *rapid.T, o client.Object) {
	switch o := o.(type) {
	case *v1alpha1.BackOffice:
		editOffice(t, o)
	case *v1alpha1.BackOfficeUser:
		editUser(t, o)
	case *v1alpha1.PermissionSet:
		editSet(t, o)
	case *v1alpha1.RoleBinding:
		editBinding(t, o)
	}
}

func editOffice(t *rapid.T, o *v1alpha1.BackOffice) {
	switch pick(t, "field", []string{"namespaces", "delegations", "catalogue", "selfService"}) {
	case "namespaces":
		o.Spec.Namespaces = nil
		for _, entry := range admissions {
			if rapid.Bool().Draw(t, "admits") {
				o.Spec.Namespaces = append(o.Spec.Namespaces, entry)
			}
		}
	case "delegations":
		one := pick(t, "delegation", delegations)
		i := slices.IndexFunc(o.Spec.Rank.Delegations, func(d v1alpha1.Delegation) bool {
			return *d.Rank == *one.Rank && d.Subjects[0] == one.Subjects[0]
		})
		if i < 0 {
			o.Spec.Rank.Delegations = append(slices.Clone(o.Spec.Rank.Delegations), one)
		} else {
			o.Spec.Rank.Delegations = slices.Delete(slices.Clone(o.Spec.Rank.Delegations), i, i+1)
		}
	case "catalogue":
		o.Spec.PermissionCatalog = flipped(o.Spec.PermissionCatalog, pick(t, "path", paths))
	case "selfService":
		o.Spec.Rank.SelfService = pick(t, "selfService", []v1alpha1.SelfService{v1alpha1.SelfServiceEnabled, v1alpha1.SelfServiceDisabled})
	}
}

func editUser(t *rapid.T, u *v1alpha1.BackOfficeUser) {
	switch pick(t, "field", []string{"team", "team", "accountType", "team", "kubernetesUser", "annotation", "state", "profile", "filters", "filters"}) {
	case "team":
		u.Labels = map[string]string{"team": pick(t, "team", []string{"x", "y", "z"})}
	case "accountType":
		u.Spec.AccountType = pick(t, "accountType", []v1alpha1.AccountType{v1alpha1.AccountStaff, v1alpha1.AccountAffiliate})
	case "kubernetesUser":
		u.Spec.KubernetesUser = pick(t, "kubernetesUser", []string{"", ann.name, bob.name})
	case "annotation": // each stands for a field
		annotate(u, pick(t, "annotation", []string{v1alpha1.AnnotationHold, v1alpha1.AnnotationResetRequestedAt, v1alpha1.AnnotationRotationRequestedAt}))
	case "state":
		u.Spec.State = pick(t, "state", []v1alpha1.UserState{v1alpha1.StateActive, v1alpha1.StateBlocked})
	case "profile":
		u.Spec.Description += "."
	case "filters":
		u.Spec.Filters = pick(t, "filters", filters)
	}
}

// annotate adds an annotation, or takes it away.
func annotate(o client.Object, name string) {
	annotations := maps.Clone(o.GetAnnotations())
	if annotations == nil {
		annotations = map[string]string{}
	}
	if _, there := annotations[name]; there {
		delete(annotations, name)
	} else {
		annotations[name] = "2026-11-21T09:30:00Z" // as good a reason as any
	}
	o.SetAnnotations(annotations)
}

func editSet(t *rapid.T, s *v1alpha1.PermissionSet) {
	switch pick(t, "field", []string{"permissions", "permissions", "extends", "deny", "rank", "family", "displayName", "bypass", "types", "types"}) {
	case "permissions":
		s.Spec.Permissions = toggled(s.Spec.Permissions, permission(t))
	case "extends":
		s.Spec.Extends = flipped(s.Spec.Extends, setRef(t, s.Namespace))
	case "deny":
		s.Spec.Deny = flipped(s.Spec.Deny, pick(t, "path", paths))
	case "rank":
		s.Spec.Rank = new(pick(t, "rank", ranks))
	case "family":
		s.Spec.RankFamily = pick(t, "family", []string{"", "depot"})
	case "bypass":
		s.Spec.BypassFilters = flipped(s.Spec.BypassFilters, entities)
	case "types":
		s.Spec.AccountTypes = flipped(s.Spec.AccountTypes, pick(t, "accountType", []v1alpha1.AccountType{v1alpha1.AccountStaff, v1alpha1.AccountAffiliate}))
	case "displayName":
		s.Spec.DisplayName += "."
	}
}

func editBinding(t *rapid.T, b *v1alpha1.RoleBinding) {
	switch pick(t, "field", []string{"set", "selector", "subjects", "deny", "grants", "window", "filters"}) {
	case "set":
		b.Spec.PermissionSetRef = setRef(t, b.Namespace)
	case "selector":
		b.Spec.Selector = nil
		if team := pick(t, "team", []string{"x", "y", ""}); team != "" {
			testkit.ForLabels("team", team)(b)
		}
	case "subjects":
		b.Spec.Subjects = flipped(b.Spec.Subjects, v1alpha1.RoleBindingSubject{Name: pick(t, "subject", userNames)})
	case "deny":
		b.Spec.Deny = flipped(b.Spec.Deny, pick(t, "path", paths))
	case "grants":
		b.Spec.Grants = toggled(b.Spec.Grants, permission(t))
	case "filters":
		b.Spec.Filters = pick(t, "filters", filters)
	case "window":
		moment := metav1.NewTime(time.Now().Truncate(time.Second).Add(time.Duration(pick(t, "in seconds", []int{1, 0, 2})) * time.Second))
		b.Spec.NotBefore, b.Spec.ExpiresAt = nil, nil
		switch pick(t, "bound", []string{"expiresAt", "notBefore", "none"}) {
		case "notBefore":
			b.Spec.NotBefore = &moment
		case "expiresAt":
			b.Spec.ExpiresAt = &moment
		}
	}
}

// tamper draws a change of metadata by hand.
func tamper(t *rapid.T, o client.Object, others []*version) {
	switch pick(t, "by hand", []string{"reconcile", "breakGlass", "forge", "copy", "finalizer", "owner", "unstamp", "foreign"}) {
	case "reconcile":
		o.SetAnnotations(with(o.GetAnnotations(), v1alpha1.AnnotationReconcileRequestedAt, fmt.Sprint(time.Now().UnixMilli())))
	case "breakGlass":
		o.SetAnnotations(with(o.GetAnnotations(), v1alpha1.AnnotationBreakGlass, fmt.Sprint("at ", time.Now().UnixMilli())))
	case "forge":
		testkit.Stamp(o, root.name, nil)
	case "copy":
		if len(others) > 0 {
			o.SetAnnotations(pick(t, "other", others).obj.GetAnnotations())
		}
	case "finalizer":
		o.SetFinalizers(nil)
	case "owner":
		refs := []metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "gone", UID: "gone"}}
		if len(o.GetOwnerReferences()) > 0 {
			refs = nil
		}
		o.SetOwnerReferences(refs)
	case "unstamp":
		o.SetAnnotations(nil)
	case "foreign":
		annotate(o, "example.com/note")
	}
}

func with(annotations map[string]string, name, value string) map[string]string {
	changed := map[string]string{name: value}
	for other, is := range annotations {
		if other != name {
			changed[other] = is
		}
	}
	return changed
}
