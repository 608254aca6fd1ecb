// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package testkit

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/backoffice-operator/backoffice-operator/internal/credential"
)

// Application is a back office as docs/store.md has it: of the store it knows the views alone.
type Application struct {
	db         *sql.DB
	backOffice string
}

// NewApplication returns the back office of that name, which reads db. The views have to be found there without the name of a schema.
func NewApplication(db *sql.DB, backOffice string) *Application {
	return &Application{db: db, backOffice: backOffice}
}

// LogIn tells whether a login is let in with a password: the current one, or the one that is valid beside it. An error means that the store could
// not be asked, or that what it holds is no verifier; neither says anything about the password.
func (a *Application) LogIn(ctx context.Context, login string, p credential.Password) (bool, error) {
	const question = `SELECT verifier, previous_verifier FROM active_users WHERE back_office = $1 AND login_folded = $2`
	var current, previous sql.NullString
	err := a.db.QueryRowContext(ctx, question, a.backOffice, strings.ToLower(login)).Scan(&current, &previous)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return Fits(p, current.String, previous.String)
}

// Fits tells whether a password fits one of these verifiers, of which empty ones are none. An error means that one of them is no verifier.
func Fits(p credential.Password, verifiers ...string) (bool, error) {
	for _, verifier := range verifiers {
		if verifier == "" {
			continue
		}
		if fits, err := credential.Verify(verifier, p); fits || err != nil {
			return fits, err
		}
	}
	return false, nil
}
