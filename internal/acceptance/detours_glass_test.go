// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("Breaking the glass", func() {
	reason := func(why string) testkit.Mod { return annotate(v1alpha1.AnnotationBreakGlass, why) }
	// fire may write back offices, as far as RBAC is concerned, with the verb escalate; no delegation names them.
	fire := func() client.Client { return identity("fire", owners) }
	none := func(h *house, who string) OmegaMatcher {
		return refuse(`no delegation of BackOffice ` + h.namespace + `/shop matches "` + who + `"`)
	}

	It("takes the annotation besides the verb escalate: the verb alone opens nothing", func() {
		h := furnished()
		promotion := h.binding("promotion", testkit.ToSet("chief"), testkit.ForUsers("bob"))
		Expect(fire().Create(ctx, promotion)).To(none(h, "fire"))
		Expect(change(fire(), h.bob, testkit.State(v1alpha1.StateBlocked))).To(none(h, "fire"))
		Expect(fire().Delete(ctx, h.bob)).To(none(h, "fire"))
		h.isAsBefore()

		reason("nobody else can be reached")(promotion)
		Expect(fire().Create(ctx, promotion)).To(Succeed())
		eventually(promotion, beReady())
		h.gets("bob", asChief)
		Expect(stampOf(promotion).BreakGlass).To(BeTrue())
		Expect(query(h.namespace, "SELECT kind, name FROM audit_log WHERE actor = 'fire'")).To(Equal([][]string{{"RoleBinding", "promotion"}}))
	})

	It("takes the verb escalate besides the annotation", func() {
		h := furnished()
		counts := And(none(h, "eve"), refuse("the annotation "+v1alpha1.AnnotationBreakGlass+` counts only for who has the RBAC verb "escalate" on that BackOffice`))
		Expect(eve().Create(ctx, h.binding("promotion", testkit.ToSet("viewer"), testkit.ForUsers("bob"), reason("please")))).To(counts)
		Expect(change(eve(), h.bob, reason("please"), testkit.State(v1alpha1.StateBlocked))).To(counts)
		Expect(change(eve(), h.viewer, reason("please"), testkit.Permissions("users=Write"))).To(counts)
		h.isAsBefore()
	})

	It("takes a reason", func() {
		h := furnished()
		Expect(fire().Create(ctx, h.binding("promotion", testkit.ToSet("viewer"), testkit.ForUsers("ann"), reason(" ")))).To(refuse(
			"metadata.annotations[" + v1alpha1.AnnotationBreakGlass + "]: Required value: write why the glass is broken"))
		h.isAsBefore()
	})

	It("counts for one request: the annotation that stays behind opens nothing, to nobody", func() {
		h := furnished()
		promotion := h.binding("promotion", testkit.ToSet("support"), testkit.ForUsers("bob"), reason("the night shift is alone"))
		Expect(fire().Create(ctx, promotion)).To(Succeed())
		eventually(promotion, beReady())
		h.gets("bob", asSupport)
		Expect(change(fire(), promotion, testkit.ToSet("chief"))).To(none(h, "fire"))
		Expect(change(eve(), promotion, testkit.ForUsers("bob", "ann"))).To(none(h, "eve"))
		Expect(change(identity("water", owners), promotion, testkit.ToSet("chief"))).To(none(h, "water"))
		h.gets("bob", asSupport)

		By("breaking it anew, which is seen, and is undone by who did it")
		Expect(change(fire(), promotion, reason("and still is"), testkit.ToSet("chief"))).To(Succeed())
		eventually(promotion, beReady())
		h.gets("bob", asChief)
		Expect(identity("water", owners).Delete(ctx, promotion)).To(none(h, "water"))
		Expect(fire().Delete(ctx, promotion)).To(Succeed())
		vanishes(promotion)
		h.isAsBefore()
	})

	It("does nothing for who has a delegation: it decides, and a warning says so", func() {
		h := furnished()
		Expect(change(lea(), h.viewers, reason("me too"), testkit.ToSet("chief"))).To(beyond("lea"))
		c, told := listening("lea", owners) // with the verb, too
		Expect(c.Create(ctx, h.binding("promotion", testkit.ToSet("chief"), testkit.ForUsers("bob"), reason("me too")))).To(beyond("lea"))
		h.isAsBefore()
		_ = told.heard()
		Expect(c.Create(ctx, h.binding("fair", testkit.ToSet("support"), testkit.ForUsers("bob"), reason("me too")))).To(Succeed())
		Expect(told.heard()).To(ContainSubstring(`this has no effect: "lea" has power of its own (spec.rank.delegations[0] of BackOffice ` + h.namespace + "/shop)"))
	})
})
