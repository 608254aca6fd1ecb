// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// rollout is a back office whose parts come and go in any order. Each event reconciles the objects that the watches would wake, and no others.
type rollout struct {
	*world
	office                *v1alpha1.BackOffice
	sets, bindings, users []client.Object
	there                 map[client.Object]bool
}

func newRollout() *rollout {
	GinkgoHelper()
	w := newWorld()
	return &rollout{
		world: w, office: testkit.Office("shop", w.namespace), there: map[client.Object]bool{},
		sets: []client.Object{ // the one that extends comes first
			testkit.Set("clerk", w.namespace, testkit.Extends("base"), testkit.Permissions("orders=Write")),
			testkit.Set("base", w.namespace, testkit.Permissions("orders", "help")),
		},
		bindings: []client.Object{
			testkit.Binding("by-name", w.namespace, testkit.ToSet("clerk"), testkit.ForUsers("ann")),
			testkit.Binding("by-label", w.namespace, testkit.ToSet("base"), testkit.ForLabels("team", "support")),
		},
		users: []client.Object{
			testkit.User("ann", w.namespace, deletionPolicy(v1alpha1.DeletionDelete)),
			testkit.User("bob", w.namespace, testkit.Labels("team", "support"), deletionPolicy(v1alpha1.DeletionDelete)),
		},
	}
}

// part is what comes or goes together: o(ffice), s(ets), b(indings) or u(sers).
func (r *rollout) part(letter rune) []client.Object {
	return map[rune][]client.Object{'o': {r.office}, 's': r.sets, 'b': r.bindings, 'u': r.users}[letter]
}

func (r *rollout) all() []client.Object {
	return slices.Concat([]client.Object{r.office}, r.sets, r.bindings, r.users)
}

// wakes are those who watch an object of this kind, beside itself. A user wakes the bindings only when it comes or goes.
func (r *rollout) wakes(o client.Object) []client.Object {
	switch o.(type) {
	case *v1alpha1.PermissionSet:
		return slices.Concat(r.sets, r.bindings, []client.Object{r.office})
	case *v1alpha1.RoleBinding:
		return slices.Concat(r.users, []client.Object{r.office})
	case *v1alpha1.BackOfficeUser:
		if o.GetDeletionTimestamp().IsZero() || !r.there[o] {
			return slices.Concat(r.bindings, []client.Object{r.office})
		}
	}
	return nil
}

// work reconciles objects, and whom that wakes, until there is nothing to do.
func (r *rollout) work(queue ...client.Object) {
	GinkgoHelper()
	for rounds := 0; len(queue) > 0; queue = queue[1:] {
		rounds++
		Expect(rounds).To(BeNumerically("<", 200), "the objects wake each other for ever")
		o := queue[0]
		if !r.there[o] {
			continue
		}
		woken := r.woken
		result := r.reconcile(o)
		if r.woken > woken { // the back office calls for all that belongs to it
			queue = slices.Concat(queue, r.sets, r.bindings, r.users)
		}
		if 0 < result.RequeueAfter && result.RequeueAfter <= time.Second {
			queue = append(queue, o)
		}
		if apierrors.IsNotFound(admin.Get(ctx, client.ObjectKeyFromObject(o), o)) {
			r.gone(o)
			r.there[o] = false
			queue = append(queue, r.wakes(o)...)
		}
	}
}

func (r *rollout) bring(o client.Object) {
	GinkgoHelper()
	r.apply(o)
	r.there[o] = true
	r.work(append([]client.Object{o}, r.wakes(o)...)...)
}

func (r *rollout) take(o client.Object) {
	GinkgoHelper()
	r.remove(o)
	Expect(client.IgnoreNotFound(admin.Get(ctx, client.ObjectKeyFromObject(o), o))).To(Succeed())
	r.work(append([]client.Object{o}, r.wakes(o)...)...)
}

