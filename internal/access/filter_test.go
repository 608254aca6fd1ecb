// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

// filter is written as "entities Only x,y g:z ReadOnly": values as they are, groups behind "g:", tags behind "t:".
func filter(text string) access.Filter {
	fields := strings.Fields(text)
	f := access.Filter{Dimension: fields[0], Mode: access.FilterMode(fields[1])}
	for _, field := range fields[2:] {
		if field == "ReadOnly" {
			f.ReadOnly = true
			continue
		}
		for item := range strings.SplitSeq(field, ",") {
			switch kind, name, found := strings.Cut(item, ":"); {
			case !found:
				f.Values = append(f.Values, item)
			case kind == "g":
				f.Groups = append(f.Groups, name)
			default:
				f.Tags = append(f.Tags, name)
			}
		}
	}
	return f
}

func filters(texts ...string) []access.Filter {
	var list []access.Filter
	for _, text := range texts {
		list = append(list, filter(text))
	}
	return list
}

func TestFilterWithin(t *testing.T) {
	for sentence, c := range map[string]struct {
		filter, other string
		want          bool
	}{
		"a filter is within itself":                   {"d Only x,g:h", "d Only x,g:h", true},
		"all is within all":                           {"d All", "d All", true},
		"and nothing else is what all is within":      {"d All", "d Only x", false},
		"every mode is within all":                    {"d Owned", "d All", true},
		"nothing is within every mode":                {"d None", "d Tagged t:u", true},
		"also within nothing":                         {"d None", "d None", true},
		"something is not within nothing":             {"d Only x", "d None", false},
		"fewer values are within more":                {"d Only x", "d Only y,x", true},
		"more values are not within fewer":            {"d Only x,y", "d Only x", false},
		"a value is not within a group":               {"d Only x", "d Only g:x", false},
		"groups are compared, too":                    {"d Only x,g:h", "d Only x", false},
		"fewer groups are within more":                {"d Only g:h", "d Only x,g:h,g:i", true},
		"fewer tags are within more":                  {"d Tagged t:u", "d Tagged t:v,t:u", true},
		"other tags are not":                          {"d Tagged t:u", "d Tagged t:v", false},
		"what is owned is within what is owned":       {"d Owned", "d Owned", true},
		"other modes are not within one another":      {"d Owned", "d Tagged t:u", false},
		"read is within write":                        {"d Only x ReadOnly", "d Only x", true},
		"write is not within read":                    {"d Only x", "d All ReadOnly", false},
		"nothing is neither":                          {"d None", "d All ReadOnly", true},
		"read is within read":                         {"d Owned ReadOnly", "d All ReadOnly", true},
		"another dimension is something else":         {"d Only x", "e Only x", false},
		"also where a filter of it lets all through":  {"d Only x", "e All", false},
		"also where a filter of it lets nothing pass": {"d None", "e All", false},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(filter(c.filter).Within(filter(c.other))).To(Equal(c.want))
		})
	}
}

func TestBeyond(t *testing.T) {
	for sentence, c := range map[string]struct{ filters, bounds, beyond []string }{
		"where nothing is bounded nothing is beyond":    {[]string{"d All"}, nil, nil},
		"who has no filters is beyond every bound":      {nil, []string{"d Only x", "e Owned"}, []string{"d Only x", "e Owned"}},
		"who has them all is beyond none":               {[]string{"e Owned", "d Only x"}, []string{"d Only x", "e Owned"}, nil},
		"one of several of a dimension is enough":       {[]string{"d All", "d Only x"}, []string{"d Only x,y"}, nil},
		"a wider one is beyond":                         {[]string{"d Only x,z"}, []string{"d Only x,y"}, []string{"d Only x,y"}},
		"other dimensions are free":                     {[]string{"d Only x", "f All"}, []string{"d Only x"}, nil},
		"each bound counts":                             {[]string{"d Only x"}, []string{"d Only x,y", "d Only y"}, []string{"d Only y"}},
		"a bound of all is kept by who has none beyond": {[]string{"d Owned"}, []string{"d All"}, nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(access.Beyond(filters(c.filters...), filters(c.bounds...))).To(Equal(filters(c.beyond...)))
		})
	}
}

// datum is something in a dimension, and what is to be done with it.
type datum struct {
	value        string
	groups, tags []string
	owned        bool
	level        access.Level
}

