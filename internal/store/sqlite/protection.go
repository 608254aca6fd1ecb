// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"encoding/json"
	"slices"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// need is a [store.Need] as it is stored.
type need struct {
	Family string `json:"family"`
	Rank   int32  `json:"rank"`
}

// protectionOf is what is stored of needs.
func protectionOf(needs []store.Need) string {
	stored := make([]need, len(needs))
	for i, n := range needs {
		stored[i] = need(n)
	}
	return list(stored)
}

// reach tells whether power is enough for what protects a row. What cannot be read is reached by nobody.
func reach(power []store.Power, protection string) bool {
	var needs []need
	if err := json.Unmarshal([]byte(protection), &needs); err != nil {
		return false
	}
	for _, n := range needs {
		if !slices.ContainsFunc(power, n.reachedBy) {
			return false
		}
	}
	return true
}

func (n need) reachedBy(p store.Power) bool {
	return p.Rank <= n.Rank && (len(p.Families) == 0 || (n.Family != "" && slices.Contains(p.Families, n.Family)))
}
