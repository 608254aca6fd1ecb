// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func textCases() cases {
	return cases{
		"every string field holds any text":                               anyText,
		"owners and back offices have any name":                           anyOwner,
		"text that no database holds is rejected and nothing is written":  badText,
		"errors hold neither a verifier nor personal data":                discreetErrors,
		"logins fold by ASCII only":                                       asciiFolding,
		"keys and paths are compared bytewise":                            bytewise,
		"a path that looks like a pattern or a query is nothing but text": plainPaths,
	}
}

// texts are hard on quoting, on encodings and on lengths.
func texts() []string {
	return []string{
		`'; DROP TABLE users; --`, `"double" 'single' \back\\slash`, `%_*?[a-z]^$`, `$1 $2 ? :name @p {{x}}`, "line\nbreak\ttab\rreturn",
		"e\u0301 \u00e9 日本語 😀 \u202e\u2028\ufeff", `{"a":[1,null]}`, "null", " spaces ", "0", "1e3", `\x00`, `\u0000`, "{a,b}", `{"a\"}`,
		strings.Repeat("0123456789abcdef", 256), strings.Repeat("ß€😀", 450),
	}
}

func anyText(w *world) {
	for i, s := range texts() {
		m := store.Meta{UID: s, Namespace: s, Name: s, Generation: 1, Stamp: s}
		records := []store.Record{
			store.Office{Meta: m, MaxUsers: store.NoLimit, MaxAdministrators: store.NoLimit, Catalog: []string{s}, Dimensions: []string{s}},
			store.PermissionSet{
				Meta: m, SetKey: s, DisplayName: s, RankFamily: s, Deny: []string{s}, AccountTypes: []string{s}, Bypass: []string{s},
				Ancestors: []store.Ancestor{{UID: s}}, Entries: []store.Entry{{Path: s, Level: read}},
			},
			store.RoleBinding{Meta: m, PermissionSetUID: s, Grants: []store.Entry{{Path: s, Level: read}}, Deny: []string{s}, Filters: textFilters(s)},
			store.User{
				Meta: m, Login: s, AccountType: s, State: store.StateActive, HoldReason: s, Description: s,
				Profile: store.Profile{
					FullName: s, FirstName: s, LastName: s, Email: s, Phone: s, Language: s, Gender: s, PictureURL: s,
				},
				Settings: []store.Setting{{Name: s, Value: s}}, Filters: textFilters(s),
				Networks: []string{s}, LabelsHash: s, Bindings: []store.Bound{{BindingUID: s, Generation: 1}},
			},
		}
		for _, r := range records {
			if _, ok := r.(store.Office); !ok || i == 0 {
				w.put(r)
			}
		}
		w.must(put(records[0]))
		w.must(issue(s, 1, s), store.FinishCredential{UserUID: s, Version: 1, SecretUID: s, SecretResourceVersion: s})
		for _, r := range records {
			w.Expect(w.one(r).Record).To(Equal(r))
		}
		c := w.one(records[3]).Credential
		c.IssuedAt = time.Time{}
		w.Expect(c).To(Equal(store.Credential{
			Version: 1, Source: store.SourceGenerated, Verifier: s, SecretUID: s, SecretResourceVersion: s,
		}))
	}
	w.Expect(w.all()).To(HaveLen(3*len(texts()) + 1))
	for _, s := range texts() {
		w.must(remove(s, store.Delete), store.Remove{Key: store.Key{Kind: store.KindRoleBinding, UID: s}})
	}
	w.Expect(w.all()).To(HaveLen(len(texts()) + 1))
}

// textFilters have a text wherever a filter has any.
func textFilters(s string) []store.Filter {
	list := []string{s}
	return []store.Filter{{Dimension: s, Mode: "Only", Access: readWrite, Values: list, Groups: list, Tags: list, Default: s}}
}

func anyOwner(w *world) {
	for _, s := range texts() {
		o := w.db.Options
		o.Owner, o.BackOffice, o.UsedBy = s, s, s
		there := w.at(w.open(o))
		there.put(user("ann"))
		w.Expect(there.users()).To(ConsistOf("ann"))
		w.Expect(ping(w.t.Context(), there.st)).To(Succeed())
	}
}

// spoiled are the copies of a value in which one string each is bad, by the name of the field.
func spoiled(value any, bad string) map[string]any {
	copies := map[string]any{}
	strings := 0
	eachString(clone(reflect.ValueOf(value)), "", func(string, reflect.Value) { strings++ })
	for i := range strings {
		v, n := clone(reflect.ValueOf(value)), 0
		eachString(v, fmt.Sprintf("%T", value), func(field string, s reflect.Value) {
			if n == i {
				s.SetString(bad)
				copies[field] = v.Interface()
			}
			n++
		})
	}
	return copies
}

