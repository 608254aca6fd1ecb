-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
SET LOCAL search_path TO :"schema", pg_temp;

-- What back-office applications ask, by login. The user stands outermost, and all else is read for that user alone: a condition on
-- login is not pushed into a view that aggregates or sorts across users. Each step leads from few rows to those with their keys, and is
-- materialized so that no plan turns it round, also while the tables have no statistics.
-- Time is statement_timestamp(), for now() stands still in a long transaction.

-- What each source gives a user who may log in: a set with all that it inherits, or a binding by its own entries. Each has a row with its paths and
-- their ranks, 2 for Write, 1 for Read and 0 where it takes a path out; and one row has the paths that are denied, which stand in no other.
-- bindings are those that hand the source out, and bypass are the dimensions on which their filters, and those of the user, do not count.
-- It is no question of an application, and the ground of those on paths. Lists keep what belongs together in few rows: without statistics, joins of
-- many rows would be nested loops.
CREATE VIEW user_grants AS
SELECT u.id AS user_id, p.*
FROM users AS u
CROSS JOIN LATERAL (
    WITH seen AS MATERIALIZED ( -- what was evaluated for these labels; for an orphan, by its former owner
        SELECT s.owner, s.back_office, s.binding_uid, s.binding_generation
        FROM role_binding_subjects AS s
        WHERE s.user_uid = u.uid AND s.labels_hash = u.labels_hash
            AND s.back_office = u.back_office AND (s.owner = u.owner OR u.owner IS NULL)
    ), begun AS MATERIALIZED ( -- the bindings that are in force now
        SELECT b.owner, b.back_office, b.uid, b.permission_set_uid AS set_uid
        FROM seen AS s
        JOIN role_bindings AS b ON b.owner = s.owner AND b.back_office = s.back_office AND b.uid = s.binding_uid
        WHERE b.generation = s.binding_generation AND b.in_force
            AND (b.not_before IS NULL OR b.not_before <= statement_timestamp())
            AND (b.expires_at IS NULL OR b.expires_at > statement_timestamp())
    ), handed AS MATERIALIZED ( -- the sets that they hand out
        SELECT h.owner, h.back_office, h.uid AS set_uid, h.in_force, h.bypass
        FROM (SELECT DISTINCT b.owner, b.back_office, b.set_uid FROM begun AS b) AS b
        JOIN permission_sets AS h ON h.owner = b.owner AND h.back_office = b.back_office AND h.uid = b.set_uid
    ), ancestor AS MATERIALIZED ( -- with those that they inherit from, themselves included; one that is withheld gives nothing, and still denies
        SELECT c.owner, c.back_office, c.set_uid, c.ancestor_uid, c.distance, h.in_force AND a.in_force AS gives,
            a.account_types = '[]' OR a.account_types ? u.account_type AS permits
        FROM handed AS h
        JOIN permission_set_closure AS c ON c.owner = h.owner AND c.back_office = h.back_office AND c.set_uid = h.set_uid
        JOIN permission_sets AS a ON a.owner = c.owner AND a.back_office = c.back_office AND a.uid = c.ancestor_uid
    ), refused AS MATERIALIZED ( -- those that accounts of this type may not hold
        SELECT DISTINCT a.set_uid FROM ancestor AS a WHERE NOT a.permits
    ), bound AS MATERIALIZED ( -- what is left: such a binding neither gives nor denies
        SELECT b.owner, b.back_office, b.uid, b.set_uid
        FROM begun AS b
        WHERE NOT EXISTS (SELECT FROM refused AS r WHERE r.set_uid = b.set_uid)
    ), source AS MATERIALIZED (
        SELECT a.*
        FROM ancestor AS a
        WHERE NOT EXISTS (SELECT FROM refused AS r WHERE r.set_uid = a.set_uid)
    ), held AS MATERIALIZED ( -- a set bypasses filters only while it gives with all that it inherits
        SELECT h.set_uid, CASE WHEN bool_and(s.gives) THEN h.bypass ELSE '[]' END AS bypass
        FROM handed AS h
        JOIN source AS s ON s.set_uid = h.set_uid
        GROUP BY h.set_uid, h.bypass
    ), mention AS MATERIALIZED ( -- what is said of a path: by a held set with all that it inherits, and by a binding, whatever its set
        SELECT 'set' AS kind, s.set_uid AS uid, s.distance, e.path, e.level
        FROM source AS s
        JOIN permission_set_entries AS e ON e.owner = s.owner AND e.back_office = s.back_office AND e.set_uid = s.ancestor_uid
        WHERE s.gives
        UNION ALL
        SELECT 'binding', b.uid, 0, e.path, e.level
        FROM bound AS b
        JOIN role_binding_entries AS e ON e.owner = b.owner AND e.back_office = b.back_office AND e.binding_uid = b.uid
    ), entry AS MATERIALIZED ( -- for one path the nearest set wins, at equal distance the higher level
        SELECT DISTINCT ON (m.kind, m.uid, m.path) m.kind, m.uid, m.path, r.rank
        FROM mention AS m
        CROSS JOIN LATERAL (SELECT CASE m.level WHEN 'Write' THEN 2 WHEN 'Read' THEN 1 ELSE 0 END AS rank) AS r
        ORDER BY m.kind, m.uid, m.path, m.distance, r.rank DESC
    ), denial AS MATERIALIZED (
        SELECT d.path
        FROM source AS s
        JOIN permission_set_denials AS d ON d.owner = s.owner AND d.back_office = s.back_office AND d.set_uid = s.ancestor_uid
        UNION
        SELECT d.path
        FROM bound AS b
        JOIN role_binding_denials AS d ON d.owner = b.owner AND d.back_office = b.back_office AND d.binding_uid = b.uid
    ), leaf AS MATERIALIZED (
        SELECT k.path
        FROM (SELECT DISTINCT b.owner, b.back_office FROM bound AS b) AS b
        JOIN permission_catalog AS k ON k.owner = b.owner AND k.back_office = b.back_office
    ), candidate AS MATERIALIZED ( -- the leaves of a closed catalogue, else the paths that are mentioned
        SELECT path FROM leaf
        UNION SELECT path FROM entry WHERE NOT EXISTS (SELECT FROM leaf)
        UNION SELECT path FROM denial WHERE NOT EXISTS (SELECT FROM leaf)
    ), cover AS MATERIALIZED ( -- each candidate with the paths that cover it: itself and its parents
        SELECT c.path, part.depth, array_to_string(parts[1:part.depth], '/') AS covered_by
        FROM candidate AS c
        CROSS JOIN LATERAL string_to_array(c.path, '/') AS parts
        CROSS JOIN LATERAL unnest(parts) WITH ORDINALITY AS part (name, depth)
    ), denied AS MATERIALIZED (
        SELECT DISTINCT c.path FROM cover AS c JOIN denial AS d ON d.path = c.covered_by
    ), granted AS MATERIALIZED ( -- within a set, and within a binding, the deepest path wins
        SELECT DISTINCT ON (e.kind, e.uid, c.path) e.kind, e.uid, c.path, e.rank
        FROM cover AS c JOIN entry AS e ON e.path = c.covered_by
        ORDER BY e.kind, e.uid, c.path, c.depth DESC
    ), origin AS MATERIALIZED ( -- which bindings hand a source out
        SELECT 'set' AS kind, b.set_uid AS uid, b.owner, b.back_office, array_agg(b.uid) AS bindings, h.bypass
        FROM bound AS b
        JOIN held AS h ON h.set_uid = b.set_uid
        GROUP BY b.set_uid, b.owner, b.back_office, h.bypass
        UNION ALL
        SELECT 'binding', b.uid, b.owner, b.back_office, ARRAY[b.uid], coalesce(h.bypass, '[]')
        FROM bound AS b
        LEFT JOIN held AS h ON h.set_uid = b.set_uid
    )
    SELECT array_agg(d.path) AS paths, array_agg(0) AS ranks, NULL AS owner, NULL AS back_office, NULL::text[] AS bindings, NULL::jsonb AS bypass
    FROM denied AS d
    UNION ALL
    SELECT s.paths, s.ranks, o.owner, o.back_office, o.bindings, o.bypass
    FROM (
        SELECT g.kind, g.uid, array_agg(g.path) AS paths, array_agg(g.rank) AS ranks
        FROM granted AS g
        WHERE NOT EXISTS (SELECT FROM denied AS d WHERE d.path = g.path)
        GROUP BY g.kind, g.uid
    ) AS s
    JOIN origin AS o ON o.kind = s.kind AND o.uid = s.uid
) AS p
WHERE u.state = 'Active' AND NOT u.held AND u.in_force;

