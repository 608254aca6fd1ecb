// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// chance makes changes of passwords. Its moments are hours before base, which is about now, and half an hour from those that they are compared with.
type chance struct {
	*rand.Rand
	base time.Time
	// tokens are those that were given, serial counts what has to be unlike all others.
	tokens []string
	serial int
}

const hours = 6

func (c *chance) one(in int) bool { return c.IntN(in) == 0 }

// issuedAt is a full hour of the last ones, or ahead.
func (c *chance) issuedAt() time.Time {
	return c.base.Add(time.Duration(1-c.IntN(hours+2)) * time.Hour)
}

// resets is none, half an hour before or after a full one, a little ahead or too far.
func (c *chance) resets() time.Time {
	switch {
	case c.one(2):
		return time.Time{}
	case c.one(6):
		return c.base.Add(store.MaxAhead - 30*time.Second)
	case c.one(6):
		return c.base.Add(time.Hour)
	default:
		return c.base.Add(-time.Duration(c.IntN(hours))*time.Hour - 30*time.Minute)
	}
}

// version is the next one, or another.
func (c *chance) version(a *passwordAccount) int64 {
	return a.Version + []int64{1, 1, 1, 1, 0, 2, -1}[c.IntN(7)]
}

func (c *chance) text(kind string) string {
	c.serial++
	return fmt.Sprintf("$%s-%d", kind, c.serial)
}

// change is one of a password, or of an account.
func (c *chance) change(a *passwordAccount) store.Change {
	version := c.version(a)
	switch n := c.IntN(20); {
	case n < 7:
		verifier := c.text("v")
		if version == a.Version && c.one(2) {
			verifier = a.Verifier
		}
		return issue(a.uid, version, verifier, keeping([]store.Keep{store.KeepNone, store.KeepCurrent, store.KeepCurrent, store.KeepPrevious}[c.IntN(4)]),
			from([]store.Source{store.SourceGenerated, store.SourceSupplied}[c.IntN(2)]), issuedAt(c.issuedAt()), resets(c.resets()),
			agedAtLeast([]time.Duration{0, 0, 90 * time.Minute, 210 * time.Minute}[c.IntN(4)]))
	case n < 11:
		f := finishAfter(a.uid, a.Version-int64(c.IntN(4)/3), c.text("s"), []time.Duration{0, time.Hour}[c.IntN(2)]).(store.FinishCredential)
		f.Concealed = c.one(4)
		return f
	case n < 14:
		token := c.text("t")
		if version == a.Version && a.token != "" && c.one(2) {
			token = a.token
		}
		c.tokens = append(c.tokens, token)
		return invite(a.uid, version, token, invitedAt(c.issuedAt()), inviteResets(c.resets()),
			validFor(time.Duration(c.IntN(2*hours))*time.Hour+30*time.Minute))
	case n < 16:
		return revokeResets(a.uid, version, c.resets())
	case n < 17:
		if moment := c.resets(); !moment.IsZero() {
			return resetAll(moment)
		}
		return resetAll(c.base.Add(-time.Duration(c.IntN(hours))*time.Hour - 30*time.Minute))
	default:
		return put(c.account(a.login, a.uid))
	}
}

// account is a record of one.
func (c *chance) account(login, uid string) store.User {
	return user(login, remade(uid), withEmail(fmt.Sprintf("%s-%d@x", login, c.IntN(3)/2)), func(u *store.User) {
		if c.one(6) {
			u.State = store.StateBlocked
		}
	})
}

// fate takes an account away from its object and gives it to another one: it was lost and made anew, orphaned and adopted, or removed.
func (c *chance) fate(a *passwordAccount) store.Group {
	c.serial++
	anew := c.account(a.login, fmt.Sprintf("%s-%d", a.login, c.serial))
	switch c.IntN(3) {
	case 0:
		return store.Group{put(anew)}
	case 1:
		return store.Group{remove(a.uid, store.Orphan), store.Put{Record: anew, Adopts: store.AdoptUnowned}}
	default:
		return store.Group{remove(a.uid, store.Deactivate), put(anew)}
	}
}

// rounded is a moment of which only that it is now, or so many half hours from that, is known.
func (c *chance) rounded(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	step := t.Sub(c.base).Round(30 * time.Minute)
	if t.Sub(c.base.Add(step)).Abs() < store.MaxAhead-time.Minute {
		return c.base.Add(step)
	}
	return t
}

