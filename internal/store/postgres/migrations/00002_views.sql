-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
SET LOCAL search_path TO :"schema", pg_temp;

-- What back-office applications ask, by login. The user stands outermost, and all else is read for that user alone: a condition on
-- login is not pushed into a view that aggregates or sorts across users. Each step leads from few rows to those with their keys, and is
-- materialized so that no plan turns it round, also while the tables have no statistics.
-- Time is statement_timestamp(), for now() stands still in a long transaction.

-- What a login may do, and what is taken from it, which are the rows of level None. The deepest row that covers a path decides; where there is
-- none, nothing is allowed.
CREATE VIEW effective_permissions AS
SELECT u.back_office, u.login, u.login_folded, p.path, p.level
FROM users AS u
CROSS JOIN LATERAL (
    WITH seen AS MATERIALIZED ( -- what was evaluated for these labels; for an orphan, by its former owner
        SELECT s.owner, s.back_office, s.binding_uid, s.binding_generation
        FROM role_binding_subjects AS s
        WHERE s.user_uid = u.uid AND s.labels_hash = u.labels_hash
            AND s.back_office = u.back_office AND (s.owner = u.owner OR u.owner IS NULL)
    ), bound AS MATERIALIZED ( -- the bindings that are in force now
        SELECT b.owner, b.back_office, b.uid, b.permission_set_uid
        FROM seen AS s
        JOIN role_bindings AS b ON b.owner = s.owner AND b.back_office = s.back_office AND b.uid = s.binding_uid
        WHERE b.generation = s.binding_generation AND b.in_force
            AND (b.not_before IS NULL OR b.not_before <= statement_timestamp())
            AND (b.expires_at IS NULL OR b.expires_at > statement_timestamp())
    ), held AS MATERIALIZED ( -- the sets that they hand to the user
        SELECT DISTINCT h.owner, h.back_office, h.uid AS set_uid, h.in_force
        FROM bound AS b
        JOIN permission_sets AS h ON h.owner = b.owner AND h.back_office = b.back_office AND h.uid = b.permission_set_uid
    ), source AS MATERIALIZED ( -- the sets that a held one inherits from, itself included; one that is withheld gives nothing, and still denies
        SELECT c.owner, c.back_office, c.set_uid, c.ancestor_uid, c.distance, h.in_force AND a.in_force AS gives
        FROM held AS h
        JOIN permission_set_closure AS c ON c.owner = h.owner AND c.back_office = h.back_office AND c.set_uid = h.set_uid
        JOIN permission_sets AS a ON a.owner = c.owner AND a.back_office = c.back_office AND a.uid = c.ancestor_uid
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
        SELECT DISTINCT ON (e.kind, e.uid, c.path) c.path, e.rank
        FROM cover AS c JOIN entry AS e ON e.path = c.covered_by
        ORDER BY e.kind, e.uid, c.path, c.depth DESC
    )
    SELECT d.path, 'None' AS level FROM denied AS d
    UNION ALL
    SELECT g.path, CASE max(g.rank) WHEN 2 THEN 'Write' WHEN 1 THEN 'Read' ELSE 'None' END -- across them the higher level wins
    FROM granted AS g
    WHERE NOT EXISTS (SELECT FROM denied AS d WHERE d.path = g.path)
    GROUP BY g.path
) AS p
WHERE u.state = 'Active' AND NOT u.held AND u.in_force;

-- Who may log in. The verifier is NULL while there is no password; allowed_networks is a sorted JSON array of text.
CREATE VIEW active_users AS
SELECT u.back_office, u.login, u.login_folded, u.id, u.account_type, c.verifier, c.issued_at AS credential_issued_at,
    (
        SELECT '[' || coalesce(string_agg(to_json(n.network)::text, ',' ORDER BY n.network), '') || ']'
        FROM allowed_networks AS n
        WHERE n.user_id = u.id
    ) AS allowed_networks
FROM users AS u
LEFT JOIN credentials AS c ON c.user_id = u.id
WHERE u.state = 'Active' AND NOT u.held AND u.in_force;
