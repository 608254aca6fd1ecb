// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package explain_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/explain"
	"github.com/backoffice-operator/backoffice-operator/internal/snapshot"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// BenchmarkAccounts explains all users of a back office of 10,000: in ten teams, each with a binding, and a hundred with one of their own.
func BenchmarkAccounts(b *testing.B) {
	const users, teams = 10_000, 10
	world := snapshot.New(nil)
	world.Put(testkit.Office("shop", "shop"))
	var paths []string
	for i := range 60 {
		paths = append(paths, fmt.Sprintf("page-%d/part=Write", i))
	}
	world.Put(testkit.Set("viewer", "shop", testkit.Permissions(paths...)))
	for team := range teams {
		world.Put(testkit.Set(fmt.Sprint("role-", team), "shop", testkit.Extends("viewer"), testkit.Permissions(paths[team]+"s=Read")))
		world.Put(testkit.Binding(fmt.Sprint("team-", team), "shop", testkit.ToSet(fmt.Sprint("role-", team)), testkit.ForLabels("team", fmt.Sprint(team))))
	}
	for i := range users {
		name := fmt.Sprint("user-", i)
		world.Put(testkit.User(name, "shop", testkit.Labels("team", fmt.Sprint(i%teams)), testkit.Filters(testkit.Only("channels", "web"))))
		if i%100 == 0 {
			world.Put(testkit.Binding(name, "shop", testkit.ToSet("viewer"), testkit.ForUsers(name)))
		}
	}
	for _, path := range []string{"", "page-7/part"} {
		b.Run("of path "+path, func(b *testing.B) {
			for b.Loop() {
				explainAll(b, world, path, users)
			}
		})
	}
}

func explainAll(b *testing.B, world *snapshot.World, path string, users int) {
	b.Helper()
	e := explain.New(world.Gatherer(nil))
	e.AsWritten = true
	for i := range users {
		u := testkit.User(fmt.Sprint("user-", i), "shop", testkit.Labels("team", fmt.Sprint(i%10)), testkit.Filters(testkit.Only("channels", "web")))
		ask := e.Account
		if path != "" {
			ask = func(ctx context.Context, u *v1alpha1.BackOfficeUser) (*explain.Account, error) {
				return e.AccountFor(ctx, u, path)
			}
		}
		a, err := ask(b.Context(), u)
		if err != nil || len(a.Permissions) == 0 {
			b.Fatal(a, err)
		}
	}
}
