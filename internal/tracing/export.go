// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package tracing

import (
	"context"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// The attributes that spans of this package have.
const (
	keyNamespace  = attribute.Key("k8s.namespace.name")
	keyName       = attribute.Key("k8s.object.name")
	keyKind       = attribute.Key("k8s.object.kind")
	keyController = attribute.Key("backoffice.controller")
	keyRequeue    = attribute.Key("backoffice.requeue_after_ms")
	keyOperation  = attribute.Key("backoffice.admission.operation")
	keyRequest    = attribute.Key("backoffice.admission.request_uid")
	keyDryRun     = attribute.Key("backoffice.admission.dry_run")
	keyAllowed    = attribute.Key("backoffice.admission.allowed")
	keyGroups     = attribute.Key("backoffice.store.groups")
	keyError      = attribute.Key("error.type")
)

// passing are the attributes that leave. Those that are not ours are libraries', and tell of the database what anybody may know.
var passing = []attribute.Key{
	keyNamespace, keyName, keyKind, keyController, keyRequeue, keyOperation, keyRequest, keyDryRun, keyAllowed, keyGroups, keyError,
	"db.system.name", "pgx.rows_affected", "pgx.sql_state", "pgx.operation.type",
}

// discreet is an exporter that lets pass what is in the list, and no text of an error: that may quote what was written.
type discreet struct{ sdktrace.SpanExporter }

// ExportSpans implements trace.SpanExporter.
func (d discreet) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	shown := make([]sdktrace.ReadOnlySpan, len(spans))
	for i, span := range spans {
		shown[i] = outline{span}
	}
	return d.SpanExporter.ExportSpans(ctx, shown)
}

// outline is what is shown of a span.
type outline struct{ sdktrace.ReadOnlySpan }

// Attributes implements trace.ReadOnlySpan.
func (o outline) Attributes() []attribute.KeyValue {
	return slices.DeleteFunc(slices.Clone(o.ReadOnlySpan.Attributes()), func(a attribute.KeyValue) bool { return !slices.Contains(passing, a.Key) })
}

// Events implements trace.ReadOnlySpan: they are the errors that were recorded.
func (o outline) Events() []sdktrace.Event { return nil }

// Status implements trace.ReadOnlySpan.
func (o outline) Status() sdktrace.Status { return sdktrace.Status{Code: o.ReadOnlySpan.Status().Code} }
