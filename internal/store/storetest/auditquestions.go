// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"strings"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// The questions of docs/store.md.
const (
	whatDidActorGrant = `
		SELECT at, action, kind, namespace, name, granted, lost
		FROM audit_log WHERE back_office = $1 AND actor = $2 ORDER BY at, id`
	whoGaveAccountWhat = `
		SELECT at, action, actor, kind, namespace, name, granted, lost
		FROM audit_log
		WHERE back_office = $1 AND uid IN (
			SELECT CAST($2 AS text)
			UNION SELECT binding_uid FROM role_binding_subjects WHERE back_office = $1 AND user_uid = $2
			UNION SELECT c.ancestor_uid
			FROM role_binding_subjects s
			JOIN role_bindings b ON b.owner = s.owner AND b.back_office = s.back_office AND b.uid = s.binding_uid
			JOIN permission_set_closure c ON c.owner = b.owner AND c.back_office = b.back_office AND c.set_uid = b.permission_set_uid
			WHERE s.back_office = $1 AND s.user_uid = $2
		)
		ORDER BY at, id`
)

// auditQuestions asks in a back office in which eve and bob have handed out access, and each has also given something to others.
func auditQuestions(w *world) {
	viewer := set("viewer", grants("a", read))
	clerk := set("clerk", inherits("viewer", 1))
	for _, p := range []store.Put{
		admitted(office(), "1", "root", "delegation"),
		admitted(viewer, "2", "bob", "a Read"), admitted(clerk, "3", "eve", "b Write"), admitted(set("other"), "4", "eve", "c Read"),
		admitted(user("ann"), "5", "bob", "login ann"), admitted(user("cy"), "6", "bob", "login cy"),
		admitted(binding("team", "clerk", []string{"ann"}), "7", "eve", "clerk to ann"),
		admitted(binding("others", "other", []string{"cy"}), "8", "eve", "other to cy"),
		admitted(viewer, "2", "bob", "deny d"), // facts
	} {
		w.must(p)
	}
	w.must(remove("cy", store.Delete))
	w.Expect(w.query(`SELECT count(*) FROM audit_log`)).To(Equal([][]string{{"10"}}))
	w.Expect(w.answers(whatDidActorGrant, "eve")).To(Equal([][]string{
		{"Put", "PermissionSet", "default", "clerk", "b Write", ""},
		{"Put", "PermissionSet", "default", "other", "c Read", ""},
		{"Put", "RoleBinding", "default", "team", "clerk to ann", ""},
		{"Put", "RoleBinding", "default", "others", "other to cy", ""},
	}))
	w.Expect(w.answers(whoGaveAccountWhat, "ann")).To(Equal([][]string{
		{"Put", "bob", "PermissionSet", "default", "viewer", "a Read", ""},
		{"Put", "eve", "PermissionSet", "default", "clerk", "b Write", ""},
		{"Put", "bob", "BackOfficeUser", "default", "ann", "login ann", ""},
		{"Put", "eve", "RoleBinding", "default", "team", "clerk to ann", ""},
		{"Put", "", "PermissionSet", "default", "viewer", "", "a Read, deny d"},
	}))
	w.Expect(w.answers(whoGaveAccountWhat, "cy")).To(Equal([][]string{
		{"Put", "bob", "BackOfficeUser", "default", "cy", "login cy", ""},
		{"Delete", "", "BackOfficeUser", "default", "cy", "", "login cy"},
	}), "of an account that is gone its own rows are left")
}

// answers are the rows of a question without their times, their lists as plain text.
func (w *world) answers(question, about string) (answers [][]string) {
	w.t.Helper()
	for _, row := range w.query(question, shop, about) {
		lists := len(row) - 2
		for i, cell := range row[lists:] {
			row[lists+i] = strings.Join(w.list(cell), ", ")
		}
		answers = append(answers, row[1:])
	}
	return answers
}
