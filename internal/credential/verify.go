// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrVerifier means that a text is no verifier of the two forms that [Hash] makes, or that its parameters are refused because to
// check a password by it would take too much time or memory. Nothing of the text is in the message.
var ErrVerifier = errors.New("not a usable verifier")

// Bounds of what is read. What Hash makes is well inside: 16 bytes of salt, 32 of key, some 100 characters.
const (
	minSaltSize, maxSaltSize = 8, 64
	minKeySize, maxKeySize   = 16, 64 // a shorter key would fit wrong passwords by chance
	maxVerifierLength        = 256    // both at most 86 characters, and the prefix
)

// Verify tells whether the verifier was made of this password, in a time that does not depend on where they differ. Errors are
// [ErrVerifier]; the empty password fits nothing.
func Verify(phc string, p Password) (bool, error) {
	v, err := parse(phc)
	if err != nil {
		return false, err
	}
	text := p.Reveal()
	if text == "" {
		return false, nil
	}
	key, err := v.scheme.derive(text, v.salt, len(v.key))
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrVerifier, err)
	}
	return subtle.ConstantTimeCompare(key, v.key) == 1, nil
}

// verifier is a parsed verifier.
type verifier struct {
	scheme    scheme
	salt, key []byte
}

// String is the text that is stored.
func (v verifier) String() string {
	e := v.scheme.encoding()
	return v.scheme.prefix() + e.EncodeToString(v.salt) + "$" + e.EncodeToString(v.key)
}

// parse reads the canonical form only: what was read has to encode to the same text. That leaves out signs, leading zeros, line breaks
// in base64 and whatever else number and base64 parsers let pass.
func parse(phc string) (verifier, error) {
	if len(phc) > maxVerifierLength {
		return verifier{}, fmt.Errorf("%w: too long", ErrVerifier)
	}
	fields := strings.Split(phc, "$")
	s := parseScheme(fields)
	if s == nil {
		return verifier{}, fmt.Errorf("%w: neither $pbkdf2-sha256$ nor $argon2id$v=19$", ErrVerifier)
	}
	if !s.sane() {
		return verifier{}, fmt.Errorf("%w: parameters out of bounds", ErrVerifier)
	}
	salt, saltErr := s.encoding().DecodeString(fields[len(fields)-2])
	key, keyErr := s.encoding().DecodeString(fields[len(fields)-1])
	v := verifier{scheme: s, salt: salt, key: key}
	switch {
	case saltErr != nil || keyErr != nil || v.String() != phc:
		return verifier{}, fmt.Errorf("%w: malformed", ErrVerifier)
	case len(salt) < minSaltSize || len(salt) > maxSaltSize || len(key) < minKeySize || len(key) > maxKeySize:
		return verifier{}, fmt.Errorf("%w: salt or key too short or too long", ErrVerifier)
	}
	return v, nil
}

// parseScheme returns nil for an unknown scheme.
func parseScheme(fields []string) scheme {
	switch {
	case len(fields) == 5 && fields[1] == "pbkdf2-sha256":
		iterations, err := strconv.Atoi(fields[2])
		if err != nil {
			return nil
		}
		return pbkdf2SHA256{iterations: iterations}
	case len(fields) == 6 && fields[1] == "argon2id":
		var s argon2id
		if _, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &s.memory, &s.passes, &s.threads); err != nil {
			return nil
		}
		return s
	default:
		return nil
	}
}
