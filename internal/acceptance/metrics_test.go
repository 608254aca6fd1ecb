// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("The metrics", func() {
	It("are those that alerts and dashboard ask for", func() {
		root, err := devcluster.Repository()
		Expect(err).NotTo(HaveOccurred())
		namespace := shop()
		given(testkit.User("ann", namespace), testkit.Set("support", namespace, testkit.Permissions("orders")))
		asked := append(testkit.AlertExpressions(GinkgoT(), root), testkit.DashboardExpressions(GinkgoT(), root)...)
		foreign := regexp.MustCompile(`\b((controller_runtime|workqueue|process)_[a-z_]+)(\{[^}]*\})?`)
		var used [][]string
		for _, e := range asked {
			used = append(used, foreign.FindAllStringSubmatch(e, -1)...)
		}
		Expect(used).NotTo(BeEmpty())
		for _, u := range used {
			lines := slices.Collect(strings.Lines(scrape()))
			for _, label := range regexp.MustCompile(`(\w+)(=~|=)"`).FindAllStringSubmatch(u[3], -1) {
				if label[1] != "namespace" {
					lines = slices.DeleteFunc(lines, func(l string) bool { return !strings.Contains(l, label[1]+"=") })
				}
			}
			Expect(lines).To(ContainElement(HavePrefix(u[1])), u[0])
		}
	})

	It("tell what becomes of users", func() {
		namespace := shop()
		ann, bob := testkit.User("ann", namespace), testkit.User("bob", namespace)
		given(ann, bob)
		of := `back_office="shop",back_office_namespace="` + namespace + `"`
		tells := func(lines ...string) {
			GinkgoHelper()
			for _, line := range lines {
				Eventually(scrape, soon, often).Should(ContainSubstring("backoffice_operator_" + strings.Replace(line, "{", "{"+of, 1) + "\n"))
			}
		}
		tells(`users{,state="Active"} 2`, `credentials{,source="Generated"} 2`, `objects{,kind="BackOfficeUser"} 2`, `store_up{,store="SQLite"} 1`,
			`withdrawal_held_users{} 0`)
		Expect(scrape()).To(ContainSubstring("backoffice_operator_leading 1\n"))
		Expect(scrape()).To(MatchRegexp(`backoffice_operator_credential_changes_total\{action="Issue",` + of + `\} 2\n`))

		Expect(change(root(), ann, annotate(v1alpha1.AnnotationHold, "laptop stolen"))).To(Succeed())
		tells(`users{,state="Blocked"} 1`, `users_not_in_force{,reason="Held"} 1`)
		at := time.Now().Add(time.Second).UTC().Format(time.RFC3339) // later than the first one was issued, in whole seconds
		Expect(change(root(), bob, annotate(v1alpha1.AnnotationResetRequestedAt, at))).To(Succeed())
		Eventually(scrape, soon, often).Should(MatchRegexp(`backoffice_operator_credential_changes_total\{action="Reset",` + of + `\} 1\n`))

		Expect(root().Delete(ctx, bob)).To(Succeed())
		Eventually(scrape, soon, often).Should(ContainSubstring(`backoffice_operator_objects{` + of + `,kind="BackOfficeUser"} 1`))
		Expect(root().Delete(ctx, ann)).To(Succeed())
		Expect(root().Delete(ctx, testkit.Office("shop", namespace))).To(Succeed())
		Eventually(scrape, soon, often).ShouldNot(ContainSubstring(namespace), "a back office that is gone leaves nothing")
	})

	It("tell of a withdrawal that the brake holds", func() {
		namespace := shop(testkit.WithdrawalLimit(0, 0))
		given(testkit.User("ann", namespace, testkit.IPs("198.51.100.7")),
			testkit.User("bob", namespace, testkit.IPs("198.51.100.8")), testkit.User("cho", namespace, testkit.IPs("203.0.113.7")))
		held := `backoffice_operator_withdrawal_held_users{back_office="shop",back_office_namespace="` + namespace + `"}`
		within := func(networks ...string) testkit.Mod { return testkit.IPPolicy(v1alpha1.IPPolicy{Within: networks}) }
		Expect(change(root(), testkit.Office("shop", namespace), within("203.0.113.0/24"))).To(Succeed())
		Eventually(func() float64 { return value(held) }, soon, often).Should(Equal(2.0))
		Expect(change(root(), testkit.Office("shop", namespace), within())).To(Succeed())
		Eventually(func() float64 { return value(held) }, soon, often).Should(BeZero())
	})

	It("count what the webhooks answer, by the names of the rules", func() {
		namespace := shop()
		refused := func() float64 {
			return value(`backoffice_operator_admission_findings_total{kind="BackOfficeUser",rule="ActorMayTouchUser",verdict="Refused"}`)
		}
		answers := func() float64 {
			return value(`backoffice_operator_admission_requests_total{dry_run="true",kind="BackOfficeUser",operation="CREATE",verdict="Refused"}`)
		}
		before, answered := refused(), answers()
		Expect(as("mallory").Create(ctx, testkit.User("eve", namespace), client.DryRunAll)).NotTo(Succeed())
		Expect(refused()).To(Equal(before + 1))
		Expect(answers()).To(Equal(answered + 1))
		Expect(scrape()).NotTo(MatchRegexp(`rule="(func\d*|)"`), "each rule has a name")
		Expect(scrape()).To(ContainSubstring(`backoffice_operator_admission_duration_seconds_count{kind="BackOfficeUser",webhook="Stamp"}`))
	})
})

// scrape is what the manager tells.
func scrape() string {
	GinkgoHelper()
	response, err := http.Get("http://" + metrics + "/metrics")
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	Expect(err).NotTo(HaveOccurred())
	return string(body)
}

// value is that of a series, 0 where there is none.
func value(series string) (v float64) {
	GinkgoHelper()
	for line := range strings.Lines(scrape()) {
		if number, is := strings.CutPrefix(strings.TrimSpace(line), series+" "); is {
			var err error
			v, err = strconv.ParseFloat(number, 64)
			Expect(err).NotTo(HaveOccurred())
		}
	}
	return v
}
