// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	. "github.com/onsi/gomega"
	"pgregory.net/rapid"
)

// The kinds of counterexample.
const (
	handedOut = "HANDED OUT"
	touched   = "TOUCHED"
	lifted    = "LIFTED"
	taken     = "TAKEN"
)

// mutation is a rule without which there is a counterexample.
type mutation struct {
	// finds are the kinds of counterexample that show what the rule is for.
	finds []string
	// tilt makes a plan that leads there more often. It is drawn from as ever.
	tilt func(*plan)
}

func by(who ...identity) func(*plan) { return func(p *plan) { p.actors = who } }
func of(k ...kind) func(*plan)       { return func(p *plan) { p.kinds = k } }
func from(s ...start) func(*plan)    { return func(p *plan) { p.starts = s } }
func behindhand(p *plan)             { p.stale = 1 }

func both(tilts ...func(*plan)) func(*plan) {
	return func(p *plan) {
		for _, tilt := range tilts {
			tilt(p)
		}
	}
}

// mutations are the rules by which nobody hands out more than they may, and takes nothing from whom they do not reach.
var mutations = map[string]mutation{
	"ActorMayTouchUser":       {finds: []string{touched, taken, handedOut}},
	"ActorMayGiveUser":        {finds: []string{touched}, tilt: of(userKind, bindingKind)},
	"ActorMayFreeUser":        {finds: []string{lifted}, tilt: from(furnished)},
	"OnePowerForUser":         {finds: []string{touched}, tilt: both(by(root, agent, duo), of(userKind, bindingKind))},
	"AccountTypePermitted":    {finds: []string{handedOut}, tilt: both(from(furnished), of(userKind, bindingKind))},
	"UserAuthorized":          {finds: []string{handedOut}, tilt: both(from(officeless), of(userKind, bindingKind, setKind, officeKind), by(root, nobody))},
	"ActorMayBind":            {finds: []string{touched, handedOut}},
	"ActorMayGrant":           {finds: []string{touched, handedOut, lifted}},
	"ActorMayTouchSubjects":   {finds: []string{touched, taken}},
	"OnePowerForBinding":      {finds: []string{touched}, tilt: both(from(furnished), by(duo, agent), of(bindingKind))},
	"BindingWithinCeiling":    {finds: []string{handedOut}},
	"BoundSetPermitted":       {finds: []string{handedOut}, tilt: both(from(furnished), of(bindingKind, userKind))},
	"BindingAuthorized":       {finds: []string{handedOut}, tilt: both(from(dangling), by(root, clerk, local), of(bindingKind, setKind))},
	"SubjectAuthorized":       {finds: []string{handedOut}, tilt: both(behindhand, by(root, clerk), of(userKind, bindingKind), from(furnished))},
	"ActorMayWriteSet":        {finds: []string{touched, handedOut}},
	"ActorMayGive":            {finds: []string{touched, handedOut, lifted}},
	"ActorMayDeny":            {finds: []string{touched, taken}, tilt: both(from(furnished), of(setKind, bindingKind))},
	"OnePowerForSet":          {finds: []string{touched}, tilt: both(by(root, agent, duo), of(setKind, bindingKind))},
	"SetWithinCeiling":        {finds: []string{handedOut}},
	"SetAuthorized":           {finds: []string{handedOut}, tilt: from(dangling, officeless)},
	"NamespaceAdmitted":       {finds: []string{handedOut}},
	"Admitted":                {finds: []string{handedOut}},
	"ActorMayOpenUser":        {finds: []string{handedOut}, tilt: both(by(root, local), of(userKind, bindingKind))},
	"ActorMayOpenBinding":     {finds: []string{handedOut}, tilt: both(by(root, local), of(bindingKind, userKind))},
	"ActorMayOpenSet":         {finds: []string{handedOut}, tilt: both(by(root, local), of(setKind, bindingKind, userKind))},
	"ActorMayPermit":          {finds: []string{touched}, tilt: both(by(root, agent), of(setKind))},
	"BackOfficeNeedsEscalate": {finds: []string{touched, handedOut}},
}

