// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"encoding/json"
	"fmt"
	"strconv"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// entry is a row of the audit log, without its id and its time.
type entry struct {
	action, kind, namespace, name, uid, generation, actor, stamp string
	granted, lost                                                []string
}

// log are the rows of this owner and back office, with their ids, in the order in which they were written.
func (w *world) log(backOffice string) (ids []string, entries []entry) {
	w.t.Helper()
	for _, row := range w.query(`
		SELECT id, action, kind, namespace, name, uid, generation, actor, stamp, granted, lost
		FROM audit_log WHERE owner = $1 AND back_office = $2 ORDER BY at, id`, owner, backOffice) {
		ids = append(ids, row[0])
		entries = append(entries, entry{
			action: row[1], kind: row[2], namespace: row[3], name: row[4], uid: row[5], generation: row[6], actor: row[7], stamp: row[8],
			granted: w.list(row[9]), lost: w.list(row[10]),
		})
	}
	return ids, entries
}

// list reads a JSON array of text.
func (w *world) list(cell string) (items []string) {
	w.t.Helper()
	w.Expect(json.Unmarshal([]byte(cell), &items)).To(Succeed(), cell)
	w.Expect(items).NotTo(BeNil(), "an array, also where it is empty")
	return items
}

// news are the rows that f adds.
func (w *world) news(f func()) (added []entry) {
	w.t.Helper()
	before := map[string]bool{}
	ids, _ := w.log(shop)
	for _, id := range ids {
		before[id] = true
	}
	f()
	ids, entries := w.log(shop)
	for i, id := range ids {
		if !before[id] {
			added = append(added, entries[i])
		}
	}
	return added
}

// newsOf are the rows that a group adds which must not get a verdict.
func (w *world) newsOf(changes ...store.Change) []entry {
	w.t.Helper()
	return w.news(func() { w.must(changes...) })
}

// admitted is the change that writes a record as it was admitted.
func admitted(r store.Record, stamp, actor string, gives ...string) store.Put {
	return store.Put{Record: withMeta(r, func(m *store.Meta) { m.Stamp = stamp }), Admission: store.Admission{Actor: actor, Gives: gives}}
}

// withMeta is the record with another Meta.
func withMeta(r store.Record, change func(*store.Meta)) store.Record {
	switch r := r.(type) {
	case store.Office:
		change(&r.Meta)
		return r
	case store.PermissionSet:
		change(&r.Meta)
		return r
	case store.RoleBinding:
		change(&r.Meta)
		return r
	case store.User:
		change(&r.Meta)
		return r
	default:
		panic(fmt.Sprintf("a record of type %T", r))
	}
}

// oneOfEach are records of all kinds.
func oneOfEach() []store.Record {
	return []store.Record{office(), set("clerk"), binding("team", "clerk", []string{"ann"}), user("ann")}
}

// written is the row of a Put of a record, which neither grants nor takes anything; change says what is special.
func written(r store.Record, change func(*entry)) entry {
	kinds := map[store.Kind]string{
		store.KindOffice: "BackOffice", store.KindPermissionSet: "PermissionSet", store.KindRoleBinding: "RoleBinding", store.KindUser: "BackOfficeUser",
	}
	e := entry{action: "Put", kind: kinds[r.Key().Kind], granted: []string{}, lost: []string{}}
	withMeta(r, func(m *store.Meta) {
		e.namespace, e.name, e.uid, e.generation = m.Namespace, m.Name, m.UID, strconv.FormatInt(m.Generation, 10)
	})
	change(&e)
	return e
}

// by is the row of an admission.
func by(actor, stamp string, change func(*entry)) func(*entry) {
	return func(e *entry) {
		e.actor, e.stamp = actor, stamp
		change(e)
	}
}

func granting(texts ...string) func(*entry) { return func(e *entry) { e.granted = texts } }
func losing(texts ...string) func(*entry)   { return func(e *entry) { e.lost = texts } }
func nothing(*entry)                        {}

// removing is the row of a removal.
func removing(action string, change func(*entry)) func(*entry) {
	return func(e *entry) {
		e.action = action
		change(e)
	}
}

// removal is the change that removes a record.
func removal(r store.Record) store.Change {
	if r.Key().Kind == store.KindUser {
		return remove(r.Key().UID, store.Delete)
	}
	return store.Remove{Key: r.Key()}
}
