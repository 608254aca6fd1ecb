// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"maps"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	gomegatypes "github.com/onsi/gomega/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// house is a back office "shop" as those find it who try to get more than they may:
//
//	boss   chief, rank 1      by name; chiefs are also all users with the label team=hq
//	ann    support, rank 4
//	bob    viewer, rank 8
//
// lea may hand out rank 4 and weaker, existing sets only; max the same, and put orders into sets and grants; eve nothing, although RBAC lets
// her edit, as it does the others.
type house struct {
	namespace                   string
	boss, ann, bob              *v1alpha1.BackOfficeUser
	chief, support, viewer      *v1alpha1.PermissionSet
	chiefs, supporters, viewers *v1alpha1.RoleBinding
}

// while is how long is looked whether something comes that should not.
const while = 100 * time.Millisecond

// What the sets give.
var (
	asChief   = map[string]string{"users": "Write", "payments": "Write", "orders": "Write"}
	asSupport = map[string]string{"orders": "Write"}
	asViewer  = map[string]string{"orders": "Read"}
	asNobody  = map[string]string{}
)

// The people with rank 4.
func lea() client.Client  { return as("lea") }
func maxi() client.Client { return as("max") }

// eve has no power in any back office.
func eve() client.Client { return as("eve") }

// furnished makes a house and waits until all of it is in force. lea's delegation is the first one of its back office, max's the second.
func furnished(mods ...testkit.Mod) *house {
	GinkgoHelper()
	delegations := []testkit.Mod{
		testkit.Delegates(4, testkit.Person("lea")),
		testkit.Delegates(4, testkit.Person("max")), testkit.Giving("orders"),
	}
	namespace := shop(append(delegations, mods...)...)
	h := &house{
		namespace: namespace,
		boss:      testkit.User("boss", namespace),
		ann:       testkit.User("ann", namespace),
		bob:       testkit.User("bob", namespace),
		chief:     testkit.Set("chief", namespace, testkit.Rank(1), testkit.Permissions("users=Write", "payments=Write", "orders=Write")),
		support:   testkit.Set("support", namespace, testkit.Rank(4), testkit.Permissions("orders=Write")),
		viewer:    testkit.Set("viewer", namespace, testkit.Rank(8), testkit.Permissions("orders")),
	}
	h.chiefs = h.binding("chiefs", testkit.ToSet("chief"), testkit.ForUsers("boss"), testkit.ForLabels("team", "hq"))
	h.supporters = h.binding("supporters", testkit.ToSet("support"), testkit.ForUsers("ann"))
	h.viewers = h.binding("viewers", testkit.ToSet("viewer"), testkit.ForUsers("bob"))
	given(h.chief, h.support, h.viewer, h.boss, h.ann, h.bob, h.chiefs, h.supporters, h.viewers)
	Eventually(h.everybody, soon, often).Should(Equal(h.original()))
	return h
}

func (h *house) binding(name string, mods ...testkit.Mod) *v1alpha1.RoleBinding {
	return testkit.Binding(name, h.namespace, mods...)
}

func (h *house) user(name string, mods ...testkit.Mod) *v1alpha1.BackOfficeUser {
	return testkit.User(name, h.namespace, mods...)
}

func (h *house) set(name string, mods ...testkit.Mod) *v1alpha1.PermissionSet {
	return testkit.Set(name, h.namespace, mods...)
}

// isAsBefore demands that everybody has what they had in the beginning, and nobody else has anything: for a moment, because what is wrong
// would come in the background.
func (h *house) isAsBefore() {
	GinkgoHelper()
	Eventually(h.everybody, soon, often).Should(Equal(h.original()))
	Consistently(h.everybody, while, often).Should(Equal(h.original()))
}

func (h *house) original() map[string]map[string]string {
	return map[string]map[string]string{"boss": asChief, "ann": asSupport, "bob": asViewer}
}

// isAsBeforeBut is isAsBefore for all whose login does not begin so.
func (h *house) isAsBeforeBut(prefix string) {
	GinkgoHelper()
	Eventually(func() map[string]map[string]string {
		all := h.everybody()
		maps.DeleteFunc(all, func(login string, _ map[string]string) bool { return strings.HasPrefix(login, prefix) })
		return all
	}, soon, often).Should(Equal(h.original()))
}

// everybody is what the store gives to whom it lets in.
func (h *house) everybody() map[string]map[string]string {
	GinkgoHelper()
	all := map[string]map[string]string{}
	for _, row := range query(h.namespace, `SELECT u.login, p.path, p.level FROM active_users u
		LEFT JOIN effective_permissions p ON p.back_office = u.back_office AND p.login = u.login AND p.level <> 'None'
		WHERE u.back_office = 'shop'`) {
		if all[row[0]] == nil {
			all[row[0]] = map[string]string{}
		}
		if row[1] != "" {
			all[row[0]][row[1]] = row[2]
		}
	}
	return all
}

// gets demands that the store gives these permissions to a login, at once and for a moment.
func (h *house) gets(login string, want map[string]string) {
	GinkgoHelper()
	Eventually(func() map[string]string { return permissions(h.namespace, login) }, soon, often).Should(Equal(want))
	Consistently(func() map[string]string { return permissions(h.namespace, login) }, while, often).Should(Equal(want))
}

// beyond matches the refusal of somebody with rank 4 who would need rank 1.
func beyond(who string, more ...string) gomegatypes.GomegaMatcher {
	return refuse(append([]string{`needs rank 1 or stronger in family "default"`, `"` + who + `" has rank 4 (spec.rank.delegations[`}, more...)...)
}
