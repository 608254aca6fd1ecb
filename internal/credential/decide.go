// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"time"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// Decide tells what to do next about an account's credential, by the database's clock. Without a reset, a rotation or a new password in an
// administrator's Secret a password changes only where the Secret cannot be delivering one that is valid.
func Decide(now time.Time, p Policy, s State) Plan {
	if p.Deactivated {
		return Plan{Action: Keep, Why: "The account is deactivated and gets no new credential."}
	}
	var plan Plan
	switch p.Source {
	case v1alpha1.CredentialGenerated:
		plan = decideGenerated(now, p, s)
	case v1alpha1.CredentialSecretRef:
		plan = decideSupplied(now, p, s)
	case v1alpha1.CredentialInvitation:
		plan = decideInvited(now, p, s)
	case v1alpha1.CredentialNone:
		plan = decideNone(s)
	default:
		return Plan{Action: Keep, Why: "The source of the password is unknown."}
	}
	if plan.Next = next(now, p, s); plan.Action == Finish && concealDue(now, p, s) {
		plan.Next = now
	}
	return plan
}

// decideGenerated is for passwords that a Secret of ours delivers. It is read live before it is written, and before what a cache says of it is
// believed.
func decideGenerated(now time.Time, p Policy, s State) Plan {
	resets, rotates := s.HasVerifier && ResetDue(now, p, s), s.HasVerifier && RotationDue(now, p, s)
	switch s.Secret {
	case SecretForeign:
		if resets {
			return revocation(now, p, s)
		}
		return Plan{Action: Conflict, Why: "A Secret of this name exists and is not ours."}
	case SecretAbsent, SecretEmpty, SecretFits, SecretFitsPrevious, SecretDoesNotFit, SecretUnowned:
	default:
		return decideUnread(now, p, s)
	}
	switch {
	case resets:
		return Plan{Action: Reset, Version: s.Version + 1, Keep: KeepNone, Resets: p.reset(now), Why: "A reset is asked for."}
	case s.Secret == SecretUnowned:
		return Plan{Action: TakeOver, Why: "The Secret holds the password of this account, and nobody controls it."}
	case rotates:
		return rotation(now, p, s)
	case s.Secret == SecretAbsent || s.Secret == SecretEmpty:
		return decideMissing(p, s)
	case s.Secret == SecretFits && s.HasVerifier:
		return decideFitting(now, p, s)
	default:
		return decideUnfitting(s)
	}
}

func decideUnread(now time.Time, p Policy, s State) Plan {
	switch {
	case s.HasVerifier && (ResetDue(now, p, s) || RotationDue(now, p, s)):
		return Plan{Action: Read, Why: "The password is to change, and the Secret with it."}
	case s.concealed() && (s.Live == s.Recorded || s.Live == Revision{}):
		return Plan{Action: Keep, Why: "The password has been delivered."}
	case s.adopted() && s.Live == Revision{}:
		return Plan{Action: Keep, Why: "The account keeps the password that it had."}
	case s.Live == Revision{}:
		return Plan{Action: Read, Why: "No Secret is known, and only the API server can tell that there is none."}
	case s.HasVerifier && s.Live == s.Recorded && !concealDue(now, p, s):
		return Plan{Action: Keep, Why: "The Secret is unchanged since it was last verified."}
	default:
		return Plan{Action: Read, Why: "The Secret changed since it was last verified."}
	}
}

func decideMissing(p Policy, s State) Plan {
	switch {
	case s.Version == 0:
		return issue(s, "The account has no credential yet.")
	case !s.HasVerifier:
		return issue(s, "The account has no password.")
	case s.concealed() && s.Live == s.Recorded:
		return Plan{Action: Keep, Why: "The password has been delivered."}
	case s.concealed() || s.delivered() && p.OneTime:
		return Plan{Action: Conceal, Version: s.Version, Why: "Somebody has taken the password out of the Secret, as if to acknowledge it."}
	case s.adopted():
		return Plan{Action: Keep, Why: "The account keeps the password that it had."}
	case s.unfinished():
		return issue(s, "The last issue ended before its Secret was written.")
	case !s.delivered():
		return issue(s, "The password is to be generated from now on.")
	case s.Secret == SecretEmpty:
		return issue(s, "The Secret holds no password.")
	default:
		return issue(s, "The Secret is gone.")
	}
}

