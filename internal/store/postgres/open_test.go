// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// withURL changes the URL of options.
func withURL(t *testing.T, o store.Options, change func(*url.URL)) store.Options {
	t.Helper()
	u, err := url.Parse(o.URL)
	if err != nil {
		t.Fatal(err)
	}
	change(u)
	o.URL = u.String()
	return o
}

// withApplication names the connections of a store.
func withApplication(t *testing.T, o store.Options, name string) store.Options {
	t.Helper()
	return withURL(t, o, func(u *url.URL) {
		parameters := u.Query()
		parameters.Set("application_name", name)
		u.RawQuery = parameters.Encode()
	})
}

// newRole makes a role that may log in, with the rights that the statements give to %s, and returns options with it as user.
func newRole(t *testing.T, o store.Options, statements ...string) store.Options {
	t.Helper()
	admin := connect(t, server)
	role := "role_" + strings.ToLower(rand.Text())
	do(t, admin, "CREATE ROLE "+role+" LOGIN PASSWORD '"+canary+"'")
	t.Cleanup(func() {
		for _, sql := range []string{"DROP OWNED BY %s CASCADE", "DROP ROLE %s"} {
			if _, err := admin.Exec(context.WithoutCancel(t.Context()), fmt.Sprintf(sql, role)); err != nil {
				t.Error(err)
			}
		}
	})
	for _, sql := range statements {
		do(t, admin, strings.ReplaceAll(sql, "%s", role))
	}
	return withURL(t, o, func(u *url.URL) { u.User = url.UserPassword(role, canary) })
}

// expectRefused expects Open to fail without telling the password.
func expectRefused(t *testing.T, o store.Options, want error, message string) {
	t.Helper()
	g := NewWithT(t)
	_, err := Driver{}.Open(t.Context(), o)
	g.Expect(err).To(MatchError(want))
	g.Expect(err).To(MatchError(ContainSubstring(message)))
	g.Expect(err.Error()).NotTo(Or(ContainSubstring(canary), ContainSubstring("127.0.0.1"), ContainSubstring("postgres://")))
}

func TestWrongPassword(t *testing.T) {
	t.Parallel()
	o := withURL(t, newOptions(t), func(u *url.URL) { u.User = url.UserPassword(u.User.Username(), canary) })
	expectRefused(t, o, store.ErrConfig, "the user or the password is refused (SQLSTATE 28P01)")
}

func TestMissingDatabase(t *testing.T) {
	t.Parallel()
	o := withURL(t, newRole(t, newOptions(t)), func(u *url.URL) { u.Path = "/missing" })
	expectRefused(t, o, store.ErrConfig, "the database does not exist (SQLSTATE 3D000)")
}

func TestServerIsUnreachable(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // it takes connections and never answers
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = silent.Close() })
	for sentence, c := range map[string]struct{ host, message string }{
		"no server listens":       {"127.0.0.1:1", "the connection was refused"},
		"the server says nothing": {silent.Addr().String(), "no connection in time"},
		"the host has no name":    {"missing.invalid:5432", "the name of the host was not resolved"},
	} {
		t.Run(sentence, func(t *testing.T) {
			t.Parallel()
			o := withURL(t, newOptions(t), func(u *url.URL) {
				u.Host, u.RawQuery, u.User = c.host, "sslmode=disable&connect_timeout=1", url.UserPassword("u", canary)
			})
			expectRefused(t, o, store.ErrUnavailable, c.message)
		})
	}
}

func TestServerWithoutTLS(t *testing.T) {
	t.Parallel()
	o := withURL(t, newOptions(t), func(u *url.URL) { u.RawQuery, u.User = "sslmode=require", url.UserPassword("u", canary) })
	expectRefused(t, o, store.ErrConfig, "the server does not offer TLS")
}

