// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package desired_test

import (
	"reflect"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/desired"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// known gives an object what the API server gives it.
func known(uid string, generation int64) testkit.Mod {
	return func(o client.Object) {
		o.SetUID(types.UID(uid))
		o.SetGeneration(generation)
	}
}

func user(mods ...testkit.Mod) *v1alpha1.BackOfficeUser {
	return testkit.User("ann", "sales", append([]testkit.Mod{known("u-1", 3)}, mods...)...)
}

func set(mods ...testkit.Mod) *v1alpha1.PermissionSet {
	return testkit.Set("viewer", "shop", append([]testkit.Mod{known("s-1", 4)}, mods...)...)
}

func binding(mods ...testkit.Mod) *v1alpha1.RoleBinding {
	return testkit.Binding("viewers", "sales", append([]testkit.Mod{known("b-1", 5)}, mods...)...)
}

func office(mods ...testkit.Mod) *v1alpha1.BackOffice {
	return testkit.Office("shop", "shop", append([]testkit.Mod{known("o-1", 6)}, mods...)...)
}

// stamped gives an object a stamp that fits it, by somebody with these powers. It comes last.
func stamped(id string, powers ...access.Power) testkit.Mod {
	return func(o client.Object) {
		s := stamp.New("system:serviceaccount:argocd:argocd-application-controller", powers, stamp.Hash(o))
		s.ID = id
		testkit.Carry(o, s)
	}
}

// haveNoZeroField fails when the test of a record has forgotten a field.
func haveNoZeroField(g Gomega, r store.Record) {
	v := reflect.ValueOf(r)
	for _, field := range reflect.VisibleFields(v.Type()) {
		g.Expect(v.FieldByIndex(field.Index).IsZero()).To(BeFalse(), "the object of this test sets nothing for %s", field.Name)
	}
}

func TestLabelsHash(t *testing.T) {
	hash := func(labels map[string]string) string {
		return desired.User(user(func(o client.Object) { o.SetLabels(labels) }), nil, desired.InForce).LabelsHash
	}
	type labels = map[string]string

	different := []labels{
		nil,
		{"team": "support"},
		{"team": "sales"},
		{"team": ""},
		{"Team": "support"},
		{"team": "support", "lead": "yes"},
		{"team": "lead", "support": "yes"},
		{"team": "support,lead=yes"},
		{"team=support,lead": "yes"},
		{"team": `support","lead"="yes`},
		{"a": "b", "c": "d"},
		{"a": "b,c=d"},
		{"a=b,c": "d"},
		{"": "a"},
		{"a": ""},
		{"a": "\x00"},
		{"a\x00": ""},
		{"a": "\xff"},
		{"a": "\uFFFD"},
	}
	t.Run("differs for different labels, whatever they hold", func(t *testing.T) {
		seen := map[string]labels{}
		for _, l := range different {
			other, found := seen[hash(l)]
			NewWithT(t).Expect(found).To(BeFalse(), "%q and %q read the same", l, other)
			seen[hash(l)] = l
		}
	})
	t.Run("is the same for the same labels, in whatever order they are kept", func(t *testing.T) {
		for range 20 {
			many := labels{}
			for _, key := range []string{"a", "b", "c", "d", "e", "f", "g"} {
				many[key] = key
			}
			NewWithT(t).Expect(hash(many)).To(Equal(hash(labels{"g": "g", "f": "f", "e": "e", "d": "d", "c": "c", "b": "b", "a": "a"})))
		}
	})
	t.Run("is the same for none and for an empty map", func(t *testing.T) {
		NewWithT(t).Expect(hash(labels{})).To(Equal(hash(nil)))
	})
	t.Run("differs after another admission, although the labels are the same", func(t *testing.T) {
		g := NewWithT(t)
		admitted := func(id string) string { return desired.User(user(stamped(id)), nil, desired.InForce).LabelsHash }
		g.Expect(admitted("1")).NotTo(Equal(admitted("2")))
		g.Expect(admitted("1")).NotTo(Equal(hash(nil)))
		g.Expect(hash(labels{v1alpha1.AnnotationAdmitted: "x"})).
			NotTo(Equal(desired.User(user(testkit.Annotations(v1alpha1.AnnotationAdmitted, "x")), nil, desired.InForce).LabelsHash))
	})
	t.Run("is the same after another annotation", func(t *testing.T) {
		u := user(testkit.Annotations("example.com/note", "x"))
		NewWithT(t).Expect(desired.User(u, nil, desired.InForce).LabelsHash).To(Equal(hash(nil)))
	})
	t.Run("is 128 bits in hexadecimal", func(t *testing.T) {
		NewWithT(t).Expect(hash(nil)).To(MatchRegexp(`^[0-9a-f]{32}$`))
	})
}

func TestTheStampOfARecordIsOneThatFits(t *testing.T) {
	for sentence, c := range map[string]struct {
		mods []testkit.Mod
		want string
	}{
		"none is empty":                         {nil, ""},
		"one that fits is its id":               {[]testkit.Mod{stamped("7")}, "7"},
		"one of another object is none":         {[]testkit.Mod{stamped("7"), testkit.Labels("team", "sales")}, ""},
		"one that cannot be read is none":       {[]testkit.Mod{testkit.Annotations(v1alpha1.AnnotationAdmitted, "{")}, ""},
		"one without an id is none":             {[]testkit.Mod{stamped("")}, ""},
		"one of a request for it still fits":    {[]testkit.Mod{stamped("7"), requested}, "7"},
		"one of an object that is held is none": {[]testkit.Mod{stamped("7"), held}, ""},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			records := []store.Record{
				desired.User(user(c.mods...), nil, desired.InForce), desired.PermissionSet(set(c.mods...), nil, desired.InForce),
				desired.RoleBinding(binding(c.mods...), nil, nil, desired.InForce), desired.Office(office(c.mods...)),
			}
			for _, r := range records {
				g.Expect(reflect.ValueOf(r).FieldByName("Stamp").String()).To(Equal(c.want), "%T", r)
			}
		})
	}
}

