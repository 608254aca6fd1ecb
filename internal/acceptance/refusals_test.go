// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/yaml"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// apply has kubectl apply a manifest, as a user who may edit.
func apply(user, manifest string) string {
	GinkgoHelper()
	return kubectl(user, manifest, "apply", "-f", "-")
}

// apply has kubectl apply a manifest of this namespace, without its head.
func (h *house) apply(user, kind, name, spec string) string {
	GinkgoHelper()
	return apply(user, fmt.Sprintf("{apiVersion: access.backoffice-operator.io/v1alpha1, kind: %s, metadata: {name: %s, namespace: %s}, spec: {backOfficeRef: {name: shop}, %s}}",
		kind, name, h.namespace, spec))
}

// reads demands that a user reads exactly this, where shop is the namespace.
func (h *house) reads(text string) OmegaMatcher {
	return WithTransform(func(got string) string { return strings.ReplaceAll(got, h.namespace, "shop") }, Equal(strings.TrimPrefix(text, "\n")))
}

// lacks is what a refusal says of somebody with rank 4, by the delegation of this index, who needs rank 1.
func lacks(who string, delegation int) string {
	return fmt.Sprintf(`needs rank 1 or stronger in family "default"; %q has rank 4 (spec.rank.delegations[%d] of BackOffice shop/shop). `+
		`Ask somebody with rank 0..1, or add a delegation: {subjects: [{kind: User, name: %s}], rank: 1, families: [default]}`, who, delegation, who)
}

// nobody is what a refusal says of somebody without power, who needs rank 8.
const nobody = `needs rank 8 or stronger in family "default"; no delegation of BackOffice shop/shop matches "eve". ` +
	`Ask somebody with rank 0..8, or add a delegation: {subjects: [{kind: User, name: eve}], rank: 8, families: [default]}`

// proposed are the delegations that a refusal names.
var proposed = regexp.MustCompile(`add a delegation: (\{.*\})`)

