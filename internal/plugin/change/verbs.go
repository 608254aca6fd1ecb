// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package change

import (
	"fmt"
	"strings"
	"time"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/owner"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
)

// request is what somebody asks to be done to users.
type request struct {
	// reason of a hold, empty where none is given.
	reason string
	// force changes spec although somebody keeps it in Git.
	force bool
	now   time.Time
}

// step is what a request makes of one user, as that user is.
type step struct {
	// says is what has become of the user, or of the request: "blocked", "is blocked already".
	says string
	// edit makes the change; nil where there is none to make here.
	edit func(*v1alpha1.BackOfficeUser)
	// git is the state that Git has to get, where the change is to be made there.
	git v1alpha1.UserState
	// refused tells that the user is not as the request wants it to be, and that this command does not change that.
	refused bool
	// note is what else there is to know.
	note string
	// arrived tells whether what was changed is in force.
	arrived arrival
	// then is a note about the user once it is; nil for none.
	then func(*v1alpha1.BackOfficeUser) string
}

// blockedBy begins the reason of a hold that block has placed, by which unblock knows it.
const blockedBy = "blocked with kubectl backoffice"

func block(u *v1alpha1.BackOfficeUser, r request) step {
	keeper := owner.Of(u)
	switch state := u.EffectiveState(); {
	case state == v1alpha1.StateDeactivated:
		return step{says: "is deactivated already, which is more than blocked"}
	case state == v1alpha1.StateBlocked:
		return step{says: "is blocked already"}
	case !keeper.Keeps() || r.force:
		return step{says: "blocked", edit: toState(v1alpha1.StateBlocked), note: reverted(u, keeper), arrived: isOut}
	case u.Held():
		return step{says: "is on hold already" + reasonOf(u)}
	}
	return step{
		says: "blocked", edit: holding(fmt.Sprintf("%s at %s", blockedBy, r.now.UTC().Format(time.RFC3339))), arrived: isOut,
		note: fmt.Sprintf("user %s is kept by %s: held by annotation, which it leaves alone; to block for good put spec.state: Blocked into Git", u.Name, keeper),
	}
}

func unblock(u *v1alpha1.BackOfficeUser, r request) step {
	keeper, blocked := owner.Of(u), u.EffectiveState() == v1alpha1.StateBlocked
	ours := strings.HasPrefix(u.Annotations[v1alpha1.AnnotationHold], blockedBy)
	held := u.Held() && !ours
	switch {
	case u.EffectiveState() == v1alpha1.StateDeactivated:
		return step{says: "is deactivated, not blocked: kubectl backoffice reactivate " + u.Name, refused: true}
	case blocked && keeper.Keeps() && !r.force:
		s := inGit(u, keeper, v1alpha1.StateActive)
		if ours {
			s.edit, s.arrived = release, isSeen
		}
		return s
	case !blocked && held:
		return step{says: "is not blocked but on hold" + reasonOf(u) + ": kubectl backoffice release " + u.Name, refused: true}
	case !blocked && !ours:
		return step{says: "is not blocked"}
	}
	s := step{says: "unblocked", edit: release, arrived: isIn}
	if blocked {
		s.edit, s.note = toState(v1alpha1.StateActive), reverted(u, keeper)
	}
	switch {
	case held:
		s.arrived, s.note = isSeen, stillHeld(u)
	case blocked && ours:
		s.edit = both(s.edit, release)
	}
	return s
}

func hold(u *v1alpha1.BackOfficeUser, r request) step {
	is, held := u.Annotations[v1alpha1.AnnotationHold]
	if held && (r.reason == "" || r.reason == is) {
		return step{says: "is on hold already" + reasonOf(u)}
	}
	reason := r.reason
	if reason == "" {
		reason = "put on hold with kubectl backoffice at " + r.now.UTC().Format(time.RFC3339)
	}
	s := step{says: "put on hold", edit: holding(reason), arrived: isOut}
	if held {
		s.says = "stays on hold, for another reason; it was" + reasonOf(u)
	}
	return s
}

