// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// canary is a password, or a piece of one that was not escaped.
const canary = "canary"

func TestRefusedURLs(t *testing.T) {
	t.Parallel()
	for sentence, c := range map[string]struct{ url, message string }{
		"nothing":                           {"", "must begin with postgres://"},
		"a path":                            {"/var/lib/canary.db", "must begin with postgres://"},
		"the URL of a file":                 {"file:canary.db", "must begin with postgres://"},
		"another scheme":                    {"mysql://u:canary@h/d", "must begin with postgres://"},
		"a scheme in upper case":            {"POSTGRES://u:canary@h/d", "must begin with postgres://"},
		"keywords and values":               {"host=h user=u password=canary dbname=d", "must begin with postgres://"},
		"no user":                           {"postgres://h/canary", "names no user"},
		"an empty user":                     {"postgres://:canary@h/d", "names no user"},
		"no host":                           {"postgres://u:canary@/d", "names no host"},
		"an empty host among others":        {"postgres://u:canary@h,/d", "names no host"},
		"an empty host, escaped":            {"postgres://u:canary@h%2C/d", "names no host"},
		"a port without host":               {"postgres://u:canary@:5432/d", "names no host"},
		"a blank as host":                   {"postgres://u:canary@%20/d", "names no host"},
		"no database":                       {"postgres://u:canary@h", "names no database"},
		"an empty database":                 {"postgres://u:canary@h/?sslmode=require", "names no database"},
		"a unix socket":                     {"postgres://u:canary@%2Fvar%2Frun/d", "unix socket"},
		"a unix socket among other hosts":   {"postgres://u:canary@h,%2Fvar%2Frun/d", "unix socket"},
		"a unix socket as parameter":        {"postgres://u:canary@h/d?host=/var/run", "parameter host"},
		"a password with a slash":           {"postgres://u:can/canary@h/d", "names no user"},
		"a password with an at sign":        {"postgres://u:x@canary@h/d", "malformed"},
		"a port that is none":               {"postgres://u@h:canary/d", "malformed"},
		"a bad escape":                      {"postgres://u:%zzcanary@h/d", "malformed"},
		"a zero byte":                       {"postgres://u:canary\x00@h/d", "malformed"},
		"an unknown sslmode":                {"postgres://u:p@h/d?sslmode=canary", "malformed"},
		"a bad timeout":                     {"postgres://u:p@h/d?connect_timeout=canary", "malformed"},
		"an unknown kind of session":        {"postgres://u:p@h/d?target_session_attrs=canary", "malformed"},
		"a parameter without value":         {"postgres://u:p@h/d?sslmode", "malformed"},
		"a client certificate":              {"postgres://u:p@h/d?sslcert=canary", "parameter sslcert"},
		"a key":                             {"postgres://u:p@h/d?sslmode=require&sslkey=canary", "parameter sslkey"},
		"a root certificate":                {"postgres://u:p@h/d?sslrootcert=canary", "parameter sslrootcert"},
		"a root certificate, escaped":       {"postgres://u:p@h/d?ssl%72ootcert=canary", "parameter sslrootcert"},
		"a root certificate after a blank":  {"postgres://u:p@h/d?%20sslrootcert=canary", "parameter that is not allowed"},
		"a password file":                   {"postgres://u@h/d?passfile=canary", "parameter passfile"},
		"a service":                         {"postgres://u@h/d?service=canary", "parameter service"},
		"a service file":                    {"postgres://u@h/d?servicefile=canary", "parameter servicefile"},
		"options":                           {"postgres://u:p@h/d?options=-c%20canary%3D1", "parameter options"},
		"a password as parameter":           {"postgres://u@h/d?password=canary", "parameter password"},
		"a search path":                     {"postgres://u:p@h/d?search_path=canary", "parameter search_path"},
		"a mode of pgx":                     {"postgres://u:p@h/d?default_query_exec_mode=canary", "parameter default_query_exec_mode"},
		"a piece of a password":             {"postgres://u@h/d?canary=1", "allowed are sslmode"},
		"a piece of a password, split late": {"postgres://host?sslmode=x@h/d?sslkey=canary", "parameter sslkey"},
		"an allowed one twice, and another": {"postgres://u:p@h/d?sslmode=disable&sslmode=disable&ssl=canary", "parameter ssl,"},
	} {
		t.Run(sentence, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			_, err := Driver{}.Open(t.Context(), store.Options{URL: c.url, Schema: "s"})
			g.Expect(err).To(MatchError(store.ErrConfig))
			g.Expect(err).To(MatchError(ContainSubstring(c.message)))
			g.Expect(err.Error()).NotTo(ContainSubstring(canary))
		})
	}
}

