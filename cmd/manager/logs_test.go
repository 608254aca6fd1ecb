// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	stdlog "log"
	"net/http"
	"net/http/httptest"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
)

func TestAllThatIsLoggedIsLoggedTheSameWay(t *testing.T) {
	g := NewWithT(t)
	var written bytes.Buffer
	startLogs(&zap.Options{DestWriter: &written})
	ctrl.Log.Info("ours", "someKey", "a")
	klog.ErrorS(errors.New("away"), "client-go's", "type", "b")
	stdlog.Print("http: TLS handshake error from 127.0.0.1")
	(&healthz.Handler{Checks: map[string]healthz.Checker{"caches": (&caches{}).check}}).ServeHTTP(
		httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	klog.Flush()

	var messages []any
	for line := range bytes.Lines(written.Bytes()) {
		var fields map[string]any
		g.Expect(json.Unmarshal(line, &fields)).To(Succeed(), string(line))
		g.Expect(fields).To(And(HaveKey("level"), HaveKey("ts")))
		messages = append(messages, fields["msg"])
	}
	g.Expect(messages).To(Equal([]any{"ours", "client-go's", "http: TLS handshake error from 127.0.0.1"}), "and a probe that fails is no news")
}
