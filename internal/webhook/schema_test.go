// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("The schema", func() {
	var namespace string
	BeforeEach(func(ctx SpecContext) { namespace = testkit.FreshNamespace(ctx, env.Client()) })

	postgres := func(owner, schema string) testkit.Mod {
		return testkit.OnOffice(func(o *v1alpha1.BackOffice) {
			o.Spec.Store = v1alpha1.Store{Postgres: &v1alpha1.PostgresStore{
				Owner: owner, Schema: schema, URLSecretRef: v1alpha1.SecretKeyReference{Name: "db", Key: "url"},
			}}
		})
	}

	Describe("of a BackOffice", func() {
		within := func(networks ...string) testkit.Mod { return testkit.IPPolicy(v1alpha1.IPPolicy{Within: networks}) }
		noStore := testkit.OnOffice(func(o *v1alpha1.BackOffice) { o.Spec.Store = v1alpha1.Store{} })
		twoStores := testkit.OnOffice(func(o *v1alpha1.BackOffice) {
			postgres("shop", "")(o)
			o.Spec.Store.SQLite = &v1alpha1.SQLiteStore{}
		})
		subject := func(s v1alpha1.DelegationSubject) testkit.Mod { return testkit.Delegates(3, s) }
		same := testkit.OnOffice(func(*v1alpha1.BackOffice) {})
		const everybody = "name: Invalid value: may not be a group of everybody: name the people or the service account"

		DescribeTable("refuses", func(ctx SpecContext, refused testkit.Mod, message string, legal testkit.Mod) {
			Expect(root().Create(ctx, shop(namespace, refused))).To(beRefused(message))
			Expect(root().Create(ctx, shop(namespace, legal))).To(Succeed())
		},
			Entry("no store", noStore, "spec.store: Invalid value: exactly one of sqlite and postgres must be set", same),
			Entry("two stores", twoStores, "spec.store: Invalid value: exactly one of sqlite and postgres must be set", postgres("shop", "")),
			Entry("an owner that cannot be one", postgres("Shop'; --", ""), "spec.store.postgres.owner: Invalid value", postgres("shop-prod", "")),
			Entry("a schema that needs quotes", postgres("shop", `x"; DROP`), "spec.store.postgres.schema: Invalid value", postgres("shop", "access_2")),
			Entry("a network that is none", within("office"), `spec.policy.ip.within[0]: Invalid value: "office": must be a network in CIDR notation, such as 203.0.113.0/24`, within("203.0.113.0/24")),
			Entry("a network with host bits", within("203.0.113.7/24"), `spec.policy.ip.within[0]: Invalid value: "203.0.113.7/24": must be a network without host bits`, within("203.0.113.7/32")),
			Entry("a service account without namespace", subject(v1alpha1.DelegationSubject{Kind: "ServiceAccount", Name: "x"}),
				"spec.rank.delegations[0].subjects[0]: Invalid value: namespace must be set for a ServiceAccount and for nothing else", subject(testkit.ServiceAccount("argocd", "x"))),
			Entry("a person with namespace", subject(v1alpha1.DelegationSubject{Kind: "User", Name: "x", Namespace: "y"}),
				"spec.rank.delegations[0].subjects[0]: Invalid value: namespace must be set for a ServiceAccount and for nothing else", subject(testkit.Person("x"))),
			Entry("a delegation to all who are logged in", subject(testkit.Group("system:authenticated")), everybody, subject(testkit.Group("system:serviceaccounts:argocd"))),
			Entry("a delegation to all who are not", subject(testkit.Group("system:unauthenticated")), everybody, subject(testkit.Group("leads"))),
			Entry("a delegation to all service accounts", subject(testkit.Group("system:serviceaccounts")), everybody, subject(testkit.Group("leads"))),
			Entry("a delegation to anonymous", subject(testkit.Person("system:anonymous")), everybody, subject(testkit.Person("lea"))),
		)

		It("keeps the kind of store", func(ctx SpecContext) {
			o := shop(namespace)
			given(ctx, o)
			Expect(root().Update(ctx, changed(o, postgres("shop", "")))).To(beRefused(
				"spec.store: Invalid value: the kind of store is immutable: create a new BackOffice for another store"))
			Expect(root().Update(ctx, changed(o, testkit.Admits("team")))).To(Succeed())
		})

		It("keeps owner and schema of a store", func(ctx SpecContext) {
			o := shop(namespace, postgres("shop", ""))
			given(ctx, o)
			Expect(root().Update(ctx, changed(o, postgres("other", "")))).To(beRefused(
				"spec.store.postgres.owner: Invalid value: owner is immutable: it owns the rows in the store; create a new BackOffice for another owner"))
			Expect(root().Update(ctx, changed(o, postgres("shop", "other")))).To(beRefused(
				"spec.store.postgres.schema: Invalid value: schema is immutable: create a new BackOffice for another schema"))
			Expect(root().Update(ctx, changed(o, postgres("shop", "backoffice_access")))).To(Succeed())
		})
	})

	Describe("of a PermissionSet", func() {
		key := func(key string) testkit.Mod {
			return testkit.OnSet(func(s *v1alpha1.PermissionSet) { s.Spec.Key = key })
		}
		displayName := func(name string) testkit.Mod {
			return testkit.OnSet(func(s *v1alpha1.PermissionSet) { s.Spec.DisplayName = name })
		}
		noRank := testkit.OnSet(func(s *v1alpha1.PermissionSet) { s.Spec.Rank = nil })

		DescribeTable("refuses", func(ctx SpecContext, refused testkit.Mod, message string, legal testkit.Mod) {
			given(ctx, shop(namespace))
			Expect(root().Create(ctx, testkit.Set("s", namespace, refused))).To(beRefused(message))
			Expect(root().Create(ctx, testkit.Set("s", namespace, legal))).To(Succeed())
		},
			Entry("no rank", noRank, "spec.rank: Required value", testkit.Rank(0)),
			Entry("a negative rank", testkit.Rank(-1), "spec.rank: Invalid value: -1", testkit.Rank(0)),
			Entry("a key with a space", key("client admin"), "spec.key: Invalid value", key("client_admin")),
			Entry("a family that is no name", testkit.Family("Back Office"), "spec.rankFamily: Invalid value", testkit.Family("back-office")),
			Entry("a path with an empty level", testkit.Permissions("orders//refund"), "spec.permissions[0].path: Invalid value", testkit.Permissions("orders/refund")),
			Entry("a path twice", testkit.Permissions("orders", "orders=Write"), "spec.permissions[1]: Duplicate value", testkit.Permissions("orders", "orders/refund=Write")),
			Entry("a level that nobody knows", testkit.Permissions("orders=Admin"), `spec.permissions[0].level: Unsupported value: "Admin"`, testkit.Permissions("orders=None")),
			Entry("a denied path with a space", testkit.Deny("con tacts"), "spec.deny[0]: Invalid value", testkit.Deny("contacts/export")),
			Entry("control characters in its name", displayName("a\tb"), "spec.displayName: Invalid value", displayName("Client Customer Services")),
		)

		It("keeps its key, and says what to do instead", func(ctx SpecContext) {
			s, named := testkit.Set("s", namespace, key("client_admin")), testkit.Set("named", namespace)
			given(ctx, shop(namespace), s, named)
			const message = "spec.key: Invalid value: key is immutable: create a new PermissionSet with the new key, bind it, and delete this one"
			Expect(root().Update(ctx, changed(s, key("other")))).To(beRefused(message))
			Expect(root().Update(ctx, changed(s, key("")))).To(beRefused(message))
			Expect(root().Update(ctx, changed(named, key("other")))).To(beRefused(message))
			Expect(root().Update(ctx, changed(named, key("named")))).To(Succeed())
		})

		It("stays in its back office", func(ctx SpecContext) {
			s := testkit.Set("s", namespace)
			given(ctx, shop(namespace), s)
			Expect(root().Update(ctx, changed(s, testkit.InOffice("desk")))).To(beRefused(
				"spec.backOfficeRef: Invalid value: backOfficeRef is immutable: create the set in the other back office and delete this one"))
			Expect(root().Update(ctx, changed(s, testkit.Rank(6)))).To(Succeed())
		})
	})

	Describe("of a RoleBinding", func() {
		noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
		emptySelector := testkit.OnBinding(func(b *v1alpha1.RoleBinding) { b.Spec.Selector = &metav1.LabelSelector{} })
		window := func(from, until time.Time) testkit.Mod {
			return testkit.OnBinding(func(b *v1alpha1.RoleBinding) {
				testkit.ForUsers("ann")(b)
				testkit.From(from)(b)
				testkit.Until(until)(b)
			})
		}
		nothing := testkit.OnBinding(func(*v1alpha1.RoleBinding) {})

		DescribeTable("refuses", func(ctx SpecContext, refused testkit.Mod, message string, legal testkit.Mod) {
			given(ctx, shop(namespace), testkit.Set("viewer", namespace))
			Expect(root().Create(ctx, testkit.Binding("b", namespace, testkit.ToSet("viewer"), refused))).To(beRefused(message))
			Expect(root().Create(ctx, testkit.Binding("b", namespace, testkit.ToSet("viewer"), legal))).To(Succeed())
		},
			Entry("neither subjects nor selector", nothing, "spec: Invalid value: at least one of subjects and selector must be set", testkit.ForUsers("ann")),
			Entry("an empty selector", emptySelector, "spec.selector: Invalid value: must have a requirement: an empty selector would select every user of the namespace", testkit.ForLabels("team", "support")),
			Entry("an end before its beginning", window(noon, noon.Add(-time.Second)), "spec.expiresAt: Invalid value: must be after notBefore", window(noon, noon.Add(time.Second))),
			Entry("an end at its beginning", window(noon, noon), "spec.expiresAt: Invalid value: must be after notBefore", window(noon, noon.Add(time.Second))),
			Entry("a user twice", testkit.ForUsers("ann", "ann"), "spec.subjects[1]: Duplicate value", testkit.ForUsers("ann", "bob")),
			Entry("no set", testkit.OnBinding(func(b *v1alpha1.RoleBinding) {
				testkit.ForUsers("ann")(b)
				testkit.ToSet("")(b)
			}), "spec.permissionSetRef.name: Invalid value", testkit.ForUsers("ann")),
		)

		It("stays in its back office", func(ctx SpecContext) {
			b := testkit.Binding("b", namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"))
			given(ctx, shop(namespace), testkit.Set("viewer", namespace), b)
			Expect(root().Update(ctx, changed(b, testkit.InOffice("desk")))).To(beRefused(
				"spec.backOfficeRef: Invalid value: backOfficeRef is immutable: create the binding in the other back office and delete this one"))
			Expect(root().Update(ctx, changed(b, testkit.ForUsers("bob")))).To(Succeed())
		})
	})
})
