-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
SET LOCAL search_path TO :"schema", pg_temp;

-- Every key has the owner: a cluster that was cloned has the UIDs of its original.
-- No sequences and no foreign keys, so that the schema also suits PostgreSQL-compatible distributed databases.
-- Whatever is compared or sorted has the collation "C", which is bytewise.
-- No two indexes of a table begin with the same column: a plan that is made while the tables are empty has but one to choose.
-- Beside each stamp stands gives, a JSON array of text: what the audit log knows the object to give. It is no part of a record.

-- One row for each back office of an owner: who uses it, the fence, and the scalar part of the Office record.
CREATE TABLE owners (
    owner              text COLLATE "C" NOT NULL,
    back_office        text COLLATE "C" NOT NULL,
    used_by            text COLLATE "C" NOT NULL, -- namespace/name of the BackOffice; empty when released
    fence              bigint NOT NULL,
    max_users          bigint NOT NULL DEFAULT -1, -- -1: no limit
    max_administrators bigint NOT NULL DEFAULT -1,
    office_uid         text COLLATE "C" NOT NULL DEFAULT '', -- empty: no Office is stored
    office_namespace   text NOT NULL DEFAULT '',
    office_name        text NOT NULL DEFAULT '',
    office_generation  bigint NOT NULL DEFAULT 0,
    office_stamp       text COLLATE "C" NOT NULL DEFAULT '',
    office_gives       jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (owner, back_office)
);

CREATE TABLE permission_catalog (
    owner       text COLLATE "C" NOT NULL,
    back_office text COLLATE "C" NOT NULL,
    path        text COLLATE "C" NOT NULL,
    PRIMARY KEY (owner, back_office, path)
);

CREATE TABLE users (
    id           uuid NOT NULL PRIMARY KEY,
    owner        text COLLATE "C", -- NULL: an orphan
    back_office  text COLLATE "C" NOT NULL,
    uid          text COLLATE "C", -- NULL: the row outlived its object
    namespace    text NOT NULL,
    name         text NOT NULL,
    generation   bigint NOT NULL,
    stamp        text COLLATE "C" NOT NULL DEFAULT '',
    gives        jsonb NOT NULL DEFAULT '[]',
    login        text COLLATE "C" NOT NULL,
    login_folded text COLLATE "C" NOT NULL, -- lower case, ASCII only
    account_type text COLLATE "C" NOT NULL,
    state        text COLLATE "C" NOT NULL,
    held         boolean NOT NULL,
    hold_reason  text NOT NULL,
    in_force     boolean NOT NULL,
    full_name    text NOT NULL,
    description  text NOT NULL,
    labels_hash  text COLLATE "C" NOT NULL,
    protection   jsonb NOT NULL DEFAULT '[]', -- of a row that outlived its object: an array of {"family", "rank"}
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    CONSTRAINT users_login_folded_key UNIQUE (login_folded, back_office), -- whoever owns the rows
    CONSTRAINT users_uid_key UNIQUE (owner, back_office, uid)
);
CREATE INDEX users_login_idx ON users (login, back_office);

CREATE TABLE allowed_networks (
    user_id uuid NOT NULL,
    network text COLLATE "C" NOT NULL,
    PRIMARY KEY (user_id, network)
);

CREATE TABLE credentials (
    user_id                 uuid NOT NULL PRIMARY KEY,
    version                 bigint NOT NULL,
    verifier                text NOT NULL,
    issued_at               timestamptz NOT NULL,
    secret_uid              text NOT NULL, -- empty while the issue is unfinished
    secret_resource_version text NOT NULL
);

CREATE TABLE permission_sets (
    owner        text COLLATE "C" NOT NULL,
    back_office  text COLLATE "C" NOT NULL,
    uid          text COLLATE "C" NOT NULL,
    namespace    text NOT NULL,
    name         text NOT NULL,
    generation   bigint NOT NULL,
    stamp        text COLLATE "C" NOT NULL DEFAULT '',
    gives        jsonb NOT NULL DEFAULT '[]',
    set_key      text COLLATE "C" NOT NULL,
    display_name text NOT NULL,
    rank         integer NOT NULL,
    rank_family  text COLLATE "C" NOT NULL,
    in_force     boolean NOT NULL,
    PRIMARY KEY (owner, back_office, uid),
    CONSTRAINT permission_sets_set_key_key UNIQUE (set_key, owner, back_office)
);

CREATE TABLE permission_set_entries (
    owner       text COLLATE "C" NOT NULL,
    back_office text COLLATE "C" NOT NULL,
    set_uid     text COLLATE "C" NOT NULL,
    path        text COLLATE "C" NOT NULL,
    level       text COLLATE "C" NOT NULL CHECK (level IN ('None', 'Read', 'Write')),
    PRIMARY KEY (owner, back_office, set_uid, path)
);

CREATE TABLE permission_set_denials (
    owner       text COLLATE "C" NOT NULL,
    back_office text COLLATE "C" NOT NULL,
    set_uid     text COLLATE "C" NOT NULL,
    path        text COLLATE "C" NOT NULL,
    PRIMARY KEY (owner, back_office, set_uid, path)
);

CREATE TABLE permission_set_closure (
    owner        text COLLATE "C" NOT NULL,
    back_office  text COLLATE "C" NOT NULL,
    set_uid      text COLLATE "C" NOT NULL,
    ancestor_uid text COLLATE "C" NOT NULL,
    distance     bigint NOT NULL,
    PRIMARY KEY (owner, back_office, set_uid, ancestor_uid)
);

CREATE TABLE role_bindings (
    owner              text COLLATE "C" NOT NULL,
    back_office        text COLLATE "C" NOT NULL,
    uid                text COLLATE "C" NOT NULL,
    namespace          text NOT NULL,
    name               text NOT NULL,
    generation         bigint NOT NULL,
    stamp              text COLLATE "C" NOT NULL DEFAULT '',
    gives              jsonb NOT NULL DEFAULT '[]',
    permission_set_uid text COLLATE "C", -- NULL while the set does not exist
    in_force           boolean NOT NULL,
    not_before         timestamptz,
    expires_at         timestamptz,
    PRIMARY KEY (owner, back_office, uid)
);

CREATE TABLE role_binding_entries (
    owner       text COLLATE "C" NOT NULL,
    back_office text COLLATE "C" NOT NULL,
    binding_uid text COLLATE "C" NOT NULL,
    path        text COLLATE "C" NOT NULL,
    level       text COLLATE "C" NOT NULL CHECK (level IN ('None', 'Read', 'Write')),
    PRIMARY KEY (owner, back_office, binding_uid, path)
);

CREATE TABLE role_binding_denials (
    owner       text COLLATE "C" NOT NULL,
    back_office text COLLATE "C" NOT NULL,
    binding_uid text COLLATE "C" NOT NULL,
    path        text COLLATE "C" NOT NULL,
    PRIMARY KEY (owner, back_office, binding_uid, path)
);

-- What was evaluated: a row counts only while it equals the generation of the stored binding and the labels of the stored user.
CREATE TABLE role_binding_subjects (
    owner              text COLLATE "C" NOT NULL,
    back_office        text COLLATE "C" NOT NULL,
    binding_uid        text COLLATE "C" NOT NULL,
    binding_generation bigint NOT NULL,
    user_uid           text COLLATE "C" NOT NULL,
    labels_hash        text COLLATE "C" NOT NULL,
    PRIMARY KEY (binding_uid, owner, back_office, binding_generation, user_uid, labels_hash)
);
CREATE INDEX role_binding_subjects_user_idx ON role_binding_subjects (user_uid, back_office, owner);
