// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package testkit

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
)

// PostgresServer returns the superuser's URL of a PostgreSQL server: that of POSTGRES_URL, else of one that is started now and lasts until stop,
// which is to be called in any case. What the start prints goes to log.
func PostgresServer(log io.Writer) (url string, stop func() error, err error) {
	if url := os.Getenv("POSTGRES_URL"); url != "" {
		return url, func() error { return nil }, nil
	}
	root, err := devcluster.Repository()
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "postgres-")
	if err != nil {
		return "", nil, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // G302: the server's user is another one
		return "", nil, err
	}
	script, data := filepath.Join(root, "hack", "postgres.sh"), filepath.Join(dir, "server")
	start := exec.Command(script, "start", data) //nolint:gosec // G204: our own script
	start.Stderr = log
	out, err := start.Output()
	if err != nil {
		_ = os.RemoveAll(dir)
		return "", nil, fmt.Errorf("starting PostgreSQL: %w", err)
	}
	return string(bytes.TrimSpace(out)), func() error {
		if err := exec.Command(script, "stop", data).Run(); err != nil { //nolint:gosec // G204: our own script
			return fmt.Errorf("stopping PostgreSQL: %w", err)
		}
		return os.RemoveAll(dir)
	}, nil
}

// RunOnPostgres runs the tests of a package on a PostgreSQL server, of which url gets the superuser's URL, and returns the exit code.
func RunOnPostgres(m interface{ Run() int }, url *string) int {
	address, stop, err := PostgresServer(os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	*url = address
	code := m.Run()
	if err := stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}