// eachString visits all strings of a value.
func eachString(v reflect.Value, field string, visit func(field string, v reflect.Value)) {
	switch {
	case v.Type() == reflect.TypeFor[string]():
		visit(field, v)
	case v.Type() == reflect.TypeFor[time.Time]():
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			eachString(v.Field(i), field+"."+v.Type().Field(i).Name, visit)
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			eachString(v.Index(i), fmt.Sprintf("%s[%d]", field, i), visit)
		}
	}
}

// clone copies a value with all that it holds, so that each part of the copy can be set.
func clone(v reflect.Value) reflect.Value {
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	switch {
	case v.Kind() == reflect.Slice && v.Len() > 0:
		c.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			c.Index(i).Set(clone(v.Index(i)))
		}
	case v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[time.Time]():
		for i := range v.NumField() {
			c.Field(i).Set(clone(v.Field(i)))
		}
	}
	return c
}

// spoiledChanges are the changes in which one string each is bad, by the name of the field.
func spoiledChanges(bad string) map[string]store.Change {
	b := binding("b", "s", []string{"ann", "bob"})
	changes := map[string]store.Change{}
	for _, change := range []store.Change{
		issue("ann", 1, "v"),
		store.FinishCredential{UserUID: "ann", Version: 1, SecretUID: "s", SecretResourceVersion: "1"},
		invite("ann", 1, "t"),
		store.Put{Record: user("ann"), Protection: needs{need("f", 1)}},
		revoke("ann", 1),
		disposed("ann", store.Need{Family: "f"}),
		store.Remove{Key: b.Key()},
		store.Put{Record: b, Admission: store.Admission{Actor: "eve", Gives: []string{"a", "b"}, Power: []store.Power{in(1, "f", "g")}}},
	} {
		for field, c := range spoiled(change, bad) {
			changes[field] = c.(store.Change)
		}
	}
	for _, r := range append(fullRecords(), b) {
		for field, c := range spoiled(r, bad) {
			changes[field] = put(c.(store.Record))
		}
	}
	return changes
}

func badText(w *world) {
	w.put(user("ann"))
	w.must(issue("ann", 1, "v"))
	before, logged := w.all(), w.everything()
	for _, bad := range []string{"a\x00b", "\x00", "a\xff", "\xed\xa0\x80", "\xc0\xaf"} {
		for field, change := range spoiledChanges(bad) {
			verdicts, err := w.st.Apply(w.t.Context(), []store.Group{{put(user("bob"))}, {change}, {put(user("cy"))}})
			w.Expect(err).To(MatchError(store.ErrRejected), "%s = %q", field, bad)
			w.Expect(verdicts).To(BeEmpty())
		}
	}
	w.Expect(w.all()).To(Equal(before))
	w.Expect(w.everything()).To(Equal(logged))
	w.must(put(user("bob"))) // and the store works on
}

func discreetErrors(w *world) {
	const secret = "verysecret"
	w.put(user("ann"))
	bob := user("bob", func(u *store.User) {
		u.FullName, u.Email, u.HoldReason = secret+" name", secret+"@shop.example", secret+"\x00"
	})
	for _, group := range []store.Group{{issue("ann", 1, secret+"\x00")}, {invite("ann", 1, secret+"\x00")}, {put(bob)}} {
		_, err := w.st.Apply(w.t.Context(), []store.Group{group})
		w.Expect(err).To(MatchError(store.ErrRejected))
		w.Expect(err.Error()).NotTo(ContainSubstring(secret))
	}
}

func asciiFolding(w *world) {
	w.put(user("ÄNN"), user("äNN"), user("\u212aarl")) // the Kelvin sign
	w.put(user("karl"))
	w.Expect(w.apply(put(user("Änn")))).To(MatchError(store.ErrTaken))
	w.Expect(w.apply(put(user("KARL")))).To(MatchError(store.ErrTaken))
	w.Expect(w.column(`SELECT login FROM active_users WHERE back_office = $1 AND login_folded = $2`, shop, "Änn")).To(ConsistOf("ÄNN"))
	w.Expect(w.column(`SELECT login FROM active_users WHERE back_office = $1 AND login_folded = $2`, shop, "karl")).To(ConsistOf("karl"))
}

func bytewise(w *world) {
	w.put(set("clerk"), set("Clerk"), set("clerk "), set("cl\u00e9rk"), set("cle\u0301rk"))
	w.put(set("s", grants("a", read), grants("A", write), grants("a ", read)), binding("b", "s", []string{"ann"}), user("ann"))
	w.Expect(w.permissions(shop, "ann")).To(Equal(map[string]string{"a": read, "A": write, "a ": read}))
}

func plainPaths(w *world) {
	paths := append(texts(), "a_b", "a%")
	s := set("s")
	for _, path := range paths {
		grants(path, read)(&s)
	}
	w.put(office(catalog(append(slices.Clone(paths), "axb/c", "abc/d", "a_b/c")...)), s, binding("b", "s", []string{"ann"}), user("ann"))
	want := map[string]string{"a_b/c": read}
	for _, path := range paths {
		want[path] = read
	}
	w.Expect(w.permissions(shop, "ann")).To(Equal(want))
}
