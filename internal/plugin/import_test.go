// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	_ "modernc.org/sqlite"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// importOld is the password of accounts that are there already.
const importOld = "the one from before"

// importAdopts is a back office that takes over accounts that are nobody's.
func importAdopts() testkit.Mod {
	return testkit.OnOffice(func(o *v1alpha1.BackOffice) { o.Spec.Store.Adoption = v1alpha1.AdoptionIfUnowned })
}

// importAccounts puts accounts into the store of a back office, as docs/store.md says.
func importAccounts(db *sql.DB) {
	GinkgoHelper()
	exec := func(statement string, parameters ...any) {
		_, err := db.ExecContext(ctx, statement, parameters...)
		Expect(err).NotTo(HaveOccurred(), statement)
	}
	verifier, err := credential.Hash(credential.NewPassword(importOld), 0, v1alpha1.HashAuto)
	Expect(err).NotTo(HaveOccurred())
	for login, columns := range map[string]string{
		"Alice.Martin":      "'Staff', 'Active', 'Alice Martin', 'Alice', '+48125550101', '{\"panel\":\"vendor\"}'",
		"bob":               "'Administrator', 'Blocked', '', '', '', '{}'",
		"carol@shop.local":  "'Staff', 'Active', '', 'Carol', '012 345', '{}'",
		"dave":              "'Staff', 'Deactivated', '', '', '', '{}'",
		"somebody.of.other": "'Staff', 'Active', '', '', '', '{}'",
	} {
		office := "shop"
		if login == "somebody.of.other" {
			office = "other"
		}
		exec("INSERT INTO users (back_office, login, login_folded, account_type, state, full_name, first_name, phone, settings) VALUES ($1, $2, $3, "+columns+")",
			office, login, strings.ToLower(login))
		if login != "bob" {
			exec("INSERT INTO credentials (user_id, verifier) SELECT id, $1 FROM users WHERE login = $2", verifier, login)
		}
	}
	exec("INSERT INTO allowed_networks (user_id, network) SELECT id, '203.0.113.7/32' FROM users WHERE login = 'Alice.Martin'")
	exec("INSERT INTO allowed_networks (user_id, network) SELECT id, '198.51.100.0/24' FROM users WHERE login = 'Alice.Martin'")
	exec(`INSERT INTO user_filters (user_id, dimension, mode, access, filter_values, filter_groups, filter_tags, default_value)
		SELECT id, 'entities', 'Only', 'ReadOnly', '["lyon","paris"]', '[]', '[]', 'paris' FROM users WHERE login = 'Alice.Martin'`)
	exec("UPDATE users SET held = $1, hold_reason = 'left the house' WHERE login = 'dave'", true)
}

// importUsers are the users of manifests, by login.
func importUsers(manifests string) map[string]*v1alpha1.BackOfficeUser {
	GinkgoHelper()
	users := map[string]*v1alpha1.BackOfficeUser{}
	for document := range strings.SplitSeq(manifests, "\n---\n") {
		u := &v1alpha1.BackOfficeUser{}
		Expect(yaml.UnmarshalStrict([]byte(document), u)).To(Succeed())
		users[u.EffectiveLogin()] = u
	}
	return users
}

