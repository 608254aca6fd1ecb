-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
SET LOCAL search_path TO :"schema", pg_temp;

-- What back-office applications ask about the account itself; see also the comment on the views of what it may do.

-- The passwords that let in now, each NULL where there is none: those that a reset of all has not ended, the previous one until its time is over.
-- An account without an owner has nobody who could reset all.
CREATE VIEW valid_credentials AS
SELECT c.user_id, c.verifier, CASE WHEN c.verifier IS NOT NULL THEN c.issued_at END AS issued_at,
    c.previous_verifier, CASE WHEN c.previous_verifier IS NOT NULL THEN c.previous_issued_at END AS previous_issued_at
FROM (
    SELECT c.user_id, c.issued_at, c.previous_issued_at,
        CASE WHEN o.credentials_reset_at IS NULL OR c.issued_at >= o.credentials_reset_at THEN nullif(c.verifier, '') END AS verifier,
        CASE
            WHEN (o.credentials_reset_at IS NULL OR c.previous_issued_at >= o.credentials_reset_at)
                AND (c.previous_until IS NULL OR c.previous_until > statement_timestamp()) THEN nullif(c.previous_verifier, '')
        END AS previous_verifier
    FROM credentials AS c
    JOIN users AS u ON u.id = c.user_id
    LEFT JOIN owners AS o ON o.owner = u.owner AND o.back_office = u.back_office
) AS c;

-- Who may log in, by either verifier; each is NULL where there is no such password. allowed_networks is a sorted JSON array of text, and settings a
-- JSON object. Each column that needs a question of its own is one, so that it costs nothing where it is not asked for.
CREATE VIEW active_users AS
SELECT u.back_office, u.login, u.login_folded, u.id, u.account_type, c.verifier, c.previous_verifier, c.issued_at AS credential_issued_at,
    (
        SELECT '[' || coalesce(string_agg(to_json(n.network)::text, ',' ORDER BY n.network), '') || ']'
        FROM allowed_networks AS n
        WHERE n.user_id = u.id
    ) AS allowed_networks,
    CASE
        WHEN u.owner IS NULL THEN ( -- an orphan has the strictest of all who write here
            SELECT CASE WHEN bool_or(o.two_factor_required) THEN 'Required' ELSE 'Optional' END
            FROM owners AS o
            WHERE o.back_office = u.back_office
        )
        ELSE (
            SELECT CASE WHEN bool_or(o.two_factor_required) THEN 'Required' ELSE 'Optional' END
            FROM owners AS o
            WHERE o.owner = u.owner AND o.back_office = u.back_office
        )
    END AS two_factor,
    u.settings::text AS settings,
    ( -- the last moment at which the account may have lost something: by itself, by a binding of which it has any row, or by what that hands out
        WITH seen AS MATERIALIZED (
            SELECT s.owner, s.back_office, s.binding_uid, max(s.since) AS since
            FROM role_binding_subjects AS s
            WHERE s.user_uid = u.uid AND s.back_office = u.back_office AND (s.owner = u.owner OR u.owner IS NULL)
            GROUP BY s.owner, s.back_office, s.binding_uid
        ), bound AS MATERIALIZED (
            SELECT b.owner, b.back_office, b.uid, b.permission_set_uid AS set_uid, b.has_denied, b.access_lost_at, s.since, b.not_before,
                b.expires_at
            FROM seen AS s
            JOIN role_bindings AS b ON b.owner = s.owner AND b.back_office = s.back_office AND b.uid = s.binding_uid
        ), ancestor AS MATERIALIZED (
            SELECT b.uid AS binding_uid, a.has_denied, a.access_lost_at
            FROM bound AS b
            JOIN permission_set_closure AS c ON c.owner = b.owner AND c.back_office = b.back_office AND c.set_uid = b.set_uid
            JOIN permission_sets AS a ON a.owner = c.owner AND a.back_office = c.back_office AND a.uid = c.ancestor_uid
        ), loss AS MATERIALIZED (
            SELECT b.access_lost_at AS at FROM bound AS b
            UNION ALL SELECT b.expires_at FROM bound AS b WHERE b.expires_at <= statement_timestamp()
            UNION ALL SELECT a.access_lost_at FROM ancestor AS a
            UNION ALL
            SELECT greatest(b.since, CASE WHEN b.not_before <= statement_timestamp() THEN b.not_before END)
            FROM bound AS b
            WHERE b.has_denied OR EXISTS (SELECT FROM ancestor AS a WHERE a.binding_uid = b.uid AND a.has_denied)
            UNION ALL
            SELECT o.access_lost_at
            FROM (SELECT u.owner UNION SELECT s.owner FROM seen AS s) AS s
            JOIN owners AS o ON o.owner = s.owner AND o.back_office = u.back_office
        )
        SELECT greatest(u.created_at, u.access_lost_at, max(l.at)) FROM loss AS l
    ) AS sessions_valid_after
FROM users AS u
LEFT JOIN valid_credentials AS c ON c.user_id = u.id
WHERE u.state = 'Active' AND NOT u.held AND u.in_force;

-- How accounts, active or not, are shown. The full name is never shown, and each column may be empty.
CREATE VIEW user_profiles AS
SELECT u.back_office, u.login, u.login_folded, u.id, u.state, u.first_name, u.last_name, u.email, u.email_folded, u.phone, u.language,
    u.gender, u.picture_url, u.description
FROM users AS u;

-- The invitations that are to be mailed: of accounts that may log in as soon as they have a password, as long as their tokens work. id is that of the
-- invitation, for mail_sent. Whoever may read this may redeem them. It is a barrier, so that no condition of a question is tried on other rows.
CREATE VIEW outbox_mail WITH (security_barrier) AS
SELECT u.back_office, m.id, u.login, u.login_folded, u.email, u.first_name, u.language, m.token, m.expires_at
FROM outbox AS m
JOIN users AS u ON u.id = m.user_id
JOIN credentials AS c ON c.user_id = m.user_id
LEFT JOIN owners AS o ON o.owner = u.owner AND o.back_office = u.back_office
WHERE u.state = 'Active' AND NOT u.held AND u.in_force AND u.email <> ''
    AND c.token_hash = encode(sha256(convert_to(m.token, 'UTF8')), 'hex') AND c.token_expires_at > statement_timestamp()
    AND (o.credentials_reset_at IS NULL OR c.issued_at >= o.credentials_reset_at);

-- login_allowed tells whether an account may try its password from an address: it is active, has a valid password, and the address lies in its
-- networks, where it has any. It reads with the rights of its owner, so that a gateway needs no other right.
-- +goose StatementBegin
CREATE FUNCTION login_allowed(back_office text, login text, address inet) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
    client inet := address;
    allowed boolean;
BEGIN
    IF family(address) = 6 AND masklen(address) = 128 AND address << inet '::ffff:0:0/96' THEN
        client := inet '0.0.0.0' + (address - inet '::ffff:0:0');
    END IF;
    SELECT coalesce(a.verifier, a.previous_verifier) IS NOT NULL AND client IS NOT NULL AND (a.allowed_networks = '[]' OR EXISTS (
        SELECT FROM json_array_elements_text(a.allowed_networks::json) AS n (network)
        WHERE CASE WHEN n.network = '*' THEN true ELSE client <<= n.network::inet END
    )) INTO allowed
    FROM active_users AS a
    WHERE a.back_office = login_allowed.back_office AND a.login_folded = lower(login_allowed.login COLLATE "C");
    RETURN coalesce(allowed, false);
EXCEPTION WHEN invalid_text_representation THEN
    RETURN false; -- what is no network admits nobody
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION login_allowed FROM PUBLIC;
