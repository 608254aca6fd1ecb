// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"database/sql"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/store/sqlite"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// struck is a back office with three users, ann, bob and cho, that something is to happen to.
type struck struct {
	namespace string
	users     []*v1alpha1.BackOfficeUser
	// open reads the store as it is now, and lose removes it.
	open func() (*sql.DB, error)
	lose func()
	// later is the SQL by which a moment of the store is so many seconds later.
	later func(seconds int) string
	// admin changes what the operator wrote.
	admin func(statement string)
}

// worlds make such a back office for each kind of store. Rotations have this interval and grace.
var worlds = map[string]func(interval, grace time.Duration) *struck{
	"SQLite": func(interval, grace time.Duration) *struck {
		s := &struck{namespace: shop(rules(v1alpha1.CredentialPolicy{Rotation: every(interval, grace)}))}
		file := filepath.Join(dir, s.namespace+"_shop.db")
		s.open = func() (*sql.DB, error) { return sqlite.OpenReader(file) }
		s.lose = func() {
			for _, suffix := range []string{"", "-wal", "-shm"} {
				Expect(os.RemoveAll(file + suffix)).To(Succeed())
			}
		}
		s.later = func(seconds int) string { return " + " + strconv.Itoa(seconds) }
		s.admin = func(statement string) { alter(s.namespace, statement) }
		s.apply()
		return s
	},
	"PostgreSQL": func(interval, grace time.Duration) *struck {
		r := newReach()
		office := r.office(rules(v1alpha1.CredentialPolicy{Rotation: every(interval, grace)}))
		Expect(root().Create(ctx, office)).To(Succeed())
		eventually(office, beReady())
		s := &struck{namespace: office.Namespace, open: func() (*sql.DB, error) { return r.open(), nil }}
		s.admin = func(statement string) {
			db := r.open()
			defer func() { _ = db.Close() }()
			_, err := db.ExecContext(ctx, statement)
			Expect(err).NotTo(HaveOccurred())
		}
		s.lose = func() { s.admin("DROP SCHEMA " + r.schema + " CASCADE") }
		s.later = func(seconds int) string { return " + interval '" + strconv.Itoa(seconds) + " seconds'" }
		s.apply()
		return s
	},
}

// apply creates what is in the back office, beside itself.
func (s *struck) apply() {
	GinkgoHelper()
	s.users = nil
	objects := []client.Object{
		testkit.Set("support", s.namespace, testkit.Permissions("orders=Write")),
		testkit.Binding("support", s.namespace, testkit.ToSet("support"), testkit.ForUsers("ann", "bob")),
	}
	for _, name := range []string{"ann", "bob", "cho"} {
		u := testkit.User(name, s.namespace)
		s.users, objects = append(s.users, u), append(objects, u)
	}
	given(objects...)
}

// query reads the store as an application does.
func (s *struck) query(question string) [][]string {
	GinkgoHelper()
	db, err := s.open()
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = db.Close() }()
	return texts(db, question)
}

// withPassword counts the accounts that can log in; none while there is no store.
func (s *struck) withPassword() (n int) {
	db, err := s.open()
	if err != nil {
		return 0
	}
	defer func() { _ = db.Close() }()
	if db.QueryRowContext(ctx, "SELECT count(verifier) FROM active_users").Scan(&n) != nil {
		return 0
	}
	return n
}

// letsIn tells whether the back office takes a password.
func (s *struck) letsIn(login, password string) bool {
	GinkgoHelper()
	db, err := s.open()
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = db.Close() }()
	in, err := testkit.NewApplication(db, "shop").LogIn(ctx, login, credential.NewPassword(password))
	Expect(err).NotTo(HaveOccurred())
	return in
}

// secrets are the Secrets of all users, data, revision and all.
func (s *struck) secrets() map[string]corev1.Secret {
	GinkgoHelper()
	list := &corev1.SecretList{}
	Expect(masters().List(ctx, list, client.InNamespace(s.namespace), client.MatchingLabels{v1alpha1.LabelSecret: v1alpha1.SecretCredential})).To(Succeed())
	all := map[string]corev1.Secret{}
	for _, secret := range list.Items {
		all[strings.TrimSuffix(secret.Name, "-credentials")] = secret
	}
	return all
}

// worksFor demands that the back office takes the passwords of these Secrets.
func (s *struck) worksFor(secrets map[string]corev1.Secret) {
	GinkgoHelper()
	Expect(secrets).To(HaveLen(len(s.users)))
	for login, secret := range secrets {
		Expect(s.letsIn(login, string(secret.Data[corev1.BasicAuthPasswordKey]))).To(BeTrue(), login)
	}
}

// restart starts the manager where a spec has failed while there was none.
func restart() {
	GinkgoHelper()
	select {
	case <-operator.Done():
		start()
	default:
	}
}

// secretWrites finds the requests that write Secrets among what the API server counts.
var secretWrites = regexp.MustCompile(`(?m)^apiserver_request_total\{[^}]*resource="secrets"[^}]*verb="(?:POST|PUT|PATCH|APPLY|DELETE)"[^}]*\} ([0-9.e+]+)$`)

// written counts the requests so far that write Secrets, whoever made them and whatever became of them.
func written() int {
	GinkgoHelper()
	asks, err := rest.HTTPClientFor(cluster.Admin)
	Expect(err).NotTo(HaveOccurred())
	response, err := asks.Get(strings.TrimSuffix(cluster.Admin.Host, "/") + "/metrics")
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = response.Body.Close() }()
	Expect(response.StatusCode).To(Equal(http.StatusOK))
	body, err := io.ReadAll(response.Body)
	Expect(err).NotTo(HaveOccurred())
	sum := 0.0
	for _, match := range secretWrites.FindAllSubmatch(body, -1) {
		n, err := strconv.ParseFloat(string(match[1]), 64)
		Expect(err).NotTo(HaveOccurred())
		sum += n
	}
	return int(sum)
}

// vanish removes all objects of ours and their Secrets, without the manager, as a cluster goes of which nothing is left but Git. The Secret with
// the URL stays, which is not ours.
func (s *struck) vanish() {
	GinkgoHelper()
	root, err := devcluster.Repository()
	Expect(err).NotTo(HaveOccurred())
	webhooks, err := devcluster.Admission(root, cluster.Webhooks)
	Expect(err).NotTo(HaveOccurred())
	for _, o := range webhooks {
		Expect(masters().Delete(ctx, o.DeepCopyObject().(client.Object))).To(Succeed())
	}
	defer func() {
		for _, o := range webhooks {
			Expect(masters().Create(ctx, o)).To(Succeed())
		}
	}()
	objects := []client.Object{
		testkit.Binding("support", s.namespace), testkit.Set("support", s.namespace), testkit.Office("shop", s.namespace),
	}
	for _, u := range s.users {
		objects = append(objects, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: u.SecretName()}}, u)
	}
	for _, o := range objects {
		Eventually(func() error { // until the API server knows that there are no webhooks
			return change(masters(), o, func(o client.Object) { o.SetFinalizers(nil) })
		}, soon, often).Should(Succeed())
		Eventually(func() error { return client.IgnoreNotFound(masters().Delete(ctx, o)) }, soon, often).Should(Succeed())
		vanishes(o)
	}
}
