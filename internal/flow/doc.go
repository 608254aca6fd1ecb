// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package flow runs the steps of a reconcile and is the only writer of status and finalizers.
//
//	finalizer -> one step after the other -> outcome -> conditions -> one status patch -> when to come back
//
// A step changes the outside world and the object's status in memory. It never patches the object and never sets Ready: its error says
// how it went, and the error's type carries the schedule.
//
//	nil      go on with the next step; after the last one the object is Ready
//	Done     stop, all is well
//	Wait     not there yet, heals by itself: Ready=False, Reconciling=True
//	Stall    somebody has to change something: Ready=False, Stalled=True
//	Later    come back without a word: status stays as it is
//	Release  the object is being deleted and may go: the finalizer is removed
//	others   backoff
package flow
