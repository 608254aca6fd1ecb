-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

WITH page AS MATERIALIZED (
    SELECT uid, namespace, name, generation, stamp, set_key, display_name, rank, rank_family, in_force, account_types, bypass
    FROM permission_sets AS p
    WHERE p.owner = $1 AND p.back_office = $2 AND p.uid > $3 AND ($4::text[] IS NULL OR p.uid = ANY ($4))
    ORDER BY p.uid LIMIT $5
)
SELECT json_build_object(
    'row', p,
    'ancestors', (
        SELECT json_agg(json_build_object('uid', c.ancestor_uid, 'distance', c.distance) ORDER BY c.ancestor_uid)
        FROM permission_set_closure AS c WHERE c.owner = $1 AND c.back_office = $2 AND c.set_uid = p.uid
    ),
    'entries', (
        SELECT json_agg(json_build_object('path', e.path, 'level', e.level) ORDER BY e.path)
        FROM permission_set_entries AS e WHERE e.owner = $1 AND e.back_office = $2 AND e.set_uid = p.uid
    ),
    'deny', (
        SELECT json_agg(d.path ORDER BY d.path)
        FROM permission_set_denials AS d WHERE d.owner = $1 AND d.back_office = $2 AND d.set_uid = p.uid
    )
)
FROM page AS p ORDER BY p.uid
