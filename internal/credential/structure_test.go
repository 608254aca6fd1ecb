// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"math"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

func TestDefaultStructureHasAtLeast112Bits(t *testing.T) {
	g := NewWithT(t)
	g.Expect(DefaultStructure().Validate()).To(Succeed())
	g.Expect(DefaultStructure().Entropy()).To(BeNumerically("~", 139.95, 0.005))
	g.Expect(DefaultStructure().Entropy()).To(BeNumerically(">=", enoughEntropy))
}

func TestAnImpossibleStructureSaysWhatIsWrong(t *testing.T) {
	for sentence, c := range map[string]struct {
		structure Structure
		want      []string
	}{
		"the zero value is too short": {Structure{}, []string{"8 to 128 characters, not 0"}},
		"too short":                   {Structure{Length: 7}, []string{"8 to 128 characters, not 7"}},
		"too long":                    {Structure{Length: 129}, []string{"8 to 128 characters, not 129"}},
		"negative minima, each":       {Structure{Length: 8, MinUpper: -1, MinDigits: -2}, []string{"upper-case letters is -1", "digits is -2"}},
		"minima that exceed the length": {
			Structure{Length: 8, MinUpper: 3, MinLower: 3, MinDigits: 3},
			[]string{"8 characters have no room for at least 3 upper-case letters, 3 lower-case letters and 3 digits"},
		},
		"a negative minimum makes no room": {Structure{Length: 8, MinUpper: -9, MinLower: 9}, []string{"is -9", "no room"}},
		"minima that overflow":             {Structure{Length: 8, MinUpper: math.MaxInt, MinLower: math.MaxInt}, []string{"no room"}},
		"all at once":                      {Structure{Length: 2, MinUpper: 3, MinLower: -1}, []string{"not 2", "is -1", "no room"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			err := c.structure.Validate()
			for _, text := range c.want {
				g.Expect(err).To(MatchError(ContainSubstring(text)))
			}
			g.Expect(strings.Count(err.Error(), "\n")).To(Equal(len(c.want) - 1))
			g.Expect(c.structure.Entropy()).To(BeZero())
			_, err = Generate(c.structure)
			g.Expect(err).To(MatchError(ContainSubstring(c.want[0])))
		})
	}
}

func TestEntropyIsThatOfTheAllowedPasswords(t *testing.T) {
	bits := func(alphabet string, n int) float64 { return float64(n) * math.Log2(float64(len(alphabet))) }
	for sentence, c := range map[string]struct {
		structure Structure
		want      float64
	}{
		"without minima each character is free":    {Structure{Length: 10}, bits(upperLetters+lowerLetters+digits, 10)},
		"only digits":                              {Structure{Length: 8, MinDigits: 8}, 24},
		"only lower-case letters, the longest":     {Structure{Length: 128, MinLower: 128}, bits(lowerLetters, 128)},
		"one digit at one of 8 places, else upper": {Structure{Length: 8, MinUpper: 7, MinDigits: 1}, bits(upperLetters, 7) + 3 + 3},
		"four and four, in C(8,4) = 70 ways":       {Structure{Length: 8, MinUpper: 4, MinDigits: 4}, bits(upperLetters, 4) + 12 + math.Log2(70)},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(c.structure.Entropy()).To(BeNumerically("~", c.want, 1e-9))
		})
	}
}

func TestTheAlphabetHasNoLookAlikes(t *testing.T) {
	g := NewWithT(t)
	all := upperLetters + lowerLetters + digits
	g.Expect(strings.ContainsAny(all, "0O1Il")).To(BeFalse())
	for i, r := range all {
		g.Expect(strings.IndexRune(all, r)).To(Equal(i), "each character once")
	}
}

// small allows so few passwords that each can be counted.
var small = []class{{"upper", "AB", 1}, {"lower", "c", 0}, {"digits", "123", 1}}

func enumerate(classes []class, n int) []string {
	var alphabet string
	for _, c := range classes {
		alphabet += c.alphabet
	}
	all := []string{""}
	for range n {
		var longer []string
		for _, s := range all {
			for _, r := range alphabet {
				longer = append(longer, s+string(r))
			}
		}
		all = longer
	}
	var allowed []string
	for _, s := range all {
		ok := true
		for _, c := range classes {
			ok = ok && countOf(s, c.alphabet) >= c.min
		}
		if ok {
			allowed = append(allowed, s)
		}
	}
	return allowed
}

func countOf(s, alphabet string) int {
	return len(s) - len(strings.Map(func(r rune) rune {
		if strings.ContainsRune(alphabet, r) {
			return -1
		}
		return r
	}, s))
}

func TestPasswordsAreCountedExactly(t *testing.T) {
	g := NewWithT(t)
	for n := 2; n < 7; n++ {
		g.Expect(passwords(small, n)).To(BeEquivalentTo(len(enumerate(small, n))), "%d characters", n)
	}
}

func TestEachAllowedPasswordIsEquallyLikely(t *testing.T) {
	expectUniform(t, enumerate(small, 4), func() string { return string(draw(small, 4)) })
}

func TestEachNumberIsEquallyLikely(t *testing.T) {
	for _, n := range []int{1, 3, 100, 200, 256} {
		var numbers []string
		for i := range n {
			numbers = append(numbers, strconv.Itoa(i))
		}
		expectUniform(t, numbers, func() string { return strconv.Itoa(below(n)) })
	}
}

func expectUniform(t *testing.T, allowed []string, draw func() string) {
	t.Helper()
	g := NewWithT(t)
	const each = 100
	counts := make(map[string]int, len(allowed))
	for range each * len(allowed) {
		counts[draw()]++
	}
	var chi2 float64
	for _, s := range allowed {
		d := float64(counts[s] - each)
		chi2 += d * d / each
		delete(counts, s)
	}
	g.Expect(counts).To(BeEmpty(), "nothing else was drawn")
	// chi-squared has mean f and variance 2f. Chance exceeds this less than once in a million runs, also for small f.
	f := float64(len(allowed) - 1)
	g.Expect(chi2).To(BeNumerically("<=", f+7*math.Sqrt(2*f)+20*min(f, 1)))
}

func TestAGeneratedPasswordHasItsStructure(t *testing.T) {
	g := NewWithT(t)
	seen := map[string]bool{}
	for _, s := range []Structure{
		DefaultStructure(),
		{Length: 8},
		{Length: 8, MinUpper: 3, MinLower: 3, MinDigits: 2},
		{Length: 24, MinDigits: 20},
		{Length: 24, MinUpper: 24},
		{Length: 24, MinLower: 24},
		{Length: 128, MinUpper: 40, MinLower: 40, MinDigits: 40},
		{Length: 128},
	} {
		for range 20 {
			p, err := Generate(s)
			g.Expect(err).NotTo(HaveOccurred())
			text := p.Reveal()
			g.Expect(text).To(HaveLen(s.Length))
			upper, lower, digit := countOf(text, upperLetters), countOf(text, lowerLetters), countOf(text, digits)
			g.Expect(upper + lower + digit).To(Equal(s.Length))
			g.Expect(upper).To(BeNumerically(">=", s.MinUpper))
			g.Expect(lower).To(BeNumerically(">=", s.MinLower))
			g.Expect(digit).To(BeNumerically(">=", s.MinDigits))
			g.Expect(seen[text]).To(BeFalse())
			seen[text] = true
		}
	}
}

func BenchmarkEntropy(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		DefaultStructure().Entropy()
	}
}

func BenchmarkGenerate(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Generate(DefaultStructure()); err != nil {
			b.Fatal(err)
		}
	}
}
