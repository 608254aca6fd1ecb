// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// TestAReplicaWhoseCacheIsBehindWaitsForIt: one replica wrote the stamp, and the other one does not know the set yet that it names.
func TestAReplicaWhoseCacheIsBehindWaitsForIt(t *testing.T) {
	errRead := errors.New("the facts cannot be read")
	arrives := func(after int) func(int) (found, error) {
		return func(reading int) (found, error) {
			f := found{actor: policy.Actor{Name: "lea", Powers: []policy.Power{{Power: testkit.UpToRank(4)}}}}
			if reading > after {
				f.sets = []types.UID{"s1"}
			}
			return f, nil
		}
	}
	ours := stamp.Stamp{ID: "1", User: "lea", Hash: "1:a", Sets: []string{"s1"}}
	never := int(catchUp / catchUpPause)
	for sentence, c := range map[string]struct {
		claimed  stamp.Stamp
		facts    func(reading int) (found, error)
		readings int
		refused  bool
		err      error
	}{
		"the set is known":                           {ours, arrives(0), 1, false, nil},
		"it comes":                                   {ours, arrives(5), 6, false, nil},
		"it does not come":                           {ours, arrives(never), never, true, nil},
		"the stamp is somebody else's":               {stamp.Stamp{ID: "1", User: "eve", Hash: "1:a", Sets: ours.Sets}, arrives(5), 1, true, nil},
		"the stamp is another object's":              {stamp.Stamp{ID: "1", User: "lea", Hash: "1:b", Sets: ours.Sets}, arrives(5), 1, true, nil},
		"there is no stamp":                          {stamp.Stamp{}, arrives(5), 1, true, nil},
		"the facts cannot be read":                   {ours, func(int) (found, error) { return found{}, errRead }, 1, true, errRead},
		"the stamp claims more power than there is":  {stamp.Stamp{ID: "1", User: "lea", Hash: "1:a", Power: []access.Power{testkit.UpToRank(3)}}, arrives(0), never, true, nil},
		"the stamp claims what is found, and no set": {stamp.Stamp{ID: "1", User: "lea", Hash: "1:a"}, arrives(never), 1, false, nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g, readings, start := NewWithT(t), 0, time.Now()
				v := &validator[*v1alpha1.RoleBinding, found]{found: func(f found) found { return f }}
				_, f, err := v.caughtUp(t.Context(), func() (found, error) { readings++; return c.facts(readings) },
					func(f found) bool { return f.lags(c.claimed, "lea", "1:a") })
				if c.err != nil {
					g.Expect(err).To(MatchError(c.err))
				} else {
					g.Expect(err).NotTo(HaveOccurred())
				}
				g.Expect(readings).To(Equal(c.readings))
				if c.refused {
					g.Expect(f.wrong(c.claimed, "lea", "1:a")).NotTo(BeEmpty(), "it fails closed")
				} else {
					g.Expect(f.wrong(c.claimed, "lea", "1:a")).To(BeEmpty())
				}
				g.Expect(time.Since(start)).To(BeNumerically("<=", catchUp))
			})
		})
	}
}

func TestNobodyWaitsForACacheWhenTheRequestIsOver(t *testing.T) {
	g := NewWithT(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	v := &validator[*v1alpha1.RoleBinding, found]{found: func(f found) found { return f }}
	_, _, err := v.caughtUp(ctx, func() (found, error) { return found{}, nil }, func(found) bool { return true })
	g.Expect(err).To(MatchError(context.Canceled))
}
