// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// The records as JSON: "row" has the columns of the record's table, the lists stand beside it. They are what the functions of the
// migrations take and what the observe queries return.

type metaColumns struct {
	UID        text  `json:"uid"`
	Namespace  text  `json:"namespace"`
	Name       text  `json:"name"`
	Generation int64 `json:"generation"`
	Stamp      text  `json:"stamp"`
}

func columnsOf(m store.Meta) metaColumns {
	return metaColumns{text(m.UID), text(m.Namespace), text(m.Name), m.Generation, text(m.Stamp)}
}

func (c metaColumns) meta() store.Meta {
	return store.Meta{
		UID: string(c.UID), Namespace: string(c.Namespace), Name: string(c.Name), Generation: c.Generation, Stamp: string(c.Stamp),
	}
}

type officeRow struct {
	Row struct {
		MaxUsers          int   `json:"max_users"`
		MaxAdministrators int   `json:"max_administrators"`
		UID               text  `json:"office_uid"`
		Namespace         text  `json:"office_namespace"`
		Name              text  `json:"office_name"`
		Generation        int64 `json:"office_generation"`
		Stamp             text  `json:"office_stamp"`
	} `json:"row"`
	Catalog []text `json:"catalog"`
	admission
}

func officeRowOf(r store.Office, a admission) officeRow {
	o := officeRow{Catalog: texts(r.Catalog), admission: a}
	o.Row.MaxUsers, o.Row.MaxAdministrators = r.MaxUsers, r.MaxAdministrators
	o.Row.UID, o.Row.Namespace, o.Row.Name, o.Row.Generation = text(r.UID), text(r.Namespace), text(r.Name), r.Generation
	o.Row.Stamp = text(r.Stamp)
	return o
}

func (o officeRow) observed() store.Observed {
	m := metaColumns{o.Row.UID, o.Row.Namespace, o.Row.Name, o.Row.Generation, o.Row.Stamp}
	return store.Observed{Record: store.Office{
		Meta: m.meta(), MaxUsers: o.Row.MaxUsers, MaxAdministrators: o.Row.MaxAdministrators, Catalog: stringsOf(o.Catalog),
	}}
}

type setRow struct {
	Row struct {
		metaColumns
		SetKey      text  `json:"set_key"`
		DisplayName text  `json:"display_name"`
		Rank        int32 `json:"rank"`
		RankFamily  text  `json:"rank_family"`
		InForce     bool  `json:"in_force"`
	} `json:"row"`
	Ancestors []ancestor `json:"ancestors"`
	Entries   []entry    `json:"entries"`
	Deny      []text     `json:"deny"`
	admission
}

type ancestor struct {
	UID      text `json:"uid"`
	Distance int  `json:"distance"`
}

type entry struct {
	Path  text `json:"path"`
	Level text `json:"level"`
}

func entriesOf(list []store.Entry) []entry {
	return each(list, func(e store.Entry) entry { return entry{text(e.Path), text(e.Level)} })
}

// observedEntries returns nil for an empty list.
func observedEntries(list []entry) []store.Entry {
	if len(list) == 0 {
		return nil
	}
	return each(list, func(e entry) store.Entry { return store.Entry{Path: string(e.Path), Level: string(e.Level)} })
}

func setRowOf(r store.PermissionSet, a admission) setRow {
	s := setRow{
		Ancestors: each(r.Ancestors, func(a store.Ancestor) ancestor { return ancestor{text(a.UID), a.Distance} }),
		Entries:   entriesOf(r.Entries), Deny: texts(r.Deny), admission: a,
	}
	s.Row.metaColumns = columnsOf(r.Meta)
	s.Row.SetKey, s.Row.DisplayName, s.Row.Rank, s.Row.RankFamily = text(r.SetKey), text(r.DisplayName), r.Rank, text(r.RankFamily)
	s.Row.InForce = r.InForce
	return s
}

func (s setRow) observed() store.Observed {
	r := store.PermissionSet{
		Meta: s.Row.meta(), SetKey: string(s.Row.SetKey), DisplayName: string(s.Row.DisplayName), Rank: s.Row.Rank,
		RankFamily: string(s.Row.RankFamily), InForce: s.Row.InForce, Entries: observedEntries(s.Entries), Deny: stringsOf(s.Deny),
	}
	if len(s.Ancestors) > 0 {
		r.Ancestors = each(s.Ancestors, func(a ancestor) store.Ancestor { return store.Ancestor{UID: string(a.UID), Distance: a.Distance} })
	}
	return store.Observed{Record: r}
}

type bindingRow struct {
	Row struct {
		metaColumns
		PermissionSetUID *text      `json:"permission_set_uid"`
		InForce          bool       `json:"in_force"`
		NotBefore        *time.Time `json:"not_before"`
		ExpiresAt        *time.Time `json:"expires_at"`
	} `json:"row"`
	Entries  []entry   `json:"entries"`
	Deny     []text    `json:"deny"`
	Subjects []subject `json:"subjects"`
	admission
}

type subject struct {
	UserUID    text `json:"user_uid"`
	LabelsHash text `json:"labels_hash"`
}

