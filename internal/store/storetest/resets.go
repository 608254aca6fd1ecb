// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func resetCases() cases {
	return cases{
		"the table of what a reset is due for":           resetsDue,
		"a reset ends the passwords and the sessions":    resetEnds,
		"a reset is carried out once":                    resetOnce,
		"a reset that is repeated does nothing":          resetRepeated,
		"a reset may be a little ahead":                  resetAhead,
		"a reset by an invitation leaves no password":    resetByInvitation,
		"a reset by taking away leaves no password":      resetByRevocation,
		"a reset of one leaves the others as they are":   resetOfOne,
		"stale comes before ahead, and ahead before due": resetOrder,
	}
}

// resetting are the changes that reset a user's password, as the next version, by the moment of a reset.
func resetting(uid string, version int64, t time.Time) map[string]store.Change {
	return map[string]store.Change{
		"an issue": issue(uid, version, "v-new", resets(t)), "an invitation": invite(uid, version, "t-new-"+uid, inviteResets(t)),
		"a revocation": revokeResets(uid, version, t),
	}
}

// resetsDue resets by a moment an hour ago.
func resetsDue(w *world) {
	at := w.ago(time.Hour)
	older, younger := issuedAt(at.Add(-time.Second)), issuedAt(at.Add(time.Second))
	n := 0
	for sentence, test := range map[string]struct {
		before []store.Change
		want   error
	}{
		"nothing":                  {nil, store.ErrNotDue},
		"an older password":        {[]store.Change{issue("u", 1, "v", older)}, nil},
		"a younger password":       {[]store.Change{issue("u", 1, "v", younger)}, store.ErrNotDue},
		"a password of the moment": {[]store.Change{issue("u", 1, "v", issuedAt(at))}, store.ErrNotDue},
		"an older one beside a younger one": {
			[]store.Change{issue("u", 1, "v", older), issue("u", 2, "w", younger, keeping(store.KeepCurrent))}, nil,
		},
		"an older one in its grace": {
			[]store.Change{issue("u", 1, "v", older), issue("u", 2, "w", younger, keeping(store.KeepCurrent)), finishAfter("u", 2, "s", time.Hour)}, nil,
		},
		"an older one that is over": {
			[]store.Change{issue("u", 1, "v", older), issue("u", 2, "w", younger, keeping(store.KeepCurrent)), finish("u", 2, "s")}, store.ErrNotDue,
		},
		"an older one that was dropped": {
			[]store.Change{issue("u", 1, "v", older), issue("u", 2, "w", younger)}, store.ErrNotDue,
		},
		"an older invitation":  {[]store.Change{invite("u", 1, "t-", invitedAt(at.Add(-time.Second)), validFor(3*time.Hour))}, nil},
		"a younger invitation": {[]store.Change{invite("u", 1, "t-", invitedAt(at.Add(time.Second)), validFor(3*time.Hour))}, store.ErrNotDue},
		"an older one and a younger invitation": {
			[]store.Change{issue("u", 1, "v", older), invite("u", 2, "t-", invitedAt(at.Add(time.Second)))}, nil,
		},
		"an older one that was taken away": {[]store.Change{issue("u", 1, "v", older), revoke("u", 2)}, nil},
		"an older one that was taken away by that": {
			[]store.Change{issue("u", 1, "v", older), revokeResets("u", 2, at)}, store.ErrNotDue,
		},
	} {
		for kind := range resetting("u", 1, at) {
			n++
			uid := "user-" + string(rune('a'+n/26)) + string(rune('a'+n%26))
			w.t.Run(sentence+", by "+kind, func(t *testing.T) {
				w := w.of(t)
				w.put(user(uid))
				w.must(asOf(uid, test.before)...)
				before := w.one(user(uid))
				change := resetting(uid, before.Credential.Version+1, at)[kind]
				if verdict := w.apply(change); test.want == nil {
					w.Expect(verdict).To(Succeed())
					w.Expect(w.verifiers(uid)[1]).To(BeEmpty())
					w.Expect(w.one(user(uid)).Credential.IssuedAt).To(BeTemporally(">=", at))
				} else {
					w.Expect(verdict).To(MatchError(test.want))
					w.Expect(w.one(user(uid))).To(Equal(before))
				}
			})
		}
	}
}

// asOf are changes of the user "u" as those of another one.
func asOf(uid string, changes []store.Change) []store.Change {
	var theirs []store.Change
	for _, change := range changes {
		switch c := change.(type) {
		case store.IssueCredential:
			c.UserUID = uid
			change = c
		case store.FinishCredential:
			c.UserUID = uid
			change = c
		case store.InviteUser:
			c.UserUID, c.Token, c.TokenHash = uid, c.Token+uid, hashOf(c.Token+uid)
			change = c
		case store.RevokeCredential:
			c.UserUID = uid
			change = c
		case store.Put, store.Remove, store.RemoveUser, store.ResetCredentials, store.Release:
		}
		theirs = append(theirs, change)
	}
	return theirs
}

