// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/internal/credential"
)

const (
	keepNone     = credential.KeepNone
	keepCurrent  = credential.KeepCurrent
	keepPrevious = credential.KeepPrevious
)

func TestGeneratedPasswords(t *testing.T) {
	decide(t, map[string]decision{
		"of nothing known, the Secret is read first": {generated(), noStore, plan(credential.Read, "only the API server")},

		"the first credential":                               {generated(), with(noStore, absent, none), issue(1, keepNone, "no credential yet")},
		"the first, though a Secret looks ours":              {generated(), with(newcomer, doesNotFit, rev1), issue(1, keepNone, "never had a password")},
		"a lost store, the Secret not read yet":              {generated(), with(noStore, unread, rev1), plan(credential.Read, "changed since")},
		"a lost store: no password changes":                  {generated(), with(noStore, doesNotFit, rev1), restore()},
		"a lost store, whatever the reader thinks":           {generated(), with(noStore, fits, rev1), restore()},
		"a lost store, though a reset was asked for once":    {generated(reset), with(noStore, doesNotFit, rev1), restore()},
		"a lost store, though a rotation was asked for once": {generated(rotate, hourly), with(noStore, doesNotFit, rev1), restore()},
		"a lost store and an empty Secret":                   {generated(), with(noStore, empty, rev1), issue(1, keepNone, "no credential yet")},
		"a foreign Secret before the first":                  {generated(), with(noStore, foreign, rev1), plan(credential.Conflict, "not ours")},

		"unfinished, the Secret not in the cache":     {generated(), with(unfinished, unread, none), plan(credential.Read, "only the API server")},
		"unfinished, the Secret not read yet":         {generated(), with(unfinished, unread, rev1), plan(credential.Read, "changed since")},
		"unfinished before the Secret was created":    {generated(), with(unfinished, absent, none), claimed(issue(4, keepPrevious, "ended before its Secret"))},
		"unfinished before the Secret was updated":    {generated(), with(unfinished, fitsPrevious, rev1), claimed(issue(4, keepPrevious, "ended before its Secret"))},
		"unfinished, and the Secret fits nothing":     {generated(), with(unfinished, doesNotFit, rev1), claimed(issue(4, keepPrevious, "ended before its Secret"))},
		"unfinished, and the Secret is only claimed":  {generated(), with(unfinished, empty, rev1), claimed(issue(4, keepPrevious, "ended before its Secret"))},
		"unfinished after the Secret was written":     {generated(), with(unfinished, fits, rev1), finish("not recorded yet")},
		"unfinished, and somebody else took the name": {generated(), with(unfinished, foreign, rev1), plan(credential.Conflict, "not ours")},

		"finished, the Secret as it was":                   {generated(), with(finished, unread, rev1), plan(credential.Keep, "unchanged since")},
		"finished, the Secret as it was, though read":      {generated(), with(finished, fits, rev1), plan(credential.Keep, "holds the password")},
		"finished, a cache without the Secret may lag":     {generated(), with(finished, unread, none), plan(credential.Read, "only the API server")},
		"finished, the Secret changed somehow":             {generated(), with(finished, unread, rev2), plan(credential.Read, "changed since")},
		"finished, another Secret of that name":            {generated(), with(finished, unread, other), plan(credential.Read, "changed since")},
		"finished, a label of the Secret changed":          {generated(), with(finished, fits, rev2), finish("still holds")},
		"finished, the Secret restored from a backup":      {generated(), with(finished, fits, other), finish("still holds")},
		"finished, the Secret restored from an older one":  {generated(), with(finished, fitsPrevious, other), issue(4, keepPrevious, "before the current one")},
		"finished, the Secret restored without its owner":  {generated(), with(finished, unowned, other), plan(credential.TakeOver, "nobody controls it")},
		"finished, the Secret's password edited":           {generated(), with(finished, doesNotFit, rev2), issue(4, keepCurrent, "does not hold")},
		"finished, the stored verifier edited":             {generated(), with(finished, doesNotFit, rev1), issue(4, keepCurrent, "does not hold")},
		"finished, the Secret's password removed":          {generated(), with(finished, empty, rev2), issue(4, keepCurrent, "holds no password")},
		"finished, the Secret lost":                        {generated(), with(finished, absent, none), issue(4, keepCurrent, "is gone")},
		"finished, the Secret replaced by a foreign one":   {generated(), with(finished, foreign, other), plan(credential.Conflict, "not ours")},
		"finished, the Secret is no longer marked as ours": {generated(), with(finished, foreign, rev2), plan(credential.Conflict, "not ours")},

		"a verifier that was taken away, unread":       {generated(), with(dropped, unread, rev1), plan(credential.Read, "changed since")},
		"a verifier that was taken away stays so":      {generated(), with(dropped, doesNotFit, rev1), issue(4, keepNone, "dropped")},
		"a verifier that was taken away, Secret fits?": {generated(), with(dropped, fits, rev1), issue(4, keepNone, "dropped")},
		"a verifier that was taken away, no Secret":    {generated(), with(dropped, absent, none), issue(4, keepNone, "no password")},

		"an unknown fact is an unread Secret":                  {generated(), with(finished, credential.Secret(99), rev2), plan(credential.Read, "changed since")},
		"a fact of an administrator's Secret is an unread one": {generated(), with(finished, revoked, rev2), plan(credential.Read, "changed since")},
		"a deactivated account gets nothing": {
			generated(reset, rotate, func(p *credential.Policy) { p.Deactivated = true }), with(finished, absent, none), plan(credential.Keep, "deactivated"),
		},
		"of an unknown source nothing is done": {policy("Oracle", reset), with(finished, absent, none), plan(credential.Keep, "unknown")},
	})
}

