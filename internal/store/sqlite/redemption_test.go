// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// redeemIn has the test binary be an application: it names the file of a database, of which each token that comes as a line of the standard input
// is redeemed. The answer is a line: the account's ID and a blank, or a blank and what went wrong, or a blank.
const redeemIn = "TEST_REDEEM_IN"

func TestMain(m *testing.M) {
	if path := os.Getenv(redeemIn); path != "" {
		redeemLines(path, os.Stdin, os.Stdout)
		return
	}
	os.Exit(m.Run())
}

func redeemLines(path string, in io.Reader, out io.Writer) {
	a, err := anApplication(path)
	if err != nil {
		_, _ = fmt.Fprintln(out, "", err)
		return
	}
	defer func() { _ = a.db.Close() }() // the process ends
	for lines := bufio.NewScanner(in); lines.Scan(); {
		id, err := a.redeemToken(context.Background(), "shop", lines.Text(), chosen(os.Getpid(), lines.Text()))
		problem := ""
		if err != nil {
			problem = err.Error()
		}
		_, _ = fmt.Fprintln(out, id, problem)
	}
}

// chosen is a verifier that tells who redeemed a token.
func chosen(process int, token string) string { return fmt.Sprintf("$%d$%s", process, token) }

// redeemer is another process that redeems tokens. It returns the answers, by token, and the process's number.
func redeemer(t *testing.T, path string, tokens []string) (answers map[string]string, process int) {
	t.Helper()
	g := NewWithT(t)
	self, err := os.Executable()
	g.Expect(err).NotTo(HaveOccurred())
	command := exec.CommandContext(t.Context(), self)
	command.Env = append(os.Environ(), redeemIn+"="+path)
	command.Stdin, command.Stderr = strings.NewReader(strings.Join(tokens, "\n")), os.Stderr
	out, err := command.Output()
	g.Expect(err).NotTo(HaveOccurred())
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	g.Expect(lines).To(HaveLen(len(tokens)), "%s", out)
	answers = map[string]string{}
	for i, line := range lines {
		id, problem, _ := strings.Cut(line, " ")
		g.Expect(problem).To(BeEmpty(), tokens[i])
		answers[tokens[i]] = id
	}
	return answers, command.Process.Pid
}

// TestProcessesRedeemWhileTheOperatorWrites: of two applications one redeems each token, and nothing that the operator writes meanwhile is lost.
func TestProcessesRedeemWhileTheOperatorWrites(t *testing.T) {
	const users = 40
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "store.db")
	st := opened(t, path)
	var tokens []string
	var invitations []store.Group
	for i := range users {
		token := fmt.Sprintf("token-%d", i)
		tokens = append(tokens, token)
		invitations = append(invitations, store.Group{store.Put{Record: account(i)}, invitation(i, 1, token)})
	}
	g.Expect(st.Apply(t.Context(), invitations)).To(HaveEach(BeNil()))

	done, generation := make(chan struct{}), int64(1)
	var writing, redeeming sync.WaitGroup
	writing.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				generation++
			}
			var groups []store.Group
			for i := range users {
				u := account(i)
				u.Generation, u.Description = generation, fmt.Sprint(generation)
				groups = append(groups, store.Group{store.Put{Record: u}})
			}
			verdicts, err := st.Apply(t.Context(), groups)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(verdicts).To(HaveEach(BeNil()))
		}
	})
	var answers [2]map[string]string
	var processes [2]int
	start := time.Now()
	for i := range answers {
		redeeming.Go(func() { answers[i], processes[i] = redeemer(t, path, tokens) })
	}
	redeeming.Wait()
	close(done)
	writing.Wait()
	t.Logf("%d tokens in %s, while %d generations of all users were written", users, time.Since(start).Round(time.Millisecond), generation-1)

	g.Expect(generation).To(BeNumerically(">", 2))
	found := stored(t, st)
	g.Expect(found).To(HaveLen(users))
	for _, o := range found {
		u, _ := o.Record.(store.User)
		token := strings.Replace(u.Login, "user", "token", 1)
		g.Expect([]string{answers[0][token], answers[1][token]}).To(ConsistOf(o.ID, ""), "one of them")
		winner := 0
		if answers[0][token] == "" {
			winner = 1
		}
		g.Expect(u.Description).To(Equal(fmt.Sprint(generation)))
		g.Expect(o.Credential.Verifier).To(Equal(chosen(processes[winner], token)))
		g.Expect(o.Credential.Version).To(BeEquivalentTo(2))
	}
	var mails int
	g.Expect(st.writer.QueryRowContext(t.Context(), `SELECT count(*) FROM outbox`).Scan(&mails)).To(Succeed())
	g.Expect(mails).To(BeZero())
}

