// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package review

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/explain"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
)

// state is a user and what it has, at one side of a change; nil where there is no such user.
type state struct {
	*explain.Account
	profile *v1alpha1.Profile
	ranks   map[string]int32 // the strongest of each family
}

// change is what becomes of one user, or of several alike. It has no personal data.
type change struct {
	// Users are names of BackOfficeUsers, in one namespace.
	Users      []string `json:"users"`
	Namespace  string   `json:"namespace"`
	BackOffice string   `json:"backOffice"`
	// Binding is one that all of several users have.
	Binding string `json:"binding,omitempty"`
	// Account is what becomes of the account: New, Gone or Changed.
	Account string `json:"account"`
	// LogIn is Gained or Lost where whoever could not log in can, or the other way round.
	LogIn string `json:"logIn,omitempty"`
	// Details say what changes of the account besides permissions.
	Details []string     `json:"details,omitempty"`
	Gains   []permission `json:"gains,omitempty"`
	Loses   []permission `json:"loses,omitempty"`
	// Altered are permissions of the same level on other data or until another time.
	Altered []permission `json:"altered,omitempty"`

	bindings []string
}

// What becomes of an account.
const (
	accountNew     = "New"
	accountGone    = "Gone"
	accountChanged = "Changed"
)

// What becomes of the right to log in.
const (
	gained = "Gained"
	lost   = "Lost"
)

// permission is a level that comes or goes.
type permission struct {
	Path  string `json:"path"`
	Level string `json:"level"`
	// Before is the level on the other side, where there is one.
	Before string   `json:"before,omitempty"`
	Data   []string `json:"data,omitempty"`
	Until  string   `json:"until,omitempty"`
	// DataBefore and UntilBefore are for altered ones.
	DataBefore  []string `json:"dataBefore,omitempty"`
	UntilBefore string   `json:"untilBefore,omitempty"`
}

// compared tells what changes for a user; nil where nothing does.
func compared(before, after *state) *change {
	one := cmp.Or(after, before)
	c := &change{Users: []string{one.Name}, Namespace: one.Namespace, BackOffice: one.BackOffice, Account: accountChanged}
	was, is := map[string]explain.Permission{}, map[string]explain.Permission{}
	switch {
	case before == nil:
		c.Account = accountNew
		c.Details = append([]string{"type " + string(after.AccountType)}, standing(after.Account)...)
	case after == nil:
		c.Account = accountGone
	default:
		c.Details = details(before, after)
	}
	if before != nil {
		was = permissions(before.Account)
		c.bindings = names(before.Bindings)
	}
	if after != nil {
		is = permissions(after.Account)
		c.bindings = names(after.Bindings)
	}
	could, can := before != nil && before.InForce, after != nil && after.InForce
	switch {
	case can && !could:
		c.LogIn = gained
	case could && !can:
		c.LogIn = lost
	}
	c.permissions(was, is)
	if c.Account == accountChanged && len(c.Details)+len(c.Gains)+len(c.Loses)+len(c.Altered) == 0 {
		return nil
	}
	return c
}

func (c *change) permissions(was, is map[string]explain.Permission) {
	paths := maps.Clone(was)
	maps.Copy(paths, is)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		b, a := was[path], is[path]
		switch d := levels[a.Level] - levels[b.Level]; {
		case d > 0:
			c.Gains = append(c.Gains, permission{Path: path, Level: a.Level, Before: b.Level, Data: a.Data, Until: moment(a.Until)})
		case d < 0:
			c.Loses = append(c.Loses, permission{Path: path, Level: b.Level, Before: a.Level, Data: b.Data})
		case !slices.Equal(a.Data, b.Data) || moment(a.Until) != moment(b.Until):
			c.Altered = append(c.Altered, permission{
				Path: path, Level: a.Level, Data: a.Data, DataBefore: b.Data, Until: moment(a.Until), UntilBefore: moment(b.Until),
			})
		}
	}
}

// levels compare; no permission is as much as None.
var levels = map[string]int{string(v1alpha1.LevelRead): 1, string(v1alpha1.LevelWrite): 2}

// permissions are those of an account that give something, by path.
func permissions(a *explain.Account) map[string]explain.Permission {
	all := map[string]explain.Permission{}
	for _, p := range a.Permissions {
		if levels[p.Level] > 0 {
			all[p.Path] = p
		}
	}
	return all
}

