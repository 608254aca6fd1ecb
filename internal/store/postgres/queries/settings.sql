-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

-- What holds for one transaction, and is forgotten with it: a pooler may hand the connection to others.
SELECT set_config('search_path', $1, true),
    set_config('timezone', 'UTC', true),
    set_config('statement_timeout', '10s', true),
    set_config('lock_timeout', '5s', true),
    set_config('idle_in_transaction_session_timeout', '5s', true),
    -- No timeout counts between two messages of one batch: a host that vanishes there is noticed by these, after about 11 s.
    set_config('tcp_keepalives_idle', '5', true),
    set_config('tcp_keepalives_interval', '2', true),
    set_config('tcp_keepalives_count', '3', true),
    -- What a batch that fails holds stays out of the server's log.
    CASE WHEN current_setting('log_parameter_max_length_on_error', true) IS NOT NULL
        THEN set_config('log_parameter_max_length_on_error', '0', true) END,
    CASE WHEN current_setting('transaction_timeout', true) IS NOT NULL -- PostgreSQL 17
        THEN set_config('transaction_timeout', '15s', true) END
