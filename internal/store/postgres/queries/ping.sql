-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

SELECT fence, clock_timestamp() FROM owners WHERE owner = $1 AND back_office = $2
