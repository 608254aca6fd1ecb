-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
SET LOCAL search_path TO :"schema", pg_temp;

-- The functions that write, for the driver alone: it sets the search_path of the transaction in which it calls apply().
-- A change is {"do": the function's name, "with": its argument}. A verdict is '' or a key of the driver's verdicts.

-- apply writes a list of groups, each a list of changes, and returns the verdict of each.
-- The lock on the row of the owner serialises the writers of a back office until the transaction ends.
-- All statements go by key, and all plans are made once in a session, perhaps while the tables are still empty.
-- +goose StatementBegin
CREATE FUNCTION apply(in_owner text, in_back_office text, in_fence bigint, groups jsonb) RETURNS text[] LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
DECLARE
    o owners;
    changes jsonb;
    verdicts text[] := '{}';
BEGIN
    SELECT * INTO o FROM owners AS t WHERE t.owner = in_owner AND t.back_office = in_back_office FOR NO KEY UPDATE;
    IF o.fence IS DISTINCT FROM in_fence THEN
        RAISE EXCEPTION 'another manager has raised the fence' USING ERRCODE = 'BOF01';
    END IF;
    o.office_gives := NULL; -- it may be long, and each function gets a copy
    PERFORM set_config('backoffice.seats', '', true); -- not counted yet
    FOR changes IN SELECT * FROM jsonb_array_elements(groups) LOOP
        verdicts := verdicts || apply_group(o, changes);
    END LOOP;
    RETURN verdicts;
END $$;
-- +goose StatementEnd

-- apply_group writes all changes of a group or none. A change that gets a verdict has written nothing, so that a single one needs no
-- subtransaction.
-- +goose StatementBegin
CREATE FUNCTION apply_group(o owners, changes jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    change jsonb;
    verdict text := '';
BEGIN
    IF jsonb_array_length(changes) = 1 THEN
        RETURN apply_change(o, changes -> 0 ->> 'do', changes -> 0 -> 'with');
    END IF;
    FOR change IN SELECT * FROM jsonb_array_elements(changes) LOOP
        verdict := apply_change(o, change ->> 'do', change -> 'with');
        IF verdict <> '' THEN
            RAISE EXCEPTION 'left out' USING ERRCODE = 'BOF02';
        END IF;
    END LOOP;
    RETURN verdict;
EXCEPTION WHEN SQLSTATE 'BOF02' THEN
    RETURN verdict;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION apply_change(o owners, what text, arg jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    CASE what
        WHEN 'put_user' THEN RETURN put_user(o, arg);
        WHEN 'remove_user' THEN RETURN remove_user(o, arg);
        WHEN 'issue_credential' THEN RETURN issue_credential(o, arg);
        WHEN 'finish_credential' THEN RETURN finish_credential(o, arg);
        WHEN 'invite_user' THEN RETURN invite_user(o, arg);
        WHEN 'revoke_credential' THEN RETURN revoke_credential(o, arg);
        WHEN 'reset_credentials' THEN RETURN reset_credentials(o, arg);
        WHEN 'put_role_binding' THEN RETURN put_role_binding(o, arg);
        WHEN 'remove_role_binding' THEN RETURN remove_role_binding(o, arg);
        WHEN 'put_permission_set' THEN RETURN put_permission_set(o, arg);
        WHEN 'remove_permission_set' THEN RETURN remove_permission_set(o, arg);
        WHEN 'put_office' THEN RETURN put_office(o, arg);
        WHEN 'remove_office' THEN RETURN remove_office(o, arg);
        WHEN 'release' THEN RETURN release(o);
    END CASE;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION release(o owners) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    UPDATE owners AS t SET used_by = '' WHERE t.owner = o.owner AND t.back_office = o.back_office;
    RETURN '';
END $$;
-- +goose StatementEnd
