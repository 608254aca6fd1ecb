// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"errors"
	"time"
)

// Wait says that the object is not there yet and that this heals by itself.
type Wait struct {
	// Reason is a v1alpha1.Reason constant.
	Reason string
	// Message is for people; it holds no secret and no personal data.
	Message string
	// After is when to look again; zero: an event will tell.
	After time.Duration
}

// Error implements error.
func (w Wait) Error() string { return w.Reason + ": " + w.Message }

// Stall says that the operator cannot go on before somebody changes something.
type Stall struct {
	Reason  string
	Message string
	// After is when to look again, for changes that no event tells of.
	After time.Duration
}

// Error implements error.
func (s Stall) Error() string { return s.Reason + ": " + s.Message }

// Done says that no further step is needed and all is well.
type Done struct {
	// After is when to look again; zero: an event will tell.
	After time.Duration
}

// Error implements error.
func (Done) Error() string { return "done" }

// Later says that nothing can be said yet: status stays as it is.
type Later struct{ After time.Duration }

// Error implements error.
func (Later) Error() string { return "later" }

// Release says that the object, which is being deleted, may go.
type Release struct{}

// Error implements error.
func (Release) Error() string { return "release" }

// Explain returns the reason and the message of a Wait or a Stall; for any other error they are empty.
func Explain(outcome error) (reason, message string) {
	var wait Wait
	var stall Stall
	switch {
	case errors.As(outcome, &wait):
		return wait.Reason, wait.Message
	case errors.As(outcome, &stall):
		return stall.Reason, stall.Message
	}
	return "", ""
}
