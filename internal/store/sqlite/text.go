// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// validTexts tells whether every database can hold the texts and give them back. SQLite itself takes what is no UTF-8, and reads no
// further than U+0000 in some of its functions.
func validTexts(texts ...string) bool {
	for _, s := range texts {
		if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
			return false
		}
	}
	return true
}

// textsOf are all texts of a change.
func textsOf(c store.Change) []string {
	switch c := c.(type) {
	case store.Put:
		return slices.Concat(textsOfRecord(c.Record), textsOfAdmission(c.Admission), textsOfNeeds(c.Protection))
	case store.Remove:
		return []string{c.Key.UID}
	case store.RemoveUser:
		return append(textsOfNeeds(c.Protection), c.UID)
	case store.IssueCredential:
		return []string{c.UserUID, c.Verifier, string(c.Source)}
	case store.FinishCredential:
		return []string{c.UserUID, c.SecretUID, c.SecretResourceVersion}
	case store.InviteUser:
		return []string{c.UserUID, c.Token, c.TokenHash}
	case store.RevokeCredential:
		return []string{c.UserUID}
	default:
		return nil
	}
}

func textsOfRecord(r store.Record) []string {
	switch r := r.(type) {
	case store.Office:
		return slices.Concat(textsOfMeta(r.Meta), r.Catalog, r.Dimensions)
	case store.PermissionSet:
		texts := append(textsOfMeta(r.Meta), r.SetKey, r.DisplayName, r.RankFamily)
		texts = slices.Concat(texts, r.AccountTypes, r.Bypass, r.Deny)
		for _, a := range r.Ancestors {
			texts = append(texts, a.UID)
		}
		return append(texts, textsOfEntries(r.Entries)...)
	case store.RoleBinding:
		texts := append(textsOfMeta(r.Meta), r.PermissionSetUID)
		for _, s := range r.Subjects {
			texts = append(texts, s.UserUID, s.LabelsHash)
		}
		return slices.Concat(texts, textsOfEntries(r.Grants), r.Deny, textsOfFilters(r.Filters))
	case store.User:
		texts := append(textsOfMeta(r.Meta), r.Login, r.AccountType, r.State, r.HoldReason, r.Description, r.LabelsHash)
		texts = append(texts, textsOfProfile(r.Profile)...)
		for _, b := range r.Bindings {
			texts = append(texts, b.BindingUID)
		}
		for _, s := range r.Settings {
			texts = append(texts, s.Name, s.Value)
		}
		return slices.Concat(texts, r.Networks, textsOfFilters(r.Filters))
	default:
		return nil
	}
}

func textsOfMeta(m store.Meta) []string { return []string{m.UID, m.Namespace, m.Name, m.Stamp} }

func textsOfProfile(p store.Profile) []string {
	return []string{p.FullName, p.FirstName, p.LastName, p.Email, p.Phone, p.Language, p.Gender, p.PictureURL}
}

func textsOfEntries(entries []store.Entry) (texts []string) {
	for _, e := range entries {
		texts = append(texts, e.Path, e.Level)
	}
	return texts
}

func textsOfFilters(filters []store.Filter) (texts []string) {
	for _, f := range filters {
		texts = slices.Concat(texts, []string{f.Dimension, f.Mode, f.Access, f.Default}, f.Values, f.Groups, f.Tags)
	}
	return texts
}

func textsOfNeeds(needs []store.Need) (texts []string) {
	for _, n := range needs {
		texts = append(texts, n.Family)
	}
	return texts
}

func textsOfAdmission(a store.Admission) []string {
	texts := append([]string{a.Actor}, a.Gives...)
	for _, p := range a.Power {
		texts = append(texts, p.Families...)
	}
	return texts
}

// fold lowers ASCII letters and nothing else, whatever the database makes of the others.
func fold(login string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, login)
}
