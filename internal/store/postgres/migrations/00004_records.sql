-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
SET LOCAL search_path TO :"schema", pg_temp;

-- The functions for offices, sets and bindings. Each is a fixed number of statements, however long the lists and whoever holds a set.
-- Lists are compared with what is stored, so that a small change writes few rows.

-- +goose StatementBegin
CREATE FUNCTION put_office(o owners, arg jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    r owners := jsonb_populate_record(NULL::owners, arg -> 'row');
    stored owners;
BEGIN
    SELECT * INTO stored FROM owners AS t WHERE t.owner = o.owner AND t.back_office = o.back_office;
    IF stored.office_uid <> r.office_uid THEN
        stored := NULL; -- another object
    END IF;
    IF stored.office_generation > r.office_generation THEN
        RETURN 'stale';
    ELSIF is_replay(o, stored.office_stamp, r.office_uid, r.office_stamp) THEN
        RETURN 'replayed';
    END IF;
    UPDATE owners AS t
    SET max_users = r.max_users, max_administrators = r.max_administrators, office_uid = r.office_uid,
        office_namespace = r.office_namespace, office_name = r.office_name, office_generation = r.office_generation,
        office_stamp = r.office_stamp, office_gives = arg -> 'gives'
    WHERE t.owner = o.owner AND t.back_office = o.back_office;

    DELETE FROM permission_catalog AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office
        AND NOT EXISTS (SELECT FROM jsonb_array_elements_text(arg -> 'catalog') AS e (path) WHERE e.path = t.path);
    INSERT INTO permission_catalog
    SELECT o.owner, o.back_office, e.path FROM jsonb_array_elements_text(arg -> 'catalog') AS e (path)
    ON CONFLICT DO NOTHING;
    PERFORM log_put(o, office_object(r), arg, stored.office_stamp, stored.office_gives);
    RETURN '';
END $$;
-- +goose StatementEnd

-- remove_office leaves the row: it has the fence.
-- +goose StatementBegin
CREATE FUNCTION remove_office(o owners, arg jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    stored owners;
BEGIN
    SELECT * INTO stored FROM owners AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.office_uid = arg ->> 'uid' AND t.office_uid <> '';
    IF NOT FOUND THEN
        RETURN '';
    END IF;
    UPDATE owners AS t
    SET max_users = DEFAULT, max_administrators = DEFAULT, office_uid = DEFAULT, office_namespace = DEFAULT, office_name = DEFAULT,
        office_generation = DEFAULT, office_stamp = DEFAULT, office_gives = DEFAULT
    WHERE t.owner = o.owner AND t.back_office = o.back_office;
    DELETE FROM permission_catalog AS t WHERE t.owner = o.owner AND t.back_office = o.back_office;
    PERFORM log_removal(o, office_object(stored), 'Remove', stored.office_gives);
    RETURN '';
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION put_permission_set(o owners, arg jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    r permission_sets := jsonb_populate_record(NULL::permission_sets, arg -> 'row');
    stored permission_sets;
BEGIN
    SELECT * INTO stored FROM permission_sets AS t WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.uid = r.uid;
    IF stored.generation > r.generation THEN
        RETURN 'stale';
    ELSIF is_replay(o, stored.stamp, r.uid, r.stamp) THEN
        RETURN 'replayed';
    END IF;
    PERFORM FROM permission_sets AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.set_key = r.set_key AND t.uid <> r.uid;
    IF FOUND THEN
        RETURN 'taken';
    END IF;
    r.owner := o.owner;
    r.back_office := o.back_office;
    r.gives := arg -> 'gives';
    INSERT INTO permission_sets SELECT r.*
    ON CONFLICT (owner, back_office, uid) DO UPDATE
    SET namespace = r.namespace, name = r.name, generation = r.generation, stamp = r.stamp, gives = r.gives, set_key = r.set_key,
        display_name = r.display_name, rank = r.rank, rank_family = r.rank_family, in_force = r.in_force;
    PERFORM put_set_lists(o, r.uid, arg);
    PERFORM log_put(o, object_of('PermissionSet', arg -> 'row'), arg, stored.stamp, stored.gives);
    RETURN '';
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION put_set_lists(o owners, in_uid text, arg jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM permission_set_entries AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.set_uid = in_uid
        AND NOT EXISTS (SELECT FROM jsonb_to_recordset(arg -> 'entries') AS e (path text) WHERE e.path = t.path);
    INSERT INTO permission_set_entries AS t
    SELECT o.owner, o.back_office, in_uid, e.path, e.level FROM jsonb_to_recordset(arg -> 'entries') AS e (path text, level text)
    ON CONFLICT (owner, back_office, set_uid, path) DO UPDATE SET level = excluded.level WHERE t.level <> excluded.level;

    DELETE FROM permission_set_denials AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.set_uid = in_uid
        AND NOT EXISTS (SELECT FROM jsonb_array_elements_text(arg -> 'deny') AS e (path) WHERE e.path = t.path);
    INSERT INTO permission_set_denials
    SELECT o.owner, o.back_office, in_uid, e.path FROM jsonb_array_elements_text(arg -> 'deny') AS e (path)
    ON CONFLICT DO NOTHING;

    DELETE FROM permission_set_closure AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.set_uid = in_uid
        AND NOT EXISTS (SELECT FROM jsonb_to_recordset(arg -> 'ancestors') AS a (uid text) WHERE a.uid = t.ancestor_uid);
    INSERT INTO permission_set_closure AS t
    SELECT o.owner, o.back_office, in_uid, a.uid, a.distance
    FROM jsonb_to_recordset(arg -> 'ancestors') AS a (uid text, distance bigint)
    ON CONFLICT (owner, back_office, set_uid, ancestor_uid)
    DO UPDATE SET distance = excluded.distance WHERE t.distance <> excluded.distance;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION remove_permission_set(o owners, arg jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    r permission_sets;
BEGIN
    DELETE FROM permission_sets AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.uid = arg ->> 'uid'
    RETURNING t.* INTO r;
    DELETE FROM permission_set_entries AS t WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.set_uid = arg ->> 'uid';
    DELETE FROM permission_set_denials AS t WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.set_uid = arg ->> 'uid';
    DELETE FROM permission_set_closure AS t WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.set_uid = arg ->> 'uid';
    IF r.uid IS NOT NULL THEN
        PERFORM log_removal(o, object_of('PermissionSet', to_jsonb(r)), 'Remove', r.gives);
    END IF;
    RETURN '';
END $$;
-- +goose StatementEnd

-- put_role_binding adds the subjects that were evaluated for this generation, and removes those of former ones.
-- +goose StatementBegin
CREATE FUNCTION put_role_binding(o owners, arg jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    r role_bindings := jsonb_populate_record(NULL::role_bindings, arg -> 'row');
    stored role_bindings;
BEGIN
    SELECT * INTO stored FROM role_bindings AS t WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.uid = r.uid;
    IF stored.generation > r.generation THEN
        RETURN 'stale';
    ELSIF is_replay(o, stored.stamp, r.uid, r.stamp) THEN
        RETURN 'replayed';
    END IF;
    r.owner := o.owner;
    r.back_office := o.back_office;
    r.gives := arg -> 'gives';
    INSERT INTO role_bindings SELECT r.*
    ON CONFLICT (owner, back_office, uid) DO UPDATE
    SET namespace = r.namespace, name = r.name, generation = r.generation, stamp = r.stamp, gives = r.gives,
        permission_set_uid = r.permission_set_uid, in_force = r.in_force, not_before = r.not_before, expires_at = r.expires_at;
    PERFORM put_binding_lists(o, r.uid, arg);

    DELETE FROM role_binding_subjects AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.binding_uid = r.uid AND t.binding_generation < r.generation;
    INSERT INTO role_binding_subjects
    SELECT o.owner, o.back_office, r.uid, r.generation, s.user_uid, s.labels_hash
    FROM jsonb_to_recordset(arg -> 'subjects') AS s (user_uid text, labels_hash text)
    ON CONFLICT DO NOTHING;
    PERFORM log_put(o, object_of('RoleBinding', arg -> 'row'), arg, stored.stamp, stored.gives);
    RETURN '';
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION put_binding_lists(o owners, in_uid text, arg jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM role_binding_entries AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.binding_uid = in_uid
        AND NOT EXISTS (SELECT FROM jsonb_to_recordset(arg -> 'entries') AS e (path text) WHERE e.path = t.path);
    INSERT INTO role_binding_entries AS t
    SELECT o.owner, o.back_office, in_uid, e.path, e.level FROM jsonb_to_recordset(arg -> 'entries') AS e (path text, level text)
    ON CONFLICT (owner, back_office, binding_uid, path) DO UPDATE SET level = excluded.level WHERE t.level <> excluded.level;

    DELETE FROM role_binding_denials AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.binding_uid = in_uid
        AND NOT EXISTS (SELECT FROM jsonb_array_elements_text(arg -> 'deny') AS e (path) WHERE e.path = t.path);
    INSERT INTO role_binding_denials
    SELECT o.owner, o.back_office, in_uid, e.path FROM jsonb_array_elements_text(arg -> 'deny') AS e (path)
    ON CONFLICT DO NOTHING;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION remove_role_binding(o owners, arg jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    r role_bindings;
BEGIN
    DELETE FROM role_bindings AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.uid = arg ->> 'uid'
    RETURNING t.* INTO r;
    DELETE FROM role_binding_subjects AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.binding_uid = arg ->> 'uid';
    DELETE FROM role_binding_entries AS t WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.binding_uid = arg ->> 'uid';
    DELETE FROM role_binding_denials AS t WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.binding_uid = arg ->> 'uid';
    IF r.uid IS NOT NULL THEN
        PERFORM log_removal(o, object_of('RoleBinding', to_jsonb(r)), 'Remove', r.gives);
    END IF;
    RETURN '';
END $$;
-- +goose StatementEnd
