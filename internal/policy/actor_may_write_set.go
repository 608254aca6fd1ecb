// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

// ActorMayWriteSet demands that the actor's power reaches the rank of the set, and of all sets that it inherits from, before and after
// the change. Who extends a set that does not exist yet needs rank 0 in every family: nobody knows what it will be.
func ActorMayWriteSet(in SetInput) []Violation {
	if in.Office == nil {
		return nil
	}
	w := &writing{in: in, reported: map[string]bool{}}
	w.check(in.Old, in.OldAncestry)
	w.check(in.New, in.NewAncestry)
	return w.violations
}

type writing struct {
	in         SetInput
	reported   map[string]bool
	violations []Violation
}

func (w *writing) check(set *v1alpha1.PermissionSet, ancestry access.Ancestry) {
	if set == nil {
		return
	}
	self := set.Namespace + "/" + set.Name
	w.need("set "+self, needOf(set), field.NewPath("spec", "rank"))
	extends := field.NewPath("spec", "extends")
	for _, id := range slices.Sorted(maps.Keys(ancestry.Distance)) {
		if ancestor := w.in.Sets[id]; id != self {
			w.need(fmt.Sprintf("set %s inherits from set %s, which", self, id), needOf(ancestor), extends)
		}
	}
	for _, id := range ancestry.Missing {
		w.need(fmt.Sprintf("set %s inherits from set %s, whose rank nobody knows before it exists, which", self, id), Need{}, extends)
	}
}

func (w *writing) need(what string, need Need, path *field.Path) {
	message := w.in.Actor.lacks(what, need, w.in.Office)
	if w.in.Actor.allows(need) || w.reported[message] {
		return
	}
	w.reported[message] = true
	w.violations = append(w.violations, forbidden(path, message))
}
