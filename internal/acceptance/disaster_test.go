// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("No password changes", func() {
	for name, made := range worlds {
		It("when the store is lost: it is rebuilt from the Secrets, with a store in "+name, func() {
			s := made(time.Hour, time.Minute)
			const issued = "SELECT login, CAST(credential_issued_at AS text) FROM active_users ORDER BY login"
			at := time.Now().Add(time.Second).UTC().Format(time.RFC3339) // later than the first one was issued, in whole seconds
			Expect(change(root(), s.users[0], annotate(v1alpha1.AnnotationRotationRequestedAt, at))).To(Succeed())
			eventually(s.users[0], And(beReady(), WithTransform(versioned(2), BeTrue())))
			secrets, before := s.secrets(), s.query(issued)
			time.Sleep(2 * time.Second) // so that now is another second
			stop()
			DeferCleanup(restart)
			s.lose()
			count := written()
			start()
			Eventually(s.withPassword, patient, 100*time.Millisecond).Should(Equal(len(s.users)))
			Expect(s.query(issued)).To(Equal(before), "issued when they were issued, and not now")
			for _, u := range s.users {
				eventually(u, beReady())
				Expect(u.Status.Credential.IssuedAt.UTC().Format(time.RFC3339)).To(Equal(secrets[u.Name].Annotations[v1alpha1.AnnotationIssuedAt]))
			}
			s.worksFor(secrets)
			Consistently(s.secrets, time.Second, 100*time.Millisecond).Should(Equal(secrets))
			Expect(written()).To(Equal(count), "nobody has written a Secret")
		})

		It("upon a restart, a reconcile that is asked for, and a clock that jumps, with a store in "+name, func() {
			s := made(time.Hour, time.Minute)
			secrets, count := s.secrets(), written()
			DeferCleanup(restart)
			unchanged := func(what string) {
				GinkgoHelper()
				Consistently(s.secrets, 1500*time.Millisecond, 100*time.Millisecond).Should(Equal(secrets), what)
				Expect(written()).To(Equal(count), what)
				s.worksFor(secrets)
			}
			stop()
			start()
			unchanged("a restart")
			for i, o := range []client.Object{testkit.Office("shop", s.namespace), s.users[0], s.users[1], s.users[2]} {
				Expect(change(root(), o, annotate(v1alpha1.AnnotationReconcileRequestedAt, fmt.Sprintf("request %d", i)))).To(Succeed())
			}
			unchanged("a reconcile that is asked for")
			// A database whose clock goes back has credentials of the future, and one whose clock goes ahead has older ones.
			for _, jump := range []struct {
				what  string
				later int
			}{{"a clock that goes back by a day", 24 * 3600}, {"and one that goes ahead again, by half an hour more", -24*3600 - 1800}} {
				stop()
				s.admin("UPDATE credentials SET issued_at = issued_at" + s.later(jump.later))
				start()
				unchanged(jump.what)
			}
		})
	}
})

var _ = Describe("No password changes, and everything is written again,", func() {
	It("when a store in PostgreSQL is lost while the operator works", func() {
		s := worlds["PostgreSQL"](time.Hour, time.Minute)
		const issued = "SELECT login, CAST(credential_issued_at AS text) FROM active_users ORDER BY login"
		secrets, before, count := s.secrets(), s.query(issued), written()
		s.lose()
		Expect(change(root(), testkit.Office("shop", s.namespace), annotate(v1alpha1.AnnotationReconcileRequestedAt, "now"))).To(Succeed())
		Eventually(s.withPassword, patient, 100*time.Millisecond).Should(Equal(len(s.users)))
		Expect(s.query(issued)).To(Equal(before))
		for _, u := range s.users {
			eventually(u, beReady())
		}
		s.worksFor(secrets)
		Expect(s.query("SELECT login, path, level FROM effective_permissions ORDER BY login")).To(Equal([][]string{
			{"ann", "orders", "Write"}, {"bob", "orders", "Write"},
		}))
		Expect(written()).To(Equal(count), "nobody has written a Secret")
	})
})

