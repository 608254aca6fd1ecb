-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
SET LOCAL search_path TO :"schema", pg_temp;

-- What ends invitations, and the two functions by which those who may do nothing else use them. These two lock the row of the owner before they
-- change anything, as apply does: so whoever writes for one owner waits in one line, and no two of them for each other. What they lock is released by
-- the end of the caller's transaction, of whom no more than seconds of idling is tolerated.

-- end_invitation ends one whose mail went, or goes, to an address that is the user's no more.
-- +goose StatementBegin
CREATE FUNCTION end_invitation(in_user_id uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE credentials AS t
    SET token_hash = '', token_expires_at = least(t.token_expires_at, clock_timestamp())
    WHERE t.user_id = in_user_id AND t.token_hash <> '';
    DELETE FROM outbox AS t WHERE t.user_id = in_user_id;
END $$;
-- +goose StatementEnd

-- redeem_token makes verifier the password of the account that was invited by a token, and returns the account's id. It is NULL, and nothing has
-- happened, where the token is unknown, has been used, replaced or reset, or is over; where the account may not log in; and where verifier is no PHC
-- string: one begins with $ and has at most 256 characters here. Sessions end where the account had a password before.
-- +goose StatementBegin
CREATE FUNCTION redeem_token(back_office text, token text, verifier text) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
DECLARE
    hash text := encode(sha256(convert_to(token, 'UTF8')), 'hex');
    u users;
    c credentials;
    had_password boolean;
BEGIN
    IF (starts_with(verifier, '$') AND length(verifier) <= 256) IS NOT TRUE THEN
        RETURN NULL;
    END IF;
    -- One table a step: of two the plan might begin with all users, while there are no statistics.
    SELECT * INTO c FROM credentials AS t WHERE t.token_hash = hash AND t.token_hash <> '';
    SELECT * INTO u FROM users AS t WHERE t.id = c.user_id AND t.back_office = redeem_token.back_office;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    PERFORM lock_owner(u.owner, u.back_office);
    SELECT * INTO u FROM users AS t -- once more: now it stays as it is
    WHERE t.id = u.id AND t.owner IS NOT DISTINCT FROM u.owner AND t.state = 'Active' AND NOT t.held AND t.in_force FOR NO KEY UPDATE;
    SELECT * INTO c FROM credentials AS t
    WHERE t.user_id = u.id AND t.token_hash = hash AND t.token_expires_at > clock_timestamp() AND NOT EXISTS (
        SELECT FROM owners AS o WHERE o.owner = u.owner AND o.back_office = u.back_office AND o.credentials_reset_at > t.issued_at
    ) FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    had_password := EXISTS (
        SELECT FROM valid_credentials AS t WHERE t.user_id = u.id AND coalesce(t.verifier, t.previous_verifier) IS NOT NULL
    );
    c.issued_at := issue_time(u.owner, u.back_office, c, '{}');
    c := without_password(c);
    c.version := c.version + 1;
    c.source := 'Invitation';
    c.verifier := verifier;
    c.revoked_verifier := '';
    c.secret_uid := '';
    c.secret_resource_version := '';
    PERFORM put_credential(c);
    IF had_password THEN
        PERFORM end_sessions(u.id);
    END IF;
    RETURN u.id;
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION redeem_token FROM PUBLIC;

-- mail_sent takes an invitation out of the outbox, and with it the token, of which a hash is left. It tells whether it was there: one that was
-- replaced meanwhile has another id.
-- +goose StatementBegin
CREATE FUNCTION mail_sent(id uuid) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
DECLARE
    m outbox;
BEGIN
    SELECT * INTO m FROM outbox AS t WHERE t.id = mail_sent.id;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM lock_owner(m.owner, m.back_office);
    DELETE FROM outbox AS t WHERE t.id = mail_sent.id;
    RETURN FOUND;
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION mail_sent FROM PUBLIC;

-- lock_owner waits for the writers of an owner. Of an account without one there are none.
-- +goose StatementBegin
CREATE FUNCTION lock_owner(in_owner text, in_back_office text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('idle_in_transaction_session_timeout', '5s', true);
    PERFORM FROM owners AS t WHERE t.owner = in_owner AND t.back_office = in_back_office FOR NO KEY UPDATE;
END $$;
-- +goose StatementEnd
