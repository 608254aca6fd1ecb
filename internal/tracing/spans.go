// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package tracing

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// Requests makes the spans of admission requests part of the API server's traces, where it has some.
func (t *Tracing) Requests(h http.Handler) http.Handler {
	if t == nil {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		h.ServeHTTP(w, r.WithContext(ctx))
	})
}

// Admission traces the answers to admission requests. Who asks is not part of it.
func (t *Tracing) Admission(path string, h admission.Handler) admission.Handler {
	if t == nil {
		return h
	}
	return admission.HandlerFunc(func(ctx context.Context, req admission.Request) admission.Response {
		ctx, span := t.tracer.Start(ctx, "admission "+path, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
			keyKind.String(req.Kind.Kind), keyNamespace.String(req.Namespace), keyName.String(req.Name), keyOperation.String(string(req.Operation)),
			keyRequest.String(string(req.UID)), keyDryRun.Bool(ptr.Deref(req.DryRun, false))))
		defer span.End()
		response := h.Handle(ctx, req)
		span.SetAttributes(keyAllowed.Bool(response.Allowed))
		if !response.Allowed && response.Result != nil && response.Result.Code >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
		}
		return response
	})
}

// Reconciler traces the reconciles of a controller.
func (t *Tracing) Reconciler(controller string, r reconcile.Reconciler) reconcile.Reconciler {
	if t == nil {
		return r
	}
	return reconcile.Func(func(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
		ctx, span := t.tracer.Start(ctx, "reconcile "+controller, trace.WithAttributes(
			keyController.String(controller), keyNamespace.String(req.Namespace), keyName.String(req.Name)))
		defer span.End()
		result, err := r.Reconcile(ctx, req)
		if result.RequeueAfter > 0 {
			span.SetAttributes(keyRequeue.Int64(result.RequeueAfter.Milliseconds()))
		}
		failed(span, err)
		return result, err
	})
}

// Driver traces the stores that a driver opens.
func (t *Tracing) Driver(kind string, d store.Driver) store.Driver {
	if t == nil {
		return d
	}
	return driver{d, t, kind}
}

type driver struct {
	store.Driver
	tracing *Tracing
	kind    string
}

// Open implements store.Driver.
func (d driver) Open(ctx context.Context, o store.Options) (store.Store, error) {
	ctx, span := d.tracing.call(ctx, d.kind+" open")
	defer span.End()
	s, err := d.Driver.Open(ctx, o)
	failed(span, err)
	if err != nil {
		return nil, err
	}
	return tracedStore{s, d.tracing, d.kind}, nil
}

type tracedStore struct {
	store.Store
	tracing *Tracing
	kind    string
}

// Apply implements store.Store. It is what many have waited for, and so a trace of its own.
func (s tracedStore) Apply(ctx context.Context, groups []store.Group) ([]error, error) {
	ctx, span := s.tracing.call(ctx, s.kind+" apply", trace.WithNewRoot(), trace.WithAttributes(keyGroups.Int(len(groups))))
	defer span.End()
	verdicts, err := s.Store.Apply(ctx, groups)
	failed(span, err)
	return verdicts, err
}

// Observe implements store.Store.
func (s tracedStore) Observe(ctx context.Context, keys ...store.Key) iter.Seq2[store.Observed, error] {
	return func(yield func(store.Observed, error) bool) {
		ctx, span := s.tracing.call(ctx, s.kind+" observe")
		defer span.End()
		for o, err := range s.Store.Observe(ctx, keys...) {
			failed(span, err)
			if !yield(o, err) {
				return
			}
		}
	}
}

// Ping implements store.Store.
func (s tracedStore) Ping(ctx context.Context) (time.Time, error) {
	ctx, span := s.tracing.call(ctx, s.kind+" ping")
	defer span.End()
	now, err := s.Store.Ping(ctx)
	failed(span, err)
	return now, err
}

func (t *Tracing) call(ctx context.Context, name string, opts ...trace.SpanStartOption) (context.Context, trace.Span) {
	return t.tracer.Start(ctx, name, append(opts, trace.WithSpanKind(trace.SpanKindClient))...)
}

// classes are the errors of stores, by what a span calls them.
var classes = []struct {
	err  error
	name attribute.KeyValue
}{
	{store.ErrUnavailable, keyError.String("unavailable")},
	{store.ErrRejected, keyError.String("rejected")},
	{store.ErrFenced, keyError.String("fenced")},
	{store.ErrLost, keyError.String("lost")},
	{store.ErrInUse, keyError.String("in use")},
	{store.ErrConfig, keyError.String("misconfigured")},
	{context.Canceled, keyError.String("canceled")},
	{context.DeadlineExceeded, keyError.String("deadline exceeded")},
}

// failed says of a span that it ended with an error, and which kind of error, but not its text.
func failed(span trace.Span, err error) {
	if err == nil {
		return
	}
	span.SetStatus(codes.Error, "")
	for _, class := range classes {
		if errors.Is(err, class.err) {
			span.SetAttributes(class.name)
			return
		}
	}
	if reason := apierrors.ReasonForError(err); reason != "" {
		span.SetAttributes(keyError.String(string(reason)))
		return
	}
	span.SetAttributes(keyError.String("other"))
}
