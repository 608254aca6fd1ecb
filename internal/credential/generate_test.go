// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"strconv"
	"testing"

	. "github.com/onsi/gomega"
)

func TestEachAllowedPasswordIsEquallyLikely(t *testing.T) {
	for sentence, c := range map[string]struct {
		classes []class
		n       int
	}{
		"three classes":                   {small, 4},
		"four classes":                    {four, 5},
		"four classes without more room":  {four, 4},
		"one class, and others are empty": {[]class{{"upper", "", 0}, {"lower", "abc", 1}, {"digits", "", 0}, {"symbols", "", 0}}, 4},
	} {
		t.Run(sentence, func(t *testing.T) {
			expectUniform(t, enumerate(c.classes, c.n), func() string { return string(draw(count(c.classes, c.n))) })
		})
	}
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
		standard(),
		{Length: 8},
		{Length: 8, MinUpper: 3, MinLower: 3, MinDigits: 2},
		{Length: 24, MinDigits: 20},
		{Length: 24, MinUpper: 24},
		{Length: 24, MinLower: 24},
		{Length: 128, MinUpper: 40, MinLower: 40, MinDigits: 40},
		{Length: 128},
		{Length: 24, MinUpper: 1, MinLower: 1, MinDigits: 1, MinSymbols: 1},
		{Length: 24, MinSymbols: 24},
		{Length: 128, MinUpper: 30, MinLower: 30, MinDigits: 30, MinSymbols: 30, Alphabet: printable()},
		{Length: 10, Alphabet: "0123456789"},
		{Length: 12, MinSymbols: 2, MinLower: 1, Alphabet: "/+=xyzXYZ01"},
	} {
		for range 20 {
			p, err := Generate(s)
			g.Expect(err).NotTo(HaveOccurred())
			text := p.Reveal()
			g.Expect(text).To(HaveLen(s.Length))
			letters := ""
			for _, c := range s.classes() {
				g.Expect(countOf(text, c.alphabet)).To(BeNumerically(">=", c.min), c.name)
				letters += c.alphabet
			}
			g.Expect(countOf(text, letters)).To(Equal(s.Length), "nothing else")
			if s.Alphabet != "" {
				g.Expect([]byte(letters)).To(ConsistOf([]byte(s.Alphabet)))
			}
			g.Expect(s.Check(p)).To(BeEmpty(), "what is generated would be accepted")
			g.Expect(seen[text]).To(BeFalse())
			seen[text] = true
		}
	}
}

// TestTheNumberOfDigitsIsAsItFallsOut finds generators that fill up the minima and shuffle: of the longest structure the digits would be too many.
func TestTheNumberOfDigitsIsAsItFallsOut(t *testing.T) {
	g := NewWithT(t)
	s := Structure{Length: 128, MinUpper: 1, MinLower: 1, MinDigits: 1, MinSymbols: 1, Alphabet: printable()}
	const passwords = 400
	drawn := 0
	for range passwords {
		p, err := Generate(s)
		g.Expect(err).NotTo(HaveOccurred())
		drawn += number(p.Reveal(), isDigit)
	}
	// One in 94/10 characters, with six standard deviations: the minima of 1 are met by nearly all texts, and hardly change it.
	share, n := 10.0/94, float64(passwords*s.Length)
	g.Expect(float64(drawn)).To(BeNumerically("~", n*share, 6*math.Sqrt(n*share*(1-share))))
}

func TestATokenIsLongSafeInLinksAndNewEachTime(t *testing.T) {
	g := NewWithT(t)
	seen := map[string]bool{}
	for range 1000 {
		token, hash := NewToken()
		text := token.Reveal()
		g.Expect(text).To(MatchRegexp(`^[A-Z2-7]{26}$`))
		sum := sha256.Sum256([]byte(text))
		g.Expect(hash).To(Equal(hex.EncodeToString(sum[:])))
		g.Expect(seen[text]).To(BeFalse())
		seen[text] = true
	}
}