func decideFitting(now time.Time, p Policy, s State) Plan {
	switch {
	case s.Recorded == Revision{} && !s.Concealed: // before it is concealed: an empty Secret does not tell that it was written
		return Plan{Action: Finish, Version: s.Version, Why: "The Secret was written, and that is not recorded yet."}
	case s.Concealed || concealDue(now, p, s):
		return Plan{Action: Conceal, Version: s.Version, Why: "The password has been delivered."}
	case s.Live == s.Recorded:
		return Plan{Action: Keep, Why: "The Secret holds the password that is stored."}
	default:
		return Plan{Action: Finish, Version: s.Version, Why: "The Secret changed and still holds the password that is stored."}
	}
}

func decideUnfitting(s State) Plan {
	switch {
	case s.Version == 0 && !s.HadPassword:
		return issue(s, "The account never had a password, and somebody has put one into its Secret.")
	case s.Version == 0:
		return Plan{Action: Restore, Version: 1, Keep: KeepNone, Why: "The store has no credential, and the Secret holds a password."}
	case !s.HasVerifier: // it was taken away, and so does not come back
		return issue(s, "The store has dropped the password that the Secret holds.")
	case s.Concealed:
		return Plan{Action: Conceal, Version: s.Version, Why: "The password has been delivered, and the Secret is to hold none."}
	case s.unfinished():
		return issue(s, "The last issue ended before its Secret was written.")
	case s.Secret == SecretFitsPrevious:
		return issue(s, "The Secret holds the password before the current one.")
	default:
		return issue(s, "The Secret does not hold the password that is stored.")
	}
}

func issue(s State, why string) Plan {
	return Plan{Action: Issue, Version: s.Version + 1, Keep: s.keep(), Claim: s.contended(), Why: why}
}

func rotation(now time.Time, p Policy, s State) Plan {
	plan := Plan{Action: Rotate, Version: s.Version + 1, Keep: s.keep(), Claim: s.contended(), Why: "The password is due for rotation."}
	if plan.Keep == KeepCurrent && !rotationAsked(now, p, s) {
		plan.MinAge = p.lifetime()
	}
	return plan
}

// revocation is a reset without a new password.
func revocation(now time.Time, p Policy, s State) Plan {
	return Plan{Action: Revoke, Version: s.Version + 1, Resets: p.reset(now), Why: "A reset is asked for, and the Secret is not ours."}
}

// keep tells which password stays valid beside a new one: that which the Secret holds. Where it holds none that is valid it is the one that it held
// last: the current one, or the one before where the current one has never reached it.
func (s State) keep() KeepVerifier {
	switch {
	case !s.HasVerifier:
		return KeepNone
	case s.Secret == SecretFits:
		return KeepCurrent
	case s.Secret == SecretFitsPrevious || s.unfinished():
		return KeepPrevious
	default:
		return KeepCurrent
	}
}

// contended tells whether the writer of an earlier issue may still be on its way to the Secret. Once the Secret holds the current password it has
// arrived.
func (s State) contended() bool { return s.unfinished() && s.Secret != SecretFits }

// unfinished tells whether a generated password is stored, and not known to be in the Secret.
func (s State) unfinished() bool {
	return s.HasVerifier && s.Source == v1alpha1.CredentialGenerated && s.Recorded == Revision{} && !s.Concealed
}

// delivered tells whether a Secret of ours is known to have held the current password: what is recorded of a supplied one is the administrator's.
func (s State) delivered() bool {
	return s.HasVerifier && s.Source != v1alpha1.CredentialSecretRef && s.Recorded != Revision{}
}

// concealed tells whether a Secret of ours has held the current password, and is to do so no longer.
func (s State) concealed() bool { return s.HasVerifier && s.Concealed }

