// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/backoffice-operator/backoffice-operator/internal/credential"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/store/sqlite"
)

// patience is how long a step waits for what it expects.
const patience = 30 * time.Second

// demo is a running demonstration.
type demo struct {
	dir, binary string
	cluster     *devcluster.Cluster
	operator    *devcluster.Operator
	password    string // of Lea, as the Secret has it: base64
}

// attempt is how a login is expected to end.
type attempt string

// lea is whose password the demo logs in with.
const lea = "lea.moreau"

const (
	succeeds attempt = "succeeds"
	fails    attempt = "is refused"
)

func (d *demo) startOperator(ctx context.Context) (err error) {
	d.operator, err = d.cluster.StartOperator(ctx, d.binary, filepath.Join(d.dir, "manager.log"), "--sqlite-dir="+d.dir)
	return err
}

func (d *demo) database() string { return filepath.Join(d.dir, "orders_orders.db") }

func heading(text string) { fmt.Printf("\n\033[1m%s\033[0m\n", text) }

func sample(file string) string { return filepath.Join("config", "samples", "orders", file) }

// kubectl runs a command that has to succeed, and shows it with its output.
func (d *demo) kubectl(ctx context.Context, arguments ...string) (string, error) {
	fmt.Println("$ kubectl", show(arguments))
	out, err := d.output(ctx, arguments...)
	indent(out)
	return out, err
}

// quietly runs a command that has to succeed.
func (d *demo) quietly(ctx context.Context, arguments ...string) error {
	_, err := d.output(ctx, arguments...)
	return err
}

// refused runs a command that has to be refused for that reason, and shows both.
func (d *demo) refused(ctx context.Context, reason string, arguments ...string) error {
	fmt.Println("$ kubectl", show(arguments))
	out, err := d.output(ctx, arguments...)
	if err == nil {
		return fmt.Errorf("it was not refused: %s", out)
	}
	indent(err.Error())
	return expect(err.Error(), reason)
}

// output runs kubectl; its error is what kubectl says.
func (d *demo) output(ctx context.Context, arguments ...string) (string, error) {
	cmd := exec.CommandContext(ctx, d.cluster.Kubectl, append(arguments, "--kubeconfig="+d.cluster.AdminKubeconfig)...) // a plugin's name comes first
	cmd.Env = append(os.Environ(), "PATH="+d.dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		return out.String(), errors.New(strings.TrimSpace(problems.String()))
	}
	return out.String(), nil
}

// expectLogin waits until a login with Lea's password from an allowed address ends as expected, as a back office would try it.
func (d *demo) expectLogin(ctx context.Context, wanted attempt) error {
	for start := time.Now(); ; {
		got, err := d.tryLogin(ctx)
		if err != nil {
			return err
		}
		if got == wanted {
			fmt.Printf("  login of %s %s\n", lea, got)
			return nil
		}
		if time.Since(start) > patience {
			return fmt.Errorf("login of %s %s, and not: %s", lea, got, wanted)
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (d *demo) tryLogin(ctx context.Context) (attempt, error) {
	text, err := base64.StdEncoding.DecodeString(d.password)
	if err != nil {
		return "", err
	}
	rows, err := d.query(ctx, "SELECT verifier, coalesce(previous_verifier, '') FROM active_users WHERE back_office = 'orders' AND login = $1", lea)
	if err != nil || len(rows) == 0 {
		return fails, err
	}
	for _, verifier := range rows[0] {
		if verifier == "" {
			continue
		}
		fits, err := credential.Verify(verifier, credential.NewPassword(string(text)))
		if err != nil {
			return fails, err
		}
		if fits {
			return succeeds, nil
		}
	}
	return fails, nil
}

// query reads the store as the back office does.
func (d *demo) query(ctx context.Context, query string, arguments ...any) (rows [][]string, err error) {
	db, err := sqlite.OpenReader(d.database())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	found, err := db.QueryContext(ctx, query, arguments...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Close() }() // Err tells
	columns, err := found.Columns()
	if err != nil {
		return nil, err
	}
	for found.Next() {
		row, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := found.Scan(into...); err != nil {
			return nil, err
		}
		text := make([]string, len(row))
		for i := range row {
			text[i] = row[i].String
		}
		rows = append(rows, text)
	}
	return rows, found.Err()
}

// fingerprint is everything that a restart could change.
func (d *demo) fingerprint(ctx context.Context) (string, error) {
	objects, err := d.output(ctx, "get", "backoffices,permissionsets.access.backoffice-operator.io,rolebindings.access.backoffice-operator.io,backofficeusers,secrets",
		"-n", "orders", "-o", `jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.resourceVersion}{"\n"}{end}`)
	if err != nil {
		return "", err
	}
	rows, err := d.query(ctx, "SELECT u.login, u.state, c.version, c.verifier FROM users u JOIN credentials c ON c.user_id = u.id ORDER BY u.login")
	return objects + fmt.Sprint(rows), err
}

func expect(out string, wanted ...string) error {
	for _, text := range wanted {
		if !strings.Contains(out, text) {
			return fmt.Errorf("expected to see %q", text)
		}
	}
	return nil
}

func indent(text string) {
	for line := range strings.Lines(text) {
		fmt.Print("  ", line)
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		fmt.Println()
	}
}

// show quotes what a shell would take apart.
func show(arguments []string) string {
	shown := make([]string, len(arguments))
	for i, a := range arguments {
		if shown[i] = a; strings.ContainsAny(a, `{}" '`) {
			shown[i] = "'" + a + "'"
		}
	}
	return strings.Join(shown, " ")
}
