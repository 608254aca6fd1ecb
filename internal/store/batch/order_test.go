// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package batch_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

func TestOrderInATransaction(t *testing.T) {
	issue := func(uid string) store.Change { return store.IssueCredential{UserUID: uid, Version: 1} }
	finish := func(uid string) store.Change { return store.FinishCredential{UserUID: uid, Version: 1} }
	removeUser := func(uid string) store.Change { return store.RemoveUser{UID: uid, Disposal: store.Delete} }
	withhold := store.Put{Record: store.RoleBinding{Meta: store.Meta{UID: "w"}}, Revoking: true}
	for sentence, c := range map[string]struct {
		submitted []store.Group
		written   []string
	}{
		"without a revocation it is the order of submission": {
			submitted: []store.Group{{put("b")}, {put("a")}, {put("b")}},
			written:   []string{"+b", "+a", "+b"},
		},
		"revocations go first, and keep their order": {
			submitted: []store.Group{{put("a")}, {remove("x")}, {put("b")}, {withhold}, {removeUser("u")}},
			written:   []string{"-x", "+w", "-user:u", "+a", "+b"},
		},
		"a grant is not overtaken by a later revocation of its object": {
			submitted: []store.Group{{put("a")}, {put("x")}, {remove("x")}},
			written:   []string{"+x", "-x", "+a"},
		},
		"a revocation is not overtaken by a later grant of its object": {
			submitted: []store.Group{{put("a")}, {remove("x")}, {put("x")}},
			written:   []string{"-x", "+a", "+x"},
		},
		"what shares an object with a group that is drawn forward is drawn forward too": {
			submitted: []store.Group{{put("c")}, {put("b")}, {put("a"), put("b")}, {put("x"), put("a")}, {remove("x")}, {put("b")}},
			written:   []string{"+b", "+a+b", "+x+a", "-x", "+c", "+b"},
		},
		"a credential is about its user": {
			submitted: []store.Group{{put("u")}, {putUser("u")}, {issue("u")}, {finish("u")}, {issue("v")}, {removeUser("u")}},
			written:   []string{"+user:u", "issue:u", "finish:u", "-user:u", "+u", "issue:v"},
		},
		"a password that is taken away stays behind what came before it": {
			submitted: []store.Group{
				{putUser("u")}, {issue("u")}, {store.RevokeCredential{UserUID: "u", Version: 2}}, {store.InviteUser{UserUID: "u", Version: 3}},
			},
			written: []string{"+user:u", "issue:u", "revoke:u", "invite:u"},
		},
		"an invitation stays behind its user and before its end": {
			submitted: []store.Group{{putUser("u")}, {store.InviteUser{UserUID: "u", Version: 1}}, {removeUser("u")}},
			written:   []string{"+user:u", "invite:u", "-user:u"},
		},
		"a reset of all goes first, whatever was submitted before it": {
			submitted: []store.Group{{put("a")}, {issue("u")}, {store.ResetCredentials{}}, {issue("v")}},
			written:   []string{"reset", "+a", "issue:u", "issue:v"},
		},
		"the release of the owner stays behind all that came before it": {
			submitted: []store.Group{{put("a")}, {remove("x"), store.Release{}}},
			written:   []string{"+a", "-xrelease"},
		},
		"the release of the owner stays before all that came after it": {
			submitted: []store.Group{{put("a")}, {store.Release{}}, {remove("x")}},
			written:   []string{"+a", "release", "-x"},
		},
		"a release behind the last revocation waits for its turn": {
			submitted: []store.Group{{put("a")}, {remove("x")}, {store.Release{}}},
			written:   []string{"-x", "+a", "release"},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			inScene(t, nil, func(t *testing.T, s *scene) {
				g := NewWithT(t)
				pull := s.plug(t)
				var last <-chan error
				for _, changes := range c.submitted {
					last = s.submit(t.Context(), changes...)
				}
				pull()
				g.Expect(<-last).To(Succeed())
				g.Expect(s.fake.names()[1]).To(Equal(c.written))
			})
		})
	}
}

func TestAnyQueueKeepsTheOrderOfEachObject(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		inScene(t, nil, func(t *testing.T, s *scene) {
			g := NewWithT(t)
			pull := s.plug(t)
			var submitted []store.Group
			var last []<-chan error
			for i := range 1 + random.IntN(12) {
				group := randomGroup(random, i)
				submitted = append(submitted, group)
				last = append(last, s.submit(t.Context(), group...))
			}
			pull()
			for _, v := range last {
				g.Expect(<-v).To(Succeed())
			}
			checkOrder(g, seed, submitted, s.fake.names()[1])
		})
	}
}

// randomGroup is about one or two of six objects. Its first change is about none of them and makes its name unique.
func randomGroup(random *rand.Rand, serial int) store.Group {
	group := store.Group{store.IssueCredential{UserUID: fmt.Sprint("serial", serial)}}
	for range 1 + random.IntN(2) {
		uid := fmt.Sprint(random.IntN(6))
		if random.IntN(4) == 0 {
			group = append(group, remove(uid))
		} else {
			group = append(group, put(uid))
		}
	}
	return group
}

// checkOrder checks that all is written, that groups of one object keep their order, and that a group stands before another
// revocation only if it revokes or has to.
func checkOrder(g *WithT, seed uint64, submitted []store.Group, written []string) {
	names := namesOf(submitted)
	g.Expect(written).To(ConsistOf(names), "seed %d", seed)
	lastRevoking := -1
	for i, a := range submitted {
		if a.Revokes() {
			lastRevoking = max(lastRevoking, slices.Index(written, names[i]))
		}
		for j := i + 1; j < len(submitted); j++ {
			if shareObject(a, submitted[j]) {
				g.Expect(slices.Index(written, names[i])).To(BeNumerically("<", slices.Index(written, names[j])), "seed %d", seed)
			}
		}
	}
	for at, n := range written[:lastRevoking+1] {
		i := slices.Index(names, n)
		needed := submitted[i].Revokes() || slices.ContainsFunc(written[at+1:lastRevoking+1], func(later string) bool {
			j := slices.Index(names, later)
			return i < j && shareObject(submitted[i], submitted[j])
		})
		g.Expect(needed).To(BeTrue(), "seed %d: %s stands before a revocation without need", seed, n)
	}
}

func shareObject(a, b store.Group) bool {
	key := func(c store.Change) store.Key {
		switch c := c.(type) {
		case store.Put:
			return c.Record.Key()
		case store.Remove:
			return c.Key
		default:
			return store.Key{}
		}
	}
	for _, x := range a[1:] {
		for _, y := range b[1:] {
			if key(x) == key(y) {
				return true
			}
		}
	}
	return false
}
