// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// What generated passwords consist of where no alphabet is stated. There are no look-alikes (0 O, 1 I l), for passwords are sometimes read
// aloud or typed from a screen. The symbols are those that a URL takes unescaped (RFC 3986, unreserved), and YAML and shells unquoted.
const (
	upperLetters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
	lowerLetters = "abcdefghijkmnopqrstuvwxyz"
	digits       = "23456789"
	symbols      = "-._~"
)

const (
	minLength = 8   // NIST SP 800-63B asks for no less
	maxLength = 128 // more than 420 bits, with ten characters: more adds nothing

	defaultLength  = 24
	defaultAtLeast = 15 // NIST SP 800-63B, for passwords that are the only factor
)

// Structure says what passwords look like. It is comparable.
type Structure struct {
	// Length is the number of characters of generated passwords, from 8 to 128.
	Length int
	// AtLeast is the least number of characters of supplied passwords.
	AtLeast int
	// MinUpper, MinLower, MinDigits and MinSymbols are the least numbers of the letters A-Z, of a-z, of the digits 0-9, and of all other
	// characters.
	MinUpper, MinLower, MinDigits, MinSymbols int
	// Alphabet holds the characters that passwords consist of: printable ASCII without space, each once. Empty: generated passwords have
	// letters and digits without look-alikes and, where MinSymbols is positive, the symbols -._~; supplied ones may have any character.
	Alphabet string
}

// StructureOf is the structure that a BackOffice states. What it leaves out is 24 characters, at least 15 of a supplied password, and at
// least one of A-Z, a-z and 0-9: 139.95 bits.
func StructureOf(o *v1alpha1.BackOffice) Structure {
	stated := value(value(o.Spec.Credentials).Structure)
	number := func(n *int32, absent int) int {
		if n == nil {
			return absent
		}
		return int(*n)
	}
	return Structure{
		Length:     number(stated.Length, defaultLength),
		AtLeast:    number(stated.Length, defaultAtLeast),
		MinUpper:   number(stated.MinUpper, 1),
		MinLower:   number(stated.MinLower, 1),
		MinDigits:  number(stated.MinDigits, 1),
		MinSymbols: number(stated.MinSymbols, 0),
		Alphabet:   stated.Alphabet,
	}
}

// Validate returns all that makes the structure impossible.
func (s Structure) Validate() error {
	var errs []error
	if s.Length < minLength || s.Length > maxLength {
		errs = append(errs, fmt.Errorf("a password has %d to %d characters, not %d", minLength, maxLength, s.Length))
	}
	for i, c := range []byte(s.Alphabet) {
		if c <= ' ' || c > '~' {
			errs = append(errs, errors.New("the alphabet has a character that is not printable ASCII, or a space"))
			break
		}
		if strings.IndexByte(s.Alphabet, c) != i {
			errs = append(errs, fmt.Errorf("the alphabet has %q twice", c))
			break
		}
	}
	sum := 0
	for _, c := range s.classes() {
		switch {
		case c.min < 0:
			errs = append(errs, fmt.Errorf("the least number of %s is %d, which is negative", c.name, c.min))
		case c.min > 0 && c.alphabet == "":
			errs = append(errs, fmt.Errorf("the alphabet has no %s, and at least %d are demanded", c.name, c.min))
		}
		sum += min(max(c.min, 0), maxLength+1) // bounded, so that the sum cannot overflow
	}
	if sum > s.Length {
		errs = append(errs, fmt.Errorf("%d characters have no room for at least %d upper-case letters, %d lower-case letters, %d digits and %d symbols",
			s.Length, s.MinUpper, s.MinLower, s.MinDigits, s.MinSymbols))
	}
	return errors.Join(errs...)
}

// Entropy is the entropy of a generated password in bits: the binary logarithm of the number of passwords that the structure allows,
// for each of them is equally likely. It is 0 for an impossible structure.
func (s Structure) Entropy() float64 {
	if s.Validate() != nil {
		return 0
	}
	return math.Log2(count(s.classes(), s.Length).total())
}

// class is a class of characters and how many of it a password has at least.
type class struct {
	name     string
	alphabet string
	min      int
}

func (s Structure) classes() []class {
	alphabet := cmp.Or(s.Alphabet, upperLetters+lowerLetters+digits)
	if s.Alphabet == "" && s.MinSymbols > 0 {
		alphabet += symbols
	}
	return []class{
		{"upper-case letters", only(alphabet, isUpper), s.MinUpper},
		{"lower-case letters", only(alphabet, isLower), s.MinLower},
		{"digits", only(alphabet, isDigit), s.MinDigits},
		{"symbols", only(alphabet, isSymbol), s.MinSymbols},
	}
}

func only(text string, is func(rune) bool) string {
	return strings.Map(func(r rune) rune {
		if is(r) {
			return r
		}
		return -1
	}, text)
}

func isUpper(r rune) bool  { return 'A' <= r && r <= 'Z' }
func isLower(r rune) bool  { return 'a' <= r && r <= 'z' }
func isDigit(r rune) bool  { return '0' <= r && r <= '9' }
func isSymbol(r rune) bool { return !isUpper(r) && !isLower(r) && !isDigit(r) }
