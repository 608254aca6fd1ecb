// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// change is what the function apply understands: the name of a function and its argument.
type change struct {
	Do   string `json:"do"`
	With any    `json:"with,omitempty"`
}

// The arguments of the functions for removals. Those of Put are in rows.go, those for passwords in credentials.go.
type (
	removeArg struct {
		UID text `json:"uid"`
	}
	removeUserArg struct {
		UID        text           `json:"uid"`
		Disposal   store.Disposal `json:"disposal"`
		Protection []need         `json:"protection"`
	}
)

// text is a string that the database can hold.
type text string

var errText = errors.New("text that is not valid UTF-8 or holds a zero byte")

// MarshalText implements [encoding.TextMarshaler], for JSON would silently replace what is not valid.
func (t text) MarshalText() ([]byte, error) {
	if !utf8.ValidString(string(t)) || strings.ContainsRune(string(t), 0) {
		return nil, errText
	}
	return []byte(t), nil
}

// encode turns groups into the argument of the function apply. Errors are [store.ErrRejected].
func encode(groups []store.Group) (string, error) {
	encoded := make([][]change, len(groups))
	for i, group := range groups {
		encoded[i] = make([]change, len(group))
		for j, c := range group {
			e, err := encodeChange(c)
			if err != nil {
				return "", fmt.Errorf("%w: %w", store.ErrRejected, err)
			}
			encoded[i][j] = e
		}
	}
	b, err := json.Marshal(encoded)
	switch {
	case errors.Is(err, errText):
		return "", fmt.Errorf("%w: %w", store.ErrRejected, errText)
	case err != nil:
		return "", fmt.Errorf("%w: a value that cannot be encoded", store.ErrRejected)
	}
	return string(b), nil
}

func encodeChange(c store.Change) (change, error) {
	switch c := c.(type) {
	case store.Put:
		return encodePut(c)
	case store.Remove:
		return encodeRemove(c.Key)
	case store.RemoveUser:
		switch c.Disposal {
		case store.Deactivate, store.Delete, store.Orphan:
			return change{"remove_user", removeUserArg{text(c.UID), c.Disposal, needsOf(c.Protection)}}, nil
		}
		return change{}, errors.New("an unknown disposal")
	case store.IssueCredential:
		return encodeIssue(c)
	case store.FinishCredential:
		return change{"finish_credential", finishArg{
			text(c.UserUID), c.Version, text(c.SecretUID), text(c.SecretResourceVersion), span(c.Grace), c.Concealed,
		}}, nil
	case store.InviteUser:
		return encodeInvite(c)
	case store.RevokeCredential:
		return change{"revoke_credential", revokeArg{text(c.UserUID), c.Version, c.Resets}}, nil
	case store.ResetCredentials:
		return change{"reset_credentials", resetArg{c.IssuedBefore}}, nil
	case store.Release:
		return change{Do: "release"}, nil
	}
	return change{}, errors.New("an unknown change")
}

func encodePut(c store.Put) (change, error) {
	a := admissionOf(c.Admission)
	switch r := c.Record.(type) {
	case store.Office:
		return change{"put_office", officeRowOf(r, a)}, nil
	case store.PermissionSet:
		return change{"put_permission_set", setRowOf(r, a)}, nil
	case store.RoleBinding:
		return change{"put_role_binding", bindingRowOf(r, a)}, nil
	case store.User:
		u := userRowOf(r, a)
		u.LiftTombstones, u.Adopts = c.LiftTombstones, c.Adopts
		if c.Protection != nil {
			needs := needsOf(c.Protection)
			u.Protection = &needs
		}
		return change{"put_user", u}, nil
	}
	return change{}, errors.New("an unknown record")
}

func encodeRemove(key store.Key) (change, error) {
	arg := removeArg{UID: text(key.UID)}
	switch key.Kind {
	case store.KindOffice:
		return change{"remove_office", arg}, nil
	case store.KindPermissionSet:
		return change{"remove_permission_set", arg}, nil
	case store.KindRoleBinding:
		return change{"remove_role_binding", arg}, nil
	case store.KindUser:
		return change{}, errors.New("a user is removed by RemoveUser")
	}
	return change{}, errors.New("an unknown kind")
}
