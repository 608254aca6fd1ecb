-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up

-- A question for one user reads that user's rows only, because in each view the user stands outermost and the rest is worked out in subqueries
-- that are correlated with it. SQLite works out such a subquery at each place that names it, so that what is needed more than once is handed on
-- as JSON. An orphan keeps what its former owner gives.

-- Who may log in, and what a log-in needs. A password counts from the moment of the owner's last reset on; the one before it as long as it is left.
CREATE VIEW active_users AS
SELECT
    u.back_office, u.login, u.login_folded, u.id, u.account_type,
    CASE WHEN c.issued_at >= ifnull(reset.credentials_reset_at, c.issued_at) THEN nullif(c.verifier, '') END AS verifier,
    CASE
        WHEN c.previous_issued_at >= ifnull(reset.credentials_reset_at, c.previous_issued_at)
            AND (c.previous_until IS NULL OR CAST(strftime('%s', 'now') AS INTEGER) < c.previous_until)
            THEN nullif(c.previous_verifier, '')
    END AS previous_verifier,
    CASE
        WHEN c.verifier <> '' AND c.issued_at >= ifnull(reset.credentials_reset_at, c.issued_at) THEN c.issued_at
    END AS credential_issued_at,
    (
        SELECT json_group_array(sorted.network)
        FROM (SELECT n.network FROM allowed_networks n WHERE n.user_id = u.id ORDER BY n.network) sorted
    ) AS allowed_networks,
    CASE WHEN EXISTS (
        SELECT 1 FROM owners o WHERE o.back_office = u.back_office AND (o.owner = u.owner OR u.owner IS NULL) AND o.two_factor_required
    ) THEN 'Required' ELSE 'Optional' END AS two_factor,
    u.settings,
    -- Sessions that began before are over. It may say so too often, and never too rarely: each binding counts of which the user has any row.
    max(
        u.created_at + 1, -- rounded up
        ifnull(u.access_lost_at, 0),
        ifnull((
            SELECT max(o.access_lost_at) FROM owners o
            WHERE o.back_office = u.back_office AND (o.owner = u.owner OR u.owner IS NULL AND EXISTS (
                SELECT 1 FROM role_binding_subjects x WHERE x.user_uid = u.uid AND x.back_office = u.back_office AND x.owner = o.owner
            ))
        ), 0),
        ifnull((
            SELECT max(max(
                ifnull(b.access_lost_at, 0),
                ifnull((
                    SELECT max(a.access_lost_at)
                    FROM permission_set_closure c
                    CROSS JOIN permission_sets a ON a.owner = c.owner AND a.back_office = c.back_office AND a.uid = c.ancestor_uid
                    WHERE c.owner = b.owner AND c.back_office = b.back_office AND c.set_uid = b.permission_set_uid
                ), 0),
                CASE WHEN b.expires_at <= CAST(strftime('%s', 'now') AS INTEGER) THEN b.expires_at ELSE 0 END,
                -- What begins takes something away only if it denies something.
                CASE WHEN b.has_denied OR EXISTS (
                    SELECT 1
                    FROM permission_set_closure c
                    CROSS JOIN permission_sets a ON a.owner = c.owner AND a.back_office = c.back_office AND a.uid = c.ancestor_uid
                    WHERE c.owner = b.owner AND c.back_office = b.back_office AND c.set_uid = b.permission_set_uid AND a.has_denied
                ) THEN max(x.since, CASE WHEN b.not_before <= CAST(strftime('%s', 'now') AS INTEGER) THEN b.not_before ELSE 0 END) ELSE 0 END
            ))
            FROM role_binding_subjects x
            CROSS JOIN role_bindings b ON b.owner = x.owner AND b.back_office = x.back_office AND b.uid = x.binding_uid
            WHERE x.user_uid = u.uid AND x.back_office = u.back_office AND (x.owner = u.owner OR u.owner IS NULL)
        ), 0)
    ) AS sessions_valid_after
FROM users u
LEFT JOIN credentials c ON c.user_id = u.id
LEFT JOIN owners reset ON reset.owner = u.owner AND reset.back_office = u.back_office
WHERE u.state = 'Active' AND NOT u.held AND u.in_force;

