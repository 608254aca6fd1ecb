// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package agreement_test holds the drivers to the pure model: back offices that chance has made are stored by each driver, and what the views of
// each say is compared, row by row, with what package access says.
//
//	dice -> world -> records -> SQLite, PostgreSQL -> views -> rows
//	             \-> access.World -> rows                       all equal
package agreement_test

import (
	"os"
	"testing"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// server is the superuser's URL of the PostgreSQL server: that of POSTGRES_URL, else of a server for this run alone.
var server string

func TestMain(m *testing.M) { os.Exit(testkit.RunOnPostgres(m, &server)) }
