// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// BindingAuthorized demands, in the background, that whoever applied a binding may hand out its set, what it grants on top, and that to its users,
// where that was not judged at admission: the set appeared later, or another object has taken its place, or the BackOffice was not there.
// Users who were changed since are for SubjectAuthorized.
func BindingAuthorized(in BindingInput) []Violation {
	if in.Office == nil || in.NewSet == nil || !in.Author.Known || in.vouched() {
		return nil
	}
	need := needOf(in.NewSet).plain()
	var able []Power
	for _, p := range in.Author.Powers {
		if p.Reaches(need) {
			able = append(able, Power{Power: p})
		}
	}
	if len(able) == 0 {
		return []Violation{unauthorized(field.NewPath("spec", "permissionSetRef"), fmt.Sprintf(
			"whoever applied this may not hand out set %s, of rank %d in family %q, %s", nameOf(in.NewSet), need.Rank, need.Family, in.since()))}
	}
	gives := rightsOfBinding(in.New).Gives
	if missing := lacking(able, gives); len(missing) > 0 {
		return []Violation{unauthorized(field.NewPath("spec", "grants"), fmt.Sprintf(
			"whoever applied this may not give %s with set %s, %s", listed(texts(missing)), nameOf(in.NewSet), in.since()))}
	}
	able = slices.DeleteFunc(able, func(p Power) bool { return len(p.Permissions.Lacks(gives)) > 0 })
	data := opening{data: dataOfBinding(in.New, in.NewSet)}
	able = slices.DeleteFunc(able, func(p Power) bool { return !data.within(p.Power) })
	if len(able) == 0 {
		return []Violation{unauthorized(field.NewPath("spec", "filters"), fmt.Sprintf(
			"whoever applied this may not hand out set %s on as much data%s, %s",
			nameOf(in.NewSet), bypassing(nameOf(in.NewSet), bypassesOf(in.NewSet)), in.since()))}
	}
	if beyond := in.untouchable(able); len(beyond) > 0 {
		return []Violation{unauthorized(field.NewPath("spec"), fmt.Sprintf(
			"whoever applied this may not hand out set %s to %s, %s", nameOf(in.NewSet), listed(beyond), in.since()))}
	}
	return nil
}

// vouched tells whether the author was judged for the set as it is there now.
func (in BindingInput) vouched() bool {
	return in.Author.Judged && slices.Contains(in.Author.Sets, in.NewSet.UID)
}

// since says why it was not judged at admission.
func (in BindingInput) since() string {
	if in.Author.Judged {
		return "which appeared afterwards"
	}
	return "and did so before the BackOffice was there"
}

// untouchable are the users to whom the author may not hand out the set by one of these powers: those of other types, and, where nobody was judged
// for that, those who are stronger. It is the shortest list.
func (in BindingInput) untouchable(able []Power) []string {
	var least []string
	for i, p := range able {
		var beyond []string
		for _, s := range in.Subjects {
			if !p.Concerns(string(s.AccountType)) || !in.Author.Judged && in.outranked(s) {
				beyond = append(beyond, s.Name)
			}
		}
		if i == 0 || len(beyond) < len(least) {
			least = beyond
		}
	}
	return least
}

// outranked tells whether a user is stronger than the author, for accounts of the user's type.
func (in BindingInput) outranked(s Subject) bool {
	return slices.ContainsFunc(s.Protection, func(n Need) bool {
		return !in.Author.touches(n.plain(), s.AccountType)
	})
}
