// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/internal/store/sqlite"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("One manager and a volume", Ordered, func() {
	var (
		c         *crowd
		passwords map[string]string
		volume    string
	)
	AfterAll(func() { c.close() })
	cleanedUp()

	It("is ready after one command, with default values, in a namespace of the restricted Pod Security Standard", func() {
		volume = newVolume("first")
		newNamespace(namespace)
		began := time.Now()
		operator("install")
		figure("helm install of the operator until it is ready", "%v", time.Since(began).Round(100*time.Millisecond))
		Expect(pods()).To(HaveLen(1))
		Expect(pods()[0].Status.ContainerStatuses[0].RestartCount).To(BeZero())
	})

	It("is asked through its Service, by a certificate that it keeps itself", func() {
		hooks := &admissionv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: "backoffice-operator-validating-webhook-configuration"}}
		Expect(admin.Get(ctx, client.ObjectKeyFromObject(hooks), hooks)).To(Succeed())
		for _, hook := range hooks.Webhooks {
			Expect(hook.ClientConfig.Service).NotTo(BeNil())
			Expect(hook.ClientConfig.CABundle).NotTo(BeEmpty())
		}
	})

	It("lets twenty users in after one command with one values file", func() {
		newNamespace(team)
		began := time.Now()
		access("install", "twenty-users.yaml")
		figure("helm install of 20 users until all are ready", "%v", time.Since(began).Round(100*time.Millisecond))
		db, err := sqlite.OpenReader(filepath.Join(volume, team+"_"+team+".db"))
		Expect(err).NotTo(HaveOccurred())
		c = newCrowd(db)
		passwords = c.allEnter(20)
		figure("log-ins on SQLite", "%d of 20", len(passwords))
	})

	It("refuses who may write objects in the namespace but hand out nothing", func() {
		kubectl("create", "rolebinding", "somebody", "--clusterrole=backoffice-operator-editor", "--user=somebody", "--namespace="+team)
		somebody := testkit.As(config, "somebody", "system:authenticated")
		err := somebody.Create(ctx, testkit.User("somebody", team, testkit.IPs("203.0.113.7")))
		Expect(err).To(MatchError(And(ContainSubstring("denied the request"), ContainSubstring("delegation"))))
	})

	It("has nothing to write when both commands are repeated", func() {
		before := versions()
		operator("upgrade")
		access("upgrade", "twenty-users.yaml")
		Expect(versions()).To(Equal(before))
	})

	It("keeps the store and every password when its pod is deleted, and when it is killed", func() {
		unnoticed := c.logsIn("the pod is deleted and killed")
		for what, options := range map[string][]client.DeleteOption{"deleted": nil, "killed": {client.GracePeriodSeconds(0)}} {
			old := pods()[0]
			a, end := applies()
			Expect(admin.Delete(ctx, &old, options...)).To(Succeed())
			gone(&old)
			settled(1)
			end()
			a.tells("the only pod is " + what)
			Expect(c.allEnter(20)).To(Equal(passwords))
		}
		unnoticed()
	})

	It("keeps them in an upgrade, which replaces the pod", func() {
		unnoticed := c.logsIn("the only pod is upgraded")
		a, end := applies()
		operator("upgrade", "--set=podAnnotations.upgraded=yes")
		settled(1)
		end()
		unnoticed()
		a.tells("the only pod is upgraded")
		Expect(c.allEnter(20)).To(Equal(passwords))
		Eventually(func(g Gomega) {
			for _, u := range users() {
				g.Expect(ready(&u)).To(BeTrue(), u.Name)
			}
		}, soon, often).Should(Succeed())
	})

	It("is not uninstalled while there are users, and loses nothing by the attempt", func() {
		uninstallIsRefused()
		Expect(c.allEnter(20)).To(Equal(passwords))
		Expect(complaints()).To(BeEmpty())
		figure("memory of the manager with 20 users on SQLite", "%d MiB", memory()>>10)
	})

	It("leaves its kinds and the volume when it is uninstalled after its users", func() {
		helm("uninstall", team, "--namespace", team, "--wait", "--timeout=60s")
		nothingOfOurs()
		helm("uninstall", release, "--namespace", namespace, "--wait", "--timeout=60s")
		leaves(claim)
		figure("left after helm uninstall", "%s", strings.Join(leftovers(), ", "))
	})

	It("goes on with that volume when it is installed again", func() {
		operator("install")
		access("install", "twenty-users.yaml")
		Expect(c.allEnter(20)).NotTo(BeEmpty())
		helm("uninstall", team, "--namespace", team, "--wait", "--timeout=60s")
		nothingOfOurs()
		helm("uninstall", release, "--namespace", namespace, "--wait", "--timeout=60s")
		leaves(claim)
	})
})
