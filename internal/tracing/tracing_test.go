// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package tracing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// receiver takes spans as a collector does.
type receiver struct {
	*httptest.Server
	mutex  sync.Mutex
	spans  []*tracev1.Span
	about  []string // the names of services
	bodies []byte
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		var sent collectorv1.ExportTraceServiceRequest
		if err != nil || req.URL.Path != "/v1/traces" || proto.Unmarshal(body, &sent) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		r.mutex.Lock()
		defer r.mutex.Unlock()
		r.bodies = append(r.bodies, body...)
		for _, resource := range sent.GetResourceSpans() {
			for _, a := range resource.GetResource().GetAttributes() {
				if a.GetKey() == "service.name" {
					r.about = append(r.about, a.GetValue().GetStringValue())
				}
			}
			for _, scope := range resource.GetScopeSpans() {
				r.spans = append(r.spans, scope.GetSpans()...)
			}
		}
	}))
	t.Cleanup(r.Close)
	return r
}

// named returns the spans of that name.
func (r *receiver) named(name string) []*tracev1.Span {
	return slices.DeleteFunc(slices.Clone(r.spans), func(s *tracev1.Span) bool { return s.GetName() != name })
}

// attributes are those of a span; empty for what is no text.
func attributes(s *tracev1.Span) map[string]string {
	all := map[string]string{}
	for _, a := range s.GetAttributes() {
		all[a.GetKey()] = a.GetValue().GetStringValue()
	}
	return all
}

// secretly is what nobody may read in a trace.
const secretly = "ann@example.com"

// fakeStore answers with what it has.
type fakeStore struct {
	store.Store
	err error
}

func (f fakeStore) Open(context.Context, store.Options) (store.Store, error) { return f, nil }

func (f fakeStore) Apply(context.Context, []store.Group) ([]error, error) { return nil, f.err }

func (f fakeStore) Ping(context.Context) (time.Time, error) { return time.Time{}, f.err }

func (f fakeStore) Observe(context.Context, ...store.Key) iter.Seq2[store.Observed, error] {
	return func(yield func(store.Observed, error) bool) {
		_ = yield(store.Observed{}, nil) && yield(store.Observed{}, f.err)
	}
}

func TestSpansTellWhatTookTimeAndNothingPersonal(t *testing.T) {
	g := NewWithT(t)
	r := newReceiver(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", r.URL)
	tracing, err := Start(t.Context(), "v1")
	g.Expect(err).NotTo(HaveOccurred())
	opened, err := tracing.Driver("PostgreSQL", fakeStore{err: fmt.Errorf("%w: key (email)=(%s)", store.ErrRejected, secretly)}).Open(t.Context(), store.Options{})
	g.Expect(err).NotTo(HaveOccurred())

	reconciler := tracing.Reconciler("backofficeuser", reconcile.Func(func(ctx context.Context, _ ctrl.Request) (ctrl.Result, error) {
		for _, err := range opened.Observe(ctx) {
			g.Expect(err).To(Or(BeNil(), MatchError(store.ErrRejected)))
		}
		_, _ = opened.Ping(ctx)
		_, err := opened.Apply(ctx, make([]store.Group, 3))
		return ctrl.Result{RequeueAfter: time.Minute}, err
	}))
	_, err = reconciler.Reconcile(t.Context(), ctrl.Request{NamespacedName: types.NamespacedName{Namespace: "shop", Name: "ann"}})
	g.Expect(err).To(MatchError(store.ErrRejected), "what is wrapped is what it was")

	judge := tracing.Admission("/admit", admission.HandlerFunc(func(context.Context, admission.Request) admission.Response {
		return admission.Denied(secretly)
	}))
	const parent = "0af7651916cd43dd8448eb211c80319c"
	served := tracing.Requests(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		asked := admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{UID: "7", Namespace: "shop", Name: "ann", Operation: admissionv1.Create}}
		asked.UserInfo.Username = secretly
		g.Expect(judge.Handle(req.Context(), asked).Allowed).To(BeFalse())
	}))
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/admit", nil)
	request.Header.Set("Traceparent", "00-"+parent+"-b7ad6b7169203331-01")
	served.ServeHTTP(httptest.NewRecorder(), request)
	g.Expect(tracing.Stop(t.Context())).To(Succeed())

	g.Expect(r.about).To(ContainElement(service))
	of := func(name string) *tracev1.Span {
		t.Helper()
		g.Expect(r.named(name)).To(HaveLen(1), name)
		return r.named(name)[0]
	}
	reconciled, applied := of("reconcile backofficeuser"), of("PostgreSQL apply")
	g.Expect(attributes(reconciled)).To(And(
		HaveKeyWithValue("k8s.namespace.name", "shop"), HaveKeyWithValue("k8s.object.name", "ann"), HaveKeyWithValue("error.type", "rejected")))
	g.Expect(reconciled.GetStatus().GetCode()).To(Equal(tracev1.Status_STATUS_CODE_ERROR))
	g.Expect(of("PostgreSQL ping").GetParentSpanId()).To(Equal(reconciled.GetSpanId()))
	g.Expect(of("PostgreSQL observe").GetParentSpanId()).To(Equal(reconciled.GetSpanId()))
	g.Expect(applied.GetTraceId()).NotTo(Equal(reconciled.GetTraceId()), "many wait for a batch")
	g.Expect(fmt.Sprintf("%x", of("admission /admit").GetTraceId())).To(Equal(parent))
	g.Expect(attributes(of("admission /admit"))).To(HaveKeyWithValue("backoffice.admission.operation", "CREATE"))
	g.Expect(r.bodies).NotTo(ContainSubstring(secretly))
}

