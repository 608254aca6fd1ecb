// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

// application is a back office, or its mailer, which does what docs/store.md says of SQLite, word by word, on connections of its own.
type application struct {
	db *sql.DB
	// find asks whose token it is, redeem are the statements after it, mail reads the outbox, and sent tells that a mail was sent.
	find, redeem, mail, sent []string
}

// newApplication opens the file as an application does that knows nothing of the driver.
func newApplication(t *testing.T, path string) *application {
	t.Helper()
	a, err := anApplication(path)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = a.db.Close() })
	return a
}

func anApplication(path string) (*application, error) {
	blocks, err := documented()
	if err != nil {
		return nil, err
	}
	db, err := Driver{}.pool((&url.URL{Scheme: "file", Path: path, RawQuery: "mode=rw&_busy_timeout=" + busyTimeout}).String(), 8)
	if err != nil {
		return nil, err
	}
	return &application{db: db, find: blocks[0], redeem: blocks[1], mail: blocks[2], sent: blocks[3]}, nil
}

// documented are the blocks of SQL for SQLite in docs/store.md: the statements of each.
func documented() (blocks [][]string, err error) {
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "store.md"))
	if err != nil {
		return nil, err
	}
	for i, part := range strings.Split(string(page), "```") {
		text, ok := strings.CutPrefix(part, "sql sqlite\n")
		if !ok || i%2 == 0 {
			continue
		}
		var statements []string
		for s := range strings.SplitSeq(text, ";") {
			if s = strings.TrimSpace(s); s != "" {
				statements = append(statements, s)
			}
		}
		blocks = append(blocks, statements)
	}
	if len(blocks) != 4 {
		return nil, fmt.Errorf("the page has %d blocks, and not those to find, to redeem, to read mails, and to tell that they were sent", len(blocks))
	}
	return blocks, nil
}

var parameter = regexp.MustCompile(`:(\w+)`)

// named are those of the values that a statement names.
func named(statement string, values map[string]any) (arguments []any) {
	seen := map[string]bool{}
	for _, found := range parameter.FindAllStringSubmatch(statement, -1) {
		if name := found[1]; !seen[name] {
			seen[name] = true
			arguments = append(arguments, sql.Named(name, values[name]))
		}
	}
	return arguments
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// redeemToken returns the account's ID; empty where the token is refused.
func (a *application) redeemToken(ctx context.Context, backOffice, token, verifier string) (id string, err error) {
	conn, err := a.db.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }() // it goes back to its pool
	values := map[string]any{"back_office": backOffice, "token_hash": hashOf(token), "verifier": verifier}
	begin, find := a.find[0], a.find[1]
	if _, err := conn.ExecContext(ctx, begin); err != nil {
		return "", err
	}
	err = conn.QueryRowContext(ctx, find, named(find, values)...).Scan(&id)
	if err != nil {
		_, rolledBack := conn.ExecContext(ctx, `ROLLBACK`)
		if errors.Is(err, sql.ErrNoRows) {
			err = nil
		}
		return "", errors.Join(err, rolledBack)
	}
	values["id"] = id
	for _, statement := range a.redeem {
		if _, err := conn.ExecContext(ctx, statement, named(statement, values)...); err != nil {
			_, rolledBack := conn.ExecContext(ctx, `ROLLBACK`)
			return "", errors.Join(err, rolledBack)
		}
	}
	return id, nil
}

// mailSent tells that a row of the outbox has been sent; false where there was none.
func (a *application) mailSent(ctx context.Context, id string) (bool, error) {
	conn, err := a.db.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer func() { _ = conn.Close() }() // it goes back to its pool
	if _, err := conn.ExecContext(ctx, a.sent[0], sql.Named("id", id)); err != nil {
		return false, err
	}
	var changed int
	err = conn.QueryRowContext(ctx, a.sent[1]).Scan(&changed)
	return changed == 1, err
}
