// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package metrics is what the operator tells Prometheus of itself. docs/metrics.md lists it, config/prometheus has alerts and a dashboard.
//
//   - Counters and histograms are written where something happens: by the decorators of stores and webhooks, and by the controllers.
//   - What objects are like is counted from the cache's events, in memory, and read when it is asked for: an idle operator does nothing for it.
//     Only the manager that works tells it, for another one would tell the same again.
//
// Labels are bounded. A back office is named by back_office_namespace and back_office, and only where its BackOffice exists; nothing names a user,
// a login, a permission or a person.
package metrics
