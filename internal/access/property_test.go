// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

func TestContentIsWhatTheModelSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawContent(t, "content", access.Everything)
		for _, path := range append(slices.Clone(asked), access.Everything) {
			if got, want := c.At(path), level(c, path); got != want {
				t.Fatalf("%v gives %v of %s, and not %v", c, want, path, got)
			}
		}
	})
}

func TestLacksFindsAllThatIsMissingAndNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, want := drawContent(t, "has", access.Everything), drawContent(t, "wants", access.Everything)
		missing := c.Lacks(want)
		for _, path := range append(slices.Clone(asked), access.Everything) {
			lacks := level(want, path) > level(c, path)
			covered := slices.ContainsFunc(missing, func(e access.Entry) bool {
				return (e.Path == access.Everything || above(e.Path, path)) && e.Level >= level(want, path)
			})
			if lacks && !covered {
				t.Fatalf("%s %v is missing, and not in %v", path, level(want, path), missing)
			}
		}
		for _, e := range missing {
			if level(want, e.Path) != e.Level || level(c, e.Path) >= e.Level {
				t.Fatalf("%v is not missing", e)
			}
		}
		if !slices.IsSortedFunc(missing, func(a, b access.Entry) int { return strings.Compare(a.Path, b.Path) }) {
			t.Fatalf("%v is not sorted", missing)
		}
	})
}

func TestGainIsWhatTheModelSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := drawRights(t, "before"), drawRights(t, "after")
		gain := access.Gain(before, after)
		anything := false
		for _, path := range asked {
			want := gained(before, after, path)
			anything = anything || want > access.None
			if got := level(gain, path); got != want {
				t.Fatalf("of %s is gained %v, and not %v: %v", path, want, got, gain)
			}
		}
		if len(gain) > 0 && !anything {
			t.Fatalf("nothing is gained, and not %v", gain)
		}
	})
}

func TestNothingIsGainedByWhatStays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRights(t, "rights")
		if gain := access.Gain(r, r); len(gain) > 0 {
			t.Fatalf("gained %v", gain)
		}
		if exposed := access.Exposed(r, r); len(exposed) > 0 {
			t.Fatalf("exposed %v", exposed)
		}
	})
}

// What heirs gain by a change of one set has to be within what the change exposes, so that whoever may make the change may give it. The other
// sets of the heir stay as they are, and the changed one does not come nearer or go farther away. An entry that is not None and goes is left
// out: nobody may be kept from taking something away.
func TestExposedCoversWhatHeirsGain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		for name, set := range w { // no withheld ones: they give nothing
			set.Withheld, set.Extends = false, slices.DeleteFunc(set.Extends, func(id string) bool { return id == "s" && name == "s" })
			w[name] = set
		}
		old, changed := w["s"], w["s"]
		changed.Rights = drawRights(t, "changed")
		for _, e := range old.Gives {
			if e.Level > access.None {
				changed.Gives = access.ContentOf(append(changed.Gives, access.Entry{Path: e.Path, Level: access.None})...)
			}
		}
		after := maps.Clone(w)
		after["s"] = changed
		exposed := access.Exposed(old.Rights, changed.Rights)
		for heir := range w {
			gain := access.Gain(w.Inherited(heir), after.Inherited(heir))
			if missing := exposed.Lacks(gain); len(missing) > 0 {
				t.Fatalf("%s gains %v, and only %v is exposed: lacks %v", heir, gain, exposed, missing)
			}
		}
	})
}

func TestNewlyDeniedIsWhatTheModelSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := drawRights(t, "before"), drawRights(t, "after")
		paths := access.NewlyDenied(before, after)
		for _, path := range asked {
			if denied(after.Deny, path) && !denied(before.Deny, path) && !denied(paths, path) {
				t.Fatalf("%s is newly denied, and not among %v", path, paths)
			}
		}
		for _, path := range paths {
			if !denied(after.Deny, path) || denied(before.Deny, path) {
				t.Fatalf("%s is not newly denied", path)
			}
		}
	})
}

func TestInheritedIsWhatTheModelSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		for _, name := range append(slices.Clone(setNames), "gone") {
			r := w.Inherited(name)
			for _, path := range asked {
				if got, want := r.Gives.At(path), inherited(w, name, path); got != want {
					t.Fatalf("%s gives %v of %s, and not %v: %v", name, want, path, got, r)
				}
				if got, want := denied(r.Deny, path), denied(inheritedDenials(w, name), path); got != want {
					t.Fatalf("%s denies %s: %v, and not %v", name, path, want, got)
				}
			}
		}
	})
}

func TestEffectiveIsWhatTheModelSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, grants := drawWorld(t), drawGrants(t)
		content, next := w.Effective(grants, epoch)
		for _, path := range asked {
			if got, want := content.At(path), effective(w, grants, epoch, path); got != want {
				t.Fatalf("of %s they give %v, and not %v: %v", path, want, got, content)
			}
		}
		for halves := range 10 {
			now := epoch.Add(time.Duration(halves) * time.Second / 2)
			if !next.IsZero() && !now.Before(next) {
				break
			}
			if later, _ := w.Effective(grants, now); !slices.Equal(later, content) {
				t.Fatalf("it changes before %v: at %v it is %v", next, now, later)
			}
		}
	})
}

func TestStrongestIsWhatTheModelSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, grants := drawWorld(t), drawGrants(t)
		want := map[string]int32{}
		for _, g := range grants {
			set, known := w[g.Set]
			withheld := false
			for id := range distances(w, g.Set) {
				withheld = withheld || w[id].Withheld
			}
			if !known || withheld || epoch.Before(g.NotBefore) || !g.ExpiresAt.IsZero() && !epoch.Before(g.ExpiresAt) {
				continue
			}
			if rank, seen := want[set.Family]; !seen || set.Rank < rank {
				want[set.Family] = set.Rank
			}
		}
		got := w.Strongest(grants, epoch)
		if len(got) != len(want) {
			t.Fatalf("%v, and not %v", want, got)
		}
		for family, rank := range want {
			if got[family] != rank {
				t.Fatalf("%v, and not %v", want, got)
			}
		}
	})
}

func TestAPowerWithinAnotherAllowsNothingBesides(t *testing.T) {
	families, types := []string{"x", "y", "z"}, []string{"Staff", "API"}
	power := func(t *rapid.T, label string) access.Power {
		return access.Power{
			Rank:         rapid.Int32Range(0, 3).Draw(t, label+" rank"),
			Families:     rapid.SliceOfNDistinct(rapid.SampledFrom(families), 0, 3, rapid.ID[string]).Draw(t, label+" families"),
			AccountTypes: rapid.SliceOfNDistinct(rapid.SampledFrom(types), 0, 2, rapid.ID[string]).Draw(t, label+" types"),
			Permissions:  drawContent(t, label, access.Everything),
			Filters:      drawBounds(t, label+" filters"),
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		p, other := power(t, "power"), power(t, "other")
		allows := true
		for rank := range int32(5) {
			for _, family := range append([]string{"", "elsewhere"}, families...) {
				need := access.Need{Family: family, Rank: rank}
				allows = allows && (!p.Reaches(need) || other.Reaches(need))
			}
		}
		for _, accountType := range append([]string{"elsewhere"}, types...) {
			allows = allows && (!p.Concerns(accountType) || other.Concerns(accountType))
		}
		for _, path := range append(slices.Clone(asked), access.Everything) {
			allows = allows && level(p.Permissions, path) <= level(other.Permissions, path)
		}
		allows = allows && len(access.Beyond(p.Filters, other.Filters)) == 0 // which has tests of its own
		if got := p.Within(other); got != allows {
			t.Fatalf("%+v is within %+v: %v, and not %v", p, other, allows, got)
		}
	})
}
