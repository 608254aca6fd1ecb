// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// secretOf is the Secret that the operator makes for a user.
func secretOf(u *v1alpha1.BackOfficeUser) *corev1.Secret {
	GinkgoHelper()
	secret := &corev1.Secret{}
	Expect(masters().Get(ctx, types.NamespacedName{Namespace: u.Namespace, Name: u.SecretName()}, secret)).To(Succeed())
	return secret
}

// passwordOf is the password in it.
func passwordOf(u *v1alpha1.BackOfficeUser) string {
	GinkgoHelper()
	password := string(secretOf(u).Data[corev1.BasicAuthPasswordKey])
	Expect(password).NotTo(BeEmpty())
	return password
}

// letsIn tells whether the back office "shop" of a namespace takes this password, as docs/store.md says.
func letsIn(namespace, login, password string) bool {
	GinkgoHelper()
	rows := query(namespace, "SELECT verifier, previous_verifier FROM active_users WHERE back_office = 'shop' AND login = $1", login)
	if len(rows) == 0 {
		return false
	}
	fits, err := testkit.Fits(credential.NewPassword(password), rows[0]...)
	Expect(err).NotTo(HaveOccurred())
	return fits
}

// verifierOf is what an application makes of a password that somebody chose.
func verifierOf(password string) string {
	GinkgoHelper()
	verifier, err := credential.Hash(credential.NewPassword(password), 0, v1alpha1.HashArgon2id)
	Expect(err).NotTo(HaveOccurred())
	return verifier
}

// sessionsOf is the moment before which the sessions of a login are over, in seconds since 1970.
func sessionsOf(namespace, login string) int64 {
	GinkgoHelper()
	rows := query(namespace, "SELECT sessions_valid_after FROM active_users WHERE back_office = 'shop' AND login = $1", login)
	Expect(rows).To(HaveLen(1))
	moment, err := strconv.ParseInt(rows[0][0], 10, 64)
	Expect(err).NotTo(HaveOccurred())
	return moment
}

// tokenFor is what the mailer finds for a login; empty where there is nothing to send.
func tokenFor(namespace, login string) string {
	GinkgoHelper()
	rows := query(namespace, "SELECT token FROM outbox_mail WHERE back_office = 'shop' AND login = $1", login)
	if len(rows) == 0 {
		return ""
	}
	heard.keeps("a token", rows[0][0])
	return rows[0][0]
}

// suppliedSecret is a Secret of the administrator with a password.
func suppliedSecret(namespace, name, password string) *corev1.Secret {
	GinkgoHelper()
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{v1alpha1.LabelSecret: v1alpha1.SecretPassword}},
		StringData: map[string]string{"password": password},
	}
	Expect(masters().Create(ctx, secret)).To(Succeed())
	return secret
}

// supply puts another password into it.
func supply(secret *corev1.Secret, password string) {
	GinkgoHelper()
	Expect(change(masters(), secret, func(o client.Object) { o.(*corev1.Secret).Data = map[string][]byte{"password": []byte(password)} })).To(Succeed())
}

// alter changes the store of the back office "shop" of a namespace as its database's administrator might.
func alter(namespace, statement string, arguments ...any) {
	GinkgoHelper()
	db := storeFile(namespace)
	defer func() { _ = db.Close() }()
	_, err := db.ExecContext(ctx, statement, arguments...)
	Expect(err).NotTo(HaveOccurred())
}

func storeFile(namespace string) *sql.DB {
	GinkgoHelper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, namespace+"_shop.db")+"?_pragma=busy_timeout(10000)")
	Expect(err).NotTo(HaveOccurred())
	return db
}

// sqliteBlocks are the statements that docs/store.md gives to applications of an embedded store.
var sqliteBlocks = regexp.MustCompile("(?s)```sql sqlite\n(.*?)```")

// redeem has an application redeem a token, as docs/store.md says, and returns the account's id; empty where the token is refused.
func redeem(namespace, token, verifier string) (id string) {
	GinkgoHelper()
	blocks := sqliteBlocks.FindAllStringSubmatch(documentation("store.md"), -1)
	Expect(len(blocks)).To(BeNumerically(">=", 2))
	begin, question, found := strings.Cut(blocks[0][1], ";")
	Expect(found).To(BeTrue())
	sum := sha256.Sum256([]byte(token))
	named := []any{sql.Named("token_hash", hex.EncodeToString(sum[:])), sql.Named("back_office", "shop"), sql.Named("verifier", verifier)}

	db := storeFile(namespace)
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1) // the transaction's
	_, err := db.ExecContext(ctx, begin)
	Expect(err).NotTo(HaveOccurred())
	if err := db.QueryRowContext(ctx, question, named...).Scan(&id); errors.Is(err, sql.ErrNoRows) {
		_, err = db.ExecContext(ctx, "ROLLBACK")
		Expect(err).NotTo(HaveOccurred())
		return ""
	}
	named = append(named, sql.Named("id", id))
	for statement := range strings.SplitSeq(strings.TrimSpace(blocks[1][1]), ";") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		_, err := db.ExecContext(ctx, statement, named...)
		Expect(err).NotTo(HaveOccurred(), statement)
	}
	return id
}

// documentation is a page of docs.
func documentation(name string) string {
	GinkgoHelper()
	repository, err := devcluster.Repository()
	Expect(err).NotTo(HaveOccurred())
	page, err := os.ReadFile(filepath.Join(repository, "docs", name))
	Expect(err).NotTo(HaveOccurred())
	return string(page)
}
