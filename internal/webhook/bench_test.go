// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"fmt"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// BenchmarkAdmission measures a request through both webhooks, from the JSON that comes to the answer: what a change costs the operator at
// admission, but for HTTP. The facts come from memory, of a back office with 100 sets, 1,000 users and 1,000 bindings.
func BenchmarkAdmission(b *testing.B) {
	root := []access.Power{testkit.Unlimited()}
	judged := func(o client.Object) { testkit.Stamp(o, "ada", root) }
	facts := []client.Object{shop()}
	for i := range 100 {
		facts = append(facts, testkit.Set(fmt.Sprintf("set-%d", i), "shop", testkit.Rank(int32(5+i%5)), testkit.Permissions("orders", "stock=Write"),
			withUID(fmt.Sprintf("set-%d", i)), judged))
	}
	for i := range 1000 {
		name := fmt.Sprintf("user-%d", i)
		facts = append(facts, testkit.User(name, "shop", testkit.Labels("team", "support"), testkit.IPs("203.0.113.7"), judged),
			testkit.Binding(name, "shop", testkit.ToSet(fmt.Sprintf("set-%d", i%100)), testkit.ForUsers(name), judged))
	}
	user := func(mods ...testkit.Mod) client.Object {
		return testkit.User("user-7", "shop", append([]testkit.Mod{testkit.IPs("203.0.113.7"), finalizers(v1alpha1.Finalizer)}, mods...)...)
	}
	binding := func(mods ...testkit.Mod) client.Object {
		return testkit.Binding("user-7", "shop", append([]testkit.Mod{testkit.ToSet("set-7"), testkit.ForUsers("user-7"), finalizers(v1alpha1.Finalizer)}, mods...)...)
	}
	set := func(mods ...testkit.Mod) client.Object {
		return testkit.Set("set-7", "shop", append([]testkit.Mod{testkit.Extends("set-8"), testkit.Permissions("orders"), finalizers(v1alpha1.Finalizer)}, mods...)...)
	}
	for _, c := range []struct {
		what     string
		old, obj client.Object
	}{
		{"a user is created", nil, testkit.User("new", "shop", testkit.Labels("team", "support"), testkit.IPs("203.0.113.7"))},
		{"a user gets a label", user(judged), user(testkit.Labels("team", "sales"))},
		{"a user is deleted", user(judged), nil},
		{"a binding is created", nil, testkit.Binding("new", "shop", testkit.ToSet("set-7"), testkit.ForUsers("user-7"))},
		{"a binding grants more", binding(judged), binding(testkit.Grants("orders"))},
		{"a set gets a permission", set(judged), set(testkit.Permissions("stock"))},
		{"a stamp is put back", user(judged), user()},
	} {
		b.Run(c.what, func(b *testing.B) {
			cluster := clusterOf(b.Context(), facts...)
			mutated := request("ada", c.old, c.obj)
			judged := mutated
			if c.obj != nil {
				judged.Object.Raw = patched(b, mutated.Object.Raw, cluster.handlers[pathStamp].Handle(b.Context(), mutated))
			}
			b.ReportAllocs()
			for b.Loop() {
				if c.obj != nil {
					cluster.handlers[pathStamp].Handle(b.Context(), mutated)
				}
				if response := cluster.validates(b.Context(), judged); !response.Allowed {
					b.Fatal(refusal(response))
				}
			}
		})
	}
}
