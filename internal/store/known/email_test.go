// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package known_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/store/known"
)

func reachedAt(address string) func(*store.User) {
	return func(u *store.User) { u.Email = address }
}

func TestAnEmailAddressIsTheSameWhateverItsCase(t *testing.T) {
	g := NewWithT(t)
	g.Expect(known.EmailOf("Ann@Shop.Example")).To(Equal(known.EmailOf("aNN@shop.example")))
	g.Expect(known.EmailOf("ann@shop.example")).NotTo(Equal(known.EmailOf("bob@shop.example")))
	g.Expect(known.EmailOf("ann@shop.example")).NotTo(BeZero())
	g.Expect(known.EmailOf("[@shop.example")).NotTo(Equal(known.EmailOf("{@shop.example")), "these are no letters")
	g.Expect(known.EmailOf("")).To(BeZero())
}

func TestTheEmailAddressIsThatOfTheRecord(t *testing.T) {
	ann := known.EmailOf("ann@shop.example")
	key := store.Key{Kind: store.KindUser, UID: "ann"}
	for sentence, c := range map[string]struct {
		x    *known.Index
		want known.Email
	}{
		"of a user who is not known":   {known.New(), known.Email{}},
		"of a user without an address": {index(put(user("ann"))), known.Email{}},
		"that was written":             {index(put(user("ann", reachedAt("Ann@shop.example")))), ann},
		"that was written last":        {index(put(user("ann", reachedAt("bob@shop.example"))), put(user("ann", reachedAt("ann@shop.example")))), ann},
		"that is there no more":        {index(put(user("ann", reachedAt("ann@shop.example"))), put(user("ann"))), known.Email{}},
		"of a user who is removed": {
			index(put(user("ann", reachedAt("ann@shop.example"))), store.RemoveUser{UID: "ann", Disposal: store.Deactivate}), known.Email{},
		},
	} {
		t.Run(sentence, func(t *testing.T) { NewWithT(t).Expect(c.x.Email("ann")).To(Equal(c.want)) })
	}
	t.Run("that was read", func(t *testing.T) {
		x := known.New()
		x.Observed(store.Observed{Record: user("ann", reachedAt("ann@shop.example"))})
		NewWithT(t).Expect(x.Email("ann")).To(Equal(ann))
	})
	t.Run("of a row that turned out to be gone", func(t *testing.T) {
		x := index(put(user("ann", reachedAt("ann@shop.example"))))
		x.Forget(key)
		NewWithT(t).Expect(x.Email("ann")).To(BeZero())
	})
}
