// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"crypto/rand"
	"encoding/binary"
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
	return NewPassword(string(draw(s.classes(), s.Length))), nil
}

// draw draws one of passwords(classes, n).
func draw(classes []class, n int) []byte {
	text := make([]byte, 0, n)
	for i, c := range classes {
		for range drawCount(classes[i:], n-len(text)) {
			text = append(text, c.alphabet[below(len(c.alphabet))])
		}
	}
	for i := n - 1; i > 0; i-- { // Fisher-Yates
		j := below(i + 1)
		text[i], text[j] = text[j], text[i]
	}
	return text
}

// drawCount draws how many characters of the first class there are among n. The 53 bits of a float64 make the proportions, and so
// the probability of a password, exact to some 1e-15 of it.
func drawCount(classes []class, n int) int {
	if len(classes) == 1 {
		return n
	}
	most := n - needed(classes[1:])
	pick := fraction() * passwords(classes, n)
	for k := classes[0].min; k < most; k++ {
		with := passwordsWith(classes, n, k)
		if pick < with {
			return k
		}
		pick -= with
	}
	return most
}

// below returns a number from 0 to n-1, all with the same probability, for n up to 256.
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
