// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"golang.org/x/crypto/argon2"
)

// scheme is a way to derive a key from a password, with its parameters.
type scheme interface {
	derive(password string, salt []byte, size int) ([]byte, error)
	// sane tells whether the parameters are such that deriving ends soon and fits into memory.
	sane() bool
	// prefix is what stands before the salt in a verifier.
	prefix() string
	encoding() *base64.Encoding
}

// pbkdf2SHA256 is PBKDF2-HMAC-SHA256.
type pbkdf2SHA256 struct {
	iterations int
}

// adapted is the base64 of passlib.
var adapted = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./").WithPadding(base64.NoPadding)

func (s pbkdf2SHA256) derive(password string, salt []byte, size int) ([]byte, error) {
	key, err := pbkdf2.Key(sha256.New, password, salt, s.iterations, size)
	if err != nil {
		return nil, fmt.Errorf("deriving a key by PBKDF2: %w", err)
	}
	return key, nil
}

// At most 1,000,000 iterations, some 0.2 s: OWASP recommends 600,000 for passwords that people choose.
func (s pbkdf2SHA256) sane() bool { return s.iterations >= 1 && s.iterations <= 1_000_000 }

func (s pbkdf2SHA256) prefix() string { return fmt.Sprintf("$pbkdf2-sha256$%d$", s.iterations) }

func (pbkdf2SHA256) encoding() *base64.Encoding { return adapted }

// argon2id is Argon2id version 19.
type argon2id struct {
	memory, passes uint32 // memory in KiB
	threads        uint8
}

// argon2Slots bounds how many run at once. Our own verifiers take 19 MiB each: 2 x 19 = 38 MiB live, and with the garbage until the collector
// has run 80 to 140 MiB (BenchmarkIssue). The largest that is accepted takes 64 MiB: 2 x 64 = 128 MiB live. More than two at once gain
// nothing on the few cores that an operator has.
var argon2Slots = make(chan struct{}, 2)

func (s argon2id) derive(password string, salt []byte, size int) ([]byte, error) {
	argon2Slots <- struct{}{}
	defer func() { <-argon2Slots }()
	return argon2.IDKey([]byte(password), salt, s.passes, s.memory, s.threads, uint32(size)), nil //nolint:gosec // at most maxKeySize
}

// At most 64 MiB, 10 passes and 4 threads, some 0.5 s: RFC 9106 recommends 64 MiB, 3 passes and 4 threads where memory is short. It
// also asks for 8 KiB a thread at least.
func (s argon2id) sane() bool {
	return s.passes >= 1 && s.passes <= 10 && s.threads >= 1 && s.threads <= 4 &&
		s.memory >= 8*uint32(s.threads) && s.memory <= 64*1024
}

func (s argon2id) prefix() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, s.memory, s.passes, s.threads)
}

func (argon2id) encoding() *base64.Encoding { return base64.RawStdEncoding }