// content is what the store holds, by names.
func (r *rollout) content() map[string]string {
	GinkgoHelper()
	content := map[string]string{}
	for what, query := range map[string]string{
		"users":    "SELECT name, login, state, in_force FROM users ORDER BY name",
		"sets":     "SELECT name, set_key, rank, in_force FROM permission_sets ORDER BY name",
		"closure":  "SELECT s.name, a.name, c.distance FROM permission_set_closure c JOIN permission_sets s ON s.uid = c.set_uid JOIN permission_sets a ON a.uid = c.ancestor_uid ORDER BY 1, 2",
		"bindings": "SELECT b.name, s.name, b.in_force FROM role_bindings b JOIN permission_sets s ON s.uid = b.permission_set_uid ORDER BY 1",
		"subjects": "SELECT b.name, u.name FROM role_binding_subjects x JOIN role_bindings b ON b.uid = x.binding_uid AND b.generation = x.binding_generation " +
			"JOIN users u ON u.uid = x.user_uid AND u.labels_hash = x.labels_hash ORDER BY 1, 2",
		"permissions": "SELECT login, path, level FROM effective_permissions ORDER BY 1, 2",
		"passwords":   "SELECT u.name, c.version FROM credentials c JOIN users u ON u.id = c.user_id ORDER BY 1",
	} {
		var rows []string
		for _, row := range r.query("shop", query) {
			rows = append(rows, strings.Join(row, "/"))
		}
		content[what] = strings.Join(rows, ", ")
	}
	return content
}

var complete = map[string]string{
	"users":       "ann/ann/Active/1, bob/bob/Active/1",
	"sets":        "base/base/5/1, clerk/clerk/5/1",
	"closure":     "base/base/0, clerk/base/1, clerk/clerk/0",
	"bindings":    "by-label/base/1, by-name/clerk/1",
	"subjects":    "by-label/bob, by-name/ann",
	"permissions": "ann/help/Read, ann/orders/Write, bob/help/Read, bob/orders/Read",
	"passwords":   "ann/1, bob/1",
}

var empty = map[string]string{"users": "", "sets": "", "closure": "", "bindings": "", "subjects": "", "permissions": "", "passwords": ""}

// ordersOf are all orders of some letters.
func ordersOf(letters string) (orders []string) {
	if len(letters) < 2 {
		return []string{letters}
	}
	for i, first := range letters {
		for _, rest := range ordersOf(letters[:i] + letters[i+1:]) {
			orders = append(orders, string(first)+rest)
		}
	}
	return orders
}

var _ = Describe("Objects in any order", func() {
	table := []any{func(order string) {
		r := newRollout()
		for i, letter := range order {
			for _, o := range r.part(letter) {
				r.bring(o)
				for present, there := range r.there {
					if there && i < len(order)-1 { // what waits for another object is no failure to a tool that watches the rollout
						Expect(present).NotTo(testkit.HaveCondition(v1alpha1.ConditionStalled, "True", v1alpha1.ReasonReferenceNotFound))
					}
				}
			}
		}
		for _, o := range r.all() {
			Expect(o).To(beReady())
		}
		Expect(r.content()).To(Equal(complete))
		Expect(r.users[0].(*v1alpha1.BackOfficeUser).Status.PermissionSets).To(Equal([]string{r.namespace + "/clerk"}))
		Expect(r.users[1].(*v1alpha1.BackOfficeUser).Status.PermissionSets).To(Equal([]string{r.namespace + "/base"}))
		for len(r.events.Events) > 0 {
			Expect(<-r.events.Events).To(HavePrefix("Normal "))
		}

		By("deleting them in this order, too")
		for i, letter := range order {
			for _, o := range r.part(letter) {
				r.take(o)
			}
			if strings.ContainsRune(order[:i+1], 'o') && i < len(order)-1 {
				Expect(r.office).To(waitFor(v1alpha1.ReasonInUse))
			}
		}
		for _, o := range r.all() {
			Expect(admin.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Satisfy(apierrors.IsNotFound))
		}
		Expect(r.content()).To(Equal(empty))
		Expect(r.query("shop", "SELECT used_by FROM owners")).To(Equal([][]string{{""}}))
	}}
	for _, order := range ordersOf("osbu") {
		table = append(table, Entry("of o(ffice), s(ets), b(indings), u(sers): "+order, order))
	}
	DescribeTable("end in the same store, and in an empty one", table...)
})
