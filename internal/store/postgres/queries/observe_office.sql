-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

-- Each observe_ query reads one page as JSON: the records after the UID $3, or with one of the UIDs $4; at most $5.
SELECT json_build_object(
    'row', o,
    'catalog', (SELECT json_agg(k.path ORDER BY k.path) FROM permission_catalog AS k WHERE k.owner = o.owner AND k.back_office = o.back_office)
)
FROM owners AS o
WHERE o.owner = $1 AND o.back_office = $2 AND o.office_uid > $3 AND ($4::text[] IS NULL OR o.office_uid = ANY ($4))
LIMIT $5
