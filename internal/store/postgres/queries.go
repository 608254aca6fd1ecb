// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"embed"
	"strings"
)

//go:embed queries/*.sql
var queries embed.FS

var (
	settingsSQL        = statement("settings")
	inspectSQL         = statement("inspect")
	versionSQL         = statement("version")
	claimSQL           = statement("claim")
	pingSQL            = statement("ping")
	readersSQL         = statement("readers")
	applySQL           = statement("apply")
	observeOfficeSQL   = statement("observe_office")
	observeSetsSQL     = statement("observe_sets")
	observeBindingsSQL = statement("observe_bindings")
	observeUsersSQL    = statement("observe_users")
)

// statement is a query without the lines that are comments: where the server shows what is running, it begins with the query.
func statement(name string) string {
	text, err := queries.ReadFile("queries/" + name + ".sql")
	if err != nil {
		panic(err) // it is embedded
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if trimmed := strings.TrimSpace(line); trimmed != "" && !strings.HasPrefix(trimmed, "--") {
			lines = append(lines, line)
		}
	}
	return strings.TrimSpace(strings.Join(lines, ""))
}
