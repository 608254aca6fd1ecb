// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"crypto/rand"
	"database/sql"
	"net/url"
	"strings"
	"sync"

	_ "github.com/jackc/pgx/v5/stdlib"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// databaseServer is the superuser's URL of a PostgreSQL server.
var databaseServer = sync.OnceValue(func() string {
	GinkgoHelper()
	address, stop, err := testkit.PostgresServer(GinkgoWriter)
	Expect(err).NotTo(HaveOccurred())
	stopServer = stop
	return address
})

// postgresDatabase is the URL of a database for this suite alone.
var postgresDatabase = sync.OnceValue(func() string {
	GinkgoHelper()
	server, err := sql.Open("pgx", databaseServer())
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = server.Close() }()
	databaseName = "acceptance_" + strings.ToLower(rand.Text())
	_, err = server.ExecContext(ctx, "CREATE DATABASE "+databaseName)
	Expect(err).NotTo(HaveOccurred())
	address, err := url.Parse(databaseServer())
	Expect(err).NotTo(HaveOccurred())
	address.Path = "/" + databaseName
	return address.String()
})

// databaseName is the database that was made, and stopServer ends the server that was asked for, where there is one.
var (
	databaseName string
	stopServer   func() error
)

var _ = AfterSuite(func() {
	if databaseName != "" {
		server, err := sql.Open("pgx", databaseServer())
		Expect(err).NotTo(HaveOccurred())
		defer func() { _ = server.Close() }()
		_, err = server.ExecContext(ctx, "DROP DATABASE "+databaseName+" WITH (FORCE)")
		Expect(err).NotTo(HaveOccurred())
	}
	if stopServer != nil {
		Expect(stopServer()).To(Succeed())
	}
})

// openPostgres reads what the operator writes into that database.
func openPostgres() *sql.DB {
	GinkgoHelper()
	address, err := url.Parse(postgresDatabase())
	Expect(err).NotTo(HaveOccurred())
	parameters := address.Query()
	parameters.Set("search_path", "backoffice_access")
	address.RawQuery = parameters.Encode()
	db, err := sql.Open("pgx", address.String())
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(db.Close)
	return db
}
