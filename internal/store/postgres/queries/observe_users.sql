-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

WITH page AS MATERIALIZED (
    SELECT id, uid, namespace, name, generation, stamp, login, account_type, state, held, hold_reason, in_force, full_name, first_name,
        last_name, email, phone, language, gender, picture_url, description, settings, labels_hash
    FROM users AS u
    WHERE u.owner = $1 AND u.back_office = $2 AND u.uid > $3 AND ($4::text[] IS NULL OR u.uid = ANY ($4))
    ORDER BY u.uid LIMIT $5
)
SELECT json_build_object(
    'id', u.id,
    'row', u,
    'settings', u.settings,
    'credential', (
        SELECT json_build_object(
            'version', c.version, 'source', c.source, 'verifier', c.verifier, 'issued_at', c.issued_at,
            'previous_verifier', coalesce(v.previous_verifier, ''), 'previous_issued_at', v.previous_issued_at,
            'revoked_verifier', c.revoked_verifier, 'secret_uid', c.secret_uid, 'secret_resource_version', c.secret_resource_version,
            'concealed', c.concealed, 'token_expires_at', c.token_expires_at
        )
        FROM credentials AS c JOIN valid_credentials AS v ON v.user_id = c.user_id
        WHERE c.user_id = u.id
    ),
    'networks', (SELECT json_agg(n.network ORDER BY n.network) FROM allowed_networks AS n WHERE n.user_id = u.id),
    'filters', (
        SELECT json_agg(json_build_object(
            'dimension', f.dimension, 'mode', f.mode, 'access', f.access, 'filter_values', f.filter_values, 'filter_groups', f.filter_groups,
            'filter_tags', f.filter_tags, 'default_value', f.default_value
        ) ORDER BY f.dimension)
        FROM user_filters AS f WHERE f.user_id = u.id
    ),
    'bindings', (
        SELECT json_agg(
            json_build_object('binding_uid', s.binding_uid, 'generation', s.binding_generation) ORDER BY s.binding_uid, s.binding_generation
        )
        FROM role_binding_subjects AS s
        WHERE s.owner = $1 AND s.back_office = $2 AND s.user_uid = u.uid AND s.labels_hash = u.labels_hash
    )
)
FROM page AS u ORDER BY u.uid