// invitation of the user account(i).
func invitation(i int, version int64, token string) store.InviteUser {
	return store.InviteUser{UserUID: account(i).UID, Version: version, Token: token, TokenHash: hashOf(token), ValidFor: time.Hour}
}

// TestARedemptionThatStopsHalfwayChangesNothing: an application that dies between two statements leaves the token as it was.
func TestARedemptionThatStopsHalfwayChangesNothing(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "store.db")
	st := opened(t, path)
	first := store.IssueCredential{UserUID: account(1).UID, Version: 1, Verifier: "$first"}
	g.Expect(st.Apply(t.Context(), []store.Group{{store.Put{Record: account(1)}, first, invitation(1, 2, "token")}})).To(HaveEach(BeNil()))
	before := stored(t, st)
	a := newApplication(t, path)
	whole := a.redeem
	for n := range len(whole) {
		a.redeem = append(whole[:n:n], `SELECT no_such_function()`)
		_, err := a.redeemToken(t.Context(), "shop", "token", "$chosen")
		g.Expect(err).To(HaveOccurred())
		g.Expect(stored(t, st)).To(Equal(before), "after %d statements", n)
	}
	a.redeem = whole
	g.Expect(a.redeemToken(t.Context(), "shop", "token", "$chosen")).To(Equal(before[0].ID))
	g.Expect(stored(t, st)[0].Credential.Source).To(Equal(store.SourceChosen))
}

// TestOldApplicationsRedeem: what SQLite has learnt since 3.30 stays out of what an application is told to run.
func TestOldApplicationsRedeem(t *testing.T) {
	g := NewWithT(t)
	blocks, err := documented()
	g.Expect(err).NotTo(HaveOccurred())
	for _, block := range blocks {
		for _, statement := range block {
			g.Expect(statement).NotTo(MatchRegexp(sinceVersion330), statement)
			g.Expect(statement).NotTo(MatchRegexp(`(?is)^UPDATE\b[^;]*\bSET\b[^()]*\bFROM\b`), "UPDATE FROM is younger")
		}
	}
}

// TestAnApplicationIsAskedByAnIndex: neither a token nor the mails are looked for among all users.
func TestAnApplicationIsAskedByAnIndex(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	st := opened(t, path)
	a := newApplication(t, path)
	values := map[string]any{"back_office": "shop", "token_hash": "h", "verifier": "$v", "id": "id"}
	scan := regexp.MustCompile(`^SCAN [a-z]\S*( USING .*)?$`)
	for _, change := range []string{`PRAGMA user_version`, `ANALYZE`} {
		st.exec(t, change)
		for _, statement := range append([]string{a.find[1], a.mail[0], a.sent[0]}, a.redeem[:len(a.redeem)-1]...) {
			g := NewWithT(t)
			rows, err := st.writer.QueryContext(t.Context(), `EXPLAIN QUERY PLAN `+statement, named(statement, values)...)
			g.Expect(err).NotTo(HaveOccurred(), statement)
			for rows.Next() {
				var id, parent, unused int
				var step string
				g.Expect(rows.Scan(&id, &parent, &unused, &step)).To(Succeed())
				g.Expect(step).NotTo(MatchRegexp(scan.String()), statement)
				g.Expect(step).NotTo(MatchRegexp(`SEARCH (u|users|c|credentials) .*\(back_office=\?\)$`), statement)
			}
			g.Expect(rows.Err()).NotTo(HaveOccurred())
		}
	}
}