// importSay checks what manifests say of the accounts above.
func importSay(r result, namespace string) {
	GinkgoHelper()
	Expect(r).To(succeed())
	users := importUsers(r.out)
	Expect(users).To(And(HaveLen(4), HaveKey("carol@shop.local")))
	office := v1alpha1.BackOfficeReference{Name: "shop"}
	Expect(users["Alice.Martin"].Name).To(Equal("alice.martin"))
	Expect(users["Alice.Martin"].Namespace).To(Equal(namespace))
	Expect(users["Alice.Martin"].Spec).To(Equal(v1alpha1.BackOfficeUserSpec{
		BackOfficeRef: office, Login: "Alice.Martin", AllowedIPs: []string{"198.51.100.0/24", "203.0.113.7"},
		Profile:  &v1alpha1.Profile{FullName: "Alice Martin", FirstName: "Alice", Phone: "+48125550101"},
		Settings: map[string]v1alpha1.SettingText{"panel": "vendor"},
		Filters: []v1alpha1.Filter{{
			Dimension: "entities", Mode: v1alpha1.FilterOnly, Access: v1alpha1.FilterReadOnly, Values: []string{"lyon", "paris"}, Default: "paris",
		}},
	}))
	Expect(users["bob"].Spec).To(Equal(v1alpha1.BackOfficeUserSpec{BackOfficeRef: office, AccountType: v1alpha1.AccountAdministrator, State: v1alpha1.StateBlocked}))
	Expect(users["dave"].Annotations).To(HaveKeyWithValue(v1alpha1.AnnotationHold, "left the house"))
	Expect(users["dave"].Spec.State).To(Equal(v1alpha1.StateDeactivated))
	Expect(r.out).To(And(ContainSubstring("# The account has no password"), ContainSubstring("# The API refuses this: spec.profile.phone: ")))
	Expect(r.err).To(And(ContainSubstring("login carol@shop.local would be refused: spec.profile.phone"), ContainSubstring("4 accounts: 2 with a comment, 1 of which")))
	Expect(r.out + r.err).NotTo(ContainSubstring("$pbkdf2"))
	Expect(r.err).NotTo(Or(ContainSubstring("012"), ContainSubstring("Alice")))
}

// importApplied applies manifests, and waits until the accounts are taken over with their passwords.
func importApplied(namespace, manifests string, db *sql.DB) {
	GinkgoHelper()
	id := func() (id string) {
		GinkgoHelper()
		Expect(db.QueryRowContext(ctx, "SELECT CAST(id AS text) FROM users WHERE login = 'Alice.Martin'").Scan(&id)).To(Succeed())
		return id
	}
	before := id()
	apply := exec.CommandContext(ctx, cluster.Kubectl, append([]string{"apply", "-f", "-"}, root().flags()...)...)
	apply.Stdin = strings.NewReader(manifests)
	out, err := apply.CombinedOutput()
	Expect(err).To(HaveOccurred(), "the one that the API refuses")
	Expect(string(out)).To(And(ContainSubstring("spec.profile.phone"), ContainSubstring("alice.martin created")))

	alice := testkit.User("alice.martin", namespace)
	eventually(alice, testkit.HaveCondition(v1alpha1.ConditionCredentialsReady, metav1.ConditionFalse, v1alpha1.ReasonAdopted))
	eventually(testkit.User("dave", namespace), WithTransform(func(o client.Object) string {
		return o.(*v1alpha1.BackOfficeUser).Status.Login
	}, Equal("dave")))
	Expect(testkit.NewApplication(db, "shop").LogIn(ctx, "Alice.Martin", credential.NewPassword(importOld))).To(BeTrue())
	Expect(id()).To(Equal(before))
	var secrets corev1.SecretList
	Expect(masters().List(ctx, &secrets, client.InNamespace(namespace), client.MatchingLabels{v1alpha1.LabelSecret: v1alpha1.SecretCredential})).To(Succeed())
	for _, s := range secrets.Items {
		Expect(s.Name).NotTo(HavePrefix("alice"))
	}
	Expect(onlooker("lister").run("list", "-n", namespace, "--not-ready=Adopted", "-o", "name")).To(succeed("/alice.martin"))
}

var importDimensions = testkit.Dimensions(v1alpha1.FilterDimension{Name: "entities"})

