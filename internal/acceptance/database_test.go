// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	_ "github.com/jackc/pgx/v5/stdlib"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// databaseServer is the superuser's URL of a PostgreSQL server: that of POSTGRES_URL, else of one that is started for this suite.
var databaseServer = sync.OnceValue(func() string {
	GinkgoHelper()
	if url := os.Getenv("POSTGRES_URL"); url != "" {
		return url
	}
	folder, err := os.MkdirTemp("", "postgres-")
	Expect(err).NotTo(HaveOccurred())
	Expect(os.Chmod(folder, 0o755)).To(Succeed()) // the server's user is another one
	serverFolder = filepath.Join(folder, "server")
	start := exec.CommandContext(ctx, serverScript, "start", serverFolder)
	start.Stderr = GinkgoWriter
	url, err := start.Output()
	Expect(err).NotTo(HaveOccurred())
	return strings.TrimSpace(string(url))
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

// serverFolder is the folder of the server that was started, and databaseName the database that was made, where there is one.
var (
	serverFolder, databaseName string
	serverScript               = filepath.Join("..", "..", "hack", "postgres.sh")
)

var _ = AfterSuite(func() {
	if databaseName != "" {
		server, err := sql.Open("pgx", databaseServer())
		Expect(err).NotTo(HaveOccurred())
		defer func() { _ = server.Close() }()
		_, err = server.ExecContext(ctx, "DROP DATABASE "+databaseName+" WITH (FORCE)")
		Expect(err).NotTo(HaveOccurred())
	}
	if serverFolder != "" {
		Expect(exec.Command(serverScript, "stop", serverFolder).Run()).To(Succeed())
		Expect(os.RemoveAll(filepath.Dir(serverFolder))).To(Succeed())
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
