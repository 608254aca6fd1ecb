-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
SET LOCAL search_path TO :"schema", pg_temp;

-- The functions for passwords and invitations. What they refuse is a verdict: the text of an error might hold what is to be kept secret.

-- credential_of is what is stored for a user, by the UID of the object. It has version 0 where there never was a password, and no user_id where the
-- user is not stored.
-- +goose StatementBegin
CREATE FUNCTION credential_of(o owners, in_uid text) RETURNS credentials LANGUAGE plpgsql AS $$
DECLARE
    c credentials;
    in_user_id uuid;
BEGIN
    SELECT t.id INTO in_user_id FROM users AS t WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.uid = in_uid;
    SELECT * INTO c FROM credentials AS t WHERE t.user_id = in_user_id;
    IF c.user_id IS NULL AND in_user_id IS NOT NULL THEN
        c := ROW(in_user_id, 0, '', '', '0001-01-01 00:00:00Z', '', NULL, NULL, '', '', '', false, '', NULL);
    END IF;
    RETURN c;
END $$;
-- +goose StatementEnd

-- credential_verdict is about a change that makes the next version of c: whether it is the next one, and due.
-- +goose StatementBegin
CREATE FUNCTION credential_verdict(c credentials, arg jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    resets timestamptz := arg ->> 'resets';
BEGIN
    IF c.user_id IS NULL THEN
        RETURN 'not found';
    ELSIF c.version <> (arg ->> 'version')::bigint - 1 THEN
        RETURN 'stale';
    ELSIF resets > ahead_limit() THEN
        RETURN 'ahead';
    ELSIF resets IS NOT NULL AND (c.version = 0 OR c.issued_at >= resets) AND NOT EXISTS (
        SELECT FROM valid_credentials AS t
        WHERE t.user_id = c.user_id AND t.previous_issued_at < resets AND (c.previous_until <= clock_timestamp()) IS NOT TRUE
    ) THEN
        RETURN 'not due';
    ELSIF c.verifier <> '' AND c.issued_at > clock_timestamp() - (arg ->> 'min_age')::interval THEN
        RETURN 'not due';
    END IF;
    RETURN '';
END $$;
-- +goose StatementEnd

-- ahead_limit is how far ahead the moment of a reset may be: MaxAhead of package store.
-- +goose StatementBegin
CREATE FUNCTION ahead_limit() RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN
    RETURN clock_timestamp() + interval '5 minutes';
END $$;
-- +goose StatementEnd

-- issue_time is when what follows c is issued: as told, but never ahead of the clock, and no earlier than what was reset, or than c itself, so that a
-- reset which was asked for a moment ahead is not due once more.
-- +goose StatementBegin
CREATE FUNCTION issue_time(in_owner text, in_back_office text, c credentials, arg jsonb) RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN
    RETURN greatest(
        least((arg ->> 'issued_at')::timestamptz, clock_timestamp()),
        (arg ->> 'resets')::timestamptz,
        (SELECT t.credentials_reset_at FROM owners AS t WHERE t.owner = in_owner AND t.back_office = in_back_office),
        least(c.issued_at, ahead_limit())
    );
END $$;
-- +goose StatementEnd

-- put_credential writes c, and removes the mail of an invitation that it has not.
-- +goose StatementBegin
CREATE FUNCTION put_credential(c credentials) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO credentials SELECT c.*
    ON CONFLICT (user_id) DO UPDATE
    SET version = c.version, source = c.source, verifier = c.verifier, issued_at = c.issued_at, previous_verifier = c.previous_verifier,
        previous_issued_at = c.previous_issued_at, previous_until = c.previous_until, revoked_verifier = c.revoked_verifier,
        secret_uid = c.secret_uid, secret_resource_version = c.secret_resource_version, concealed = c.concealed,
        token_hash = c.token_hash, token_expires_at = c.token_expires_at;
    IF c.version > 1 AND c.token_hash = '' THEN
        DELETE FROM outbox AS t WHERE t.user_id = c.user_id;
    END IF;
END $$;
-- +goose StatementEnd

-- without_password is c without a password that is valid, and without an invitation.
-- +goose StatementBegin
CREATE FUNCTION without_password(c credentials) RETURNS credentials LANGUAGE plpgsql AS $$
BEGIN
    c.source := '';
    c.verifier := '';
    c.previous_verifier := '';
    c.previous_issued_at := NULL;
    c.previous_until := NULL;
    c.concealed := false;
    c.token_hash := '';
    c.token_expires_at := NULL;
    RETURN c;
END $$;
-- +goose StatementEnd

-- end_sessions notes that sessions of a user have ended.
-- +goose StatementBegin
CREATE FUNCTION end_sessions(in_user_id uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE users AS t SET access_lost_at = access_lost_since(t.access_lost_at) WHERE t.id = in_user_id;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION issue_credential(o owners, arg jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    stored credentials := credential_of(o, arg ->> 'user_uid');
    c credentials := without_password(stored);
    verdict text;
BEGIN
    IF stored.version = (arg ->> 'version')::bigint AND stored.verifier = arg ->> 'verifier' THEN
        RETURN '';
    END IF;
    verdict := credential_verdict(stored, arg);
    IF verdict <> '' THEN
        RETURN verdict;
    END IF;
    c.version := arg ->> 'version';
    c.source := arg ->> 'source';
    c.verifier := arg ->> 'verifier';
    c.issued_at := issue_time(o.owner, o.back_office, stored, arg);
    c.revoked_verifier := '';
    c.secret_uid := '';
    c.secret_resource_version := '';
    IF arg ->> 'keep' <> 'None' THEN
        c := with_kept(c, stored, arg);
    END IF;
    PERFORM put_credential(c);
    IF arg ? 'resets' THEN
        PERFORM end_sessions(c.user_id);
    END IF;
    RETURN '';
END $$;
-- +goose StatementEnd

-- with_kept is c, which is to replace stored, with the password that stays beside it: one that is valid now, and that no reset of this change ends.
-- +goose StatementBegin
CREATE FUNCTION with_kept(c credentials, stored credentials, arg jsonb) RETURNS credentials LANGUAGE plpgsql AS $$
DECLARE
    valid valid_credentials;
BEGIN
    SELECT * INTO valid FROM valid_credentials AS t WHERE t.user_id = c.user_id;
    IF arg ->> 'keep' = 'Current' THEN
        valid.previous_verifier := valid.verifier;
        valid.previous_issued_at := valid.issued_at;
    ELSIF stored.previous_until <= clock_timestamp() THEN -- it may have come to its end by this batch
        RETURN c;
    END IF;
    IF (valid.previous_issued_at < (arg ->> 'resets')::timestamptz) IS NOT TRUE THEN
        c.previous_verifier := coalesce(valid.previous_verifier, '');
        c.previous_issued_at := valid.previous_issued_at;
    END IF;
    RETURN c;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION finish_credential(o owners, arg jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    in_user_id uuid;
BEGIN
    SELECT t.id INTO in_user_id FROM users AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.uid = arg ->> 'user_uid';
    IF NOT FOUND THEN
        RETURN 'not found';
    END IF;
    UPDATE credentials AS t
    SET secret_uid = arg ->> 'secret_uid', secret_resource_version = arg ->> 'secret_resource_version',
        concealed = t.concealed OR (arg ->> 'concealed')::boolean,
        previous_until = CASE
            WHEN t.previous_verifier <> '' THEN coalesce(t.previous_until, clock_timestamp() + (arg ->> 'grace')::interval)
        END
    WHERE t.user_id = in_user_id AND t.version = (arg ->> 'version')::bigint AND t.verifier <> '';
    RETURN CASE WHEN FOUND THEN '' ELSE 'stale' END;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION invite_user(o owners, arg jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    c credentials := credential_of(o, arg ->> 'user_uid');
    issued_at timestamptz;
    verdict text;
BEGIN
    IF c.version = (arg ->> 'version')::bigint AND c.token_hash = arg ->> 'token_hash' THEN
        RETURN '';
    END IF;
    verdict := credential_verdict(c, arg);
    IF verdict <> '' THEN
        RETURN verdict;
    END IF;
    issued_at := issue_time(o.owner, o.back_office, c, arg);
    IF arg ? 'resets' THEN
        c := without_password(c);
        c.secret_uid := '';
        c.secret_resource_version := '';
        PERFORM end_sessions(c.user_id);
    END IF;
    IF c.verifier = '' THEN
        c.issued_at := issued_at;
    END IF;
    c.version := arg ->> 'version';
    c.token_hash := arg ->> 'token_hash';
    c.token_expires_at := issued_at + (arg ->> 'valid_for')::interval;
    PERFORM put_credential(c);
    INSERT INTO outbox AS t (id, owner, back_office, user_id, token, created_at, expires_at)
    VALUES (gen_random_uuid(), o.owner, o.back_office, c.user_id, arg ->> 'token', clock_timestamp(), c.token_expires_at)
    ON CONFLICT (user_id) DO UPDATE
    SET id = excluded.id, owner = excluded.owner, token = excluded.token, created_at = excluded.created_at, expires_at = excluded.expires_at;
    RETURN '';
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION revoke_credential(o owners, arg jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    stored credentials := credential_of(o, arg ->> 'user_uid');
    c credentials := without_password(stored);
    verdict text;
BEGIN
    IF stored.version = (arg ->> 'version')::bigint AND stored.verifier = '' THEN
        RETURN '';
    END IF;
    verdict := credential_verdict(stored, arg);
    IF verdict <> '' THEN
        RETURN verdict;
    END IF;
    c.version := arg ->> 'version';
    c.issued_at := greatest(stored.issued_at, (arg ->> 'resets')::timestamptz);
    c.revoked_verifier := coalesce(nullif(stored.verifier, ''), stored.revoked_verifier);
    PERFORM put_credential(c);
    PERFORM end_sessions(c.user_id);
    RETURN '';
END $$;
-- +goose StatementEnd

-- reset_credentials ends all passwords by one row: see the view valid_credentials.
-- +goose StatementBegin
CREATE FUNCTION reset_credentials(o owners, arg jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    reset_at timestamptz := arg ->> 'issued_before';
BEGIN
    PERFORM FROM owners AS t WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.credentials_reset_at >= reset_at;
    IF FOUND THEN
        RETURN '';
    ELSIF reset_at > ahead_limit() THEN
        RETURN 'ahead';
    END IF;
    UPDATE owners AS t
    SET credentials_reset_at = reset_at, access_lost_at = access_lost_since(t.access_lost_at)
    WHERE t.owner = o.owner AND t.back_office = o.back_office;
    RETURN '';
END $$;
-- +goose StatementEnd
