// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Password is a password that nothing prints: whatever formats, encodes or logs it gets "[redacted]". The zero value is empty.
//
// The text is inside a closure, for formatters that look into unexported fields by reflection (fmt, for a field of another
// struct; those of test libraries) cannot look into a function. It also makes == a compile error: compare by [Verify].
type Password struct {
	reveal func() string
}

// NewPassword wraps a password that was read from somewhere.
func NewPassword(text string) Password {
	return Password{reveal: func() string { return text }}
}

// Reveal is the only way to the text. Its users write the Secret or make a verifier; a linter rule holds their list.
func (p Password) Reveal() string {
	if p.reveal == nil {
		return ""
	}
	return p.reveal()
}

// String implements fmt.Stringer.
func (Password) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (Password) GoString() string { return redacted }

// Format implements fmt.Formatter, for every verb.
func (Password) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText implements encoding.TextMarshaler.
func (Password) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON implements json.Marshaler.
func (Password) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// LogValue implements slog.LogValuer.
func (Password) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalLog implements logr.Marshaler.
func (Password) MarshalLog() any { return redacted }
