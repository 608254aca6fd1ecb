// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"
	"testing"

	. "github.com/onsi/gomega"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// reviews answers with what it is, and keeps the questions.
type reviews struct {
	allowed bool
	err     error
	asked   []authorizationv1.SubjectAccessReviewSpec
}

func (r *reviews) Create(_ context.Context, o client.Object, _ ...client.CreateOption) error {
	review := o.(*authorizationv1.SubjectAccessReview)
	review.Status.Allowed = r.allowed
	r.asked = append(r.asked, review.Spec)
	return r.err
}

func TestAsksToBreakGlass(t *testing.T) {
	user := func(mods ...testkit.Mod) client.Object { return testkit.User("u", "shop", mods...) }
	glass := func(reason string) testkit.Mod { return testkit.Annotations(v1alpha1.AnnotationBreakGlass, reason) }
	carrying := func(s stamp.Stamp) client.Object {
		u := user()
		s.ID, s.Hash = "id", stamp.Hash(u)
		testkit.Carry(u, s)
		return u
	}
	unfitting := carrying(stamp.Stamp{User: "lea", BreakGlass: true})
	unfitting.SetLabels(map[string]string{"a": "b"})
	for sentence, c := range map[string]struct {
		old, obj client.Object
		want     bool
	}{
		"creation without the annotation":                       {nil, user(), false},
		"creation with it":                                      {nil, user(glass("fire")), true},
		"creation with an empty one: a rule wants the reason":   {nil, user(glass("")), true},
		"a change that sets it":                                 {user(), user(glass("fire")), true},
		"a change that changes it":                              {user(glass("fire")), user(glass("flood")), true},
		"a change that empties it":                              {user(glass("fire")), user(glass("")), true},
		"a change that finds it there":                          {user(glass("fire")), user(glass("fire")), false},
		"a change that removes it":                              {user(glass("fire")), user(), false},
		"a deletion, whatever the annotation":                   {user(glass("fire")), nil, false},
		"a deletion by who has broken the glass for the object": {carrying(stamp.Stamp{User: "lea", BreakGlass: true}), nil, true},
		"a deletion by somebody else":                           {carrying(stamp.Stamp{User: "bob", BreakGlass: true}), nil, false},
		"a deletion by who has changed it by own power":         {carrying(stamp.Stamp{User: "lea"}), nil, false},
		"a deletion after a change past admission":              {unfitting, nil, false},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(AsksToBreakGlass("lea", c.old, c.obj)).To(Equal(c.want))
		})
	}
}