var _ = Describe("One new password is made, and the old one works for the grace,", func() {
	It("when the cluster is rebuilt: the accounts are the same ones", func() {
		s := worlds["PostgreSQL"](time.Hour, time.Minute)
		const accounts = "SELECT login, CAST(id AS text) FROM active_users ORDER BY login"
		ids, secrets := s.query(accounts), s.secrets()
		var before []v1alpha1.BackOfficeUser
		for _, u := range s.users {
			before = append(before, *u.DeepCopy())
		}
		office := testkit.Office("shop", s.namespace)
		Expect(masters().Get(ctx, client.ObjectKeyFromObject(office), office)).To(Succeed())
		stop()
		DeferCleanup(restart)
		s.vanish()
		count := written()
		start()
		Expect(root().Create(ctx, testkit.Office("shop", s.namespace, testkit.OnOffice(func(o *v1alpha1.BackOffice) { o.Spec = office.Spec })))).To(Succeed())
		s.apply()
		Expect(s.query(accounts)).To(Equal(ids))
		s.worksFor(secrets)
		s.worksFor(s.secrets())
		for i, u := range s.users {
			Expect(u.UID).NotTo(Equal(before[i].UID))
			Expect(u.Status.Credential.Version).To(Equal(before[i].Status.Credential.Version + 1))
			Expect(s.secrets()[u.Name].Data).NotTo(Equal(secrets[u.Name].Data))
		}
		Expect(written()).To(Equal(count+len(s.users)), "one write for each Secret")
		Expect(s.query("SELECT login, path, level FROM effective_permissions ORDER BY login")).To(Equal([][]string{
			{"ann", "orders", "Write"}, {"bob", "orders", "Write"},
		}))
	})

	// replaced waits until the Secret of ann holds a password that is neither the old one nor that one.
	replaced := func(s *struck, old, forbidden string) (fresh string) {
		GinkgoHelper()
		Eventually(func(g Gomega) {
			g.Expect(s.letsIn("ann", forbidden)).To(BeFalse())
			secret, there := s.secrets()["ann"]
			g.Expect(there).To(BeTrue())
			fresh = string(secret.Data[corev1.BasicAuthPasswordKey])
			g.Expect(fresh).NotTo(BeElementOf("", old, forbidden))
		}, soon, often).Should(Succeed())
		return fresh
	}
	// fades demands that an old password works still, and then no longer, and that there was one new one.
	fades := func(s *struck, old, fresh string) {
		GinkgoHelper()
		Expect(s.letsIn("ann", old)).To(BeTrue())
		eventually(s.users[0], WithTransform(versioned(2), BeTrue()))
		Eventually(func() bool { return s.letsIn("ann", old) }, shortGrace+soon, often).Should(BeFalse())
		Expect(s.letsIn("ann", fresh)).To(BeTrue())
		Expect(passwordOf(s.users[0])).To(Equal(fresh))
		eventually(s.users[0], And(beReady(), WithTransform(versioned(2), BeTrue())))
	}

	for name, made := range worlds {
		It("when its Secret is lost, with a store in "+name, func() {
			s := made(time.Hour, shortGrace)
			old := passwordOf(s.users[0])
			Expect(masters().Delete(ctx, secretOf(s.users[0]))).To(Succeed())
			fades(s, old, replaced(s, old, "nothing like it"))
		})

		It("when its Secret is edited: what somebody wrote there never works, with a store in "+name, func() {
			s := made(time.Hour, shortGrace)
			old, planted := passwordOf(s.users[0]), "Somebody's own idea of a password 1"
			secret := secretOf(s.users[0])
			Expect(change(masters(), secret, func(o client.Object) { o.(*corev1.Secret).Data[corev1.BasicAuthPasswordKey] = []byte(planted) })).To(Succeed())
			fades(s, old, replaced(s, old, planted))
		})
	}
})

var _ = Describe("A Secret that is not ours", func() {
	foreign := func(namespace, name string) *corev1.Secret {
		return &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Type: corev1.SecretTypeBasicAuth,
			Data: map[string][]byte{"username": []byte("ann"), "password": []byte("Somebody's own idea of a password 2")},
		}
	}

	It("is left alone, and lets nobody in; when it goes, there is a password", func() {
		namespace := shop()
		planted := foreign(namespace, "ann-credentials")
		Expect(masters().Create(ctx, planted)).To(Succeed())
		ann := testkit.User("ann", namespace)
		Expect(root().Create(ctx, ann)).To(Succeed())
		eventually(ann, notReady(v1alpha1.ReasonSecretConflict))
		Expect(secretOf(ann).ResourceVersion).To(Equal(planted.ResourceVersion))
		Expect(letsIn(namespace, "ann", string(planted.Data["password"]))).To(BeFalse())
		Expect(masters().Delete(ctx, planted)).To(Succeed())
		Expect(change(root(), ann, annotate(v1alpha1.AnnotationReconcileRequestedAt, "now"))).To(Succeed())
		eventually(ann, beReady())
		Expect(letsIn(namespace, "ann", passwordOf(ann))).To(BeTrue())
	})

	It("does not end the password of the account whose Secret it displaces", func() {
		namespace := shop()
		ann := testkit.User("ann", namespace)
		given(ann)
		old := passwordOf(ann)
		stop()
		DeferCleanup(restart)
		Expect(masters().Delete(ctx, secretOf(ann))).To(Succeed())
		planted := foreign(namespace, "ann-credentials")
		Expect(masters().Create(ctx, planted)).To(Succeed())
		start()
		eventually(ann, notReady(v1alpha1.ReasonSecretConflict))
		Expect(secretOf(ann).ResourceVersion).To(Equal(planted.ResourceVersion))
		Expect(letsIn(namespace, "ann", old)).To(BeTrue())
		Expect(letsIn(namespace, "ann", string(planted.Data["password"]))).To(BeFalse())
	})
})
