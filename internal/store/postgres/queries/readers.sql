-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

SELECT refused, why FROM set_readers($1, $2, $3, $4, $5)
