// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package known_test

import (
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/store/known"
)

func user(uid string, mods ...func(*store.User)) store.User {
	u := store.User{Meta: store.Meta{UID: uid, Namespace: "shop", Name: uid, Generation: 1}, Login: uid, LabelsHash: "red"}
	for _, mod := range mods {
		mod(&u)
	}
	return u
}

func labelled(hash string) func(*store.User) { return func(u *store.User) { u.LabelsHash = hash } }

// bound says that the user saw these bindings.
func bound(bindings ...store.Bound) func(*store.User) {
	return func(u *store.User) { u.Bindings = bindings }
}

func at(binding string, generation int64) store.Bound {
	return store.Bound{BindingUID: binding, Generation: generation}
}

// binding saw these subjects.
func binding(uid string, generation int64, subjects ...store.Subject) store.RoleBinding {
	return store.RoleBinding{Meta: store.Meta{UID: uid, Generation: generation}, Subjects: subjects}
}

func subject(user, labels string) store.Subject {
	return store.Subject{UserUID: user, LabelsHash: labels}
}

func put(r store.Record) store.Change { return store.Put{Record: r} }

// index knows that the store has confirmed these changes.
func index(changes ...store.Change) *known.Index {
	x := known.New()
	x.Applied(changes)
	return x
}

// others are records of the kinds that have no subjects.
var others = []store.Record{
	store.Office{Meta: store.Meta{UID: "shop", Generation: 1}, MaxUsers: 5},
	store.PermissionSet{Meta: store.Meta{UID: "viewer", Generation: 1}, SetKey: "viewer"},
}

func TestAnEmptyIndexKnowsNothing(t *testing.T) {
	g, x := NewWithT(t), known.New()
	u := user("ann", bound(at("b", 1)))
	g.Expect(x.Holds(u)).To(BeFalse())
	g.Expect(x.Has(u.Key())).To(BeFalse())
	g.Expect(x.Credential("ann")).To(BeZero())
	g.Expect(x.MissingBindings(u)).To(Equal(u.Bindings))
	g.Expect(x.MissingSubjects(binding("b", 1, subject("ann", "red")))).To(HaveLen(1))
	g.Expect(x.Matches(store.Observed{Record: u})).To(BeFalse())
	g.Expect(x.Keys()).To(BeEmpty())
}

func TestWhatWasWrittenAndWhatWasReadIsHeld(t *testing.T) {
	for _, r := range append([]store.Record{user("ann"), binding("b", 1)}, others...) {
		for how, x := range map[string]*known.Index{"written": index(put(r)), "read": known.New()} {
			t.Run(string(r.Key().Kind)+" "+how, func(t *testing.T) {
				g := NewWithT(t)
				if how == "read" {
					x.Observed(store.Observed{Record: r})
				}
				g.Expect(x.Holds(r)).To(BeTrue())
				g.Expect(x.Has(r.Key())).To(BeTrue())
				g.Expect(x.Keys()).To(ConsistOf(r.Key()))
				g.Expect(x.Matches(store.Observed{Record: r})).To(BeTrue())
			})
		}
	}
}

func TestOnlyExactlyThisRecordIsHeld(t *testing.T) {
	g, x := NewWithT(t), index(put(user("ann")))
	other := user("ann", func(u *store.User) { u.Held = true })
	g.Expect(x.Holds(other)).To(BeFalse())
	g.Expect(x.Has(other.Key())).To(BeTrue(), "but one with its key is")
	g.Expect(x.Has(store.Key{Kind: store.KindRoleBinding, UID: "ann"})).To(BeFalse(), "a key has a kind")
	x.Applied([]store.Change{put(other)})
	g.Expect(x.Holds(other)).To(BeTrue())
	g.Expect(x.Holds(user("ann"))).To(BeFalse())
}

