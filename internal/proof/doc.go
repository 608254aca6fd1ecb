// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package proof holds no code of the product: it shows that nobody hands out more than they may.
//
// A simulated API server takes random sequences of requests of random actors through the real webhook handlers. They read a cache that is behind by
// as many events as is drawn. The real rules of the background then say what everybody has, and on which data. After every step an oracle that
// knows none of the rules, but remembers who really made each change and what power that identity had, looks for
//
//	HANDED OUT   access that came from somebody who was not allowed to give it: the set's rank, its content, a grant, a label or a name that made
//	             the user match, data that a filter lets through or a set bypasses, a set for accounts of other types, an object that nobody was
//	             judged for or that was written past the webhooks, or more than a ceiling permits now
//	LIFTED       access that came by taking away a denial of what the actor does not have
//	TAKEN        access that somebody took from a user whose protection they do not reach
//
// For each rule about who may do what, the same search without it has to find a counterexample; there it may also be one of
//
//	TOUCHED      a change of an object that takes more power than its actor had, whether anybody's access changes or not
//
// Whether every request that TOUCHES too much is refused is not claimed of whole sequences: the specs of the rules and of the webhooks show that.
//
// A failure prints its steps, the shortest that were found, with the objects before and after; rapid names the seed that repeats it.
package proof