// adopted tells whether the current password is from before the adoption, and no Secret of ours was ever known to hold it.
func (s State) adopted() bool { return s.HasVerifier && s.Adopted && s.Recorded == Revision{} }

// decideSupplied is for passwords of a Secret that the administrator owns.
func decideSupplied(now time.Time, p Policy, s State) Plan {
	if s.HasVerifier && ResetDue(now, p, s) {
		return Plan{Action: Reset, Version: s.Version + 1, Keep: KeepNone, Resets: p.reset(now), Why: "A reset is asked for."}
	}
	switch s.Secret {
	case SecretForeign:
		return Plan{Action: Conflict, Why: "The Secret lacks the label that lets it be read."}
	case SecretAbsent, SecretEmpty:
		return Plan{Action: Missing, Why: "The Secret holds no password."}
	case SecretUnacceptable:
		return Plan{Action: Refuse, Why: "The password of the Secret breaks the structure."}
	case SecretRevoked:
		return Plan{Action: Refuse, Why: "The password of the Secret was taken away, and does not come back."}
	case SecretFits, SecretFitsPrevious, SecretDoesNotFit:
		return decideSuppliedPassword(s)
	default:
		return decideSuppliedUnread(s)
	}
}

func decideSuppliedUnread(s State) Plan {
	unchanged := s.Live != Revision{} && s.Live == s.Recorded
	switch {
	case unchanged && s.HasVerifier && s.Source == v1alpha1.CredentialSecretRef:
		return Plan{Action: Keep, Why: "The Secret is unchanged since it was last verified."}
	case unchanged && s.Version > 0 && !s.HasVerifier:
		return Plan{Action: Refuse, Why: "The password of the Secret was taken away, and does not come back."}
	default:
		return Plan{Action: Read, Why: "The Secret changed since it was last verified."}
	}
}

// decideSuppliedPassword is for one that may be taken.
func decideSuppliedPassword(s State) Plan {
	supplied := s.HasVerifier && s.Source == v1alpha1.CredentialSecretRef
	switch {
	case s.Secret == SecretFits && supplied && s.Live == s.Recorded:
		return Plan{Action: Keep, Why: "The Secret holds the password that is stored."}
	case s.Secret == SecretFits && supplied:
		return Plan{Action: Finish, Version: s.Version, Why: "The Secret changed and still holds the password that is stored."}
	case !s.HasVerifier:
		return Plan{Action: Supply, Version: s.Version + 1, Keep: KeepNone, Why: "The Secret holds the first password."}
	case s.unfinished(): // the Secret of ours holds the one before
		return Plan{Action: Supply, Version: s.Version + 1, Keep: KeepPrevious, Why: "The Secret holds a new password."}
	default:
		return Plan{Action: Supply, Version: s.Version + 1, Keep: KeepCurrent, Why: "The Secret holds a new password."}
	}
}

// decideInvited is for passwords that users choose. What they choose is the application's.
func decideInvited(now time.Time, p Policy, s State) Plan {
	switch {
	case s.Version > 0 && ResetDue(now, p, s):
		return Plan{Action: Reset, Version: s.Version + 1, Keep: KeepNone, Resets: p.reset(now), Why: "A reset is asked for."}
	case s.HasVerifier && s.Source == v1alpha1.CredentialInvitation:
		return Plan{Action: Keep, Why: "The user has chosen a password."}
	case !s.InvitationExpiresAt.IsZero():
		return Plan{Action: Keep, Why: "The user has been invited."}
	case s.HasVerifier && s.Adopted:
		return Plan{Action: Keep, Why: "The account keeps the password that it had."}
	default:
		return Plan{Action: Invite, Version: s.Version + 1, Why: "The user is to choose a password."}
	}
}

func decideNone(s State) Plan {
	if s.HasVerifier || !s.InvitationExpiresAt.IsZero() {
		return Plan{Action: Revoke, Version: s.Version + 1, Why: "The account is to have no password."}
	}
	return Plan{Action: Keep, Why: "The account has no password."}
}
