// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package agreement_test holds the drivers to the pure model: back offices that chance has made are stored by each driver, and what the views of
// each say is compared, row by row, with what package access says.
//
//	dice -> world -> records -> SQLite, PostgreSQL -> views -> rows
//	             \-> access.World -> rows                       all equal
package agreement_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// server is the superuser's URL of the PostgreSQL server: that of POSTGRES_URL, else of a server for this run alone.
var server string

func TestMain(m *testing.M) {
	code, err := runOnServer(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runOnServer(m *testing.M) (int, error) {
	if server = os.Getenv("POSTGRES_URL"); server != "" {
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "postgres-")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.Chmod(dir, 0o755); err != nil { // the server's user is another one
		return 0, err
	}
	script, data := filepath.Join("..", "..", "..", "hack", "postgres.sh"), filepath.Join(dir, "server")
	start := exec.Command(script, "start", data)
	start.Stderr = os.Stderr
	url, err := start.Output()
	if err != nil {
		return 0, fmt.Errorf("starting PostgreSQL: %w", err)
	}
	defer func() { _ = exec.Command(script, "stop", data).Run() }()
	server = string(bytes.TrimSpace(url))
	return m.Run(), nil
}
