// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// logins counts the Secrets of a namespace whose login and password the store lets in, as the application of docs/store.md asks it. There, every password
// is generated.
func logins(t *testing.T, namespace string, db *sql.DB) int {
	t.Helper()
	g := NewWithT(t)
	secrets, err := kubernetes.NewForConfigOrDie(cluster.Admin).CoreV1().Secrets(namespace).List(t.Context(),
		metav1.ListOptions{LabelSelector: "access.backoffice-operator.io/secret=credential"})
	g.Expect(err).NotTo(HaveOccurred())
	count := 0
	for _, secret := range secrets.Items {
		var verifier string
		row := db.QueryRowContext(t.Context(), "SELECT verifier FROM active_users WHERE back_office = $1 AND login_folded = $2",
			"shop", strings.ToLower(string(secret.Data["username"])))
		g.Expect(row.Scan(&verifier)).To(Succeed(), secret.Name)
		if fits(t, verifier, string(secret.Data["password"])) {
			count++
		}
		g.Expect(fits(t, verifier, "wrong")).To(BeFalse())
	}
	return count
}

// fits verifies a password as Python's passlib does.
func fits(t *testing.T, verifier, password string) bool {
	t.Helper()
	g := NewWithT(t)
	fields := strings.Split(verifier, "$")
	g.Expect(fields).To(HaveLen(5))
	g.Expect(fields[1]).To(Equal("pbkdf2-sha256"))
	iterations, err := strconv.Atoi(fields[2])
	g.Expect(err).NotTo(HaveOccurred())
	part := func(i int) []byte {
		decoded, err := base64.RawStdEncoding.DecodeString(strings.ReplaceAll(fields[i], ".", "+"))
		g.Expect(err).NotTo(HaveOccurred())
		return decoded
	}
	key, err := pbkdf2.Key(sha256.New, password, part(3), iterations, len(part(4)))
	g.Expect(err).NotTo(HaveOccurred())
	return subtle.ConstantTimeCompare(key, part(4)) == 1
}
