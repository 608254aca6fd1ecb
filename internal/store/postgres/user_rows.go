// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"strings"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

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
		FirstName   text `json:"first_name"`
		LastName    text `json:"last_name"`
		Email       text `json:"email"`
		EmailFolded text `json:"email_folded"`
		Phone       text `json:"phone"`
		Language    text `json:"language"`
		Gender      text `json:"gender"`
		PictureURL  text `json:"picture_url"`
		Description text `json:"description"`
		LabelsHash  text `json:"labels_hash"`
	} `json:"row"`
	Settings       settings       `json:"settings"`
	Networks       []text         `json:"networks"`
	Filters        []filter       `json:"filters"`
	Bindings       []bound        `json:"bindings"`
	LiftTombstones bool           `json:"lift_tombstones"`
	Adopts         store.Adoption `json:"adopts"`
	Protection     *[]need        `json:"protection,omitempty"` // nil leaves what is there
	admission
	// Only what was read has these.
	ID         string      `json:"id,omitempty"`
	Credential *credential `json:"credential,omitempty"`
}

type bound struct {
	BindingUID text  `json:"binding_uid"`
	Generation int64 `json:"generation"`
}

func userRowOf(r store.User, a admission) userRow {
	u := userRow{
		Settings: settings(r.Settings), Networks: texts(r.Networks), Filters: filtersOf(r.Filters), admission: a,
		Bindings: each(r.Bindings, func(b store.Bound) bound { return bound{text(b.BindingUID), b.Generation} }),
	}
	u.Row.metaColumns = columnsOf(r.Meta)
	u.Row.Login, u.Row.LoginFolded = text(r.Login), text(fold(r.Login))
	u.Row.AccountType, u.Row.State, u.Row.InForce = text(r.AccountType), text(r.State), r.InForce
	u.Row.Held, u.Row.HoldReason = r.Held, text(r.HoldReason)
	u.Row.FullName, u.Row.FirstName, u.Row.LastName = text(r.FullName), text(r.FirstName), text(r.LastName)
	u.Row.Email, u.Row.EmailFolded, u.Row.Phone = text(r.Email), text(fold(r.Email)), text(r.Phone)
	u.Row.Language, u.Row.Gender, u.Row.PictureURL = text(r.Language), text(r.Gender), text(r.PictureURL)
	u.Row.Description, u.Row.LabelsHash = text(r.Description), text(r.LabelsHash)
	return u
}

func (u userRow) observed() store.Observed {
	r := store.User{
		Meta: u.Row.meta(), Login: string(u.Row.Login), AccountType: string(u.Row.AccountType), State: string(u.Row.State),
		Held: u.Row.Held, HoldReason: string(u.Row.HoldReason), InForce: u.Row.InForce,
		Profile: u.profile(), Description: string(u.Row.Description), Settings: u.Settings, Filters: observedFilters(u.Filters),
		Networks: stringsOf(u.Networks), LabelsHash: string(u.Row.LabelsHash),
	}
	if len(u.Bindings) > 0 {
		r.Bindings = each(u.Bindings, func(b bound) store.Bound {
			return store.Bound{BindingUID: string(b.BindingUID), Generation: b.Generation}
		})
	}
	o := store.Observed{Record: r, ID: u.ID}
	if c := u.Credential; c != nil {
		o.Credential = c.observed()
	}
	return o
}

func (u userRow) profile() store.Profile {
	return store.Profile{
		FullName: string(u.Row.FullName), FirstName: string(u.Row.FirstName), LastName: string(u.Row.LastName),
		Email: string(u.Row.Email), Phone: string(u.Row.Phone),
		Language: string(u.Row.Language), Gender: string(u.Row.Gender), PictureURL: string(u.Row.PictureURL),
	}
}

// fold is the lower case of ASCII; all else stays.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}