func TestAllowedURLs(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	config := func(raw string) (c struct {
		host, user, password, database, application string
		port                                        uint16
		timeout                                     time.Duration
	},
	) {
		p, err := poolConfig(store.Options{URL: raw, Schema: "s"})
		g.Expect(err).NotTo(HaveOccurred(), raw)
		g.Expect(p.ConnConfig.RuntimeParams).To(HaveLen(2))
		c.host, c.port, c.user, c.password = p.ConnConfig.Host, p.ConnConfig.Port, p.ConnConfig.User, p.ConnConfig.Password
		c.database, c.timeout = p.ConnConfig.Database, p.ConnConfig.ConnectTimeout
		c.application = p.ConnConfig.RuntimeParams["application_name"]
		return c
	}
	c := config("postgres://u:p@h/d")
	g.Expect(c.host + " " + c.user + " " + c.password + " " + c.database).To(Equal("h u p d"))
	g.Expect(c.application).To(Equal("backoffice-operator"))
	g.Expect(c.port).To(BeEquivalentTo(5432))
	g.Expect(c.timeout).To(Equal(5 * time.Second))
	c = config("postgresql://a%40b:p%3Fw%2F%40@[::1]:6000/d%20b?connect_timeout=7&application_name=shop&")
	g.Expect(c.host + " " + c.user + " " + c.password + " " + c.database).To(Equal("::1 a@b p?w/@ d b"))
	g.Expect(c.application).To(Equal("shop"))
	g.Expect(c.port).To(BeEquivalentTo(6000))
	g.Expect(c.timeout).To(Equal(7 * time.Second))
	config("postgres://u@h1,h2:6000,10.0.0.1/d?target_session_attrs=read-write&sslmode=verify-full")
	config("postgres://u@h/d?")
	g.Expect(config("postgres://u:p?w@h/d?sslmode=disable").password).To(Equal("p?w"))
}

func TestSchemaNames(t *testing.T) {
	t.Parallel()
	for _, schema := range []string{"", "a\x00b", strings.Repeat("x", 64), strings.Repeat("é", 32)} {
		_, err := poolConfig(store.Options{URL: "postgres://u:p@h/d", Schema: schema})
		NewWithT(t).Expect(err).To(MatchError(store.ErrConfig), "%q", schema)
	}
}

// TestEnvironment may not run in parallel: it sets the environment of the process.
func TestEnvironment(t *testing.T) {
	g, o, home := NewWithT(t), newOptions(t), t.TempDir()
	u, err := url.Parse(server)
	g.Expect(err).NotTo(HaveOccurred())
	password, _ := u.User.Password()
	g.Expect(os.WriteFile(filepath.Join(home, ".pgpass"), []byte("*:*:*:*:"+password+"\n"), 0o600)).To(Succeed())
	g.Expect(os.Mkdir(filepath.Join(home, ".postgresql"), 0o700)).To(Succeed())
	for _, name := range []string{"root.crt", "postgresql.crt", "postgresql.key"} {
		g.Expect(os.WriteFile(filepath.Join(home, ".postgresql", name), []byte("no certificate"), 0o600)).To(Succeed())
	}
	variables := map[string]string{"HOME": home}
	for name := range strings.FieldsSeq(`PGHOST PGHOSTADDR PGPORT PGDATABASE PGUSER PGPASSWORD PGPASSFILE PGAPPNAME PGCONNECT_TIMEOUT PGSSLMODE PGSSLKEY
		PGSSLCERT PGSSLCERTMODE PGSSLSNI PGSSLROOTCERT PGSSLPASSWORD PGSSLNEGOTIATION PGTARGETSESSIONATTRS PGSERVICE PGSERVICEFILE PGTZ PGOPTIONS
		PGMINPROTOCOLVERSION PGMAXPROTOCOLVERSION PGCHANNELBINDING PGREQUIREAUTH PGSYSCONFDIR PGDATESTYLE`) {
		variables[name] = "nonsense"
	}
	for name, value := range variables {
		t.Setenv(name, value)
	}

	p, err := poolConfig(o)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(p.ConnConfig.Password).To(Equal(password))
	g.Expect(p.ConnConfig.RuntimeParams).To(Equal(map[string]string{"application_name": "backoffice-operator", "client_encoding": "UTF8"}))
	s, err := Driver{}.Open(t.Context(), o)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(s.Close()).To(Succeed())

	u.User = url.User(u.User.Username())
	o.URL = u.String()
	_, err = Driver{}.Open(t.Context(), o)
	g.Expect(err).To(MatchError(store.ErrConfig), "the password is neither of ~/.pgpass nor of PGPASSWORD")

	for name, value := range variables {
		g.Expect(os.Getenv(name)).To(Equal(value), name)
	}
}
