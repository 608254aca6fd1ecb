// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	stdlog "log"
	"strings"

	"github.com/go-logr/logr"
	uberzap "go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
)

// startLogs sends all that is logged the same way, what client-go says by klog and net/http by Go's log too: lines of JSON unless --zap-devel or
// --zap-encoder say otherwise.
func startLogs(o *zap.Options) {
	logger := zap.New(zap.UseFlagOptions(o), zap.RawZapOpts(uberzap.WrapCore(func(c zapcore.Core) zapcore.Core { return withoutProbes{c} })))
	ctrl.SetLogger(logger)
	klog.SetLoggerWithOptions(logger.WithName("client"), klog.ContextualLogger(true))
	stdlog.SetFlags(0)
	stdlog.SetOutput(lines{logger.WithName("http")})
}

// lines logs what is written, line by line.
type lines struct{ logr.Logger }

// Write implements io.Writer.
func (l lines) Write(p []byte) (int, error) {
	l.Info(strings.TrimSpace(string(p)))
	return len(p), nil
}

// withoutProbes leaves out that a probe has failed: who asked was told, and the line says no more than that.
type withoutProbes struct{ zapcore.Core }

// With implements zapcore.Core.
func (w withoutProbes) With(fields []zapcore.Field) zapcore.Core {
	return withoutProbes{w.Core.With(fields)}
}

// Check implements zapcore.Core.
func (w withoutProbes) Check(e zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if e.Level <= zapcore.InfoLevel && strings.HasSuffix(e.LoggerName, "healthz") {
		return checked
	}
	return w.Core.Check(e, checked)
}

// configured are the flags that were given, for the log. Secrets are in none of them.
func configured(set *flag.FlagSet) []any {
	given := map[string]string{}
	set.Visit(func(f *flag.Flag) { given[f.Name] = f.Value.String() })
	return []any{"flags", given}
}