-- The invitations that are to be sent now.
CREATE VIEW outbox_mail AS
SELECT x.back_office, x.id, u.login, u.login_folded, u.email, u.first_name, u.language, x.token, c.token_expires_at AS expires_at
FROM outbox x
CROSS JOIN users u ON u.id = x.user_id AND u.back_office = x.back_office
CROSS JOIN credentials c ON c.user_id = x.user_id
LEFT JOIN owners reset ON reset.owner = u.owner AND reset.back_office = u.back_office
WHERE u.state = 'Active' AND NOT u.held AND u.in_force AND u.email <> ''
    AND x.expires_at > CAST(strftime('%s', 'now') AS INTEGER)
    AND c.token_hash = x.token_hash AND c.token_expires_at > CAST(strftime('%s', 'now') AS INTEGER)
    AND c.issued_at >= ifnull(reset.credentials_reset_at, c.issued_at);

-- Who has an account, whether it may log in or not.
CREATE VIEW user_profiles AS
SELECT
    u.back_office, u.login, u.login_folded, u.id, u.state, u.first_name, u.last_name, u.email, u.email_folded, u.phone, u.language, u.gender,
    u.picture_url, u.description
FROM users u;

-- What is said of each of those who may log in: the common part of the views below, and not for applications, for it may change. bindings are
-- those that are in force now, and verdicts what is said of each path.
CREATE VIEW user_verdicts AS
SELECT
    u.back_office, u.login, u.login_folded, u.id AS user_id, bindings.value AS bindings, verdicts.value AS verdicts