-- What a login may do, and what is taken from it, which are the rows of level None. The deepest row that covers a path decides; where there is
-- none, nothing is allowed.
CREATE VIEW effective_permissions AS
SELECT u.back_office, u.login, u.login_folded, p.path, p.level
FROM users AS u
CROSS JOIN LATERAL (
    SELECT e.path, CASE max(e.rank) WHEN 2 THEN 'Write' WHEN 1 THEN 'Read' ELSE 'None' END AS level -- across sources the higher level wins
    FROM user_grants AS g
    CROSS JOIN LATERAL unnest(g.paths, g.ranks) AS e (path, rank)
    WHERE g.user_id = u.id
    GROUP BY e.path
) AS p;

-- On which data a login may do it: by one of its grants, which are bindings, and for a path that this grant gives, data that passes all rows of
-- the two. Lists are sorted JSON arrays of text. A dimension by which nothing is narrowed has a row of mode All.
CREATE VIEW effective_filters AS
SELECT u.back_office, u.login, u.login_folded, p.*
FROM users AS u
CROSS JOIN LATERAL (
    WITH part AS MATERIALIZED ( -- what each binding gives, by its set or by its own entries
        SELECT b.uid AS grant_id, e.path, max(e.rank) AS rank, g.owner, g.back_office, g.bypass
        FROM user_grants AS g
        CROSS JOIN LATERAL unnest(g.paths, g.ranks) AS e (path, rank)
        CROSS JOIN LATERAL unnest(g.bindings) AS b (uid)
        WHERE g.user_id = u.id AND e.rank > 0
        GROUP BY b.uid, e.path, g.owner, g.back_office, g.bypass
    ), source AS MATERIALIZED (
        SELECT p.grant_id, p.owner, p.back_office, p.bypass, array_agg(p.path) AS paths, array_agg(p.rank) AS ranks
        FROM part AS p
        GROUP BY p.grant_id, p.owner, p.back_office, p.bypass
    ), narrowing AS MATERIALIZED ( -- the filters of the user narrow all, those of a binding what it gives
        SELECT s.grant_id, f.dimension, f.mode, f.access, f.filter_values, f.filter_groups, f.filter_tags, f.default_value
        FROM source AS s
        JOIN user_filters AS f ON f.user_id = u.id
        WHERE NOT s.bypass ? f.dimension
        UNION ALL
        SELECT s.grant_id, f.dimension, f.mode, f.access, f.filter_values, f.filter_groups, f.filter_tags, f.default_value
        FROM source AS s
        CROSS JOIN LATERAL ( -- OFFSET keeps it a look-up by key, however many sources a plan expects
            SELECT f.* FROM role_binding_filters AS f
            WHERE f.owner = s.owner AND f.back_office = s.back_office AND f.binding_uid = s.grant_id
            OFFSET 0
        ) AS f
        WHERE NOT s.bypass ? f.dimension
    ), filter AS MATERIALIZED (
        SELECT n.* FROM narrowing AS n
        UNION ALL
        SELECT s.grant_id, d.dimension, 'All', 'ReadWrite', '[]', '[]', '[]', ''
        FROM source AS s
        JOIN filter_dimensions AS d ON d.owner = s.owner AND d.back_office = s.back_office
        WHERE NOT EXISTS (SELECT FROM narrowing AS n WHERE n.grant_id = s.grant_id AND n.dimension = d.dimension)
    )
    SELECT e.path, CASE e.rank WHEN 2 THEN 'Write' ELSE 'Read' END AS level, s.grant_id, f.dimension, f.mode, f.access,
        f.filter_values::text AS filter_values, f.filter_groups::text AS filter_groups, f.filter_tags::text AS filter_tags, f.default_value
    FROM source AS s
    JOIN filter AS f ON f.grant_id = s.grant_id
    CROSS JOIN LATERAL unnest(s.paths, s.ranks) AS e (path, rank)
) AS p;
