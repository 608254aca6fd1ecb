// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func filterCases() cases {
	return cases{
		"the table of filters":                        func(w *world) { w.narrow(filters()) },
		"the table of grants":                         func(w *world) { w.narrow(grantsOfFilters()) },
		"the table of dimensions":                     func(w *world) { w.narrow(dimensionsOfFilters()) },
		"the table of bypasses":                       func(w *world) { w.narrow(bypassed()) },
		"the table of levels":                         func(w *world) { w.narrow(levelsOfFilters()) },
		"who may not log in has no data":              noData,
		"a change of filters is seen at once":         filtersChange,
		"filters begin and end with their binding":    filtersEnd,
		"filters are their owner's and back office's": ownFilters,
		"an orphan keeps its filters":                 orphansFilters,
		"who takes over a row has its own filters":    filtersTakenOver,
	}
}

// datum is a row of effective_filters.
type datum struct {
	path, level, grant string
	filter             store.Filter
}

// filters asks for a login of a back office.
func (w *world) filters(backOffice, login string) []datum {
	w.t.Helper()
	data := []datum{}
	for _, row := range w.query(`SELECT path, level, grant_id, dimension, mode, access, default_value, filter_values, filter_groups, filter_tags
		FROM effective_filters WHERE back_office = $1 AND login = $2`, backOffice, login) {
		d := datum{row[0], row[1], row[2], store.Filter{Dimension: row[3], Mode: row[4], Access: row[5], Default: row[6]}}
		for i, list := range []*[]string{&d.filter.Values, &d.filter.Groups, &d.filter.Tags} {
			var texts []string
			w.Expect(json.Unmarshal([]byte(row[7+i]), &texts)).To(Succeed(), row[7+i])
			w.Expect(texts).NotTo(BeNil(), "an array, also where it is empty")
			*list = append(*list, texts...)
		}
		data = append(data, d)
	}
	return data
}

// narrowing is a little back office: ann, of whom filters narrow all, has bindings, and data.
type narrowing struct {
	dimensions, catalog []string
	filters             []store.Filter
	sets                []store.PermissionSet
	bindings            []store.RoleBinding
	want                []datum
}

// narrow asks each back office of a table, all of them in one database.
func (w *world) narrow(table map[string]narrowing) {
	n := 0
	for sentence, r := range table {
		n++
		backOffice := fmt.Sprintf("office-%d", n)
		w.t.Run(sentence, func(t *testing.T) {
			w := w.of(t)
			w = w.at(w.open(w.options(func(o *store.Options) { o.BackOffice = backOffice })))
			w.put(office(catalog(r.catalog...), dimensions(r.dimensions...)), user("ann", limited(r.filters...)), user("bob", limited(r.filters...)))
			for _, s := range r.sets {
				w.put(s)
			}
			for _, b := range r.bindings {
				w.put(b)
			}
			w.Expect(w.filters(backOffice, "ann")).To(ConsistOf(r.want))
			w.Expect(w.filters(backOffice, "bob")).To(BeEmpty())
		})
	}
}

// each is a row for each filter.
func each(path, level, grant string, filters ...store.Filter) []datum {
	var data []datum
	for _, f := range filters {
		data = append(data, datum{path, level, grant, f})
	}
	return data
}

