// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package review

import (
	"bytes"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/manifests"
)

func TestWhatObjectsSayIsNoMarkup(t *testing.T) {
	g := NewWithT(t)
	f := finding{
		Severity: refused, Source: manifests.Source{File: "a,b:c.yaml", Line: 3}, Kind: "BackOfficeUser", Namespace: "shop", Name: "ann|<b>",
		Field: "spec", Message: "100% @all\n::error::[x](http://y)\x1b[31m",
	}
	var out bytes.Buffer
	printGitHub(&out, report{Findings: []finding{f}})
	g.Expect(out.String()).To(HavePrefix(`::error file=a%2Cb%3Ac.yaml,line=3,title=BackOfficeUser shop/ann|<b>::spec: 100%25 @all\n::error::`))
	g.Expect(out.String()).NotTo(ContainSubstring("\x1b"))

	out.Reset()
	printMarkdown(&out, report{Findings: []finding{f}})
	g.Expect(out.String()).To(ContainSubstring("ann&#124;&#60;b&#62;"))
	g.Expect(out.String()).To(ContainSubstring("&#64;all"))
	g.Expect(out.String()).NotTo(ContainSubstring("[x]("))
}

func TestSentences(t *testing.T) {
	g := NewWithT(t)
	g.Expect(summary{Files: 1, Objects: 2, Created: 1, Refused: 1, Warnings: 1, Skipped: map[string]int{"Secret": 3}}.sentence()).To(Equal(
		"2 objects in 1 file, 1 would be created, 1 would be refused, 1 warning, 3 of other kinds left out"))
	c := change{Namespace: "shop", Users: []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"}, Binding: "team", Account: accountNew}
	g.Expect(c.title()).To(Equal("11 users of binding shop/team (a, b, c, d, e, f, g, h, i, j and 1 more): new"))
}
