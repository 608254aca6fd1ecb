// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package policy holds the rules: what the objects of a back office must be, and who may change them.
//
// A rule is a pure function of an input to violations. Package gather reads the inputs; chains.go lists which rules hold where:
//
//	*Admission, *Deletion   at the webhook: all rules, those about the actor too
//	*Standing               in the controllers: facts change after admission, and there is no actor
//
// One rule is one file with one table test.
package policy
