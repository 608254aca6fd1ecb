// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// logins are those that the table holds.
func logins(t *testing.T, o store.Options) []string {
	t.Helper()
	rows, _ := connect(t, schemaURL(o.Schema)).Query(t.Context(), "SELECT login FROM users") // CollectRows tells
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// expectDiscreet expects an error to hold no secret.
func expectDiscreet(t *testing.T, err error) {
	t.Helper()
	g := NewWithT(t)
	g.Expect(err).To(HaveOccurred())
	g.Expect(err.Error()).NotTo(Or(ContainSubstring(canary), ContainSubstring("127.0.0.1"), ContainSubstring("postgres://")))
	var config *pgconn.ParseConfigError
	g.Expect(errors.As(err, &config)).To(BeFalse())
}

// TestFrozenWhileItHoldsTheLock: the driver never leaves a transaction open. Should one be, the server ends it in time.
func TestFrozenWhileItHoldsTheLock(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	zombie := newStore(t, o)
	conn, err := zombie.pool.Acquire(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	defer conn.Release()
	batch := &pgx.Batch{}
	batch.Queue(string(readWrite))
	batch.Queue(settingsSQL, zombie.searchPath)
	batch.Queue(applySQL, o.Owner, o.BackOffice, zombie.fence, "[]")
	g.Expect(conn.SendBatch(t.Context(), batch).Close()).To(Succeed())

	start := time.Now()
	var next store.Store
	g.Eventually(func() (err error) {
		next, err = Driver{}.Open(t.Context(), o)
		if err != nil {
			g.Expect(err).To(MatchError(store.ErrUnavailable))
		}
		return err
	}).WithTimeout(30 * time.Second).Should(Succeed())
	t.Logf("another manager opened the store after %v", time.Since(start).Round(time.Millisecond))
	g.Expect(next.Apply(t.Context(), []store.Group{put(user("ann"))})).To(HaveEach(BeNil()))
	g.Expect(next.Close()).To(Succeed())

	_, err = conn.Exec(t.Context(), "COMMIT")
	g.Expect(err).To(HaveOccurred(), "the transaction of the zombie is gone")
	_, err = zombie.Apply(t.Context(), []store.Group{put(user("bob"))})
	g.Expect(err).To(MatchError(store.ErrFenced))
}

// TestFrozenAnywhere freezes a manager after some bytes of what it sends: another one never waits for it. (The last 60 bytes are the
// commit. Without them only the settings help, which TestSettings looks at: a process hands over all bytes at once.)
func TestFrozenAnywhere(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	p, proxied := newProxy(t, o)
	big := user("big", func(u *store.User) { u.Description = fmt.Sprintf("%020000d", 1) })
	next := newStore(t, proxied)
	before := p.sent.Load()
	g.Expect(next.Apply(t.Context(), []store.Group{put(big)})).To(HaveEach(BeNil()))
	length := p.sent.Load() - before
	g.Expect(length).To(BeNumerically(">", 20_000))
	for _, after := range []int64{0, 1, 40, 300, 900, length / 2, length - 200, length + 1000} {
		zombie := newStore(t, proxied)
		g.Expect(ping(t.Context(), zombie)).To(Succeed())
		p.toServer.Store(after)
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		frozen := user(fmt.Sprintf("frozen-%d", after), func(u *store.User) { u.Description = big.Description })
		_, err := zombie.Apply(ctx, []store.Group{put(frozen)})
		if after < length {
			g.Expect(err).To(HaveOccurred(), "after %d of %d bytes", after, length)
		}
		cancel()

		other := newStore(t, o) // not through the proxy; had it to wait for a lock, it would fail
		g.Expect(other.Apply(t.Context(), []store.Group{put(user(fmt.Sprintf("other-%d", after)))})).To(HaveEach(BeNil()))
		p.cut()
		p.thaw()
	}
}

// TestSettings: what bounds a transaction is in force within it, and forgotten after it.
func TestSettings(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := newStore(t, newOptions(t))
	for setting, want := range map[string]string{
		"statement_timeout": "10s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "5s", "search_path": s.searchPath,
		"tcp_keepalives_idle": "5", "tcp_keepalives_interval": "2", "tcp_keepalives_count": "3",
		"transaction_isolation": "read committed", "transaction_read_only": "off",
	} {
		const show = "SELECT current_setting($1)"
		g.Expect(collect(t.Context(), &s.link, query{mode: readWrite, sql: show, args: []any{setting}}, pgx.RowTo[string])).
			To(ConsistOf(want), setting)
		var after string
		g.Expect(s.pool.QueryRow(t.Context(), show, setting).Scan(&after)).To(Succeed())
		if setting != "transaction_isolation" && setting != "transaction_read_only" {
			g.Expect(after).NotTo(Equal(want), setting)
		}
	}
	_, err := collect(t.Context(), &s.link, query{mode: readWrite, sql: "SELECT pg_sleep(30)::text"}, pgx.RowTo[string])
	g.Expect(writing(err)).To(MatchError(And(ContainSubstring("SQLSTATE 57014"), ContainSubstring("unavailable"))))
}

// TestAnswerIsLost: the server writes and the client never learns of it.
func TestAnswerIsLost(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	p, proxied := newProxy(t, o)
	s := newStore(t, proxied)
	g.Expect(ping(t.Context(), s)).To(Succeed())

	p.toClient.Store(0)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := s.Apply(ctx, []store.Group{put(user("ann"))})
	expectDiscreet(t, err)
	g.Expect(err).To(MatchError(context.DeadlineExceeded))
	g.Expect(err).NotTo(Or(MatchError(store.ErrUnavailable), MatchError(store.ErrRejected), MatchError(store.ErrFenced)), "the outcome is unknown")
	g.Eventually(func() []string { return logins(t, o) }).Should(ConsistOf("ann"))

	p.cut()
	p.thaw()
	g.Expect(s.Apply(t.Context(), []store.Group{put(user("ann"))})).To(HaveEach(BeNil()), "repeated")

	p.cut() // while nothing is running, so that nothing was sent when it is noticed, or the outcome is unknown
	for _, err := range s.Observe(t.Context()) {
		if err != nil {
			g.Expect(err).To(MatchError(store.ErrUnavailable))
		}
	}
}

// TestSessionIsEnded ends the session of a writer who waits for the lock.
func TestSessionIsEnded(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	s, admin := newStore(t, o), connect(t, schemaURL(o.Schema))
	for _, end := range []string{"pg_terminate_backend", "pg_cancel_backend"} {
		tx, err := admin.Begin(t.Context())
		g.Expect(err).NotTo(HaveOccurred())
		_, err = tx.Exec(t.Context(), "SELECT FROM owners FOR UPDATE")
		g.Expect(err).NotTo(HaveOccurred())
		outcome := make(chan error)
		go func() {
			_, err := s.Apply(t.Context(), []store.Group{{store.Put{Record: user("ann")}, store.IssueCredential{UserUID: "ann", Version: 1, Verifier: canary}}})
			outcome <- err
		}()
		g.Eventually(func() int64 {
			return value[int64](t, connect(t, server), `SELECT count(`+end+`(pid)) FROM pg_stat_activity
				WHERE wait_event_type = 'Lock' AND query LIKE 'SELECT apply(%' AND pid = ANY (SELECT pid FROM pg_locks AS l
					JOIN pg_class AS c ON c.oid = l.relation JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = $1)`, o.Schema)
		}).WithTimeout(4 * time.Second).Should(BeEquivalentTo(1))
		err = <-outcome
		expectDiscreet(t, err)
		g.Expect(err).To(MatchError(store.ErrUnavailable), end)
		g.Expect(tx.Rollback(t.Context())).To(Succeed())
		g.Expect(logins(t, o)).To(BeEmpty())
	}
	g.Expect(s.Apply(t.Context(), []store.Group{put(user("ann"))})).To(HaveEach(BeNil()))
}

// TestSessionsAreEndedAllTheTime: whatever Apply says is true.
func TestSessionsAreEndedAllTheTime(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	s := newStore(t, withApplication(t, o, o.Schema))
	const writers, each = 4, 60
	outcomes := make([]map[string]error, writers)
	done := make(chan struct{})
	var wg sync.WaitGroup
	for w := range writers {
		outcomes[w] = map[string]error{}
		wg.Go(func() {
			for i := range each {
				a, b := fmt.Sprintf("a-%d-%d", w, i), fmt.Sprintf("b-%d-%d", w, i)
				_, err := s.Apply(t.Context(), []store.Group{put(user(a)), put(user(b))})
				outcomes[w][a], outcomes[w][b] = err, err
			}
		})
	}
	go func() { wg.Wait(); close(done) }()
	killer := connect(t, server)
	for running := true; running; {
		select {
		case <-done:
			running = false
		case <-time.After(rand.N(20 * time.Millisecond)):
			_ = value[int64](t, killer, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = $1", o.Schema)
		}
	}

	written, tally := map[string]bool{}, map[string]int{}
	for _, login := range logins(t, o) {
		written[login] = true
	}
	for w := range writers {
		for login, err := range outcomes[w] {
			switch {
			case err == nil:
				g.Expect(written[login]).To(BeTrue(), login)
				tally["written"]++
			case errors.Is(err, store.ErrUnavailable):
				g.Expect(written[login]).To(BeFalse(), "%s: %v", login, err)
				tally["unavailable"]++
			default:
				g.Expect(err).NotTo(Or(MatchError(store.ErrRejected), MatchError(store.ErrFenced)))
				tally[fmt.Sprintf("unknown, written: %v", written[login])]++
			}
		}
	}
	t.Log(tally)
	g.Expect(tally).NotTo(HaveKeyWithValue("written", 2*writers*each), "some were ended")
	_, err := s.Apply(t.Context(), []store.Group{put(user("last"))})
	if err != nil { // the connection was ended while it was idle, and so were the others
		g.Expect(s.Apply(t.Context(), []store.Group{put(user("last"))})).To(HaveEach(BeNil()))
	}
}

// failingUsers makes the first n statements that insert into users fail with an SQLSTATE.
func failingUsers(t *testing.T, o store.Options, n int, state string) {
	t.Helper()
	do(t, connect(t, schemaURL(o.Schema)), "CREATE SEQUENCE tries", fmt.Sprintf(`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN
			IF nextval('%s.tries') <= %d THEN RAISE EXCEPTION 'about %%', NEW.full_name USING ERRCODE = '%s', DETAIL = NEW.full_name; END IF;
			RETURN NEW;
		END $$`, o.Schema, n, state), "CREATE TRIGGER fail BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION fail()")
}

func TestErrorsOfTheServer(t *testing.T) {
	t.Parallel()
	const always = 1000
	for sentence, c := range map[string]struct {
		state string
		times int
		want  error
		tries int64
	}{
		"a serialization failure is repeated":      {"40001", 2, nil, 3},
		"a deadlock is repeated":                   {"40P01", 1, nil, 2},
		"a lasting conflict is given up":           {"40001", always, store.ErrUnavailable, attempts},
		"a constraint is the row's fault":          {"23514", always, store.ErrRejected, 1},
		"bad data are the row's fault":             {"22001", always, store.ErrRejected, 1},
		"a wrong type is the row's fault":          {"42804", always, store.ErrRejected, 1},
		"an application's objection is the row's":  {"P0001", always, store.ErrRejected, 1},
		"a full disk is nobody's":                  {"53100", always, store.ErrUnavailable, 1},
		"a lock that is not got is nobody's":       {"55P03", always, store.ErrUnavailable, 1},
		"a statement that takes too long":          {"57014", always, store.ErrUnavailable, 1},
		"a server that has become a standby":       {"25006", always, store.ErrUnavailable, 1},
		"a right that is missing is nobody's":      {"42501", always, store.ErrUnavailable, 1},
		"a table that is missing is nobody's":      {"42P01", always, store.ErrUnavailable, 1},
		"an error of input or output is nobody's":  {"58030", always, store.ErrUnavailable, 1},
		"an outcome that the server does not know": {"40003", always, nil, 1},
	} {
		t.Run(sentence, func(t *testing.T) {
			t.Parallel()
			g, o := NewWithT(t), newOptions(t)
			s := newStore(t, o)
			failingUsers(t, o, c.times, c.state)
			_, err := s.Apply(t.Context(), []store.Group{put(user("ann", func(u *store.User) { u.FullName = canary }))})
			switch {
			case c.times < always:
				g.Expect(err).NotTo(HaveOccurred())
			case c.want == nil:
				g.Expect(err).NotTo(Or(MatchError(store.ErrUnavailable), MatchError(store.ErrRejected)))
				expectDiscreet(t, err)
			default:
				g.Expect(err).To(MatchError(c.want))
				expectDiscreet(t, err)
			}
			g.Expect(value[int64](t, connect(t, schemaURL(o.Schema)), "SELECT last_value FROM tries")).To(Equal(c.tries))
			g.Expect(ping(t.Context(), s)).To(Succeed())
		})
	}
}

// TestCancelledWhileItPauses: a repetition ends with its caller.
func TestCancelledWhileItPauses(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := writing(sleep(ctx, time.Hour))
	NewWithT(t).Expect(err).To(And(MatchError(store.ErrUnavailable), MatchError(context.Canceled)))
}

// ping is Ping without the clock.
func ping(ctx context.Context, s store.Store) error {
	_, err := s.Ping(ctx)
	return err
}
