-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

SELECT apply($1::text, $2::text, $3::bigint, $4::jsonb)
