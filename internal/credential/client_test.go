// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"time"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
)

// client logs in at every instant with whatever the Secret holds, and with what it held last where it holds nothing. It must never fail but after a
// reset that was asked for, after somebody changed the Secret, and after the store was lost: then until the Secret holds the current password again.
type client struct {
	held    string
	excused bool
	// promised are the passwords that the operator has replaced in the Secret, and until when each has to work all the same.
	promised map[string]time.Time
	// issued is when each password was issued, and reset what was carried out last.
	issued map[string]time.Time
	reset  time.Time
}

func (w *world) excuse() { w.client.excused, w.client.promised = true, nil }

// check is one instant.
func (w *world) check() {
	c, s := &w.client, w.secret
	if s != nil && s.ours && s.password != "" && w.policy.Source == v1alpha1.CredentialGenerated {
		c.held = s.password
	}
	for password, at := range c.issued {
		if at.Before(c.reset) && w.valid(password) {
			w.violated("%s was issued before the reset, and is valid after it", password)
		}
	}
	for password, until := range c.promised {
		if w.now.Before(until) && !w.valid(password) {
			w.violated("%s ended before its grace", password)
		}
	}
	if c.held == "" {
		return
	}
	delivers := s != nil && s.password == c.held
	switch works := w.valid(c.held); {
	case !works && !c.excused:
		w.violated("the client cannot log in with %s", c.held)
	case c.held == w.row.verifier && (delivers || w.row.concealed):
		c.excused = false
	}
}

// replaced notes that the operator puts another password into the Secret.
func (w *world) replaced(next string) {
	c, s := &w.client, w.secret
	if c.excused || next == "" || s == nil || s.password == next || !w.valid(s.password) {
		return
	}
	if c.promised == nil {
		c.promised = map[string]time.Time{}
	}
	c.promised[s.password] = w.now.Add(w.policy.Grace)
}

// judge tells whether a password may be replaced by the plan.
func (w *world) judge(plan credential.Plan, before row, read *object) {
	held := read != nil && w.secret != nil && read.Revision == w.secret.Revision && read.ours && read.password == before.verifier
	switch plan.Action {
	case credential.Issue:
		if before.verifier != "" && (held || before.concealed) {
			w.violated("a password that works was replaced without being asked: %s", plan.Why)
		}
	case credential.Rotate:
		aged := w.policy.Interval > 0 && !w.now.Before(before.issuedAt.Add(w.policy.Interval-w.policy.Interval/10))
		asked := before.issuedAt.Before(w.policy.RotateIssuedBefore) && !w.now.Before(w.policy.RotateIssuedBefore)
		if !aged && !asked {
			w.violated("a password was rotated before its time")
		}
		w.client.promised = nil // only the last one is kept
	case credential.Reset:
		w.wasReset(plan)
	default:
		w.violated("%s makes a password", plan.Action)
	}
}

func (w *world) wasReset(plan credential.Plan) {
	w.excuse()
	w.client.reset = latest(w.client.reset, plan.Resets)
}