func bindingRowOf(r store.RoleBinding, a admission) bindingRow {
	b := bindingRow{
		Entries: entriesOf(r.Grants), Deny: texts(r.Deny), admission: a,
		Subjects: each(r.Subjects, func(s store.Subject) subject { return subject{text(s.UserUID), text(s.LabelsHash)} }),
	}
	b.Row.metaColumns, b.Row.InForce = columnsOf(r.Meta), r.InForce
	if r.PermissionSetUID != "" {
		uid := text(r.PermissionSetUID)
		b.Row.PermissionSetUID = &uid
	}
	if !r.NotBefore.IsZero() {
		b.Row.NotBefore = &r.NotBefore
	}
	if !r.ExpiresAt.IsZero() {
		b.Row.ExpiresAt = &r.ExpiresAt
	}
	return b
}

func (b bindingRow) observed() store.Observed {
	r := store.RoleBinding{Meta: b.Row.meta(), InForce: b.Row.InForce, Grants: observedEntries(b.Entries), Deny: stringsOf(b.Deny)}
	if b.Row.PermissionSetUID != nil {
		r.PermissionSetUID = string(*b.Row.PermissionSetUID)
	}
	if b.Row.NotBefore != nil {
		r.NotBefore = b.Row.NotBefore.UTC()
	}
	if b.Row.ExpiresAt != nil {
		r.ExpiresAt = b.Row.ExpiresAt.UTC()
	}
	return store.Observed{Record: r}
}

type userRow struct {
	Row struct {
		metaColumns
		Login       text `json:"login"`
		LoginFolded text `json:"login_folded"`
		AccountType text `json:"account_type"`
		State       text `json:"state"`
		Held        bool `json:"held"`
		HoldReason  text `json:"hold_reason"`
		InForce     bool `json:"in_force"`
		FullName    text `json:"full_name"`
		Description text `json:"description"`
		LabelsHash  text `json:"labels_hash"`
	} `json:"row"`
	Networks []text  `json:"networks"`
	Bindings []bound `json:"bindings"`
	admission
	// Only what was read has these.
	ID         string      `json:"id,omitempty"`
	Credential *credential `json:"credential,omitempty"`
}

type bound struct {
	BindingUID text  `json:"binding_uid"`
	Generation int64 `json:"generation"`
}

type credential struct {
	Version               int64     `json:"version"`
	Verifier              string    `json:"verifier"`
	IssuedAt              time.Time `json:"issued_at"`
	SecretUID             string    `json:"secret_uid"`
	SecretResourceVersion string    `json:"secret_resource_version"`
}

func userRowOf(r store.User, a admission) userRow {
	u := userRow{
		Networks: texts(r.Networks), admission: a,
		Bindings: each(r.Bindings, func(b store.Bound) bound { return bound{text(b.BindingUID), b.Generation} }),
	}
	u.Row.metaColumns = columnsOf(r.Meta)
	u.Row.Login, u.Row.LoginFolded = text(r.Login), text(fold(r.Login))
	u.Row.AccountType, u.Row.State, u.Row.InForce = text(r.AccountType), text(r.State), r.InForce
	u.Row.Held, u.Row.HoldReason = r.Held, text(r.HoldReason)
	u.Row.FullName, u.Row.Description, u.Row.LabelsHash = text(r.FullName), text(r.Description), text(r.LabelsHash)
	return u
}

func (u userRow) observed() store.Observed {
	r := store.User{
		Meta: u.Row.meta(), Login: string(u.Row.Login), AccountType: string(u.Row.AccountType), State: string(u.Row.State),
		Held: u.Row.Held, HoldReason: string(u.Row.HoldReason), InForce: u.Row.InForce,
		Profile: store.Profile{FullName: string(u.Row.FullName)}, Description: string(u.Row.Description),
		Networks: stringsOf(u.Networks), LabelsHash: string(u.Row.LabelsHash),
	}
	if len(u.Bindings) > 0 {
		r.Bindings = each(u.Bindings, func(b bound) store.Bound {
			return store.Bound{BindingUID: string(b.BindingUID), Generation: b.Generation}
		})
	}
	o := store.Observed{Record: r, ID: u.ID}
	if c := u.Credential; c != nil {
		o.Credential = store.Credential{
			Version: c.Version, Verifier: c.Verifier, IssuedAt: c.IssuedAt.UTC(),
			SecretUID: c.SecretUID, SecretResourceVersion: c.SecretResourceVersion,
		}
	}
	return o
}

// decode reads what an observe query returned.
func decode[R interface{ observed() store.Observed }](document []byte) (store.Observed, error) {
	var r R
	if err := json.Unmarshal(document, &r); err != nil {
		return store.Observed{}, errDocument // the error quotes it
	}
	return r.observed(), nil
}

// fold is the lower case of ASCII; all else stays.
func fold(login string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, login)
}

// each maps a list. The result is never nil: JSON has no functions for the elements of null.
func each[A, B any](list []A, f func(A) B) []B {
	mapped := make([]B, len(list))
	for i, a := range list {
		mapped[i] = f(a)
	}
	return mapped
}

func texts(list []string) []text { return each(list, func(s string) text { return text(s) }) }

// stringsOf returns nil for an empty list.
func stringsOf(list []text) []string {
	if len(list) == 0 {
		return nil
	}
	return each(list, func(t text) string { return string(t) })
}
