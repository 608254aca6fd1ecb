-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

WITH page AS MATERIALIZED (
    SELECT uid, namespace, name, generation, stamp, permission_set_uid, in_force, not_before, expires_at
    FROM role_bindings AS b
    WHERE b.owner = $1 AND b.back_office = $2 AND b.uid > $3 AND ($4::text[] IS NULL OR b.uid = ANY ($4))
    ORDER BY b.uid LIMIT $5
)
SELECT json_build_object(
    'row', b,
    'entries', (
        SELECT json_agg(json_build_object('path', e.path, 'level', e.level) ORDER BY e.path)
        FROM role_binding_entries AS e WHERE e.owner = $1 AND e.back_office = $2 AND e.binding_uid = b.uid
    ),
    'deny', (
        SELECT json_agg(d.path ORDER BY d.path)
        FROM role_binding_denials AS d WHERE d.owner = $1 AND d.back_office = $2 AND d.binding_uid = b.uid
    ),
    'filters', (
        SELECT json_agg(json_build_object(
            'dimension', f.dimension, 'mode', f.mode, 'access', f.access, 'filter_values', f.filter_values, 'filter_groups', f.filter_groups,
            'filter_tags', f.filter_tags, 'default_value', f.default_value
        ) ORDER BY f.dimension)
        FROM role_binding_filters AS f WHERE f.owner = $1 AND f.back_office = $2 AND f.binding_uid = b.uid
    )
)
FROM page AS b ORDER BY b.uid
