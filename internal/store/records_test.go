// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// records have one of each kind, with a value in every field and in every field of what they list.
func records() []store.Record {
	meta := store.Meta{UID: "uid", Namespace: "shop", Name: "name", Generation: 3, Stamp: "stamp"}
	at := time.Date(2026, time.March, 1, 8, 0, 0, 0, time.UTC)
	filters := []store.Filter{{
		Dimension: "entities", Mode: "Only", Access: "ReadOnly", Values: []string{"a"}, Groups: []string{"b"}, Tags: []string{"c"}, Default: "a",
	}}
	return []store.Record{
		store.Office{
			Meta: meta, MaxUsers: 50, MaxAdministrators: 3, Catalog: []string{"items"}, Dimensions: []string{"entities"}, TwoFactorRequired: true,
			NeverReuse: true,
		},
		store.PermissionSet{
			Meta: meta, SetKey: "viewer", DisplayName: "Viewer", Rank: 7, RankFamily: "back-office", InForce: true,
			Ancestors: []store.Ancestor{{UID: "parent", Distance: 1}}, Entries: []store.Entry{{Path: "items", Level: "Read"}}, Deny: []string{"stock"},
			AccountTypes: []string{"Staff"}, Bypass: []string{"entities"},
		},
		store.RoleBinding{
			Meta: meta, PermissionSetUID: "set", InForce: true, NotBefore: at, ExpiresAt: at.Add(time.Hour),
			Grants: []store.Entry{{Path: "orders/refund", Level: "Write"}}, Deny: []string{"stock"}, Filters: filters,
			Subjects: []store.Subject{{UserUID: "ann", LabelsHash: "hash"}},
		},
		store.User{
			Meta: meta, Login: "ann", AccountType: "Staff", State: store.StateActive, Held: true, HoldReason: "lost laptop", InForce: true,
			Description: "night shift", Filters: filters,
			Profile: store.Profile{
				FullName: "Ann Miller", FirstName: "Ann", LastName: "Miller", Email: "ann@shop.example", Phone: "+1 555 0100", Language: "en",
				Gender: "female", PictureURL: "https://shop.example/ann.png",
			},
			Settings: []store.Setting{{Name: "panel", Value: "vendor"}}, Networks: []string{"203.0.113.7/32"}, LabelsHash: "hash",
			Bindings: []store.Bound{{BindingUID: "binding", Generation: 5}},
		},
	}
}

// change makes another value of the same type, whatever it is, and calls try with each way to do so; path says where.
func change(t *testing.T, v reflect.Value, path string, try func(path string)) {
	t.Helper()
	old := reflect.New(v.Type()).Elem()
	old.Set(v)
	to := func(other reflect.Value, how string) {
		v.Set(other)
		try(path + how)
		v.Set(old)
	}
	if at, ok := reflect.TypeAssert[time.Time](v); ok {
		to(reflect.ValueOf(at.Add(time.Second)), "")
		to(reflect.ValueOf(time.Time{}), " to unbounded")
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		to(reflect.ValueOf(!v.Bool()), "")
	case reflect.String:
		to(reflect.ValueOf(v.String()+"'").Convert(v.Type()), "")
		to(reflect.Zero(v.Type()), " to nothing")
	case reflect.Int, reflect.Int32, reflect.Int64:
		to(reflect.ValueOf(v.Int()+1).Convert(v.Type()), "")
	case reflect.Struct:
		for i := range v.NumField() {
			change(t, v.Field(i), path+"."+v.Type().Field(i).Name, try)
		}
	case reflect.Slice:
		NewWithT(t).Expect(v.Len()).To(BeNumerically(">", 0), "records has nothing in %s", path)
		to(reflect.Zero(v.Type()), " to none")
		to(reflect.AppendSlice(v, v), " to twice as many")
		change(t, v.Index(0), path+"[0]", try)
	default:
		t.Fatalf("no way to change %s of kind %s", path, v.Kind())
	}
}

func TestHashOfDiffersForEachFieldThatIsPartOfTheRecord(t *testing.T) {
	for _, r := range records() {
		kind, was := r.Key().Kind, store.HashOf(r)
		v := reflect.New(reflect.TypeOf(r)).Elem()
		v.Set(reflect.ValueOf(r))
		for i := range v.NumField() {
			field := v.Type().Field(i)
			apart := field.Tag.Get("json") == "-"
			change(t, v.Field(i), string(kind)+"."+field.Name, func(path string) {
				t.Run(path, func(t *testing.T) {
					changed := store.HashOf(v.Interface().(store.Record))
					if apart {
						NewWithT(t).Expect(changed).To(Equal(was), "it is no part of the record")
					} else {
						NewWithT(t).Expect(changed).NotTo(Equal(was))
					}
				})
			})
		}
	}
}

func TestWhatIsNoPartOfARecord(t *testing.T) {
	var apart []string
	for _, r := range records() {
		for _, field := range reflect.VisibleFields(reflect.TypeOf(r)) {
			if field.Tag.Get("json") == "-" {
				apart = append(apart, fmt.Sprintf("%s.%s", r.Key().Kind, field.Name))
			}
		}
	}
	NewWithT(t).Expect(apart).To(ConsistOf("RoleBinding.Subjects", "User.Bindings"))
}

func TestHashOfTellsKindsApart(t *testing.T) {
	seen := map[store.Hash]store.Kind{}
	meta := store.Meta{UID: "uid"}
	for _, r := range []store.Record{
		store.Office{Meta: meta}, store.PermissionSet{Meta: meta}, store.RoleBinding{Meta: meta}, store.User{Meta: meta},
	} {
		NewWithT(t).Expect(seen).NotTo(HaveKey(store.HashOf(r)))
		seen[store.HashOf(r)] = r.Key().Kind
	}
}

func TestHashOfIsStable(t *testing.T) {
	for _, r := range records() {
		NewWithT(t).Expect(store.HashOf(r)).To(Equal(store.HashOf(r)))
	}
}

func TestHashOfARowThatSomebodyElseHasWritten(t *testing.T) {
	g := NewWithT(t)
	late := store.RoleBinding{Meta: store.Meta{UID: "uid"}, ExpiresAt: time.Date(12026, time.March, 1, 8, 0, 0, 0, time.UTC)}
	later := late
	later.ExpiresAt = late.ExpiresAt.Add(time.Second)
	g.Expect(store.HashOf(late)).To(Equal(store.HashOf(late)), "JSON cannot tell that year")
	g.Expect(store.HashOf(late)).NotTo(Equal(store.HashOf(later)))
	g.Expect(store.HashOf(late)).NotTo(Equal(store.HashOf(store.RoleBinding{Meta: store.Meta{UID: "uid"}})))
}

func TestKeysNameTheKindAndTheObject(t *testing.T) {
	g := NewWithT(t)
	kinds := []store.Kind{store.KindOffice, store.KindPermissionSet, store.KindRoleBinding, store.KindUser}
	for i, r := range records() {
		g.Expect(r.Key()).To(Equal(store.Key{Kind: kinds[i], UID: "uid"}))
	}
}