// agree compares what the store tells of an account with the model.
func (w *world) agree(c *chance, m *passwordModel, a *passwordAccount, story func() string) {
	w.t.Helper()
	is := w.one(user(a.uid)).Credential
	is.IssuedAt, is.PreviousIssuedAt, is.InvitationExpiresAt = c.rounded(is.IssuedAt), c.rounded(is.PreviousIssuedAt), c.rounded(is.InvitationExpiresAt)
	w.Expect(is).To(Equal(m.observed(a)), story)
	backOffice := strings.TrimPrefix(a.login, "ann-of-")
	cells := w.query(`SELECT verifier, previous_verifier FROM active_users WHERE back_office = $1 AND login = $2`, backOffice, a.login)
	mails := w.column(`SELECT token FROM outbox_mail WHERE back_office = $1 AND login = $2`, backOffice, a.login)
	if a.state != store.StateActive {
		w.Expect(cells).To(BeEmpty(), story)
	} else {
		w.Expect(cells).To(Equal([][]string{{m.current(a), m.previous(a)}}), story)
	}
	if a.mail && a.email != "" && m.invited(a) {
		w.Expect(mails).To(Equal([]string{a.token}), story)
	} else {
		w.Expect(mails).To(BeEmpty(), story)
	}
}

// step is one thing that happens to an account. It returns what that was, and what came of it.
func (w *world) step(c *chance, m *passwordModel, a *passwordAccount, story func() string) string {
	w.t.Helper()
	if c.one(10) {
		group := c.fate(a)
		w.Expect(w.apply(group...)).To(Succeed(), story)
		for _, change := range group {
			w.Expect(m.apply(a, change)).To(Succeed())
		}
		return fmt.Sprintf("%T of %d", group[0], len(group))
	}
	if token := a.token; len(c.tokens) > 0 && (c.one(8) || m.invited(a) && c.one(4)) {
		if c.one(4) || token == "" {
			token = c.tokens[c.IntN(len(c.tokens))]
		}
		verifier := c.text("chosen")
		id, err := w.tryRedeem(w.t.Context(), strings.TrimPrefix(a.login, "ann-of-"), token, verifier)
		w.Expect(err).NotTo(HaveOccurred())
		worked := m.redeem(a, token, verifier)
		if worked {
			w.Expect(id).NotTo(BeEmpty(), "%s\nredeemed %s", story(), token)
		} else {
			w.Expect(id).To(BeEmpty(), "%s\nredeemed %s", story(), token)
		}
		return fmt.Sprintf("redeemed: %v", worked)
	}
	change := c.change(a)
	verdict, want := w.apply(change), m.apply(a, change)
	if want == nil {
		w.Expect(verdict).To(Succeed(), "%s\n%+v", story(), change)
	} else {
		w.Expect(verdict).To(MatchError(want), "%s\n%+v", story(), change)
	}
	return fmt.Sprintf("%T: %v", change, want)
}

// passwordsByChance compares long stories of passwords with the model, after each step.
func passwordsByChance(w *world) {
	const stories, steps = 20, 80
	seen := map[string]int{}
	for i := range stories {
		backOffice := fmt.Sprintf("shop-%d", i)
		there := w.at(w.open(w.options(func(o *store.Options) { o.BackOffice = backOffice })))
		c := &chance{Rand: rand.New(rand.NewPCG(7, uint64(i))), base: w.ago(0)} //nolint:gosec // G404: the same stories every time
		a := &passwordAccount{login: "ann-of-" + backOffice, uid: "ann", state: store.StateActive}
		m := &passwordModel{now: c.base}
		there.put(user(a.login, remade(a.uid)))
		for n := range steps {
			before, reset, what := *a, m.reset, ""
			story := func() string {
				return fmt.Sprintf("story %d, step %d: %s, from %+v, reset %s", i, n, what, before, reset)
			}
			what = there.step(c, m, a, story)
			seen[what]++
			there.agree(c, m, a, story)
		}
	}
	for _, what := range []string{
		"store.IssueCredential: <nil>", "store.IssueCredential: " + store.ErrStale.Error(), "store.IssueCredential: " + store.ErrNotDue.Error(),
		"store.IssueCredential: " + store.ErrAhead.Error(), "store.FinishCredential: <nil>", "store.FinishCredential: " + store.ErrStale.Error(),
		"store.InviteUser: <nil>", "store.InviteUser: " + store.ErrStale.Error(), "store.InviteUser: " + store.ErrNotDue.Error(),
		"store.RevokeCredential: <nil>", "store.RevokeCredential: " + store.ErrStale.Error(), "store.RevokeCredential: " + store.ErrNotDue.Error(),
		"store.ResetCredentials: <nil>", "store.Put: <nil>", "redeemed: true", "redeemed: false", "store.Put of 1", "store.RemoveUser of 2",
	} {
		w.Expect(seen[what]).To(BeNumerically(">=", 5), "%s: chance made something of everything: %v", what, seen)
	}
}
