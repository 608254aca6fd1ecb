// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

// chain is a chain of rules that may be changed for a test.
type chain struct {
	// counting has each rule count its refusals.
	counting func(count []*int) (undo func())
	// without takes one rule out of the chain.
	without func(rule int) (undo func())
	length  int
}

func chainOf[In any](c *policy.Chain[In]) chain {
	swap := func(changed policy.Chain[In]) func() {
		was := *c
		*c = changed
		return func() { *c = was }
	}
	return chain{
		length:  len(*c),
		without: func(rule int) func() { return swap(slices.Delete(slices.Clone(*c), rule, rule+1)) },
		counting: func(count []*int) func() {
			counted := slices.Clone(*c)
			for i, rule := range *c {
				counted[i] = func(in In) []policy.Violation {
					violations := rule(in)
					if refusal(violations) != nil {
						*count[i]++
					}
					return violations
				}
			}
			return swap(counted)
		},
	}
}

// chains are all chains of the product.
func chains() map[string]chain {
	return map[string]chain{
		"UserAdmission":     chainOf(&policy.UserAdmission),
		"UserDeletion":      chainOf(&policy.UserDeletion),
		"UserStanding":      chainOf(&policy.UserStanding),
		"UserWithdrawal":    chainOf(&policy.UserWithdrawal),
		"BindingAdmission":  chainOf(&policy.BindingAdmission),
		"BindingDeletion":   chainOf(&policy.BindingDeletion),
		"BindingStanding":   chainOf(&policy.BindingStanding),
		"BindingWithdrawal": chainOf(&policy.BindingWithdrawal),
		"SubjectStanding":   chainOf(&policy.SubjectStanding),
		"SetAdmission":      chainOf(&policy.SetAdmission),
		"SetDeletion":       chainOf(&policy.SetDeletion),
		"SetStanding":       chainOf(&policy.SetStanding),
		"SetWithdrawal":     chainOf(&policy.SetWithdrawal),
		"OfficeAdmission":   chainOf(&policy.OfficeAdmission),
	}
}

// written are the names of the rules of each chain, as the code has them.
func written(t *testing.T) map[string][]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../policy/chains.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	rules := map[string][]string{}
	for _, d := range file.Decls {
		declared, ok := d.(*ast.GenDecl)
		if !ok || declared.Tok != token.VAR {
			continue
		}
		for _, s := range declared.Specs {
			value := s.(*ast.ValueSpec)
			for _, element := range value.Values[0].(*ast.CompositeLit).Elts {
				rules[value.Names[0].Name] = append(rules[value.Names[0].Name], ruleName(element))
			}
		}
	}
	return rules
}

// ruleName is the name of the rule itself: of changed[UserInput](AnyIPPermitted) it is AnyIPPermitted.
func ruleName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.CallExpr:
		return ruleName(e.Args[0])
	case *ast.IndexExpr:
		return ruleName(e.X)
	case *ast.Ident:
		return e.Name
	}
	return "?"
}

func TestAllChainsOfTheProductAreKnownHere(t *testing.T) {
	g := NewWithT(t)
	known := chains()
	for name, rules := range written(t) {
		g.Expect(known).To(HaveKey(name))
		g.Expect(known[name].length).To(Equal(len(rules)), name)
		g.Expect(rules).NotTo(ContainElement("?"), name)
	}
	g.Expect(known).To(HaveLen(len(written(t))))
}

// refusals counts the refusals of every rule, by chain and rule.
type refusals map[string]*int

// count has all rules count.
func (r refusals) count(t *testing.T) {
	t.Helper()
	known := chains()
	for name, rules := range written(t) {
		var counts []*int
		for _, rule := range rules {
			if r[name+"."+rule] == nil {
				r[name+"."+rule] = new(int)
			}
			counts = append(counts, r[name+"."+rule])
		}
		t.Cleanup(known[name].counting(counts))
	}
}

// by is how often a rule refused, in whatever chain.
func (r refusals) by(rule string) int {
	total := 0
	for name, n := range r {
		if strings.HasSuffix(name, "."+rule) {
			total += *n
		}
	}
	return total
}

// String lists the rules that refused, and how often.
func (r refusals) String() string {
	var text []string
	for _, name := range slices.Sorted(maps.Keys(r)) {
		if *r[name] > 0 {
			text = append(text, fmt.Sprintf("%s %d", name, *r[name]))
		}
	}
	return strings.Join(text, ", ")
}

// lacking takes a rule out of all chains in which it stands: where it stands at admission and in the background, one covers for the other.
func lacking(t *testing.T, rule string) {
	t.Helper()
	known, found := chains(), false
	for name, rules := range written(t) {
		if i := slices.Index(rules, rule); i >= 0 {
			found = true
			t.Cleanup(known[name].without(i))
		}
	}
	if !found {
		t.Fatalf("no chain has rule %s", rule)
	}
}
