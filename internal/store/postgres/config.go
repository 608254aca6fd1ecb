// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

const (
	// maxConns is small: writers wait for each other anyway.
	maxConns = 8
	// connectTimeout is the default of the parameter connect_timeout.
	connectTimeout = 5 * time.Second
	// pingTimeout bounds the question whether a connection that was idle still lives.
	pingTimeout = 5 * time.Second
	// maxIdentifier is the length in bytes to which PostgreSQL cuts names.
	maxIdentifier = 63
)

// allowed are the parameters that a URL may have.
var allowed = []string{"sslmode", "application_name", "connect_timeout", "target_session_attrs"}

// forbidden are the parameters that a refusal may name: any other may be a piece of a password which was not escaped.
var forbidden = []string{
	"sslcert", "sslkey", "sslpassword", "sslrootcert", "sslcrl", "sslcrldir", "sslcertmode", "sslnegotiation", "sslsni", "ssl",
	"passfile", "service", "servicefile", "options", "host", "hostaddr", "port", "user", "password", "dbname", "database",
	"search_path", "timezone", "client_encoding", "channel_binding", "require_auth", "requirepeer", "krbsrvname", "krbspn", "gssencmode",
	"gsslib", "gssdelegation", "replication", "keepalives", "tcp_user_timeout", "load_balance_hosts", "fallback_application_name",
	"min_protocol_version", "max_protocol_version", "statement_timeout", "lock_timeout", "default_query_exec_mode",
	"statement_cache_capacity", "description_cache_capacity", "pool_max_conns", "pool_min_conns",
}

// noFiles are parameters against what pgx finds in the home directory.
const noFiles = "passfile=&sslcert=&sslkey=&sslrootcert="

// poolConfig makes the configuration of the pool from the URL and nothing else. Errors are [store.ErrConfig].
func poolConfig(o store.Options) (*pgxpool.Config, error) {
	if err := checkSchema(o.Schema); err != nil {
		return nil, err
	}
	checked, err := checkURL(o.URL)
	if err != nil {
		return nil, err
	}
	config, err := parse(checked)
	if err != nil {
		return nil, misconfigured("the URL is malformed") // pgx's error quotes it
	}
	c := config.ConnConfig
	for _, host := range append([]*pgconn.FallbackConfig{{Host: c.Host}}, c.Fallbacks...) {
		if network, _ := pgconn.NetworkAddress(host.Host, 1); network == "unix" {
			return nil, misconfigured("the URL names a unix socket as host")
		}
	}
	if c.Database == "" {
		return nil, misconfigured("the URL names no database")
	}

	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = connectTimeout
	}
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "backoffice-operator"
	}
	c.RuntimeParams["client_encoding"] = "UTF8"
	c.DefaultQueryExecMode = pgx.QueryExecModeExec // prepares nothing by name
	config.MaxConns, config.PingTimeout = maxConns, pingTimeout
	return config, nil
}

func checkSchema(schema string) error {
	if schema == "" || len(schema) > maxIdentifier || strings.ContainsRune(schema, 0) {
		return misconfigured("the schema must have a name of at most 63 bytes")
	}
	return nil
}

// checkURL refuses what pgx would accept: other forms than a URL, parameters, no user and no host, for which it takes defaults.
// It returns the URL with parameters that take away what pgx would read in the home directory.
// It splits the URL where pgx does: at the first @ before a /, then at the first ?.
func checkURL(raw string) (string, error) {
	rest, ok := strings.CutPrefix(raw, "postgresql://")
	if !ok {
		rest, ok = strings.CutPrefix(raw, "postgres://")
	}
	if !ok {
		return "", misconfigured("the URL must begin with postgres:// or postgresql://")
	}
	i := strings.IndexAny(rest, "@/")
	if i <= 0 || rest[i] != '@' || rest[0] == ':' {
		return "", misconfigured("the URL names no user")
	}
	place, parameters, _ := strings.Cut(rest[i+1:], "?")
	if err := checkHosts(place); err != nil {
		return "", err
	}
	if err := checkParameters(parameters); err != nil {
		return "", err
	}
	if parameters = strings.Trim(parameters, "&"); parameters != "" {
		parameters += "&"
	}
	return "postgres://" + rest[:i+1] + place + "?" + parameters + noFiles, nil
}

func checkHosts(place string) error {
	escaped, _, _ := strings.Cut(place, "/")
	hosts, err := url.PathUnescape(escaped)
	if err != nil || strings.Contains(hosts, "@") {
		return misconfigured("the URL is malformed; what is no letter or digit in a password must be escaped")
	}
	for host := range strings.SplitSeq(hosts, ",") {
		if host = strings.TrimSpace(host); host == "" || host[0] == ':' {
			return misconfigured("the URL names no host")
		}
	}
	return nil
}

func checkParameters(parameters string) error {
	for parameter := range strings.SplitSeq(parameters, "&") {
		escaped, _, _ := strings.Cut(parameter, "=")
		name, err := url.PathUnescape(escaped)
		switch {
		case parameter == "" || err == nil && slices.Contains(allowed, name):
		case err == nil && slices.Contains(forbidden, name):
			return misconfigured("the URL has the parameter " + name + ", which is not allowed")
		default:
			return misconfigured("the URL has a parameter that is not allowed; allowed are " + strings.Join(allowed, ", "))
		}
	}
	return nil
}

// environment is held while the PG* variables are out of the way.
var environment sync.Mutex

// parse lets pgx parse a URL as if the process had no PG* variables. There is no other way to a configuration, and PGSERVICE can be
// overridden by no parameter.
func parse(checked string) (*pgxpool.Config, error) {
	environment.Lock()
	defer environment.Unlock()
	for _, variable := range os.Environ() {
		if name, value, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "PG") {
			if err := os.Unsetenv(name); err != nil {
				return nil, err
			}
			defer func() { _ = os.Setenv(name, value) }()
		}
	}
	// Once more by pgx's own list, should the two ever split a URL differently.
	known := append([]string{"host", "port", "user", "password", "dbname"}, allowed...)
	for parameter := range strings.SplitSeq(noFiles, "&") {
		known = append(known, strings.TrimSuffix(parameter, "="))
	}
	if _, err := pgconn.ParseConfigWithOptions(checked, pgconn.ParseConfigOptions{ConnStringAllowedKeys: known}); err != nil {
		return nil, err
	}
	return pgxpool.ParseConfig(checked)
}

func misconfigured(text string) error { return fmt.Errorf("%w: %s", store.ErrConfig, text) }