var _ = Describe("Accounts of a SQLite store", func() {
	var (
		namespace, path string
		db              *sql.DB
	)
	BeforeEach(func() {
		namespace = shop(importAdopts(), importDimensions)
		path = filepath.Join(stores, namespace+"_shop.db")
		var err error
		db, err = sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(db.Close)
	})

	It("are imported, applied, and log in with the password that they had", func() {
		importAccounts(db)
		fence := func() (n int) {
			Expect(db.QueryRowContext(ctx, "SELECT fence FROM owners").Scan(&n)).To(Succeed())
			return n
		}
		before := fence()
		r := offline("import", "--sqlite", path, "--back-office", "shop", "-n", namespace)
		importSay(r, namespace)
		Expect(fence()).To(Equal(before), "the operator's store is left alone")
		importApplied(namespace, r.out, db)
		rest := offline("import", "--sqlite", path, "--back-office", "shop", "-n", namespace)
		Expect(importUsers(rest.out)).To(And(HaveLen(1), HaveKey("carol@shop.local")), "the others are somebody's now")
	})

	It("that are somebody's are written with the names that their objects had", func() {
		given(testkit.User("ann", namespace, testkit.Login("ann.b"), testkit.Filters(testkit.Only("entities", "paris"))))
		Expect(offline("import", "--sqlite", path, "--back-office", "shop", "-n", namespace)).To(end(0, "No accounts of BackOffice shop with --owner none found", "shop: 1 of owner "))
		r := offline("import", "--sqlite", path, "--back-office", "shop", "-n", namespace, "--owner", "any")
		Expect(r).To(succeed("# The account belongs to owner "))
		Expect(importUsers(r.out)["ann.b"].Name).To(Equal("ann"))
		r = offline("import", "--sqlite", path, "--back-office", namespace+"/shop", "-n", "elsewhere", "--owner", "any")
		Expect(r).To(succeed())
		Expect(importUsers(r.out)["ann.b"].Name).To(Equal("ann.b"))
		Expect(importUsers(r.out)["ann.b"].Spec.BackOfficeRef.Namespace).To(Equal(namespace))
		Expect(offline("import", "--sqlite", path, "--back-office", "shop", "--owner", "nobody")).To(end(0, "No accounts of BackOffice shop with --owner nobody found"))
	})

	It("are told from files that are no store, and flags from flags that are none", func() {
		Expect(offline("import", "--sqlite", path)).To(end(1, "--back-office must be"))
		Expect(offline("import", "--back-office", "shop")).To(end(1, "--sqlite", "--postgres-url-file", "BACKOFFICE_STORE_URL"))
		Expect(offline("import", "--back-office", "shop", "--sqlite", path, "--postgres-url-file", "-")).To(end(1, "give one of them"))
		Expect(offline("import", "--back-office", "shop", "--sqlite", path, "--schema", "public")).To(end(1, "SQLite has no schemas"))
		Expect(offline("import", "--back-office", "shop", "--sqlite", filepath.Join(dir, "nothing.db"))).To(end(1, "opening --sqlite", "no such file"))
		Expect(filepath.Join(dir, "nothing.db")).NotTo(BeAnExistingFile())
		empty := filepath.Join(dir, "empty.db")
		Expect(os.WriteFile(empty, nil, 0o600)).To(Succeed())
		Expect(offline("import", "--back-office", "shop", "--sqlite", empty)).To(end(1, "no such table", "must be the store of a BackOffice"))
	})
})

