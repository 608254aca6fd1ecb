-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
SET LOCAL search_path TO :"schema", pg_temp;

-- Who granted what to whom, or took it away: a row for each admission, and for each change of what an object gives that nobody asked for.
-- granted and lost are sorted arrays of text. What begins with 'deny ' takes something away: it is lost when it is new, granted when gone.
CREATE TABLE audit_log (
    id          uuid NOT NULL PRIMARY KEY,
    owner       text COLLATE "C" NOT NULL,
    back_office text COLLATE "C" NOT NULL,
    at          timestamptz NOT NULL,
    action      text COLLATE "C" NOT NULL, -- Put, Remove, Deactivate, Delete or Orphan; a CHECK would cost a fifth of each insert
    kind        text COLLATE "C" NOT NULL, -- BackOffice, PermissionSet, RoleBinding or BackOfficeUser
    namespace   text NOT NULL,
    name        text NOT NULL,
    uid         text COLLATE "C" NOT NULL,
    generation  bigint NOT NULL,
    actor       text COLLATE "C" NOT NULL, -- empty, as stamp is, where facts have changed or the object is gone
    stamp       text COLLATE "C" NOT NULL,
    granted     jsonb NOT NULL,
    lost        jsonb NOT NULL
);
CREATE INDEX audit_log_stamp_idx ON audit_log (stamp, back_office, owner, uid) WHERE stamp <> '';
CREATE INDEX audit_log_actor_idx ON audit_log (actor, back_office, owner, at);
CREATE INDEX audit_log_uid_idx ON audit_log (uid, back_office, owner, at);

-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING
        ERRCODE = 'feature_not_supported',
        HINT = format('A copy of an object is recognised by its row here, however old. To remove rows all the same, '
            'disable the trigger %I as the owner of the table.', TG_NAME);
END $$;
-- +goose StatementEnd

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE audit_log ENABLE ALWAYS TRIGGER append_only; -- also where session_replication_role silences others

-- is_replay tells whether a stamp that is not the stored one came with another object before.
-- +goose StatementBegin
CREATE FUNCTION is_replay(o owners, stored_stamp text, in_uid text, in_stamp text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN in_stamp IS DISTINCT FROM stored_stamp AND EXISTS (
        SELECT FROM audit_log AS t
        WHERE t.stamp = in_stamp AND t.stamp <> '' AND t.back_office = o.back_office AND t.owner = o.owner AND t.uid <> in_uid
    );
END $$;
-- +goose StatementEnd

-- object_of is a row of the log that says which object it is about, as a row of the object's table tells.
-- +goose StatementBegin
CREATE FUNCTION object_of(in_kind text, object jsonb) RETURNS audit_log LANGUAGE plpgsql AS $$
DECLARE
    e audit_log := jsonb_populate_record(NULL::audit_log, object);
BEGIN
    e.kind := in_kind;
    RETURN e;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION office_object(r owners) RETURNS audit_log LANGUAGE plpgsql AS $$
DECLARE
    e audit_log;
BEGIN
    e.kind := 'BackOffice';
    e.namespace := r.office_namespace;
    e.name := r.office_name;
    e.uid := r.office_uid;
    e.generation := r.office_generation;
    e.stamp := r.office_stamp;
    RETURN e;
END $$;
-- +goose StatementEnd

-- log_put adds a row for a record that is written with the stamp of e, if the stamp is new or what is given has changed. Where nothing was
-- stored, stored_stamp and noted are NULL. It tells whether somebody may have lost access by it.
-- +goose StatementBegin
CREATE FUNCTION log_put(o owners, e audit_log, arg jsonb, stored_stamp text, noted jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    e.action := 'Put';
    e.actor := arg ->> 'actor';
    IF e.stamp = stored_stamp THEN
        IF arg -> 'gives' = noted THEN
            RETURN false;
        END IF;
        e.actor := '';
        e.stamp := '';
    END IF;
    e := log_row(o, e, noted, arg -> 'gives');
    RETURN noted IS NOT NULL AND ends_sessions(e.granted, e.lost);
END $$;
-- +goose StatementEnd

-- ends_sessions tells whether a difference may have taken access from somebody: EndsSessions of package store.
-- +goose StatementBegin
CREATE FUNCTION ends_sessions(granted jsonb, lost jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM jsonb_array_elements_text(lost) AS l (item)
        WHERE NOT (starts_with(l.item, 'label ') OR starts_with(l.item, 'subject ') OR starts_with(l.item, 'selector '))
            AND NOT (right(l.item, 5) = ' Read' AND granted ? (left(l.item, -5) || ' Write')) -- raised
    ) OR EXISTS (
        SELECT FROM jsonb_array_elements_text(granted) AS g (item) WHERE starts_with(g.item, 'inherits ')
    );
END $$;
-- +goose StatementEnd

-- log_removal adds a row for a record that is gone. An orphan goes on to give what it gave.
-- +goose StatementBegin
CREATE FUNCTION log_removal(o owners, e audit_log, in_action text, noted jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    e.action := in_action;
    e.actor := '';
    e.stamp := '';
    PERFORM log_row(o, e, noted, CASE WHEN in_action = 'Orphan' THEN noted END);
END $$;
-- +goose StatementEnd

-- log_row adds e, with the difference between what was noted and what is given now; each may be NULL for nothing. It
-- returns the row.
-- +goose StatementBegin
CREATE FUNCTION log_row(o owners, e audit_log, noted jsonb, gives jsonb) RETURNS audit_log LANGUAGE plpgsql AS $$
BEGIN
    e.id := gen_random_uuid();
    e.owner := o.owner;
    e.back_office := o.back_office;
    e.at := clock_timestamp();
    IF noted IS NULL AND position('"deny ' IN gives::text) = 0 THEN -- most new objects; what is given is sorted
        e.granted := gives;
        e.lost := '[]';
    ELSE
        SELECT coalesce(jsonb_agg(d.item ORDER BY d.item) FILTER (WHERE d.is_new <> d.denies), '[]'),
            coalesce(jsonb_agg(d.item ORDER BY d.item) FILTER (WHERE d.is_new = d.denies), '[]')
        INTO e.granted, e.lost
        FROM (
            SELECT i.item COLLATE "C" AS item, n.item IS NULL AS is_new, starts_with(i.item, 'deny ') AS denies
            FROM jsonb_array_elements_text(gives) AS g (item)
            FULL JOIN jsonb_array_elements_text(noted) AS n (item) ON n.item = g.item
            CROSS JOIN LATERAL coalesce(g.item, n.item) AS i (item)
            WHERE g.item IS NULL OR n.item IS NULL
        ) AS d;
    END IF;
    INSERT INTO audit_log SELECT e.*;
    RETURN e;
END $$;
-- +goose StatementEnd
