// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"crypto/rand"
	"database/sql"
	"net/url"
	"strings"
	"sync"

	_ "github.com/jackc/pgx/v5/stdlib"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// postgresURL is the superuser's URL of the server on which specs run.
var postgresURL = sync.OnceValue(func() string {
	GinkgoHelper()
	url, stop, err := testkit.PostgresServer(GinkgoWriter)
	Expect(err).NotTo(HaveOccurred())
	stopPostgres = stop
	return url
})

// stopPostgres ends the server, where somebody has asked for one.
var stopPostgres func() error

var _ = AfterSuite(func() {
	if stopPostgres != nil {
		Expect(stopPostgres()).To(Succeed())
	}
})

// newPostgresWorld is a world whose stores lie in a schema of its own; the Secret shop-db has the URL.
func newPostgresWorld() *world {
	GinkgoHelper()
	w := newWorld()
	w.base, w.schema = postgresURL(), "spec_"+strings.ToLower(rand.Text())
	DeferCleanup(func() { superuser("DROP SCHEMA IF EXISTS " + w.schema + " CASCADE") })
	w.apply(urlSecret("shop-db", w.base))
	return w
}

// office builds a BackOffice with a store of this world.
func (w *world) office(name string, mods ...testkit.Mod) *v1alpha1.BackOffice {
	if w.schema != "" {
		mods = append([]testkit.Mod{testkit.Postgres("shop-prod", w.schema, "shop-db")}, mods...)
	}
	return testkit.Office(name, w.namespace, mods...)
}

// urlSecret is a Secret that a BackOffice may read.
func urlSecret(name, url string) *corev1.Secret {
	s := &corev1.Secret{StringData: map[string]string{"url": url}}
	s.Name, s.Labels = name, map[string]string{v1alpha1.LabelSecret: v1alpha1.SecretStoreURL}
	return s
}

func openPostgres(address, schema string) *sql.DB {
	GinkgoHelper()
	db, err := sql.Open("pgx", urlWith(address, func(u *url.URL) {
		parameters := u.Query()
		parameters.Set("search_path", schema)
		u.RawQuery = parameters.Encode()
	}))
	Expect(err).NotTo(HaveOccurred())
	return db
}

// superuser runs statements in the server's own database.
func superuser(statements ...string) {
	GinkgoHelper()
	db := openPostgres(postgresURL(), "public")
	defer func() { _ = db.Close() }()
	for _, statement := range statements {
		_, err := db.ExecContext(ctx, statement)
		Expect(err).NotTo(HaveOccurred())
	}
}

// newDatabase makes a database beside the first one and returns its URL.
func newDatabase() string {
	GinkgoHelper()
	name := "spec_" + strings.ToLower(rand.Text())
	superuser("CREATE DATABASE " + name)
	DeferCleanup(func() { superuser("DROP DATABASE " + name + " WITH (FORCE)") })
	return urlWith(postgresURL(), func(u *url.URL) { u.Path = "/" + name })
}

func urlWith(address string, change func(*url.URL)) string {
	GinkgoHelper()
	u, err := url.Parse(address)
	Expect(err).NotTo(HaveOccurred())
	change(u)
	return u.String()
}