func TestRotation(t *testing.T) {
	decide(t, map[string]decision{
		"before its time":                          {generated(daily), with(finished, unread, rev1), plan(credential.Keep, "unchanged since")},
		"at its time the Secret is read":           {generated(hourly), with(finished, unread, rev1), plan(credential.Read, "is to change")},
		"at its time":                              {generated(hourly), with(finished, fits, rev1), aged(rotation(keepCurrent))},
		"asked for":                                {generated(rotate), with(finished, fits, rev1), rotation(keepCurrent)},
		"asked for, and the time has come":         {generated(rotate, hourly), with(finished, fits, rev1), rotation(keepCurrent)},
		"asked for before the password was issued": {generated(asked(-2)), with(finished, fits, rev1), plan(credential.Keep, "holds the password")},
		"asked for a time that has not come":       {generated(asked(+1)), with(finished, fits, rev1), plan(credential.Keep, "holds the password")},
		"of a Secret that was lost":                {generated(hourly), with(finished, absent, none), aged(rotation(keepCurrent))},
		"of a Secret that was edited":              {generated(hourly), with(finished, doesNotFit, rev2), aged(rotation(keepCurrent))},
		"of a Secret that was set back":            {generated(hourly), with(finished, fitsPrevious, rev2), rotation(keepPrevious)},
		"of an issue that is unfinished":           {generated(hourly), with(unfinished, fitsPrevious, rev1), claimed(rotation(keepPrevious))},
		"of one that was written and not recorded": {generated(rotate), with(unfinished, fits, rev1), rotation(keepCurrent)},
		"not into a foreign Secret":                {generated(rotate), with(finished, foreign, rev1), plan(credential.Conflict, "not ours")},
		"not into one before it is the account's":  {generated(rotate), with(finished, unowned, rev1), plan(credential.TakeOver, "nobody controls it")},
		"of an adopted password": {
			generated(rotate), with(adopted, absent, none), credential.Plan{Action: credential.Rotate, Version: 2, Keep: keepCurrent, Why: "due"},
		},
		"of a delivered password, only if asked for": {generated(hourly, oneTime), with(delivered, unread, rev1), plan(credential.Keep, "delivered")},
		"of a delivered password that is asked for":  {generated(rotate, oneTime), with(delivered, empty, rev1), rotation(keepCurrent)},
		"of one that was delivered before the mode":  {generated(hourly), with(delivered, empty, rev1), plan(credential.Keep, "delivered")},
		"of a password that is to be delivered":      {generated(hourly, oneTime), with(finished, unread, rev1), plan(credential.Keep, "unchanged")},
		"of supplied passwords is their owner's":     {reference(hourly, rotate), with(supplied, unread, rev1), plan(credential.Keep, "unchanged")},
		"of chosen passwords is the user's":          {invitation(hourly, rotate), chosen, plan(credential.Keep, "has chosen")},
	})
}

