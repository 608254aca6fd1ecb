-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up

-- Every key begins with the owner and the back office. A stamp identifies the admission of an object, gives is what was noted last of what it
-- gives, a JSON array of text. Times are whole seconds since 1970, UTC. Text is compared bytewise.
-- An application's SQLite may be older than the operator's: tables and views need 3.30 (2019) with the JSON functions, and nothing newer.

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
    office_stamp       TEXT    NOT NULL DEFAULT '',
    office_gives       TEXT    NOT NULL DEFAULT '[]',
    PRIMARY KEY (owner, back_office)
) WITHOUT ROWID;

CREATE TABLE permission_catalog (
    owner       TEXT NOT NULL,
    back_office TEXT NOT NULL,
    path        TEXT NOT NULL,
    PRIMARY KEY (owner, back_office, path)
) WITHOUT ROWID;

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
    stamp        TEXT    NOT NULL DEFAULT '',
    gives        TEXT    NOT NULL DEFAULT '[]',
    protection   TEXT    NOT NULL DEFAULT '[]', -- what it takes to have a row that outlived its object: a JSON array of {"family", "rank"}
    created_at   INTEGER NOT NULL DEFAULT (CAST(strftime('%s', 'now') AS INTEGER)),
    updated_at   INTEGER NOT NULL DEFAULT (CAST(strftime('%s', 'now') AS INTEGER))
);

-- Without the owner: a login is one person's, whoever wrote the row.
CREATE UNIQUE INDEX users_login_folded ON users (back_office, login_folded);
CREATE INDEX users_login ON users (back_office, login);
CREATE UNIQUE INDEX users_uid ON users (owner, back_office, uid);
CREATE INDEX users_seats ON users (owner, back_office, account_type) WHERE state <> 'Deactivated';

CREATE TABLE allowed_networks (
    user_id TEXT NOT NULL,
    network TEXT NOT NULL,
    PRIMARY KEY (user_id, network)
) WITHOUT ROWID;

CREATE TABLE credentials (
    user_id                 TEXT    NOT NULL PRIMARY KEY,
    version                 INTEGER NOT NULL,
    verifier                TEXT    NOT NULL,
    issued_at               INTEGER NOT NULL,
    secret_uid              TEXT    NOT NULL DEFAULT '', -- empty while the issue is unfinished
    secret_resource_version TEXT    NOT NULL DEFAULT ''
) WITHOUT ROWID;

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
    stamp        TEXT    NOT NULL DEFAULT '',
    gives        TEXT    NOT NULL DEFAULT '[]',
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
    PRIMARY KEY (owner, back_office, uid)
) WITHOUT ROWID;

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