func TestARecordThatIsGoneIsNotKnown(t *testing.T) {
	ann := store.Key{Kind: store.KindUser, UID: "ann"}
	for sentence, forget := range map[string]func(*known.Index){
		"when it was removed": func(x *known.Index) { x.Applied([]store.Change{store.Remove{Key: ann}}) },
		"when its object is": func(x *known.Index) {
			x.Applied([]store.Change{store.RemoveUser{UID: "ann", Disposal: store.Deactivate}})
		},
		"when the store lost it":   func(x *known.Index) { x.Forget(ann) },
		"whatever came before":     func(x *known.Index) { x.Applied([]store.Change{put(user("ann")), store.RemoveUser{UID: "ann"}}) },
		"and may be so repeatedly": func(x *known.Index) { x.Forget(ann); x.Forget(ann) },
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			u := user("ann", bound(at("b", 1)))
			x := index(put(u), store.IssueCredential{UserUID: "ann", Version: 1}, put(user("bob")))
			forget(x)
			g.Expect(x.Has(ann)).To(BeFalse())
			g.Expect(x.Credential("ann")).To(BeZero())
			g.Expect(x.MissingBindings(u)).To(Equal(u.Bindings))
			g.Expect(x.Keys()).To(ConsistOf(user("bob").Key()), "others stay")
		})
	}
	for _, r := range others {
		x := index(put(r))
		x.Applied([]store.Change{store.Remove{Key: r.Key()}})
		NewWithT(t).Expect(x.Keys()).To(BeEmpty())
	}
}

func TestReleaseForgetsNothing(t *testing.T) {
	g, x := NewWithT(t), index(put(user("ann")), store.Release{})
	g.Expect(x.Holds(user("ann"))).To(BeTrue())
}

func TestMissingRows(t *testing.T) {
	fromUser, fromBinding := put(user("ann", bound(at("b", 1)))), put(binding("b", 1, subject("ann", "red")))
	for sentence, c := range map[string]struct {
		changes []store.Change
		labels  string
		binding store.Bound
		want    bool
	}{
		"not one that the user's side wrote":          {[]store.Change{fromUser}, "red", at("b", 1), false},
		"not one that the binding's side wrote":       {[]store.Change{fromBinding}, "red", at("b", 1), false},
		"one of other labels":                         {[]store.Change{fromUser}, "blue", at("b", 1), true},
		"one of another generation":                   {[]store.Change{fromUser}, "red", at("b", 2), true},
		"one of another binding":                      {[]store.Change{fromUser}, "red", at("c", 1), true},
		"all, once the binding was removed":           {[]store.Change{fromUser, store.Remove{Key: binding("b", 1).Key()}}, "red", at("b", 1), true},
		"all, once the user was removed":              {[]store.Change{fromBinding, store.RemoveUser{UID: "ann"}}, "red", at("b", 1), true},
		"not those of a set with the binding's UID":   {[]store.Change{fromUser, store.Remove{Key: store.Key{Kind: store.KindPermissionSet, UID: "b"}}}, "red", at("b", 1), false},
		"one of labels that the user had in between":  {[]store.Change{fromUser, put(user("ann", labelled("blue")))}, "red", at("b", 1), true},
		"one that somebody else is the subject of":    {[]store.Change{put(binding("b", 1, subject("bob", "red")))}, "red", at("b", 1), true},
		"not those that a changed user did not touch": {[]store.Change{fromBinding, put(user("ann", bound(at("c", 1))))}, "red", at("b", 1), false},
	} {
		t.Run(sentence, func(t *testing.T) {
			g, x := NewWithT(t), index(c.changes...)
			var bindings []store.Bound
			var subjects []store.Subject
			if c.want {
				bindings, subjects = []store.Bound{c.binding}, []store.Subject{subject("ann", c.labels)}
			}
			g.Expect(x.MissingBindings(user("ann", labelled(c.labels), bound(c.binding)))).To(Equal(bindings))
			g.Expect(x.MissingSubjects(binding(c.binding.BindingUID, c.binding.Generation, subject("ann", c.labels)))).To(Equal(subjects))
		})
	}
}

func TestOnlyWhatIsMissingIsReturned(t *testing.T) {
	g := NewWithT(t)
	x := index(put(user("ann", bound(at("b", 1)))))
	g.Expect(x.MissingBindings(user("ann", bound(at("a", 1), at("b", 1), at("c", 1))))).To(Equal([]store.Bound{at("a", 1), at("c", 1)}))
	g.Expect(x.MissingSubjects(binding("b", 1, subject("ann", "red"), subject("bob", "red")))).To(Equal([]store.Subject{subject("bob", "red")}))
}

