// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"encoding/json"
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
		NeverReuse        bool  `json:"never_reuse"`
		TwoFactorRequired bool  `json:"two_factor_required"`
	} `json:"row"`
	Catalog    []text `json:"catalog"`
	Dimensions []text `json:"dimensions"`
	admission
	// Only what was read has this.
	CredentialsReset *time.Time `json:"credentials_reset,omitempty"`
}

func officeRowOf(r store.Office, a admission) officeRow {
	o := officeRow{Catalog: texts(r.Catalog), Dimensions: texts(r.Dimensions), admission: a}
	o.Row.MaxUsers, o.Row.MaxAdministrators = r.MaxUsers, r.MaxAdministrators
	o.Row.UID, o.Row.Namespace, o.Row.Name, o.Row.Generation = text(r.UID), text(r.Namespace), text(r.Name), r.Generation
	o.Row.Stamp, o.Row.NeverReuse, o.Row.TwoFactorRequired = text(r.Stamp), r.NeverReuse, r.TwoFactorRequired
	return o
}

func (o officeRow) observed() store.Observed {
	m := metaColumns{o.Row.UID, o.Row.Namespace, o.Row.Name, o.Row.Generation, o.Row.Stamp}
	observed := store.Observed{Record: store.Office{
		Meta: m.meta(), MaxUsers: o.Row.MaxUsers, MaxAdministrators: o.Row.MaxAdministrators,
		Catalog: stringsOf(o.Catalog), Dimensions: stringsOf(o.Dimensions),
		TwoFactorRequired: o.Row.TwoFactorRequired, NeverReuse: o.Row.NeverReuse,
	}}
	observed.CredentialsReset = momentOf(o.CredentialsReset)
	return observed
}

type setRow struct {
	Row struct {
		metaColumns
		SetKey       text   `json:"set_key"`
		DisplayName  text   `json:"display_name"`
		Rank         int32  `json:"rank"`
		RankFamily   text   `json:"rank_family"`
		InForce      bool   `json:"in_force"`
		AccountTypes []text `json:"account_types"`
		Bypass       []text `json:"bypass"`
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
	s.Row.InForce, s.Row.AccountTypes, s.Row.Bypass = r.InForce, texts(r.AccountTypes), texts(r.Bypass)
	return s
}

func (s setRow) observed() store.Observed {
	r := store.PermissionSet{
		Meta: s.Row.meta(), SetKey: string(s.Row.SetKey), DisplayName: string(s.Row.DisplayName), Rank: s.Row.Rank,
		RankFamily: string(s.Row.RankFamily), InForce: s.Row.InForce,
		AccountTypes: stringsOf(s.Row.AccountTypes), Bypass: stringsOf(s.Row.Bypass),
		Entries: observedEntries(s.Entries), Deny: stringsOf(s.Deny),
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
	Filters  []filter  `json:"filters"`
	Subjects []subject `json:"subjects"`
	admission
}

type subject struct {
	UserUID    text `json:"user_uid"`
	LabelsHash text `json:"labels_hash"`
}

func bindingRowOf(r store.RoleBinding, a admission) bindingRow {
	b := bindingRow{
		Entries: entriesOf(r.Grants), Deny: texts(r.Deny), Filters: filtersOf(r.Filters), admission: a,
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
	r := store.RoleBinding{
		Meta: b.Row.meta(), InForce: b.Row.InForce, Grants: observedEntries(b.Entries), Deny: stringsOf(b.Deny), Filters: observedFilters(b.Filters),
	}
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

// decode reads what an observe query returned.
func decode[R interface{ observed() store.Observed }](document []byte) (store.Observed, error) {
	var r R
	if err := json.Unmarshal(document, &r); err != nil {
		return store.Observed{}, errDocument // the error quotes it
	}
	return r.observed(), nil
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
