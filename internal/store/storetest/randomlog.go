// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// given are the texts that objects give, by their UIDs.
type given map[string][]string

// history makes changes by chance, and keeps what the records that are stored give.
type history struct {
	dice   *rand.Rand
	stamps []string
	given  given
}

// auditTold makes a history, some of which gets verdicts, and holds the log and what is noted of each object to it.
func auditTold(w *world) {
	const batches = 120
	h := &history{dice: rand.New(rand.NewPCG(3, 4)), given: given{}} //nolint:gosec // G404: the same history every time
	var verdicts []error
	for range batches {
		groups := make([]store.Group, 1+h.dice.IntN(6))
		for i := range groups {
			for range 1 + h.dice.IntN(3) {
				groups[i] = append(groups[i], h.change())
			}
		}
		for i, verdict := range w.batch(groups...) {
			verdicts = append(verdicts, verdict)
			if verdict == nil {
				h.stored(groups[i])
			}
		}
		w.Expect(w.noted()).To(Equal(h.given))
	}
	w.Expect(w.told()).To(Equal(h.given))
	for _, outcome := range []error{nil, store.ErrReplayed, store.ErrTaken, store.ErrNotFound} {
		w.Expect(count(verdicts, outcome)).To(BeNumerically(">", 10), "%v: chance made something of everything", outcome)
	}
}

// record is one of few, so that they meet: of three users each wants the same login.
func (h *history) record() store.Record {
	n := h.dice.IntN(4)
	switch h.dice.IntN(6) {
	case 0:
		return office()
	case 1:
		return set(fmt.Sprintf("set-%d", n))
	case 2:
		return binding(fmt.Sprintf("binding-%d", n), "", []string{"user-0-0"})
	default:
		login := fmt.Sprintf("user-%d", h.dice.IntN(12))
		return user(login, withUID(fmt.Sprintf("%s-%d", login, h.dice.IntN(3))))
	}
}

func (h *history) change() store.Change {
	r := h.record()
	switch dice := h.dice.IntN(40); {
	case dice == 0:
		return issue("never", 1, "v")
	case dice == 1 && r.Key().Kind == store.KindUser:
		return remove(r.Key().UID, store.Orphan)
	case dice < 6 && r.Key().Kind == store.KindUser:
		return remove(r.Key().UID, store.Deactivate)
	case dice < 10:
		return removal(r)
	}
	var gives []string
	for _, text := range []string{"a", "b", "c", "deny a", "deny b", "denyc"} {
		if h.dice.IntN(3) > 0 {
			gives = append(gives, text)
		}
	}
	return admitted(r, h.stamp(), "eve", gives...)
}

// stamp is none, a new one, or one that was used before, by whomever.
func (h *history) stamp() string {
	switch n := h.dice.IntN(10); {
	case n < 3:
		return ""
	case n < 8 || len(h.stamps) == 0:
		h.stamps = append(h.stamps, fmt.Sprintf("stamp-%d", len(h.stamps)))
		return h.stamps[len(h.stamps)-1]
	default:
		return h.stamps[h.dice.IntN(len(h.stamps))]
	}
}

// stored notes a group that got no verdict.
func (h *history) stored(g store.Group) {
	for _, c := range g {
		switch c := c.(type) {
		case store.Put:
			h.given[c.Record.Key().UID] = append([]string{}, c.Admission.Gives...)
		case store.Remove:
			delete(h.given, c.Key.UID)
		case store.RemoveUser:
			if c.Disposal != store.Orphan {
				delete(h.given, c.UID)
			}
		case store.IssueCredential, store.FinishCredential, store.InviteUser, store.RevokeCredential, store.ResetCredentials, store.Release:
		}
	}
}

// noted is what stands beside the records; an orphan keeps what its object gave.
func (w *world) noted() given {
	w.t.Helper()
	noted := given{}
	for _, table := range []string{
		`SELECT office_uid, office_gives FROM owners WHERE office_uid <> '' AND owner = $1 AND back_office = $2`,
		`SELECT uid, gives FROM permission_sets WHERE owner = $1 AND back_office = $2`,
		`SELECT uid, gives FROM role_bindings WHERE owner = $1 AND back_office = $2`,
		`SELECT uid, gives FROM users WHERE uid IS NOT NULL AND (owner = $1 OR owner IS NULL) AND back_office = $2`,
	} {
		for _, row := range w.query(table, owner, shop) {
			noted[row[0]] = w.list(row[1])
		}
	}
	return noted
}

// told is what the log says from its begin: it never grants what is given, nor takes what is not.
func (w *world) told() given {
	w.t.Helper()
	told := map[string]map[string]bool{}
	_, entries := w.log(shop)
	for _, e := range entries {
		w.Expect(slices.IsSorted(e.granted) && slices.IsSorted(e.lost)).To(BeTrue(), "%+v", e)
		if told[e.uid] == nil {
			told[e.uid] = map[string]bool{}
		}
		for i, text := range slices.Concat(e.granted, e.lost) {
			is := (i < len(e.granted)) != strings.HasPrefix(text, store.Denies)
			w.Expect(told[e.uid][text]).To(Equal(!is), "%q of %+v", text, e)
			told[e.uid][text] = is
		}
		if e.action == "Delete" || e.action == "Deactivate" || e.action == "Remove" {
			w.Expect(told[e.uid]).NotTo(ContainElement(true), "%+v", e)
			delete(told, e.uid)
		}
	}
	gives := given{}
	for uid, texts := range told {
		maps.DeleteFunc(texts, func(_ string, is bool) bool { return !is })
		gives[uid] = append([]string{}, slices.Sorted(maps.Keys(texts))...)
	}
	return gives
}
