// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package credential decides when an account gets a password, makes passwords and makes verifiers of them. It does no I/O; but for
// randomness it is pure.
//
//	facts of store and Secret --> Decide --> Plan --> its executor:
//
//	Issue, Rotate, Reset: Generate, Hash --> (1) store.IssueCredential --> (2) write Secret --> (3) store.FinishCredential
//	Restore, Supply:      read, Hash ------> (1) -------------------------------------------> (3)
//	Finish:               ----------------------------------------------------------------> (3)
//
// From (1) to (3) two passwords are valid: the new one, and without end the one that the Secret holds. So it does not matter how long (2) takes, or
// whether it ever comes. A crash between (1) and (2) leaves the verifier of a password that nobody knows: the Secret does not hold it, so the next
// run issues again, and still keeps the one that the Secret holds. A crash between (2) and (3) leaves a Secret that fits: the next run finishes.
//
// A manager that was frozen may go on at any time. The store refuses its (1) and (3), by fence and version; nobody but the API server can refuse its
// (2), by the resourceVersion. So who issues over an unfinished issue first claims the Secret by changing it (Plan.Claim).
package credential