func requested(o client.Object) { annotate(o, v1alpha1.AnnotationReconcileRequestedAt) }
func held(o client.Object)      { annotate(o, v1alpha1.AnnotationHold) }

func annotate(o client.Object, name string) {
	annotations := o.GetAnnotations()
	annotations[name] = "now"
	o.SetAnnotations(annotations)
}

func TestWhatIsInAnyOrderIsOneRecord(t *testing.T) {
	g := NewWithT(t)
	g.Expect(store.HashOf(desired.User(user(testkit.IPs("203.0.113.7", "198.51.100.0/24")), nil, desired.InForce))).
		To(Equal(store.HashOf(desired.User(user(testkit.IPs("198.51.100.0/24", "203.0.113.7")), nil, desired.InForce))))
	g.Expect(store.HashOf(desired.PermissionSet(set(testkit.Permissions("a", "b"), testkit.Deny("c", "d")), nil, desired.InForce))).
		To(Equal(store.HashOf(desired.PermissionSet(set(testkit.Permissions("b", "a"), testkit.Deny("d", "c")), nil, desired.InForce))))
	g.Expect(store.HashOf(desired.Office(office(testkit.Catalog("a", "b"))))).
		To(Equal(store.HashOf(desired.Office(office(testkit.Catalog("b", "a"))))))
}

func TestTheObjectIsLeftAsItWas(t *testing.T) {
	g := NewWithT(t)
	u, s, o := user(testkit.IPs("9.9.9.9", "1.1.1.1")), set(testkit.Permissions("b", "a"), testkit.Deny("d", "c")), office(testkit.Catalog("b", "b/c", "a"))
	before := []client.Object{u.DeepCopy(), s.DeepCopy(), o.DeepCopy()}
	desired.User(u, nil, desired.InForce)
	desired.PermissionSet(s, map[string]int{"s-1": 0}, desired.InForce)
	desired.Office(o)
	g.Expect([]client.Object{u, s, o}).To(Equal(before), "it belongs to the cache")
}
