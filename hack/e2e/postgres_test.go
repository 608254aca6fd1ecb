// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// newcomers is how many users a rollout brings while the leader goes away.
const newcomers = 60

// onPostgres is the store of the team, as an application reads it; the Secret with its URL is there when it returns.
func onPostgres() *sql.DB {
	GinkgoHelper()
	address, err := url.Parse(os.Getenv(postgresVariable))
	Expect(err).NotTo(HaveOccurred())
	newNamespace(team)
	Expect(admin.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: team, Name: "shop-db", Labels: map[string]string{v1alpha1.LabelSecret: v1alpha1.SecretStoreURL}},
		StringData: map[string]string{"url": address.String()},
	})).To(Succeed())
	parameters := address.Query()
	parameters.Set("search_path", "backoffice_access")
	address.RawQuery = parameters.Encode()
	db, err := sql.Open("pgx", address.String())
	Expect(err).NotTo(HaveOccurred())
	return db
}

var _ = Describe("Two managers and PostgreSQL", Ordered, func() {
	replicas := []string{"--set=replicas=2", "--set=leaderElection.enabled=true", "--set=sqlite.enabled=false"}
	examples := []string{"twenty-users.yaml", "postgresql.yaml"}
	var c *crowd
	AfterAll(func() { c.close() })
	cleanedUp()

	It("let twenty users in after two commands", func() {
		began := time.Now()
		newNamespace(namespace)
		operator("install", replicas...)
		figure("helm install of two managers until both are ready", "%v", time.Since(began).Round(100*time.Millisecond))
		settled(2)
		db := onPostgres()
		began = time.Now()
		access("install", examples...)
		figure("helm install of 20 users until all are ready", "%v", time.Since(began).Round(100*time.Millisecond))
		c = newCrowd(db)
		figure("log-ins on PostgreSQL", "%d of 20", len(c.allEnter(20)))
	})

	It("have nothing to write when both commands are repeated", func() {
		before := versions()
		operator("upgrade", replicas...)
		access("upgrade", examples...)
		Expect(versions()).To(Equal(before))
	})

	It("refuse nothing of a rollout in whose middle the leader's pod is deleted", func() {
		unnoticed := c.logsIn("the leader is deleted in a rollout")
		first, began, a := leader(), time.Now(), &author{lastOne: time.Now()}
		for i := range newcomers {
			if i == newcomers/3 {
				Expect(admin.Delete(ctx, first)).To(Succeed())
			}
			asked := time.Now()
			a.note(asked, admin.Create(ctx, testkit.User(newcomer(i), team, testkit.IPs("203.0.113.7"))))
			time.Sleep(50 * time.Millisecond)
		}
		took := handsOver(first)
		allReady(20 + newcomers)
		figure("users created while the leader is deleted", "%d, all ready %v after the first; another one leads %v after the last",
			newcomers, time.Since(began).Round(100*time.Millisecond), took.Round(100*time.Millisecond))
		a.tells("the leader is deleted in a rollout")
		unnoticed()
		Expect(a.refused).To(BeEmpty())
		c.allEnter(20 + newcomers)
		settled(2)
	})

	It("let everybody in all the time while the leader's pod is deleted in the middle of a rotation", func() {
		unnoticed := c.logsIn("the leader is deleted in a rotation")
		old, first, versions := c.allEnter(20+newcomers), leader(), map[string]int64{}
		for _, u := range users() {
			versions[u.Name] = u.Status.Credential.Version
		}
		time.Sleep(time.Second) // a moment is in whole seconds, and about what was issued before it
		a, end := applies()
		began := time.Now()
		for i, u := range users() {
			if i == len(versions)/3 {
				Expect(admin.Delete(ctx, first)).To(Succeed())
			}
			before := u.DeepCopy()
			metav1.SetMetaDataAnnotation(&u.ObjectMeta, v1alpha1.AnnotationRotationRequestedAt, began.UTC().Format(time.RFC3339))
			Expect(admin.Patch(ctx, &u, client.MergeFrom(before))).To(Succeed())
		}
		Eventually(func(g Gomega) {
			for _, u := range users() {
				g.Expect(ready(&u)).To(BeTrue(), u.Name)
				g.Expect(u.Status.Credential.Version).To(Equal(versions[u.Name]+1), "each password is replaced once: %s", u.Name)
			}
		}, soon, often).Should(Succeed())
		figure("rotations while the leader is deleted", "%d complete after %v", len(versions), time.Since(began).Round(100*time.Millisecond))
		handsOver(first)
		settled(2)
		end()
		unnoticed()
		a.tells("the leader is deleted in a rotation")
		Expect(a.refused).To(BeEmpty())
		for login, password := range c.allEnter(20 + newcomers) {
			Expect(password).NotTo(Equal(old[login]), login)
		}
	})

	It("refuse nothing and nobody while they are upgraded", func() {
		unnoticed := c.logsIn("both managers are upgraded")
		a, end := applies()
		began := time.Now()
		operator("upgrade", append([]string{"--set=podAnnotations.upgraded=yes"}, replicas...)...)
		figure("helm upgrade of two managers", "%v", time.Since(began).Round(100*time.Millisecond))
		settled(2)
		end()
		unnoticed()
		a.tells("both managers are upgraded")
		Expect(a.refused).To(BeEmpty())
		Expect(a.applies).To(BeNumerically(">", 20))
		Expect(complaints()).To(BeEmpty())
	})

	It("recover when the leader is killed, whose lease then ends by itself", func() {
		unnoticed := c.logsIn("the leader is killed")
		first := leader()
		a, end := applies()
		Expect(admin.Delete(ctx, first, client.GracePeriodSeconds(0))).To(Succeed())
		figure("killed leader: another one leads after", "%v", handsOver(first).Round(100*time.Millisecond))
		settled(2)
		end()
		unnoticed()
		a.tells("the leader is killed")
	})

	It("leave their kinds alone when they are uninstalled after their users", func() {
		for i := range newcomers {
			Expect(client.IgnoreNotFound(admin.Delete(ctx, testkit.User(newcomer(i), team)))).To(Succeed())
		}
		helm("uninstall", team, "--namespace", team, "--wait", "--timeout=60s")
		nothingOfOurs()
		helm("uninstall", release, "--namespace", namespace, "--wait", "--timeout=60s")
		leaves("backoffice-operator") // the lease
	})
})

func newcomer(i int) string { return fmt.Sprintf("newcomer-%d", i) }

// allReady waits until there are so many users and all are ready.
func allReady(n int) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		everybody := users()
		g.Expect(everybody).To(HaveLen(n))
		for _, u := range everybody {
			g.Expect(ready(&u)).To(BeTrue(), u.Name)
		}
	}, soon, often).Should(Succeed())
}