// everyDatum are all that differ for the filters that are drawn.
func everyDatum() []datum {
	var all []datum
	for _, value := range []string{"x", "y", "other"} {
		for _, groups := range [][]string{nil, {"g"}, {"h"}} {
			for _, tags := range [][]string{nil, {"t"}, {"u"}} {
				for _, owned := range []bool{false, true} {
					all = append(all, datum{value, groups, tags, owned, access.Read}, datum{value, groups, tags, owned, access.Write})
				}
			}
		}
	}
	return all
}

// passes tells whether a filter lets something through.
func (d datum) passes(f access.Filter) bool {
	shared := func(a, b []string) bool {
		return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
	}
	if f.ReadOnly && d.level == access.Write {
		return false
	}
	switch f.Mode {
	case access.FilterAll:
		return true
	case access.FilterOnly:
		return slices.Contains(f.Values, d.value) || shared(f.Groups, d.groups)
	case access.FilterTagged:
		return shared(f.Tags, d.tags)
	case access.FilterOwned:
		return d.owned
	case access.FilterNone:
	}
	return false
}

func drawFilter(t *rapid.T, dimension, label string) access.Filter {
	modes := []access.FilterMode{access.FilterAll, access.FilterOnly, access.FilterTagged, access.FilterOwned, access.FilterNone}
	f := access.Filter{Dimension: dimension, Mode: rapid.SampledFrom(modes).Draw(t, label+" mode"), ReadOnly: rapid.Bool().Draw(t, label+" read-only")}
	texts := func(least int, of ...string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(of), least, 2, rapid.ID[string]).Draw(t, label+" list")
	}
	switch f.Mode {
	case access.FilterOnly:
		if f.Values = texts(0, "x", "y"); len(f.Values) == 0 {
			f.Groups = texts(1, "g", "h")
		} else {
			f.Groups = texts(0, "g", "h")
		}
	case access.FilterTagged:
		f.Tags = texts(1, "t", "u")
	case access.FilterAll, access.FilterOwned, access.FilterNone:
	}
	return f
}

// drawFilters draws up to two, also of one dimension.
func drawFilters(t *rapid.T, label string) []access.Filter {
	var list []access.Filter
	for range rapid.IntRange(0, 2).Draw(t, label+" filters") {
		list = append(list, drawFilter(t, rapid.SampledFrom(dimensions).Draw(t, label+" dimension"), label))
	}
	return list
}

// drawBounds draws one of each dimension, or none.
func drawBounds(t *rapid.T, label string) []access.Filter {
	var list []access.Filter
	for _, dimension := range dimensions {
		if rapid.Bool().Draw(t, label+" bounds "+dimension) {
			list = append(list, drawFilter(t, dimension, label))
		}
	}
	return list
}

func TestAFilterWithinAnotherLetsNothingElseThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, other := drawFilter(t, "d", "filter"), drawFilter(t, "d", "other")
		want := !slices.ContainsFunc(everyDatum(), func(d datum) bool { return d.passes(f) && !d.passes(other) })
		if got := f.Within(other); got != want {
			t.Fatalf("%+v is within %+v: %v, and not %v", f, other, want, got)
		}
	})
}

// passesAll tells whether data, which is something in each dimension, passes filters.
func passesAll(data map[string]datum, filters []access.Filter) bool {
	return !slices.ContainsFunc(filters, func(f access.Filter) bool { return !data[f.Dimension].passes(f) })
}

// drawData draws something in each dimension, for one level.
func drawData(t *rapid.T, level access.Level) map[string]datum {
	data := map[string]datum{}
	for _, dimension := range dimensions {
		d := rapid.SampledFrom(everyDatum()).Draw(t, "datum of "+dimension)
		d.level = level
		data[dimension] = d
	}
	return data
}

func TestWhoIsBeyondNoBoundReachesNothingElse(t *testing.T) {
	kept := 0
	rapid.Check(t, func(t *rapid.T) {
		list, bounds := append(drawFilters(t, "one"), drawFilters(t, "another")...), drawBounds(t, "bounds")
		beyond := access.Beyond(list, bounds)
		for _, bound := range beyond {
			if slices.ContainsFunc(list, func(f access.Filter) bool { return f.Within(bound) }) {
				t.Fatalf("%+v is kept by one of %+v", bound, list)
			}
		}
		data := drawData(t, access.Level(rapid.IntRange(1, 2).Draw(t, "level")))
		if len(beyond) == 0 && passesAll(data, list) {
			if kept++; !passesAll(data, bounds) {
				t.Fatalf("%+v lets %+v through, which is beyond %+v", list, data, bounds)
			}
		}
	})
	if kept == 0 {
		t.Error("chance made nothing of it")
	}
}