func TestARowThatIsGoneIsNotKnownAnyMore(t *testing.T) {
	g := NewWithT(t)
	u := user("ann", bound(at("b", 1), at("c", 1)))
	x := index(put(binding("b", 1)), put(binding("c", 1)), put(u))
	read := store.Observed{Record: user("ann", bound(at("c", 1)))} // somebody has deleted the other row
	g.Expect(x.Matches(read)).To(BeFalse())
	x.Observed(read)
	g.Expect(x.MissingBindings(u)).To(Equal([]store.Bound{at("b", 1)}))
	g.Expect(x.MissingSubjects(binding("b", 1, subject("ann", "red")))).To(HaveLen(1))
	g.Expect(x.Matches(read)).To(BeTrue())
}

func TestMatches(t *testing.T) {
	was := []store.Change{put(binding("b", 2, subject("ann", "red"))), put(user("ann", bound(at("b", 2))))}
	for sentence, c := range map[string]struct {
		changes []store.Change
		read    store.Record
		want    bool
	}{
		"what was written":                              {was, user("ann", bound(at("b", 2))), true},
		"not a record that nobody wrote":                {was, user("eve"), false},
		"not a record that somebody changed":            {was, user("ann", bound(at("b", 2)), func(u *store.User) { u.State = store.StateActive }), false},
		"not a binding that somebody changed":           {was, binding("b", 3), false},
		"not without a row that counts":                 {was, user("ann"), false},
		"not with a row of another generation in place": {was, user("ann", bound(at("b", 1))), false},
		"with another row beside it":                    {was, user("ann", bound(at("b", 2), at("c", 1))), true},
		"with rows of the binding's earlier generation": {was, user("ann", bound(at("b", 1), at("b", 2))), true},
		"without a row that a new generation of the binding has dropped": {
			append(was[:2:2], put(binding("b", 3))), user("ann"), true,
		},
		"without a row that new labels of the user have dropped": {
			append(was[:2:2], put(user("ann", labelled("blue")))), user("ann", labelled("blue")), true,
		},
		"without a row of a binding that was removed": {
			append(was[:2:2], store.Remove{Key: binding("b", 2).Key()}), user("ann"), true,
		},
		"without a row for labels that the user does not have yet": {
			append(was[:2:2], put(binding("d", 1, subject("ann", "blue")))), user("ann", bound(at("b", 2))), true,
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(index(c.changes...).Matches(store.Observed{Record: c.read})).To(Equal(c.want))
		})
	}
}

func TestItIsSafeForConcurrentUse(t *testing.T) {
	x := known.New()
	var running sync.WaitGroup
	for i := range 8 {
		running.Go(func() {
			uid := string(rune('a' + i%4))
			u := user(uid, bound(at("b", 1)))
			b := binding("b", 1, subject(uid, "red"))
			for range 200 {
				x.Applied([]store.Change{put(u), put(b), store.IssueCredential{UserUID: uid, Version: 1}})
				x.Holds(u)
				x.Has(u.Key())
				x.Credential(uid)
				x.MissingBindings(u)
				x.MissingSubjects(b)
				x.Matches(store.Observed{Record: u})
				x.Keys()
				x.Observed(store.Observed{Record: u})
				x.Forget(b.Key())
				x.Applied([]store.Change{store.RemoveUser{UID: uid}})
			}
		})
	}
	running.Wait()
	NewWithT(t).Expect(x.Keys()).To(BeEmpty())
}

func TestWhoHasABindingIsKnownByItsRow(t *testing.T) {
	g := NewWithT(t)
	x := known.New()
	row := func(generation int64) store.User {
		return store.User{Meta: store.Meta{UID: "u"}, LabelsHash: "l", Bindings: []store.Bound{{BindingUID: "b", Generation: generation}}}
	}
	binding := func(generation int64) store.Put {
		return store.Put{Record: store.RoleBinding{Meta: store.Meta{UID: "b", Generation: generation}}}
	}
	x.Applied([]store.Change{store.Put{Record: row(2)}})
	g.Expect(x.Hands("b", "u")).To(BeFalse(), "the binding is not stored")
	x.Applied([]store.Change{binding(2)})
	g.Expect(x.Hands("b", "u")).To(BeTrue())
	g.Expect(x.Hands("b", "other")).To(BeFalse())
	x.Applied([]store.Change{store.Put{Record: row(3)}})
	g.Expect(x.Hands("b", "u")).To(BeTrue(), "its row comes before the binding's")
	x.Applied([]store.Change{binding(4)})
	g.Expect(x.Hands("b", "u")).To(BeFalse(), "the row is of an older one")
}
