// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	ctrlwebhook "sigs.k8s.io/controller-runtime/pkg/webhook"
)

func TestTheManagerIsNotReadyAnyMoreBeforeItEnds(t *testing.T) {
	g := NewWithT(t)
	asked, ask := context.WithCancel(t.Context())
	l := &leaving{}
	ctx, quit := l.after(asked, 100*time.Millisecond)
	defer quit(nil)
	g.Expect(l.check(nil)).To(Succeed())
	ask()
	g.Eventually(func() error { return l.check(nil) }).Should(MatchError(errAsked))
	g.Expect(ctx.Err()).NotTo(HaveOccurred(), "it goes on for a while")
	g.Eventually(ctx.Done()).Should(BeClosed())
	g.Expect(context.Cause(ctx)).To(MatchError(errAsked))
}

func TestTheManagerEndsAtOnceForAReasonOfItsOwn(t *testing.T) {
	g := NewWithT(t)
	asked, ask := context.WithCancel(t.Context())
	ctx, quit := (&leaving{}).after(asked, time.Hour)
	ask()
	lost := errors.New("the lead is lost")
	quit(lost)
	g.Expect(context.Cause(ctx)).To(MatchError(lost))
}

// mux is a webhook server that serves nothing itself.
type mux struct {
	ctrlwebhook.Server
	*http.ServeMux
}

func (m mux) Register(path string, hook http.Handler) { m.Handle(path, hook) }

func TestAManagerThatLeavesLetsGoOfConnections(t *testing.T) {
	for protocol, two := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		t.Run(protocol, func(t *testing.T) {
			g := NewWithT(t)
			m, l := mux{ServeMux: http.NewServeMux()}, &leaving{}
			l.serve(m).Register("/admit", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.Proto)) }))
			server := httptest.NewUnstartedServer(m.ServeMux)
			server.EnableHTTP2 = two
			server.StartTLS()
			defer server.Close()
			ask := func() (reused bool) {
				trace := &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) { reused = c.Reused }}
				request, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), http.MethodPost, server.URL+"/admit", nil)
				g.Expect(err).NotTo(HaveOccurred())
				response, err := server.Client().Do(request)
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(response.Proto).To(Equal(protocol))
				_, err = io.Copy(io.Discard, response.Body)
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(response.Body.Close()).To(Succeed())
				return reused
			}
			g.Expect(ask()).To(BeFalse())
			g.Expect(ask()).To(BeTrue(), "a connection is kept")
			l.begun.Store(true)
			ask()
			g.Eventually(ask).Should(BeFalse(), "the next request makes another one, which a Service sends elsewhere")
		})
	}
}