func TestReset(t *testing.T) {
	decide(t, map[string]decision{
		"the Secret is read first":           {generated(reset), with(finished, unread, rev1), plan(credential.Read, "is to change")},
		"nothing is kept":                    {generated(reset), with(finished, fits, rev1), resets(credential.Reset, 4)},
		"it comes before a rotation":         {generated(reset, rotate, hourly), with(finished, fits, rev1), resets(credential.Reset, 4)},
		"it waits for no claim":              {generated(reset), with(unfinished, fitsPrevious, rev1), resets(credential.Reset, 4)},
		"it waits for no record":             {generated(reset), with(unfinished, fits, rev1), resets(credential.Reset, 4)},
		"it waits for no owner":              {generated(reset), with(finished, unowned, rev1), resets(credential.Reset, 4)},
		"it needs no Secret":                 {generated(reset), with(finished, absent, none), resets(credential.Reset, 4)},
		"a foreign Secret does not keep it":  {generated(reset), with(finished, foreign, rev1), resets(credential.Revoke, 4)},
		"once, into a foreign Secret":        {generated(reset), with(dropped, foreign, rev1), plan(credential.Conflict, "not ours")},
		"of a delivered password":            {generated(reset, oneTime), with(delivered, empty, rev1), resets(credential.Reset, 4)},
		"of an adopted password":             {generated(reset), with(adopted, absent, none), resets(credential.Reset, 2)},
		"where there is none it is an issue": {generated(reset), with(dropped, absent, none), issue(4, keepNone, "no password")},
		"of what was issued at that moment":  {generated(resetAt(-1)), with(finished, unread, rev1), plan(credential.Keep, "unchanged")},
		"of the one before the current one":  {generated(reset), with(since(finished), fits, rev1), resets(credential.Reset, 4)},
		"five minutes ahead":                 {generated(resetIn(300)), with(finished, fits, rev1), resetsIn(300)},
		"further ahead it waits":             {generated(resetIn(301)), with(finished, unread, rev1), plan(credential.Keep, "unchanged")},
		"what waits keeps no other from it":  {generated(resetIn(301), reset), with(finished, fits, rev1), resets(credential.Reset, 4)},
		"of two the later one":               {generated(resetAt(-2), reset), with(finished, fits, rev1), resets(credential.Reset, 4)},
		"of a supplied password":             {reference(reset), with(supplied, fits, rev1), resets(credential.Reset, 4)},
		"of a supplied password, unread":     {reference(reset), with(supplied, unread, rev2), resets(credential.Reset, 4)},
		"of one whose Secret is gone":        {reference(reset), with(supplied, absent, none), resets(credential.Reset, 4)},
		"of a chosen password":               {invitation(reset), chosen, resets(credential.Reset, 4)},
		"of a pending invitation":            {invitation(reset), invited, resets(credential.Reset, 4)},
		"of an invitation that is over":      {invitation(reset), expired, resets(credential.Reset, 4)},
		"of nothing, it is an invitation":    {invitation(reset), noStore, credential.Plan{Action: credential.Invite, Version: 1, Why: "to choose"}},
		"of an account that has no password": {policy("None", reset), dropped, plan(credential.Keep, "no password")},
	})
}

func TestOneTimeDelivery(t *testing.T) {
	decide(t, map[string]decision{
		"until somebody has it":                  {generated(oneTime), with(finished, fits, rev1), plan(credential.Keep, "holds the password")},
		"somebody has it":                        {generated(oneTime), acknowledged(with(finished, fits, rev2)), conceal("has been delivered")},
		"somebody has it, unread":                {generated(oneTime), acknowledged(with(finished, unread, rev2)), plan(credential.Read, "changed since")},
		"its time is over, unread":               {generated(oneTime, over), with(finished, unread, rev1), plan(credential.Read, "changed since")},
		"its time is over":                       {generated(oneTime, over), with(finished, fits, rev1), conceal("has been delivered")},
		"its time is over, and not recorded":     {generated(oneTime, over), with(unfinished, fits, rev1), finish("not recorded yet")},
		"somebody took it away":                  {generated(oneTime), with(finished, empty, rev2), conceal("as if to acknowledge")},
		"somebody deleted it":                    {generated(oneTime), with(finished, absent, none), conceal("as if to acknowledge")},
		"it never came":                          {generated(oneTime), with(unfinished, absent, none), claimed(issue(4, keepPrevious, "ended before"))},
		"somebody acknowledges in another mode":  {generated(), acknowledged(with(finished, fits, rev1)), plan(credential.Keep, "holds the password")},
		"delivered":                              {generated(oneTime), with(delivered, unread, rev1), plan(credential.Keep, "delivered")},
		"delivered, and read":                    {generated(oneTime), with(delivered, empty, rev1), plan(credential.Keep, "delivered")},
		"delivered, and then deleted":            {generated(oneTime), with(delivered, unread, none), plan(credential.Keep, "delivered")},
		"delivered, and the cache lags":          {generated(oneTime), with(vanished, absent, none), plan(credential.Keep, "delivered")},
		"delivered, and a label changed":         {generated(oneTime), with(delivered, empty, rev2), conceal("taken the password out")},
		"delivered, and somebody wrote another":  {generated(oneTime), with(delivered, doesNotFit, rev2), conceal("is to hold none")},
		"delivered, and somebody wrote it again": {generated(oneTime), with(delivered, fits, rev2), conceal("has been delivered")},
		"delivered, and the mode is another now": {generated(), with(delivered, empty, rev1), plan(credential.Keep, "delivered")},
		"what was the administrator's is not it": {generated(oneTime), with(supplied, absent, none), issue(4, keepCurrent, "generated from now on")},
	})
}
