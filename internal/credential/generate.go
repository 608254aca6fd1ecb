// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// Generate makes a password of the structure, each allowed one with the same probability, from crypto/rand.
//
// First it draws how many characters of each class there are, in proportion to the number of passwords with these counts, then the
// characters, then their places. To fill up the minima and shuffle, without such proportions, would prefer some passwords to others
// and make [Structure.Entropy] a guess; so would a fixed number of digits, as generators of passwords usually have it.
func Generate(s Structure) (Password, error) {
	if err := s.Validate(); err != nil {
		return Password{}, fmt.Errorf("generating a password: %w", err)
	}
	return NewPassword(string(draw(count(s.classes(), s.Length)))), nil
}

// NewToken makes the token of an invitation, 26 letters and digits with 130 bits of randomness, and its SHA-256 in lower-case hexadecimal
// digits, which is what is kept. Nobody guesses a token, so that its hash needs neither salt nor time.
func NewToken() (token Password, sha256Hex string) {
	text := rand.Text()
	sum := sha256.Sum256([]byte(text))
	return NewPassword(text), hex.EncodeToString(sum[:])
}

// draw draws one of the longest texts that are counted.
func draw(c counts) []byte {
	n := len(c.of[0]) - 1
	text := make([]byte, 0, n)
	for i, class := range c.classes {
		for range drawCount(c, i, n-len(text)) {
			text = append(text, class.alphabet[below(len(class.alphabet))])
		}
	}
	for i := n - 1; i > 0; i-- { // Fisher-Yates
		j := below(i + 1)
		text[i], text[j] = text[j], text[i]
	}
	return text
}

// drawCount draws how many characters of the i-th class there are among n of the classes from it on. The 53 bits of a float64 make no
// number more or less probable by more than some 1e-15.
func drawCount(c counts, i, n int) int {
	pick := fraction() * c.of[i][n]
	last := 0
	for k, texts := range c.with(i, n) {
		if texts == 0 { // the other classes have no room, or too much
			continue
		}
		if last = k; pick < texts {
			break
		}
		pick -= texts
	}
	return last
}

// below returns a number from 0 to n-1, all with the same probability, for n from 1 to 256.
func below(n int) int {
	for fair := 256 - 256%n; ; { // below it are as many bytes for each number
		if b := int(random(1)[0]); b < fair {
			return b % n
		}
	}
}

// fraction returns a number from 0 to less than 1.
func fraction() float64 {
	return float64(binary.NativeEndian.Uint64(random(8))>>11) / (1 << 53)
}

func random(size int) []byte {
	b := make([]byte, size)
	_, _ = rand.Read(b) // never fails
	return b
}
