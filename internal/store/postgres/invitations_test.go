// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// invite is the change by which a user gets a token.
func invite(uid string, version int64, token string) store.InviteUser {
	sum := sha256.Sum256([]byte(token))
	return store.InviteUser{UserUID: uid, Version: version, Token: token, TokenHash: hex.EncodeToString(sum[:]), ValidFor: time.Hour}
}

// invited is a user with an e-mail address, who has a token.
func invited(uid, token string) store.Group {
	return append(put(user(uid, func(u *store.User) { u.Email = uid + "@shop.example" })), invite(uid, 1, token))
}

// redeem is what an application does; empty where it is refused.
func redeem(t *testing.T, conn *pgx.Conn, token, verifier string) string {
	t.Helper()
	return value[string](t, conn, "SELECT coalesce(redeem_token('shop', $1, $2)::text, '')", token, verifier)
}

// TestRedeemRights: who may redeem, and who may send mail, may do nothing else.
func TestRedeemRights(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	s, admin := newStore(t, o), connect(t, schemaURL(o.Schema))
	g.Expect(s.Apply(t.Context(), []store.Group{invited("ann", "t-ann"), invited("bob", "t-bob")})).To(HaveEach(BeNil()))
	application := newReader(t, o, "EXECUTE ON FUNCTION redeem_token")
	mailer := newReader(t, o, "SELECT ON outbox_mail", "EXECUTE ON FUNCTION mail_sent")
	stranger := newReader(t, o)

	id := value[string](t, mailer, "SELECT id::text FROM outbox_mail WHERE back_office = 'shop' AND login = 'ann' AND token = 't-ann'")
	g.Expect(value[bool](t, mailer, "SELECT mail_sent($1::text::uuid)", id)).To(BeTrue())
	g.Expect(value[bool](t, mailer, "SELECT mail_sent($1::text::uuid)", id)).To(BeFalse(), "it is gone")
	g.Expect(redeem(t, application, "t-ann", "$ann")).To(Equal(value[string](t, admin, "SELECT id::text FROM users WHERE login = 'ann'")))
	g.Expect(value[string](t, admin, "SELECT verifier FROM active_users WHERE login = 'ann'")).To(Equal("$ann"))

	for name, c := range map[string]struct {
		conn            *pgx.Conn
		tables, execute []string
	}{
		"application": {application, nil, []string{"redeem_token"}},
		"mailer":      {mailer, []string{"outbox_mail"}, []string{"mail_sent"}},
		"stranger":    {stranger, nil, nil},
	} {
		tables := value[[]string](t, c.conn, `SELECT coalesce(array_agg(relname::text), '{}') FROM pg_class
			WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'v') AND has_any_column_privilege(oid, 'SELECT, INSERT, UPDATE')`)
		g.Expect(tables).To(ConsistOf(c.tables), name)
		trusted := value[[]string](t, c.conn, `SELECT coalesce(array_agg(proname::text), '{}') FROM pg_proc
			WHERE pronamespace = current_schema()::regnamespace AND prosecdef AND has_function_privilege(oid, 'EXECUTE')`)
		g.Expect(trusted).To(ConsistOf(c.execute), "%s: functions that have the rights of the operator", name)
		for _, statement := range []string{
			"SELECT apply('owner-1', 'shop', 1, '[]')", "SELECT end_sessions(gen_random_uuid())", "SELECT drop_credential(gen_random_uuid())",
			"SELECT put_credential(jsonb_populate_record(NULL::credentials, '{}'))", "SELECT lock_owner('owner-1', 'shop')",
			"DELETE FROM outbox", "SELECT token_hash FROM credentials", "SELECT token FROM outbox", "SELECT verifier FROM active_users",
		} {
			g.Expect(refusal(t, c.conn, statement).Code).To(Equal("42501"), "%s: %s", name, statement)
		}
	}
	g.Expect(refusal(t, mailer, "SELECT redeem_token('shop', 't-bob', '$x')").Code).To(Equal("42501"))
	g.Expect(refusal(t, application, "SELECT mail_sent(gen_random_uuid())").Code).To(Equal("42501"))
}

