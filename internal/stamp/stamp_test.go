// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package stamp_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestAStampIsReadAsItWasWritten(t *testing.T) {
	g := NewWithT(t)
	u := testkit.User("ann", "shop")
	powers := []access.Power{
		{Rank: 4, Families: []string{"x"}, AccountTypes: []string{"Staff"}, Permissions: access.Content{{Path: "a", Level: access.Write}, {Path: "a/b"}}},
		testkit.UpToRank(7),
	}
	before := time.Now().UnixMilli()
	s := stamp.New("lea", powers, stamp.Hash(u))
	g.Expect(s.At).To(BeNumerically(">=", before))
	g.Expect(s.At).To(BeNumerically("<=", time.Now().UnixMilli()))
	s.Unjudged, s.BreakGlass, s.Sets = true, true, []string{"uid-1", "uid-2"}
	testkit.Carry(u, s)
	read, ok := stamp.Of(u)
	g.Expect(ok).To(BeTrue())
	g.Expect(read).To(Equal(s))
	g.Expect(s.Power).To(Equal(powers))
	g.Expect(stamp.New("lea", powers, "").ID).NotTo(Equal(s.ID), "each has an id of its own")
}

// The names are kept for ever: objects carry them.
func TestAStampAsItIsWritten(t *testing.T) {
	g := NewWithT(t)
	s := stamp.Stamp{
		ID: "i", User: "u", At: 7, Unjudged: true, BreakGlass: true, Power: []access.Power{testkit.Unlimited()}, Sets: []string{"s"}, Hash: "1:h",
	}
	g.Expect(s.String()).To(Equal(
		`{"id":"i","user":"u","at":7,"unjudged":true,"breakGlass":true,"power":[{"rank":0,"permissions":["* Write"]}],"sets":["s"],"hash":"1:h"}`))
	g.Expect(stamp.Stamp{ID: "i", User: "u", Hash: "1:h"}.String()).To(Equal(`{"id":"i","user":"u","at":0,"hash":"1:h"}`))
}

func TestFitting(t *testing.T) {
	g := NewWithT(t)
	u := testkit.User("ann", "shop")
	_, ok := stamp.Fitting(u)
	g.Expect(ok).To(BeFalse(), "without a stamp")
	s := testkit.Stamp(u, "lea", nil)
	read, ok := stamp.Fitting(u)
	g.Expect(ok).To(BeTrue())
	g.Expect(read).To(Equal(s))
	u.Spec.State = v1alpha1.StateBlocked
	read, ok = stamp.Fitting(u)
	g.Expect(ok).To(BeFalse(), "after a change")
	g.Expect(read).To(Equal(s), "the stamp is that of whoever was there before")
	s.Hash = ""
	testkit.Carry(u, s)
	_, ok = stamp.Fitting(u)
	g.Expect(ok).To(BeFalse(), "without a hash")
}

func TestOfWhatIsNoStamp(t *testing.T) {
	for sentence, text := range map[string]string{
		"nothing":                    "",
		"no JSON":                    "lea",
		"JSON that ends too early":   `{"id":"i","user":"lea"`,
		"JSON and more":              `{"id":"i","user":"lea"}{}`,
		"null":                       "null",
		"a list":                     "[]",
		"a number":                   "7",
		"an empty object":            "{}",
		"no id":                      `{"user":"lea","hash":"1:h"}`,
		"no user":                    `{"id":"i","hash":"1:h"}`,
		"a time that is no number":   `{"id":"i","user":"lea","at":"now"}`,
		"a time that is too great":   `{"id":"i","user":"lea","at":1e40}`,
		"a power that is none":       `{"id":"i","user":"lea","power":[7]}`,
		"a permission without level": `{"id":"i","user":"lea","power":[{"rank":0,"permissions":["orders"]}]}`,
		"a level that is none":       `{"id":"i","user":"lea","power":[{"rank":0,"permissions":["orders All"]}]}`,
		"a rank that is too great":   `{"id":"i","user":"lea","power":[{"rank":99999999999}]}`,
	} {
		t.Run(sentence, func(t *testing.T) {
			s, ok := stamp.Of(testkit.User("ann", "shop", testkit.Annotations(v1alpha1.AnnotationAdmitted, text)))
			NewWithT(t).Expect(ok).To(BeFalse())
			NewWithT(t).Expect(s).To(BeZero())
		})
	}
}

