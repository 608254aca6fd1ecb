// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"math"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func recordCases() cases {
	return cases{
		"a record that was read back equals the one that was written": roundTrips,
		"a new value replaces all of the old one":                     replaced,
		"every change may be repeated":                                repeated,
		"every change may be repeated within a batch":                 repeatedInABatch,
		"what is absent may be removed":                               absentRemoved,
		"a removed record takes along all that belongs to it":         removedWhole,
		"nothing to write is no error":                                nothingWritten,
		"a new office object replaces the old one":                    officeReplaced,
	}
}

var (
	longAgo = time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC)
	farAway = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
)

func fullMeta(uid string) store.Meta {
	return store.Meta{UID: uid, Namespace: "team-a", Name: "an-object", Generation: math.MaxInt64, Stamp: "stamp-of-" + uid}
}

// fullRecords have a value in every field, smallRecords the same keys and as little as possible.
func fullRecords() []store.Record {
	return []store.Record{
		store.Office{
			Meta: fullMeta("office"), MaxUsers: 100_000, MaxAdministrators: math.MaxInt32, Catalog: []string{"a", "a/b", "b"},
			Dimensions: []string{"entities", "sales-channels"}, TwoFactorRequired: true, NeverReuse: true,
		},
		store.PermissionSet{
			Meta: fullMeta("set"), SetKey: "Clerk", DisplayName: "A clerk", Rank: math.MinInt32, RankFamily: "sales", InForce: true,
			AccountTypes: []string{"Administrator", "Staff"}, Bypass: []string{"entities", "sales-channels"},
			Ancestors: []store.Ancestor{{UID: "p-1", Distance: 2}, {UID: "p-2", Distance: math.MaxInt32}, {UID: "set"}},
			Entries:   []store.Entry{{Path: "a", Level: write}, {Path: "a/b", Level: none}, {Path: "b", Level: read}},
			Deny:      []string{"x", "y/z"},
		},
		store.RoleBinding{
			Meta: fullMeta("binding"), PermissionSetUID: "set", InForce: true, NotBefore: longAgo, ExpiresAt: farAway,
			Grants: []store.Entry{{Path: "a", Level: none}, {Path: "a/b", Level: write}, {Path: "b", Level: read}}, Deny: []string{"x", "y/z"},
			Filters: fullFilters(),
		},
		store.User{
			Meta: fullMeta("user"), Login: "Ann.Lee", AccountType: store.AccountTypeAdministrator, State: store.StateBlocked,
			Held: true, HoldReason: "because", InForce: true, Description: "Our first",
			Profile: store.Profile{
				FullName: "Ann Lee", FirstName: "Ann", LastName: "Lee", Email: "Ann.Lee@Shop.example", Phone: "+1 555 0100", Language: "en-GB",
				Gender: "female", PictureURL: "https://shop.example/ann.png",
			},
			Settings: []store.Setting{{Name: "panel", Value: "white-label"}, {Name: "theme", Value: ""}}, Filters: fullFilters(),
			Networks: []string{"10.0.0.0/8", "2001:db8::/32"}, LabelsHash: "abc",
			Bindings: []store.Bound{{BindingUID: "b-1", Generation: 7}, {BindingUID: "b-2", Generation: math.MaxInt64}},
		},
	}
}

// fullFilters are one of each mode.
func fullFilters() []store.Filter {
	return []store.Filter{
		{Dimension: "brands", Mode: "All", Access: readOnly},
		{Dimension: "entities", Mode: "Only", Access: readWrite, Values: []string{"a", "b"}, Groups: []string{"c", "d"}, Default: "b"},
		{Dimension: "orders", Mode: "Owned", Access: readWrite},
		{Dimension: "products", Mode: "None", Access: readWrite},
		{Dimension: "sales-channels", Mode: "Tagged", Access: readOnly, Tags: []string{"shop", "web"}},
	}
}

func smallRecords() []store.Record {
	small := func(uid string) store.Meta { return store.Meta{UID: uid, Generation: math.MaxInt64} }
	return []store.Record{
		store.Office{Meta: small("office")},
		store.PermissionSet{Meta: small("set")},
		store.RoleBinding{Meta: small("binding")},
		store.User{Meta: small("user"), Login: "a", State: store.StateDeactivated},
	}
}

func (w *world) expectStored(records []store.Record) {
	w.t.Helper()
	all := w.all()
	w.Expect(all).To(HaveLen(len(records)))
	for _, r := range records {
		w.Expect(all[r.Key()].Record).To(Equal(r))
		w.Expect(w.one(r).Record).To(Equal(r))
	}
}

func roundTrips(w *world) {
	w.put(fullRecords()...)
	w.expectStored(fullRecords())

	other := w.at(w.open(w.options(func(o *store.Options) { o.BackOffice = "small" })))
	other.put(smallRecords()...)
	other.expectStored(smallRecords())
}

func replaced(w *world) {
	for _, records := range [][]store.Record{fullRecords(), smallRecords(), fullRecords()} {
		for i, r := range records { // the rows of other labels are gone once the user has new ones
			if u, ok := r.(store.User); ok && len(u.Bindings) == 0 {
				u.LabelsHash = "none"
				records[i] = u
			}
		}
		w.put(records...)
		w.expectStored(records)
	}
}

