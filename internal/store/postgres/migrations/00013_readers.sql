-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
SET LOCAL search_path TO :"schema", pg_temp;

-- The roles that a back office lets read, and what they were given for that: not what somebody had given them before, which stays when they
-- leave the list. A role counts by its number as well, for another one may get its name.
CREATE TABLE readers (
    owner       text COLLATE "C" NOT NULL,
    back_office text COLLATE "C" NOT NULL,
    role        text COLLATE "C" NOT NULL,
    PRIMARY KEY (owner, back_office, role)
);
CREATE TABLE reader_grants (
    role     text COLLATE "C" NOT NULL,
    role_oid oid NOT NULL,
    item     text COLLATE "C" NOT NULL,
    PRIMARY KEY (role, item)
);

-- reader_items are what a reader gets, with who has it: the views and functions that an application needs to log people in. What is personal
-- data, and what has tokens in it, is not among them.
-- +goose StatementBegin
CREATE FUNCTION reader_items() RETURNS TABLE (item text, acl aclitem[], privilege text) LANGUAGE sql STABLE AS $$
    SELECT 'USAGE ON SCHEMA ' || quote_ident(n.nspname), n.nspacl, 'USAGE'
    FROM pg_catalog.pg_namespace AS n
    WHERE n.nspname = current_schema()
    UNION ALL
    SELECT 'SELECT ON ' || quote_ident(current_schema()) || '.' || quote_ident(c.relname), c.relacl, 'SELECT'
    FROM pg_catalog.pg_class AS c
    WHERE c.oid IN ('active_users'::regclass, 'effective_permissions'::regclass, 'effective_filters'::regclass)
    UNION ALL
    SELECT 'EXECUTE ON FUNCTION ' || quote_ident(current_schema()) || '.' || quote_ident(p.proname), p.proacl, 'EXECUTE'
    FROM pg_catalog.pg_proc AS p
    WHERE p.oid IN ('login_allowed'::regproc, 'redeem_token'::regproc)
$$;
-- +goose StatementEnd

-- set_readers lets these roles read for a back office, and no others any more; where it is closed, no new ones. It returns those that it could
-- not let, and why: missing, reserved, owner, unable or closed.
-- +goose StatementBegin
CREATE FUNCTION set_readers(in_owner text, in_back_office text, in_fence bigint, roles text[], closed boolean)
RETURNS TABLE (refused text, why text) LANGUAGE plpgsql AS $$
DECLARE
    stored bigint;
    former text;
BEGIN
    SELECT t.fence INTO stored FROM owners AS t WHERE t.owner = in_owner AND t.back_office = in_back_office FOR NO KEY UPDATE;
    IF stored IS DISTINCT FROM in_fence THEN
        RAISE EXCEPTION 'another manager has raised the fence' USING ERRCODE = 'BOF01';
    END IF;
    LOCK TABLE reader_grants IN SHARE ROW EXCLUSIVE MODE; -- the server bears no two changes of one privilege at the same time
    FOR former IN
        DELETE FROM readers AS t WHERE t.owner = in_owner AND t.back_office = in_back_office AND t.role <> ALL (roles) RETURNING t.role
    LOOP
        IF NOT EXISTS (SELECT FROM readers AS t WHERE t.role = former) THEN
            PERFORM revoke_reader(former);
        END IF;
    END LOOP;
    FOR refused IN SELECT DISTINCT r FROM unnest(roles) AS r ORDER BY r LOOP
        why := reader_problem(refused);
        IF why = '' AND closed AND NOT EXISTS (
            SELECT FROM readers AS t WHERE t.owner = in_owner AND t.back_office = in_back_office AND t.role = refused
        ) THEN
            why := 'closed';
        END IF;
        IF why = '' AND NOT closed THEN
            why := grant_reader(refused);
            INSERT INTO readers AS t VALUES (in_owner, in_back_office, refused) ON CONFLICT DO NOTHING;
        END IF;
        IF why <> '' THEN
            RETURN NEXT;
        END IF;
    END LOOP;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION reader_problem(reader text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT CASE
            WHEN starts_with(r.rolname::text, 'pg_') THEN 'reserved'
            WHEN r.rolname = current_user OR r.oid = (SELECT c.relowner FROM pg_catalog.pg_class AS c WHERE c.oid = 'users'::regclass) THEN 'owner'
            ELSE ''
        END
        FROM pg_catalog.pg_roles AS r
        WHERE r.rolname::text = reader
    ), 'missing')
$$;
-- +goose StatementEnd

-- grant_reader gives a role what it lacks, and notes that. What it has by another role, or what all have, is not its own.
-- +goose StatementBegin
CREATE FUNCTION grant_reader(reader text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    id oid := (SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname::text = reader);
    i record;
BEGIN
    FOR i IN SELECT * FROM reader_items() LOOP
        CONTINUE WHEN EXISTS (SELECT FROM aclexplode(i.acl) AS a WHERE a.grantee = id AND a.privilege_type = i.privilege);
        EXECUTE format('GRANT %s TO %I', i.item, reader);
        INSERT INTO reader_grants AS t VALUES (reader, id, i.item) ON CONFLICT (role, item) DO UPDATE SET role_oid = excluded.role_oid;
    END LOOP;
    IF EXISTS ( -- who may grant only some of it is warned by the server, and not refused
        SELECT FROM reader_items() AS t
        WHERE NOT EXISTS (SELECT FROM aclexplode(t.acl) AS a WHERE a.grantee = id AND a.privilege_type = t.privilege)
    ) THEN
        RETURN 'unable';
    END IF;
    RETURN '';
EXCEPTION WHEN insufficient_privilege THEN
    RETURN 'unable';
END $$;
-- +goose StatementEnd

-- revoke_reader takes away what grant_reader has given, also from a role that has got another name.
-- +goose StatementBegin
CREATE FUNCTION revoke_reader(reader text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    g record;
BEGIN
    FOR g IN
        SELECT t.item, r.rolname
        FROM reader_grants AS t
        JOIN pg_catalog.pg_roles AS r ON r.oid = t.role_oid
        WHERE t.role = reader
    LOOP
        EXECUTE format('REVOKE %s FROM %I', g.item, g.rolname);
    END LOOP;
    DELETE FROM reader_grants AS t WHERE t.role = reader;
END $$;
-- +goose StatementEnd
