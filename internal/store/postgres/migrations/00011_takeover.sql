-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
SET LOCAL search_path TO :"schema", pg_temp;

-- The functions for rows that get another object: a deactivated account's, one that was lost and made anew, and one that is adopted.

-- takeover_verdict is about the row that has the login of an object, for which stored is the row that it has already: whether it may have this one.
-- +goose StatementBegin
CREATE FUNCTION takeover_verdict(o owners, stored users, holder users, arg jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    IF holder.owner IS DISTINCT FROM o.owner THEN
        IF stored.id IS NOT NULL OR NOT is_adoptable(holder, arg ->> 'adopts') THEN
            RETURN 'foreign';
        END IF;
    ELSIF stored.id IS NOT NULL THEN
        RETURN 'taken';
    ELSIF holder.uid IS NOT NULL THEN
        IF NOT is_namesake(arg -> 'row', holder.namespace, holder.name) THEN
            RETURN 'taken';
        END IF;
        holder.protection := holder.protection || held_ranks(holder);
    END IF;
    RETURN CASE WHEN reaches(arg -> 'power', holder.protection) THEN '' ELSE 'protected' END;
END $$;
-- +goose StatementEnd

-- held_ranks are the strongest ranks, by family, of the sets that bindings hand out to a user, in force or not: what it takes to touch the user.
-- +goose StatementBegin
CREATE FUNCTION held_ranks(u users) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    RETURN (
        SELECT coalesce(jsonb_agg(jsonb_build_object('family', f.rank_family, 'rank', f.rank)), '[]')
        FROM (
            SELECT h.rank_family, min(h.rank) AS rank
            FROM role_binding_subjects AS s
            JOIN role_bindings AS b ON b.owner = s.owner AND b.back_office = s.back_office AND b.uid = s.binding_uid
            JOIN permission_sets AS h ON h.owner = b.owner AND h.back_office = b.back_office AND h.uid = b.permission_set_uid
            WHERE s.user_uid = u.uid AND s.back_office = u.back_office AND s.owner = u.owner
            GROUP BY h.rank_family
        ) AS f
    );
END $$;
-- +goose StatementEnd

-- is_adoptable tells whether a row that is not this owner's, if it is there, may become so.
-- +goose StatementBegin
CREATE FUNCTION is_adoptable(holder users, adopts text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN holder.id IS NOT NULL AND (adopts = 'Force' OR adopts = 'IfUnowned' AND holder.owner IS NULL);
END $$;
-- +goose StatementEnd

-- lock_adoptable is such a row as it is once nobody else changes it: others who may do so do not wait for writers of this owner otherwise. It is
-- nothing where it belongs to somebody else by then.
-- +goose StatementBegin
CREATE FUNCTION lock_adoptable(holder users) RETURNS users LANGUAGE plpgsql AS $$
DECLARE
    locked users;
BEGIN
    PERFORM FROM owners AS t WHERE t.owner = holder.owner AND t.back_office = holder.back_office FOR NO KEY UPDATE;
    SELECT * INTO locked FROM users AS t WHERE t.id = holder.id AND t.owner IS NOT DISTINCT FROM holder.owner FOR NO KEY UPDATE;
    RETURN locked;
END $$;
-- +goose StatementEnd

-- is_namesake tells whether the object that object is a row of has this name: then the one that had it before was lost and made anew.
-- +goose StatementBegin
CREATE FUNCTION is_namesake(object jsonb, namespace text, name text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN object ->> 'name' <> '' AND object ->> 'name' = name AND object ->> 'namespace' = namespace;
END $$;
-- +goose StatementEnd

-- settle_resets ends for good what a reset of all has ended, before the account leaves the owner who asked for it: nobody else's rows would tell.
-- +goose StatementBegin
CREATE FUNCTION settle_resets(u users) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    reset_at timestamptz := (SELECT t.credentials_reset_at FROM owners AS t WHERE t.owner = u.owner AND t.back_office = u.back_office);
BEGIN
    IF reset_at IS NULL THEN
        RETURN;
    END IF;
    UPDATE credentials AS t
    SET source = '', verifier = '', token_hash = '', token_expires_at = NULL
    WHERE t.user_id = u.id AND t.issued_at < reset_at;
    IF FOUND THEN
        DELETE FROM outbox AS t WHERE t.user_id = u.id;
    END IF;
    UPDATE credentials AS t
    SET previous_verifier = '', previous_issued_at = NULL, previous_until = NULL
    WHERE t.user_id = u.id AND t.previous_verifier <> '' AND (t.previous_issued_at >= reset_at) IS NOT TRUE;
END $$;
-- +goose StatementEnd

-- take_credential is for a row that changes hands: stored becomes u. What outlived its object loses its password. An object that was lost and made
-- anew keeps it as it is. What was no row of this owner keeps the password without its Secret.
-- +goose StatementBegin
CREATE FUNCTION take_credential(stored users, u users) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF stored.owner IS DISTINCT FROM u.owner THEN
        PERFORM settle_resets(stored);
        UPDATE credentials AS t
        SET version = CASE WHEN t.verifier <> '' THEN greatest(t.version, 1) ELSE t.version END,
            source = CASE WHEN t.verifier <> '' THEN 'Adopted' ELSE '' END, secret_uid = '', secret_resource_version = '', concealed = false
        WHERE t.user_id = u.id;
        UPDATE outbox AS t SET owner = u.owner WHERE t.user_id = u.id;
    ELSIF stored.uid IS NULL THEN
        PERFORM drop_credential(u.id);
    END IF;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION drop_credential(in_user_id uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM credentials AS t WHERE t.user_id = in_user_id;
    DELETE FROM outbox AS t WHERE t.user_id = in_user_id;
END $$;
-- +goose StatementEnd