var _ = Describe("Accounts of a PostgreSQL store", func() {
	It("are imported by a role that may only read, applied, and log in with the password that they had", func() {
		server, stop, err := testkit.PostgresServer(GinkgoWriter)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(stop)
		admin, err := sql.Open("pgx", server)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(admin.Close)

		namespace := testkit.FreshNamespace(ctx, masters())
		schema := "import_" + strings.ReplaceAll(namespace, "-", "_")
		Expect(masters().Create(ctx, &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Name: "db", Namespace: namespace, Labels: map[string]string{v1alpha1.LabelSecret: v1alpha1.SecretStoreURL}},
			StringData: map[string]string{"url": server},
		})).To(Succeed())
		office := testkit.Office("shop", namespace, testkit.Postgres(namespace, schema, "db"), importAdopts(), importDimensions,
			testkit.Delegates(0, testkit.Person("root")), testkit.Giving("*"))
		Expect(root().client().Create(ctx, office)).To(Succeed())
		eventually(office, beReady())
		DeferCleanup(func() {
			var users v1alpha1.BackOfficeUserList
			Expect(root().client().List(ctx, &users, client.InNamespace(namespace))).To(Succeed())
			for i := range users.Items {
				Expect(root().client().Delete(ctx, &users.Items[i])).To(Succeed())
			}
			Expect(root().client().Delete(ctx, office)).To(Succeed())
			Eventually(func() error { return masters().Get(ctx, client.ObjectKeyFromObject(office), office) }, soon, often).ShouldNot(Succeed())
		})

		address, err := url.Parse(server)
		Expect(err).NotTo(HaveOccurred())
		query := address.Query()
		query.Set("search_path", schema)
		address.RawQuery = query.Encode()
		db, err := sql.Open("pgx", address.String())
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(db.Close)
		importAccounts(db)

		reader := strings.ReplaceAll(namespace, "-", "_")
		for _, statement := range []string{
			"CREATE ROLE %[1]s LOGIN PASSWORD 'import-secret'", "GRANT USAGE ON SCHEMA %[2]s TO %[1]s",
			"GRANT SELECT ON %[2]s.users, %[2]s.allowed_networks, %[2]s.user_filters, %[2]s.credentials TO %[1]s",
		} {
			_, err := admin.ExecContext(ctx, fmt.Sprintf(statement, reader, schema))
			Expect(err).NotTo(HaveOccurred())
		}
		DeferCleanup(func() {
			_, err := admin.ExecContext(ctx, fmt.Sprintf("DROP OWNED BY %[1]s", reader))
			Expect(err).NotTo(HaveOccurred())
			_, err = admin.ExecContext(ctx, "DROP ROLE "+reader)
			Expect(err).NotTo(HaveOccurred())
		})
		place, err := url.Parse(server)
		Expect(err).NotTo(HaveOccurred())
		place.User = url.UserPassword(reader, "import-secret")

		file := filepath.Join(GinkgoT().TempDir(), "url")
		Expect(os.WriteFile(file, []byte(place.String()+"\n"), 0o600)).To(Succeed())
		arguments := []string{"import", "--back-office", "shop", "-n", namespace, "--schema", schema}
		r := offline(append(arguments, "--postgres-url-file", file)...)
		importSay(r, namespace)

		same := execute(strings.NewReader(place.String()), append(arguments, "--postgres-url-file", "-", "--kubeconfig="+os.DevNull)...)
		Expect(same.out).To(Equal(r.out))
		cmd := exec.CommandContext(ctx, filepath.Join(binaries, "kubectl-backoffice"), append(arguments, "--kubeconfig="+os.DevNull)...)
		cmd.Env = append(os.Environ(), "BACKOFFICE_STORE_URL="+place.String())
		Expect(cmd.Output()).To(BeEquivalentTo(r.out))

		wrong := offline("import", "--back-office", "shop", "--postgres-url-file", file, "--schema", "elsewhere")
		Expect(wrong).To(end(1, "must be the store of a BackOffice", `schema "elsewhere"`))
		Expect(wrong.err).NotTo(ContainSubstring("import-secret"))
		parameters := place.Query()
		parameters.Set("sslkey", "/etc/import-secret")
		place.RawQuery = parameters.Encode()
		Expect(os.WriteFile(file, []byte(place.String()), 0o600)).To(Succeed())
		wrong = offline(append(arguments, "--postgres-url-file", file)...)
		Expect(wrong).To(end(1, "parameter sslkey, which is not allowed"))
		Expect(wrong.err).NotTo(ContainSubstring("import-secret"))
		importApplied(namespace, r.out, db)
	})
})
