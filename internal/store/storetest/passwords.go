// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func passwordCases() cases {
	return cases{
		"the table of what stays beside a new password":                passwordsKept,
		"every source is told":                                         sources,
		"what is concealed is told until the next password":            concealment,
		"the moment of an issue is taken as it is told, but not ahead": issueMoments,
		"the clock of a ping is that of the passwords":                 pingClock,
		"the moment of an issue never goes back":                       issueMomentsForward,
		"a password that is too young is not due":                      tooYoung,
		"a password is due by the database's clock":                    dueInTime,
		"a password that is taken away is remembered":                  passwordRevoked,
		"there is nothing to take away twice":                          revokedAgain,
		"taking away builds upon the version before it":                revokeVersions,
		"of issues, invitations and revocations at once one wins":      allAtOnce,
		"a new password ends no session":                               issueEndsNoSession,
		"a password that is taken away ends sessions":                  revocationEndsSessions,
		"a group that is left out leaves the password as it was":       passwordsUndone,
		"nobody writes the passwords of others":                        foreignPasswords,
		"passwords are those of the model, as chance has it":           passwordsByChance,
	}
}

// clock is the database's.
func (w *world) clock() time.Time {
	w.t.Helper()
	now, err := w.st.Ping(w.t.Context())
	w.Expect(err).NotTo(HaveOccurred())
	w.Expect(now.Location()).To(Equal(time.UTC))
	return now
}

// ago is a moment that long before the database's clock, in whole seconds.
func (w *world) ago(d time.Duration) time.Time {
	w.t.Helper()
	return w.clock().Add(-d).Truncate(time.Second)
}

// credential reads a user's without its times.
func (w *world) credential(uid string) store.Credential {
	w.t.Helper()
	c := w.one(user(uid)).Credential
	w.Expect(c.PreviousIssuedAt.IsZero()).To(Equal(c.Previous == ""), "%s: %s", uid, c.PreviousIssuedAt)
	c.IssuedAt, c.PreviousIssuedAt, c.InvitationExpiresAt = time.Time{}, time.Time{}, time.Time{}
	return c
}

// verifiers are those by which the application lets a login in: the current one, and the one beside it. Empty: none.
func (w *world) verifiers(login string) [2]string {
	w.t.Helper()
	rows := w.query(`SELECT verifier, previous_verifier FROM active_users WHERE back_office = $1 AND login = $2`, shop, login)
	w.Expect(rows).To(HaveLen(1), login)
	return [2]string{rows[0][0], rows[0][1]}
}

// beside is what stays beside a new password.
type beside struct {
	// before leads to the state, from an account without a password; the next version is 3.
	before func(uid string) []store.Change
	// current is what stays by KeepCurrent, previous by KeepPrevious; empty: nothing.
	current, previous string
}

func besides(w *world) map[string]beside {
	const long = time.Hour
	first := func(uid string) store.Change { return issue(uid, 1, "v-1", issuedAt(w.ago(2*time.Hour))) }
	second := func(uid string) store.Change { return issue(uid, 2, "v-2", keeping(store.KeepCurrent)) }
	return map[string]beside{
		"an unfinished second one": {func(uid string) []store.Change {
			return []store.Change{first(uid), finish(uid, 1, "s"), second(uid)}
		}, "v-2", "v-1"},
		"a finished one, the one before in its grace": {func(uid string) []store.Change {
			return []store.Change{first(uid), second(uid), finishAfter(uid, 2, "s", long)}
		}, "v-2", "v-1"},
		"a finished one, the one before over": {func(uid string) []store.Change {
			return []store.Change{first(uid), second(uid), finish(uid, 2, "s")}
		}, "v-2", ""},
		"one that ended all others": {func(uid string) []store.Change {
			return []store.Change{first(uid), issue(uid, 2, "v-2"), finish(uid, 2, "s")}
		}, "v-2", ""},
		"an invitation to somebody without a password": {func(uid string) []store.Change {
			return []store.Change{invite(uid, 1, "t-1-"+uid), invite(uid, 2, "t-2-"+uid)}
		}, "", ""},
		"an invitation to somebody with passwords": {func(uid string) []store.Change {
			return []store.Change{issue(uid, 1, "v-1"), invite(uid, 2, "t-"+uid)}
		}, "v-1", ""},
		"a password that was taken away": {func(uid string) []store.Change {
			return []store.Change{first(uid), finish(uid, 1, "s"), revoke(uid, 2)}
		}, "", ""},
	}
}

