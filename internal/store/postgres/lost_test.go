// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// TestWhatWasWrittenIsLost: a store that does not hold any more what was written says so, and can be opened anew. Nobody's row is to blame.
func TestWhatWasWrittenIsLost(t *testing.T) {
	t.Parallel()
	for about, lose := range map[string]func(schema string) string{
		"the schema is gone":      func(schema string) string { return "DROP SCHEMA " + schema + " CASCADE" },
		"the schema is empty":     func(schema string) string { return "DROP SCHEMA " + schema + " CASCADE; CREATE SCHEMA " + schema },
		"a backup has come back":  func(schema string) string { return "UPDATE " + schema + ".owners SET fence = fence - 1" },
		"one without this office": func(schema string) string { return "DELETE FROM " + schema + ".owners" },
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			g, o := NewWithT(t), newOptions(t)
			newStore(t, o) // a second one has a fence that a backup may lack
			s := newStore(t, o)
			g.Expect(s.Ping(t.Context())).NotTo(BeZero())
			do(t, connect(t, server), lose(o.Schema))
			_, err := s.Ping(t.Context())
			g.Expect(err).To(MatchError(store.ErrLost))
			_, err = s.Apply(t.Context(), []store.Group{put(user("ann"))})
			g.Expect(err).To(Or(MatchError(store.ErrUnavailable), MatchError(store.ErrFenced)))
			for _, err := range s.Observe(t.Context()) {
				g.Expect(err).To(MatchError(store.ErrUnavailable), "where it can be read, there is nothing")
			}
			again := newStore(t, o)
			g.Expect(again.Ping(t.Context())).NotTo(BeZero())
			g.Expect(again.Apply(t.Context(), []store.Group{put(user("ann"))})).To(HaveEach(BeNil()))
		})
	}
}
