-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

-- Each observe_ query reads one page as JSON: the records after the UID $3, or with one of the UIDs $4; at most $5.
-- What is only noted, and may be long, stays where it is.
SELECT json_build_object(
    'row', o,
    'credentials_reset', (SELECT t.credentials_reset_at FROM owners AS t WHERE t.owner = $1 AND t.back_office = $2),
    'catalog', (SELECT json_agg(k.path ORDER BY k.path) FROM permission_catalog AS k WHERE k.owner = $1 AND k.back_office = $2),
    'dimensions', (SELECT json_agg(d.dimension ORDER BY d.dimension) FROM filter_dimensions AS d WHERE d.owner = $1 AND d.back_office = $2)
)
FROM (
    SELECT max_users, max_administrators, never_reuse, two_factor_required, office_uid, office_namespace, office_name, office_generation,
        office_stamp
    FROM owners
    WHERE owner = $1 AND back_office = $2 AND office_uid > $3 AND ($4::text[] IS NULL OR office_uid = ANY ($4))
) AS o
LIMIT $5
