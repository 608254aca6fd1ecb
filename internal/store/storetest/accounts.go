// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"encoding/json"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func accountCases() cases {
	return cases{
		"who may log in is listed, who may not is not":     listed,
		"who may not log in has no permissions":            noPermissions,
		"the account is listed with what a log-in needs":   listedFacts,
		"networks are a sorted list":                       listedNetworks,
		"the view holds no personal data":                  noPersonalData,
		"accounts are found by their folded login as well": foundFolded,
		"a change of state is seen at once":                stateChanges,
	}
}

// idle are accounts that may not log in.
func idle() []store.Record {
	return []store.Record{
		user("blocked", inState(store.StateBlocked)), user("deactivated", deactivated), user("held", held), user("withheld", withheld),
		user("blocked-and-held", inState(store.StateBlocked), held), user("held-and-withheld", held, withheld),
	}
}

func listed(w *world) {
	w.put(idle()...)
	w.put(user("ann"), user("bob", administrator))
	w.Expect(w.active()).To(Equal([]string{"ann", "bob"}))
	for _, r := range idle() {
		w.must(issue(r.Key().UID, 1, "v"))
	}
	w.Expect(w.active()).To(Equal([]string{"ann", "bob"}))
}

func noPermissions(w *world) {
	w.put(idle()...)
	uids := []string{"ann"}
	for _, r := range idle() {
		uids = append(uids, r.Key().UID)
	}
	w.put(user("ann"), set("s", grants("a", write), denies("z")), binding("b", "s", uids))
	w.Expect(w.permissions(shop, "ann")).To(Equal(map[string]string{"a": write, "z": none}))
	w.Expect(w.column(`SELECT DISTINCT login FROM effective_permissions WHERE back_office = $1`, shop)).To(ConsistOf("ann"))
}

func listedFacts(w *world) {
	w.put(user("Ann", administrator))
	w.must(issue("Ann", 1, "v"))
	id := w.one(user("Ann")).ID
	w.Expect(w.query(`SELECT login, login_folded, id, account_type, verifier FROM active_users WHERE back_office = $1`, shop)).
		To(Equal([][]string{{"Ann", "ann", id, store.AccountTypeAdministrator, "v"}}))
	w.Expect(w.column(`SELECT login FROM active_users WHERE back_office = $1 AND credential_issued_at IS NOT NULL`, shop)).To(ConsistOf("Ann"))
	w.put(user("bob"))
	w.Expect(w.column(`SELECT login FROM active_users WHERE back_office = $1 AND verifier IS NULL AND credential_issued_at IS NULL`, shop)).
		To(ConsistOf("bob"))
}

func listedNetworks(w *world) {
	for login, networks := range map[string][]string{
		"nowhere": nil, "anywhere": {store.AnyNetwork}, "some": {"10.0.0.0/8", "192.168.0.0/16", "2001:db8::/32"}, "odd": {`"`, `\`, "é", "😀"},
	} {
		w.put(user(login, func(u *store.User) { u.Networks = networks }))
		cells := w.column(`SELECT allowed_networks FROM active_users WHERE back_office = $1 AND login = $2`, shop, login)
		w.Expect(cells).To(HaveLen(1))
		var found []string
		w.Expect(json.Unmarshal([]byte(cells[0]), &found)).To(Succeed(), cells[0])
		w.Expect(found).To(Equal(append([]string{}, networks...)), "%s: an array, also where it is empty", login)
	}
}

func noPersonalData(w *world) {
	personal := []string{"full_name", "first_name", "last_name", "email", "email_folded", "phone", "gender", "picture_url", "description"}
	for view, columns := range map[string][]string{
		"active_users": personal, "effective_permissions": personal, "effective_filters": personal, "user_profiles": {"full_name"},
	} {
		for _, column := range append([]string{"hold_reason", "namespace", "name"}, columns...) {
			_, err := w.db.Query(w.t.Context(), `SELECT v.`+column+` FROM `+view+` v`)
			w.Expect(err).To(HaveOccurred(), "%s.%s", view, column)
		}
	}
}

func foundFolded(w *world) {
	w.put(user("Ann"), user("bob"), set("s", grants("a", write)))
	w.put(binding("b", "s", []string{"Ann"}, narrowed(only("d", "x"))))
	for _, view := range []string{"active_users", "effective_permissions", "effective_filters", "user_profiles"} {
		w.Expect(w.column(`SELECT login FROM `+view+` WHERE back_office = $1 AND login_folded = $2`, shop, "ann")).To(Equal([]string{"Ann"}))
		w.Expect(w.column(`SELECT login FROM `+view+` WHERE back_office = $1 AND login = $2`, shop, "Ann")).To(Equal([]string{"Ann"}))
		w.Expect(w.column(`SELECT login FROM `+view+` WHERE back_office = $1 AND login = $2`, shop, "ann")).To(BeEmpty())
		w.Expect(w.column(`SELECT login FROM `+view+` WHERE back_office = $1 AND login = $2`, "wiki", "Ann")).To(BeEmpty())
	}
}

func stateChanges(w *world) {
	w.put(set("s", grants("a", write)), binding("b", "s", []string{"ann"}))
	for i, change := range []func(*store.User){held, inState(store.StateBlocked), deactivated, withheld} {
		w.put(user("ann", atGeneration(int64(2*i+1))))
		w.Expect(w.active()).To(ConsistOf("ann"))
		w.Expect(w.permissions(shop, "ann")).To(Equal(grantA))
		w.put(user("ann", atGeneration(int64(2*i+2)), change))
		w.Expect(w.active()).To(BeEmpty())
		w.Expect(w.permissions(shop, "ann")).To(BeEmpty())
	}
}
