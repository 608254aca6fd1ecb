// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package gather reads facts for the rules, and is the only one that does. It decides nothing.
//
//	controllers -> Gatherer  -> the manager's cache                               facts about objects
//	webhooks    -> Admission -> the same, and for few requests the API server     facts about objects and the actor
package gather
