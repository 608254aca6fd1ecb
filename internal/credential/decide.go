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
	case v1alpha1.CredentialSecretRef:
		plan = decideSupplied(now, p, s)
	case v1alpha1.CredentialInvitation:
		plan = decideInvited(now, p, s)
	case v1alpha1.CredentialNone:
		plan = decideNone(s)
	case v1alpha1.CredentialGenerated:
		plan = decideGenerated(now, p, s)
	}
	plan.Next = next(now, p, s)
	return plan
}

// decideGenerated is for passwords that a Secret of ours delivers. It is read live before it is written, and before what a cache says of it is
// believed.
func decideGenerated(now time.Time, p Policy, s State) Plan {
	switch {
	case s.Secret == SecretForeign && s.HasVerifier && resetDue(now, p, s):
		return Plan{Action: Revoke, Version: s.Version + 1, Resets: p.ResetIssuedBefore, Why: "A reset is asked for, and the Secret is not ours."}
	case s.Secret == SecretForeign:
		return Plan{Action: Conflict, Why: "A Secret of this name exists and is not ours."}
	case s.Secret == SecretUnowned:
		return Plan{Action: TakeOver, Why: "The Secret holds the password of this account, and nobody controls it."}
	case s.Secret == SecretUnread:
		return decideUnread(now, p, s)
	case s.HasVerifier && resetDue(now, p, s):
		return Plan{Action: Reset, Version: s.Version + 1, Keep: KeepNone, Resets: p.ResetIssuedBefore, Why: "A reset is asked for."}
	case s.HasVerifier && rotateDue(now, p, s):
		return rotation(now, p, s)
	}
	switch s.Secret {
	case SecretAbsent, SecretEmpty:
		return decideMissing(p, s)
	case SecretFits:
		return decideFitting(now, p, s)
	default:
		return decideUnfitting(s)
	}
}

