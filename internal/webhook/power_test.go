// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"testing"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// annotated adds an annotation.
func annotated(name, value string) testkit.Mod {
	return func(o client.Object) {
		annotations := map[string]string{name: value}
		for key, value := range o.GetAnnotations() {
			if key != name {
				annotations[key] = value
			}
		}
		o.SetAnnotations(annotations)
	}
}

func TestBreakingTheGlassTakesOneReviewAndNoneWhereAnybodyElseGivesPower(t *testing.T) {
	glass := testkit.Annotations(v1alpha1.AnnotationBreakGlass, "fire")
	boss := testkit.Set("boss", "shop", testkit.Rank(1), withUID("boss"))
	broke := func(o client.Object) {
		s := testkit.Stamp(o, "root", []access.Power{testkit.Unlimited()})
		s.BreakGlass = true
		testkit.Carry(o, s)
	}
	ann := func(mods ...testkit.Mod) *v1alpha1.BackOfficeUser { return testkit.User("ann", "shop", mods...) }
	binding := func(mods ...testkit.Mod) *v1alpha1.RoleBinding {
		return testkit.Binding("b", "shop", append([]testkit.Mod{testkit.ToSet("boss"), testkit.ForUsers("ann")}, mods...)...)
	}
	for sentence, c := range map[string]struct {
		user     string
		old, obj client.Object
		asked    int
		refused  string // a part of the refusal
		broken   bool   // The stamp says so.
	}{
		"with the verb":    {"root", nil, binding(glass), 1, "", true},
		"without the verb": {"eve", nil, binding(glass), 1, "counts only for who has the RBAC verb", true},
		"without a reason": {"root", nil, binding(testkit.Annotations(v1alpha1.AnnotationBreakGlass, " ")), 1, "write why the glass is broken", true},
		"without the annotation the verb is nothing":        {"root", nil, binding(), 0, "no delegation of BackOffice", false},
		"a delegation decides, also where it is too little": {"lea", nil, binding(glass), 0, "needs rank 1", false},
		"and where it is enough":                            {"lea", nil, ann(glass), 0, "", false},
		"by a changed reason":                               {"root", ann(glass, by("lea")), ann(testkit.Annotations(v1alpha1.AnnotationBreakGlass, "flood")), 1, "", true},
		"the reason of an earlier change counts no more":    {"root", ann(glass, broke), ann(testkit.IPs("*"), glass), 0, "no delegation of BackOffice", false},
		"who broke it may delete what it made":              {"root", binding(glass, broke), nil, 1, "", false},
		"others may not":                                    {"eve", binding(glass, broke), nil, 0, "no delegation of BackOffice", false},
		"with new owners":                                   {"root", ann(by("lea")), ann(owners("x"), glass), 1, "", true},
		"a BackOffice takes the verb and no annotation":     {"root", nil, testkit.Office("other", "shop"), 1, "", false},
		"one that gets owners takes it once":                {"root", shop(), shop(owners("x")), 1, "", false},
		"one that loses our finalizer takes it":             {"eve", shop(dying, finalizers(v1alpha1.Finalizer)), shop(dying), 1, "takes the RBAC verb", false},
		"a change that is not judged takes none":            {"eve", ann(by("lea")), ann(by("lea"), annotated("a", "b")), 0, "", false},
		"the operator has no power":                         {operator, ann(by("lea")), ann(by("lea"), testkit.Labels("a", "b")), 0, "no delegation of BackOffice", false},
		"the operator is not asked":                         {operator, ann(by("lea"), finalizers(v1alpha1.Finalizer), dying), ann(by("lea"), dying), 0, "", false},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			cluster := clusterOf(t.Context(), shop(), boss)
			if c.obj == nil {
				response := cluster.validates(t.Context(), request(c.user, c.old, nil))
				g.Expect(refusal(response)).To(ContainSubstring(c.refused))
				g.Expect(response.Allowed).To(Equal(c.refused == ""))
				g.Expect(cluster.asked).To(Equal(c.asked))
				return
			}
			stored, response := admits(t, cluster, c.user, c.old, c.obj)
			g.Expect(refusal(response)).To(ContainSubstring(c.refused))
			g.Expect(response.Allowed).To(Equal(c.refused == ""), refusal(response))
			g.Expect(cluster.asked).To(Equal(c.asked))
			s, _ := stamp.Of(stored)
			g.Expect(s.BreakGlass).To(Equal(c.broken))
		})
	}
}