func resetEnds(w *world) {
	w.must(append([]store.Change{put(user("ann")), put(user("bob"))}, rotated("ann")...)...)
	w.must(rotated("bob")...)
	at := w.ago(-time.Second)
	w.endsSessions([]string{"ann"}, issue("ann", 3, "v-3", resets(at)))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"v-3", ""}))
	w.Expect(w.credential("ann")).To(Equal(store.Credential{Version: 3, Source: store.SourceGenerated, Verifier: "v-3"}))
	w.Expect(w.one(user("ann")).Credential.IssuedAt).To(BeTemporally(">=", at))
	w.Expect(w.verifiers("bob")).To(Equal([2]string{"v-2", "v-1"}))
}

func resetOnce(w *world) {
	w.must(put(user("ann")), issue("ann", 1, "v-1", issuedAt(w.ago(time.Hour))))
	at := w.ago(time.Minute)
	w.must(issue("ann", 2, "v-2", resets(at), issuedAt(w.ago(time.Hour))))
	w.Expect(w.one(user("ann")).Credential.IssuedAt).To(BeTemporally("==", at), "not before the reset")
	before := w.all()
	for _, again := range []time.Time{at, at.Add(-time.Hour), at.Add(-9000 * time.Hour)} {
		for kind, change := range resetting("ann", 3, again) {
			w.Expect(w.apply(change)).To(MatchError(store.ErrNotDue), kind)
		}
	}
	w.Expect(w.all()).To(Equal(before))
	w.must(issue("ann", 3, "v-3", resets(at.Add(time.Second))))
}

func resetRepeated(w *world) {
	w.must(put(user("ann")), issue("ann", 1, "v-1", issuedAt(w.ago(time.Hour))))
	change := issue("ann", 2, "v-2", resets(w.ago(time.Minute)))
	w.must(change, finish("ann", 2, "s"))
	before := w.all()
	w.must(change)
	w.Expect(w.all()).To(Equal(before))
	invitation := invite("ann", 3, "t", inviteResets(w.ago(-time.Minute)))
	w.must(invitation)
	before = w.all()
	w.must(invitation)
	w.Expect(w.all()).To(Equal(before))
}

func resetAhead(w *world) {
	const far, near = store.MaxAhead + time.Minute, store.MaxAhead - time.Minute
	w.must(put(user("ann")), issue("ann", 1, "v-1"))
	before := w.all()
	for kind, change := range resetting("ann", 2, w.ago(-far)) {
		w.Expect(w.apply(change)).To(MatchError(store.ErrAhead), kind)
	}
	w.Expect(w.apply(resetAll(w.ago(-far)))).To(MatchError(store.ErrAhead))
	w.Expect(w.all()).To(Equal(before))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"v-1", ""}))

	at := w.ago(-near)
	w.must(issue("ann", 2, "v-2", resets(at)))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{"v-2", ""}))
	w.Expect(w.one(user("ann")).Credential.IssuedAt).To(BeTemporally("==", at))
	w.Expect(w.apply(issue("ann", 3, "v-3", resets(at)))).To(MatchError(store.ErrNotDue))
}

func resetByInvitation(w *world) {
	w.must(append([]store.Change{put(user("ann", withEmail(address))), put(user("bob"))}, rotated("ann")...)...)
	w.endsSessions([]string{"ann"}, invite("ann", 3, "t", inviteResets(w.ago(-time.Second))))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{}))
	w.Expect(w.credential("ann")).To(Equal(store.Credential{Version: 3}))
	w.Expect(w.mails()).To(HaveLen(1))
}

func resetByRevocation(w *world) {
	w.must(append([]store.Change{put(user("ann")), put(user("bob"))}, rotated("ann")...)...)
	at := w.ago(-time.Second)
	w.endsSessions([]string{"ann"}, revokeResets("ann", 3, at))
	w.Expect(w.verifiers("ann")).To(Equal([2]string{}))
	w.Expect(w.credential("ann").Revoked).To(Equal("v-2"))
	w.Expect(w.one(user("ann")).Credential.IssuedAt).To(BeTemporally("==", at))
}

func resetOfOne(w *world) {
	for _, uid := range []string{"ann", "bob"} {
		w.must(append([]store.Change{put(user(uid))}, rotated(uid)...)...)
	}
	bob := w.one(user("bob"))
	w.must(issue("ann", 3, "v-3", resets(w.ago(-time.Second))))
	w.Expect(w.one(user("bob"))).To(Equal(bob))
	w.Expect(w.verifiers("bob")).To(Equal([2]string{"v-2", "v-1"}))
}

func resetOrder(w *world) {
	far := w.ago(-2 * store.MaxAhead)
	for kind, change := range resetting("ann", 2, far) {
		w.Expect(w.apply(change)).To(MatchError(store.ErrNotFound), kind)
	}
	w.must(put(user("ann")), issue("ann", 1, "v-1"), issue("ann", 2, "v-2"))
	for kind, change := range resetting("ann", 2, far) {
		w.Expect(w.apply(change)).To(MatchError(store.ErrStale), kind)
	}
	w.put(user("bob"))
	for kind, change := range resetting("bob", 1, far) {
		w.Expect(w.apply(change)).To(MatchError(store.ErrAhead), kind)
	}
}
