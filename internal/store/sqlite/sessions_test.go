// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// TestADenialBeginsWhenTheLaterOneHasWritten: the row of a user and a binding may be written by either side long before it counts. It is from then on
// that the binding denies, so that older sessions end, but for a user who had the binding all the time.
func TestADenialBeginsWhenTheLaterOneHasWritten(t *testing.T) {
	const longAgo = 1000
	user := func(labels string, bindings ...store.Bound) store.Change {
		u := account(1)
		u.LabelsHash, u.Bindings = labels, bindings
		return store.Put{Record: u}
	}
	binding := func(generation int64, labels ...string) store.Change {
		b := store.RoleBinding{Meta: store.Meta{UID: "binding", Generation: generation}, InForce: true, Deny: []string{"path"}}
		for _, hash := range labels {
			b.Subjects = append(b.Subjects, store.Subject{UserUID: account(1).UID, LabelsHash: hash})
		}
		return store.Put{Record: b}
	}
	seen := func(generation int64) store.Bound { return store.Bound{BindingUID: "binding", Generation: generation} }
	for sentence, test := range map[string]struct {
		before []store.Change
		after  store.Change
		ends   bool
	}{
		"the user saw a binding that is stored now": {[]store.Change{user("a", seen(1))}, binding(1), true},
		"the user saw a generation that is stored now": {
			[]store.Change{user("a"), binding(1), user("a", seen(2))}, binding(2), true,
		},
		"the user saw it, and had the one before": {
			[]store.Change{user("a", seen(1)), binding(1), user("a", seen(2))}, binding(2), false,
		},
		"the user saw it, and the one before counted for nothing": {
			[]store.Change{user("a"), binding(1, "b"), user("a", seen(2))}, binding(2), true,
		},
		"the binding saw labels that are stored now": {[]store.Change{user("a"), binding(1, "b")}, user("b"), true},
		"the binding saw them, and those before":     {[]store.Change{user("a"), binding(1, "a", "b")}, user("b"), false},
		"both saw each other before": {
			[]store.Change{user("a"), binding(1, "a"), user("b", seen(1))}, binding(2, "b"), false,
		},
		"the binding goes on for the user": {[]store.Change{user("a"), binding(1, "a")}, binding(2, "a"), false},
		"the user goes on with it":         {[]store.Change{user("a"), binding(1, "a")}, user("b", seen(1)), false},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			st := opened(t, filepath.Join(t.TempDir(), "store.db"))
			apply := func(c store.Change) {
				verdicts, err := st.Apply(t.Context(), []store.Group{{c}})
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(verdicts).To(HaveEach(BeNil()))
			}
			for _, change := range test.before {
				apply(change)
			}
			st.exec(t, `UPDATE users SET access_lost_at = NULL, created_at = ?`, longAgo)
			st.exec(t, `UPDATE role_bindings SET access_lost_at = NULL`)
			st.exec(t, `UPDATE role_binding_subjects SET since = ?`, longAgo)
			apply(test.after)
			var levels int
			g.Expect(st.writer.QueryRowContext(t.Context(), `SELECT count(*) FROM effective_permissions`).Scan(&levels)).To(Succeed())
			g.Expect(levels).To(Equal(1), "the binding denies")
			var moment int
			g.Expect(st.writer.QueryRowContext(t.Context(), `SELECT sessions_valid_after FROM active_users`).Scan(&moment)).To(Succeed())
			ended := BeNumerically(">", longAgo+1)
			if !test.ends {
				ended = Not(ended)
			}
			g.Expect(moment).To(ended)
		})
	}
}
