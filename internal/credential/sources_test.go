// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"testing"
	"time"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
)

func restore() credential.Plan {
	return credential.Plan{Action: credential.Restore, Version: 1, Keep: keepNone, Why: "the Secret holds a password"}
}

func supply(version int64, keep credential.KeepVerifier, why string) credential.Plan {
	return credential.Plan{Action: credential.Supply, Version: version, Keep: keep, Why: why}
}

// asked asks for a rotation some hours from now.
func asked(hours int) func(*credential.Policy) {
	return func(p *credential.Policy) { p.RotateIssuedBefore = now.Add(time.Duration(hours) * time.Hour) }
}

func resetAt(hours int) func(*credential.Policy) { return resetIn(hours * 3600) }

func resetIn(seconds int) func(*credential.Policy) {
	return func(p *credential.Policy) { p.Resets = append(p.Resets, now.Add(time.Duration(seconds)*time.Second)) }
}

func resetsIn(seconds int) credential.Plan {
	p := resets(credential.Reset, 4)
	p.Resets = now.Add(time.Duration(seconds) * time.Second)
	return p
}

// since is a state whose current password is new, and whose previous one is not.
func since(s credential.State) credential.State {
	s.IssuedAt, s.PreviousIssuedAt = now, noon
	return s
}

func TestSuppliedPasswords(t *testing.T) {
	const first, another = "first password", "new password"
	decide(t, map[string]decision{
		"the Secret is read first":                     {reference(), noStore, plan(credential.Read, "changed since")},
		"the first password":                           {reference(), with(noStore, doesNotFit, rev1), supply(1, keepNone, first)},
		"the Secret as it was":                         {reference(), with(supplied, unread, rev1), plan(credential.Keep, "unchanged since")},
		"the Secret as it was, though read":            {reference(), with(supplied, fits, rev1), plan(credential.Keep, "holds the password")},
		"the Secret changed somehow":                   {reference(), with(supplied, unread, rev2), plan(credential.Read, "changed since")},
		"a label of it changed":                        {reference(), with(supplied, fits, rev2), finish("still holds")},
		"another password":                             {reference(), with(supplied, doesNotFit, rev2), supply(4, keepCurrent, another)},
		"the one before, again":                        {reference(), with(supplied, fitsPrevious, rev2), supply(4, keepCurrent, another)},
		"one that breaks the structure":                {reference(), with(supplied, unacceptable, rev2), plan(credential.Refuse, "breaks the structure")},
		"a first one that breaks the structure":        {reference(), with(noStore, unacceptable, rev2), plan(credential.Refuse, "breaks the structure")},
		"a Secret that is missing takes nothing away":  {reference(), with(supplied, absent, none), plan(credential.Missing, "no password")},
		"nor does one without its key":                 {reference(), with(supplied, empty, rev2), plan(credential.Missing, "no password")},
		"nor one without its label":                    {reference(), with(supplied, foreign, rev2), plan(credential.Conflict, "lacks the label")},
		"one that was reset":                           {reference(), with(dropped, revoked, rev2), plan(credential.Refuse, "does not come back")},
		"one that was reset, unread":                   {reference(), with(dropped, unread, rev1), plan(credential.Refuse, "does not come back")},
		"one that was reset, in a Secret that changed": {reference(), with(dropped, unread, rev2), plan(credential.Read, "changed since")},
		"another one after a reset":                    {reference(), with(dropped, doesNotFit, rev2), supply(4, keepNone, first)},
		"instead of a generated one":                   {reference(), with(finished, doesNotFit, other), supply(4, keepCurrent, another)},
		"instead of the same, generated":               {reference(), with(finished, fits, other), supply(4, keepCurrent, another)},
		"instead of one that the Secret has not":       {reference(), with(unfinished, doesNotFit, other), supply(4, keepPrevious, another)},
		"instead of a chosen one":                      {reference(), with(chosen, doesNotFit, rev1), supply(4, keepCurrent, another)},
		"instead of an adopted one":                    {reference(), with(adopted, doesNotFit, rev1), supply(2, keepCurrent, another)},
		"instead of an invitation":                     {reference(), with(invited, doesNotFit, rev1), supply(4, keepNone, first)},
		"an unknown fact is an unread Secret":          {reference(), with(supplied, credential.Secret(99), rev2), plan(credential.Read, "changed since")},
		"a fact of a Secret of ours is an unread one":  {reference(), with(noStore, unowned, rev2), plan(credential.Read, "changed since")},
		"a store that lost only the record of it":      {reference(), with(unrecorded(supplied), fits, rev1), finish("still holds")},
		"of a deactivated account":                     {reference(off), with(supplied, doesNotFit, rev2), plan(credential.Keep, "deactivated")},
	})
}

