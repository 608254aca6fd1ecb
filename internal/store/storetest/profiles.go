// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func profileCases() cases {
	return cases{
		"profiles are told of all accounts, whatever their state": profiles,
		"a changed profile is told at once":                       profileChanges,
		"settings are an object with sorted keys":                 settings,
		"a second factor is required by the office":               secondFactor,
	}
}

const profileColumns = `SELECT login, login_folded, id, state, first_name, last_name, email, email_folded, phone, language, gender, picture_url, description
	FROM user_profiles WHERE back_office = $1 AND login = $2`

func profiles(w *world) {
	full := fullRecords()[3].(store.User).Profile
	for i, r := range append(idle(), user("Ann"), user("gone"), user("orphan")) {
		u := r.(store.User)
		u.Profile, u.Email, u.Description = full, fmt.Sprintf("U%d@shop.example", i), "words"
		w.put(u)
		id, state := w.one(u).ID, u.State
		switch u.Login {
		case "gone":
			w.must(remove(u.UID, store.Deactivate))
			state = store.StateDeactivated
		case "orphan":
			w.must(remove(u.UID, store.Orphan))
		}
		w.Expect(w.query(profileColumns, shop, u.Login)).To(Equal([][]string{{
			u.Login, strings.ToLower(u.Login), id, state, "Ann", "Lee", u.Email, strings.ToLower(u.Email), "+1 555 0100", "en-GB", "female",
			"https://shop.example/ann.png", "words",
		}}), u.Login)
	}
	w.put(user("small"))
	id := w.one(user("small")).ID
	w.Expect(w.query(profileColumns, shop, "small")).
		To(Equal([][]string{{"small", "small", id, store.StateActive, "", "", "", "", "", "", "", "", ""}}))
	w.Expect(w.column(`SELECT login FROM user_profiles WHERE back_office = $1 AND first_name IS NOT NULL AND email IS NOT NULL`, shop)).
		To(HaveLen(len(idle()) + 4))
}

func profileChanges(w *world) {
	w.put(user("ann", func(u *store.User) { u.Profile = fullRecords()[3].(store.User).Profile }))
	w.put(user("ann", atGeneration(2), func(u *store.User) { u.Profile = store.Profile{FirstName: "Anna", Phone: "1"} }))
	w.Expect(w.query(`SELECT first_name, last_name, email, email_folded, phone, language FROM user_profiles WHERE back_office = $1`, shop)).
		To(Equal([][]string{{"Anna", "", "", "", "1", ""}}))
}

// with are settings in this order: name, value, name, value.
func with(texts ...string) []store.Setting {
	var list []store.Setting
	for pair := range slices.Chunk(texts, 2) {
		list = append(list, store.Setting{Name: pair[0], Value: pair[1]})
	}
	return list
}

func settings(w *world) {
	for i, list := range [][]store.Setting{
		nil, with("panel", "white-label"), with("Z", "1", "a", "", "aa", "2", "b", "3"), with(`"`, `\`, "null", "null", "é", "😀"),
	} {
		login := fmt.Sprintf("user-%d", i)
		w.put(user(login, func(u *store.User) { u.Settings = list }))
		cells := w.column(`SELECT settings FROM active_users WHERE back_office = $1 AND login = $2`, shop, login)
		w.Expect(cells).To(HaveLen(1))
		var found []store.Setting
		decoder := json.NewDecoder(strings.NewReader(cells[0]))
		_, err := decoder.Token()
		w.Expect(err).NotTo(HaveOccurred(), cells[0])
		for decoder.More() {
			var s store.Setting
			name, err := decoder.Token()
			w.Expect(err).NotTo(HaveOccurred(), cells[0])
			s.Name = name.(string)
			w.Expect(decoder.Decode(&s.Value)).To(Succeed(), cells[0])
			found = append(found, s)
		}
		w.Expect(found).To(Equal(list), cells[0])
	}
}

func secondFactor(w *world) {
	asked := func() []string {
		return w.column(`SELECT two_factor FROM active_users WHERE back_office = $1 AND login = $2`, shop, "ann")
	}
	other := w.at(w.open(w.options(func(o *store.Options) { o.Owner = "owner-2" })))
	other.put(office(), user("bob"))
	wiki := w.at(w.open(w.options(func(o *store.Options) { o.BackOffice = "wiki" })))
	wiki.put(office())
	w.put(user("ann"))
	w.Expect(asked()).To(Equal([]string{"Optional"}), "no office is stored")
	for _, required := range []bool{false, true, false, true} {
		w.put(office(func(o *store.Office) { o.TwoFactorRequired = required }))
		w.Expect(asked()).To(Equal([]string{map[bool]string{true: "Required", false: "Optional"}[required]}))
	}
	w.Expect(w.column(`SELECT two_factor FROM active_users WHERE back_office = $1 AND login = $2`, shop, "bob")).To(Equal([]string{"Optional"}), "another owner's")
	w.must(remove("ann", store.Orphan))
	w.Expect(asked()).To(Equal([]string{"Required"}), "whom no owner speaks for needs what any owner asks for")
}
