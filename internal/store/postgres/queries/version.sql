-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

SELECT coalesce(max(version_id), 0) FROM schema_migrations WHERE is_applied
