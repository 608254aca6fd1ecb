-- Copyright 2026 The backoffice-operator Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
SET LOCAL search_path TO :"schema", pg_temp;

-- Every key has the owner: a cluster that was cloned has the UIDs of its original.
-- No sequences and no foreign keys, so that the schema also suits PostgreSQL-compatible distributed databases.
-- Whatever is compared or sorted has the collation "C", which is bytewise.
-- No two indexes of a table begin with the same column: a plan that is made while the tables are empty has but one to choose.
-- Beside each stamp stands gives, a JSON array of text: what the audit log knows the object to give. It is no part of a record.
-- access_lost_at is the last moment at which somebody may have lost access by that row, NULL for never: see the view active_users. It never falls.
-- What is handed through as it is written has type json; what the views look into has type jsonb.

-- One row for each back office of an owner: who uses it, the fence, and the scalar part of the Office record.
CREATE TABLE owners (
    owner                text COLLATE "C" NOT NULL,
    back_office          text COLLATE "C" NOT NULL,
    used_by              text COLLATE "C" NOT NULL, -- namespace/name of the BackOffice; empty when released
    fence                bigint NOT NULL,
    max_users            bigint NOT NULL DEFAULT -1, -- -1: no limit
    max_administrators   bigint NOT NULL DEFAULT -1,
    never_reuse          boolean NOT NULL DEFAULT false,
    two_factor_required  boolean NOT NULL DEFAULT false,
    office_uid           text COLLATE "C" NOT NULL DEFAULT '', -- empty: no Office is stored
    office_namespace     text NOT NULL DEFAULT '',
    office_name          text NOT NULL DEFAULT '',
    office_generation    bigint NOT NULL DEFAULT 0,
    office_stamp         text COLLATE "C" NOT NULL DEFAULT '',
    office_gives         jsonb NOT NULL DEFAULT '[]',
    access_lost_at       timestamptz,
    credentials_reset_at timestamptz, -- all passwords that were issued before have ended; NULL: never
    PRIMARY KEY (owner, back_office)
);

CREATE TABLE permission_catalog (
    owner       text COLLATE "C" NOT NULL,
    back_office text COLLATE "C" NOT NULL,
    path        text COLLATE "C" NOT NULL,
    PRIMARY KEY (owner, back_office, path)
);

CREATE TABLE filter_dimensions (
    owner       text COLLATE "C" NOT NULL,
    back_office text COLLATE "C" NOT NULL,
    dimension   text COLLATE "C" NOT NULL,
    PRIMARY KEY (owner, back_office, dimension)
);

CREATE TABLE users (
    id             uuid NOT NULL PRIMARY KEY DEFAULT gen_random_uuid(),
    owner          text COLLATE "C", -- NULL: an orphan, or an account that was imported
    back_office    text COLLATE "C" NOT NULL,
    uid            text COLLATE "C", -- NULL: the row outlived its object
    namespace      text COLLATE "C" NOT NULL DEFAULT '',
    name           text COLLATE "C" NOT NULL DEFAULT '',
    generation     bigint NOT NULL DEFAULT 0,
    stamp          text COLLATE "C" NOT NULL DEFAULT '',
    gives          jsonb NOT NULL DEFAULT '[]',
    login          text COLLATE "C" NOT NULL,
    login_folded   text COLLATE "C" NOT NULL, -- lower case, ASCII only
    account_type   text COLLATE "C" NOT NULL,
    state          text COLLATE "C" NOT NULL,
    held           boolean NOT NULL DEFAULT false,
    hold_reason    text NOT NULL DEFAULT '',
    in_force       boolean NOT NULL DEFAULT true,
    full_name      text NOT NULL DEFAULT '', -- each of the profile is empty where it is not told
    first_name     text NOT NULL DEFAULT '',
    last_name      text NOT NULL DEFAULT '',
    email          text COLLATE "C" NOT NULL DEFAULT '',
    email_folded   text COLLATE "C" NOT NULL DEFAULT '', -- lower case, ASCII only
    phone          text NOT NULL DEFAULT '',
    language       text NOT NULL DEFAULT '',
    gender         text NOT NULL DEFAULT '',
    picture_url    text NOT NULL DEFAULT '',
    description    text NOT NULL DEFAULT '',
    settings       json NOT NULL DEFAULT '{}', -- an object of text, its keys sorted
    labels_hash    text COLLATE "C" NOT NULL DEFAULT '',
    protection     jsonb NOT NULL DEFAULT '[]', -- of a row without its object: an array of {"family", "rank"}
    created_at     timestamptz NOT NULL DEFAULT statement_timestamp(),
    updated_at     timestamptz NOT NULL DEFAULT statement_timestamp(),
    access_lost_at timestamptz,
    CONSTRAINT users_login_folded_key UNIQUE (login_folded, back_office), -- whoever owns the rows
    CONSTRAINT users_uid_key UNIQUE (owner, back_office, uid)
);
CREATE INDEX users_login_idx ON users (login, back_office);
CREATE UNIQUE INDEX users_email_folded_key ON users (email_folded, back_office) WHERE email_folded <> ''; -- whoever owns the rows

