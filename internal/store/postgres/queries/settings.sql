-- What holds for one transaction, and is forgotten with it: a pooler may hand the connection to others.
SELECT set_config('search_path', $1, true),
    set_config('timezone', 'UTC', true),
    set_config('statement_timeout', '10s', true),
    set_config('lock_timeout', '5s', true),
    set_config('idle_in_transaction_session_timeout', '5s', true),
    CASE WHEN current_setting('transaction_timeout', true) IS NOT NULL -- PostgreSQL 17
        THEN set_config('transaction_timeout', '15s', true) END
