-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
SET LOCAL search_path TO :"schema", pg_temp;

-- The functions for users: what they are and have.

-- put_user writes the user's own row, takes over another one that has the login, or adds one.
-- +goose StatementBegin
CREATE FUNCTION put_user(o owners, arg jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    u users := jsonb_populate_record(NULL::users, arg -> 'row');
    stored users;
    holder users;
    seated users;
    verdict text;
BEGIN
    SELECT * INTO stored FROM users AS t WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.uid = u.uid;
    IF stored.generation > u.generation THEN
        RETURN 'stale';
    ELSIF is_replay(o, stored.stamp, u.uid, u.stamp) THEN
        RETURN 'replayed';
    END IF;
    SELECT * INTO holder FROM users AS t WHERE t.back_office = o.back_office AND t.login_folded = u.login_folded;
    IF holder.id <> stored.id OR stored.id IS NULL AND holder.id IS NOT NULL THEN
        IF holder.owner IS DISTINCT FROM o.owner AND is_adoptable(holder, arg ->> 'adopts') THEN
            holder := lock_adoptable(holder);
        END IF;
        verdict := takeover_verdict(o, stored, holder, arg);
        IF verdict <> '' THEN
            RETURN verdict;
        END IF;
        stored := holder;
        stored.stamp := NULL; -- nothing of the former object
        stored.gives := NULL;
        stored.protection := NULL;
    END IF;
    IF stored.owner = o.owner THEN
        seated := stored; -- others have no seat among this owner's users
    END IF;
    u.id := coalesce(stored.id, gen_random_uuid());
    u.owner := o.owner;
    u.back_office := o.back_office;
    verdict := identity_verdict(o, stored, u, arg -> 'lift_tombstones');
    IF verdict <> '' THEN
        RETURN verdict;
    ELSIF lacks_seat(o, seated, u) THEN
        RETURN 'quota';
    END IF;
    verdict := store_user(o, stored, u, arg);
    IF verdict <> '' THEN
        RETURN verdict;
    END IF;
    IF arg -> 'lift_tombstones' = 'true' THEN
        PERFORM lift_tombstones(o, u);
    END IF;
    PERFORM move_seats(seated, u);
    PERFORM put_user_lists(u, arg);
    RETURN '';
END $$;
-- +goose StatementEnd

-- store_user writes the row of u, which replaces stored, and the bindings that it has. Its verdict is about another owner's writer who was faster:
-- those of this owner wait for each other.
-- +goose StatementBegin
CREATE FUNCTION store_user(o owners, stored users, u users, arg jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    lost boolean;
BEGIN
    u.gives := arg -> 'gives';
    u.settings := (arg ->> 'settings')::json;
    u.protection := coalesce(arg -> 'protection', stored.protection, '[]');
    u.updated_at := statement_timestamp();
    IF stored.id IS NULL THEN
        u.created_at := statement_timestamp();
        INSERT INTO users SELECT u.* ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            PERFORM FROM users AS t WHERE t.back_office = u.back_office AND t.login_folded = u.login_folded;
            RETURN CASE WHEN FOUND THEN 'foreign' ELSE 'email taken' END;
        END IF;
        PERFORM add_bindings(stored, u, arg -> 'bindings');
        PERFORM log_put(o, object_of('BackOfficeUser', arg -> 'row'), arg, NULL, NULL);
        RETURN '';
    END IF;
    IF stored.uid IS DISTINCT FROM u.uid OR stored.owner IS DISTINCT FROM u.owner THEN
        PERFORM take_credential(stored, u);
        DELETE FROM role_binding_subjects AS t WHERE t.user_uid = stored.uid AND t.back_office = u.back_office AND t.owner = u.owner;
    END IF;
    IF stored.email_folded <> u.email_folded THEN
        PERFORM end_invitation(u.id);
    END IF;
    PERFORM add_bindings(stored, u, arg -> 'bindings');
    lost := log_put(o, object_of('BackOfficeUser', arg -> 'row'), arg, stored.stamp, stored.gives) OR loses_access(stored, u, arg -> 'bindings');
    UPDATE users AS t
    SET owner = u.owner, uid = u.uid, namespace = u.namespace, name = u.name, generation = u.generation, stamp = u.stamp, gives = u.gives,
        login = u.login, login_folded = u.login_folded, account_type = u.account_type, state = u.state, held = u.held,
        hold_reason = u.hold_reason, in_force = u.in_force, full_name = u.full_name, first_name = u.first_name, last_name = u.last_name,
        email = u.email, email_folded = u.email_folded, phone = u.phone, language = u.language, gender = u.gender,
        picture_url = u.picture_url, description = u.description, settings = u.settings, labels_hash = u.labels_hash,
        protection = u.protection, updated_at = u.updated_at,
        access_lost_at = CASE WHEN lost THEN access_lost_since(t.access_lost_at) ELSE t.access_lost_at END
    WHERE t.id = u.id;
    RETURN '';
END $$;
-- +goose StatementEnd

-- loses_access tells whether u, which replaces stored, may not log in any more, is another person, or is rid of a binding: of its last row with the
-- labels that u has. To be rid of a row that did not count is no loss; but losses are read through it.
-- +goose StatementBegin
CREATE FUNCTION loses_access(stored users, u users, bindings jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN stored.uid IS DISTINCT FROM u.uid OR stored.owner IS DISTINCT FROM u.owner
        OR stored.state = 'Active' AND NOT stored.held AND stored.in_force AND (u.state <> 'Active' OR u.held OR NOT u.in_force)
        OR stored.account_type <> u.account_type
        OR EXISTS (
            SELECT
            FROM role_binding_subjects AS s
            WHERE s.user_uid = u.uid AND s.back_office = u.back_office AND s.owner = u.owner AND s.labels_hash <> u.labels_hash
                AND s.binding_uid NOT IN (SELECT b.binding_uid FROM jsonb_to_recordset(bindings) AS b (binding_uid text))
                AND NOT EXISTS (
                    SELECT FROM role_binding_subjects AS k
                    WHERE k.binding_uid = s.binding_uid AND k.owner = s.owner AND k.back_office = s.back_office AND k.user_uid = s.user_uid
                        AND k.labels_hash = u.labels_hash AND k.binding_generation >= s.binding_generation
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

-- put_user_lists writes the networks and filters.
-- +goose StatementBegin
CREATE FUNCTION put_user_lists(u users, arg jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM allowed_networks AS t
    WHERE t.user_id = u.id
        AND t.network NOT IN (SELECT e.network FROM jsonb_array_elements_text(arg -> 'networks') AS e (network));
    INSERT INTO allowed_networks
    SELECT u.id, e.network FROM jsonb_array_elements_text(arg -> 'networks') AS e (network)
    ON CONFLICT DO NOTHING;

    DELETE FROM user_filters AS t
    WHERE t.user_id = u.id AND t.dimension NOT IN (SELECT f.dimension FROM filters_of(arg -> 'filters') AS f);
    INSERT INTO user_filters AS t
    SELECT u.id, f.dimension, f.mode, f.access, f.filter_values, f.filter_groups, f.filter_tags, f.default_value
    FROM filters_of(arg -> 'filters') AS f
    ON CONFLICT (user_id, dimension) DO UPDATE
    SET mode = excluded.mode, access = excluded.access, filter_values = excluded.filter_values, filter_groups = excluded.filter_groups,
        filter_tags = excluded.filter_tags, default_value = excluded.default_value
    WHERE to_jsonb(t) <> to_jsonb(excluded);


    DELETE FROM role_binding_subjects AS t -- those of former labels
    WHERE t.owner = u.owner AND t.back_office = u.back_office AND t.user_uid = u.uid AND t.labels_hash <> u.labels_hash;
END $$;
-- +goose StatementEnd

-- add_bindings adds the bindings that were evaluated for these labels, while the user is stored as it was. since is as add_subjects has it.
-- +goose StatementBegin
CREATE FUNCTION add_bindings(stored users, u users, bindings jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF stored.labels_hash <> u.labels_hash THEN
        UPDATE role_binding_subjects AS t
        SET since = access_lost_since(t.since)
        WHERE t.user_uid = u.uid AND t.back_office = u.back_office AND t.owner = u.owner AND t.labels_hash = u.labels_hash AND (
            SELECT min(c.since) FROM counting_subjects AS c
            WHERE c.binding_uid = t.binding_uid AND c.owner = u.owner AND c.back_office = u.back_office AND c.user_uid = u.uid
        ) IS NULL;
    END IF;
    INSERT INTO role_binding_subjects
    SELECT u.owner, u.back_office, b.binding_uid, b.generation, u.uid, u.labels_hash, coalesce((
        SELECT min(c.since) FROM counting_subjects AS c
        WHERE c.binding_uid = b.binding_uid AND c.owner = u.owner AND c.back_office = u.back_office AND c.user_uid = u.uid
    ), access_lost_since(NULL))
    FROM jsonb_to_recordset(bindings) AS b (binding_uid text, generation bigint)
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
        PERFORM settle_resets(u);
        UPDATE users AS t SET owner = NULL, protection = arg -> 'protection', updated_at = statement_timestamp() WHERE t.id = u.id;
        UPDATE outbox AS t SET owner = NULL WHERE t.user_id = u.id;
        RETURN '';
    END IF;
    IF arg ->> 'disposal' = 'Deactivate' THEN
        UPDATE users AS t
        SET state = 'Deactivated', uid = NULL, protection = arg -> 'protection', updated_at = statement_timestamp()
        WHERE t.id = u.id;
    ELSE
        DELETE FROM users AS t WHERE t.id = u.id;
        DELETE FROM allowed_networks AS t WHERE t.user_id = u.id;
        DELETE FROM user_filters AS t WHERE t.user_id = u.id;
        PERFORM bury(o, u);
    END IF;
    PERFORM drop_credential(u.id);
    DELETE FROM role_binding_subjects AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.user_uid = u.uid;
    RETURN '';
END $$;
-- +goose StatementEnd