-- What was evaluated: a row counts only while it equals the stored generation of the binding and the stored labels of the user.
CREATE TABLE role_binding_subjects (
    owner              TEXT    NOT NULL,
    back_office        TEXT    NOT NULL,
    binding_uid        TEXT    NOT NULL,
    binding_generation INTEGER NOT NULL,
    user_uid           TEXT    NOT NULL,
    labels_hash        TEXT    NOT NULL,
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
    (
        SELECT json_group_array(sorted.network)
        FROM (SELECT n.network FROM allowed_networks n WHERE n.user_id = u.id ORDER BY n.network) sorted
    ) AS allowed_networks
FROM users u
LEFT JOIN credentials c ON c.user_id = u.id
WHERE u.state = 'Active' AND NOT u.held AND u.in_force;

-- What each of them may do, and what is taken from them, which are the rows of level None. The deepest row that covers a path decides; where
-- there is none, nothing is allowed.
--
-- A question for one user reads that user's rows only, because the user stands outermost and the rest is worked out in subqueries that are
-- correlated with it. SQLite works out such a subquery at each place that names it, so that what is needed more than once is handed on as JSON.
CREATE VIEW effective_permissions AS
SELECT
    u.back_office,
    u.login,
    u.login_folded,
    json_extract(answer.value, '$[0]') AS path,
    json_extract(answer.value, '$[1]') AS level
FROM users u
CROSS JOIN json_each(json_array((
    -- The bindings that are in force now: [owner, binding, the set that it hands out, whether the catalogue is closed]. An orphan keeps what its
    -- former owner gives.
    SELECT json_group_array(json_array(
        b.owner, b.uid, b.permission_set_uid,
        EXISTS (SELECT 1 FROM permission_catalog p WHERE p.owner = b.owner AND p.back_office = u.back_office)))
    FROM role_binding_subjects x
    CROSS JOIN role_bindings b
        ON b.owner = x.owner AND b.back_office = x.back_office AND b.uid = x.binding_uid AND b.generation = x.binding_generation
    WHERE x.user_uid = u.uid AND x.back_office = u.back_office AND x.labels_hash = u.labels_hash
        AND (x.owner = u.owner OR u.owner IS NULL)
        AND (b.not_before IS NULL OR b.not_before <= CAST(strftime('%s', 'now') AS INTEGER))
        AND (b.expires_at IS NULL OR CAST(strftime('%s', 'now') AS INTEGER) < b.expires_at)
        AND b.in_force
))) bindings
CROSS JOIN json_each(json_array((
    -- The sets that say something about the user: [owner, the set that is held, the set itself or one that it inherits from, their distance,
    -- whether the catalogue is closed, whether it gives]. One that is withheld gives nothing, and still denies.
    SELECT json_group_array(json_array(held.owner, held.uid, a.uid, c.distance, held.closed, held.in_force AND a.in_force))
    FROM (
        SELECT DISTINCT s.owner, s.uid, s.in_force, json_extract(b.value, '$[3]') AS closed
        FROM json_each(bindings.value) b
        CROSS JOIN permission_sets s
            ON s.owner = json_extract(b.value, '$[0]') AND s.back_office = u.back_office AND s.uid = json_extract(b.value, '$[2]')
    ) held
    CROSS JOIN permission_set_closure c ON c.owner = held.owner AND c.back_office = u.back_office AND c.set_uid = held.uid
    CROSS JOIN permission_sets a ON a.owner = c.owner AND a.back_office = c.back_office AND a.uid = c.ancestor_uid
))) sources
CROSS JOIN json_each((
    WITH
    bound (owner, uid, closed) AS (
        SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[3]') FROM json_each(bindings.value)
    ),
    source (owner, held_uid, uid, distance, closed, gives) AS (
        SELECT
            json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'), json_extract(value, '$[3]'),
            json_extract(value, '$[4]'), json_extract(value, '$[5]')
        FROM json_each(sources.value)
    ),
    -- What they say, each held set and each binding for itself. Of one giver the deepest path that covers a candidate decides, for one path the
    -- nearest set, at equal distance the higher level (2 is Write, 1 Read, 0 None): all three are folded into one number, of which the greatest
    -- decides. It is null for a denial.
    said (closed, path, giver, weight) AS (
        SELECT
            source.closed, e.path, 'set ' || source.held_uid,
            3 * (((length(e.path) + 1) << 32) - source.distance) + CASE e.level WHEN 'Write' THEN 2 WHEN 'Read' THEN 1 ELSE 0 END
        FROM source
        CROSS JOIN permission_set_entries e ON e.owner = source.owner AND e.back_office = u.back_office AND e.set_uid = source.uid
        WHERE source.gives
        UNION ALL
        SELECT
            bound.closed, e.path, 'binding ' || bound.uid,
            3 * ((length(e.path) + 1) << 32) + CASE e.level WHEN 'Write' THEN 2 WHEN 'Read' THEN 1 ELSE 0 END
        FROM bound
        CROSS JOIN role_binding_entries e ON e.owner = bound.owner AND e.back_office = u.back_office AND e.binding_uid = bound.uid
        UNION ALL
        SELECT source.closed, d.path, 'set ' || source.held_uid, NULL
        FROM source
        CROSS JOIN permission_set_denials d ON d.owner = source.owner AND d.back_office = u.back_office AND d.set_uid = source.uid
        UNION ALL
        SELECT bound.closed, d.path, 'binding ' || bound.uid, NULL
        FROM bound
        CROSS JOIN role_binding_denials d ON d.owner = bound.owner AND d.back_office = u.back_office AND d.binding_uid = bound.uid
    ),
    -- What is asked for: the leaves of a closed catalogue, else all paths that are mentioned.
    candidate (path) AS (
        SELECT p.path
        FROM (SELECT DISTINCT owner FROM bound) closing
        CROSS JOIN permission_catalog p ON p.owner = closing.owner AND p.back_office = u.back_office
        UNION
        SELECT path FROM said WHERE NOT closed
    ),
    -- Each candidate with the paths that cover it: itself, and what stands before each of its slashes.
    cover (path, above) AS (
        SELECT path, path FROM candidate
        UNION ALL
        SELECT path, substr(above, 1, length(rtrim(above, replace(above, '/', ''))) - 1) FROM cover WHERE instr(above, '/') > 0
    ),
    -- What is said of a path beside the candidates that it covers: a join by sorting, for SQLite makes no index of a correlated subquery.
    meeting (verdicts, candidates) AS (
        SELECT json_group_array(json_array(giver, weight)) FILTER (WHERE path IS NULL), json_group_array(path) FILTER (WHERE path IS NOT NULL)
        FROM (
            SELECT path AS above, NULL AS path, giver, weight FROM said
            UNION ALL
            SELECT above, path, NULL, NULL FROM cover
        ) either
        GROUP BY above
    ),
    by_giver (path, level, is_denied) AS (
        SELECT c.value, max(json_extract(v.value, '$[1]')) % 3, max(json_extract(v.value, '$[1]') IS NULL)
        FROM meeting
        CROSS JOIN json_each(meeting.verdicts) v
        CROSS JOIN json_each(meeting.candidates) c
        GROUP BY c.value, json_extract(v.value, '$[0]')
    ),
    -- Across those who give the higher level wins, and a denial beats all.
    decided (path, level) AS (
        SELECT path, CASE WHEN max(is_denied) THEN 'None' ELSE CASE max(level) WHEN 2 THEN 'Write' WHEN 1 THEN 'Read' WHEN 0 THEN 'None' END END
        FROM by_giver
        GROUP BY path
    )
    SELECT json_group_array(json_array(path, level)) FROM decided WHERE level IS NOT NULL
)) answer
WHERE u.state = 'Active' AND NOT u.held AND u.in_force;
