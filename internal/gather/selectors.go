// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

// selectorOf returns the binding's selector. One that is not well-formed selects nobody: the schema cannot refuse it, a rule does.
func selectorOf(b *v1alpha1.RoleBinding) labels.Selector {
	selector, err := metav1.LabelSelectorAsSelector(b.Spec.Selector)
	if err != nil {
		return labels.Nothing()
	}
	return selector
}

// demand is a label of which a selector demands one of some values. Most selectors have one, so that those which may match given labels
// are found without trying them all.
type demand struct {
	key    string
	values []string
	all    bool // the selector demands nothing else
}

// demandOf returns the first demand of a selector, in the order of the keys; false where it has none.
func demandOf(s labels.Selector) (demand, bool) {
	requirements, _ := s.Requirements()
	for _, r := range requirements {
		switch r.Operator() {
		case selection.In, selection.Equals, selection.DoubleEquals:
			return demand{r.Key(), r.ValuesUnsorted(), len(requirements) == 1}, true
		case selection.NotIn, selection.NotEquals, selection.Exists, selection.DoesNotExist, selection.GreaterThan, selection.LessThan:
		}
	}
	return demand{}, false
}

// selectors are bindings that select users, to be asked which of them select given labels.
type selectors struct {
	byLabel map[string]map[string][]selectingBound // by the key and a value of their demand
	others  []selectingBound
}

type selectingBound struct {
	policy.Bound
	selector labels.Selector // nil where the labels by which it was found are all that it demands
}

// add adds a binding, if it has a selector.
func (s *selectors) add(b policy.Bound) {
	if b.Binding.Spec.Selector == nil {
		return
	}
	bound := selectingBound{b, selectorOf(b.Binding)}
	d, ok := demandOf(bound.selector)
	if !ok {
		s.others = append(s.others, bound)
		return
	}
	if s.byLabel == nil {
		s.byLabel = map[string]map[string][]selectingBound{}
	}
	if s.byLabel[d.key] == nil {
		s.byLabel[d.key] = map[string][]selectingBound{}
	}
	if d.all {
		bound.selector = nil
	}
	for _, value := range d.values {
		s.byLabel[d.key][value] = append(s.byLabel[d.key][value], bound)
	}
}

func (s *selectors) empty() bool { return len(s.byLabel) == 0 && len(s.others) == 0 }

// of returns the bindings that select these labels.
func (s *selectors) of(l labels.Labels) []policy.Bound {
	var bounds []policy.Bound
	s.each(l, func(b policy.Bound) bool {
		bounds = append(bounds, b)
		return true
	})
	return bounds
}

// match tells whether any of the bindings selects these labels.
func (s *selectors) match(l labels.Labels) bool {
	found := false
	s.each(l, func(policy.Bound) bool {
		found = true
		return false
	})
	return found
}

// each yields the bindings that select these labels, until yield returns false.
func (s *selectors) each(l labels.Labels, yield func(policy.Bound) bool) {
	try := func(bounds []selectingBound) bool {
		for _, b := range bounds {
			if (b.selector == nil || b.selector.Matches(l)) && !yield(b.Bound) {
				return false
			}
		}
		return true
	}
	for key, byValue := range s.byLabel {
		if value, ok := l.Lookup(key); ok && !try(byValue[value]) {
			return
		}
	}
	try(s.others)
}

// sieve is a selector for lists that matches what passes. The cache asks it before it copies what it lists.
type sieve struct {
	labels.Selector // of everything: what would be listed by who cannot ask
	passes          func(labels.Labels) bool
}

func sieveOf(passes func(labels.Labels) bool) labels.Selector {
	return sieve{labels.Everything(), passes}
}

// Matches implements [labels.Selector].
func (s sieve) Matches(l labels.Labels) bool { return s.passes(l) }

// Empty implements [labels.Selector].
func (s sieve) Empty() bool { return false }
