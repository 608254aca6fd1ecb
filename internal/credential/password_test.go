// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/format"
	"sigs.k8s.io/yaml"

	"github.com/backoffice-operator/backoffice-operator/internal/credential"
)

const secret = "hunter2-hunter2"

func TestAPasswordIsRevealedOnlyByReveal(t *testing.T) {
	g := NewWithT(t)
	g.Expect(credential.NewPassword(secret).Reveal()).To(Equal(secret))
	g.Expect(credential.Password{}.Reveal()).To(BeEmpty())
}

func TestNothingPrintsAPassword(t *testing.T) {
	p := credential.NewPassword(secret)
	verbs := func(v any) string {
		var all []string
		for _, verb := range "vdsqxXtbcoOUeEfFgGTpw" {
			for _, flags := range []string{"", "+", "#", "0", "-", " ", "40", ".3", "#+40.3"} {
				all = append(all, fmt.Sprintf("%"+flags+string(verb), v))
			}
		}
		return strings.Join(all, "\n")
	}
	type hidden struct {
		inner   credential.Password
		pointer *credential.Password
		list    []credential.Password
	}
	type shown struct {
		Inner   credential.Password
		Pointer *credential.Password
		List    []credential.Password
		Keyed   map[string]credential.Password
	}
	inShown := shown{p, &p, []credential.Password{p}, map[string]credential.Password{"a": p}}
	logged := func(log func(writer)) string {
		var b strings.Builder
		log(func(s string) { b.WriteString(s) })
		return b.String()
	}
	for way, text := range map[string]string{
		"fmt, all verbs":               verbs(p),
		"fmt, all verbs, pointer":      verbs(&p),
		"fmt, all verbs, shown field":  verbs(inShown),
		"fmt, all verbs, hidden field": verbs(hidden{p, &p, []credential.Password{p}}),
		"fmt.Sprint":                   fmt.Sprint(p, &p, inShown),
		"String":                       p.String(),
		"GoString":                     p.GoString(),
		"errors":                       fmt.Errorf("login with %v failed: %w", p, fmt.Errorf("%s", p)).Error(),
		"JSON":                         must(json.Marshal(inShown)),
		"YAML":                         must(yaml.Marshal(inShown)),
		"text":                         must(p.MarshalText()),
		"gomega":                       format.Object(p, 1) + format.Object(inShown, 1) + format.Object(hidden{inner: p, pointer: &p}, 1),
		"slog, text":                   logged(func(w writer) { slog.New(slog.NewTextHandler(w, nil)).Info("m", "p", p, "s", inShown) }),
		"slog, JSON":                   logged(func(w writer) { slog.New(slog.NewJSONHandler(w, nil)).Info("m", "p", p, "s", inShown) }),
		"logr": logged(func(w writer) {
			inLogr(w).Info("m", "p", p, "s", inShown)
		}),
		"logr, hidden field": logged(func(w writer) {
			inLogr(w).Info("m", "p", hidden{inner: p})
		}),
		"a panic": panicked(p),
	} {
		t.Run(way, func(t *testing.T) {
			g := NewWithT(t)
			for _, trace := range []string{secret, "hunter", fmt.Sprintf("%x", "hunter"), fmt.Sprintf("%X", "hunter"), "104 117 110"} {
				g.Expect(text).NotTo(ContainSubstring(trace))
			}
			if !strings.Contains(way, "hidden") && way != "gomega" {
				g.Expect(text).To(ContainSubstring("[redacted]"))
			}
		})
	}
}

func must(b []byte, err error) string {
	if err != nil {
		panic(err)
	}
	return string(b)
}

func panicked(p credential.Password) (text string) {
	defer func() { text = fmt.Sprint(recover()) }()
	panic(p)
}

func inLogr(write writer) logr.Logger {
	return funcr.New(func(_, args string) { write(args) }, funcr.Options{})
}

type writer func(string)

func (w writer) Write(b []byte) (int, error) {
	w(string(b))
	return len(b), nil
}
