-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up

-- Every key begins with the owner and the back office. A stamp identifies the admission of an object, gives is what was noted last of what it
-- gives, a JSON array of text. Times are whole seconds since 1970, UTC. Text is compared bytewise.
-- access_lost_at is when somebody may last have lost access by this row, null where nobody has: sessions that began before are over. It lies one
-- second ahead of the clock, rounded up, for a session may begin before the transaction is committed.
-- An application's SQLite may be older than the operator's: tables and views need 3.30 (2019) with the JSON functions, and nothing newer.

-- One row for each owner of a back office, with the scalar part of the Office record.
CREATE TABLE owners (
    owner                TEXT    NOT NULL,
    back_office          TEXT    NOT NULL,
    used_by              TEXT    NOT NULL, -- namespace/name of the BackOffice; empty once released
    fence                INTEGER NOT NULL,
    max_users            INTEGER NOT NULL DEFAULT -1,
    max_administrators   INTEGER NOT NULL DEFAULT -1,
    two_factor_required  INTEGER NOT NULL DEFAULT 0 CHECK (two_factor_required IN (0, 1)),
    never_reuse          INTEGER NOT NULL DEFAULT 0 CHECK (never_reuse IN (0, 1)),
    office_uid           TEXT    NOT NULL DEFAULT '', -- empty: no Office is stored
    office_namespace     TEXT    NOT NULL DEFAULT '',
    office_name          TEXT    NOT NULL DEFAULT '',
    office_generation    INTEGER NOT NULL DEFAULT 0,
    office_stamp         TEXT    NOT NULL DEFAULT '',
    office_gives         TEXT    NOT NULL DEFAULT '[]',
    access_lost_at       INTEGER,
    credentials_reset_at INTEGER, -- passwords that were issued before this moment are over; null: no such reset
    PRIMARY KEY (owner, back_office)
) WITHOUT ROWID;

CREATE INDEX owners_back_office ON owners (back_office);

CREATE TABLE permission_catalog (
    owner       TEXT NOT NULL,
    back_office TEXT NOT NULL,
    path        TEXT NOT NULL,
    PRIMARY KEY (owner, back_office, path)
) WITHOUT ROWID;

-- The kinds of data by which access can be narrowed.
CREATE TABLE filter_dimensions (
    owner       TEXT NOT NULL,
    back_office TEXT NOT NULL,
    dimension   TEXT NOT NULL,
    PRIMARY KEY (owner, back_office, dimension)
) WITHOUT ROWID;

-- The defaults are for accounts that are brought in by SQL, to be adopted.
CREATE TABLE users (
    id             TEXT    NOT NULL PRIMARY KEY DEFAULT (
        lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-'
            || substr('89AB', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))
    ),
    owner          TEXT,   -- null: an orphan, which no operator touches
    back_office    TEXT    NOT NULL,
    uid            TEXT,   -- null: the row outlived its object
    namespace      TEXT    NOT NULL DEFAULT '',
    name           TEXT    NOT NULL DEFAULT '',
    generation     INTEGER NOT NULL DEFAULT 0,
    login          TEXT    NOT NULL,
    login_folded   TEXT    NOT NULL, -- ASCII letters in lower case
    account_type   TEXT    NOT NULL,
    state          TEXT    NOT NULL,
    held           INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1)),
    hold_reason    TEXT    NOT NULL DEFAULT '',
    in_force       INTEGER NOT NULL DEFAULT 1 CHECK (in_force IN (0, 1)),
    full_name      TEXT    NOT NULL DEFAULT '',
    first_name     TEXT    NOT NULL DEFAULT '',
    last_name      TEXT    NOT NULL DEFAULT '',
    email          TEXT    NOT NULL DEFAULT '',
    email_folded   TEXT    NOT NULL DEFAULT '', -- as login_folded
    phone          TEXT    NOT NULL DEFAULT '',
    language       TEXT    NOT NULL DEFAULT '',
    gender         TEXT    NOT NULL DEFAULT '',
    picture_url    TEXT    NOT NULL DEFAULT '',
    description    TEXT    NOT NULL DEFAULT '',
    settings       TEXT    NOT NULL DEFAULT '{}', -- a JSON object of text, sorted by key
    labels_hash    TEXT    NOT NULL DEFAULT '',
    stamp          TEXT    NOT NULL DEFAULT '',
    gives          TEXT    NOT NULL DEFAULT '[]',
    protection     TEXT    NOT NULL DEFAULT '[]', -- what it takes to have a row without its object: a JSON array of {"family", "rank"}
    access_lost_at INTEGER,
    created_at     INTEGER NOT NULL DEFAULT (CAST(strftime('%s', 'now') AS INTEGER)),
    updated_at     INTEGER NOT NULL DEFAULT (CAST(strftime('%s', 'now') AS INTEGER))
);

