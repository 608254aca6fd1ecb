// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"maps"
	"slices"
	"strings"
)

// The actions of the audit log; those of an account that is removed are its disposals.
const (
	ActionPut    = "Put"
	ActionRemove = "Remove"
)

// Object is the kind of the API object that a record stands for, as the audit log names it.
func (k Kind) Object() string {
	switch k {
	case KindOffice:
		return "BackOffice"
	case KindUser:
		return "BackOfficeUser"
	case KindPermissionSet, KindRoleBinding:
	}
	return string(k)
}

// Difference is what the audit log says where an object gave what is noted, and now gives something else. Both lists are sorted and have each
// text once. What begins with [Denies] takes something away: it counts the other way round.
func Difference(noted, gives []string) (granted, lost []string) {
	was, is := asSet(noted), asSet(gives)
	for _, text := range slices.Sorted(maps.Keys(union(was, is))) {
		switch {
		case was[text] == is[text]:
		case is[text] != strings.HasPrefix(text, Denies):
			granted = append(granted, text)
		default:
			lost = append(lost, text)
		}
	}
	return granted, lost
}

// reaching begin the texts of [Admission.Gives] that say whom an object reaches, and not what it gives. Who is reached no more is known by the rows
// of subjects.
var reaching = []string{"label ", "subject ", "selector "}

// Inherits begins a text of [Admission.Gives] that names a set from which a set inherits: a nearer set may also lower what a farther one gives.
const Inherits = "inherits "

// EndsSessions tells whether by this difference somebody may have lost access, so that sessions that began before have to end. It may say so too
// often, and never too rarely. A level that is raised from Read to Write loses nothing.
func EndsSessions(granted, lost []string) bool {
	loses := func(text string) bool {
		path, read := strings.CutSuffix(text, " Read")
		return (!read || !slices.Contains(granted, path+" Write")) &&
			!slices.ContainsFunc(reaching, func(prefix string) bool { return strings.HasPrefix(text, prefix) })
	}
	inherits := func(text string) bool { return strings.HasPrefix(text, Inherits) }
	return slices.ContainsFunc(lost, loses) || slices.ContainsFunc(granted, inherits)
}

func asSet(texts []string) map[string]bool {
	set := make(map[string]bool, len(texts))
	for _, text := range texts {
		set[text] = true
	}
	return set
}

func union(a, b map[string]bool) map[string]bool {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}
