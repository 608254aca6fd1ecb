// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"strings"

	"k8s.io/apimachinery/pkg/types"
)

// symbol is a short word for the value of a label. 0 is none.
type symbol uint16

// maxSymbols bounds how many values are told apart: there are fewer than a hundred, but whoever may write status may write anything. What is too
// much is told as Other.
const maxSymbols = 256

// symbols are the values that were met.
type symbols struct {
	ids   map[string]symbol
	names []string
}

func newSymbols() symbols {
	return symbols{ids: map[string]symbol{"": 0, other: 1}, names: []string{"", other}}
}

func (s *symbols) of(name string) symbol {
	if id, met := s.ids[name]; met {
		return id
	}
	if len(s.names) == maxSymbols {
		return s.ids[other]
	}
	name = strings.Clone(name) // of an object that may go
	id := symbol(len(s.names)) //nolint:gosec // There are at most maxSymbols.
	s.names, s.ids[name] = append(s.names, name), id
	return id
}

// place is a back office that objects name, whether there is one or not.
type place struct {
	name    types.NamespacedName
	members int
	counts  *counts // while it is counted
}

// places are those that objects name now.
type places map[types.NamespacedName]*place

// take is the place of one more object.
func (p places) take(name types.NamespacedName) *place {
	at := p[name]
	if at == nil {
		at = &place{name: name}
		p[name] = at
	}
	at.members++
	return at
}

// leave takes an object from its place, nil for none.
func (p places) leave(at *place) {
	if at == nil {
		return
	}
	if at.members--; at.members == 0 {
		delete(p, at.name)
	}
}
