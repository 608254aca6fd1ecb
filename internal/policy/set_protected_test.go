// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestSetProtected(t *testing.T) {
	set := func(mods ...testkit.Mod) *v1alpha1.PermissionSet { return testkit.Set("s", "shop", mods...) }
	safe := set(testkit.Protected())
	almightyWith := func(e Escalation) Actor {
		actor := lea(rank(0).giving("*"))
		actor.BreakGlass, actor.Escalation = e != EscalationNotAsked, e
		return actor
	}
	noGlass, glass := almightyWith(EscalationNotAsked), almightyWith(EscalationPermitted)
	asked := glass
	asked.BreakGlass = false
	homeless := changeOf(safe, set(testkit.Protected(), testkit.Rank(1))).by(noGlass)
	homeless.Office = nil
	const refused = "Refuse SetProtected spec: Forbidden: the set is protected, and only who breaks the glass may change it: "
	const annotate = refused + "set the annotation access.backoffice-operator.io/break-glass: <reason> in the same request, or another reason where it has one; " +
		`it takes the RBAC verb "escalate" on BackOffice shop/shop`
	const first = "Refuse SetProtected spec.protected: Forbidden: the set is protected: first set spec.protected to false with the annotation " +
		`access.backoffice-operator.io/break-glass: <reason>, which takes the RBAC verb "escalate" on BackOffice shop/shop, then delete it`
	ruleCases[SetInput]{
		"a set that is not is changed":            {changeOf(set(), set(testkit.Rank(1))).by(noGlass), nil},
		"a set that is not is deleted":            {changeOf(set(), nil).by(noGlass), nil},
		"one is created":                          {changeOf(nil, safe).by(noGlass), nil},
		"one becomes protected":                   {changeOf(set(), safe).by(noGlass), nil},
		"labels of one change":                    {changeOf(safe, set(testkit.Protected(), testkit.Labels("a", "b"))).by(noGlass), nil},
		"without a back office there is no glass": {homeless, nil},
		"one is changed":                          {changeOf(safe, set(testkit.Protected(), testkit.Permissions("orders"))).by(noGlass), []string{annotate}},
		"one loses its protection":                {changeOf(safe, set()).by(noGlass), []string{annotate}},
		"the verb alone is not enough":            {changeOf(safe, set()).by(asked), []string{annotate}},
		"the annotation alone is not enough": {changeOf(safe, set()).by(almightyWith(EscalationRefused)), []string{
			refused + `the annotation access.backoffice-operator.io/break-glass counts only for who has the RBAC verb "escalate" on BackOffice shop/shop, which "lea" does not`,
		}},
		"one is changed by who breaks the glass": {changeOf(safe, set(testkit.Protected(), testkit.Permissions("orders"))).by(glass), nil},
		"one is freed by who breaks the glass":   {changeOf(safe, set()).by(glass), nil},
		"one is deleted":                         {changeOf(safe, nil).by(noGlass), []string{first}},
		"one is deleted by who broke the glass":  {changeOf(safe, nil).by(glass), []string{first}},
	}.run(t, SetProtected)
}

func TestProtectedExtendsProtected(t *testing.T) {
	heir := testkit.Set("s", "team", testkit.Protected(), testkit.Extends("a", "shop/b", "shop/gone"))
	soft := func(name, namespace string) *v1alpha1.PermissionSet { return testkit.Set(name, namespace) }
	hard := func(name, namespace string) *v1alpha1.PermissionSet {
		return testkit.Set(name, namespace, testkit.Protected())
	}
	refused := func(field, set string) string {
		return "Refuse SetProtected " + field + ": Forbidden: a protected set extends protected sets only, and set " + set +
			" is not: protect that first, or remove it here"
	}
	ruleCases[SetInput]{
		"one that is not protected extends any": {changeOf(nil, testkit.Set("s", "team", testkit.Extends("a")), soft("a", "team")), nil},
		"all are protected, or not there":       {changeOf(nil, heir, hard("a", "team"), hard("b", "shop")), nil},
		"some are not":                          {changeOf(nil, heir, hard("a", "team"), soft("b", "shop")), []string{refused("spec.extends[1]", "shop/b")}},
		"none is":                               {changeOf(nil, heir, soft("a", "team"), soft("b", "shop")), []string{refused("spec.extends[0]", "team/a"), refused("spec.extends[1]", "shop/b")}},
	}.run(t, ProtectedExtendsProtected)
}

func TestASetThatBecomesProtectedExtendsProtectedSets(t *testing.T) {
	g := NewWithT(t)
	rule := changed[SetInput](ProtectedExtendsProtected)
	old, obj := testkit.Set("s", "shop", testkit.Extends("a")), testkit.Set("s", "shop", testkit.Extends("a"), testkit.Protected())
	g.Expect(findings(rule(changeOf(old, obj, testkit.Set("a", "shop"))))).To(Equal([]string{"Refuse SetProtected spec.extends[0]"}))
	g.Expect(findings(rule(changeOf(obj, obj, testkit.Set("a", "shop"))))).To(Equal([]string{"Warn SetProtected spec.extends[0]"}))
}
