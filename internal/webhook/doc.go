// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package webhook answers admission requests. The mutating webhook writes the admission stamp, which says who asks and with which power; the
// validating one gathers the facts, runs the chain of rules, checks the stamp, and says what the rules found.
//
//	stamper     changeOf(request) -> treatment: the old stamp, or a new one
//	validator   gather -> chain -> found.judge(stamp) -> answer
//
// Neither has side effects, so that dry runs need no care.
package webhook