func names(bindings []explain.Binding) []string {
	var all []string
	for _, b := range bindings {
		all = append(all, b.Name)
	}
	return all
}

func moment(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// standing says whether an account may log in.
func standing(a *explain.Account) []string {
	if a.InForce {
		return []string{"may log in"}
	}
	return []string{"may not log in: " + strings.Join(a.Withheld, "; ")}
}

// details are what changes of an account besides permissions.
func details(before, after *state) []string {
	var all []string
	add := func(what, was, is string) {
		if was != is {
			all = append(all, fmt.Sprintf("%s: %s -> %s", what, cmp.Or(was, "none"), cmp.Or(is, "none")))
		}
	}
	if before.InForce != after.InForce || !after.InForce && !slices.Equal(before.Withheld, after.Withheld) {
		all = append(all, standing(after.Account)...)
	}
	add("type", string(before.AccountType), string(after.AccountType))
	add("state", string(before.State), string(after.State))
	add("held for", before.Hold, after.Hold)
	add("addresses", strings.Join(before.AllowedIPs, ", "), strings.Join(after.AllowedIPs, ", "))
	add("data", dataOf(before.Filters), dataOf(after.Filters))
	add("settings", settings(before.Account), settings(after.Account))
	add("Kubernetes user", before.KubernetesUser, after.KubernetesUser)
	add("Secret", before.SecretName, after.SecretName)
	if fields := profileFields(before.profile, after.profile); len(fields) > 0 {
		all = append(all, "profile: "+strings.Join(fields, ", ")+" changed")
	}
	families := maps.Clone(before.ranks)
	maps.Copy(families, after.ranks)
	for _, family := range slices.Sorted(maps.Keys(families)) {
		add("rank in "+family, rank(before, family), rank(after, family))
	}
	return append(all, bindings(before.Bindings, after.Bindings)...)
}

func rank(s *state, family string) string {
	if r, has := s.ranks[family]; has {
		return fmt.Sprint(r)
	}
	return ""
}

func dataOf(filters []v1alpha1.Filter) string {
	return strings.Join(policy.DataOf(policy.FiltersOf(filters)), "; ")
}

func settings(a *explain.Account) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(a.Settings)) {
		all = append(all, name+"="+string(a.Settings[name]))
	}
	return strings.Join(all, ", ")
}

// profileFields are the names of the fields that differ; what they hold is nobody's business here.
func profileFields(before, after *v1alpha1.Profile) []string {
	b, a := v1alpha1.Profile{}, v1alpha1.Profile{}
	if before != nil {
		b = *before
	}
	if after != nil {
		a = *after
	}
	var fields []string
	for i := range reflect.TypeFor[v1alpha1.Profile]().NumField() {
		if !equality.Semantic.DeepEqual(reflect.ValueOf(b).Field(i).Interface(), reflect.ValueOf(a).Field(i).Interface()) {
			name, _, _ := strings.Cut(reflect.TypeFor[v1alpha1.Profile]().Field(i).Tag.Get("json"), ",")
			fields = append(fields, name)
		}
	}
	return fields
}

// bindings says which come and go, and whose window or standing changes.
func bindings(before, after []explain.Binding) []string {
	texts := func(all []explain.Binding) map[string]string {
		by := map[string]string{}
		for _, b := range all {
			text := "set " + b.Set
			if b.NotBefore != nil {
				text += " from " + moment(b.NotBefore)
			}
			if b.ExpiresAt != nil {
				text += " until " + moment(b.ExpiresAt)
			}
			if !b.InForce && len(b.Withheld) > 0 {
				text += ", not in force: " + strings.Join(b.Withheld, "; ")
			}
			by[b.Name] = text
		}
		return by
	}
	was, is := texts(before), texts(after)
	both := maps.Clone(was)
	maps.Copy(both, is)
	var all []string
	for _, name := range slices.Sorted(maps.Keys(both)) {
		if was[name] != is[name] {
			all = append(all, fmt.Sprintf("binding %s: %s -> %s", name, cmp.Or(was[name], "none"), cmp.Or(is[name], "none")))
		}
	}
	return all
}