FROM users u
CROSS JOIN json_each(json_array((
    -- The bindings that are in force now: [owner, binding, the set that it hands out, whether the catalogue is closed]. One whose set is not for
    -- the user's account type, or inherits from one that is not, neither gives nor denies.
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
        AND NOT EXISTS (
            SELECT 1
            FROM permission_set_closure c
            CROSS JOIN permission_sets a ON a.owner = c.owner AND a.back_office = c.back_office AND a.uid = c.ancestor_uid
            WHERE c.owner = b.owner AND c.back_office = b.back_office AND c.set_uid = b.permission_set_uid AND a.account_types <> '[]'
                AND NOT EXISTS (SELECT 1 FROM json_each(a.account_types) t WHERE t.value = u.account_type)
        )
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
CROSS JOIN json_each(json_array((
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
    by_giver (path, giver, level, is_denied) AS (
        SELECT c.value, json_extract(v.value, '$[0]'), max(json_extract(v.value, '$[1]')) % 3, max(json_extract(v.value, '$[1]') IS NULL)
        FROM meeting
        CROSS JOIN json_each(meeting.verdicts) v
        CROSS JOIN json_each(meeting.candidates) c
        GROUP BY c.value, json_extract(v.value, '$[0]')
    ),
    -- [path, whether it is denied, the highest level of those who give it, who gives Read or Write: [giver, level]].
    verdict (value) AS (
        SELECT json_array(path, max(is_denied), max(level), json(json_group_array(json_array(giver, level)) FILTER (WHERE level > 0)))
        FROM by_giver
        GROUP BY path
    )
    SELECT json_group_array(json(value)) FROM verdict
))) verdicts
WHERE u.state = 'Active' AND NOT u.held AND u.in_force;

-- What each of them may do, and what is taken from them, which are the rows of level None. The deepest row that covers a path decides; where
-- there is none, nothing is allowed. Across those who give the higher level wins, and a denial beats all.
CREATE VIEW effective_permissions AS
SELECT
    v.back_office, v.login, v.login_folded,
    json_extract(said.value, '$[0]') AS path,
    CASE WHEN json_extract(said.value, '$[1]') THEN 'None'
        ELSE CASE json_extract(said.value, '$[2]') WHEN 2 THEN 'Write' WHEN 1 THEN 'Read' ELSE 'None' END END AS level
FROM user_verdicts v
CROSS JOIN json_each(v.verdicts) said;


-- On which data each of them may use a path, grant by grant: one row for each filter that the data has to pass. A grant is a binding that gives
-- Read or Write there, by its set or by itself. The filters of the user and of the binding count, but for the dimensions that its set bypasses; a
-- dimension on which none is left is not narrowed, which is a row of mode All.
CREATE VIEW effective_filters AS
SELECT
    v.back_office, v.login, v.login_folded,
    json_extract(given.value, '$[0]') AS path,
    CASE json_extract(given.value, '$[1]') WHEN 2 THEN 'Write' ELSE 'Read' END AS level,
    json_extract(parts.value, '$[0]') AS grant_id,
    json_extract(filter.value, '$[0]') AS dimension,
    json_extract(filter.value, '$[1]') AS mode,
    json_extract(filter.value, '$[2]') AS access,
    json_extract(filter.value, '$[3]') AS filter_values, -- JSON arrays of text
    json_extract(filter.value, '$[4]') AS filter_groups,
    json_extract(filter.value, '$[5]') AS filter_tags,
    json_extract(filter.value, '$[6]') AS default_value
FROM user_verdicts v
CROSS JOIN json_each((
    WITH
    bound (owner, uid, set_uid) AS (
        SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]') FROM json_each(v.bindings)
    ),
    -- What the givers give beside the bindings by which they give it: a join by sorting.
    handing (paths, grants) AS (
        SELECT
            json_group_array(json_array(path, level)) FILTER (WHERE path IS NOT NULL), json_group_array(grant_id) FILTER (WHERE path IS NULL)
        FROM (
            SELECT 'set ' || set_uid AS giver, uid AS grant_id, NULL AS path, NULL AS level FROM bound
            UNION ALL
            SELECT 'binding ' || uid, uid, NULL, NULL FROM bound
            UNION ALL
            SELECT json_extract(g.value, '$[0]'), NULL, json_extract(said.value, '$[0]'), json_extract(g.value, '$[1]')
            FROM json_each(v.verdicts) said
            CROSS JOIN json_each(said.value, '$[3]') g
            WHERE NOT json_extract(said.value, '$[1]')
        ) either
        GROUP BY giver
    ),
    -- What is said of a dimension of a grant: a filter, that the set bypasses it, or that it is declared.
    mention (grant_id, dimension, filter, bypassed, declared) AS (
        SELECT
            bound.uid, f.dimension,
            json_array(f.dimension, f.mode, f.access, f.filter_values, f.filter_groups, f.filter_tags, f.default_value), 0, 0
        FROM bound
        CROSS JOIN user_filters f ON f.user_id = v.user_id
        UNION ALL
        SELECT
            bound.uid, f.dimension,
            json_array(f.dimension, f.mode, f.access, f.filter_values, f.filter_groups, f.filter_tags, f.default_value), 0, 0
        FROM bound
        CROSS JOIN role_binding_filters f ON f.owner = bound.owner AND f.back_office = v.back_office AND f.binding_uid = bound.uid
        UNION ALL
        -- A set bypasses while it gives: it and all that it inherits from is in force.
        SELECT bound.uid, t.value, NULL, 1, 0
        FROM bound
        CROSS JOIN permission_sets s ON s.owner = bound.owner AND s.back_office = v.back_office AND s.uid = bound.set_uid AND s.in_force
        CROSS JOIN json_each(s.bypass) t
        WHERE NOT EXISTS (
            SELECT 1
            FROM permission_set_closure c
            CROSS JOIN permission_sets a ON a.owner = c.owner AND a.back_office = c.back_office AND a.uid = c.ancestor_uid
            WHERE c.owner = s.owner AND c.back_office = s.back_office AND c.set_uid = s.uid AND NOT a.in_force
        )
        UNION ALL
        SELECT bound.uid, d.dimension, NULL, 0, 1
        FROM bound
        CROSS JOIN filter_dimensions d ON d.owner = bound.owner AND d.back_office = v.back_office
    ),
    narrowing (grant_id, filters) AS (
        SELECT
            grant_id,
            CASE
                WHEN count(filter) > 0 AND NOT max(bypassed) THEN json_group_array(json(filter)) FILTER (WHERE filter IS NOT NULL)
                WHEN max(declared) THEN json_array(json_array(dimension, 'All', 'ReadWrite', '[]', '[]', '[]', ''))
            END
        FROM mention
        GROUP BY grant_id, dimension
    ),
    part (value) AS (
        SELECT json_array(
            grant_id,
            json(json_group_array(json_array(path, level)) FILTER (WHERE path IS NOT NULL)),
            json(json_group_array(json(filter)) FILTER (WHERE filter IS NOT NULL)))
        FROM (
            SELECT g.value AS grant_id, json_extract(p.value, '$[0]') AS path, max(json_extract(p.value, '$[1]')) AS level, NULL AS filter
            FROM handing
            CROSS JOIN json_each(handing.paths) p
            CROSS JOIN json_each(handing.grants) g
            GROUP BY g.value, json_extract(p.value, '$[0]')
            UNION ALL
            SELECT narrowing.grant_id, NULL, NULL, f.value
            FROM narrowing
            CROSS JOIN json_each(narrowing.filters) f
        ) either
        GROUP BY grant_id
    )
    SELECT json_group_array(json(value)) FROM part
)) parts
CROSS JOIN json_each(parts.value, '$[2]') filter
CROSS JOIN json_each(parts.value, '$[1]') given;
