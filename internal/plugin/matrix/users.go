// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"context"
	"slices"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/explain"
)

// usersOf are rows of users: what each may do now. An account that may not log in has nothing.
func usersOf(ctx context.Context, e *explain.Explainer, accounts []*v1alpha1.BackOfficeUser) ([]Row, error) {
	rows := make([]Row, 0, len(accounts))
	for _, u := range accounts {
		account, err := e.Account(ctx, u)
		if err != nil {
			return nil, err
		}
		rows = append(rows, rowOf(account, u.Labels))
	}
	return rows, nil
}

func rowOf(a *explain.Account, labels map[string]string) Row {
	row := Row{
		Namespace: a.Namespace, Name: a.Name, Key: a.Login, Types: []string{string(a.AccountType)}, State: string(a.State),
		InForce: a.InForce, Withheld: a.Withheld, labels: labels, told: map[string]Cell{},
	}
	for _, b := range a.Bindings {
		if b.InForce && !slices.Contains(row.Roles, b.Key) {
			row.Roles = append(row.Roles, b.Key)
		}
	}
	if !a.InForce {
		return row
	}
	for _, p := range a.Permissions {
		row.told[p.Path] = cellOf(p)
	}
	return row
}

func cellOf(p explain.Permission) Cell {
	cell := Cell{Permission: p.Path, Level: p.Level, Data: p.Data, Until: p.Until}
	cell.Denied = p.Level == access.None.String() && slices.ContainsFunc(p.Sources, func(s explain.Source) bool { return s.Decides && s.Kind == explain.FromDeny })
	if p.LeftByFilters != "" {
		cell.Level, cell.Granted = p.LeftByFilters, p.Level
	}
	return cell
}