func TestRights(t *testing.T) {
	t.Parallel()
	t.Run("a role that may not create the schema", func(t *testing.T) {
		t.Parallel()
		expectRefused(t, newRole(t, newOptions(t)), store.ErrConfig, "a right is missing (SQLSTATE 42501)")
	})
	t.Run("a role that may not create tables in the schema", func(t *testing.T) {
		t.Parallel()
		o := newOptions(t)
		expectRefused(t, newRole(t, o, "CREATE SCHEMA "+o.Schema, "GRANT USAGE ON SCHEMA "+o.Schema+" TO %s"), store.ErrConfig, "42501")
	})
	t.Run("a role that may not even look into the schema", func(t *testing.T) {
		t.Parallel()
		o := newOptions(t)
		newStore(t, o)
		expectRefused(t, newRole(t, o), store.ErrConfig, "42501")
	})
	t.Run("a role that may use the schema which another role made", func(t *testing.T) {
		t.Parallel()
		o := newOptions(t)
		newStore(t, o)
		s := newStore(t, newRole(t, o, "GRANT USAGE ON SCHEMA "+o.Schema+" TO %s",
			"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "+o.Schema+" TO %s"))
		NewWithT(t).Expect(s.Apply(t.Context(), []store.Group{put(user("ann"))})).To(HaveEach(BeNil()))
	})
	t.Run("a role that owns the schema and nothing else", func(t *testing.T) {
		t.Parallel()
		o := newOptions(t)
		newStore(t, newRole(t, o, "CREATE SCHEMA "+o.Schema+" AUTHORIZATION %s"))
	})
	t.Run("a right that is taken away later", func(t *testing.T) {
		t.Parallel()
		g, o := NewWithT(t), newOptions(t)
		o = newRole(t, o, "CREATE SCHEMA "+o.Schema+" AUTHORIZATION %s")
		s := newStore(t, o)
		do(t, connect(t, server), "ALTER TABLE "+o.Schema+".users OWNER TO postgres")
		_, err := s.Apply(t.Context(), []store.Group{put(user("ann"))})
		g.Expect(err).To(MatchError(store.ErrUnavailable), "it is nobody's fault among those who are written")
	})
}

func TestSchemaNameIsQuoted(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	o.Schema = `Select "from", $1; it's ` + strings.ToLower(rand.Text())
	t.Cleanup(func() {
		_, err := connect(t, server).Exec(context.WithoutCancel(t.Context()), `DROP SCHEMA "`+strings.ReplaceAll(o.Schema, `"`, `""`)+`" CASCADE`)
		g.Expect(err).NotTo(HaveOccurred())
	})
	newStore(t, o)
	s := newStore(t, o)
	g.Expect(s.Apply(t.Context(), []store.Group{put(user("ann"))})).To(HaveEach(BeNil()))
}

func TestReservedSchema(t *testing.T) {
	t.Parallel()
	o := newOptions(t)
	o.Schema = "pg_mine"
	expectRefused(t, o, store.ErrConfig, "SQLSTATE 42939")
}

func TestNewerSchema(t *testing.T) {
	t.Parallel()
	o := newOptions(t)
	newStore(t, o)
	do(t, connect(t, schemaURL(o.Schema)), "INSERT INTO schema_migrations (version_id, is_applied) VALUES (9999, true)")
	expectRefused(t, o, store.ErrConfig, "the schema has version 9999")
}

func TestManagersStartTogether(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	const managers = 4
	errs := make([]error, managers)
	var wg sync.WaitGroup
	for i := range managers {
		o := o
		o.BackOffice = fmt.Sprintf("shop-%d", i)
		wg.Go(func() {
			s, err := Driver{}.Open(t.Context(), o)
			if errs[i] = err; err == nil {
				errs[i] = s.Close()
			}
		})
	}
	wg.Wait()
	g.Expect(errs).To(HaveEach(BeNil()))
	g.Expect(value[int64](t, connect(t, schemaURL(o.Schema)), "SELECT count(*) FROM owners")).To(BeEquivalentTo(managers))
}

// TestRoleWithSettingsOfItsOwn: what a role or a database sets by default must not matter.
func TestRoleWithSettingsOfItsOwn(t *testing.T) {
	t.Parallel()
	g, o := NewWithT(t), newOptions(t)
	o = newRole(t, o, "CREATE SCHEMA "+o.Schema+" AUTHORIZATION %s",
		"ALTER ROLE %s SET default_transaction_isolation = 'serializable'",
		"ALTER ROLE %s SET timezone = 'Asia/Kolkata'", "ALTER ROLE %s SET datestyle = 'SQL, DMY'", "ALTER ROLE %s SET intervalstyle = 'iso_8601'",
		"ALTER ROLE %s SET standard_conforming_strings = off", "ALTER ROLE %s SET bytea_output = 'escape'", "ALTER ROLE %s SET search_path = pg_catalog",
		"ALTER ROLE %s SET lc_messages = 'C'", "ALTER ROLE %s SET client_encoding = 'LATIN1'", "ALTER ROLE %s SET extra_float_digits = -15")
	s := newStore(t, o)
	binding := store.RoleBinding{
		Meta: store.Meta{UID: `b\'é`, Generation: 1}, PermissionSetUID: "s",
		NotBefore: time.Date(1890, 2, 1, 3, 4, 5, 0, time.UTC), ExpiresAt: time.Date(2100, 12, 11, 1, 2, 3, 0, time.UTC),
	}
	g.Expect(s.Apply(t.Context(), []store.Group{put(binding)})).To(HaveEach(BeNil()))
	for found, err := range s.Observe(t.Context(), binding.Key()) {
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(found.Record).To(Equal(binding))
	}
}
