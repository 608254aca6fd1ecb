// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential

// Policy is what is asked of an account's credential.
type Policy struct {
	// Deactivated accounts get no new credential.
	Deactivated bool
}

// State is what is known of an account's credential. The zero value knows nothing: the Secret has to be read first.
type State struct {
	// Version is that of the stored credential; 0: the store has none, because there never was one or because the store was lost.
	Version int64
	// HasVerifier tells whether a verifier is stored.
	HasVerifier bool
	// Recorded is the Secret that was last known to hold the password of this version; zero while its issue is unfinished.
	Recorded Revision
	// Secret is what is known of the Secret, and Live its revision, zero where there is none.
	Secret Secret
	Live   Revision
}

// Revision is one content of one Secret.
type Revision struct {
	UID, ResourceVersion string
}

// Secret is what is known of the Secret that delivers the password.
type Secret int

// What may be known of a Secret.
const (
	// SecretUnread: at most its metadata are known. A Secret that a cache does not have is this too, with a zero revision: the cache may
	// lag behind, or may not hold what is not ours.
	SecretUnread Secret = iota
	// SecretAbsent: the API server said that there is none.
	SecretAbsent
	// SecretForeign: its metadata say that it is not ours.
	SecretForeign
	// SecretEmpty: it is ours, was read live and holds no password.
	SecretEmpty
	// SecretFits: it is ours, was read live, and its password fits the stored verifier.
	SecretFits
	// SecretDoesNotFit: it is ours, was read live, and its password does not fit the stored verifier, or [Verify] cannot use that one,
	// or none is stored.
	SecretDoesNotFit
)

// Action is what to do about a credential.
type Action string

// The actions.
const (
	// Keep does nothing.
	Keep Action = "Keep"
	// Read reads the Secret live, verifies its password and decides again.
	Read Action = "Read"
	// Issue makes a new password: (1) its verifier into the store, (2) the Secret, (3) the record that the Secret was written.
	Issue Action = "Issue"
	// Restore makes a new verifier of the password that the Secret holds: (1) and (3) of an issue. Nobody knows that this password was
	// generated: its entropy for [Hash] is 0.
	Restore Action = "Restore"
	// Finish is (3) of an issue alone.
	Finish Action = "Finish"
	// Conflict leaves everything as it is: the name of the Secret belongs to somebody else.
	Conflict Action = "Conflict"
)

// Plan is what to do next.
type Plan struct {
	Action Action
	// Version is the one that Issue and Restore store, or that Finish finishes; otherwise 0.
	Version int64
	// Why is a sentence for logs and status.
	Why string
}

// Decide tells what to do next about an account's credential. A password changes only where the Secret cannot be delivering the one
// that is stored.
func Decide(p Policy, s State) Plan {
	if p.Deactivated {
		return Plan{Keep, 0, "The account is deactivated and gets no new credential."}
	}
	switch s.Secret {
	case SecretForeign:
		return Plan{Conflict, 0, "A Secret of this name exists and is not ours."}
	case SecretAbsent, SecretEmpty:
		return decideMissing(s)
	case SecretFits:
		return decideFitting(s)
	case SecretDoesNotFit:
		return decideUnfitting(s)
	case SecretUnread:
	}
	return decideUnread(s)
}

func decideUnread(s State) Plan {
	switch {
	case s.Live == Revision{}:
		return Plan{Read, 0, "No Secret is known, and only the API server can tell that there is none."}
	case s.HasVerifier && s.Live == s.Recorded:
		return Plan{Keep, 0, "The Secret is unchanged since it was last verified."}
	default:
		return Plan{Read, 0, "The Secret changed since it was last verified."}
	}
}

func decideMissing(s State) Plan {
	p := Plan{Issue, s.Version + 1, "The Secret is gone."}
	switch {
	case s.Secret == SecretEmpty:
		p.Why = "The Secret holds no password."
	case s.Version == 0:
		p.Why = "The account has no credential yet."
	case s.Recorded == Revision{}:
		p.Why = "The last issue ended before its Secret was written."
	}
	return p
}

func decideFitting(s State) Plan {
	switch {
	case !s.HasVerifier: // then nothing can have fitted
		return decideUnfitting(s)
	case s.Recorded == Revision{}:
		return Plan{Finish, s.Version, "The Secret was written, and that is not recorded yet."}
	case s.Live == s.Recorded:
		return Plan{Keep, 0, "The Secret holds the password that is stored."}
	default:
		return Plan{Finish, s.Version, "The Secret changed and still holds the password that is stored."}
	}
}

func decideUnfitting(s State) Plan {
	switch {
	case s.Version == 0:
		return Plan{Restore, 1, "The store has no credential, and the Secret holds a password."}
	case !s.HasVerifier: // it was taken away, and so does not come back
		return Plan{Issue, s.Version + 1, "The store has dropped the password that the Secret holds."}
	case s.Recorded == Revision{}:
		return Plan{Issue, s.Version + 1, "The last issue ended before its Secret was written."}
	default:
		return Plan{Issue, s.Version + 1, "The Secret does not hold the password that is stored."}
	}
}
