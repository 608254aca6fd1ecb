-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

SELECT json_build_object('row', b)
FROM role_bindings AS b
WHERE b.owner = $1 AND b.back_office = $2 AND b.uid > $3 AND ($4::text[] IS NULL OR b.uid = ANY ($4))
ORDER BY b.uid LIMIT $5
