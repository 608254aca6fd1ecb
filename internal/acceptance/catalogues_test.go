// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"database/sql"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/store/sqlite"
)

// catalogues are the back offices that are shipped, each a folder of config/samples.
var catalogues = []string{"trading", "activation", "orders", "hosting", "automation"}

// questions are what a back office reads of a catalogue.
var questions = []string{
	"SELECT login, account_type, two_factor FROM active_users WHERE back_office = $1",
	"SELECT login, path, level FROM effective_permissions WHERE back_office = $1",
	"SELECT login, path, level, dimension, mode, access, default_value FROM effective_filters WHERE back_office = $1",
	"SELECT login, state, first_name, last_name, email, phone, language, gender, picture_url, description FROM user_profiles WHERE back_office = $1",
}

var (
	// firstCommands are the commands of the first block of a page, and lookUp the question to the store of a later one.
	firstCommands = regexp.MustCompile("(?s)```\n(.*?)\n```")
	lookUp        = regexp.MustCompile(`(?m)^sqlite3 .* "(SELECT .*)"$`)
	// rowID is the ID of a row of a table, and manifestFile a file that a page names.
	rowID        = regexp.MustCompile(`(?m)^\| [A-Z]-\d{2} \|`)
	manifestFile = regexp.MustCompile("`([a-z]+\\.yaml)`")
)

var _ = Describe("The catalogues of config/samples", func() {
	for _, name := range catalogues {
		It(name+" is wholly in force on SQLite and on PostgreSQL, where applying it again changes nothing, and reads the same in both", func() {
			embedded, postgres := shipped(name), inPostgres(name)
			openEmbedded := func() *sql.DB {
				db, err := sqlite.OpenReader(filepath.Join(dir, embedded.namespace+"_"+name+".db"))
				Expect(err).NotTo(HaveOccurred())
				DeferCleanup(db.Close)
				return db
			}
			embedded.becomesReady(openEmbedded)
			postgres.becomesReady(openPostgres)
			here, there := openEmbedded(), openPostgres()
			for _, question := range questions {
				rows := texts(here, question, name)
				Expect(rows).NotTo(BeEmpty(), question)
				Expect(texts(there, question, name)).To(ConsistOf(rows), question)
			}

			By("doing what README.md says")
			page, err := os.ReadFile(filepath.Join(embedded.Folder, embedded.path, "README.md"))
			Expect(err).NotTo(HaveOccurred())
			commands := firstCommands.FindSubmatch(page)
			Expect(commands).To(HaveLen(2))
			for command := range strings.SplitSeq(string(commands[1]), "\n") {
				embedded.must(command)
			}
			question := lookUp.FindSubmatch(page)
			Expect(question).To(HaveLen(2))
			Expect(texts(here, string(question[1]))).NotTo(BeEmpty())

			By("and goes with its namespace, protected sets among it")
			embedded.remove()
			postgres.remove()
			Eventually(embedded.isGone, patient, often).Should(BeTrue())
			Eventually(postgres.isGone, patient, often).Should(BeTrue())
			Expect(texts(here, "SELECT login FROM active_users")).To(BeEmpty())
			Expect(texts(there, "SELECT login FROM active_users WHERE back_office = $1", name)).To(BeEmpty())
		})
	}

	for _, name := range catalogues {
		It(name+" says of each row of docs/systems.md where it is, in manifests that are there", func() {
			d := shipped(name)
			folder := filepath.Join(d.Folder, d.path)
			page, err := os.ReadFile(filepath.Join(folder, "README.md"))
			Expect(err).NotTo(HaveOccurred())
			systems, err := os.ReadFile(filepath.Join(d.Folder, "docs", "systems.md"))
			Expect(err).NotTo(HaveOccurred())
			_, section, found := strings.Cut(string(systems), "(`config/samples/"+name+"`)")
			Expect(found).To(BeTrue())
			section, _, _ = strings.Cut(section, "\n## ")
			rows := rowID.FindAllString(section, -1)
			Expect(len(rows)).To(BeNumerically(">=", 8))
			for _, row := range rows {
				Expect(string(page)).To(ContainSubstring(strings.Trim(row, "| ")))
			}
			for _, file := range manifestFile.FindAllStringSubmatch(string(page), -1) {
				Expect(filepath.Join(folder, file[1])).To(BeAnExistingFile())
			}
		})
	}

	It("orders has its ten roles with keys and ranks, and each holds as many of the 28 permissions as the source tells", func() {
		const untold = -1
		roles := map[string]struct{ rank, holds int }{
			"client_admin": {0, 28}, "headquarters": {1, 27}, "retail_director": {3, 27}, "customer_service": {4, 4},
			"customer_service_conf_manager": {5, 5}, "conf_manager": {6, 8}, "client_viewer": {7, 6}, "client_viewer_limited": {8, untold},
			"client_service_analytics": {9, 0}, "client_analytics": {10, 2},
		}
		columns := map[string]bool{}
		for _, set := range setsOf(shipped("orders")) {
			role, told := roles[set.Spec.Key]
			if !told {
				Expect(set.Spec.Key).To(Or(HavePrefix("vendor"), HavePrefix("pages_of_")))
				continue
			}
			delete(roles, set.Spec.Key)
			Expect(*set.Spec.Rank).To(BeEquivalentTo(role.rank), set.Spec.Key)
			Expect(set.Spec.RankFamily).To(Equal("back-office"))
			Expect(set.Spec.Description).To(ContainSubstring("illustrative"))
			if role.holds != untold {
				Expect(set.Spec.Permissions).To(HaveLen(role.holds), set.Spec.Key)
			}
			for _, permission := range set.Spec.Permissions {
				Expect(permission.Level).NotTo(Equal(v1alpha1.LevelNone))
				columns[permission.Path] = true
			}
		}
		Expect(roles).To(BeEmpty())
		Expect(columns).To(HaveLen(28))
	})
})
