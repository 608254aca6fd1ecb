// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// cause is why a transaction failed. In all cases but lost, nothing was written.
type cause int

const (
	lost     cause = iota // the outcome is unknown
	refused               // for the values that it holds
	denied                // whatever the values: a right, the database or the password
	gone                  // whatever the values: the schema, or something in it, does not exist
	away                  // the server cannot be reached, or not in time
	conflict              // another transaction was faster, and this one may be repeated
	fenced
)

// fault is a failed transaction. Its text is made here: what the server, the network or pgx say may hold values, and the URL.
type fault struct {
	cause   cause
	text    string
	context error // context.Canceled or context.DeadlineExceeded where that is why
}

func (f *fault) Error() string { return f.text }

func (f *fault) Unwrap() error { return f.context }

// writing, reading and opening give a fault the meaning that the contract has for it.
func writing(err error) error {
	return meaning(err, map[cause]error{
		refused: store.ErrRejected, denied: store.ErrUnavailable, gone: store.ErrUnavailable, away: store.ErrUnavailable,
		conflict: store.ErrUnavailable, fenced: store.ErrFenced,
	})
}

func reading(err error) error {
	return meaning(err, map[cause]error{
		refused: store.ErrRejected, denied: store.ErrUnavailable, gone: store.ErrUnavailable, away: store.ErrUnavailable,
		conflict: store.ErrUnavailable, lost: store.ErrUnavailable,
	})
}

func opening(err error) error {
	return meaning(err, map[cause]error{
		refused: store.ErrConfig, denied: store.ErrConfig, gone: store.ErrConfig, away: store.ErrUnavailable,
		conflict: store.ErrUnavailable, lost: store.ErrUnavailable,
	})
}

// isGone tells whether the schema, or what was in it, does not exist.
func isGone(err error) bool {
	var f *fault
	return errors.As(err, &f) && f.cause == gone
}

func meaning(err error, by map[cause]error) error {
	var f *fault
	if errors.As(err, &f) && by[f.cause] != nil {
		return fmt.Errorf("%w: %w", by[f.cause], f)
	}
	return err
}

// notSent is the fault of a transaction of which the server has got nothing. With several hosts, what may pass comes before what stays.
func notSent(err error) *fault {
	if f := answeredBy(err); f != nil {
		return f
	}
	f := &fault{cause: away, context: contextError(err)}
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		f.text = "the connection was refused"
	case errors.As(err, &name):
		f.text = "the name of the host was not resolved"
	case errors.Is(err, context.Canceled):
		f.text = "the call was cancelled"
	case f.context != nil || pgconn.Timeout(err):
		f.text = "no connection in time"
	case errors.As(err, &certificate):
		f.cause, f.text = denied, "the server's certificate is not trusted"
	case strings.Contains(err.Error(), "server refused TLS"): // pgx has no other sign
		f.cause, f.text = denied, "the server does not offer TLS"
	default:
		f.text = "no connection"
	}
	return f
}

// failed is the fault of a transaction that was sent.
func failed(err error, read progress) *fault {
	unknown := &fault{cause: lost, text: "the connection was lost, and with it the outcome", context: contextError(err)}
	var answer *pgconn.PgError
	switch {
	case pgconn.SafeToRetry(err):
		return notSent(err)
	case !errors.As(err, &answer):
		return unknown
	case read == answered && answer.SeverityUnlocalized != "ERROR":
		return unknown // the session ended about the time of the commit
	}
	return answeredBy(err)
}

// answeredBy is the fault that the server reported, nil if it did not.
func answeredBy(err error) *fault {
	var answer *pgconn.PgError
	if !errors.As(err, &answer) {
		return nil
	}
	f := &fault{cause: causeOf(answer.Code), text: "SQLSTATE " + answer.Code}
	switch {
	case strings.HasPrefix(answer.Code, "28"):
		f.text = "the user or the password is refused (" + f.text + ")"
	case answer.Code == "3D000":
		f.text = "the database does not exist (" + f.text + ")"
	case answer.Code == "42501":
		f.text = "a right is missing (" + f.text + ")"
	case answer.ConstraintName != "":
		f.text += ", constraint " + answer.ConstraintName
	}
	return f
}

// causeOf sorts SQLSTATEs: https://www.postgresql.org/docs/current/errcodes-appendix.html.
func causeOf(code string) cause {
	switch code {
	case "BOF01": // raised by the function apply
		return fenced
	case "40001", "40P01", "23505": // a row that another owner's writer has just added is seen next time, and gets a verdict
		return conflict
	case "40003": // distributed databases know it
		return lost
	case "55P03": // a lock was not got in time
		return away
	case "3F000", "42P01", "42883": // schema, table, function
		return gone
	case "42804", "42P22": // the types and collations of values
		return refused
	}
	switch code[:min(2, len(code))] {
	case "08", "25", "40", "53", "57", "58": // connection, state of the transaction, resources, shutdown and timeouts, input and output
		return away
	case "28", "3D", "42": // login, database, rights and other undefined objects
		return denied
	}
	return refused
}

// fromStandby tells whether the server could not write: it has become a standby, or the connection leads to the wrong one.
func fromStandby(err error) bool {
	var answer *pgconn.PgError
	return errors.As(err, &answer) && answer.Code == "25006"
}

func contextError(err error) error {
	for _, target := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, target) {
			return target
		}
	}
	return nil
}
