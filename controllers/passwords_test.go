// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// What a BackOffice and a user ask of passwords.

func credentials(change func(*v1alpha1.CredentialPolicy)) testkit.Mod {
	return testkit.OnOffice(func(o *v1alpha1.BackOffice) {
		if o.Spec.Credentials == nil {
			o.Spec.Credentials = &v1alpha1.CredentialPolicy{}
		}
		change(o.Spec.Credentials)
	})
}

func duration(d time.Duration) *metav1.Duration { return &metav1.Duration{Duration: d} }

// rotates has passwords rotated; 0 leaves the interval open.
func rotates(interval, grace time.Duration) testkit.Mod {
	return credentials(func(p *v1alpha1.CredentialPolicy) {
		p.Rotation = &v1alpha1.RotationPolicy{Grace: duration(grace)}
		if interval > 0 {
			p.Rotation.Interval = duration(interval)
		}
	})
}

func ownCredentials(change func(*v1alpha1.UserCredentials)) testkit.Mod {
	return testkit.OnUser(func(u *v1alpha1.BackOfficeUser) {
		if u.Spec.Credentials == nil {
			u.Spec.Credentials = &v1alpha1.UserCredentials{}
		}
		change(u.Spec.Credentials)
	})
}

func source(s v1alpha1.CredentialSource) testkit.Mod {
	return ownCredentials(func(c *v1alpha1.UserCredentials) {
		if c.Source, c.SecretRef = s, nil; s == v1alpha1.CredentialSecretRef {
			c.SecretRef = &v1alpha1.PasswordReference{Name: "supplied"}
		}
	})
}

// annotate gives an object an annotation, in the hands of the author.
func (w *world) annotate(o client.Object, name, value string) {
	GinkgoHelper()
	w.change(o, func() {
		annotations := o.GetAnnotations()
		if annotations == nil {
			annotations = map[string]string{}
		}
		annotations[name] = value
		o.SetAnnotations(annotations)
	})
}

// askRotation asks for a rotation of what the user has now: of what was issued before this very second, and so the password is aged first.
func (w *world) askRotation(shop *v1alpha1.BackOffice, u *v1alpha1.BackOfficeUser) {
	GinkgoHelper()
	w.age(shop, time.Minute)
	w.annotate(u, v1alpha1.AnnotationRotationRequestedAt, moment(-time.Second))
}

// askReset asks for a reset likewise.
func (w *world) askReset(shop *v1alpha1.BackOffice, u *v1alpha1.BackOfficeUser) {
	GinkgoHelper()
	w.age(shop, time.Minute)
	w.change(u, func() {
		at := metav1.NewTime(time.Now().Add(-time.Second).Truncate(time.Second))
		ownCredentials(func(c *v1alpha1.UserCredentials) { c.Reset = &at })(u)
	})
}

// moment is some time from now, as annotations have it.
func moment(fromNow time.Duration) string { return time.Now().Add(fromNow).UTC().Format(time.RFC3339) }

// age makes all passwords older, and the operator learn of it as after a restart. What the Secrets say of them stays.
func (w *world) age(shop *v1alpha1.BackOffice, by time.Duration) {
	GinkgoHelper()
	unit := "%d"
	if w.schema != "" {
		unit = "interval '%d seconds'"
	}
	w.exec("shop", fmt.Sprintf("UPDATE credentials SET issued_at = issued_at - "+unit, int(by.Seconds())))
	w.seeSecrets()
	w.reopen(shop)
}

// reopen is a restart of the operator. What it costs is not counted.
func (w *world) reopen(shop *v1alpha1.BackOffice) {
	GinkgoHelper()
	w.restart()
	w.reconcile(shop)
	w.spent()
}

// letsIn tells whether a password opens an account of the back office shop: the application takes either verifier.
func (w *world) letsIn(u *v1alpha1.BackOfficeUser, password string) bool {
	GinkgoHelper()
	for _, row := range w.query("shop", "SELECT verifier, previous_verifier FROM active_users WHERE back_office = 'shop' AND login = $1", u.EffectiveLogin()) {
		fits, err := testkit.Fits(credential.NewPassword(password), row...)
		Expect(err).NotTo(HaveOccurred())
		return fits
	}
	return false
}

// version is the version of the user's password in the store.
func (w *world) version(u *v1alpha1.BackOfficeUser) string {
	GinkgoHelper()
	return w.query("shop", "SELECT c.version FROM credentials c JOIN users u ON u.id = c.user_id WHERE u.login = $1", u.EffectiveLogin())[0][0]
}

// supply writes the Secret of the administrator.
func (w *world) supply(password string, labels ...string) *corev1.Secret {
	GinkgoHelper()
	secret := &corev1.Secret{Data: map[string][]byte{"password": []byte(password)}}
	secret.Namespace, secret.Name = w.namespace, "supplied"
	if secret.Labels = (map[string]string{v1alpha1.LabelSecret: v1alpha1.SecretPassword}); len(labels) > 0 {
		secret.Labels = map[string]string{v1alpha1.LabelSecret: labels[0]}
	}
	Expect(admin.Create(ctx, secret)).To(Succeed())
	w.seen(secret)
	return secret
}

// redeem chooses a password by the token that is in the outbox, as the application does by the transaction of docs/store.md.
func (w *world) redeem(u *v1alpha1.BackOfficeUser, password string) {
	GinkgoHelper()
	verifier, err := credential.Hash(credential.NewPassword(password), 0, v1alpha1.HashAuto)
	Expect(err).NotTo(HaveOccurred())
	w.exec("shop", `UPDATE credentials SET version = version + 1, source = 'Invitation', verifier = $1, issued_at = unixepoch(),
		previous_verifier = '', previous_issued_at = NULL, previous_until = NULL, revoked_verifier = '',
		secret_uid = '', secret_resource_version = '', concealed = 0, token_hash = '', token_expires_at = NULL
		WHERE user_id = (SELECT id FROM users WHERE login = $2)`, verifier, u.EffectiveLogin())
	w.exec("shop", "DELETE FROM outbox")
}

// haveCredential is a user whose status tells this of the password.
func haveCredential(matcher OmegaMatcher) OmegaMatcher {
	return WithTransform(func(u *v1alpha1.BackOfficeUser) v1alpha1.CredentialStatus {
		if u.Status.Credential == nil {
			return v1alpha1.CredentialStatus{}
		}
		return *u.Status.Credential
	}, matcher)
}

// unreadyFor is a user whose CredentialsReady is False for a reason.
func unreadyFor(reason string) OmegaMatcher {
	return testkit.HaveCondition(v1alpha1.ConditionCredentialsReady, metav1.ConditionFalse, reason)
}

func metav1Name(o client.Object) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: o.GetNamespace(), Name: o.GetName()}
}