func TestWhatNobodyWasJudgedForIsGivenByWhoeverChangesIt(t *testing.T) {
	set := func(mods ...testkit.Mod) *v1alpha1.PermissionSet {
		return testkit.Set("s", "shop", append([]testkit.Mod{testkit.Permissions("orders=Write")}, mods...)...)
	}
	binding := func(mods ...testkit.Mod) *v1alpha1.RoleBinding {
		return testkit.Binding("b", "shop", append([]testkit.Mod{testkit.ToSet("viewer"), testkit.ForUsers("ann"), testkit.Grants("orders=Write")}, mods...)...)
	}
	viewer := testkit.Set("viewer", "shop", testkit.Permissions("stock"), withUID("viewer"))
	heir := func(mods ...testkit.Mod) *v1alpha1.PermissionSet {
		return testkit.Set("s", "shop", append([]testkit.Mod{testkit.Extends("viewer")}, mods...)...)
	}
	knowing := func(sets ...*v1alpha1.PermissionSet) testkit.Mod {
		return func(o client.Object) { testkit.Stamp(o, "ada", []access.Power{testkit.Unlimited()}, sets...) }
	}
	unjudged := func(o client.Object) {
		s := testkit.Stamp(o, "eve", nil, viewer)
		s.Unjudged = true
		testkit.Carry(o, s)
	}
	label := testkit.Labels("a", "b")
	again := annotated(v1alpha1.AnnotationReconcileRequestedAt, "now")
	for sentence, c := range map[string]struct {
		old, obj client.Object
		missing  string // what lea cannot give, and ada can
	}{
		"a set that somebody was judged for":                     {set(knowing()), set(label), ""},
		"a set without a stamp":                                  {set(), set(label), "orders Write"},
		"a set with a stamp that does not fit":                   {set(knowing(), testkit.Labels("x", "y")), set(label), "orders Write"},
		"a set from before the BackOffice":                       {set(unjudged), set(label), "orders Write"},
		"a set that is not authorized":                           {set(knowing(), unready("False", v1alpha1.ReasonNotAuthorized)), set(label), "orders Write"},
		"one that does not change, and asks to be looked at":     {set(unjudged, unready("False", v1alpha1.ReasonNotAuthorized)), set(again), "orders Write"},
		"a set that is being deleted, which is there until then": {set(dying), set(dying, label), "orders Write"},
		"a set that inherits from one that was there":            {heir(knowing(viewer)), heir(label), ""},
		"a set that inherits from one that has appeared":         {heir(knowing()), heir(label), "stock Read"},
		"it may let go of what has appeared":                     {heir(knowing()), testkit.Set("s", "shop", label), ""},
		"a binding that somebody was judged for":                 {binding(knowing(viewer)), binding(label), ""},
		"a binding without a stamp":                              {binding(), binding(label), "orders Write"},
		"a binding from before the BackOffice":                   {binding(unjudged), binding(label), "orders Write"},
		"a binding whose set has appeared":                       {binding(knowing()), binding(label), "orders Write"},
		"a binding that some of its users were refused":          {binding(knowing(viewer), unready("False", v1alpha1.ReasonSubjectsRefused)), binding(again), "orders Write"},
		"a binding that grants nothing beside its set":           {testkit.Binding("b", "shop", testkit.ToSet("viewer"), testkit.ForUsers("ann")), testkit.Binding("b", "shop", testkit.ToSet("viewer"), testkit.ForUsers("ann"), label), ""},
		"a binding may always give up what it grants":            {binding(), testkit.Binding("b", "shop", testkit.ToSet("viewer"), testkit.ForUsers("ann")), ""},
		"what it denies is not given back without the power":     {testkit.Binding("b", "shop", testkit.ToSet("viewer"), testkit.ForUsers("ann"), testkit.Denies("stock")), testkit.Binding("b", "shop", testkit.ToSet("viewer"), testkit.ForUsers("ann")), "stock"},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			objects := []client.Object{shop(), viewer, testkit.User("ann", "shop", by("ada", testkit.Unlimited()))}
			_, response := admits(t, clusterOf(t.Context(), objects...), "ada", c.old, c.obj)
			g.Expect(refusal(response)).To(BeEmpty(), "ada may give everything")
			_, response = admits(t, clusterOf(t.Context(), objects...), "lea", c.old, c.obj)
			g.Expect(refusal(response)).To(ContainSubstring(c.missing))
			g.Expect(response.Allowed).To(Equal(c.missing == ""), refusal(response))
		})
	}
}

func TestAViolationIsSaidOnce(t *testing.T) {
	g := NewWithT(t)
	refuse := policy.Violation{Severity: policy.Refuse, Message: "x"}
	warn := policy.Violation{Severity: policy.Warn, Message: "x"}
	g.Expect(once([]policy.Violation{refuse, warn, refuse, warn})).To(Equal([]policy.Violation{refuse, warn}))
}