func TestOfSortsPermissions(t *testing.T) {
	text := `{"id":"i","user":"lea","power":[{"rank":0,"permissions":["orders/refund None","orders Write","a Read"]}]}`
	s, ok := stamp.Of(testkit.User("ann", "shop", testkit.Annotations(v1alpha1.AnnotationAdmitted, text)))
	g := NewWithT(t)
	g.Expect(ok).To(BeTrue())
	g.Expect(s.Power[0].Permissions.At("orders/refund")).To(Equal(access.None))
	g.Expect(s.Power[0].Permissions.At("a")).To(Equal(access.Read))
}

func FuzzOf(f *testing.F) {
	f.Add("{}")
	f.Add(stamp.New("lea", []access.Power{testkit.Unlimited(), testkit.UpToRank(4)}, "1:h").String())
	f.Add(`{"id":"i","user":"lea","power":[{"permissions":["b Write","a None","a Read"]},{"families":[""]}],"sets":[""]}`)
	f.Fuzz(func(t *testing.T, text string) {
		u := testkit.User("ann", "shop", testkit.Annotations(v1alpha1.AnnotationAdmitted, text))
		s, ok := stamp.Of(u)
		if !ok {
			return
		}
		testkit.Carry(u, s)
		again, ok := stamp.Of(u)
		if !ok || again.String() != s.String() {
			t.Fatalf("%s is read as %v, and that as %v", text, s, again)
		}
	})
}

// sized is content whose text takes this many bytes.
func sized(t *testing.T, bytes int) access.Content {
	t.Helper()
	var c access.Content
	size := func() int {
		text, err := json.Marshal(c)
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		return len(text)
	}
	for i := 0; ; i++ {
		c = append(c, access.Entry{Path: fmt.Sprintf("p%04d", i), Level: access.Read})
		if rest := bytes - size(); rest < 16 {
			c[i].Path += strings.Repeat("x", rest)
			NewWithT(t).Expect(size()).To(Equal(bytes))
			return c
		}
	}
}

func TestAStampCarriesFourKibibytesOfPermissions(t *testing.T) {
	all, most, more := sized(t, 4096), sized(t, 4000), sized(t, 4097)
	for sentence, c := range map[string]struct{ powers, want []access.Content }{
		"all that fit":                     {[]access.Content{all}, []access.Content{all}},
		"none of what does not fit":        {[]access.Content{more}, []access.Content{nil}},
		"of all powers together":           {[]access.Content{most, sized(t, 97)}, []access.Content{most, nil}},
		"of those whose permissions fit":   {[]access.Content{more, most, all, nil, sized(t, 96)}, []access.Content{nil, most, nil, nil, sized(t, 96)}},
		"of no powers none":                {nil, nil},
		"what is written with backslashes": {[]access.Content{{{Path: strings.Repeat("<", 700), Level: access.Read}}}, []access.Content{nil}},
	} {
		t.Run(sentence, func(t *testing.T) {
			var powers []access.Power
			for i, content := range c.powers {
				powers = append(powers, access.Power{Rank: int32(i), Permissions: content})
			}
			s := stamp.New("lea", powers, "")
			g := NewWithT(t)
			g.Expect(s.Power).To(HaveLen(len(c.want)))
			for i, want := range c.want {
				g.Expect(s.Power[i].Permissions).To(Equal(want), "power %d", i)
				g.Expect(s.Power[i].Rank).To(Equal(int32(i)))
			}
			for i, content := range c.powers {
				g.Expect(powers[i].Permissions).To(Equal(content), "the powers that were given are as they were")
			}
		})
	}
}

