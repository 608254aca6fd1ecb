// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client/config"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
)

// row is one of the table of flags.
var row = regexp.MustCompile("(?m)^\\| `--([a-z-]+)` \\|([^|]*)\\|([^|]+)\\|$")

func TestThePageOfFlagsIsRight(t *testing.T) {
	g := NewWithT(t)
	page, err := os.ReadFile("../../docs/operations.md")
	g.Expect(err).NotTo(HaveOccurred())
	documented := map[string]string{}
	var order []string
	for _, r := range row.FindAllStringSubmatch(string(page), -1) {
		documented[r[1]] = strings.TrimSpace(r[2])
		order = append(order, r[1])
	}
	set := flag.NewFlagSet("manager", flag.ContinueOnError)
	newFlags(set)
	new(zap.Options).BindFlags(set)
	config.RegisterFlags(set)
	var there []string
	set.VisitAll(func(f *flag.Flag) { there = append(there, f.Name) })
	g.Expect(order).To(Equal(there), "every flag has a row, in the order of the alphabet")
	set.VisitAll(func(f *flag.Flag) {
		if f.DefValue != "" {
			g.Expect(documented[f.Name]).To(Equal("`"+f.DefValue+"`"), "--%s", f.Name)
		}
	})
}

func TestWatchedNamespaces(t *testing.T) {
	for name, c := range map[string]struct {
		flag, refused string
		watched       []string
	}{
		"none is all":                         {flag: ""},
		"one":                                 {flag: "shop", watched: []string{"shop"}},
		"several, with spaces and twice":      {flag: "team, shop,team", watched: []string{"shop", "team"}},
		"a comma at the end":                  {flag: "shop,", watched: []string{"shop"}},
		"a list that names none is not all":   {flag: " , ", refused: "--watch-namespaces names none: leave it empty to watch all namespaces"},
		"what no namespace can be called":     {flag: "shop,Team", refused: `--watch-namespaces: "Team" is no name of a namespace`},
		"all namespaces by a sign for them":   {flag: "*", refused: `--watch-namespaces: "*" is no name of a namespace`},
		"more than can be watched one by one": {flag: many(101), refused: "--watch-namespaces has 101 names, and may have 100"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			watched, err := (&flags{watchNamespaces: c.flag}).watched()
			if c.refused != "" {
				g.Expect(err).To(MatchError(ContainSubstring(c.refused)))
				return
			}
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect([]string(watched)).To(Equal(c.watched))
			g.Expect(watched.Listed()).To(Equal(len(c.watched) > 0))
		})
	}
}

func many(n int) string {
	names := ""
	for i := range n {
		names += "n" + string(rune('a'+i/26)) + string(rune('a'+i%26)) + ","
	}
	return names
}

func TestASingleReplicaEndsAtOnce(t *testing.T) {
	g := NewWithT(t)
	set := flag.NewFlagSet("manager", flag.ContinueOnError)
	f := newFlags(set)
	g.Expect(f.delay()).To(BeZero())
	g.Expect(set.Parse([]string{"--leader-elect"})).To(Succeed())
	g.Expect(f.delay()+gracePeriod).To(BeNumerically("<", 30e9), "what a pod has")
	g.Expect(f.delay()).To(BeNumerically(">", 0))
}