func passwordsKept(w *world) {
	n := 0
	for sentence, b := range besides(w) {
		for keep, want := range map[store.Keep]string{store.KeepNone: "", store.KeepCurrent: b.current, store.KeepPrevious: b.previous} {
			n++
			uid := fmt.Sprintf("user-%d", n)
			w.t.Run(fmt.Sprintf("%s, keep %s", sentence, keep), func(t *testing.T) {
				w := w.of(t)
				w.put(user(uid))
				w.must(b.before(uid)...)
				moments := map[string]time.Time{"": {}, "v-1": w.one(user(uid)).Credential.PreviousIssuedAt, b.current: w.one(user(uid)).Credential.IssuedAt}
				w.must(issue(uid, 3, "v-3", keeping(keep)))
				w.Expect(w.credential(uid)).To(Equal(store.Credential{Version: 3, Source: store.SourceGenerated, Verifier: "v-3", Previous: want}))
				w.Expect(w.verifiers(uid)).To(Equal([2]string{"v-3", want}))
				if want != "" {
					w.Expect(w.one(user(uid)).Credential.PreviousIssuedAt).To(BeTemporally("==", moments[want]))
				}
				w.must(finishAfter(uid, 3, "s", time.Hour))
				w.Expect(w.verifiers(uid)).To(Equal([2]string{"v-3", want}), "in its grace")
			})
		}
	}
}

func sources(w *world) {
	for i, source := range []store.Source{store.SourceGenerated, store.SourceSupplied, store.SourceChosen, store.SourceAdopted, store.SourceGenerated} {
		uid := fmt.Sprintf("user-%d", i)
		w.must(put(user(uid)), issue(uid, 1, "v", from(source)))
		w.Expect(w.credential(uid).Source).To(Equal(source))
		w.must(finish(uid, 1, "s"), put(user(uid, atGeneration(2), held)))
		w.Expect(w.credential(uid).Source).To(Equal(source))
		w.must(issue(uid, 2, "w", from(store.SourceSupplied)))
		w.Expect(w.credential(uid).Source).To(Equal(store.SourceSupplied))
	}
}

func concealment(w *world) {
	w.must(put(user("ann")), issue("ann", 1, "v"), conceal(1, "s"))
	want := store.Credential{
		Version: 1, Source: store.SourceGenerated, Verifier: "v", SecretUID: "s", SecretResourceVersion: "s-rv", Concealed: true,
	}
	w.Expect(w.credential("ann")).To(Equal(want))
	w.must(finish("ann", 1, "t"))
	want.SecretUID, want.SecretResourceVersion = "t", "t-rv"
	w.Expect(w.credential("ann")).To(Equal(want), "it is never taken back")
	w.must(issue("ann", 1, "v"))
	w.Expect(w.credential("ann")).To(Equal(want), "nothing is done")
	w.must(issue("ann", 2, "v-2"))
	w.Expect(w.credential("ann").Concealed).To(BeFalse())
}

