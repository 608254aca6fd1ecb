// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"errors"
	"fmt"
	"math"
)

// The alphabet has no look-alikes (0 O, 1 I l), for passwords are sometimes read aloud or typed from a screen.
const (
	upperLetters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
	lowerLetters = "abcdefghijkmnopqrstuvwxyz"
	digits       = "23456789"
)

const (
	minLength = 8   // NIST SP 800-63B asks for no less
	maxLength = 128 // more than 700 bits: more adds nothing
)

// Structure says what a generated password looks like. It consists of letters and digits without look-alikes.
type Structure struct {
	// Length is the number of characters, from 8 to 128.
	Length int
	// MinUpper, MinLower and MinDigits are the least numbers of upper-case letters, lower-case letters and digits.
	MinUpper, MinLower, MinDigits int
}

// DefaultStructure is 24 characters with at least one of each class: 139.95 bits.
func DefaultStructure() Structure {
	return Structure{Length: 24, MinUpper: 1, MinLower: 1, MinDigits: 1}
}

// Validate returns all that makes the structure impossible.
func (s Structure) Validate() error {
	var errs []error
	if s.Length < minLength || s.Length > maxLength {
		errs = append(errs, fmt.Errorf("a password has %d to %d characters, not %d", minLength, maxLength, s.Length))
	}
	sum := 0
	for _, c := range s.classes() {
		if c.min < 0 {
			errs = append(errs, fmt.Errorf("the least number of %s is %d, which is negative", c.name, c.min))
		}
		sum += min(max(c.min, 0), maxLength+1) // bounded, so that the sum cannot overflow
	}
	if sum > s.Length {
		errs = append(errs, fmt.Errorf("%d characters have no room for at least %d upper-case letters, %d lower-case letters and %d digits",
			s.Length, s.MinUpper, s.MinLower, s.MinDigits))
	}
	return errors.Join(errs...)
}

// Entropy is the entropy of a generated password in bits: the binary logarithm of the number of passwords that the structure allows,
// for each of them is equally likely. It is 0 for an impossible structure.
func (s Structure) Entropy() float64 {
	if s.Validate() != nil {
		return 0
	}
	return math.Log2(passwords(s.classes(), s.Length))
}

// class is a class of characters and how many of it a password has at least.
type class struct {
	name     string
	alphabet string
	min      int
}

func (s Structure) classes() []class {
	return []class{
		{"upper-case letters", upperLetters, s.MinUpper},
		{"lower-case letters", lowerLetters, s.MinLower},
		{"digits", digits, s.MinDigits},
	}
}

// passwords counts the passwords of n characters from these classes that meet the minima. The longest structure has 57^128 < 10^225
// of them, which a float64 holds.
func passwords(classes []class, n int) float64 {
	if len(classes) == 1 {
		return math.Pow(float64(len(classes[0].alphabet)), float64(n))
	}
	var total float64
	for k := classes[0].min; k <= n-needed(classes[1:]); k++ {
		total += passwordsWith(classes, n, k)
	}
	return total
}

// passwordsWith counts those of them with exactly k characters of the first class: the places for these, what stands there, and what
// stands at the n-k other places.
func passwordsWith(classes []class, n, k int) float64 {
	places := 1.0
	for i := range k {
		places *= float64(n-i) / float64(i+1)
	}
	return places * math.Pow(float64(len(classes[0].alphabet)), float64(k)) * passwords(classes[1:], n-k)
}

// needed is the number of characters without which the minima are not met.
func needed(classes []class) int {
	sum := 0
	for _, c := range classes {
		sum += c.min
	}
	return sum
}
