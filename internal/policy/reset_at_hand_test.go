// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// morning is the time of the requests of these tests.
var morning = time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)

// reset asks for a reset that much after the morning, by the field.
func reset(ahead time.Duration) testkit.Mod {
	return testkit.OnUser(func(u *v1alpha1.BackOfficeUser) {
		u.Spec.Credentials = &v1alpha1.UserCredentials{Reset: new(metav1.NewTime(morning.Add(ahead)))}
	})
}

// resetAll is the same for all users of a BackOffice.
func resetAll(ahead time.Duration) testkit.Mod {
	return testkit.OnOffice(func(o *v1alpha1.BackOffice) {
		o.Spec.Credentials = &v1alpha1.CredentialPolicy{ResetIssuedBefore: new(metav1.NewTime(morning.Add(ahead)))}
	})
}

// asking sets an annotation of a user.
func asking(name, value string) testkit.Mod { return testkit.Annotations(name, value) }

const tooFar = "Invalid value: may be at most five minutes ahead, and it is 2026-11-21T09:30:00Z now: write that"

func TestUserResetAtHand(t *testing.T) {
	const (
		aheadByField      = "Refuse ResetAhead spec.credentials.reset: " + tooFar
		annotation        = "metadata.annotations[access.backoffice-operator.io/reset-requested-at]: "
		aheadByAnnotation = "Refuse ResetAhead " + annotation + tooFar
		noMoment          = "Refuse PolicyViolated " + annotation + "Invalid value: must be a time as RFC 3339 has it, such as 2026-11-21T09:30:00Z"
		name              = v1alpha1.AnnotationResetRequestedAt
	)
	user := func(mods ...testkit.Mod) *v1alpha1.BackOfficeUser { return testkit.User("ann", "shop", mods...) }
	created := func(mods ...testkit.Mod) UserInput { return UserInput{New: user(mods...), Now: morning} }
	changedTo := func(was testkit.Mod, is ...testkit.Mod) UserInput {
		return UserInput{Old: user(was), New: user(is...), Now: morning}
	}
	ruleCases[UserInput]{
		"no reset":                                   {created(), nil},
		"one long ago":                               {created(reset(-1000 * time.Hour)), nil},
		"one for now":                                {created(reset(0)), nil},
		"one by a clock that is ahead":               {created(reset(5 * time.Minute)), nil},
		"one that is too far ahead":                  {created(reset(5*time.Minute + time.Second)), []string{aheadByField}},
		"a change to one that is too far ahead":      {changedTo(reset(0), reset(time.Hour)), []string{aheadByField}},
		"a first one that is too far ahead":          {changedTo(asking("other", "x"), reset(time.Hour)), []string{aheadByField}},
		"one that was there is not judged again":     {changedTo(reset(time.Hour), reset(time.Hour)), nil},
		"nor is one that goes":                       {changedTo(reset(time.Hour)), nil},
		"an annotation for now":                      {created(asking(name, "2026-11-21T10:30:00+01:00")), nil},
		"an annotation with a fraction":              {created(asking(name, "2026-11-21T09:34:59.999Z")), nil},
		"an annotation that is too far ahead":        {created(asking(name, "2026-11-21T09:35:01Z")), []string{aheadByAnnotation}},
		"an annotation that is none":                 {created(asking(name, "now")), []string{noMoment}},
		"an empty annotation":                        {created(asking(name, "")), []string{noMoment}},
		"an annotation that becomes empty":           {changedTo(asking(name, "2026-11-21T09:30:00Z"), asking(name, "")), []string{noMoment}},
		"an annotation without a zone":               {created(asking(name, "2026-11-21T09:30:00")), []string{noMoment}},
		"an annotation that was there":               {changedTo(asking(name, "2027-11-21T09:30:00Z"), asking(name, "2027-11-21T09:30:00Z")), nil},
		"an annotation that was there and was none":  {changedTo(asking(name, "now"), asking(name, "now")), nil},
		"a change of an annotation":                  {changedTo(asking(name, "now"), asking(name, "soon")), []string{noMoment}},
		"the field does not vouch for the other one": {changedTo(reset(time.Hour), reset(time.Hour), asking(name, "2026-11-21T10:30:00Z")), []string{aheadByAnnotation}},
		"both": {created(reset(time.Hour), asking(name, "never")), []string{aheadByField, noMoment}},
	}.run(t, UserResetAtHand)
}

func TestOfficeResetAtHand(t *testing.T) {
	const ahead = "Refuse ResetAhead spec.credentials.resetIssuedBefore: " + tooFar
	changedTo := func(was, is testkit.Mod) OfficeInput {
		return OfficeInput{Old: office(was), New: office(is), Now: morning}
	}
	ruleCases[OfficeInput]{
		"no reset":                               {OfficeInput{New: office(), Now: morning}, nil},
		"one for now":                            {OfficeInput{New: office(resetAll(0)), Now: morning}, nil},
		"one by a clock that is ahead":           {OfficeInput{New: office(resetAll(5 * time.Minute)), Now: morning}, nil},
		"one that is too far ahead":              {OfficeInput{New: office(resetAll(5*time.Minute + time.Second)), Now: morning}, []string{ahead}},
		"a change to one that is too far ahead":  {changedTo(resetAll(0), resetAll(time.Hour)), []string{ahead}},
		"one that was there is not judged again": {changedTo(resetAll(time.Hour), resetAll(time.Hour)), nil},
		"nor is it when the office is deleted":   {OfficeInput{Old: office(resetAll(time.Hour)), Now: morning}, nil},
	}.run(t, OfficeResetAtHand)
}
