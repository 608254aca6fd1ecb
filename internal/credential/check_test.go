// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

func TestASuppliedPasswordIsChecked(t *testing.T) {
	const (
		printableRule = "must be UTF-8 text of characters that can be seen, and spaces: no line break at its end"
		alphabetRule  = "must have no other characters than those of the alphabet"
	)
	stated := Structure{Length: 10, AtLeast: 10, MinUpper: 2, MinLower: 2, MinDigits: 2, MinSymbols: 2}
	lax := Structure{Length: 24, AtLeast: 15}
	hexadecimal := Structure{Length: 16, AtLeast: 16, Alphabet: "0123456789abcdef"}
	for sentence, c := range map[string]struct {
		structure Structure
		password  string
		want      []string
	}{
		"what is not stated asks for 15 characters of three classes": {standard(), "Correct2horse45", nil},
		"one character less":                        {standard(), "Correct2horse4", []string{"must have at least 15 characters"}},
		"no upper-case letter":                      {standard(), "correct2horse45", []string{"must have at least 1 of the letters A-Z"}},
		"no lower-case letter":                      {standard(), "CORRECT2HORSE45", []string{"must have at least 1 of the letters a-z"}},
		"no digit":                                  {standard(), "CorrectHorseBattery", []string{"must have at least 1 of the digits 0-9"}},
		"more than the length of generated ones":    {standard(), "Correct2horse45Correct2horse45", nil},
		"look-alikes are for those who supply them": {standard(), "O0Il1O0Il1O0Il1O0Il1", nil},
		"what is stated":                            {stated, "ABcd12-+xx", nil},
		"all of it": {stated, "", []string{
			"must have at least 10 characters", "must have at least 2 of the letters A-Z", "must have at least 2 of the letters a-z",
			"must have at least 2 of the digits 0-9", "must have at least 2 characters that are neither A-Z, a-z nor 0-9",
		}},
		"one symbol of two":                         {stated, "ABcd12-xxx", []string{"must have at least 2 characters that are neither A-Z, a-z nor 0-9"}},
		"the alphabet alone":                        {hexadecimal, "0123456789abcdef", nil},
		"not of the alphabet":                       {hexadecimal, "0123456789abcdeF", []string{alphabetRule}},
		"no space of it, either":                    {hexadecimal, "0123456789 abcdef", []string{alphabetRule}},
		"spaces, as in sentences":                   {lax, " a sentence of one's own ", nil},
		"letters of all languages, and pictures":    {lax, "пароль з їжачком 🦔", nil},
		"characters are counted, not bytes":         {lax, strings.Repeat("ü", 14), []string{"must have at least 15 characters"}},
		"fifteen of them":                           {lax, strings.Repeat("ü", 15), nil},
		"a line break at the end of a file":         {lax, "correct horse battery\n", []string{printableRule}},
		"a NUL":                                     {lax, "correct horse\x00 battery", []string{printableRule}},
		"a mark that is not seen":                   {lax, "\ufeffcorrect horse battery", []string{printableRule}},
		"bytes that are no text":                    {lax, "correct horse battery\xff", []string{printableRule}},
		"the longest":                               {lax, strings.Repeat("x", 1024), nil},
		"a file in its place, nothing else is said": {stated, strings.Repeat("\n", 1025), []string{"must have at most 1024 bytes"}},
		"8 characters at least, whatever is stated": {Structure{}, "1234567", []string{"must have at least 8 characters"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(c.structure.Check(NewPassword(c.password))).To(Equal(c.want))
		})
	}
}
