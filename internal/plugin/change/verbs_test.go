// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package change

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func keptInGitBy(tool string) testkit.Mod {
	return testkit.OnUser(func(u *v1alpha1.BackOfficeUser) {
		metav1.SetMetaDataLabel(&u.ObjectMeta, "kustomize.toolkit.fluxcd.io/name", tool)
	})
}

func heldFor(reason string) testkit.Mod {
	return testkit.OnUser(func(u *v1alpha1.BackOfficeUser) {
		metav1.SetMetaDataAnnotation(&u.ObjectMeta, v1alpha1.AnnotationHold, reason)
	})
}

// after is what a user is like after a verb: state, reason of the hold or "-".
func after(u *v1alpha1.BackOfficeUser, s step) string {
	if s.edit != nil {
		s.edit(u)
	}
	reason, held := u.Annotations[v1alpha1.AnnotationHold]
	if !held {
		reason = "-"
	}
	return string(u.EffectiveState()) + " " + reason
}

func TestWhatVerbsMakeOfUsers(t *testing.T) {
	const byBlock = "blocked with kubectl backoffice at 2026-11-21T12:00:00Z"
	type decide = func(*v1alpha1.BackOfficeUser, request) step
	blocked, deactivated, git := testkit.State(v1alpha1.StateBlocked), testkit.State(v1alpha1.StateDeactivated), keptInGitBy("access")
	forced := request{now: noon, force: true}
	for sentence, c := range map[string]struct {
		decide  decide
		request request
		mods    []testkit.Mod
		is      string
		says    string
		refused bool
		git     v1alpha1.UserState
	}{
		"block":                                      {decide: block, is: "Blocked -", says: "blocked"},
		"block who is blocked":                       {decide: block, mods: []testkit.Mod{blocked}, is: "Blocked -", says: "is blocked already"},
		"block who is deactivated":                   {decide: block, mods: []testkit.Mod{deactivated}, is: "Deactivated -", says: "is deactivated already, which is more than blocked"},
		"block who is on hold":                       {decide: block, mods: []testkit.Mod{heldFor("x")}, is: "Blocked x", says: "blocked"},
		"block who is kept in Git":                   {decide: block, mods: []testkit.Mod{git}, is: "Active " + byBlock, says: "blocked"},
		"block who is kept in Git, by force":         {decide: block, request: forced, mods: []testkit.Mod{git}, is: "Blocked -", says: "blocked"},
		"block who is kept in Git and on hold":       {decide: block, mods: []testkit.Mod{git, heldFor("x")}, is: "Active x", says: "is on hold already (x)"},
		"unblock":                                    {decide: unblock, mods: []testkit.Mod{blocked}, is: "Active -", says: "unblocked"},
		"unblock who is not blocked":                 {decide: unblock, is: "Active -", says: "is not blocked"},
		"unblock who is deactivated":                 {decide: unblock, mods: []testkit.Mod{deactivated}, is: "Deactivated -", says: "is deactivated, not blocked: kubectl backoffice reactivate ann", refused: true},
		"unblock who was blocked by annotation":      {decide: unblock, mods: []testkit.Mod{git, heldFor(byBlock)}, is: "Active -", says: "unblocked"},
		"unblock who was blocked twice":              {decide: unblock, mods: []testkit.Mod{blocked, heldFor(byBlock)}, is: "Active -", says: "unblocked"},
		"unblock who is on hold by somebody":         {decide: unblock, mods: []testkit.Mod{heldFor("x")}, is: "Active x", says: "is not blocked but on hold (x): kubectl backoffice release ann", refused: true},
		"unblock who is blocked and on hold":         {decide: unblock, mods: []testkit.Mod{blocked, heldFor("x")}, is: "Active x", says: "unblocked"},
		"unblock who is blocked by Git":              {decide: unblock, mods: []testkit.Mod{git, blocked}, is: "Blocked -", says: "is kept by Flux Kustomization access, which would put back spec.state: Blocked: change it in Git, or give --force", refused: true, git: v1alpha1.StateActive},
		"unblock who is blocked by Git and by block": {decide: unblock, mods: []testkit.Mod{git, blocked, heldFor(byBlock)}, is: "Blocked -", says: "is kept by Flux Kustomization access, which would put back spec.state: Blocked: change it in Git, or give --force", refused: true, git: v1alpha1.StateActive},
		"unblock who is blocked by Git, by force":    {decide: unblock, request: forced, mods: []testkit.Mod{git, blocked}, is: "Active -", says: "unblocked"},
		"hold":                                        {decide: hold, is: "Active put on hold with kubectl backoffice at 2026-11-21T12:00:00Z", says: "put on hold"},
		"hold with a reason":                          {decide: hold, request: request{now: noon, reason: "x"}, is: "Active x", says: "put on hold"},
		"hold who is on hold":                         {decide: hold, mods: []testkit.Mod{heldFor("x")}, is: "Active x", says: "is on hold already (x)"},
		"hold for another reason":                     {decide: hold, request: request{now: noon, reason: "y"}, mods: []testkit.Mod{heldFor("x")}, is: "Active y", says: "stays on hold, for another reason; it was (x)"},
		"release":                                     {decide: lift, mods: []testkit.Mod{heldFor("x")}, is: "Active -", says: "released"},
		"release who is not on hold":                  {decide: lift, is: "Active -", says: "is not on hold"},
		"release who is blocked, too":                 {decide: lift, mods: []testkit.Mod{blocked, heldFor("x")}, is: "Blocked -", says: "released"},
		"deactivate":                                  {decide: deactivate, is: "Deactivated -", says: "deactivated"},
		"deactivate who is blocked":                   {decide: deactivate, mods: []testkit.Mod{blocked}, is: "Deactivated -", says: "deactivated"},
		"deactivate who is deactivated":               {decide: deactivate, mods: []testkit.Mod{deactivated}, is: "Deactivated -", says: "is deactivated already"},
		"deactivate who is kept in Git":               {decide: deactivate, mods: []testkit.Mod{git}, is: "Active -", says: "is kept by Flux Kustomization access, which would put back spec.state: Active: change it in Git, or give --force", refused: true, git: v1alpha1.StateDeactivated},
		"deactivate who is kept in Git, by force":     {decide: deactivate, request: forced, mods: []testkit.Mod{git}, is: "Deactivated -", says: "deactivated"},
		"reactivate":                                  {decide: reactivate, mods: []testkit.Mod{deactivated}, is: "Active -", says: "reactivated"},
		"reactivate who is active":                    {decide: reactivate, is: "Active -", says: "is active already"},
		"reactivate who is blocked":                   {decide: reactivate, mods: []testkit.Mod{blocked}, is: "Blocked -", says: "is blocked, not deactivated: kubectl backoffice unblock ann", refused: true},
		"reactivate who is on hold":                   {decide: reactivate, mods: []testkit.Mod{heldFor("x")}, is: "Active x", says: "is not deactivated but on hold (x): kubectl backoffice release ann", refused: true},
		"reactivate who is kept in Git":               {decide: reactivate, mods: []testkit.Mod{git, deactivated}, is: "Deactivated -", says: "is kept by Flux Kustomization access, which would put back spec.state: Deactivated: change it in Git, or give --force", refused: true, git: v1alpha1.StateActive},
		"reactivate who is deactivated and on hold":   {decide: reactivate, mods: []testkit.Mod{deactivated, heldFor("x")}, is: "Active x", says: "reactivated"},
		"reactivate who is deactivated, and its hold": {decide: lift, mods: []testkit.Mod{deactivated, heldFor("x")}, is: "Deactivated -", says: "released"},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			u := testkit.User("ann", "shop", c.mods...)
			if c.request.now.IsZero() {
				c.request.now = noon
			}
			s := c.decide(u, c.request)
			g.Expect(s.says).To(Equal(c.says))
			g.Expect(s.refused).To(Equal(c.refused))
			g.Expect(s.git).To(Equal(c.git))
			g.Expect(s.edit == nil).To(Equal(s.arrived == nil), "what is changed is waited for")
			g.Expect(after(u, s)).To(Equal(c.is))

			again := c.decide(u, c.request)
			if !s.refused && s.edit != nil {
				g.Expect(again.edit).To(BeNil(), "it is done")
			}
		})
	}
}

