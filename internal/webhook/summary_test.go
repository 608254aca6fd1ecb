// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// Ann and ben hold the set clerk, ben by the label of his team.
func TestDryRunSaysWhatAChangeGivesAndTakes(t *testing.T) {
	judged := func(o client.Object) { testkit.Stamp(o, "ada", []access.Power{testkit.Unlimited()}) }
	regions := testkit.Dimensions(v1alpha1.FilterDimension{Name: "regions"})
	clerk := func(mods ...testkit.Mod) *v1alpha1.PermissionSet {
		return testkit.Set("clerk", "shop", append([]testkit.Mod{testkit.Permissions("orders=Write", "stock"), withUID("clerk"), testkit.Rank(5)}, mods...)...)
	}
	user := func(name string, mods ...testkit.Mod) *v1alpha1.BackOfficeUser {
		return testkit.User(name, "shop", append([]testkit.Mod{finalizers(v1alpha1.Finalizer)}, mods...)...)
	}
	clerks := func(mods ...testkit.Mod) *v1alpha1.RoleBinding {
		return testkit.Binding("clerks", "shop", append([]testkit.Mod{testkit.ToSet("clerk"), testkit.ForUsers("ann"), finalizers(v1alpha1.Finalizer)}, mods...)...)
	}
	team := testkit.Binding("team", "shop", testkit.ToSet("clerk"), testkit.ForLabels("team", "support"), judged)
	crowd := testkit.Binding("crowd", "shop", testkit.ToSet("clerk"), testkit.ForLabels("crowd", "yes"))
	facts := []client.Object{shop(regions), clerk(judged), clerks(judged), team, user("ann", judged), user("ben", testkit.Labels("team", "support"), judged)}
	for i := range 13 {
		facts = append(facts, user(fmt.Sprintf("many-%02d", i), testkit.Labels("crowd", "yes"), judged))
	}
	for sentence, c := range map[string]struct {
		old, obj client.Object
		want     []string
	}{
		"a new user without anything": {nil, user("eve"), []string{"would give shop/eve: an account of type Staff"}},
		"a new user whom a binding selects": {nil, user("eve", testkit.Labels("team", "support")), []string{
			"would give shop/eve: an account of type Staff", "would give shop/eve: orders Write, stock Read",
		}},
		"a label that is removed": {user("ben", testkit.Labels("team", "support"), judged), user("ben"), []string{
			"would take away from shop/ben: orders Write, stock Read",
		}},
		"a user who is blocked": {user("ann", judged), user("ann", testkit.State(v1alpha1.StateBlocked)), []string{
			"would take away from shop/ann: an account of type Staff", "would take away from shop/ann: orders Write, stock Read",
		}},
		"a user who is narrowed": {user("ann", judged), user("ann", testkit.Filters(testkit.Only("regions", "north"))), []string{
			"would change the data of shop/ann: from all to regions Only [north]",
		}},
		"a user who is deleted": {user("ann", judged), nil, []string{
			"would take away from shop/ann: an account of type Staff", "would take away from shop/ann: orders Write, stock Read",
		}},
		"a binding that another one repeats": {nil, testkit.Binding("new", "shop", testkit.ToSet("clerk"), testkit.ForUsers("ann")), nil},
		"a binding that grants and denies": {clerks(judged), clerks(testkit.Grants("refunds=Write"), testkit.Denies("stock")), []string{
			"would give shop/ann: refunds Write", "would take away from shop/ann: stock Read",
		}},
		"a binding to other users": {clerks(judged), clerks(testkit.ForUsers("many-00", "many-01")), []string{
			"would take away from shop/ann: orders Write, stock Read",
			"would give shop/many-00, shop/many-01: orders Write, stock Read",
		}},
		"a binding to more users than are looked at": {nil, crowd, []string{
			"would give shop/many-00, shop/many-01, shop/many-02, shop/many-03, shop/many-04, shop/many-05, shop/many-06, shop/many-07, shop/many-08, " +
				"shop/many-09 (and 3 more users that were not looked at): orders Write, stock Read",
		}},
		"a binding that is deleted": {clerks(judged), nil, []string{"would take away from shop/ann: orders Write, stock Read"}},
		"a set that is changed": {clerk(judged), clerk(testkit.Permissions("refunds"), testkit.Deny("stock")), []string{
			"would give the users of 2 bindings of set shop/clerk: refunds Read",
			"would take away from the users of 2 bindings of set shop/clerk: stock Read",
		}},
		"a new set": {nil, testkit.Set("new", "shop", testkit.Extends("clerk"), testkit.Deny("stock"), testkit.Rank(5)), []string{
			"would give whoever gets set shop/new: orders Write",
		}},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			cluster := clusterOf(t.Context(), facts...)
			r := request("ada", c.old, c.obj)
			if c.obj != nil {
				r.Object.Raw = patched(t, r.Object.Raw, cluster.handlers[pathStamp].Handle(t.Context(), r))
			}
			g.Expect(changesIn(cluster.validates(t.Context(), r).Warnings)).To(BeEmpty(), "nobody asks")
			r.DryRun = new(true)
			answer := cluster.validates(t.Context(), r)
			g.Expect(answer.Allowed).To(BeTrue(), "%+v", answer.Result)
			if c.want == nil {
				g.Expect(changesIn(answer.Warnings)).To(BeEmpty())
			} else {
				g.Expect(changesIn(answer.Warnings)).To(Equal(c.want))
			}
		})
	}
}

// changesIn are the warnings that tell what would be given and taken.
func changesIn(warnings []string) []string {
	var changes []string
	for _, w := range warnings {
		if text, ok := strings.CutPrefix(w, "spec: would "); ok {
			changes = append(changes, "would "+text)
		}
	}
	return changes
}
