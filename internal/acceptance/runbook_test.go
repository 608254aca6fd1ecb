// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
)

var _ = Describe("docs/runbook.md", func() {
	It("does what it says, command by command", func() {
		page := reader(GinkgoT().TempDir())
		page.Follow(ctx, runbook())
		Expect(page.Files).To(Equal(1))
		Expect(page.Commands).To(BeNumerically(">", 20))
	})

	It("blocks somebody while the webhooks are down, by having the API server no longer ask them", func() {
		h := furnished()
		in := func() []string {
			var logins []string
			for _, row := range query(h.namespace, "SELECT login FROM active_users ORDER BY login") {
				logins = append(logins, row[0])
			}
			return logins
		}
		Expect(in()).To(ContainElements(h.ann.EffectiveLogin(), h.bob.EffectiveLogin()))
		restore := withoutWebhooks(h)
		Expect(change(masters(), h.ann, annotate(v1alpha1.AnnotationHold, "laptop stolen"))).To(Succeed())
		eventually(h.ann, notReady(v1alpha1.ReasonNotAdmitted))
		Eventually(in, soon, often).Should(And(ContainElement(h.bob.EffectiveLogin()), Not(ContainElement(h.ann.EffectiveLogin()))))
		restore()
		Expect(change(root(), h.ann, annotate(v1alpha1.AnnotationReconcileRequestedAt, "now"))).To(Succeed())
		eventually(h.ann, beReady())
		Expect(h.ann.Status.State).To(Equal(v1alpha1.StateBlocked))
		Expect(in()).NotTo(ContainElement(h.ann.EffectiveLogin()))
	})

	for name, made := range worlds {
		It("blocks somebody by SQL, whom the operator cannot let in again, with a store in "+name, func() {
			s := made(time.Hour, time.Minute)
			ann, bob := s.users[0], s.users[1]
			in := func() []string {
				var logins []string
				for _, row := range s.query("SELECT login FROM active_users ORDER BY login") {
					logins = append(logins, row[0])
				}
				return logins
			}
			Expect(in()).To(ContainElements("ann", "bob"))
			s.admin(s.statement(name + ": block"))
			Expect(in()).NotTo(ContainElement("ann"), "from that transaction on")

			By("the operator, which knows nothing of it, writes both")
			describe := func(o client.Object) { o.(*v1alpha1.BackOfficeUser).Spec.Description = "as before" }
			Expect(change(root(), ann, describe)).To(Succeed())
			Expect(change(root(), bob, describe)).To(Succeed())
			eventually(ann, notReady(v1alpha1.ReasonStoreRejected))
			eventually(bob, beReady())
			Expect(s.query("SELECT description FROM users WHERE login = 'bob'")).To(Equal([][]string{{"as before"}}))
			Expect(in()).To(And(ContainElement("bob"), Not(ContainElement("ann"))))

			By("and a restarted one")
			DeferCleanup(restart)
			stop()
			start()
			Expect(change(root(), bob, annotate(v1alpha1.AnnotationReconcileRequestedAt, "again"))).To(Succeed())
			eventually(ann, notReady(v1alpha1.ReasonStoreRejected))
			Expect(in()).NotTo(ContainElement("ann"))

			By("until the object says it")
			Expect(change(root(), ann, annotate(v1alpha1.AnnotationHold, "laptop stolen"))).To(Succeed())
			eventually(ann, beReady())
			Expect(s.query("SELECT hold_reason FROM users WHERE login = 'ann'")).To(Equal([][]string{{"laptop stolen"}}))
			s.admin(s.statement(name + ": undo"))
			Expect(in()).NotTo(ContainElement("ann"))
			Expect(change(root(), ann, func(o client.Object) { delete(o.GetAnnotations(), v1alpha1.AnnotationHold) })).To(Succeed())
			Eventually(in, soon, often).Should(ContainElement("ann"))
		})
	}
})

// runbook is the path of the page.
func runbook() string {
	GinkgoHelper()
	root, err := devcluster.Repository()
	Expect(err).NotTo(HaveOccurred())
	return filepath.Join(root, "docs", "runbook.md")
}

// statement is the SQL of the page with such a first line, about ann of shop, in the store's schema.
func (s *struck) statement(title string) string {
	GinkgoHelper()
	page, err := os.ReadFile(runbook())
	Expect(err).NotTo(HaveOccurred())
	block := regexp.MustCompile("(?ms)^```sql\n-- " + regexp.QuoteMeta(title) + "\n(.*?)^```$").FindSubmatch(page)
	Expect(block).NotTo(BeNil(), title)
	about := []string{"'desk'", "'shop'", "'alice'", "'ann'"}
	if strings.HasPrefix(title, "PostgreSQL") {
		about = append(about, "backoffice_access", s.query("SELECT current_schema()")[0][0])
	}
	return strings.NewReplacer(about...).Replace(string(block[1]))
}