func TestWhatALibraryRecordsDoesNotLeave(t *testing.T) {
	g := NewWithT(t)
	r := newReceiver(t)
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", r.URL+"/v1/traces")
	tracing, err := Start(t.Context(), "v1")
	g.Expect(err).NotTo(HaveOccurred())
	_, span := tracing.tracer.Start(t.Context(), "query")
	span.RecordError(errors.New(secretly))
	span.SetStatus(codes.Error, secretly)
	span.SetAttributes(keyName.String("ann"), attribute.String("db.query.parameter.0", secretly))
	span.End()
	g.Expect(tracing.Stop(t.Context())).To(Succeed())
	g.Expect(r.named("query")).To(HaveLen(1))
	g.Expect(attributes(r.named("query")[0])).To(Equal(map[string]string{"k8s.object.name": "ann"}))
	g.Expect(r.bodies).NotTo(ContainSubstring(secretly))
}

func TestTracingIsOffUnlessSomebodyIsToReceiveIt(t *testing.T) {
	for name, c := range map[string]struct {
		environment map[string]string
		want        bool
	}{
		"nothing is said":           {nil, false},
		"a receiver":                {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, true},
		"one of traces":             {map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1/v1/traces"}, true},
		"a receiver, but disabled":  {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"}, false},
		"a receiver, but no traces": {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"}, false},
		"a sampler alone":           {map[string]string{"OTEL_TRACES_SAMPLER": "always_on"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			for variable, value := range c.environment {
				t.Setenv(variable, value)
			}
			tracing, err := Start(t.Context(), "v1")
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(tracing != nil).To(Equal(c.want))
			g.Expect(Wanted()).To(Equal(c.want))
			g.Expect(tracing.Stop(t.Context())).To(Succeed())
		})
	}
}

func TestAProtocolThatIsNotSpokenIsRefused(t *testing.T) {
	g := NewWithT(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317")
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
	_, err := Start(t.Context(), "v1")
	g.Expect(err).To(MatchError(ContainSubstring(`OTEL_EXPORTER_OTLP_PROTOCOL is "grpc": spans are sent by http/protobuf alone`)))
}

func TestTracingThatIsOffWrapsNothing(t *testing.T) {
	g := NewWithT(t)
	var off *Tracing
	driver, handler := fakeStore{}, http.NewServeMux()
	g.Expect(off.Driver("SQLite", driver)).To(Equal(store.Driver(driver)))
	g.Expect(off.Requests(handler)).To(BeIdenticalTo(http.Handler(handler)))
	g.Expect(off.Queries()).To(BeNil())
	g.Expect(off.Stop(t.Context())).To(Succeed())
}

// A reconcile that does nothing costs the same with tracing that is off as without any.
func BenchmarkReconcile(b *testing.B) {
	nothing := reconcile.Func(func(context.Context, ctrl.Request) (ctrl.Result, error) { return ctrl.Result{}, nil })
	var off *Tracing
	for name, r := range map[string]reconcile.Reconciler{"plain": nothing, "off": off.Reconciler("backofficeuser", nothing)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = r.Reconcile(b.Context(), ctrl.Request{})
			}
		})
	}
	on := of(sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample())))
	b.Run("on, not sampled", func(b *testing.B) {
		b.ReportAllocs()
		traced := on.Reconciler("backofficeuser", nothing)
		for b.Loop() {
			_, _ = traced.Reconcile(b.Context(), ctrl.Request{})
		}
	})
}
