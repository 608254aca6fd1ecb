// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxBytes is the length from which on a supplied password is taken for a mistake.
const maxBytes = 1024

// Check returns the rules that a supplied password breaks, each as what it must be, such as "must have at least 15 characters". They tell
// nothing of the password but that it breaks them. A character is a Unicode code point. Where no alphabet is stated, all that can be seen are
// accepted, and the space (NIST SP 800-63B); what cannot, nobody can type, such as a line break at the end of a file.
func (s Structure) Check(p Password) []string {
	text := p.Reveal()
	if len(text) > maxBytes {
		return []string{fmt.Sprintf("must have at most %d bytes", maxBytes)}
	}
	var broken []string
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unprintable) {
		broken = append(broken, "must be UTF-8 text of characters that can be seen, and spaces: no line break at its end")
	}
	if s.Alphabet != "" && strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune(s.Alphabet, r) }) {
		broken = append(broken, "must have no other characters than those of the alphabet")
	}
	if least := max(s.AtLeast, minLength); utf8.RuneCountInString(text) < least {
		broken = append(broken, fmt.Sprintf("must have at least %d characters", least))
	}
	for _, c := range []struct {
		name string
		is   func(rune) bool
		min  int
	}{
		{"of the letters A-Z", isUpper, s.MinUpper},
		{"of the letters a-z", isLower, s.MinLower},
		{"of the digits 0-9", isDigit, s.MinDigits},
		{"characters that are neither A-Z, a-z nor 0-9", isSymbol, s.MinSymbols},
	} {
		if number(text, c.is) < c.min {
			broken = append(broken, fmt.Sprintf("must have at least %d %s", c.min, c.name))
		}
	}
	return broken
}

// unprintable characters are not seen, but for the space: control and format characters, and what is not assigned.
func unprintable(r rune) bool { return !unicode.IsPrint(r) }

func number(text string, is func(rune) bool) int {
	n := 0
	for _, r := range text {
		if is(r) {
			n++
		}
	}
	return n
}