-- Without the owner: a login and an e-mail address are one person's, whoever wrote the row.
CREATE UNIQUE INDEX users_login_folded ON users (back_office, login_folded);
CREATE UNIQUE INDEX users_email_folded ON users (email_folded, back_office) WHERE email_folded <> '';
CREATE INDEX users_login ON users (back_office, login);
CREATE UNIQUE INDEX users_uid ON users (owner, back_office, uid);
CREATE INDEX users_seats ON users (owner, back_office, account_type) WHERE state <> 'Deactivated';

CREATE TABLE allowed_networks (
    user_id TEXT NOT NULL,
    network TEXT NOT NULL,
    PRIMARY KEY (user_id, network)
) WITHOUT ROWID;

-- What narrows all that an account has. Values, groups and tags are JSON arrays of text.
CREATE TABLE user_filters (
    user_id       TEXT NOT NULL,
    dimension     TEXT NOT NULL,
    mode          TEXT NOT NULL,
    access        TEXT NOT NULL,
    filter_values TEXT NOT NULL,
    filter_groups TEXT NOT NULL,
    filter_tags   TEXT NOT NULL,
    default_value TEXT NOT NULL,
    PRIMARY KEY (user_id, dimension)
) WITHOUT ROWID;

-- The login and the e-mail address of accounts that were deleted while the Office said never_reuse.
CREATE TABLE tombstones (
    owner       TEXT    NOT NULL,
    back_office TEXT    NOT NULL,
    kind        TEXT    NOT NULL CHECK (kind IN ('login', 'email')),
    hash        TEXT    NOT NULL, -- of the folded text, salted by the rest of the key
    created_at  INTEGER NOT NULL DEFAULT (CAST(strftime('%s', 'now') AS INTEGER)),
    PRIMARY KEY (owner, back_office, kind, hash)
) WITHOUT ROWID;

-- An account's password, or that there is none. Both verifiers are valid, but for what owners.credentials_reset_at has ended.
CREATE TABLE credentials (
    user_id                 TEXT    NOT NULL PRIMARY KEY,
    version                 INTEGER NOT NULL DEFAULT 1,
    source                  TEXT    NOT NULL DEFAULT '',
    verifier                TEXT    NOT NULL DEFAULT '', -- empty: no password
    issued_at               INTEGER DEFAULT (CAST(strftime('%s', 'now') AS INTEGER)),
    previous_verifier       TEXT    NOT NULL DEFAULT '',
    previous_issued_at      INTEGER,
    previous_until          INTEGER, -- null: without end
    revoked_verifier        TEXT    NOT NULL DEFAULT '',
    secret_uid              TEXT    NOT NULL DEFAULT '', -- empty while the issue is unfinished, or where no Secret holds the password
    secret_resource_version TEXT    NOT NULL DEFAULT '',
    concealed               INTEGER NOT NULL DEFAULT 0 CHECK (concealed IN (0, 1)),
    token_hash              TEXT    NOT NULL DEFAULT '', -- of the invitation that waits: SHA-256 in lower-case hexadecimal digits
    token_expires_at        INTEGER
) WITHOUT ROWID;

CREATE INDEX credentials_token ON credentials (token_hash) WHERE token_hash <> '';