// values are a filter of this dimension whose text takes this many bytes.
func values(t *testing.T, dimension string, bytes int) access.Filter {
	t.Helper()
	f := access.Filter{Dimension: dimension, Mode: access.FilterOnly, Values: []string{""}}
	text, err := json.Marshal(f)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	f.Values[0] = strings.Repeat("x", bytes-len(text))
	return f
}

func TestAFilterThatAStampCannotCarryLetsNothingThrough(t *testing.T) {
	none := func(dimension string) access.Filter {
		return access.Filter{Dimension: dimension, Mode: access.FilterNone}
	}
	most, rest, more := values(t, "a", 4000), values(t, "b", 96), values(t, "b", 97)
	for sentence, c := range map[string]struct{ powers, want []access.Power }{
		"all that fit": {
			[]access.Power{{Filters: []access.Filter{most, rest}}}, []access.Power{{Filters: []access.Filter{most, rest}}},
		},
		"what does not fit is none of its dimension": {
			[]access.Power{{Filters: []access.Filter{most, more}}}, []access.Power{{Filters: []access.Filter{most, none("b")}}},
		},
		"and said once": {
			[]access.Power{{Filters: []access.Filter{most, more, more, values(t, "a", 200)}}},
			[]access.Power{{Filters: []access.Filter{most, none("b"), none("a")}}},
		},
		"of all powers together": {
			[]access.Power{{Filters: []access.Filter{most}}, {Filters: []access.Filter{more}}, {Filters: []access.Filter{rest}}},
			[]access.Power{{Filters: []access.Filter{most}}, {Filters: []access.Filter{none("b")}}, {Filters: []access.Filter{rest}}},
		},
		"together with permissions": {
			[]access.Power{{Permissions: sized(t, 4000)}, {Filters: []access.Filter{more}, Permissions: sized(t, 97)}, {Filters: []access.Filter{rest}}},
			[]access.Power{{Permissions: sized(t, 4000)}, {Filters: []access.Filter{none("b")}}, {Filters: []access.Filter{rest}}},
		},
		"of one power before its permissions": {
			[]access.Power{{Filters: []access.Filter{more}, Permissions: sized(t, 4000)}}, []access.Power{{Filters: []access.Filter{more}}},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			s := stamp.New("lea", c.powers, "1:h")
			g.Expect(s.Power).To(Equal(c.want))
			for i, p := range s.Power {
				g.Expect(p.Within(c.powers[i])).To(BeTrue(), "it allows no more than the power that there is")
			}
			u := testkit.User("ann", "shop")
			testkit.Carry(u, s)
			read, ok := stamp.Of(u)
			g.Expect(ok).To(BeTrue())
			g.Expect(read).To(Equal(s))
		})
	}
}

func TestAUsualStampIsSmall(t *testing.T) {
	b := testkit.Binding("support-team", "support", testkit.InOffice("shop/shop"), testkit.ToSet("shop/customer-service"), testkit.ForLabels("team", "support"))
	s := testkit.Stamp(b, "system:serviceaccount:argocd:argocd-application-controller", []access.Power{testkit.Unlimited()})
	s.Sets = []string{"6f1c1f0e-3a51-4c0c-9d38-0b6e2a3f3c11"}
	size := len(s.String())
	t.Logf("%d bytes: %s", size, s)
	NewWithT(t).Expect(size).To(BeNumerically("<", 320))
}

func TestReaches(t *testing.T) {
	s := stamp.Stamp{Power: []access.Power{{Rank: 0, Families: []string{"y"}}, {Rank: 4}}}
	g := NewWithT(t)
	g.Expect(s.Reaches(access.Need{Family: "x", Rank: 4})).To(BeTrue())
	g.Expect(s.Reaches(access.Need{Family: "x", Rank: 3})).To(BeFalse(), "powers are not added up")
	g.Expect(s.Reaches(access.Need{Family: "y", Rank: 0})).To(BeTrue())
	g.Expect(stamp.Stamp{}.Reaches(access.Need{Rank: 1000})).To(BeFalse())
}