// TestRedeemIsNotDeceived: what a caller has in its own schemas, or asks of the view, changes nothing and shows nothing.
func TestRedeemIsNotDeceived(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	s := newStore(t, o)
	held := invited("held", "t-held")
	held[0] = store.Put{Record: user("held", func(u *store.User) { u.Email, u.Held = "held@shop.example", true })}
	g.Expect(s.Apply(t.Context(), []store.Group{invited("ann", "t-ann"), held})).To(HaveEach(BeNil()))
	attacker := newReader(t, o, "EXECUTE ON FUNCTION redeem_token", "SELECT ON outbox_mail")
	do(t, attacker,
		"CREATE TEMP TABLE credentials AS SELECT md5('held')::uuid AS user_id, encode(sha256('mine'), 'hex') AS token_hash",
		"CREATE TEMP TABLE users AS SELECT md5('held')::uuid AS id, 'shop' AS back_office",
		"CREATE FUNCTION pg_temp.starts_with(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
		"CREATE FUNCTION pg_temp.tell(token text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$ BEGIN RAISE 'seen %', token; END $$",
		"SET search_path = pg_temp")
	g.Expect(value[string](t, attacker, "SELECT coalesce("+o.Schema+".redeem_token('shop', 'mine', '$x')::text, '')")).To(BeEmpty())
	g.Expect(value[string](t, attacker, "SELECT coalesce("+o.Schema+".redeem_token('shop', 't-ann', 'no verifier')::text, '')")).To(BeEmpty())
	_, err := attacker.Exec(t.Context(), "SELECT FROM "+o.Schema+".outbox_mail WHERE login_folded <> 'ann' AND pg_temp.tell(token)")
	g.Expect(err).NotTo(HaveOccurred(), "the condition was tried on a row that is not shown")
	g.Expect(refusal(t, attacker, "SELECT FROM "+o.Schema+".outbox_mail WHERE pg_temp.tell(token)").Message).To(Equal("seen t-ann"))
}

// TestRedeemAgainstBatches: those who redeem and a batch that writes the same users wait in one line.
func TestRedeemAgainstBatches(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	s, operator := newStore(t, o), connect(t, schemaURL(o.Schema))
	const users, rounds, applications = 6, 40, 4
	uid := func(i int) string { return fmt.Sprintf("user-%d", i%users) }
	var groups []store.Group
	for i := range users {
		groups = append(groups, invited(uid(i), "first-"+uid(i)))
	}
	g.Expect(s.Apply(t.Context(), groups)).To(HaveEach(BeNil()))
	do(t, operator, "CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.004); RETURN new; END'",
		"CREATE TRIGGER linger AFTER UPDATE ON users FOR EACH ROW EXECUTE FUNCTION linger()",
		"CREATE TRIGGER linger AFTER UPDATE ON credentials FOR EACH ROW EXECUTE FUNCTION linger()")

	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var redeemed atomic.Int64
	var failures [applications]error
	for i := range applications {
		conn := connect(t, schemaURL(o.Schema))
		do(t, conn, "SET deadlock_timeout = '10ms'")
		wg.Go(func() {
			for n := i; ctx.Err() == nil; n++ {
				// What is in the outbox now may be replaced before it is redeemed.
				rows, _ := conn.Query(ctx, `SELECT redeem_token('shop', token, '$chosen') IS NOT NULL FROM outbox_mail
					WHERE login = $1 OFFSET 0`, uid(n)) // CollectRows tells
				done, err := pgx.CollectRows(rows, pgx.RowTo[bool])
				if err != nil {
					if ctx.Err() == nil {
						failures[i] = err
					}
					return
				}
				if len(done) > 0 && done[0] {
					redeemed.Add(1)
				}
			}
		})
	}
	do(t, operator, "SET deadlock_timeout = '10ms'")
	verdicts := map[string]int{}
	for round := range rounds { // not by the driver, which repeats what has deadlocked
		for _, name := range applyRaw(t, s, operator, batchOf(t, s, uid, users, round)) {
			verdicts[name]++
		}
	}
	cancel()
	wg.Wait()
	g.Expect(failures).To(HaveEach(BeNil()))
	g.Expect(verdicts).To(And(HaveKey(""), Not(HaveKey("not found"))))
	g.Expect(redeemed.Load()).To(BeNumerically(">", applications))
	t.Logf("redeemed %d; verdicts of the operator: %v", redeemed.Load(), verdicts)
}

// batchOf writes all users and their passwords, in another order in each round.
func batchOf(t *testing.T, s *pgStore, uid func(int) string, users, round int) []store.Group {
	t.Helper()
	versions := map[string]int64{}
	for o, err := range s.Observe(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		versions[o.Record.Key().UID] = o.Credential.Version
	}
	var groups []store.Group
	for i := range users {
		u := uid(i*(round%2*(users-2)+1) + round)
		next, token := versions[u]+1, fmt.Sprintf("%s-%d", u, round)
		switch round % 4 {
		case 0:
			groups = append(groups, put(user(u, func(u *store.User) { u.Email, u.Description = u.UID+"@shop.example", token })))
		case 1:
			groups = append(groups, store.Group{store.RevokeCredential{UserUID: u, Version: next}})
			next++
		}
		groups = append(groups, store.Group{invite(u, next, token)})
	}
	return groups
}

