// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package list

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestMoments(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2026-12-31T18:00:00Z":      time.Date(2026, 12, 31, 18, 0, 0, 0, time.UTC),
		"2026-12-31T18:00:00+02:00": time.Date(2026, 12, 31, 16, 0, 0, 0, time.UTC),
		"2026-12-31":                time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC),
		"30d":                       now.Add(30 * 24 * time.Hour),
		"2w":                        now.Add(14 * 24 * time.Hour),
		"72h":                       now.Add(72 * time.Hour),
		"1h30m":                     now.Add(90 * time.Minute),
	} {
		t.Run(text, func(t *testing.T) {
			g := NewWithT(t)
			got, err := moment(text, now)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(got).To(BeTemporally("==", want))
		})
	}
	for _, text := range []string{"", "soon", "d", "-3d", "0d", "-72h", "9999999999999d", "1d12h", "2026-13-01", "31.12.2026"} {
		t.Run("not "+text, func(t *testing.T) {
			_, err := moment(text, now)
			NewWithT(t).Expect(err).To(MatchError(ContainSubstring("must be a moment such as")))
		})
	}
}

func TestTextIsSearchedWithoutCasesAndHoweverAccentsAreWritten(t *testing.T) {
	u := testkit.User("omar", "shop", testkit.Login("o.1"), testkit.Profile(v1alpha1.Profile{
		FullName: "Omar Straße", FirstName: "L\u00e9a", LastName: "MOREAU", Email: "lea@Shop.example", Phone: "+48125550101",
	}))
	for fragment, found := range map[string]bool{
		"OMAR": true, "O.1": true, "strasse": true, "le\u0301a": true, "LÉA M": true, "@shop": true, "5550101": false, "nobody": false, "shop/": false,
	} {
		t.Run(fragment, func(t *testing.T) {
			NewWithT(t).Expect(mentions(u, folded(fragment))).To(Equal(found))
		})
	}
}

func TestWhoseFilterLetsDataThrough(t *testing.T) {
	for sentence, c := range map[string]struct {
		filter v1alpha1.Filter
		passes bool
	}{
		"one of the values": {testkit.Only("channels", "store", "web"), true},
		"other values":      {testkit.Only("channels", "store"), false},
		"a group":           {v1alpha1.Filter{Dimension: "channels", Mode: v1alpha1.FilterOnly, Groups: []string{"web"}}, true},
		"what is owned":     {testkit.Owned("channels"), false},
		"what is tagged":    {testkit.Tagged("channels", "web"), false},
		"nothing":           {v1alpha1.Filter{Dimension: "channels", Mode: v1alpha1.FilterNone}, false},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(letsThrough(c.filter, "web")).To(Equal(c.passes))
		})
	}
}

func TestRotationIsOverdue(t *testing.T) {
	g := NewWithT(t)
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	u := testkit.User("omar", "shop")
	g.Expect(overdue(u, now)).To(BeFalse(), "no password yet")
	u.Status.Credential = &v1alpha1.CredentialStatus{}
	g.Expect(overdue(u, now)).To(BeFalse(), "never rotated")
	u.Status.Credential.NextRotationTime = &metav1.Time{Time: now}
	g.Expect(overdue(u, now)).To(BeFalse(), "now")
	u.Status.Credential.NextRotationTime = &metav1.Time{Time: now.Add(-time.Second)}
	g.Expect(overdue(u, now)).To(BeTrue())
}

func TestWhatTheAPIServerIsAskedFor(t *testing.T) {
	for sentence, c := range map[string]struct {
		states, types []string
		fields        string
	}{
		"nothing":                  {nil, nil, ""},
		"one state":                {[]string{"Blocked"}, nil, "status.state=Blocked"},
		"all states but one":       {[]string{"Active", "Blocked"}, nil, "status.state!=Deactivated"},
		"all states":               {states, nil, ""},
		"one type":                 {nil, []string{"API"}, "status.accountType=API"},
		"several types":            {nil, []string{"API", "Staff"}, ""},
		"one state of one type":    {[]string{"Active"}, []string{"API"}, "status.state=Active,status.accountType=API"},
		"several types, one state": {[]string{"Active"}, []string{"API", "Staff"}, "status.state=Active"},
	} {
		t.Run(sentence, func(t *testing.T) {
			o := &options{states: c.states, types: c.types}
			NewWithT(t).Expect(o.fields().String()).To(Equal(c.fields))
		})
	}
}
