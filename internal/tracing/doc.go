// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package tracing tells where time goes, by OpenTelemetry: one span for each reconcile, each admission request, each call of a store, and, with
// PostgreSQL, each query. It is off unless the environment names who is to receive that, and costs nothing then: nothing is wrapped.
//
//	API server's traceparent -> Requests -> Admission -> ...
//	                            Reconciler -> Store -> Queries
//
// A span says of which kind something was, how it ended, and for reconciles and requests the object's namespace and name. The exporter lets only the
// attributes of a list pass, and no text of an error: whatever a library thinks worth recording, no personal data leaves by a span.
package tracing