func TestMomentsOfResets(t *testing.T) {
	at := func(s string) time.Time {
		moment, err := time.Parse(time.RFC3339Nano, s)
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		return moment
	}
	field := func(s string) testkit.Mod {
		return testkit.OnUser(func(u *v1alpha1.BackOfficeUser) {
			u.Spec.Credentials = &v1alpha1.UserCredentials{Reset: &metav1.Time{Time: at(s)}}
		})
	}
	issued := func(s string) testkit.Mod {
		return testkit.OnUser(func(u *v1alpha1.BackOfficeUser) {
			u.Status.Credential = &v1alpha1.CredentialStatus{IssuedAt: &metav1.Time{Time: at(s)}}
		})
	}
	for sentence, c := range map[string]struct {
		now  string
		mods []testkit.Mod
		want string
	}{
		"now":                                     {now: "2026-11-21T12:00:00Z", want: "2026-11-21T12:00:00Z"},
		"the next whole second":                   {now: "2026-11-21T12:00:00.1Z", want: "2026-11-21T12:00:01Z"},
		"by UTC":                                  {now: "2026-11-21T13:00:00+01:00", want: "2026-11-21T12:00:00Z"},
		"after an older reset":                    {now: "2026-11-21T12:00:00Z", mods: []testkit.Mod{field("2026-11-21T11:00:00Z")}, want: "2026-11-21T12:00:00Z"},
		"after a reset of the same second":        {now: "2026-11-21T12:00:00Z", mods: []testkit.Mod{field("2026-11-21T12:00:00Z")}, want: "2026-11-21T12:00:01Z"},
		"after a reset by a clock that is ahead":  {now: "2026-11-21T12:00:00Z", mods: []testkit.Mod{field("2026-11-21T12:03:00Z")}, want: "2026-11-21T12:03:01Z"},
		"after a password of the same second":     {now: "2026-11-21T12:00:00Z", mods: []testkit.Mod{issued("2026-11-21T12:00:00Z")}, want: "2026-11-21T12:00:01Z"},
		"after a password, with a clock too slow": {now: "2026-11-21T12:00:00Z", mods: []testkit.Mod{issued("2026-11-21T12:02:00Z")}, want: "2026-11-21T12:02:01Z"},
		"after a reset by annotation": {
			now: "2026-11-21T12:00:00Z", mods: []testkit.Mod{testkit.Annotations(v1alpha1.AnnotationResetRequestedAt, "2026-11-21T12:00:30Z")}, want: "2026-11-21T12:00:31Z",
		},
		"whatever an annotation says that is no time": {
			now: "2026-11-21T12:00:00Z", mods: []testkit.Mod{testkit.Annotations(v1alpha1.AnnotationResetRequestedAt, "soon")}, want: "2026-11-21T12:00:00Z",
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			u := testkit.User("ann", "shop", c.mods...)
			g.Expect(momentOf(u, at(c.now)).Format(time.RFC3339Nano)).To(Equal(c.want))
		})
	}
}
