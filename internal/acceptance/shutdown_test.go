// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/backoffice-operator/backoffice-operator/internal/store/sqlite"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("A manager that is asked to end", func() {
	It("finishes what it has begun, and says all that it says in the same form", func() {
		f := newFleet("--sqlite-dir=" + dir)
		only := f.start()
		namespace := shop()
		given(testkit.User("first", namespace))

		By("being idle without a word")
		logged := linesOf(only.log, namespace)
		Consistently(func() []map[string]any { return linesOf(only.log, namespace) }, 5*time.Second, 500*time.Millisecond).
			Should(Equal(logged), "an idle manager has nothing to tell")

		By("ending in the middle of a rollout")
		const rollout, creators = 300, 8
		next, created := make(chan int, rollout), make(chan struct{}, rollout)
		for i := range rollout {
			next <- i
		}
		close(next)
		var all sync.WaitGroup
		for range creators {
			all.Go(func() {
				for i := range next { // once the manager has gone, nobody answers for the webhooks
					if root().Create(ctx, testkit.User(fmt.Sprintf("user-%d", i), namespace)) == nil {
						created <- struct{}{}
					}
				}
			})
		}
		defer all.Wait()
		for range rollout / 2 {
			Eventually(created, soon).Should(Receive())
		}
		began := time.Now()
		f.stop(only)
		AddReportEntry("ended after", time.Since(began).Round(time.Millisecond))

		db, err := sqlite.OpenReader(filepath.Join(dir, namespace+"_shop.db"))
		Expect(err).NotTo(HaveOccurred())
		defer func() { _ = db.Close() }()
		rows, err := db.QueryContext(ctx, "SELECT u.name, c.secret_uid FROM users u JOIN credentials c ON c.user_id = u.id WHERE c.verifier <> ''")
		Expect(err).NotTo(HaveOccurred())
		defer func() { _ = rows.Close() }()
		issued := 0
		for rows.Next() {
			var name, secret string
			Expect(rows.Scan(&name, &secret)).To(Succeed())
			Expect(secret).NotTo(BeEmpty(), "the password of %s was issued half", name)
			Expect(masters().Get(ctx, types.NamespacedName{Namespace: namespace, Name: testkit.User(name, namespace).SecretName()}, &corev1.Secret{})).To(Succeed())
			issued++
		}
		Expect(rows.Err()).NotTo(HaveOccurred())
		AddReportEntry("passwords issued until then", fmt.Sprintf("%d of %d", issued, rollout+1))

		By("having logged lines of JSON with keys in one form, and no failure")
		logged = linesOf(only.log, namespace)
		Expect(logged[0]).To(And(HaveKeyWithValue("msg", "Starting"), HaveKey("version"), HaveKeyWithValue("flags", HaveKeyWithValue("sqlite-dir", dir))))
		for _, line := range logged {
			Expect(line).To(And(HaveKey("level"), HaveKey("ts"), HaveKey("msg")))
			Expect(line).NotTo(HaveKeyWithValue("level", "error"))
			for key := range maps.Keys(line) {
				Expect(key).To(MatchRegexp("^[a-z][A-Za-z0-9]*$"), "in %v", line)
			}
		}
	})
})

// linesOf are the lines of a log, each an object of JSON, without those about other namespaces: other specs have left objects there.
func linesOf(log, namespace string) (lines []map[string]any) {
	GinkgoHelper()
	content, err := os.ReadFile(log)
	Expect(err).NotTo(HaveOccurred())
	for line := range bytes.Lines(content) {
		var fields map[string]any
		Expect(json.Unmarshal(line, &fields)).To(Succeed(), string(line))
		if about, some := fields["namespace"]; !some || about == namespace {
			lines = append(lines, fields)
		}
	}
	return lines
}
