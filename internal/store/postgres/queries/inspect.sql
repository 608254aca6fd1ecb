-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

-- What the server is, and whether the schema and the table of its versions are there.
SELECT current_setting('server_version_num')::bigint, current_setting('server_encoding')::text,
    EXISTS (SELECT FROM pg_namespace WHERE nspname = $1), to_regclass($2) IS NOT NULL
