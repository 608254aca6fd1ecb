// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// jsonList scans a list that comes as JSON. A list without items is nil.
type jsonList[T any] struct{ items *[]T }

// Scan implements [sql.Scanner].
func (l jsonList[T]) Scan(value any) error {
	text, ok := value.(string)
	if !ok {
		return fmt.Errorf("a list that is a %T", value)
	}
	var items []T
	if err := json.Unmarshal([]byte(text), &items); err != nil {
		return err
	}
	if len(items) > 0 {
		*l.items = items
	}
	return nil
}

// listOf is the target of a list.
func listOf[T any](items *[]T) sql.Scanner { return jsonList[T]{items} }

// instant scans whole seconds since 1970. Null is the zero time.
type instant struct{ t *time.Time }

// Scan implements [sql.Scanner].
func (i instant) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		return nil
	case int64:
		*i.t = time.Unix(v, 0).UTC()
		return nil
	default:
		return fmt.Errorf("a time that is a %T", value)
	}
}

// scan scans a row that begins with the columns of Meta.
func scan(rows *sql.Rows, m *store.Meta, targets ...any) error {
	return rows.Scan(append([]any{&m.UID, &m.Namespace, &m.Name, &m.Generation, &m.Stamp}, targets...)...)
}

func scanOffice(rows *sql.Rows) (store.Observed, error) {
	var o store.Office
	var observed store.Observed
	err := scan(rows, &o.Meta, &o.MaxUsers, &o.MaxAdministrators, &o.TwoFactorRequired, &o.NeverReuse, instant{&observed.CredentialsReset},
		listOf(&o.Catalog), listOf(&o.Dimensions))
	observed.Record = o
	return observed, err
}

func scanSet(rows *sql.Rows) (store.Observed, error) {
	var s store.PermissionSet
	err := scan(rows, &s.Meta, &s.SetKey, &s.DisplayName, &s.Rank, &s.RankFamily, &s.InForce,
		textsOfColumn{&s.AccountTypes}, textsOfColumn{&s.Bypass},
		listOf(&s.Ancestors), listOf(&s.Entries), listOf(&s.Deny))
	return store.Observed{Record: s}, err
}

func scanBinding(rows *sql.Rows) (store.Observed, error) {
	var b store.RoleBinding
	err := scan(rows, &b.Meta, &b.PermissionSetUID, &b.InForce, instant{&b.NotBefore}, instant{&b.ExpiresAt},
		listOf(&b.Grants), listOf(&b.Deny), filtersOf{&b.Filters})
	return store.Observed{Record: b}, err
}

func scanUser(rows *sql.Rows) (store.Observed, error) {
	var u store.User
	var o store.Observed
	c := &o.Credential
	err := scan(rows, &u.Meta, &u.Login, &u.AccountType, &u.State, &u.Held, &u.HoldReason, &u.InForce,
		&u.FullName, &u.FirstName, &u.LastName, &u.Email, &u.Phone, &u.Language, &u.Gender, &u.PictureURL,
		&u.Description, settingsOf{&u.Settings}, &u.LabelsHash, filtersOf{&u.Filters}, listOf(&u.Networks), listOf(&u.Bindings),
		&o.ID, &c.Version, &c.Source, &c.Verifier, instant{&c.IssuedAt}, &c.Previous, instant{&c.PreviousIssuedAt},
		&c.Revoked, &c.SecretUID, &c.SecretResourceVersion, &c.Concealed, instant{&c.InvitationExpiresAt})
	o.Record = u
	return o, err
}
