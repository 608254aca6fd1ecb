-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up

-- Every key begins with the owner and the back office. Times are whole seconds since 1970, UTC. Text is compared bytewise.

-- One row for each owner of a back office, with the scalar part of the Office record.
CREATE TABLE owners (
    owner              TEXT    NOT NULL,
    back_office        TEXT    NOT NULL,
    used_by            TEXT    NOT NULL, -- namespace/name of the BackOffice; empty once released
    fence              INTEGER NOT NULL,
    max_users          INTEGER NOT NULL DEFAULT -1,
    max_administrators INTEGER NOT NULL DEFAULT -1,
    office_uid         TEXT    NOT NULL DEFAULT '', -- empty: no Office is stored
    office_namespace   TEXT    NOT NULL DEFAULT '',
    office_name        TEXT    NOT NULL DEFAULT '',
    office_generation  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (owner, back_office)
) STRICT, WITHOUT ROWID;

CREATE TABLE permission_catalog (
    owner       TEXT NOT NULL,
    back_office TEXT NOT NULL,
    path        TEXT NOT NULL,
    PRIMARY KEY (owner, back_office, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    id           TEXT    NOT NULL PRIMARY KEY,
    owner        TEXT,             -- null: an orphan, which no operator touches
    back_office  TEXT    NOT NULL,
    uid          TEXT,             -- null: the row outlived its object
    namespace    TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    generation   INTEGER NOT NULL,
    login        TEXT    NOT NULL,
    login_folded TEXT    NOT NULL, -- ASCII letters in lower case
    account_type TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    held         INTEGER NOT NULL CHECK (held IN (0, 1)),
    hold_reason  TEXT    NOT NULL,
    in_force     INTEGER NOT NULL CHECK (in_force IN (0, 1)),
    full_name    TEXT    NOT NULL,
    description  TEXT    NOT NULL,
    labels_hash  TEXT    NOT NULL,
    created_at   INTEGER NOT NULL DEFAULT (unixepoch()),
    updated_at   INTEGER NOT NULL DEFAULT (unixepoch())
) STRICT;

-- Without the owner: a login is one person's, whoever wrote the row.
CREATE UNIQUE INDEX users_login_folded ON users (back_office, login_folded);
CREATE INDEX users_login ON users (back_office, login);
CREATE UNIQUE INDEX users_uid ON users (owner, back_office, uid);
CREATE INDEX users_seats ON users (owner, back_office, account_type) WHERE state <> 'Deactivated';

CREATE TABLE allowed_networks (
    user_id TEXT NOT NULL,
    network TEXT NOT NULL,
    PRIMARY KEY (user_id, network)
) STRICT, WITHOUT ROWID;

CREATE TABLE credentials (
    user_id                 TEXT    NOT NULL PRIMARY KEY,
    version                 INTEGER NOT NULL,
    verifier                TEXT    NOT NULL,
    issued_at               INTEGER NOT NULL,
    secret_uid              TEXT    NOT NULL DEFAULT '', -- empty while the issue is unfinished
    secret_resource_version TEXT    NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

CREATE TABLE permission_sets (
    owner        TEXT    NOT NULL,
    back_office  TEXT    NOT NULL,
    uid          TEXT    NOT NULL,
    namespace    TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    generation   INTEGER NOT NULL,
    set_key      TEXT    NOT NULL,
    display_name TEXT    NOT NULL,
    rank         INTEGER NOT NULL,
    rank_family  TEXT    NOT NULL,
    in_force     INTEGER NOT NULL CHECK (in_force IN (0, 1)),
    PRIMARY KEY (owner, back_office, uid)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX permission_sets_key ON permission_sets (owner, back_office, set_key);

CREATE TABLE permission_set_entries (
    owner       TEXT NOT NULL,
    back_office TEXT NOT NULL,
    set_uid     TEXT NOT NULL,
    path        TEXT NOT NULL,
    level       TEXT NOT NULL CHECK (level IN ('None', 'Read', 'Write')),
    PRIMARY KEY (owner, back_office, set_uid, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE permission_set_denials (
    owner       TEXT NOT NULL,
    back_office TEXT NOT NULL,
    set_uid     TEXT NOT NULL,
    path        TEXT NOT NULL,
    PRIMARY KEY (owner, back_office, set_uid, path)
) STRICT, WITHOUT ROWID;

-- Whom a set inherits from, itself at distance 0 included.
CREATE TABLE permission_set_closure (
    owner        TEXT    NOT NULL,
    back_office  TEXT    NOT NULL,
    set_uid      TEXT    NOT NULL,
    ancestor_uid TEXT    NOT NULL,
    distance     INTEGER NOT NULL,
    PRIMARY KEY (owner, back_office, set_uid, ancestor_uid)
) STRICT, WITHOUT ROWID;

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
    PRIMARY KEY (owner, back_office, uid)
) STRICT, WITHOUT ROWID;

-- What was evaluated: a row counts only while it equals the stored generation of the binding and the stored labels of the user.
CREATE TABLE role_binding_subjects (
    owner              TEXT    NOT NULL,
    back_office        TEXT    NOT NULL,
    binding_uid        TEXT    NOT NULL,
    binding_generation INTEGER NOT NULL,
    user_uid           TEXT    NOT NULL,
    labels_hash        TEXT    NOT NULL,
    PRIMARY KEY (owner, back_office, binding_uid, binding_generation, user_uid, labels_hash)
) STRICT, WITHOUT ROWID;

CREATE INDEX role_binding_subjects_user ON role_binding_subjects (user_uid, back_office, owner, labels_hash);

-- Who may log in, and what a log-in needs.
CREATE VIEW active_users AS
SELECT
    u.back_office,
    u.login,
    u.login_folded,
    u.id,
    u.account_type,
    c.verifier,
    c.issued_at AS credential_issued_at,
    (SELECT json_group_array(n.network ORDER BY n.network) FROM allowed_networks n WHERE n.user_id = u.id) AS allowed_networks
FROM users u
LEFT JOIN credentials c ON c.user_id = u.id
WHERE u.state = 'Active' AND NOT u.held AND u.in_force;

-- What each of them may do. All that a user has is worked out in one correlated subquery, so that a question for one user reads that
-- user's rows only.
CREATE VIEW effective_permissions AS
SELECT
    u.back_office,
    u.login,
    u.login_folded,
    answer.value ->> 0 AS path,
    answer.value ->> 1 AS level
FROM users u, json_each((
    WITH
    -- The sets that the user holds now. An orphan keeps what its former owner gave.
    held AS MATERIALIZED (
        SELECT DISTINCT s.owner, s.uid
        FROM role_binding_subjects x
        CROSS JOIN role_bindings b
            ON b.owner = x.owner AND b.back_office = x.back_office AND b.uid = x.binding_uid AND b.generation = x.binding_generation
        CROSS JOIN permission_sets s ON s.owner = b.owner AND s.back_office = b.back_office AND s.uid = b.permission_set_uid
        WHERE x.user_uid = u.uid AND x.back_office = u.back_office AND x.owner = ifnull(u.owner, x.owner) AND x.labels_hash = u.labels_hash
            AND b.in_force AND s.in_force
            AND ifnull(b.not_before <= unixepoch(), TRUE) AND ifnull(unixepoch() < b.expires_at, TRUE)
    ),
    inherited AS MATERIALIZED (
        SELECT h.owner, h.uid AS held_uid, s.uid, c.distance
        FROM held h
        CROSS JOIN permission_set_closure c ON c.owner = h.owner AND c.back_office = u.back_office AND c.set_uid = h.uid
        CROSS JOIN permission_sets s ON s.owner = c.owner AND s.back_office = c.back_office AND s.uid = c.ancestor_uid
        WHERE s.in_force
    ),
    -- One level for each path of a held set: the nearest one, of the nearest the highest; 2 is Write, 1 Read, 0 None. The two criteria
    -- are folded into one number, of which the smallest wins.
    entry AS MATERIALIZED (
        SELECT owner, held_uid, path, 2 - min(3 * distance + missing) % 3 AS level
        FROM (
            SELECT
                i.owner, i.held_uid, e.path, i.distance, CASE e.level WHEN 'Write' THEN 0 WHEN 'Read' THEN 1 ELSE 2 END AS missing
            FROM inherited i
            CROSS JOIN permission_set_entries e ON e.owner = i.owner AND e.back_office = u.back_office AND e.set_uid = i.uid
        )
        GROUP BY owner, held_uid, path
    ),
    denial AS MATERIALIZED (
        SELECT DISTINCT d.path
        FROM inherited i
        CROSS JOIN permission_set_denials d ON d.owner = i.owner AND d.back_office = u.back_office AND d.set_uid = i.uid
    ),
    -- The leaves of a closed catalogue; of an open one all paths that are mentioned.
    leaf AS MATERIALIZED (
        SELECT c.path
        FROM (SELECT DISTINCT owner FROM held) h
        CROSS JOIN permission_catalog c ON c.owner = h.owner AND c.back_office = u.back_office
    ),
    candidate AS MATERIALIZED (
        SELECT path FROM leaf
        UNION
        SELECT path FROM entry WHERE NOT EXISTS (SELECT 1 FROM leaf)
        UNION
        SELECT path FROM denial WHERE NOT EXISTS (SELECT 1 FROM leaf)
    ),
    -- The deepest path that covers a candidate decides, in each held set by itself.
    decided AS MATERIALIZED (
        SELECT c.path, max(3 * length(e.path) + e.level) % 3 AS level
        FROM candidate c
        CROSS JOIN entry e ON e.path = c.path OR substr(c.path, 1, length(e.path) + 1) = e.path || '/'
        GROUP BY c.path, e.owner, e.held_uid
    ),
    granted AS (
        SELECT path, 'None' AS level
        FROM candidate c
        WHERE EXISTS (SELECT 1 FROM denial d WHERE d.path = c.path OR substr(c.path, 1, length(d.path) + 1) = d.path || '/')
        UNION ALL
        SELECT path, CASE max(level) WHEN 2 THEN 'Write' ELSE 'Read' END
        FROM decided c
        WHERE NOT EXISTS (SELECT 1 FROM denial d WHERE d.path = c.path OR substr(c.path, 1, length(d.path) + 1) = d.path || '/')
        GROUP BY path
        HAVING max(level) > 0
    )
    SELECT json_group_array(json_array(path, level)) FROM granted
)) answer
WHERE u.state = 'Active' AND NOT u.held AND u.in_force;