// allChanges leads from an empty store through every kind of change.
func (w *world) allChanges() []store.Change {
	w.t.Helper()
	ann, bob := user("ann", bound("b")), user("bob")
	changes := []store.Change{
		admitted(office(maxUsers(4), catalog("a", "b")), "stamp-1", "eve", "delegation a"),
		admitted(set("s", grants("a", read), denies("b")), "stamp-2", "eve", "a: Read", "deny b"),
		admitted(binding("b", "s", []string{"ann", "bob"}, gives("b", read), takes("c")), "stamp-3", "eve", "b: Read", "deny c"),
		admitted(ann, "stamp-4", "eve", "login ann"), put(bob), put(user("cy")), put(user("dan")),
		issue("ann", 1, "v-1"),
		store.FinishCredential{UserUID: "ann", Version: 1, SecretUID: "secret", SecretResourceVersion: "17"},
		issue("bob", 1, "v-1"), issue("ann", 2, "v-2", keeping(store.KeepCurrent)),
		resetAll(time.Unix(1, 0)), invite("ann", 3, "t"), revoke("ann", 4), invite("ann", 5, "t"),
		issue("ann", 6, "v-6", keeping(store.KeepCurrent), resets(w.ago(-store.MaxAhead/2))), conceal(6, "secret"),
		disposed("bob", need("f", 1)), remove("cy", store.Delete), remove("dan", store.Orphan),
		store.Put{Record: user("dan"), Adopts: store.AdoptUnowned},
		store.Put{Record: set("gone"), Revoking: true},
		store.Remove{Key: set("gone").Key()},
		put(binding("gone", "s", nil)),
		store.Remove{Key: binding("gone", "s", nil).Key()},
		store.Remove{Key: office().Key()},
	}
	return append(changes, store.Release{})
}

func repeated(w *world) {
	for _, change := range w.allChanges() {
		w.must(change)
		once := w.all()
		w.Expect(w.newsOf(change)).To(BeEmpty(), "after %T", change)
		w.Expect(w.all()).To(Equal(once), "after %T", change)
	}
	w.Expect(w.users()).To(ConsistOf("ann", "dan"))
}

func repeatedInABatch(w *world) {
	var groups []store.Group
	for _, change := range w.allChanges() {
		groups = append(groups, store.Group{change, change}, store.Group{change})
	}
	w.Expect(w.news(func() { w.Expect(w.batch(groups...)).To(HaveEach(BeNil())) })).To(HaveLen(16), "one row each, but for passwords")
	w.Expect(w.users()).To(ConsistOf("ann", "dan"))
	w.Expect(w.one(user("ann")).Credential.Version).To(BeEquivalentTo(6))
}

func absentRemoved(w *world) {
	for _, uid := range []string{"never", ""} {
		for _, kind := range []store.Kind{store.KindOffice, store.KindPermissionSet, store.KindRoleBinding} {
			w.must(store.Remove{Key: store.Key{Kind: kind, UID: uid}})
		}
		for _, d := range []store.Disposal{store.Deactivate, store.Delete, store.Orphan} {
			w.must(remove(uid, d))
		}
	}
	w.Expect(w.all()).To(BeEmpty())
	w.Expect(w.everything()).To(BeEmpty())
}

func removedWhole(w *world) {
	records := []store.Record{
		office(catalog("a", "b", "c"), dimensions("d")), set("s", grants("a", write), denies("z")),
		binding("b", "s", []string{"ann"}, gives("b", read), takes("c"), narrowed(only("d", "x"))), user("ann", bound("b")),
	}
	w.put(records...)
	w.Expect(w.permissions(shop, "ann")).To(Equal(levels{"a": write, "b": read, "c": none}))
	w.must(store.Remove{Key: records[1].Key()})
	w.Expect(w.permissions(shop, "ann")).To(Equal(levels{"b": read, "c": none}))
	w.must(store.Remove{Key: records[0].Key()}, store.Remove{Key: records[2].Key()})
	w.Expect(w.users()).To(ConsistOf("ann"))
	w.Expect(w.all()).To(HaveLen(1))
	for _, table := range []string{
		"permission_catalog", "filter_dimensions", "permission_sets", "permission_set_entries", "permission_set_denials", "permission_set_closure",
		"role_bindings", "role_binding_subjects", "role_binding_entries", "role_binding_denials", "role_binding_filters",
	} {
		w.Expect(w.query(`SELECT owner FROM `+table)).To(BeEmpty(), table)
	}

	// Nothing of the old objects is found under the new ones.
	w.put(office(), set("s", grants("z", read)), binding("b", "s", nil))
	w.Expect(w.one(user("ann")).Record).To(Equal(user("ann")), "the binding took its subjects along")
	w.put(binding("b", "s", []string{"ann"}))
	w.Expect(w.permissions(shop, "ann")).To(Equal(map[string]string{"z": read}))
}

func nothingWritten(w *world) {
	w.Expect(w.batch()).To(BeEmpty())
	w.must()
	w.Expect(w.all()).To(BeEmpty())
}

func officeReplaced(w *world) {
	w.put(office(maxUsers(1), catalog("a"), func(o *store.Office) { o.Generation = 9 }))
	again := office(func(o *store.Office) { o.UID = "office-2" })
	w.put(again)
	w.expectStored([]store.Record{again})
	w.must(store.Remove{Key: office().Key()})
	w.expectStored([]store.Record{again})
}
