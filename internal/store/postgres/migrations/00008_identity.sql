-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
SET LOCAL search_path TO :"schema", pg_temp;

-- The functions for how users are known: logins and e-mail addresses.

-- identity_verdict is about the login and the e-mail address of u, which replaces stored, as far as they are new to it: whether they may be used.
-- +goose StatementBegin
CREATE FUNCTION identity_verdict(o owners, stored users, u users, lifts jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    retires boolean := false;
    has_new_login boolean := u.login_folded IS DISTINCT FROM stored.login_folded;
    has_new_email boolean := u.email_folded <> '' AND u.email_folded IS DISTINCT FROM stored.email_folded;
BEGIN
    IF (has_new_login OR has_new_email) AND lifts IS DISTINCT FROM 'true' THEN
        SELECT t.never_reuse INTO retires FROM owners AS t WHERE t.owner = o.owner AND t.back_office = o.back_office;
    END IF;
    IF retires AND has_new_login AND is_buried(o, 'login', u.login_folded) THEN
        RETURN 'retired';
    END IF;
    IF has_new_email THEN
        PERFORM FROM users AS t
        WHERE t.email_folded = u.email_folded AND t.email_folded <> '' AND t.back_office = o.back_office AND t.id IS DISTINCT FROM stored.id;
        IF FOUND THEN
            RETURN 'email taken';
        ELSIF retires AND is_buried(o, 'email', u.email_folded) THEN
            RETURN 'retired';
        END IF;
    END IF;
    RETURN '';
END $$;
-- +goose StatementEnd

-- tombstone_of is what is kept of a login, or an e-mail address, whose kind is 'email': enough to know it again, and not to read it.
-- +goose StatementBegin
CREATE FUNCTION tombstone_of(o owners, in_kind text, folded text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN encode(sha256(convert_to(concat_ws(E'\n', o.owner, o.back_office, in_kind, folded), 'UTF8')), 'hex');
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION is_buried(o owners, in_kind text, folded text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM tombstones AS t
        WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.kind = in_kind AND t.hash = tombstone_of(o, in_kind, folded)
    );
END $$;
-- +goose StatementEnd

-- bury leaves tombstones of a user who is deleted, where the Office says that no identity is used again.
-- +goose StatementBegin
CREATE FUNCTION bury(o owners, u users) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tombstones
    SELECT o.owner, o.back_office, i.kind, tombstone_of(o, i.kind, i.folded), statement_timestamp()
    FROM owners AS t
    CROSS JOIN LATERAL (VALUES ('login', u.login_folded), ('email', u.email_folded)) AS i (kind, folded)
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.never_reuse AND i.folded <> ''
    ON CONFLICT DO NOTHING;
END $$;
-- +goose StatementEnd

-- lift_tombstones removes those of the login and the e-mail address of u.
-- +goose StatementBegin
CREATE FUNCTION lift_tombstones(o owners, u users) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM tombstones AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND (
        t.kind = 'login' AND t.hash = tombstone_of(o, 'login', u.login_folded)
        OR t.kind = 'email' AND t.hash = tombstone_of(o, 'email', u.email_folded)
    );
END $$;
-- +goose StatementEnd

-- reaches tells whether a power, an array of {"rank", "families"}, is enough for each need of a protection. A family that is empty is all.
-- +goose StatementBegin
CREATE FUNCTION reaches(power jsonb, protection jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN NOT EXISTS (
        SELECT FROM jsonb_to_recordset(protection) AS n (family text, rank bigint)
        WHERE NOT EXISTS (
            SELECT FROM jsonb_to_recordset(power) AS p (families jsonb, rank bigint)
            WHERE p.rank <= n.rank AND (p.families = '[]' OR n.family <> '' AND p.families ? n.family)
        )
    );
END $$;
-- +goose StatementEnd
