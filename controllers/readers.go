// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// letRead lets the roles of spec read the store, and takes that from those that left the list. A role that cannot be let keeps nothing else from
// being done. A back office behind which nobody stands changes nothing about it, and one that is suspended lets no new one in.
func (r *BackOfficeReconciler) letRead(ctx context.Context, s *officeScope) error {
	if !s.conn.credence.admits(s.office) {
		return nil
	}
	want := store.Readers{Closed: s.office.Suspended()}
	if pg := s.office.Spec.Store.Postgres; pg != nil {
		want.Roles = slices.Sorted(slices.Values(pg.ReaderRoles))
	}
	refused, err := s.conn.store.SetReaders(ctx, want)
	if err != nil {
		return outcome(err)
	}
	s.unread = readersRefused(refused)
	return nil
}

// readersRefused is the outcome for roles that could not be let read; nil where there are none.
func readersRefused(refused map[string]store.ReaderProblem) error {
	by := map[store.ReaderProblem][]string{}
	for _, role := range slices.Sorted(maps.Keys(refused)) {
		by[refused[role]] = append(by[refused[role]], fmt.Sprintf("%q", role))
	}
	if roles := by[store.ReaderClosed]; len(roles) == len(refused) && len(roles) > 0 {
		return flow.Wait{
			Reason:  v1alpha1.ReasonSuspended,
			Message: fmt.Sprintf("it is suspended: database roles %s may read the store when that ends", list(roles)),
		}
	}
	var texts []string
	for _, of := range []struct {
		problem store.ReaderProblem
		text    string
	}{
		{store.ReaderMissing, "%s: there is no such role; create it, or correct the name, which is compared as the database spells it"},
		{store.ReaderReserved, "%s: the role is PostgreSQL's own; name the role that the application logs in with"},
		{store.ReaderOwner, "%s: the role is the operator's, or owns its tables, and may do everything; give the application a role of its own"},
		{store.ReaderUnable, "%s: the operator's role may not grant USAGE on the schema, or is not the owner of what is in it; make it the schema's owner, " +
			"or grant it USAGE on the schema WITH GRANT OPTION"},
		{store.ReaderClosed, "%s: the BackOffice is suspended, and lets no new role in"},
	} {
		if roles := by[of.problem]; len(roles) > 0 {
			texts = append(texts, fmt.Sprintf(of.text, list(roles)))
		}
	}
	if len(texts) == 0 {
		return nil
	}
	return flow.Wait{
		Reason:  v1alpha1.ReasonReaderRolesNotGranted,
		Message: "spec.store.postgres.readerRoles: " + strings.Join(texts, ". ") + ". All else goes on, and it is tried again",
	}
}

// closeReaders takes from all roles what this back office has let them read.
func (s *officeScope) closeReaders(ctx context.Context) error {
	_, err := s.conn.store.SetReaders(ctx, store.Readers{})
	return err
}