func TestEscalationIsAskedAtMostOnce(t *testing.T) {
	office := testkit.Office("shop", "shop", testkit.Delegates(4, testkit.Person("lea")), testkit.SelfService("staff/manage"))
	testkit.Stamp(office, "root", nil)
	managers := stamped(testkit.Set("managers", "shop", testkit.Permissions("staff/manage=Write")))
	objects := []client.Object{
		office, managers, stamped(testkit.User("chief", "shop", testkit.KubernetesUser("chief@shop.example"))),
		stamped(testkit.Binding("management", "shop", testkit.ToSet("managers"), testkit.ForUsers("chief")), managers),
	}
	glass := testkit.Annotations(v1alpha1.AnnotationBreakGlass, "fire")
	for sentence, c := range map[string]struct {
		by      string
		mods    []testkit.Mod
		allowed bool
		asked   int
		want    policy.Escalation
		sources []string
	}{
		"nobody asks without the annotation": {by: "root", allowed: true},
		"whoever has it may break the glass": {
			by: "root", mods: []testkit.Mod{glass}, allowed: true,
			asked: 1, want: policy.EscalationPermitted, sources: []string{"the annotation access.backoffice-operator.io/break-glass"},
		},
		"whoever has it not may not": {by: "eve", mods: []testkit.Mod{glass}, asked: 1, want: policy.EscalationRefused},
		"a delegation decides": {
			by: "lea", mods: []testkit.Mod{glass}, allowed: true, sources: []string{"spec.rank.delegations[0] of BackOffice shop/shop"},
		},
		"self-service decides": {
			by: "chief@shop.example", mods: []testkit.Mod{glass}, allowed: true, sources: []string{"spec.kubernetesUser of BackOfficeUser shop/chief"},
		},
		"a back office that is not there is nothing to ask about": {
			by: "root", mods: []testkit.Mod{glass, testkit.InOffice("gone")}, allowed: true,
		},
	} {
		for kind, judge := range map[string]func(a Admission, req admission.Request) (policy.Actor, error){
			"user": func(a Admission, req admission.Request) (policy.Actor, error) {
				in, err := a.User(t.Context(), req, nil, testkit.User("u", "shop", c.mods...))
				return in.Actor, err
			},
			"binding": func(a Admission, req admission.Request) (policy.Actor, error) {
				in, err := a.Binding(t.Context(), req, nil, testkit.Binding("b", "shop", c.mods...))
				return in.Actor, err
			},
			"set": func(a Admission, req admission.Request) (policy.Actor, error) {
				in, err := a.PermissionSet(t.Context(), req, nil, testkit.Set("s", "shop", c.mods...))
				return in.Actor, err
			},
		} {
			t.Run(sentence+": "+kind, func(t *testing.T) {
				g := NewWithT(t)
				answers := &reviews{allowed: c.allowed}
				actor, err := judge(Admission{Gatherer: cacheOf(t, objects...), Reviews: answers}, by(c.by))
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(answers.asked).To(HaveLen(c.asked))
				g.Expect(actor.Escalation).To(Equal(c.want))
				g.Expect(actor.BreakGlass).To(Equal(len(c.mods) > 0))
				g.Expect(sourcesOf(actor)).To(Equal(c.sources))
			})
		}
	}
	_, err := Admission{Gatherer: cacheOf(t, office), Reviews: &reviews{allowed: true, err: errBroken}}.
		User(t.Context(), by("root"), nil, testkit.User("u", "shop", glass))
	NewWithT(t).Expect(err).To(MatchError(errBroken), "who cannot be asked permits nothing")
}

func sourcesOf(actor policy.Actor) []string {
	var sources []string
	for _, p := range actor.Powers {
		sources = append(sources, p.Source)
	}
	return sources
}

func TestTheGlassGivesPowerOverEverything(t *testing.T) {
	g := NewWithT(t)
	power := BrokenGlass()
	g.Expect(testkit.Unlimited().Within(power.Power)).To(BeTrue())
	g.Expect(power.Families).To(BeEmpty())
}

func TestBackOfficesAlwaysTakeEscalate(t *testing.T) {
	g := NewWithT(t)
	office := testkit.Office("shop", "shop")
	yes, no, failing := &reviews{allowed: true}, &reviews{}, &reviews{allowed: true, err: errBroken}
	req := by("lea", "leads")
	req.UserInfo.UID, req.UserInfo.Extra = "uid", map[string]authenticationv1.ExtraValue{"scopes": {"a", "b"}}

	in, err := Admission{Reviews: yes}.BackOffice(t.Context(), req, nil, office)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.Actor.Escalation).To(Equal(policy.EscalationPermitted))
	g.Expect(in.Actor.Name).To(Equal("lea"))
	g.Expect(yes.asked).To(ConsistOf(authorizationv1.SubjectAccessReviewSpec{
		User: "lea", UID: "uid", Groups: []string{"leads"}, Extra: map[string]authorizationv1.ExtraValue{"scopes": {"a", "b"}},
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Group: "access.backoffice-operator.io", Version: "v1alpha1", Resource: "backoffices", Verb: "escalate", Namespace: "shop", Name: "shop",
		},
	}))

	in, err = Admission{Reviews: no}.BackOffice(t.Context(), by("lea"), office, nil)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.Actor.Escalation).To(Equal(policy.EscalationRefused))
	g.Expect(no.asked).To(HaveLen(1))

	_, err = Admission{Reviews: failing}.BackOffice(t.Context(), by("lea"), office, office)
	g.Expect(err).To(MatchError(errBroken))
}