func lift(u *v1alpha1.BackOfficeUser, _ request) step {
	switch state := u.EffectiveState(); {
	case !u.Held():
		return step{says: "is not on hold"}
	case state != v1alpha1.StateActive:
		return step{
			says: "released", edit: release, arrived: isSeen,
			note: fmt.Sprintf("user %s does not get in: spec.state is %s", u.Name, state),
		}
	}
	return step{says: "released", edit: release, arrived: isIn}
}

func deactivate(u *v1alpha1.BackOfficeUser, r request) step {
	keeper := owner.Of(u)
	switch {
	case u.EffectiveState() == v1alpha1.StateDeactivated:
		return step{says: "is deactivated already"}
	case keeper.Keeps() && !r.force:
		return inGit(u, keeper, v1alpha1.StateDeactivated)
	}
	return step{says: "deactivated", edit: toState(v1alpha1.StateDeactivated), note: reverted(u, keeper), arrived: isDeactivated}
}

func reactivate(u *v1alpha1.BackOfficeUser, r request) step {
	keeper := owner.Of(u)
	switch state := u.EffectiveState(); {
	case state == v1alpha1.StateBlocked:
		return step{says: "is blocked, not deactivated: kubectl backoffice unblock " + u.Name, refused: true}
	case state == v1alpha1.StateActive && u.Held():
		return step{says: "is not deactivated but on hold" + reasonOf(u) + ": kubectl backoffice release " + u.Name, refused: true}
	case state == v1alpha1.StateActive:
		return step{says: "is active already"}
	case keeper.Keeps() && !r.force:
		return inGit(u, keeper, v1alpha1.StateActive)
	}
	s := step{says: "reactivated", edit: toState(v1alpha1.StateActive), note: reverted(u, keeper), arrived: isIn}
	if u.Held() {
		s.arrived, s.note = isSeen, stillHeld(u)
	}
	return s
}

// inGit is for a state that somebody else's Git says, and for which no annotation stands.
func inGit(u *v1alpha1.BackOfficeUser, keeper owner.Owner, state v1alpha1.UserState) step {
	return step{
		says: fmt.Sprintf("is kept by %s, which would put back spec.state: %s: change it in Git, or give --force", keeper, u.EffectiveState()),
		git:  state, refused: true,
	}
}

// reverted is the note about a field that somebody else keeps.
func reverted(u *v1alpha1.BackOfficeUser, keeper owner.Owner) string {
	if !keeper.Keeps() {
		return ""
	}
	return fmt.Sprintf("user %s is kept by %s, which will put back what Git says of spec", u.Name, keeper)
}

func stillHeld(u *v1alpha1.BackOfficeUser) string {
	return fmt.Sprintf("user %s is still on hold%s: kubectl backoffice release %s", u.Name, reasonOf(u), u.Name)
}

// reasonOf is the reason of a hold in brackets.
func reasonOf(u *v1alpha1.BackOfficeUser) string {
	if reason := u.Annotations[v1alpha1.AnnotationHold]; reason != "" {
		return fmt.Sprintf(" (%s)", session.Printable(reason))
	}
	return ""
}

func toState(state v1alpha1.UserState) func(*v1alpha1.BackOfficeUser) {
	return func(u *v1alpha1.BackOfficeUser) { u.Spec.State = state }
}

func holding(reason string) func(*v1alpha1.BackOfficeUser) {
	return annotating(v1alpha1.AnnotationHold, reason)
}

func annotating(name, value string) func(*v1alpha1.BackOfficeUser) {
	return func(u *v1alpha1.BackOfficeUser) {
		if u.Annotations == nil {
			u.Annotations = map[string]string{}
		}
		u.Annotations[name] = value
	}
}

func release(u *v1alpha1.BackOfficeUser) { delete(u.Annotations, v1alpha1.AnnotationHold) }

func both(edits ...func(*v1alpha1.BackOfficeUser)) func(*v1alpha1.BackOfficeUser) {
	return func(u *v1alpha1.BackOfficeUser) {
		for _, edit := range edits {
			edit(u)
		}
	}
}
