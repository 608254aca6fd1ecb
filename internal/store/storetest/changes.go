// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// put is the change that writes a record.
func put(r store.Record) store.Change { return store.Put{Record: r} }

// remove is the change that ends the care for a user.
func remove(uid string, d store.Disposal) store.Change {
	return store.RemoveUser{UID: uid, Disposal: d}
}

// issue is the change that issues a generated password, as of now, and ends all others.
func issue(uid string, version int64, verifier string, changes ...func(*store.IssueCredential)) store.Change {
	return modified(store.IssueCredential{
		UserUID: uid, Version: version, Verifier: verifier, Source: store.SourceGenerated, Keep: store.KeepNone,
	}, changes)
}

// The modifiers of issues.

func keeping(k store.Keep) func(*store.IssueCredential) {
	return func(i *store.IssueCredential) { i.Keep = k }
}

func from(s store.Source) func(*store.IssueCredential) {
	return func(i *store.IssueCredential) { i.Source = s }
}

func issuedAt(t time.Time) func(*store.IssueCredential) {
	return func(i *store.IssueCredential) { i.IssuedAt = t }
}

func agedAtLeast(age time.Duration) func(*store.IssueCredential) {
	return func(i *store.IssueCredential) { i.MinAge = age }
}

func resets(t time.Time) func(*store.IssueCredential) {
	return func(i *store.IssueCredential) { i.Resets = t }
}

// finish records the Secret of a password and ends the one before at once.
func finish(uid string, version int64, secret string) store.Change {
	return finishAfter(uid, version, secret, 0)
}

// finishAfter records the Secret of a password; the one before ends after a grace.
func finishAfter(uid string, version int64, secret string, grace time.Duration) store.Change {
	return store.FinishCredential{
		UserUID: uid, Version: version, SecretUID: secret, SecretResourceVersion: secret + "-rv", Grace: grace,
	}
}

// conceal records that the Secret has delivered ann's password.
func conceal(version int64, secret string) store.Change {
	f := finish("ann", version, secret).(store.FinishCredential)
	f.Concealed = true
	return f
}

// invite is the change that lets a user choose a password by a token, as of now, for an hour.
func invite(uid string, version int64, token string, changes ...func(*store.InviteUser)) store.Change {
	return modified(store.InviteUser{UserUID: uid, Version: version, Token: token, TokenHash: hashOf(token), ValidFor: time.Hour}, changes)
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// The modifiers of invitations.

func invitedAt(t time.Time) func(*store.InviteUser) {
	return func(i *store.InviteUser) { i.IssuedAt = t }
}

func validFor(d time.Duration) func(*store.InviteUser) {
	return func(i *store.InviteUser) { i.ValidFor = d }
}

func inviteResets(t time.Time) func(*store.InviteUser) {
	return func(i *store.InviteUser) { i.Resets = t }
}

// revoke takes a password away.
func revoke(uid string, version int64) store.Change {
	return store.RevokeCredential{UserUID: uid, Version: version}
}

// revokeResets takes a password away that was issued before a moment.
func revokeResets(uid string, version int64, t time.Time) store.Change {
	return store.RevokeCredential{UserUID: uid, Version: version, Resets: t}
}

// resetAll ends all passwords that were issued before a moment.
func resetAll(t time.Time) store.Change { return store.ResetCredentials{IssuedBefore: t} }