func decideUnread(now time.Time, p Policy, s State) Plan {
	changes := s.HasVerifier && (resetDue(now, p, s) || rotateDue(now, p, s))
	switch {
	case changes:
		return Plan{Action: Read, Why: "The password is to change, and the Secret with it."}
	case s.HasVerifier && s.Concealed && (s.Live == s.Recorded || s.Live == Revision{}):
		return Plan{Action: Keep, Why: "The password has been delivered."}
	case s.HasVerifier && s.Adopted && s.Live == Revision{} && s.Recorded == Revision{}:
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
	delivered := s.HasVerifier && s.Recorded != Revision{}
	switch {
	case s.Version == 0:
		return issue(s, KeepNone, "The account has no credential yet.")
	case !s.HasVerifier:
		return issue(s, KeepNone, "The account has no password.")
	case delivered && s.Concealed && s.Live == s.Recorded:
		return Plan{Action: Keep, Why: "The password has been delivered."}
	case delivered && (s.Concealed || p.OneTime):
		return Plan{Action: Conceal, Version: s.Version, Why: "Somebody has taken the password out of the Secret, as if to acknowledge it."}
	case s.Adopted && !delivered:
		return Plan{Action: Keep, Why: "The account keeps the password that it had."}
	case s.unfinished():
		return issue(s, KeepPrevious, "The last issue ended before its Secret was written.")
	case s.Secret == SecretEmpty:
		return issue(s, KeepCurrent, "The Secret holds no password.")
	case !delivered:
		return issue(s, KeepCurrent, "The password is to be generated from now on.")
	default:
		return issue(s, KeepCurrent, "The Secret is gone.")
	}
}

func decideFitting(now time.Time, p Policy, s State) Plan {
	switch {
	case !s.HasVerifier: // then nothing can have fitted
		return decideUnfitting(s)
	case s.Concealed || concealDue(now, p, s):
		return Plan{Action: Conceal, Version: s.Version, Why: "The password has been delivered."}
	case s.Recorded == Revision{}:
		return Plan{Action: Finish, Version: s.Version, Why: "The Secret was written, and that is not recorded yet."}
	case s.Live == s.Recorded:
		return Plan{Action: Keep, Why: "The Secret holds the password that is stored."}
	default:
		return Plan{Action: Finish, Version: s.Version, Why: "The Secret changed and still holds the password that is stored."}
	}
}

func decideUnfitting(s State) Plan {
	switch {
	case s.Version == 0:
		return Plan{Action: Restore, Version: 1, Keep: KeepNone, Why: "The store has no credential, and the Secret holds a password."}
	case !s.HasVerifier: // it was taken away, and so does not come back
		return issue(s, KeepNone, "The store has dropped the password that the Secret holds.")
	case s.Concealed:
		return Plan{Action: Conceal, Version: s.Version, Why: "The password has been delivered, and the Secret is to hold none."}
	case s.unfinished():
		return issue(s, KeepPrevious, "The last issue ended before its Secret was written.")
	case s.Secret == SecretFitsPrevious:
		return issue(s, KeepPrevious, "The Secret holds the password before the current one.")
	default:
		return issue(s, KeepCurrent, "The Secret does not hold the password that is stored.")
	}
}

// issue makes a new password. Where an earlier issue is unfinished, its writer may still be on its way.
func issue(s State, keep KeepVerifier, why string) Plan {
	return Plan{Action: Issue, Version: s.Version + 1, Keep: keep, Claim: s.unfinished(), Why: why}
}

func rotation(now time.Time, p Policy, s State) Plan {
	plan := Plan{Action: Rotate, Version: s.Version + 1, Keep: KeepCurrent, Claim: s.unfinished(), Why: "The password is due for rotation."}
	switch {
	case s.unfinished() || s.Secret == SecretFitsPrevious:
		plan.Keep = KeepPrevious
	case !rotationAsked(now, p, s):
		plan.MinAge = p.lifetime()
	}
	return plan
}

// unfinished tells whether a generated password is stored, and not known to be in the Secret.
func (s State) unfinished() bool {
	return s.HasVerifier && s.Source == v1alpha1.CredentialGenerated && s.Recorded == Revision{}
}

// decideSupplied is for passwords of a Secret that the administrator owns.
func decideSupplied(now time.Time, p Policy, s State) Plan {
	supplied := s.Source == v1alpha1.CredentialSecretRef
	unchanged := s.Live != Revision{} && s.Live == s.Recorded
	switch {
	case s.HasVerifier && resetDue(now, p, s):
		return Plan{Action: Reset, Version: s.Version + 1, Resets: p.ResetIssuedBefore, Why: "A reset is asked for."}
	case s.Secret == SecretForeign:
		return Plan{Action: Conflict, Why: "The Secret lacks the label that lets it be read."}
	case s.Secret == SecretAbsent || s.Secret == SecretEmpty:
		return Plan{Action: Missing, Why: "The Secret holds no password."}
	case s.Secret == SecretUnacceptable:
		return Plan{Action: Refuse, Why: "The password of the Secret breaks the structure."}
	case s.Secret == SecretRevoked || s.Secret == SecretUnread && !s.HasVerifier && s.Version > 0 && unchanged:
		return Plan{Action: Refuse, Why: "The password of the Secret has been reset."}
	case s.Secret == SecretUnread && s.HasVerifier && supplied && unchanged:
		return Plan{Action: Keep, Why: "The Secret is unchanged since it was last verified."}
	case s.Secret == SecretUnread:
		return Plan{Action: Read, Why: "The Secret changed since it was last verified."}
	case s.Secret == SecretFits && s.HasVerifier && supplied && unchanged:
		return Plan{Action: Keep, Why: "The Secret holds the password that is stored."}
	case s.Secret == SecretFits && s.HasVerifier && supplied:
		return Plan{Action: Finish, Version: s.Version, Why: "The Secret changed and still holds the password that is stored."}
	case s.HasVerifier:
		return Plan{Action: Supply, Version: s.Version + 1, Keep: KeepCurrent, Why: "The Secret holds a new password."}
	default:
		return Plan{Action: Supply, Version: s.Version + 1, Keep: KeepNone, Why: "The Secret holds the first password."}
	}
}

// decideInvited is for passwords that users choose. What they choose is the application's.
func decideInvited(now time.Time, p Policy, s State) Plan {
	switch {
	case s.Version > 0 && resetDue(now, p, s):
		return Plan{Action: Reset, Version: s.Version + 1, Resets: p.ResetIssuedBefore, Why: "A reset is asked for."}
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