var _ = Describe("What somebody reads whom kubectl tells that it is refused", func() {
	It("names all problems of a binding at once: field, rank, power and where it comes from, and what would allow it", func() {
		h := furnished()
		Expect(h.apply("lea", "RoleBinding", "promotion",
			"permissionSetRef: {name: chief}, subjects: [{name: bob}, {name: boss}], grants: [{path: payments, level: Write}]")).To(h.reads(`
The RoleBinding "promotion" is invalid: 
* spec.permissionSetRef: Forbidden: binding shop/promotion to set shop/chief ` + lacks("lea", 0) + `
* spec.grants[payments]: Forbidden: binding shop/promotion gives payments Write, which "lea" does not have to give: ` +
			`spec.rank.delegations[0] of BackOffice shop/shop lets it bind existing sets and nothing else. ` +
			`Ask somebody who has, or add a delegation: {subjects: [{kind: User, name: lea}], rank: 1, permissions: [payments], families: [default]}
* spec: Forbidden: a binding for boss (rank 1 through binding shop/chiefs) ` + lacks("lea", 0) + `
`))
		h.isAsBefore()
	})

	It("names all problems of a set at once: rank, what it inherits, and every permission that is missing", func() {
		h := furnished()
		Expect(h.apply("max", "PermissionSet", "mine",
			"rank: 1, extends: [{name: chief}], permissions: [{path: payments, level: Write}, {path: orders, level: Write}]")).To(h.reads(`
The PermissionSet "mine" is invalid: 
* spec.rank: Forbidden: set shop/mine ` + lacks("max", 1) + `
* spec.extends: Forbidden: set shop/mine inherits from set shop/chief, which ` + lacks("max", 1) + `
* spec.permissions[payments]: Forbidden: set shop/mine gives payments Write, users Write, which "max" does not have to give: ` +
			`spec.rank.delegations[1] of BackOffice shop/shop lets it give orders Write. ` +
			`Ask somebody who has, or add a delegation: {subjects: [{kind: User, name: max}], rank: 1, permissions: [orders, payments, users], families: [default]}
`))
		h.isAsBefore()
	})

	It("tells somebody without power that no delegation is theirs", func() {
		h := furnished()
		Expect(h.apply("eve", "BackOfficeUser", "new", "login: new")).To(h.reads(`
The BackOfficeUser "new" is invalid: metadata.name: Forbidden: user shop/new needs a delegation of any rank; ` +
			`no delegation of BackOffice shop/shop matches "eve". Ask somebody who has one, or add a delegation: {subjects: [{kind: User, name: eve}], rank: <number>}
`))
		Expect(h.apply("eve", "RoleBinding", "promotion", "permissionSetRef: {name: viewer}, subjects: [{name: bob}]")).To(h.reads(`
The RoleBinding "promotion" is invalid: 
* spec.permissionSetRef: Forbidden: binding shop/promotion to set shop/viewer ` + nobody + `
* spec: Forbidden: a binding for bob (rank 8 through binding shop/viewers) ` + nobody + `
`))
		Expect(kubectl("eve", "", "annotate", "-n", h.namespace, "backofficeuser/bob", v1alpha1.AnnotationBreakGlass+"=please")).To(h.reads(`
The BackOfficeUser "bob" is invalid: metadata.name: Forbidden: user shop/bob has binding shop/viewers, which needs rank 8 or stronger in family "default"; ` +
			`no delegation of BackOffice shop/shop matches "eve", and the annotation access.backoffice-operator.io/break-glass counts only for who has ` +
			`the RBAC verb "escalate" on that BackOffice. Ask somebody with rank 0..8, or add a delegation: {subjects: [{kind: User, name: eve}], rank: 8, families: [default]}
`))
		h.isAsBefore()
	})

	It("tells which binding makes a user too strong to touch, label or delete", func() {
		h := furnished()
		Expect(kubectl("lea", "", "delete", "-n", h.namespace, "backofficeuser/boss")).To(h.reads(`
The BackOfficeUser "boss" is invalid: metadata.name: Forbidden: user shop/boss has binding shop/chiefs, which ` + lacks("lea", 0) + "\n"))
		Expect(kubectl("lea", "", "label", "-n", h.namespace, "backofficeuser/bob", "team=hq")).To(h.reads(`
The BackOfficeUser "bob" is invalid: metadata.labels: Forbidden: user shop/bob would get binding shop/chiefs, which ` + lacks("lea", 0) + "\n"))
		Expect(kubectl("lea", "", "delete", "-n", h.namespace, "permissionset/chief")).To(h.reads(`
The PermissionSet "chief" is invalid: spec.rank: Forbidden: set shop/chief ` + lacks("lea", 0) + "\n"))
		h.isAsBefore()
	})

	It("tells whose accounts a delegation is about", func() {
		h := furnished(testkit.Delegates(2, testkit.Person("sam")), testkit.OfTypes(v1alpha1.AccountStoreApp))
		Expect(h.apply("sam", "BackOfficeUser", "new", "login: new")).To(h.reads(`
The BackOfficeUser "new" is invalid: spec.accountType: Forbidden: user shop/new needs power over accounts of type Staff; ` +
			`"sam" has spec.rank.delegations[2] of BackOffice shop/shop for StoreApp only. ` +
			`Ask somebody who has it, or add a delegation: {subjects: [{kind: User, name: sam}], rank: <number>, accountTypes: [Staff]}
`))
		h.isAsBefore()
	})

	It("prints what is admitted and not in force yet as a warning", func() {
		h := furnished()
		Expect(h.apply("lea", "RoleBinding", "early", "permissionSetRef: {name: later}, subjects: [{name: nobody}]")).To(h.reads(`
Warning: spec.permissionSetRef: PermissionSet shop/later does not exist; this takes effect when it appears
Warning: spec.subjects[nobody]: BackOfficeUser shop/nobody of this back office does not exist; this takes effect when it appears
rolebinding.access.backoffice-operator.io/early created
`))
		Expect(h.apply("lea", "BackOfficeUser", "second", "login: Boss")).To(h.reads(`
Warning: spec.login: login "Boss" is that of BackOfficeUser shop/boss; this user gets no access until that one is gone
backofficeuser.access.backoffice-operator.io/second created
`))
	})

	DescribeTable("is right about what would help: with the delegations that it names the same request passes",
		func(user, kind, spec string) {
			h := furnished()
			refusal := h.apply(user, kind, "wish", spec)
			delegations := proposed.FindAllStringSubmatch(refusal, -1)
			Expect(delegations).NotTo(BeEmpty(), refusal)
			office := testkit.Office("shop", h.namespace)
			Expect(change(root(), office, testkit.OnOffice(func(o *v1alpha1.BackOffice) {
				for _, text := range delegations {
					var d v1alpha1.Delegation
					Expect(yaml.UnmarshalStrict([]byte(strings.ReplaceAll(text[1], "<number>", "8")), &d)).To(Succeed(), text[1])
					o.Spec.Rank.Delegations = append(o.Spec.Rank.Delegations, d)
				}
			}))).To(Succeed())
			Eventually(func() string { return h.apply(user, kind, "wish", spec) }, soon, "200ms").Should(ContainSubstring("created"))
		},
		Entry("a binding that is too strong", "lea", "RoleBinding", "permissionSetRef: {name: chief}, subjects: [{name: bob}, {name: boss}], grants: [{path: payments, level: Write}]"),
		Entry("a set that gives too much", "max", "PermissionSet", "rank: 1, extends: [{name: chief}], permissions: [{path: payments, level: Write}, {path: stock, level: Read}]"),
		Entry("a user of somebody without power", "eve", "BackOfficeUser", "login: new"),
		Entry("a binding of somebody without power", "eve", "RoleBinding", "permissionSetRef: {name: viewer}, subjects: [{name: bob}], grants: [{path: orders/print, level: Read}]"),
		Entry("a binding of a service account", "system:serviceaccount:team:deployer", "RoleBinding", "permissionSetRef: {name: viewer}, subjects: [{name: bob}]"),
	)
})