func issueMoments(w *world) {
	version := int64(0)
	w.put(user("ann"))
	stored := func(changes ...func(*store.IssueCredential)) time.Time {
		version++
		w.must(issue("ann", version, fmt.Sprintf("v-%d", version), changes...))
		at := w.one(user("ann")).Credential.IssuedAt
		w.Expect(at.Location()).To(Equal(time.UTC))
		cells := w.column(`SELECT credential_issued_at FROM active_users WHERE back_office = $1 AND login = 'ann'`, shop)
		w.Expect(cells).To(HaveLen(1))
		w.Expect(w.moment(cells[0])).To(BeTemporally("==", at), "the view tells the same")
		return at
	}
	for _, d := range []time.Duration{9000 * time.Hour, 24 * time.Hour, time.Hour, time.Second} {
		at := w.ago(d)
		w.Expect(stored(issuedAt(at))).To(BeTemporally("==", at), "%s", d)
	}
	for _, ahead := range []time.Duration{time.Minute, 9000 * time.Hour} {
		before := w.ago(0)
		at := stored(issuedAt(before.Add(ahead)))
		w.Expect(at).To(And(BeTemporally(">=", before), BeTemporally("<=", w.clock())), "%s", ahead)
	}
	before := w.ago(0)
	w.Expect(stored()).To(And(BeTemporally(">=", before), BeTemporally("<=", w.clock())))
}

// pingClock: what the operator takes for now, in whole seconds, is taken as it is. Otherwise it would know another moment than the store.
func pingClock(w *world) {
	const issues = 40
	w.put(user("ann"))
	last := w.clock()
	for version := range int64(issues) {
		now := w.clock()
		w.Expect(now).To(BeTemporally(">=", last))
		last = now
		w.must(issue("ann", version+1, "v", issuedAt(now.Truncate(time.Second))))
		w.Expect(w.one(user("ann")).Credential.IssuedAt).To(BeTemporally("==", now.Truncate(time.Second)))
		time.Sleep(time.Second / issues)
	}
}

func issueMomentsForward(w *world) {
	w.put(user("ann"))
	w.must(issue("ann", 1, "v-1", issuedAt(w.ago(time.Hour))))
	at := w.one(user("ann")).Credential.IssuedAt
	w.must(issue("ann", 2, "v-2", issuedAt(w.ago(2*time.Hour))))
	w.Expect(w.one(user("ann")).Credential.IssuedAt).To(BeTemporally("==", at))
	ahead := w.ago(-store.MaxAhead / 2)
	w.must(issue("ann", 3, "v-3", resets(ahead)), issue("ann", 4, "v-4"))
	w.Expect(w.one(user("ann")).Credential.IssuedAt).To(BeTemporally("==", ahead))
	w.Expect(w.apply(issue("ann", 5, "v-5", resets(ahead)))).To(MatchError(store.ErrNotDue), "once per value")
}

func tooYoung(w *world) {
	w.put(user("ann"))
	w.must(issue("ann", 1, "v-1", agedAtLeast(time.Hour), issuedAt(w.ago(2*time.Hour))), finish("ann", 1, "s"))
	before := w.all()
	w.Expect(w.apply(issue("ann", 2, "v-2", agedAtLeast(3*time.Hour)))).To(MatchError(store.ErrNotDue))
	w.Expect(w.apply(issue("ann", 3, "v-3", agedAtLeast(3*time.Hour)))).To(MatchError(store.ErrStale), "the version comes first")
	w.must(issue("ann", 1, "v-1", agedAtLeast(3*time.Hour))) // nothing is done
	w.Expect(w.all()).To(Equal(before))
	w.must(issue("ann", 2, "v-2", agedAtLeast(time.Hour)))
	w.Expect(w.apply(issue("ann", 3, "v-3", agedAtLeast(time.Hour)))).To(MatchError(store.ErrNotDue))
	w.must(issue("ann", 2, "v-2", agedAtLeast(time.Hour))) // a repetition is no rotation
	w.must(issue("ann", 3, "v-3"))
}

func dueInTime(w *world) {
	const age = 2 * time.Second
	w.put(user("ann"))
	start := w.ago(0)
	w.must(issue("ann", 1, "v-1", issuedAt(start)))
	w.Eventually(func() error {
		verdict := w.apply(issue("ann", 2, "v-2", agedAtLeast(age)))
		if now := w.clock(); verdict == nil {
			w.Expect(now).To(BeTemporally(">=", start.Add(age)))
		} else {
			w.Expect(verdict).To(MatchError(store.ErrNotDue))
		}
		return verdict
	}).WithTimeout(patience).Should(Succeed())
}
