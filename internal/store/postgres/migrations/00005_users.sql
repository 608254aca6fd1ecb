-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
SET LOCAL search_path TO :"schema", pg_temp;

-- The functions for users and their credentials.

-- put_user writes the user's own row, takes over one that outlived its object, or adds one.
-- +goose StatementBegin
CREATE FUNCTION put_user(o owners, arg jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    u users := jsonb_populate_record(NULL::users, arg -> 'row');
    stored users;
    holder users;
BEGIN
    SELECT * INTO stored FROM users AS t WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.uid = u.uid;
    IF stored.generation > u.generation THEN
        RETURN 'stale';
    ELSIF is_replay(o, stored.stamp, u.uid, u.stamp) THEN
        RETURN 'replayed';
    END IF;
    SELECT * INTO holder FROM users AS t WHERE t.back_office = o.back_office AND t.login_folded = u.login_folded;
    IF holder.id <> stored.id OR stored.id IS NULL AND holder.id IS NOT NULL THEN
        IF holder.owner IS DISTINCT FROM o.owner THEN
            RETURN 'foreign';
        ELSIF holder.uid IS NOT NULL OR stored.id IS NOT NULL THEN
            RETURN 'taken';
        ELSIF NOT reaches(arg -> 'power', holder.protection) THEN
            RETURN 'protected';
        END IF;
        stored := holder;
        stored.stamp := NULL; -- nothing of the former object: what it gave was lost when it went
        stored.gives := NULL;
    END IF;
    IF lacks_seat(o, stored, u) THEN
        RETURN 'quota';
    END IF;

    u.id := coalesce(stored.id, gen_random_uuid());
    u.owner := o.owner;
    u.back_office := o.back_office;
    u.gives := arg -> 'gives';
    u.protection := '[]';
    u.created_at := coalesce(stored.created_at, statement_timestamp());
    u.updated_at := statement_timestamp();
    IF stored.id IS NULL THEN
        INSERT INTO users SELECT u.* ON CONFLICT ON CONSTRAINT users_login_folded_key DO NOTHING;
        IF NOT FOUND THEN
            RETURN 'foreign'; -- a writer of another owner was faster: those of this owner wait for each other
        END IF;
    ELSE
        UPDATE users AS t
        SET uid = u.uid, namespace = u.namespace, name = u.name, generation = u.generation, stamp = u.stamp, gives = u.gives,
            login = u.login, login_folded = u.login_folded, account_type = u.account_type, state = u.state, held = u.held,
            hold_reason = u.hold_reason, in_force = u.in_force, full_name = u.full_name, description = u.description,
            labels_hash = u.labels_hash, protection = u.protection, updated_at = u.updated_at
        WHERE t.id = u.id;
        IF stored.uid IS NULL THEN
            DELETE FROM credentials AS t WHERE t.user_id = u.id;
        END IF;
    END IF;
    PERFORM move_seats(stored, u);
    PERFORM put_user_lists(u, arg);
    PERFORM log_put(o, object_of('BackOfficeUser', arg -> 'row'), arg, stored.stamp, stored.gives);
    RETURN '';
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

-- lacks_seat tells whether u, which replaces stored, takes a seat when none is left.
-- +goose StatementBegin
CREATE FUNCTION lacks_seat(o owners, stored users, u users) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    had bigint[] := seats(stored);
    wants bigint[] := seats(u);
    quota owners;
    taken bigint[];
BEGIN
    SELECT * INTO quota FROM owners AS t WHERE t.owner = o.owner AND t.back_office = o.back_office;
    IF wants[1] > had[1] AND quota.max_users >= 0 THEN
        taken := taken_seats(o);
        IF taken[1] >= quota.max_users THEN
            RETURN true;
        END IF;
    END IF;
    IF wants[2] > had[2] AND quota.max_administrators >= 0 THEN
        taken := taken_seats(o);
        RETURN taken[2] >= quota.max_administrators;
    END IF;
    RETURN false;
END $$;
-- +goose StatementEnd

-- seats are how many a row has: of all users, and of Administrators. None where there is no row.
-- +goose StatementBegin
CREATE FUNCTION seats(u users) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    has_one boolean := coalesce(u.state <> 'Deactivated', false);
BEGIN
    RETURN ARRAY[has_one::int, (has_one AND u.account_type = 'Administrator')::int];
END $$;
-- +goose StatementEnd

-- taken_seats are those of a back office. They are counted once in a transaction, and then noted in a setting: like a row, it is
-- restored where a group is left out.
-- +goose StatementBegin
CREATE FUNCTION taken_seats(o owners) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    taken bigint[] := nullif(current_setting('backoffice.seats', true), '');
BEGIN
    IF taken IS NULL THEN
        SELECT ARRAY[count(*), count(*) FILTER (WHERE t.account_type = 'Administrator')] INTO taken
        FROM users AS t
        WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.state <> 'Deactivated';
        PERFORM set_config('backoffice.seats', taken::text, true);
    END IF;
    RETURN taken;
END $$;
-- +goose StatementEnd

-- move_seats keeps the note up, when a row is replaced by another one or by none.
-- +goose StatementBegin
CREATE FUNCTION move_seats(stored users, u users) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    taken bigint[] := nullif(current_setting('backoffice.seats', true), '');
    had bigint[] := seats(stored);
    has bigint[] := seats(u);
BEGIN
    IF taken IS NOT NULL THEN
        taken := ARRAY[taken[1] + has[1] - had[1], taken[2] + has[2] - had[2]];
        PERFORM set_config('backoffice.seats', taken::text, true);
    END IF;
END $$;
-- +goose StatementEnd

-- put_user_lists writes the networks, and adds the bindings that were evaluated for these labels and removes those for others.
-- +goose StatementBegin
CREATE FUNCTION put_user_lists(u users, arg jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM allowed_networks AS t
    WHERE t.user_id = u.id
        AND NOT EXISTS (SELECT FROM jsonb_array_elements_text(arg -> 'networks') AS e (network) WHERE e.network = t.network);
    INSERT INTO allowed_networks
    SELECT u.id, e.network FROM jsonb_array_elements_text(arg -> 'networks') AS e (network)
    ON CONFLICT DO NOTHING;

    DELETE FROM role_binding_subjects AS t
    WHERE t.owner = u.owner AND t.back_office = u.back_office AND t.user_uid = u.uid AND t.labels_hash <> u.labels_hash;
    INSERT INTO role_binding_subjects
    SELECT u.owner, u.back_office, b.binding_uid, b.generation, u.uid, u.labels_hash
    FROM jsonb_to_recordset(arg -> 'bindings') AS b (binding_uid text, generation bigint)
    ON CONFLICT DO NOTHING;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION remove_user(o owners, arg jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    u users;
BEGIN
    SELECT * INTO u FROM users AS t WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.uid = arg ->> 'uid';
    IF NOT FOUND THEN
        RETURN '';
    END IF;
    PERFORM move_seats(u, NULL);
    PERFORM log_removal(o, object_of('BackOfficeUser', to_jsonb(u)), arg ->> 'disposal', u.gives);
    IF arg ->> 'disposal' = 'Orphan' THEN
        UPDATE users AS t SET owner = NULL, updated_at = statement_timestamp() WHERE t.id = u.id;
        RETURN '';
    END IF;
    IF arg ->> 'disposal' = 'Deactivate' THEN
        UPDATE users AS t
        SET state = 'Deactivated', uid = NULL, protection = arg -> 'protection', updated_at = statement_timestamp()
        WHERE t.id = u.id;
    ELSE
        DELETE FROM users AS t WHERE t.id = u.id;
        DELETE FROM allowed_networks AS t WHERE t.user_id = u.id;
    END IF;
    DELETE FROM credentials AS t WHERE t.user_id = u.id;
    DELETE FROM role_binding_subjects AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.user_uid = u.uid;
    RETURN '';
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION issue_credential(o owners, arg jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    in_user_id uuid;
    r credentials := jsonb_populate_record(NULL::credentials, arg);
    stored credentials;
BEGIN
    SELECT t.id INTO in_user_id FROM users AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.uid = arg ->> 'user_uid';
    IF NOT FOUND THEN
        RETURN 'not found';
    END IF;
    SELECT * INTO stored FROM credentials AS t WHERE t.user_id = in_user_id;
    IF stored.version = r.version AND stored.verifier = r.verifier THEN
        RETURN '';
    ELSIF coalesce(stored.version, 0) <> r.version - 1 THEN
        RETURN 'stale';
    END IF;
    INSERT INTO credentials VALUES (in_user_id, r.version, r.verifier, clock_timestamp(), '', '')
    ON CONFLICT (user_id) DO UPDATE
    SET version = excluded.version, verifier = excluded.verifier, issued_at = excluded.issued_at,
        secret_uid = excluded.secret_uid, secret_resource_version = excluded.secret_resource_version;
    RETURN '';
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION finish_credential(o owners, arg jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    in_user_id uuid;
    r credentials := jsonb_populate_record(NULL::credentials, arg);
BEGIN
    SELECT t.id INTO in_user_id FROM users AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.uid = arg ->> 'user_uid';
    IF NOT FOUND THEN
        RETURN 'not found';
    END IF;
    UPDATE credentials AS t
    SET secret_uid = r.secret_uid, secret_resource_version = r.secret_resource_version
    WHERE t.user_id = in_user_id AND t.version = r.version;
    RETURN CASE WHEN FOUND THEN '' ELSE 'stale' END;
END $$;
-- +goose StatementEnd
