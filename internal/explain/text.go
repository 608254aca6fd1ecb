// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"fmt"
	"strings"
)

// String tells the source, such as "set customer-service > viewer (orders Read) through binding support-team".
func (s Source) String() string {
	sets := strings.Join(s.Via, " > ")
	switch {
	case s.Kind == FromDeny && sets == "":
		return fmt.Sprintf("denied by binding %s (%s)", s.Binding, s.Path)
	case s.Kind == FromDeny:
		return fmt.Sprintf("denied by set %s (%s) through binding %s", sets, s.Path, s.Binding)
	case s.Kind == FromGrant:
		return fmt.Sprintf("grant of binding %s (%s %s)", s.Binding, s.Path, s.Level)
	}
	return fmt.Sprintf("set %s (%s %s) through binding %s", sets, s.Path, s.Level, s.Binding)
}

// From are the sources that decide, as texts.
func (p Permission) From() []string {
	var from []string
	for _, s := range p.Sources {
		if s.Decides {
			from = append(from, s.String())
		}
	}
	return from
}