// unmoved are the rules whose absence gives nobody more than they may have by this oracle, and why.
var unmoved = map[string]string{
	"BackOfficeKnown":             "without a BackOffice nobody has power, and no other rule lets anything pass",
	"BackOfficeSuspended":         "it warns",
	"NamespacesByName":            "what it refuses admits nobody",
	"KubernetesUserFree":          "an identity that two users name has no power",
	"AllowedIPsPresent":           "it is about addresses",
	"AnyIPPermitted":              "it is about addresses",
	"AllowedIPsWithin":            "it is about addresses",
	"PrefixLongEnough":            "it is about addresses",
	"AllowedIPsCount":             "it is about addresses",
	"EmailPresent":                "it is about addresses",
	"EmailWithinDomains":          "it is about addresses",
	"PhonePresent":                "it is about telephone numbers",
	"LanguageKnown":               "it is about languages",
	"SettingsKnown":               "settings are handed through, and give nobody anything here",
	"FiltersDeclared":             "what a filter of an unknown dimension narrows is the back office's own matter",
	"FilterValuesKnown":           "an unknown value lets nothing through",
	"FilterDefaultGiven":          "a default says where a user begins, and not what it may",
	"FiltersPresent":              "whether somebody has filters at all is the wish of the back office, and not a matter of power",
	"BypassDeclared":              "it warns",
	"BroadFilters":                "it warns",
	"SubjectsOfType":              "who may not hold a set by its account type does not get it",
	"SetsOfType":                  "it warns",
	"SubjectOfType":               "the views leave out what bindings hand to accounts that may not hold their set",
	"UserWithinSetLimit":          "it warns",
	"BindingWithinSetLimit":       "it warns",
	"SubjectWithinSetLimit":       "how many sets somebody holds is not a matter of power",
	"EmailFree":                   "it warns; the store decides",
	"LoginFree":                   "it warns; the store decides",
	"SeatFree":                    "it warns; the store decides",
	"KeyFree":                     "it warns; the store decides",
	"UserBreaksGlass":             "it asks for a reason; who may break the glass is found with the actor",
	"BindingBreaksGlass":          "it asks for a reason; who may break the glass is found with the actor",
	"SetBreaksGlass":              "it asks for a reason; who may break the glass is found with the actor",
	"BoundSetKnown":               "a binding without its set gives nothing",
	"SubjectsKnown":               "it warns",
	"SubjectsBeneath":             "it warns",
	"SelectorWellFormed":          "a selector that is not selects nobody",
	"ExtendedSetsPermitted":       "what a set may not extend counts as missing",
	"ExtendedSetsKnown":           "what is missing gives nothing; that a set which denied may be missing is for the deletion of that set",
	"ExtendsAcyclic":              "a circle gives what its sets give",
	"PermissionsInCatalog":        "the catalogue says what there is, and not who may have it",
	"BindingPermissionsInCatalog": "the catalogue says what there is, and not who may have it",
	"GrantsInCatalog":             "the catalogue says what there is, and not who may have it",
	"SetProtected":                "it keeps a set from those who have the power to change it",
	"ProtectedExtendsProtected":   "it keeps a set from those who have the power to change it",
	"UserResetAtHand":             "it is about moments: who may touch the user may reset its password",
	"OfficeResetAtHand":           "it is about moments: who may write the BackOffice may reset all passwords",
	"RotationAtHand":              "it is about moments",
	"StructurePossible":           "it is about what passwords are like",
	"StructureStrong":             "it warns",
	"PasswordsKept":               "it warns",
	"NobodyWithdrawn":             "it warns",
}

func TestEachRuleHasAMutationOrAReasonToHaveNone(t *testing.T) {
	g := NewWithT(t)
	for chain, rules := range written(t) {
		for _, rule := range rules {
			_, mutated := mutations[rule]
			_, excused := unmoved[rule]
			g.Expect(mutated).NotTo(Equal(excused), "%s of %s", rule, chain)
		}
	}
}

func TestWithoutTheRuleThereIsACounterexample(t *testing.T) {
	for _, rule := range slices.Sorted(maps.Keys(mutations)) {
		t.Run(rule, func(t *testing.T) {
			lacking(t, rule)
			m := mutations[rule]
			p := usual()
			p.finds = m.finds
			if m.tilt != nil {
				m.tilt(&p)
			}
			found := search(t, p)
			if found == "" {
				t.Fatal("no counterexample was found: the rule is not needed, or the sequences do not get there")
			}
			t.Log(found)
			NewWithT(t).Expect(m.finds).To(ContainElement(strings.SplitN(found, ":", 2)[0]), found)
		})
	}
}

// search returns what is wrong in the first sequence in which something is.
func search(t *testing.T, p plan) string {
	t.Helper()
	for name, value := range map[string]string{"rapid.checks": "20000", "rapid.shrinktime": "0s"} {
		was := flag.Lookup(name).Value.String()
		unless(nil, name, value)
		t.Cleanup(func() { unless(nil, name, was) })
	}
	found := &witness{}
	synctest.Test(t, func(t *testing.T) {
		found.T = t
		rapid.Check(found, property(t, p, &tally{}))
	})
	if testing.Verbose() {
		t.Log(strings.Join(found.steps, "\n"))
	}
	return found.text
}

// witness takes failures down instead of failing.
type witness struct {
	*testing.T

	failed bool
	text   string
	steps  []string
}

func (w *witness) Failed() bool              { return w.failed }
func (w *witness) Fail()                     { w.failed = true }
func (w *witness) FailNow()                  { w.failed = true }
func (w *witness) Error(args ...any)         { w.note(fmt.Sprint(args...)) }
func (w *witness) Errorf(f string, a ...any) { w.note(fmt.Sprintf(f, a...)) }
func (w *witness) Fatal(args ...any)         { w.note(fmt.Sprint(args...)) }
func (w *witness) Fatalf(f string, a ...any) { w.note(fmt.Sprintf(f, a...)) }
func (w *witness) Log(...any)                {}

// Logf keeps the steps of the sequence that is told last, without what was drawn.
func (w *witness) Logf(f string, a ...any) {
	if text := fmt.Sprintf(f, a...); !strings.HasPrefix(text, "[rapid]") {
		w.steps = append(w.steps, text)
	}
}

// note keeps what the property said first.
func (w *witness) note(text string) {
	w.failed = true
	for _, kind := range []string{handedOut, touched, lifted, taken} {
		if _, complaint, ok := strings.Cut(text, kind); ok && w.text == "" {
			complaint, _, _ = strings.Cut(complaint, "\n")
			w.text = kind + complaint
		}
	}
}
