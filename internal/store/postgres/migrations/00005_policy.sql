-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
SET LOCAL search_path TO :"schema", pg_temp;

-- The functions for offices and sets. Each is a fixed number of statements, however long the lists and whoever holds a set.
-- Lists are compared with what is stored, so that a small change writes few rows: by NOT IN, which is a hashed list by every plan.

-- +goose StatementBegin
CREATE FUNCTION put_office(o owners, arg jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    r owners := jsonb_populate_record(NULL::owners, arg -> 'row');
    stored owners;
    closed boolean;
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
    closed := put_office_lists(o, arg);
    PERFORM log_put(o, office_object(r), arg, stored.office_stamp, stored.office_gives); -- power over others is nobody's access
    UPDATE owners AS t
    SET max_users = r.max_users, max_administrators = r.max_administrators, never_reuse = r.never_reuse,
        two_factor_required = r.two_factor_required, office_uid = r.office_uid, office_namespace = r.office_namespace,
        office_name = r.office_name, office_generation = r.office_generation, office_stamp = r.office_stamp, office_gives = arg -> 'gives',
        access_lost_at = CASE WHEN closed THEN access_lost_since(t.access_lost_at) ELSE t.access_lost_at END
    WHERE t.owner = o.owner AND t.back_office = o.back_office;
    RETURN '';
END $$;
-- +goose StatementEnd

-- access_lost_since is the moment to note where access is lost now. A session may begin before this is committed: it is a second late.
-- +goose StatementBegin
CREATE FUNCTION access_lost_since(noted timestamptz) RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN
    RETURN greatest(noted, clock_timestamp() + interval '1 second');
END $$;
-- +goose StatementEnd

-- put_office_lists tells whether the catalogue has closed to something: it has lost a leaf, or was open to all paths while there were users.
-- +goose StatementBegin
CREATE FUNCTION put_office_lists(o owners, arg jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    closed boolean := arg -> 'catalog' <> '[]' AND NOT EXISTS (
        SELECT FROM permission_catalog AS t WHERE t.owner = o.owner AND t.back_office = o.back_office
    ) AND EXISTS (
        SELECT FROM users AS t WHERE t.owner = o.owner AND t.back_office = o.back_office
    );
BEGIN
    DELETE FROM permission_catalog AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office
        AND t.path NOT IN (SELECT e.path FROM jsonb_array_elements_text(arg -> 'catalog') AS e (path));
    closed := closed OR FOUND;
    INSERT INTO permission_catalog
    SELECT o.owner, o.back_office, e.path FROM jsonb_array_elements_text(arg -> 'catalog') AS e (path)
    ON CONFLICT DO NOTHING;

    DELETE FROM filter_dimensions AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office
        AND t.dimension NOT IN (SELECT e.dimension FROM jsonb_array_elements_text(arg -> 'dimensions') AS e (dimension));
    INSERT INTO filter_dimensions
    SELECT o.owner, o.back_office, e.dimension FROM jsonb_array_elements_text(arg -> 'dimensions') AS e (dimension)
    ON CONFLICT DO NOTHING;
    RETURN closed;
END $$;
-- +goose StatementEnd

-- remove_office leaves the row: it has the fence, and the last moment at which access was lost.
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
    SET max_users = DEFAULT, max_administrators = DEFAULT, never_reuse = DEFAULT, two_factor_required = DEFAULT, office_uid = DEFAULT,
        office_namespace = DEFAULT, office_name = DEFAULT, office_generation = DEFAULT, office_stamp = DEFAULT, office_gives = DEFAULT
    WHERE t.owner = o.owner AND t.back_office = o.back_office;
    DELETE FROM permission_catalog AS t WHERE t.owner = o.owner AND t.back_office = o.back_office;
    DELETE FROM filter_dimensions AS t WHERE t.owner = o.owner AND t.back_office = o.back_office;
    PERFORM log_removal(o, office_object(stored), 'Remove', stored.office_gives);
    RETURN '';
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION put_permission_set(o owners, arg jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    r permission_sets := jsonb_populate_record(NULL::permission_sets, arg -> 'row');
    stored permission_sets;
    holder permission_sets;
BEGIN
    SELECT * INTO stored FROM permission_sets AS t WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.uid = r.uid;
    IF stored.generation > r.generation THEN
        RETURN 'stale';
    ELSIF is_replay(o, stored.stamp, r.uid, r.stamp) THEN
        RETURN 'replayed';
    END IF;
    SELECT * INTO holder FROM permission_sets AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.set_key = r.set_key AND t.uid <> r.uid;
    IF FOUND THEN
        IF stored.uid IS NOT NULL OR NOT is_namesake(arg -> 'row', holder.namespace, holder.name) THEN
            RETURN 'taken';
        END IF;
        PERFORM remove_permission_set(o, jsonb_build_object('uid', holder.uid)); -- it was lost, and made anew
    END IF;
    r.owner := o.owner;
    r.back_office := o.back_office;
    r.gives := arg -> 'gives';
    r.has_denied := coalesce(stored.has_denied, false) OR arg -> 'deny' <> '[]';
    r.access_lost_at := stored.access_lost_at;
    IF log_put(o, object_of('PermissionSet', arg -> 'row'), arg, stored.stamp, stored.gives) OR set_takes(stored, r, arg) THEN
        r.access_lost_at := access_lost_since(stored.access_lost_at);
    END IF;
    INSERT INTO permission_sets SELECT r.*
    ON CONFLICT (owner, back_office, uid) DO UPDATE
    SET namespace = r.namespace, name = r.name, generation = r.generation, stamp = r.stamp, gives = r.gives, set_key = r.set_key,
        display_name = r.display_name, rank = r.rank, rank_family = r.rank_family, in_force = r.in_force,
        account_types = r.account_types, bypass = r.bypass, has_denied = r.has_denied, access_lost_at = r.access_lost_at;
    PERFORM put_set_lists(o, r.uid, arg);
    RETURN '';
END $$;
-- +goose StatementEnd

-- set_takes tells whether a set that replaces stored may take something away, whatever is noted of what they give. One that is new may do so where
-- others already refer to it.
-- +goose StatementBegin
CREATE FUNCTION set_takes(stored permission_sets, r permission_sets, arg jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    ancestors jsonb;
    inherited boolean;
BEGIN
    SELECT jsonb_agg(jsonb_build_object('uid', c.ancestor_uid, 'distance', c.distance) ORDER BY c.ancestor_uid) INTO ancestors
    FROM permission_set_closure AS c
    WHERE c.owner = r.owner AND c.back_office = r.back_office AND c.set_uid = r.uid;
    inherited := EXISTS (
        SELECT FROM permission_set_closure AS c
        WHERE c.ancestor_uid = r.uid AND c.back_office = r.back_office AND c.owner = r.owner AND c.set_uid <> r.uid
    );
    IF stored.uid IS NULL THEN
        RETURN inherited OR (arg -> 'deny' <> '[]' OR jsonb_array_length(arg -> 'ancestors') > 1 OR r.account_types <> '[]') AND EXISTS (
            SELECT FROM role_bindings AS b
            WHERE b.permission_set_uid = r.uid AND b.back_office = r.back_office AND b.owner = r.owner
        );
    END IF;
    RETURN stored.in_force AND NOT r.in_force OR stored.account_types <> r.account_types OR NOT r.bypass @> stored.bypass
        OR coalesce(ancestors, '[]') <> arg -> 'ancestors'
        OR set_lowers(stored, arg -> 'entries', inherited OR jsonb_array_length(arg -> 'ancestors') > 1);
END $$;
-- +goose StatementEnd

-- set_lowers tells whether an entry that is new, and less than Write, may lower what one above it gives: in the set itself, or where others are
-- resolved together with it. OFFSET keeps its questions look-ups by key.
-- +goose StatementBegin
CREATE FUNCTION set_lowers(stored permission_sets, entries jsonb, has_kin boolean) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (
        SELECT
        FROM jsonb_to_recordset(entries) AS n (path text, level text)
        WHERE n.level <> 'Write' AND NOT (stored.in_force AND EXISTS (
            SELECT FROM permission_set_entries AS e
            WHERE e.owner = stored.owner AND e.back_office = stored.back_office AND e.set_uid = stored.uid AND e.path = n.path
                AND e.level = n.level
            OFFSET 0
        )) AND (has_kin OR EXISTS (
            SELECT FROM permission_set_entries AS e
            WHERE e.owner = stored.owner AND e.back_office = stored.back_office AND e.set_uid = stored.uid
                AND e.path = ANY (paths_above(n.path)) AND e.level <> n.level AND e.level <> 'None'
            OFFSET 0
        ))
    );
END $$;
-- +goose StatementEnd

-- paths_above are those that cover a path: itself and its parents.
-- +goose StatementBegin
CREATE FUNCTION paths_above(path text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    parts text[] := string_to_array(path, '/');
    above text[] := '{}';
BEGIN
    FOR depth IN 1 .. cardinality(parts) LOOP
        above := above || array_to_string(parts[1:depth], '/');
    END LOOP;
    RETURN above;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION put_set_lists(o owners, in_uid text, arg jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM permission_set_entries AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.set_uid = in_uid
        AND t.path NOT IN (SELECT e.path FROM jsonb_to_recordset(arg -> 'entries') AS e (path text));
    INSERT INTO permission_set_entries AS t
    SELECT o.owner, o.back_office, in_uid, e.path, e.level FROM jsonb_to_recordset(arg -> 'entries') AS e (path text, level text)
    ON CONFLICT (owner, back_office, set_uid, path) DO UPDATE SET level = excluded.level WHERE t.level <> excluded.level;

    DELETE FROM permission_set_denials AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.set_uid = in_uid
        AND t.path NOT IN (SELECT e.path FROM jsonb_array_elements_text(arg -> 'deny') AS e (path));
    INSERT INTO permission_set_denials
    SELECT o.owner, o.back_office, in_uid, e.path FROM jsonb_array_elements_text(arg -> 'deny') AS e (path)
    ON CONFLICT DO NOTHING;

    DELETE FROM permission_set_closure AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.set_uid = in_uid
        AND t.ancestor_uid NOT IN (SELECT a.uid FROM jsonb_to_recordset(arg -> 'ancestors') AS a (uid text));
    INSERT INTO permission_set_closure AS t
    SELECT o.owner, o.back_office, in_uid, a.uid, a.distance
    FROM jsonb_to_recordset(arg -> 'ancestors') AS a (uid text, distance bigint)
    ON CONFLICT (owner, back_office, set_uid, ancestor_uid)
    DO UPDATE SET distance = excluded.distance WHERE t.distance <> excluded.distance;
END $$;
-- +goose StatementEnd

-- remove_permission_set notes the loss with the bindings that hand the set out, also by one that inherits from it, for there is no row of the set
-- to keep it. The holders are not touched.
-- +goose StatementBegin
CREATE FUNCTION remove_permission_set(o owners, arg jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    r permission_sets;
BEGIN
    DELETE FROM permission_sets AS t
    WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.uid = arg ->> 'uid'
    RETURNING t.* INTO r;
    IF FOUND THEN
        UPDATE role_bindings AS t
        SET access_lost_at = access_lost_since(t.access_lost_at)
        FROM (
            SELECT r.uid AS set_uid
            UNION SELECT c.set_uid
            FROM permission_set_closure AS c
            WHERE c.ancestor_uid = r.uid AND c.back_office = o.back_office AND c.owner = o.owner
        ) AS s
        WHERE t.permission_set_uid = s.set_uid AND t.back_office = o.back_office AND t.owner = o.owner;
    END IF;
    DELETE FROM permission_set_entries AS t WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.set_uid = arg ->> 'uid';
    DELETE FROM permission_set_denials AS t WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.set_uid = arg ->> 'uid';
    DELETE FROM permission_set_closure AS t WHERE t.owner = o.owner AND t.back_office = o.back_office AND t.set_uid = arg ->> 'uid';
    IF r.uid IS NOT NULL THEN
        PERFORM log_removal(o, object_of('PermissionSet', to_jsonb(r)), 'Remove', r.gives);
    END IF;
    RETURN '';
END $$;
-- +goose StatementEnd