-- What login and e-mail address a deleted account had: see tombstone_of. Read only while the Office says that no identity is used again.
CREATE TABLE tombstones (
    owner       text COLLATE "C" NOT NULL,
    back_office text COLLATE "C" NOT NULL,
    kind        text COLLATE "C" NOT NULL CHECK (kind IN ('login', 'email')),
    hash        text COLLATE "C" NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (owner, back_office, kind, hash)
);

CREATE TABLE allowed_networks (
    user_id uuid NOT NULL,
    network text COLLATE "C" NOT NULL,
    PRIMARY KEY (user_id, network)
);

CREATE TABLE user_filters (
    user_id       uuid NOT NULL,
    dimension     text COLLATE "C" NOT NULL,
    mode          text COLLATE "C" NOT NULL,
    access        text COLLATE "C" NOT NULL,
    filter_values json NOT NULL, -- as filter_groups and filter_tags are: a sorted array of text
    filter_groups json NOT NULL,
    filter_tags   json NOT NULL,
    default_value text NOT NULL, -- empty for none
    PRIMARY KEY (user_id, dimension)
);

-- The password of an account: see the view valid_credentials. One that never had any has no row.
CREATE TABLE credentials (
    user_id                 uuid NOT NULL PRIMARY KEY,
    version                 bigint NOT NULL DEFAULT 1, -- how often the password was changed
    source                  text COLLATE "C" NOT NULL DEFAULT '', -- Generated, SecretRef, Invitation, Adopted; empty where there is no password
    verifier                text NOT NULL DEFAULT '', -- as the other two are, a PHC string; empty for none
    issued_at               timestamptz NOT NULL DEFAULT statement_timestamp(), -- of the verifier; while there is none, of the version
    previous_verifier       text NOT NULL DEFAULT '', -- valid beside the current one
    previous_issued_at      timestamptz,
    previous_until          timestamptz, -- NULL: without end
    revoked_verifier        text NOT NULL DEFAULT '', -- what was current when the password was taken away
    secret_uid              text NOT NULL DEFAULT '', -- empty while the issue is unfinished
    secret_resource_version text NOT NULL DEFAULT '',
    concealed               boolean NOT NULL DEFAULT false, -- the Secret has delivered the password and no longer holds it
    token_hash              text COLLATE "C" NOT NULL DEFAULT '', -- of a pending invitation: SHA-256, in hexadecimal digits
    token_expires_at        timestamptz -- NULL: there is no invitation
);
CREATE INDEX credentials_token_hash_idx ON credentials (token_hash) WHERE token_hash <> '';

