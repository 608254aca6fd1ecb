// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/store/sqlite"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// onDemand rotates passwords when somebody asks for it, with a short grace.
var onDemand = rules(v1alpha1.CredentialPolicy{Rotation: &v1alpha1.RotationPolicy{Grace: &metav1.Duration{Duration: shortGrace}}})

// crowdInSQLite makes a back office in a file, and its users. A manager has to run.
func crowdInSQLite() *crowd {
	GinkgoHelper()
	namespace := shop(onDemand)
	db, err := sqlite.OpenReader(filepath.Join(dir, namespace+"_shop.db"))
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(db.Close)
	return crowdOf(namespace, db)
}

// crowdInPostgres makes a back office in a schema of its own, and its users. The managers reach the database through a proxy, and the back office
// directly.
func crowdInPostgres() (*crowd, *reach) {
	GinkgoHelper()
	r := newReach()
	office := r.office(onDemand)
	Expect(root().Create(ctx, office)).To(Succeed())
	eventually(office, beReady())
	return crowdOf(office.Namespace, r.open()), r
}

// crowdOf makes users and waits until they can log in.
func crowdOf(namespace string, db *sql.DB) *crowd {
	GinkgoHelper()
	c := &crowd{namespace: namespace, grace: shortGrace, store: db, application: testkit.NewApplication(db, "shop")}
	var objects []client.Object
	for i := range crowded {
		u := testkit.User(fmt.Sprintf("user-%d", i), namespace)
		if i%5 == 0 {
			hurry(u)
		}
		c.users, objects = append(c.users, u), append(objects, u)
	}
	given(objects...)
	for _, t := range c.everybody() {
		Expect(c.enters(t)).To(BeTrue(), t.user.Name)
	}
	return c
}

// lockStore keeps everybody from writing a SQLite store, as a backup might, and lets them read.
func (c *crowd) lockStore(d time.Duration) {
	GinkgoHelper()
	db := storeFile(c.namespace)
	defer func() { _ = db.Close() }()
	conn, err := db.Conn(ctx)
	Expect(err).NotTo(HaveOccurred())
	_, err = conn.ExecContext(ctx, "BEGIN IMMEDIATE")
	Expect(err).NotTo(HaveOccurred())
	time.Sleep(d)
	_, err = conn.ExecContext(ctx, "ROLLBACK")
	Expect(err).NotTo(HaveOccurred())
	Expect(conn.Close()).To(Succeed())
}

// reach is how managers reach a schema of their own in the suite's database: through a proxy that can be told to stop.
type reach struct {
	proxy   *testkit.Proxy
	address *url.URL
	schema  string
}

func newReach() *reach {
	GinkgoHelper()
	address, err := url.Parse(postgresDatabase())
	Expect(err).NotTo(HaveOccurred())
	proxy, err := testkit.NewProxy("127.0.0.1:0")
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(proxy.Close)
	r := &reach{proxy: proxy, address: address, schema: "s_" + strings.ToLower(rand.Text())}
	r.isBack()
	return r
}

// isAway ends all connections of the managers, and lets none through until isBack.
func (r *reach) isAway() { r.proxy.Forward() }

func (r *reach) isBack() { r.proxy.Forward(r.address.Host) }

// office is a back office in that schema, in a namespace of its own with the Secret that holds the URL.
func (r *reach) office(mods ...testkit.Mod) *v1alpha1.BackOffice {
	GinkgoHelper()
	through := *r.address
	through.Host = r.proxy.Address()
	namespace := testkit.FreshNamespace(ctx, masters())
	Expect(masters().Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "store", Labels: map[string]string{v1alpha1.LabelSecret: v1alpha1.SecretStoreURL}},
		StringData: map[string]string{"url": through.String()},
	})).To(Succeed())
	mods = append(mods, testkit.Delegates(0, testkit.Person("root")), testkit.Giving("*"), testkit.Postgres(strings.ReplaceAll(r.schema, "_", "-"), r.schema, "store"))
	return testkit.Office("shop", namespace, mods...)
}

// open reads the schema as an application does.
func (r *reach) open() *sql.DB {
	GinkgoHelper()
	address := *r.address
	parameters := address.Query()
	parameters.Set("search_path", r.schema)
	address.RawQuery = parameters.Encode()
	db, err := sql.Open("pgx", address.String())
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(db.Close)
	return db
}
