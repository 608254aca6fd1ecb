// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package credential decides when an account gets a password, makes passwords and makes verifiers of them. It does no I/O; but for
// randomness it is pure.
//
//	facts of store and Secret --> Decide --> Plan --> its executor:
//
//	Issue:   Generate, Hash --> (1) store.IssueCredential --> (2) write Secret --> (3) store.FinishCredential
//	Restore: read Secret, Hash --> (1) -------------------------------------------> (3)
//	Finish:  -------------------------------------------------------------------> (3)
//
// A crash between (1) and (2) leaves the verifier of a password that nobody knows: the Secret does not fit it, so the next run
// issues again. A crash between (2) and (3) leaves a Secret that fits: the next run finishes.
package credential
