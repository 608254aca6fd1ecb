// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"io/fs"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// TestListsThatSomebodyElseHasWritten: what cannot be read is no error, which would hide all other records, but a record that nobody wants.
func TestListsThatSomebodyElseHasWritten(t *testing.T) {
	filters := []store.Filter{{Dimension: "region", Mode: "Only", Access: "ReadWrite", Values: []string{"north"}, Default: "north"}}
	u, b, s := account(1), store.RoleBinding{Meta: store.Meta{UID: "binding"}, Filters: filters}, clerk("Read")
	u.Filters, u.Settings = filters, []store.Setting{{Name: "theme", Value: "dark"}}
	for sentence, test := range map[string]struct {
		written string
		record  store.Record
	}{
		"a filter's values are no JSON":       {`UPDATE user_filters SET filter_values = 'north'`, u},
		"a filter's values are a text":        {`UPDATE user_filters SET filter_values = '"north"'`, u},
		"a filter's groups are numbers":       {`UPDATE role_binding_filters SET filter_groups = '[1]'`, b},
		"a filter's tags are empty text":      {`UPDATE role_binding_filters SET filter_tags = ''`, b},
		"settings are a list":                 {`UPDATE users SET settings = '["theme"]'`, u},
		"a setting is a number":               {`UPDATE users SET settings = '{"theme":1}'`, u},
		"account types are an object":         {`UPDATE permission_sets SET account_types = '{}'`, s},
		"what is bypassed is not even a list": {`UPDATE permission_sets SET bypass = 'region'`, s},
		"what is bypassed is a list of lists": {`UPDATE permission_sets SET bypass = '[["region"]]'`, s},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			st, c := counted(t)
			put := store.Group{store.Put{Record: test.record}}
			read := func() store.Record {
				var found []store.Record
				for o, err := range st.Observe(t.Context()) {
					g.Expect(err).NotTo(HaveOccurred())
					found = append(found, o.Record)
				}
				g.Expect(found).To(HaveLen(1))
				return found[0]
			}
			statements(t, st, c, put)
			g.Expect(read()).To(Equal(test.record))
			st.(*Store).exec(t, test.written)
			g.Expect(store.HashOf(read())).NotTo(Equal(store.HashOf(test.record)))
			statements(t, st, c, put)
			g.Expect(read()).To(Equal(test.record))
		})
	}
}

// sinceVersion330 is what is younger than the SQLite that an application may have.
const sinceVersion330 = `->|\b(?i:iif|unixepoch|format|concat|concat_ws|string_agg|timediff|octet_length|jsonb\w*)\(|` +
	`\b(?i:MATERIALIZED|RETURNING|STRICT|RIGHT|FULL|GENERATED)\b`

// TestOldApplicationsReadTheViews: what SQLite has learnt since 3.30 stays out of what an application reads.
func TestOldApplicationsReadTheViews(t *testing.T) {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	g := NewWithT(t)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(files).To(HaveLen(2))
	for _, file := range files {
		text, err := fs.ReadFile(migrations, file)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(string(text)).NotTo(MatchRegexp(sinceVersion330), file)
		g.Expect(string(text)).NotTo(MatchRegexp(`(?i)IS (NOT )?DISTINCT FROM|json_group_array\([^()]*ORDER BY`), file)
	}
}
