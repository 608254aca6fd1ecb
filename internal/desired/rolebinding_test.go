// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package desired_test

import (
	"encoding/json"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/desired"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var (
	morning = time.Date(2026, time.March, 1, 8, 0, 0, 0, time.UTC)
	evening = morning.Add(10 * time.Hour)
)

func TestRoleBinding(t *testing.T) {
	g := NewWithT(t)
	b := binding(testkit.From(morning), testkit.Until(evening), testkit.Grants("stock=None", "orders=Write"), testkit.Denies("b", "a"),
		testkit.Filters(testkit.Only("entities", "pl", "de"), testkit.Owned("contacts")), stamped("a-5"))
	users := []*v1alpha1.BackOfficeUser{user(known("u-2", 1), testkit.Labels("team", "support")), user(known("u-1", 1))}

	r := desired.RoleBinding(b, set(), users, desired.InForce)
	g.Expect(r).To(Equal(store.RoleBinding{
		Meta:             store.Meta{UID: "b-1", Namespace: "sales", Name: "viewers", Generation: 5, Stamp: "a-5"},
		PermissionSetUID: "s-1",
		InForce:          true,
		NotBefore:        morning,
		ExpiresAt:        evening,
		Grants:           []store.Entry{{Path: "orders", Level: "Write"}, {Path: "stock", Level: "None"}},
		Deny:             []string{"a", "b"},
		Filters: []store.Filter{
			{Dimension: "contacts", Mode: "Owned", Access: "ReadWrite"},
			{Dimension: "entities", Mode: "Only", Access: "ReadWrite", Values: []string{"de", "pl"}},
		},
		Subjects: []store.Subject{
			{UserUID: "u-1", LabelsHash: desired.User(users[1], nil, desired.InForce).LabelsHash},
			{UserUID: "u-2", LabelsHash: desired.User(users[0], nil, desired.InForce).LabelsHash},
		},
	}))
	haveNoZeroField(g, r)
	g.Expect(store.HashOf(r)).To(Equal(store.HashOf(desired.RoleBinding(b, set(), nil, desired.InForce))), "subjects are no part of the record")
}

func TestABindingIsInForce(t *testing.T) {
	for sentence, c := range map[string]struct {
		set   *v1alpha1.PermissionSet
		force desired.Force
		want  bool
		uid   string
	}{
		"with its set":                           {set(), desired.InForce, true, "s-1"},
		"not while a rule withholds it":          {set(), desired.Withheld, false, "s-1"},
		"not while its set is missing":           {nil, desired.InForce, false, ""},
		"not while both":                         {nil, desired.Withheld, false, ""},
		"although it has no user and no window":  {set(), desired.InForce, true, "s-1"},
		"with a set that was made anew, by that": {set(known("s-9", 1)), desired.InForce, true, "s-9"},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			r := desired.RoleBinding(binding(), c.set, nil, c.force)
			g.Expect(r.InForce).To(Equal(c.want))
			g.Expect(r.PermissionSetUID).To(Equal(c.uid))
			g.Expect(r.Subjects).To(BeNil())
			g.Expect(r.NotBefore).To(BeZero())
			g.Expect(r.ExpiresAt).To(BeZero())
		})
	}
}

func TestWindow(t *testing.T) {
	for sentence, c := range map[string]struct {
		text string
		want string
	}{
		"a time is UTC":                               {"2026-03-01T10:00:00+02:00", "2026-03-01T08:00:00Z"},
		"parts of a second go":                        {"2026-03-01T08:00:00.999999999Z", "2026-03-01T08:00:00Z"},
		"a time before 1970 is the first moment":      {"1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z"},
		"the zero time does not become unbounded":     {"0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z"},
		"nor does a year that JSON cannot tell":       {"0000-01-01T00:00:00+14:00", "1970-01-01T00:00:00Z"},
		"the last second of the year 9999 stays":      {"9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"},
		"what is later in UTC is that second as well": {"9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59Z"},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			var at metav1.Time
			g.Expect(json.Unmarshal([]byte(`"`+c.text+`"`), &at)).To(Succeed()) // as it comes from the API server
			want, err := time.Parse(time.RFC3339, c.want)
			g.Expect(err).NotTo(HaveOccurred())

			b := binding(testkit.From(at.Time), testkit.Until(at.Time))
			from, until := desired.Window(b)
			g.Expect(from).To(Equal(want))
			g.Expect(until).To(Equal(want))
			r := desired.RoleBinding(b, set(), nil, desired.InForce)
			g.Expect(r.NotBefore).To(Equal(want))
			g.Expect(r.ExpiresAt).To(Equal(want))
			_, err = json.Marshal(r)
			g.Expect(err).NotTo(HaveOccurred())
		})
	}
}

func TestTheBoundsOfAWindowAreNotMixedUp(t *testing.T) {
	g := NewWithT(t)
	from, until := desired.Window(binding(testkit.From(morning)))
	g.Expect(from).To(Equal(morning))
	g.Expect(until).To(BeZero())
	from, until = desired.Window(binding(testkit.Until(evening)))
	g.Expect(from).To(BeZero())
	g.Expect(until).To(Equal(evening))
}
