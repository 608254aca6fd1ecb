// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// losing are the tables by whose rows sessions end since the last call.
func (w *world) losing() []string {
	GinkgoHelper()
	tables := []string{}
	for _, table := range []string{"owners", "permission_sets", "role_bindings", "users"} {
		if w.query("shop", "SELECT count(*) FROM "+table+" WHERE coalesce(CAST(access_lost_at AS text), '0') <> '0'")[0][0] != "0" {
			tables = append(tables, table)
		}
		w.exec("shop", "UPDATE "+table+" SET access_lost_at = NULL")
	}
	return tables
}

var _ = Describe("Open sessions", func() {
	for name, made := range worlds {
		It("end where access shrinks and nowhere else, with a store in "+name, Label("O-13"), func() {
			w := made()
			shop, base := w.office("shop", dimensions), testkit.Set("base", w.namespace, testkit.Permissions("orders=Write"))
			heir := testkit.Set("heir", w.namespace, testkit.Extends("base"), testkit.Permissions("stock"))
			all := testkit.Binding("all", w.namespace, testkit.ToSet("heir"), testkit.ForLabels("team", "support"))
			ann := testkit.User("ann", w.namespace, testkit.Labels("team", "support", "shift", "day"), testkit.IPs("203.0.113.0/28"))
			w.settle(shop, base, heir, ann, all)
			w.reconcile(ann)
			w.losing()
			step := func(o client.Object, change testkit.Mod) []string {
				GinkgoHelper()
				w.change(o, func() { change(o) })
				w.reconcile(o)
				for _, member := range []client.Object{base, heir, all, ann} {
					w.reconcile(member)
				}
				return w.losing()
			}
			nowhere, ofUser, ofBinding, ofSet := BeEmpty(), Equal([]string{"users"}), Equal([]string{"role_bindings"}), Equal([]string{"permission_sets"})
			user, set, binding := testkit.OnUser, testkit.OnSet, testkit.OnBinding

			By("what a user may lose")
			Expect(step(ann, testkit.Labels("team", "support", "shift", "night"))).To(nowhere)
			Expect(step(ann, testkit.Email("ann@shop.example"))).To(nowhere)
			Expect(step(ann, testkit.Setting("panel", "vendor"))).To(nowhere)
			Expect(step(ann, testkit.IPs("203.0.113.0/28", "198.51.100.7"))).To(nowhere)
			Expect(step(ann, testkit.IPs("198.51.100.7"))).To(ofUser)
			Expect(step(ann, testkit.Filters(testkit.Only("entities", "pl")))).To(ofUser)
			Expect(step(ann, user(func(u *v1alpha1.BackOfficeUser) { u.Spec.Filters = nil }))).To(nowhere)
			Expect(step(ann, testkit.Annotations(v1alpha1.AnnotationHold, "lost laptop"))).To(ofUser)
			Expect(step(ann, user(func(u *v1alpha1.BackOfficeUser) { u.Annotations = nil }))).To(nowhere)
			Expect(step(ann, user(func(u *v1alpha1.BackOfficeUser) { delete(u.Labels, "team") }))).To(ofUser)
			Expect(step(ann, testkit.Labels("team", "support"))).To(nowhere)

			By("what a binding may take")
			Expect(step(all, testkit.Grants("help"))).To(nowhere)
			Expect(step(all, testkit.Grants("help", "help/desk"))).To(ofBinding)
			Expect(step(all, testkit.Filters(testkit.Owned("contacts")))).To(ofBinding)
			Expect(step(all, binding(func(b *v1alpha1.RoleBinding) { b.Spec.Filters = nil }))).To(nowhere)
			Expect(step(all, testkit.Denies("stock/edit"))).To(ofBinding)
			Expect(step(all, testkit.Until(time.Now().Add(time.Hour)))).To(ofBinding)

			By("what a set may take, from those who inherit from it, too")
			Expect(step(heir, testkit.Permissions("contacts=Write"))).To(nowhere)
			Expect(step(heir, testkit.Permissions("orders"))).To(ofSet)
			Expect(step(base, testkit.Permissions("files"))).To(ofSet, "it may be nearer than a farther one")
			Expect(step(base, testkit.Permissions("parcels=Write"))).To(nowhere)
			Expect(step(heir, testkit.Bypasses("entities"))).To(nowhere)
			Expect(step(heir, set(func(s *v1alpha1.PermissionSet) { s.Spec.BypassFilters = nil }))).To(ofSet)
			Expect(step(heir, testkit.HeldBy(v1alpha1.AccountStaff))).To(ofSet)
			Expect(step(heir, set(func(s *v1alpha1.PermissionSet) { s.Spec.AccountTypes = nil }))).To(ofSet, "it may deny")
		})
	}
})
