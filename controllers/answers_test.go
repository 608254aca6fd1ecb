// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"maps"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
)

// end deletes an object, which goes with its next reconcile.
func (w *world) end(o client.Object) {
	GinkgoHelper()
	w.remove(o)
	w.reconcile(o)
	w.gone(o)
}

// gone waits until the operator sees that an object is no more.
func (w *world) gone(o client.Object) {
	GinkgoHelper()
	key := client.ObjectKeyFromObject(o)
	Expect(admin.Get(ctx, key, o)).To(Satisfy(apierrors.IsNotFound))
	Eventually(func() error { return operator.GetCache().Get(ctx, key, o) }, soon).Should(Satisfy(apierrors.IsNotFound))
}

// collected waits until the garbage collector has taken a user's Secret, and the operator sees that.
func (w *world) collected(u *v1alpha1.BackOfficeUser) {
	GinkgoHelper()
	key := client.ObjectKey{Namespace: u.Namespace, Name: u.SecretName()}
	Eventually(func() error { return admin.Get(ctx, key, &corev1.Secret{}) }, soon).Should(Satisfy(apierrors.IsNotFound))
	Eventually(func() error { return operator.GetCache().Get(ctx, key, secretMetadata()) }, soon).Should(Satisfy(apierrors.IsNotFound))
}

// row is what the table users of the back office shop holds of a login, by column; nil where there is none.
func (w *world) row(login string) map[string]string {
	GinkgoHelper()
	const columns = "SELECT id, owner, uid, login, account_type, state, held, in_force, full_name, description, hold_reason FROM users WHERE login = $1"
	rows := w.query("shop", columns, login)
	if len(rows) == 0 {
		return nil
	}
	row := map[string]string{}
	for i, column := range []string{"id", "owner", "uid", "login", "account_type", "state", "held", "in_force", "full_name", "description", "hold_reason"} {
		row[column] = rows[0][i]
	}
	return row
}

// active are the logins that the view active_users has, sorted.
func (w *world) active() []string {
	GinkgoHelper()
	logins := []string{}
	for _, row := range w.query("shop", "SELECT login FROM active_users WHERE back_office = 'shop' ORDER BY login") {
		logins = append(logins, row[0])
	}
	return logins
}

// accepts tells whether the store verifies a password, whatever the account may do.
func (w *world) accepts(login, password string) bool {
	GinkgoHelper()
	for _, row := range w.query("shop", "SELECT c.verifier FROM credentials c JOIN users u ON u.id = c.user_id WHERE u.login = $1", login) {
		fits, err := credential.Verify(row[0], credential.NewPassword(password))
		Expect(err).NotTo(HaveOccurred())
		return fits
	}
	return false
}

// hasPassword tells whether the user's Secret holds this password; a failure does not print either.
func (w *world) hasPassword(u *v1alpha1.BackOfficeUser, password string) bool {
	GinkgoHelper()
	return w.password(u) == password
}

// held are the paths that a login holds at some level, sorted.
func (w *world) held(login string) []string {
	GinkgoHelper()
	permissions := w.permissions(login)
	maps.DeleteFunc(permissions, func(_, level string) bool { return level == string(v1alpha1.LevelNone) })
	return slices.Sorted(maps.Keys(permissions))
}
