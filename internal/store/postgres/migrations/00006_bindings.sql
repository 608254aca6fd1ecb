-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
SET LOCAL search_path TO :"schema", pg_temp;

-- The functions for bindings: a fixed number of statements, however many users they have.

-- The rows of subjects that count, now and whether or not the binding is in force.
CREATE VIEW counting_subjects AS
SELECT s.owner, s.back_office, s.binding_uid, s.user_uid, s.since
FROM role_binding_subjects AS s
JOIN role_bindings AS b ON b.owner = s.owner AND b.back_office = s.back_office AND b.uid = s.binding_uid AND b.generation = s.binding_generation
JOIN users AS u ON u.owner = s.owner AND u.back_office = s.back_office AND u.uid = s.user_uid AND u.labels_hash = s.labels_hash;

-- put_role_binding writes a binding with the subjects that were evaluated for this generation. It takes the place of one that was lost.
-- +goose StatementBegin
CREATE FUNCTION put_role_binding(o owners, arg jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    r role_bindings := jsonb_populate_record(NULL::role_bindings, arg -> 'row');
    stored role_bindings;
    lost boolean;
BEGIN
    SELECT * INTO stored FROM role_bindings AS t WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.uid = r.uid;
    IF stored.generation > r.generation THEN
        RETURN 'stale';
    ELSIF is_replay(o, stored.stamp, r.uid, r.stamp) THEN
        RETURN 'replayed';
    ELSIF stored.uid IS NULL THEN
        PERFORM remove_role_binding(o, jsonb_build_object('uid', t.uid)) FROM role_bindings AS t
        WHERE t.name = r.name AND t.name <> '' AND t.namespace = r.namespace AND t.back_office = o.back_office AND t.owner = o.owner;
    END IF;
    r.owner := o.owner;
    r.back_office := o.back_office;
    r.gives := arg -> 'gives';
    r.has_denied := coalesce(stored.has_denied, false) OR arg -> 'deny' <> '[]';
    lost := log_put(o, object_of('RoleBinding', arg -> 'row'), arg, stored.stamp, stored.gives) OR binding_takes(stored, r, arg -> 'entries');
    PERFORM add_subjects(stored, r, arg -> 'subjects');
    r.access_lost_at := CASE WHEN lost THEN access_lost_since(stored.access_lost_at) ELSE stored.access_lost_at END;
    INSERT INTO role_bindings SELECT r.*
    ON CONFLICT (owner, back_office, uid) DO UPDATE
    SET namespace = r.namespace, name = r.name, generation = r.generation, stamp = r.stamp, gives = r.gives,
        permission_set_uid = r.permission_set_uid, in_force = r.in_force, not_before = r.not_before, expires_at = r.expires_at,
        has_denied = r.has_denied, access_lost_at = r.access_lost_at;
    PERFORM put_binding_lists(o, r.uid, arg);
    PERFORM drop_subjects(stored, r, arg -> 'subjects');
    RETURN '';
END $$;
-- +goose StatementEnd

-- binding_takes tells whether a binding that replaces stored may take something away, whatever is noted of what they give.
-- +goose StatementBegin
CREATE FUNCTION binding_takes(stored role_bindings, r role_bindings, entries jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    same_set boolean := stored.permission_set_uid IS NOT DISTINCT FROM r.permission_set_uid;
    same_begin boolean := stored.not_before IS NOT DISTINCT FROM r.not_before;
    same_end boolean := stored.expires_at IS NOT DISTINCT FROM r.expires_at;
BEGIN
    IF stored.uid IS NULL THEN
        RETURN false;
    END IF;
    RETURN stored.in_force AND NOT r.in_force OR NOT same_set AND stored.permission_set_uid IS NOT NULL
        OR NOT same_begin AND coalesce(r.not_before > statement_timestamp(), false)
        OR NOT same_end AND coalesce(least(stored.expires_at, r.expires_at) <= clock_timestamp() + interval '1 second', false)
        OR (NOT stored.in_force OR NOT same_set OR NOT same_begin) AND (r.has_denied OR set_may_take(r)) -- what takes now may not have done so
        OR EXISTS ( -- an entry that is new, and less than one above it
            SELECT
            FROM jsonb_to_recordset(entries) AS n (path text, level text)
            WHERE n.level <> 'Write' AND NOT EXISTS (
                SELECT FROM role_binding_entries AS e
                WHERE e.owner = r.owner AND e.back_office = r.back_office AND e.binding_uid = r.uid AND e.path = n.path AND e.level = n.level
                OFFSET 0
            ) AND EXISTS (
                SELECT FROM role_binding_entries AS e
                WHERE e.owner = r.owner AND e.back_office = r.back_office AND e.binding_uid = r.uid
                    AND e.path = ANY (paths_above(n.path)) AND e.level <> n.level AND e.level <> 'None'
                OFFSET 0
            )
        );
END $$;
-- +goose StatementEnd

-- set_may_take tells whether the set of a binding, or one that it inherits from, ever denied something, or is not for all types of accounts.
-- +goose StatementBegin
CREATE FUNCTION set_may_take(r role_bindings) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (
        SELECT
        FROM permission_set_closure AS c
        JOIN permission_sets AS a ON a.owner = c.owner AND a.back_office = c.back_office AND a.uid = c.ancestor_uid
        WHERE c.owner = r.owner AND c.back_office = r.back_office AND c.set_uid = r.permission_set_uid AND (a.has_denied OR a.account_types <> '[]')
    );
END $$;
-- +goose StatementEnd

-- add_subjects adds the users that were evaluated for this generation, while the binding is stored as it was. since is carried over from a row that
-- counts; where there is none, the binding is new to the user, also where the user's own reconcile has written the row before.
-- +goose StatementBegin
CREATE FUNCTION add_subjects(stored role_bindings, r role_bindings, subjects jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF stored.generation IS DISTINCT FROM r.generation THEN
        UPDATE role_binding_subjects AS t
        SET since = access_lost_since(t.since)
        WHERE t.binding_uid = r.uid AND t.owner = r.owner AND t.back_office = r.back_office AND t.binding_generation = r.generation AND (
            SELECT min(c.since) FROM counting_subjects AS c
            WHERE c.binding_uid = r.uid AND c.owner = r.owner AND c.back_office = r.back_office AND c.user_uid = t.user_uid
        ) IS NULL;
    END IF;
    INSERT INTO role_binding_subjects
    SELECT r.owner, r.back_office, r.uid, r.generation, s.user_uid, s.labels_hash, coalesce((
        SELECT min(c.since) FROM counting_subjects AS c
        WHERE c.binding_uid = r.uid AND c.owner = r.owner AND c.back_office = r.back_office AND c.user_uid = s.user_uid
    ), access_lost_since(NULL))
    FROM jsonb_to_recordset(subjects) AS s (user_uid text, labels_hash text)
    ON CONFLICT DO NOTHING;
END $$;
-- +goose StatementEnd

-- drop_subjects removes the rows of former generations, once the binding is stored as it is. Users who had one, and are not among the subjects any
-- more, lose access; not so those who, by their own reconcile, already have a row that counts.
-- +goose StatementBegin
CREATE FUNCTION drop_subjects(stored role_bindings, r role_bindings, subjects jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    is_new_generation boolean := stored.generation IS DISTINCT FROM r.generation;
    lost text[];
BEGIN
    IF stored.uid IS NOT NULL AND (is_new_generation OR stored.permission_set_uid IS DISTINCT FROM r.permission_set_uid) THEN
        SELECT array_agg(DISTINCT s.user_uid) INTO lost
        FROM role_binding_subjects AS s
        WHERE s.binding_uid = r.uid AND s.owner = r.owner AND s.back_office = r.back_office
            AND s.binding_generation <= greatest(stored.generation, r.generation - 1)
            AND s.user_uid NOT IN (SELECT e.user_uid FROM jsonb_to_recordset(subjects) AS e (user_uid text)) -- a hashed list, by every plan
            AND (NOT is_new_generation OR (
                SELECT min(c.since) FROM counting_subjects AS c
                WHERE c.binding_uid = r.uid AND c.owner = r.owner AND c.back_office = r.back_office AND c.user_uid = s.user_uid
            ) IS NULL);
        PERFORM lose_access(r.owner, r.back_office, lost);
    END IF;
    IF is_new_generation THEN
        DELETE FROM role_binding_subjects AS t
        WHERE t.binding_uid = r.uid AND t.owner = r.owner AND t.back_office = r.back_office AND t.binding_generation < r.generation;
    END IF;
END $$;
-- +goose StatementEnd

-- lose_access notes a loss with users. Orphans have what their former owner gives.
-- +goose StatementBegin
CREATE FUNCTION lose_access(in_owner text, in_back_office text, uids text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE users AS t
    SET access_lost_at = access_lost_since(t.access_lost_at)
    WHERE t.owner = in_owner AND t.back_office = in_back_office AND t.uid = ANY (uids);
    UPDATE users AS t
    SET access_lost_at = access_lost_since(t.access_lost_at)
    WHERE t.owner IS NULL AND t.back_office = in_back_office AND t.uid = ANY (uids);
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION put_binding_lists(o owners, in_uid text, arg jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM role_binding_entries AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.binding_uid = in_uid
        AND t.path NOT IN (SELECT e.path FROM jsonb_to_recordset(arg -> 'entries') AS e (path text));
    INSERT INTO role_binding_entries AS t
    SELECT o.owner, o.back_office, in_uid, e.path, e.level FROM jsonb_to_recordset(arg -> 'entries') AS e (path text, level text)
    ON CONFLICT (owner, back_office, binding_uid, path) DO UPDATE SET level = excluded.level WHERE t.level <> excluded.level;

    DELETE FROM role_binding_denials AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.binding_uid = in_uid
        AND t.path NOT IN (SELECT e.path FROM jsonb_array_elements_text(arg -> 'deny') AS e (path));
    INSERT INTO role_binding_denials
    SELECT o.owner, o.back_office, in_uid, e.path FROM jsonb_array_elements_text(arg -> 'deny') AS e (path)
    ON CONFLICT DO NOTHING;

    DELETE FROM role_binding_filters AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.binding_uid = in_uid
        AND t.dimension NOT IN (SELECT f.dimension FROM filters_of(arg -> 'filters') AS f);
    INSERT INTO role_binding_filters AS t
    SELECT o.owner, o.back_office, in_uid, f.dimension, f.mode, f.access, f.filter_values, f.filter_groups, f.filter_tags, f.default_value
    FROM filters_of(arg -> 'filters') AS f
    ON CONFLICT (owner, back_office, binding_uid, dimension) DO UPDATE
    SET mode = excluded.mode, access = excluded.access, filter_values = excluded.filter_values, filter_groups = excluded.filter_groups,
        filter_tags = excluded.filter_tags, default_value = excluded.default_value
    WHERE to_jsonb(t) <> to_jsonb(excluded);
END $$;
-- +goose StatementEnd

-- filters_of are the rows of a list of filters: each array comes as the text that is kept of it.
-- +goose StatementBegin
CREATE FUNCTION filters_of(list jsonb) RETURNS TABLE (
    dimension text, mode text, access text, filter_values json, filter_groups json, filter_tags json, default_value text
) LANGUAGE sql STABLE AS $$
    SELECT f.dimension, f.mode, f.access, f.filter_values::json, f.filter_groups::json, f.filter_tags::json, f.default_value
    FROM jsonb_to_recordset(list) AS f (
        dimension text, mode text, access text, filter_values text, filter_groups text, filter_tags text, default_value text
    )
$$;
-- +goose StatementEnd

-- remove_role_binding notes the loss with all users who have a row for it, whatever it counts.
-- +goose StatementBegin
CREATE FUNCTION remove_role_binding(o owners, arg jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    r role_bindings;
    lost text[];
BEGIN
    DELETE FROM role_bindings AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.uid = arg ->> 'uid'
    RETURNING t.* INTO r;
    SELECT array_agg(DISTINCT s.user_uid) INTO lost
    FROM role_binding_subjects AS s
    WHERE s.binding_uid = arg ->> 'uid' AND s.owner = o.owner AND s.back_office = o.back_office;
    PERFORM lose_access(o.owner, o.back_office, lost);
    DELETE FROM role_binding_subjects AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.binding_uid = arg ->> 'uid';
    DELETE FROM role_binding_entries AS t WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.binding_uid = arg ->> 'uid';
    DELETE FROM role_binding_denials AS t WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.binding_uid = arg ->> 'uid';
    DELETE FROM role_binding_filters AS t WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.binding_uid = arg ->> 'uid';
    IF r.uid IS NOT NULL THEN
        PERFORM log_removal(o, object_of('RoleBinding', to_jsonb(r)), 'Remove', r.gives);
    END IF;
    RETURN '';
END $$;
-- +goose StatementEnd
