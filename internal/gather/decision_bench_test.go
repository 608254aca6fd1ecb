// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"fmt"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// decision is a request, judged as a webhook judges it: facts, then the chain.
type decision[T client.Object, In any] struct {
	gather   func(admission.Request, T, T) (In, error)
	chain    policy.Chain[In]
	by       string
	old, obj T
	refused  bool
}

func (d decision[T, In]) measure(b *testing.B) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		in, err := d.gather(by(d.by), d.old, d.obj)
		if err != nil {
			b.Fatal(err)
		}
		violations := d.chain.Evaluate(in)
		if refused(violations) != d.refused {
			b.Fatalf("the decision is another one than is to be measured: %v", violations)
		}
	}
}

// BenchmarkDecision measures decisions about requests: facts from a cache of controller-runtime and the chain, with 1,000 sets, 10,000 bindings
// and 100,000 users.
func BenchmarkDecision(b *testing.B) {
	a := Admission{Gatherer: Gatherer{Reader: metropolis(b)}, Reviews: &reviews{allowed: true}}
	user := func(name string, mods ...testkit.Mod) *v1alpha1.BackOfficeUser {
		return testkit.User(name, "shop", append([]testkit.Mod{testkit.IPs("203.0.113.7")}, mods...)...)
	}
	binding := func(mods ...testkit.Mod) *v1alpha1.RoleBinding {
		return testkit.Binding("new", "shop", append([]testkit.Mod{testkit.ToSet("set-15")}, mods...)...)
	}
	set := func(mods ...testkit.Mod) *v1alpha1.PermissionSet { return blueprint(310, mods...) }
	users := func(by string, old, obj *v1alpha1.BackOfficeUser) func(*testing.B) {
		gather := func(req admission.Request, old, obj *v1alpha1.BackOfficeUser) (policy.UserInput, error) {
			return a.User(b.Context(), req, old, obj)
		}
		chain := policy.UserAdmission
		if obj == nil {
			chain = policy.UserDeletion
		}
		return decision[*v1alpha1.BackOfficeUser, policy.UserInput]{gather, chain, by, old, obj, false}.measure
	}
	bindings := func(by string, obj *v1alpha1.RoleBinding, refused bool) func(*testing.B) {
		gather := func(req admission.Request, old, obj *v1alpha1.RoleBinding) (policy.BindingInput, error) {
			return a.Binding(b.Context(), req, old, obj)
		}
		return decision[*v1alpha1.RoleBinding, policy.BindingInput]{gather, policy.BindingAdmission, by, nil, obj, refused}.measure
	}
	sets := func(by string, obj *v1alpha1.PermissionSet, refused bool) func(*testing.B) {
		gather := func(req admission.Request, old, obj *v1alpha1.PermissionSet) (policy.SetInput, error) {
			return a.PermissionSet(b.Context(), req, old, obj)
		}
		return decision[*v1alpha1.PermissionSet, policy.SetInput]{gather, policy.SetAdmission, by, set(), obj, refused}.measure
	}
	first, mixed := testkit.ForLabels("wave", "first"), testkit.ForLabels("mixed", "yes")

	b.Run("a user created", users("lead", nil, user("new")))
	b.Run("a user relabelled", users("lead", user("user-7", testkit.Labels("team", "team-7")), user("user-7", testkit.Labels("team", "team-8"))))
	b.Run("a user deleted", users("lead", user("user-7", testkit.Labels("team", "team-7")), nil))
	b.Run("a user created by self-service", users("chief@shop.example", nil, user("new")))
	b.Run("a binding by name", bindings("lead", binding(testkit.ForUsers("user-7", "user-8")), false))
	b.Run("a binding by selector over 10000 users", bindings("lead", binding(first), false))
	b.Run("the same with power over Staff alone", bindings("staff-lead", binding(first), false))
	b.Run("a binding over 10000 users refused for some", bindings("lead", binding(mixed), true))
	b.Run("a binding over 10000 users refused for lack of power", bindings("nobody", binding(mixed), true))
	b.Run("a set edited", sets("lead", set(testkit.Permissions("orders/new")), false))
	b.Run("a set denying more", sets("system:serviceaccount:argocd:controller", set(testkit.Deny("area-310", "area-16")), false))
	b.Run("a set denying more refused", sets("lead", set(testkit.Deny("area-310", "area-16")), true))
	b.Run("the back office edited", func(b *testing.B) {
		office := headquarters()
		edited := office.DeepCopy()
		testkit.AdmitsUpTo(9, "team-1")(edited)
		b.ReportAllocs()
		for b.Loop() {
			in, err := a.BackOffice(b.Context(), by("root"), office, edited)
			if err != nil {
				b.Fatal(err)
			}
			policy.OfficeAdmission.Evaluate(in)
		}
	})
}

func numbered(kind string, n int) string { return fmt.Sprintf("%s-%d", kind, n) }