-- Invitations that are to be sent. A row goes when it was sent, or its token has been used, replaced or withdrawn.
CREATE TABLE outbox (
    id          TEXT    NOT NULL PRIMARY KEY, -- another one for each token
    owner       TEXT    NOT NULL,
    back_office TEXT    NOT NULL,
    user_id     TEXT    NOT NULL UNIQUE,
    token       TEXT    NOT NULL,
    token_hash  TEXT    NOT NULL,
    created_at  INTEGER NOT NULL DEFAULT (CAST(strftime('%s', 'now') AS INTEGER)),
    expires_at  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX outbox_expiry ON outbox (back_office, expires_at);

CREATE TABLE permission_sets (
    owner          TEXT    NOT NULL,
    back_office    TEXT    NOT NULL,
    uid            TEXT    NOT NULL,
    namespace      TEXT    NOT NULL,
    name           TEXT    NOT NULL,
    generation     INTEGER NOT NULL,
    set_key        TEXT    NOT NULL,
    display_name   TEXT    NOT NULL,
    rank           INTEGER NOT NULL,
    rank_family    TEXT    NOT NULL,
    in_force       INTEGER NOT NULL CHECK (in_force IN (0, 1)),
    account_types  TEXT    NOT NULL DEFAULT '[]', -- JSON arrays of text
    bypass         TEXT    NOT NULL DEFAULT '[]',
    has_denied     INTEGER NOT NULL DEFAULT 0 CHECK (has_denied IN (0, 1)), -- whether it denies something, or ever has
    stamp          TEXT    NOT NULL DEFAULT '',
    gives          TEXT    NOT NULL DEFAULT '[]',
    access_lost_at INTEGER,
    PRIMARY KEY (owner, back_office, uid)
) WITHOUT ROWID;

CREATE UNIQUE INDEX permission_sets_key ON permission_sets (owner, back_office, set_key);

CREATE TABLE permission_set_entries (
    owner       TEXT NOT NULL,
    back_office TEXT NOT NULL,
    set_uid     TEXT NOT NULL,
    path        TEXT NOT NULL,
    level       TEXT NOT NULL CHECK (level IN ('None', 'Read', 'Write')),
    PRIMARY KEY (owner, back_office, set_uid, path)
) WITHOUT ROWID;

CREATE TABLE permission_set_denials (
    owner       TEXT NOT NULL,
    back_office TEXT NOT NULL,
    set_uid     TEXT NOT NULL,
    path        TEXT NOT NULL,
    PRIMARY KEY (owner, back_office, set_uid, path)
) WITHOUT ROWID;

-- Whom a set inherits from, itself at distance 0 included.
CREATE TABLE permission_set_closure (
    owner        TEXT    NOT NULL,
    back_office  TEXT    NOT NULL,
    set_uid      TEXT    NOT NULL,
    ancestor_uid TEXT    NOT NULL,
    distance     INTEGER NOT NULL,
    PRIMARY KEY (owner, back_office, set_uid, ancestor_uid)
) WITHOUT ROWID;

CREATE INDEX permission_set_closure_ancestor ON permission_set_closure (ancestor_uid, back_office, owner);

CREATE TABLE role_bindings (
    owner              TEXT    NOT NULL,
    back_office        TEXT    NOT NULL,
    uid                TEXT    NOT NULL,
    namespace          TEXT    NOT NULL,
    name               TEXT    NOT NULL,
    generation         INTEGER NOT NULL,
    permission_set_uid TEXT,
    in_force           INTEGER NOT NULL CHECK (in_force IN (0, 1)),
    not_before         INTEGER, -- not_before <= now < expires_at; null: unbounded
    expires_at         INTEGER,
    stamp              TEXT    NOT NULL DEFAULT '',
    gives              TEXT    NOT NULL DEFAULT '[]',
    has_denied         INTEGER NOT NULL DEFAULT 0 CHECK (has_denied IN (0, 1)), -- as of a set
    access_lost_at     INTEGER,
    PRIMARY KEY (owner, back_office, uid)
) WITHOUT ROWID;

CREATE INDEX role_bindings_name ON role_bindings (owner, back_office, namespace, name);
CREATE INDEX role_bindings_set ON role_bindings (permission_set_uid, back_office, owner);

-- What a binding gives on top of its set, and what it takes away.
CREATE TABLE role_binding_entries (
    owner       TEXT NOT NULL,
    back_office TEXT NOT NULL,
    binding_uid TEXT NOT NULL,
    path        TEXT NOT NULL,
    level       TEXT NOT NULL CHECK (level IN ('None', 'Read', 'Write')),
    PRIMARY KEY (owner, back_office, binding_uid, path)
) WITHOUT ROWID;

CREATE TABLE role_binding_denials (
    owner       TEXT NOT NULL,
    back_office TEXT NOT NULL,
    binding_uid TEXT NOT NULL,
    path        TEXT NOT NULL,
    PRIMARY KEY (owner, back_office, binding_uid, path)
) WITHOUT ROWID;

-- What narrows what a binding gives, as user_filters.
CREATE TABLE role_binding_filters (
    owner         TEXT NOT NULL,
    back_office   TEXT NOT NULL,
    binding_uid   TEXT NOT NULL,
    dimension     TEXT NOT NULL,
    mode          TEXT NOT NULL,
    access        TEXT NOT NULL,
    filter_values TEXT NOT NULL,
    filter_groups TEXT NOT NULL,
    filter_tags   TEXT NOT NULL,
    default_value TEXT NOT NULL,
    PRIMARY KEY (owner, back_office, binding_uid, dimension)
) WITHOUT ROWID;

-- What was evaluated: a row counts only while it equals the stored generation of the binding and the stored labels of the user.
CREATE TABLE role_binding_subjects (
    owner              TEXT    NOT NULL,
    back_office        TEXT    NOT NULL,
    binding_uid        TEXT    NOT NULL,
    binding_generation INTEGER NOT NULL,
    user_uid           TEXT    NOT NULL,
    labels_hash        TEXT    NOT NULL,
    since              INTEGER NOT NULL DEFAULT (CAST(strftime('%s', 'now') AS INTEGER) + 2), -- when the user got the binding; it passes from row to row while the user has it
    PRIMARY KEY (owner, back_office, binding_uid, binding_generation, user_uid, labels_hash)
) WITHOUT ROWID;

CREATE INDEX role_binding_subjects_user ON role_binding_subjects (user_uid, back_office, owner, labels_hash);

-- Who was given what, and by whom. Rows are added, and never changed or deleted.
CREATE TABLE audit_log (
    id          TEXT    NOT NULL PRIMARY KEY, -- sorted by time
    owner       TEXT    NOT NULL,
    back_office TEXT    NOT NULL,
    at          INTEGER NOT NULL DEFAULT (CAST(strftime('%s', 'now') AS INTEGER)),
    action      TEXT    NOT NULL CHECK (action IN ('Put', 'Remove', 'Deactivate', 'Delete', 'Orphan')),
    kind        TEXT    NOT NULL,
    namespace   TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    uid         TEXT    NOT NULL,
    generation  INTEGER NOT NULL,
    actor       TEXT    NOT NULL,
    stamp       TEXT    NOT NULL,
    granted     TEXT    NOT NULL, -- JSON arrays of text
    lost        TEXT    NOT NULL
);

CREATE INDEX audit_log_stamp ON audit_log (stamp, owner, back_office, uid) WHERE stamp <> '';
CREATE INDEX audit_log_actor ON audit_log (actor, back_office, owner, at);
CREATE INDEX audit_log_uid ON audit_log (uid, back_office, owner, at);

-- +goose StatementBegin
CREATE TRIGGER audit_log_update BEFORE UPDATE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'audit_log is append-only: rows are never changed');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_log_delete BEFORE DELETE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'audit_log is append-only: rows are never deleted');
END;
-- +goose StatementEnd

-- INSERT OR REPLACE deletes without a trigger.
-- +goose StatementBegin
CREATE TRIGGER audit_log_replace BEFORE INSERT ON audit_log WHEN EXISTS (SELECT 1 FROM audit_log WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'audit_log is append-only: rows are never replaced');
END;
-- +goose StatementEnd