func data(lists ...[]datum) []datum {
	var all []datum
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

func noData(w *world) {
	w.put(idle()...)
	uids := []string{"ann"}
	for _, r := range idle() {
		uids = append(uids, r.Key().UID)
	}
	w.put(office(dimensions("d")), user("ann"), set("s", grants("a", write)), binding("b", "s", uids))
	w.Expect(w.column(`SELECT login FROM effective_filters WHERE back_office = $1`, shop)).To(ConsistOf("ann"))
}

func filtersChange(w *world) {
	d, e := only("d", "x"), only("e", "y")
	w.put(user("ann"), set("s", grants("a", write)), binding("b", "s", []string{"ann"}))
	w.Expect(w.filters(shop, "ann")).To(BeEmpty())
	w.put(user("ann", limited(d, e), atGeneration(2)))
	w.Expect(w.filters(shop, "ann")).To(ConsistOf(each("a", write, "b", d, e)))
	w.put(user("ann", limited(only("d", "z")), atGeneration(3)), binding("b", "s", []string{"ann"}, narrowed(e)))
	w.Expect(w.filters(shop, "ann")).To(ConsistOf(each("a", write, "b", only("d", "z"), e)))
	w.put(set("s", grants("a", write), bypasses("e")), office(dimensions("e", "f")))
	w.Expect(w.filters(shop, "ann")).To(ConsistOf(each("a", write, "b", only("d", "z"), ofMode("All", "e"), ofMode("All", "f"))))
	w.must(store.Remove{Key: office().Key()})
	w.put(user("ann", atGeneration(4)), binding("b", "s", []string{"ann"}))
	w.Expect(w.filters(shop, "ann")).To(BeEmpty())
}

func filtersEnd(w *world) {
	w.put(user("ann"), set("s", grants("a", write)), binding("always", "s", []string{"ann"}, narrowed(only("d", "x"))))
	moment := w.soon()
	w.put(binding("ends", "s", []string{"ann"}, window(time.Time{}, moment), narrowed(only("e", "y"))),
		binding("begins", "s", []string{"ann"}, window(moment, time.Time{}), narrowed(only("f", "z"))))
	always := each("a", write, "always", only("d", "x"))
	before, after := data(always, each("a", write, "ends", only("e", "y"))), data(always, each("a", write, "begins", only("f", "z")))
	w.Eventually(func() bool {
		first, found, last := w.now(), w.filters(shop, "ann"), w.now()
		if last.Before(moment) {
			w.Expect(found).To(ConsistOf(before))
		}
		if !first.Before(moment) {
			w.Expect(found).To(ConsistOf(after))
		}
		return !first.Before(moment)
	}).WithTimeout(patience).Should(BeTrue())
}

func ownFilters(w *world) {
	d := only("d", "x")
	for _, change := range []func(*store.Options){
		func(o *store.Options) { o.Owner = "owner-2" }, func(o *store.Options) { o.BackOffice = "wiki" },
	} {
		there := w.at(w.open(w.options(change)))
		there.put(office(dimensions("theirs")), user("bob", withUID("ann"), limited(only("theirs", "t"))), set("s", grants("z", write), bypasses("d")),
			binding("b", "s", []string{"ann"}, narrowed(only("theirs", "u"))))
	}
	w.put(office(dimensions("ours")), user("ann", limited(d)), set("s", grants("a", write)), binding("b", "s", []string{"ann"}))
	w.Expect(w.filters(shop, "ann")).To(ConsistOf(each("a", write, "b", d, ofMode("All", "ours"))))
}

func orphansFilters(w *world) {
	d, e := only("d", "x"), only("e", "y")
	w.put(office(dimensions("d", "f")), user("ann", limited(d)), set("s", grants("a", write)), binding("b", "s", []string{"ann"}, narrowed(e)))
	want := each("a", write, "b", d, e, ofMode("All", "f"))
	w.Expect(w.filters(shop, "ann")).To(ConsistOf(want))
	w.must(remove("ann", store.Orphan))
	w.Expect(w.filters(shop, "ann")).To(ConsistOf(want))
}

func filtersTakenOver(w *world) {
	w.put(user("ann", limited(only("d", "x"))), set("s", grants("a", write)))
	w.must(remove("ann", store.Deactivate))
	w.put(user("ann", withUID("heir"), limited(only("e", "y"))), binding("b", "s", []string{"heir"}))
	w.Expect(w.filters(shop, "ann")).To(ConsistOf(each("a", write, "b", only("e", "y"))))
}