-- Invitations that are to be mailed: see the view outbox_mail. A row goes when it was sent, or its token has come to its end.
CREATE TABLE outbox (
    id          uuid NOT NULL PRIMARY KEY, -- of this invitation
    owner       text COLLATE "C", -- as the account's
    back_office text COLLATE "C" NOT NULL,
    user_id     uuid NOT NULL,
    token       text NOT NULL, -- in plain text, and nowhere else
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    CONSTRAINT outbox_user_id_key UNIQUE (user_id)
);

CREATE TABLE permission_sets (
    owner          text COLLATE "C" NOT NULL,
    back_office    text COLLATE "C" NOT NULL,
    uid            text COLLATE "C" NOT NULL,
    namespace      text COLLATE "C" NOT NULL,
    name           text COLLATE "C" NOT NULL,
    generation     bigint NOT NULL,
    stamp          text COLLATE "C" NOT NULL DEFAULT '',
    gives          jsonb NOT NULL DEFAULT '[]',
    set_key        text COLLATE "C" NOT NULL,
    display_name   text NOT NULL,
    rank           integer NOT NULL,
    rank_family    text COLLATE "C" NOT NULL,
    in_force       boolean NOT NULL,
    account_types  jsonb NOT NULL DEFAULT '[]', -- those that may hold it, a sorted array of text; empty for all
    bypass         jsonb NOT NULL DEFAULT '[]', -- the dimensions on which what it gives is not narrowed, a sorted array of text
    has_denied     boolean NOT NULL DEFAULT false, -- ever: who holds it may have lost something
    access_lost_at timestamptz,
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
CREATE INDEX permission_set_closure_ancestor_idx ON permission_set_closure (ancestor_uid, back_office, owner);

CREATE TABLE role_bindings (
    owner              text COLLATE "C" NOT NULL,
    back_office        text COLLATE "C" NOT NULL,
    uid                text COLLATE "C" NOT NULL,
    namespace          text COLLATE "C" NOT NULL,
    name               text COLLATE "C" NOT NULL,
    generation         bigint NOT NULL,
    stamp              text COLLATE "C" NOT NULL DEFAULT '',
    gives              jsonb NOT NULL DEFAULT '[]',
    permission_set_uid text COLLATE "C", -- NULL while the set does not exist
    in_force           boolean NOT NULL,
    not_before         timestamptz,
    expires_at         timestamptz,
    has_denied         boolean NOT NULL DEFAULT false, -- ever
    access_lost_at     timestamptz,
    PRIMARY KEY (owner, back_office, uid)
);
CREATE INDEX role_bindings_permission_set_idx ON role_bindings (permission_set_uid, back_office, owner);
CREATE INDEX role_bindings_name_idx ON role_bindings (name, namespace, back_office, owner);

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

CREATE TABLE role_binding_filters (
    owner         text COLLATE "C" NOT NULL,
    back_office   text COLLATE "C" NOT NULL,
    binding_uid   text COLLATE "C" NOT NULL,
    dimension     text COLLATE "C" NOT NULL,
    mode          text COLLATE "C" NOT NULL,
    access        text COLLATE "C" NOT NULL,
    filter_values json NOT NULL, -- as filter_groups and filter_tags are: a sorted array of text
    filter_groups json NOT NULL,
    filter_tags   json NOT NULL,
    default_value text NOT NULL, -- empty for none
    PRIMARY KEY (owner, back_office, binding_uid, dimension)
);

-- What was evaluated: a row counts only while it equals the generation of the stored binding and the labels of the stored user.
CREATE TABLE role_binding_subjects (
    owner              text COLLATE "C" NOT NULL,
    back_office        text COLLATE "C" NOT NULL,
    binding_uid        text COLLATE "C" NOT NULL,
    binding_generation bigint NOT NULL,
    user_uid           text COLLATE "C" NOT NULL,
    labels_hash        text COLLATE "C" NOT NULL,
    since              timestamptz NOT NULL, -- when the user first got a row for the binding, whatever its generation and labels
    PRIMARY KEY (binding_uid, owner, back_office, user_uid, binding_generation, labels_hash)
);
CREATE INDEX role_binding_subjects_user_idx ON role_binding_subjects (user_uid, back_office, owner);