func off(p *credential.Policy) { p.Deactivated = true }

func unrecorded(s credential.State) credential.State {
	s.Recorded = none
	return s
}

func TestInvitations(t *testing.T) {
	invite := func(version int64) credential.Plan {
		return credential.Plan{Action: credential.Invite, Version: version, Why: "is to choose"}
	}
	decide(t, map[string]decision{
		"the first":                        {invitation(), noStore, invite(1)},
		"pending":                          {invitation(), invited, plan(credential.Keep, "has been invited")},
		"over, until it is reset":          {invitation(), expired, plan(credential.Keep, "has been invited")},
		"accepted":                         {invitation(), chosen, plan(credential.Keep, "has chosen")},
		"instead of a generated password":  {invitation(), finished, invite(4)},
		"instead of a supplied one":        {invitation(), supplied, invite(4)},
		"of an account without a password": {invitation(), dropped, invite(4)},
		"of an account that was adopted":   {invitation(), adopted, plan(credential.Keep, "that it had")},
		"of a deactivated account":         {invitation(off), noStore, plan(credential.Keep, "deactivated")},
	})
}

func TestNoPassword(t *testing.T) {
	revoke := func(version int64) credential.Plan {
		return credential.Plan{Action: credential.Revoke, Version: version, Why: "to have no password"}
	}
	decide(t, map[string]decision{
		"there never was one":      {policy(v1alpha1.CredentialNone), noStore, plan(credential.Keep, "has no password")},
		"it was taken away":        {policy(v1alpha1.CredentialNone), dropped, plan(credential.Keep, "has no password")},
		"instead of a generated":   {policy(v1alpha1.CredentialNone), finished, revoke(4)},
		"instead of an adopted":    {policy(v1alpha1.CredentialNone), adopted, revoke(2)},
		"instead of an invitation": {policy(v1alpha1.CredentialNone), invited, revoke(4)},
		"of a deactivated account": {policy(v1alpha1.CredentialNone, off), finished, plan(credential.Keep, "deactivated")},
	})
}

func TestPasswordsAreGeneratedInsteadOfOthers(t *testing.T) {
	decide(t, map[string]decision{
		"of a chosen one":                 {generated(), with(chosen, absent, none), issue(4, keepCurrent, "generated from now on")},
		"of a supplied one":               {generated(), with(supplied, absent, none), issue(4, keepCurrent, "generated from now on")},
		"of a supplied one, Secret empty": {generated(), with(supplied, empty, other), issue(4, keepCurrent, "generated from now on")},
		"of an invitation":                {generated(), with(invited, absent, none), issue(4, keepNone, "no password")},
		"not of an adopted one":           {generated(), with(adopted, unread, none), plan(credential.Keep, "that it had")},
		"not of an adopted one, and read": {generated(), with(adopted, absent, none), plan(credential.Keep, "that it had")},
		"of an adopted one where a Secret of the account holds another": {
			generated(), with(adopted, doesNotFit, rev1), issue(2, keepCurrent, "does not hold"),
		},
	})
}
