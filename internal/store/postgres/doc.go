// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package postgres keeps the store in a schema of a PostgreSQL database, version 13 or newer.
//
//	Apply ---- one round trip: BEGIN, settings, SELECT apply(groups), COMMIT ----> functions -> tables -> views
//	Observe -- one round trip a page of records -------------------------------->             tables
//
// A batch is decided and written by functions in the database (migrations), in the one transaction that also reads and locks the fence.
// The client sends all of it at once, so that a process which freezes holds no lock; a host that vanishes while it sends is noticed
// after seconds (queries/settings.sql).
//
// Applications write by functions too, with no other right: redeem_token and mail_sent wait in the same line as the operator's batches.
//
// The same functions add the rows of audit_log. A trigger refuses to change or delete one, also by mistake of the table's owner.
//
// Nothing depends on the session: search_path and the timeouts are set for each transaction, and no statement is prepared by name, so
// that a pooler which hands out connections by transaction (PgBouncer) needs no settings of its own. Only migrations hold a lock of the
// session: let the first start of a new version connect without such a pooler.
//
// The connection depends on the URL alone: no PG* environment variable, no file and no unix socket.
package postgres
