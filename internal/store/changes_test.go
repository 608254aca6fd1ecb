// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func TestRevokes(t *testing.T) {
	grant, revocation := store.Put{Record: store.User{}}, store.Put{Record: store.User{}, Revoking: true}
	for sentence, c := range map[string]struct {
		group store.Group
		want  bool
	}{
		"nothing does not":                            {nil, false},
		"a record that grants does not":               {store.Group{grant}, false},
		"a record that takes access away does":        {store.Group{revocation}, true},
		"to remove does":                              {store.Group{store.Remove{}}, true},
		"to deactivate an account does":               {store.Group{store.RemoveUser{Disposal: store.Deactivate}}, true},
		"to delete an account does":                   {store.Group{store.RemoveUser{Disposal: store.Delete}}, true},
		"to orphan an account does":                   {store.Group{store.RemoveUser{Disposal: store.Orphan}}, true},
		"a password does not":                         {store.Group{store.IssueCredential{}}, false},
		"a password that resets does":                 {store.Group{store.IssueCredential{Resets: time.Unix(1, 0)}}, true},
		"the record of its Secret does not":           {store.Group{store.FinishCredential{}}, false},
		"an invitation does not":                      {store.Group{store.InviteUser{}}, false},
		"an invitation that resets does":              {store.Group{store.InviteUser{Resets: time.Unix(1, 0)}}, true},
		"to take a password away does":                {store.Group{store.RevokeCredential{}}, true},
		"to reset all does":                           {store.Group{store.ResetCredentials{}}, true},
		"to give up the owner does not":               {store.Group{store.Release{}}, false},
		"an account with its first password does not": {store.Group{grant, store.IssueCredential{}}, false},
		"one change that does is enough":              {store.Group{grant, store.IssueCredential{}, revocation}, true},
		"and it may be the first":                     {store.Group{revocation, grant}, true},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(c.group.Revokes()).To(Equal(c.want))
		})
	}
}

func TestErrorsAreToldApart(t *testing.T) {
	errs := []error{
		store.ErrTaken, store.ErrForeignRow, store.ErrEmailTaken, store.ErrRetired, store.ErrQuota, store.ErrStale, store.ErrNotFound, store.ErrReplayed, store.ErrProtected,
		store.ErrNotDue, store.ErrAhead,
		store.ErrRejected, store.ErrFenced, store.ErrUnavailable, store.ErrInUse, store.ErrConfig,
	}
	for i, err := range errs {
		for j, other := range errs {
			NewWithT(t).Expect(errors.Is(fmt.Errorf("writing: %w", err), other)).To(Equal(i == j), "%v, %v", err, other)
		}
	}
}
