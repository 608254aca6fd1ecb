-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

-- Claims the back office and raises its fence, and tells whether it has let roles read; no row where another BackOffice uses it.
INSERT INTO owners AS t (owner, back_office, used_by, fence) VALUES ($1, $2, $3, 1)
ON CONFLICT (owner, back_office) DO UPDATE SET used_by = excluded.used_by, fence = t.fence + 1 WHERE t.used_by IN ('', excluded.used_by)
RETURNING fence, EXISTS (SELECT FROM readers AS r WHERE r.owner = $1 AND r.back_office = $2)
