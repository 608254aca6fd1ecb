// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package batch joins the changes of many reconcilers into few transactions: group commit.
//
//	Submit --+
//	Submit --+--> queue --> revoking groups first, at most 256 --> Store.Apply --> verdicts --> each Submit returns its own
//	Submit --+
//
// There is no timer. A group that finds the batcher idle is written at once; what arrives while a transaction runs waits for its
// end and shares the next one. So the slower the store, the larger the transactions.
//
// A transaction that the store rejects is cut in halves until the groups to blame are alone, so that a bad group never fails its
// neighbours. Nothing else is repeated here: every change is idempotent, and reconcilers repeat.
package batch
