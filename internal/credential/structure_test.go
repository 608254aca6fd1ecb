// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"math"
	"math/big"
	"net/url"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/utils/ptr"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// standard is what holds where a BackOffice states nothing.
func standard() Structure { return StructureOf(&v1alpha1.BackOffice{}) }

func TestWhatIsNotStatedHas24CharactersAnd140Bits(t *testing.T) {
	g := NewWithT(t)
	want := Structure{Length: 24, AtLeast: 15, MinUpper: 1, MinLower: 1, MinDigits: 1}
	g.Expect(standard()).To(Equal(want))
	g.Expect(StructureOf(&v1alpha1.BackOffice{Spec: v1alpha1.BackOfficeSpec{
		Credentials: &v1alpha1.CredentialPolicy{Structure: &v1alpha1.PasswordStructure{}},
	}})).To(Equal(want))
	g.Expect(standard().Validate()).To(Succeed())
	g.Expect(standard().Entropy()).To(BeNumerically("~", 139.95, 0.005))
	g.Expect(standard().Entropy()).To(BeNumerically(">=", EnoughEntropy))
}

func TestWhatIsStatedHoldsAlsoWhereItIsZero(t *testing.T) {
	stated := &v1alpha1.BackOffice{Spec: v1alpha1.BackOfficeSpec{Credentials: &v1alpha1.CredentialPolicy{Structure: &v1alpha1.PasswordStructure{
		Length: ptr.To[int32](10), MinUpper: ptr.To[int32](0), MinLower: ptr.To[int32](2), MinDigits: ptr.To[int32](3), MinSymbols: ptr.To[int32](4),
		Alphabet: "abcdef0123456789-/",
	}}}}
	NewWithT(t).Expect(StructureOf(stated)).To(Equal(Structure{
		Length: 10, AtLeast: 10, MinLower: 2, MinDigits: 3, MinSymbols: 4, Alphabet: "abcdef0123456789-/",
	}))
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
			[]string{"8 characters have no room for at least 3 upper-case letters, 3 lower-case letters, 3 digits and 0 symbols"},
		},
		"a negative minimum makes no room": {Structure{Length: 8, MinUpper: -9, MinLower: 9}, []string{"is -9", "no room"}},
		"minima that overflow":             {Structure{Length: 8, MinUpper: math.MaxInt, MinLower: math.MaxInt}, []string{"no room"}},
		"symbols count, too":               {Structure{Length: 8, MinDigits: 5, MinSymbols: 4}, []string{"5 digits and 4 symbols"}},
		"an alphabet without a class that is demanded": {
			Structure{Length: 8, MinUpper: 2, MinSymbols: 1, Alphabet: "abcdef0123456789"},
			[]string{"no upper-case letters, and at least 2", "no symbols, and at least 1"},
		},
		"an alphabet that prefers a character": {Structure{Length: 8, Alphabet: "abcdefghija"}, []string{"'a' twice"}},
		"a space in the alphabet":              {Structure{Length: 8, Alphabet: "abcdefghij k"}, []string{"not printable ASCII, or a space"}},
		"a line break in the alphabet":         {Structure{Length: 8, Alphabet: "abcdefghij\n"}, []string{"not printable ASCII, or a space"}},
		"an alphabet beyond ASCII":             {Structure{Length: 8, Alphabet: "abcdefghijü"}, []string{"not printable ASCII, or a space"}},
		"all at once":                          {Structure{Length: 2, MinUpper: 3, MinLower: -1}, []string{"not 2", "is -1", "no room"}},
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
		"only symbols":                             {Structure{Length: 8, MinSymbols: 8}, 16},
		"an alphabet of one's own":                 {Structure{Length: 20, Alphabet: "0123456789abcdef"}, 80},
		"four and four, in C(8,4) = 70 ways":       {Structure{Length: 8, MinUpper: 4, MinDigits: 4}, bits(upperLetters, 4) + 12 + math.Log2(70)},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(c.structure.Entropy()).To(BeNumerically("~", c.want, 1e-9))
		})
	}
}

// TestTheCountIsThatOfInclusionAndExclusion counts in whole numbers, and in another way: of all texts are left out those without the first class,
// without the second, and so on; those without two of them come back.
func TestTheCountIsThatOfInclusionAndExclusion(t *testing.T) {
	g := NewWithT(t)
	all := Structure{Length: 128, MinUpper: 1, MinLower: 1, MinDigits: 1, MinSymbols: 1, Alphabet: printable()}
	for _, s := range []Structure{
		standard(), all, {Length: 8, MinUpper: 1, MinLower: 1, MinDigits: 1, MinSymbols: 1}, {Length: 30, MinLower: 1, MinDigits: 1, Alphabet: printable()},
	} {
		want := new(big.Int)
		classes := s.classes()
		for without := range 1 << len(classes) {
			letters, sign := 0, int64(1)
			for i, c := range classes {
				switch {
				case without>>i&1 == 0:
					letters += len(c.alphabet)
				case c.min == 0:
					sign = 0 // nothing is asked of it
				default:
					sign = -sign
				}
			}
			texts := new(big.Int).Exp(big.NewInt(int64(letters)), big.NewInt(int64(s.Length)), nil)
			want.Add(want, texts.Mul(texts, big.NewInt(sign)))
		}
		exact, _ := new(big.Float).SetInt(want).Float64()
		g.Expect(count(classes, s.Length).total()/exact).To(BeNumerically("~", 1, 1e-12), "%+v", s)
	}
	g.Expect(all.Entropy()).To(BeNumerically("~", 128*math.Log2(94), 1e-5))
}

// printable is the largest alphabet.
func printable() string {
	var all []byte
	for c := byte('!'); c <= '~'; c++ {
		all = append(all, c)
	}
	return string(all)
}

func TestTheAlphabetHasNoLookAlikes(t *testing.T) {
	g := NewWithT(t)
	all := upperLetters + lowerLetters + digits + symbols
	g.Expect(strings.ContainsAny(all, "0O1Il")).To(BeFalse())
	for i, r := range all {
		g.Expect(strings.IndexRune(all, r)).To(Equal(i), "each character once")
	}
	g.Expect(url.UserPassword("", all).String()).To(Equal(":"+all), "no character needs an escape in a URL")
	g.Expect(url.QueryEscape(all)).To(Equal(all))
}

// small allows so few passwords that each can be counted.
var small = []class{{"upper", "AB", 1}, {"lower", "c", 0}, {"digits", "123", 1}, {"symbols", "", 0}}

// four has all classes, unlike in size and minimum.
var four = []class{{"upper", "A", 1}, {"lower", "bc", 0}, {"digits", "123", 1}, {"symbols", "-", 2}}

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
	for n := range 7 {
		g.Expect(count(small, n).total()).To(BeEquivalentTo(len(enumerate(small, n))), "%d characters", n)
		g.Expect(count(four, n).total()).To(BeEquivalentTo(len(enumerate(four, n))), "%d characters of four classes", n)
	}
}
