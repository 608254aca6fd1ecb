// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"flag"
	"os"
	"testing"
	"testing/synctest"

	. "github.com/onsi/gomega"
	"pgregory.net/rapid"
)

// every is how many sequences meet every rule.
const every = "5000"

// unless sets a flag of the tests that nobody has set.
func unless(given map[string]bool, name, value string) {
	if !given[name] {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
}

func TestMain(m *testing.M) {
	flag.Parse()
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	unless(given, "rapid.checks", sequences)
	unless(given, "rapid.steps", "16")
	unless(given, "rapid.seed", "20261122") // the same sequences every time; -rapid.seed=0 draws others
	unless(given, "rapid.nofailfile", "true")
	os.Exit(m.Run())
}

// property is what has to hold for every sequence that follows a plan.
func property(tb testing.TB, p plan, counts *tally) func(*rapid.T) {
	begun := map[start]*world{}
	for _, s := range p.starts {
		begun[s] = newWorld(tb.Context(), p, counts)
		begun[s].begin(s)
	}
	return func(t *rapid.T) { begun[pick(t, "start", p.starts)].fork().sequence(t) }
}

// bubbled is a test in a bubble of its own time, which knows no deadline and may not be asked for one.
type bubbled struct{ *testing.T }

func TestNobodyHandsOutMoreThanTheyMay(t *testing.T) {
	refused := refusals{}
	refused.count(t)
	var counts tally
	synctest.Test(t, func(t *testing.T) { rapid.Check(bubbled{t}, property(t, usual(), &counts)) })
	t.Logf("%+v", counts)
	t.Log(refused)
	g := NewWithT(t)
	g.Expect(counts.effective).To(BeNumerically(">", 0), "nobody ever had anything")
	g.Expect(counts.narrowed).To(BeNumerically(">", 0), "nobody ever had anything on some data only")
	if flag.Lookup("rapid.checks").Value.String() != every {
		return // too few sequences to meet every rule
	}
	for rule := range mutations {
		g.Expect(refused.by(rule)).To(BeNumerically(">", 0), "%s never refused anything", rule)
	}
}
