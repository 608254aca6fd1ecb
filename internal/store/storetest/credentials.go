// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func credentialCases() cases {
	return cases{
		"an issue is effective at once and unfinished":            issued,
		"an issue builds upon the version before it":              issueVersions,
		"the same issue again does nothing":                       issueAgain,
		"of two issues at once one wins":                          issuesAtOnce,
		"finishing is for the current version":                    finished,
		"a credential needs its user":                             userNeeded,
		"a credential outlives every change of its user's record": credentialKept,
		"the time of an issue is the database's":                  issueTime,
	}
}

// annsCredential reads it without its time.
func (w *world) annsCredential() store.Credential {
	w.t.Helper()
	c := w.one(user("ann")).Credential
	w.Expect(c.IssuedAt.IsZero()).To(Equal(c.Version == 0))
	c.IssuedAt = time.Time{}
	return c
}

// annsVerifier is the one by which the application lets ann in; empty: none.
func (w *world) annsVerifier() string {
	w.t.Helper()
	found := w.column(`SELECT verifier FROM active_users WHERE back_office = $1 AND login = $2`, shop, "ann")
	w.Expect(found).To(HaveLen(1))
	return found[0]
}

func issued(w *world) {
	w.put(user("ann"))
	w.Expect(w.annsCredential()).To(Equal(store.Credential{}))
	w.must(issue("ann", 1, "v-1"))
	w.Expect(w.annsCredential()).To(Equal(store.Credential{Version: 1, Source: store.SourceGenerated, Verifier: "v-1"}))
	w.Expect(w.annsVerifier()).To(Equal("v-1"))
	w.must(finish("ann", 1, "s"))
	w.Expect(w.annsCredential()).To(Equal(store.Credential{
		Version: 1, Source: store.SourceGenerated, Verifier: "v-1", SecretUID: "s", SecretResourceVersion: "s-rv",
	}))
	w.must(issue("ann", 2, "v-2"))
	w.Expect(w.annsCredential()).To(Equal(store.Credential{Version: 2, Source: store.SourceGenerated, Verifier: "v-2"}))
	w.Expect(w.annsVerifier()).To(Equal("v-2"))
}

func issueVersions(w *world) {
	w.put(user("ann"))
	for _, version := range []int64{2, -1} {
		w.Expect(w.apply(issue("ann", version, "v"))).To(MatchError(store.ErrStale), "version %d", version)
	}
	w.must(issue("ann", 1, "v-1"))
	w.must(issue("ann", 2, "v-2"))
	for _, version := range []int64{0, 1, 2, 4} {
		w.Expect(w.apply(issue("ann", version, "other"))).To(MatchError(store.ErrStale), "version %d", version)
	}
	w.Expect(w.apply(issue("ann", 1, "v-1"))).To(MatchError(store.ErrStale), "a former version")
	w.Expect(w.annsCredential()).To(Equal(store.Credential{Version: 2, Source: store.SourceGenerated, Verifier: "v-2"}))
}

func issueAgain(w *world) {
	w.put(user("ann"))
	w.must(issue("ann", 1, "v"), finish("ann", 1, "s"))
	before := w.all()
	w.must(issue("ann", 1, "v"))
	w.Expect(w.all()).To(Equal(before), "the Secret is still known")
}

func issuesAtOnce(w *world) {
	const all = 8
	w.put(user("ann"))
	outcomes := parallel(all, func(i int) error { return w.applyTo(w.st, issue("ann", 1, fmt.Sprintf("v-%d", i))) })
	w.Expect(count(outcomes, nil)).To(Equal(1), "%v", outcomes)
	w.Expect(count(outcomes, store.ErrStale)).To(Equal(all-1), "%v", outcomes)
	for i, err := range outcomes {
		if err == nil {
			w.Expect(w.annsVerifier()).To(Equal(fmt.Sprintf("v-%d", i)))
		}
	}
}

func finished(w *world) {
	w.put(user("ann"))
	w.Expect(w.apply(finish("ann", 1, "s"))).To(MatchError(store.ErrStale), "nothing was issued")
	w.must(issue("ann", 1, "v-1"))
	w.must(issue("ann", 2, "v-2"))
	for _, version := range []int64{0, 1, 3} {
		w.Expect(w.apply(finish("ann", version, "s"))).To(MatchError(store.ErrStale), "version %d", version)
	}
	w.must(finish("ann", 2, "s"))
	w.must(finish("ann", 2, "t")) // the Secret was written again
	w.Expect(w.annsCredential()).To(Equal(store.Credential{
		Version: 2, Source: store.SourceGenerated, Verifier: "v-2", SecretUID: "t", SecretResourceVersion: "t-rv",
	}))
}

func userNeeded(w *world) {
	w.Expect(w.apply(issue("ann", 1, "v"))).To(MatchError(store.ErrNotFound))
	w.Expect(w.apply(finish("ann", 1, "s"))).To(MatchError(store.ErrNotFound))
	w.put(user("ann"))
	w.must(issue("ann", 1, "v"))
	w.must(remove("ann", store.Deactivate))
	w.Expect(w.apply(issue("ann", 2, "v"))).To(MatchError(store.ErrNotFound))
	w.Expect(w.apply(finish("ann", 1, "s"))).To(MatchError(store.ErrNotFound))
}

func credentialKept(w *world) {
	w.put(user("ann"))
	w.must(issue("ann", 1, "v"), finish("ann", 1, "s"))
	before := w.one(user("ann"))
	for i, change := range []func(*store.User){held, withheld, deactivated, administrator, inState(store.StateActive)} {
		w.put(user("ann", atGeneration(int64(i+2)), change))
	}
	after := w.one(user("ann"))
	w.Expect(after.Credential).To(Equal(before.Credential))
	w.Expect(after.ID).To(Equal(before.ID))
	w.Expect(w.annsVerifier()).To(Equal("v"))
}

// now is the database's time, to the second or better: that of a password which is issued for it.
func (w *world) now() time.Time {
	w.t.Helper()
	clock := user("the-clock")
	w.put(clock)
	c := w.one(clock).Credential
	w.must(issue(clock.UID, c.Version+1, "tick"))
	issuedAt := w.one(clock).Credential.IssuedAt
	w.Expect(issuedAt.Location()).To(Equal(time.UTC))
	return issuedAt
}

func issueTime(w *world) {
	first := w.now()
	w.Expect(first).To(And(BeTemporally(">", time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)), BeTemporally("<", time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC))))
	w.Eventually(w.now).WithTimeout(patience).Should(BeTemporally(">", first))
	w.Expect(w.column(`SELECT login FROM active_users WHERE back_office = $1 AND credential_issued_at IS NOT NULL`, shop)).To(HaveLen(1))
	w.put(user("ann"))
	w.Expect(w.column(`SELECT login FROM active_users WHERE back_office = $1 AND credential_issued_at IS NULL`, shop)).To(ConsistOf("ann"))
}