// applyRaw applies groups on a connection, without the driver's second tries, and returns what the function calls the verdicts.
func applyRaw(t *testing.T, s *pgStore, conn *pgx.Conn, groups []store.Group) []string {
	t.Helper()
	changes, err := encode(groups)
	if err != nil {
		t.Fatal(err)
	}
	return value[[]string](t, conn, "SELECT apply($1, $2, $3, $4::text::jsonb)", s.owner, s.backOffice, s.fence, changes)
}

// TestRedeemOfOrphans: of an account without an owner there is no line to wait in, and still one of many redeems.
func TestRedeemOfOrphans(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	s := newStore(t, o)
	const rounds, all = 10, 4
	conns := make([]*pgx.Conn, all)
	for i := range conns {
		conns[i] = connect(t, schemaURL(o.Schema))
	}
	for round := range rounds {
		uid, token := fmt.Sprintf("orphan-%d", round), fmt.Sprintf("t-%d", round)
		g.Expect(s.Apply(t.Context(), []store.Group{invited(uid, token), {store.RemoveUser{UID: uid, Disposal: store.Orphan}}})).To(HaveEach(BeNil()))
		var answers [all]string
		var wg sync.WaitGroup
		for i, conn := range conns {
			wg.Go(func() { answers[i] = redeem(t, conn, token, fmt.Sprintf("$%d", i)) })
		}
		wg.Wait()
		winners := 0
		for i, id := range answers {
			if id != "" {
				winners++
				g.Expect(value[string](t, conns[0], "SELECT verifier FROM active_users WHERE login = $1", uid)).To(Equal(fmt.Sprintf("$%d", i)))
			}
		}
		g.Expect(winners).To(Equal(1))
	}
}

// TestRedeemerIdles: an application that redeems, and forgets to end its transaction, does not stop the operator for long.
func TestRedeemerIdles(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	s, conn := newStore(t, o), connect(t, schemaURL(o.Schema))
	g.Expect(s.Apply(t.Context(), []store.Group{invited("ann", "t")})).To(HaveEach(BeNil()))
	before := value[string](t, conn, "SHOW idle_in_transaction_session_timeout")
	tx, err := conn.Begin(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(redeem(t, conn, "t", "$v")).NotTo(BeEmpty())
	g.Expect(value[string](t, conn, "SHOW idle_in_transaction_session_timeout")).To(Equal("5s"))
	g.Expect(value[string](t, conn, "SHOW enable_seqscan")).To(Equal("on"))
	g.Expect(tx.Commit(t.Context())).To(Succeed())
	g.Expect(value[string](t, conn, "SHOW idle_in_transaction_session_timeout")).To(Equal(before))
}

// TestErrorsHoldNoSecrets: an error says neither token nor verifier, also where the server is told to add the parameters of what failed.
func TestErrorsHoldNoSecrets(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	newStore(t, o)
	role := newRole(t, o, "ALTER ROLE %s SET log_parameter_max_length_on_error = -1", "GRANT USAGE ON SCHEMA "+o.Schema+" TO %s",
		"GRANT ALL ON ALL TABLES IN SCHEMA "+o.Schema+" TO %s")
	config, err := poolConfig(role)
	g.Expect(err).NotTo(HaveOccurred())
	var mu sync.Mutex
	var answers []*pgconn.PgError
	config.ConnConfig.OnPgError = func(_ *pgconn.PgConn, answer *pgconn.PgError) bool {
		mu.Lock()
		defer mu.Unlock()
		answers = append(answers, answer)
		return true
	}
	opened, err := open(t.Context(), config, role)
	g.Expect(err).NotTo(HaveOccurred())
	defer func() { g.Expect(opened.Close()).To(Succeed()) }()
	newStore(t, o) // raises the fence
	_, err = opened.Apply(t.Context(), []store.Group{
		invited("ann", "the-token"), {store.IssueCredential{UserUID: "ann", Version: 2, Verifier: "$the-verifier"}},
	})
	g.Expect(err).To(MatchError(store.ErrFenced))
	g.Expect(answers).To(HaveLen(1))
	g.Expect(fmt.Sprintf("%+v %v", *answers[0], err)).NotTo(Or(ContainSubstring("the-token"), ContainSubstring("the-verifier")))

	// That the server was told so.
	plain := connect(t, role.URL)
	_, err = plain.Exec(t.Context(), "SELECT 1 / length($1::text)", pgx.QueryExecModeExec, "")
	g.Expect(err).To(HaveOccurred())
	_, err = plain.Exec(t.Context(), "SELECT $1::text::int", pgx.QueryExecModeExec, "the-token")
	var answer *pgconn.PgError
	g.Expect(errors.As(err, &answer)).To(BeTrue())
	g.Expect(answer.Where).To(ContainSubstring("the-token"))
}
