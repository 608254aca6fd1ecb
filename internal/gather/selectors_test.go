// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"
	"slices"
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"pgregory.net/rapid"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func selectingBy(selector *metav1.LabelSelector) testkit.Mod {
	return testkit.OnBinding(func(b *v1alpha1.RoleBinding) { b.Spec.Selector = selector })
}

func requires(key string, operator metav1.LabelSelectorOperator, values ...string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: key, Operator: operator, Values: values}}}
}

func TestSelectingKeys(t *testing.T) {
	both := requires("a", metav1.LabelSelectorOpNotIn, "1")
	both.MatchLabels = map[string]string{"c": "2", "b": "3"}
	for sentence, c := range map[string]struct {
		selector *metav1.LabelSelector
		want     []string
	}{
		"none":                                 {nil, nil},
		"one of everything":                    {&metav1.LabelSelector{}, []string{AnyLabels}},
		"a label":                              {&metav1.LabelSelector{MatchLabels: map[string]string{"a": "1"}}, []string{"a=1"}},
		"one of several labels":                {&metav1.LabelSelector{MatchLabels: map[string]string{"b": "2", "a": "1"}}, []string{"a=1"}},
		"each of several values":               {requires("a", metav1.LabelSelectorOpIn, "1", "2"), []string{"a=1", "a=2"}},
		"an empty value":                       {requires("a", metav1.LabelSelectorOpIn, ""), []string{"a="}},
		"no value for a key":                   {requires("a", metav1.LabelSelectorOpExists), []string{AnyLabels}},
		"no value for what is not":             {requires("a", metav1.LabelSelectorOpNotIn, "1"), []string{AnyLabels}},
		"no value for what is missing":         {requires("a", metav1.LabelSelectorOpDoesNotExist), []string{AnyLabels}},
		"what it demands, not what it forbids": {both, []string{"b=3"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(selecting(testkit.Binding("b", "shop", selectingBy(c.selector)))).To(ConsistOf(c.want))
		})
	}
}

var (
	keys      = rapid.SampledFrom([]string{"a", "b", "c"})
	values    = rapid.SampledFrom([]string{"", "1", "2"})
	operators = rapid.SampledFrom([]metav1.LabelSelectorOperator{
		metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn, metav1.LabelSelectorOpExists, metav1.LabelSelectorOpDoesNotExist, "Like",
	})
	selectorsOfAnyKind = rapid.Custom(func(t *rapid.T) *metav1.LabelSelector {
		s := &metav1.LabelSelector{MatchLabels: rapid.MapOfN(keys, values, 0, 2).Draw(t, "matchLabels")}
		for range rapid.IntRange(0, 2).Draw(t, "expressions") {
			r := metav1.LabelSelectorRequirement{Key: keys.Draw(t, "key"), Operator: operators.Draw(t, "operator")}
			if r.Operator == metav1.LabelSelectorOpIn || r.Operator == metav1.LabelSelectorOpNotIn {
				r.Values = rapid.SliceOfNDistinct(values, 1, 2, rapid.ID).Draw(t, "values")
			}
			s.MatchExpressions = append(s.MatchExpressions, r)
		}
		return s
	})
)

func TestSelectorsFindWhatMatches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s selectors
		var want []string
		l := labels.Set(rapid.MapOfN(keys, values, 0, 3).Draw(t, "labels"))
		lookups := []string{AnyLabels}
		for key, value := range l {
			lookups = append(lookups, LabelKey(key, value))
		}
		for i, selector := range rapid.SliceOfN(selectorsOfAnyKind, 0, 6).Draw(t, "selectors") {
			b := testkit.Binding(numbered("binding", i), "shop", selectingBy(selector))
			s.add(policy.Bound{Binding: b})
			if !selectorOf(b).Matches(l) {
				continue
			}
			want = append(want, b.Name)
			if !slices.ContainsFunc(selecting(b), func(key string) bool { return slices.Contains(lookups, key) }) {
				t.Fatalf("the index does not find %v by %v", selector, l)
			}
		}
		var got []string
		for _, b := range s.of(l) {
			got = append(got, b.Binding.Name)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("found %v and not %v", got, want)
		}
		if s.match(l) != (len(want) > 0) {
			t.Fatalf("match says %v, and %v match", s.match(l), want)
		}
	})
}

func TestBindingsAreFoundByAnySelector(t *testing.T) {
	reader := cacheOf(
		t,
		testkit.Binding("in", "shop", selectingBy(requires("team", metav1.LabelSelectorOpIn, "sales", "support"))),
		testkit.Binding("exists", "shop", selectingBy(requires("team", metav1.LabelSelectorOpExists))),
		testkit.Binding("not-in", "shop", selectingBy(requires("team", metav1.LabelSelectorOpNotIn, "sales"))),
		testkit.Binding("all", "shop", selectingBy(&metav1.LabelSelector{})),
		testkit.Binding("two", "shop", testkit.ForLabels("a", "b", "team", "support")),
	)
	for sentence, c := range map[string]struct {
		labels []string
		want   []string
	}{
		"one label":     {[]string{"team", "support"}, []string{"in", "exists", "not-in", "all"}},
		"another value": {[]string{"team", "sales"}, []string{"in", "exists", "all"}},
		"two labels":    {[]string{"team", "support", "a", "b"}, []string{"in", "exists", "not-in", "all", "two"}},
		"half of them":  {[]string{"a", "b"}, []string{"not-in", "all"}},
		"none":          {nil, []string{"not-in", "all"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			found, err := reader.BindingsOf(t.Context(), testkit.User("ann", "shop", testkit.Labels(c.labels...)))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(names(found)).To(ConsistOf(c.want))
		})
	}
}

// A reader that does not ask the sieve lists more, and what is found must be the same.
func TestWhatIsFoundDoesNotDependOnTheSieve(t *testing.T) {
	g := NewWithT(t)
	team := testkit.Labels("team", "support")
	objects := []client.Object{testkit.User("ann", "shop", team), testkit.User("bob", "shop"), testkit.User("cat", "shop", team, going)}
	r := reachOf(nil, testkit.Binding("b", "shop", testkit.ForLabels("team", "support")))
	for _, reader := range []client.Reader{world(t, objects...), withoutSieve{world(t, objects...)}} {
		users, err := Gatherer{Reader: reader}.find(t.Context(), r, searchAll(r))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(names(users)).To(ConsistOf("ann"))
	}
}

// withoutSieve lists whatever the labels.
type withoutSieve struct{ client.Reader }

func (r withoutSieve) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	return r.Reader.List(ctx, list, slices.DeleteFunc(opts, func(o client.ListOption) bool {
		_, sieves := o.(client.MatchingLabelsSelector)
		return sieves
	})...)
}
