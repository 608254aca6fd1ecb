// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	gomegatypes "github.com/onsi/gomega/types"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// listNames are the names of the users that a list with these flags has, as anybody who may read sees it.
func listNames(namespace string, arguments ...string) []string {
	GinkgoHelper()
	r := onlooker("lister").run(append([]string{"list", "-o", "name", "-n", namespace}, arguments...)...)
	Expect(r).To(succeed())
	var names []string
	for line := range strings.Lines(r.out) {
		name, ours := strings.CutPrefix(strings.TrimSpace(line), "backofficeuser.access.backoffice-operator.io/")
		Expect(ours).To(BeTrue(), line)
		names = append(names, name)
	}
	return names
}

// listRow matches a table that has a line with these fields, one after the other.
func listRow(fields ...string) gomegatypes.GomegaMatcher {
	return WithTransform(func(table string) [][]string {
		var rows [][]string
		for line := range strings.Lines(table) {
			row := strings.Fields(line)
			rows = append(rows, row[:min(len(row), len(fields))])
		}
		return rows
	}, ContainElement(Equal(fields)))
}

var _ = Describe("A list of users", func() {
	It("is searched and filtered by role, state, type and channel", Label("O-03"), func() {
		orders := catalogue("orders")
		By("text", func() {
			Expect(listNames(orders, "HADDAD")).To(ConsistOf("omar"))
			Expect(listNames(orders, "léa m")).To(ConsistOf("lea"))
			Expect(listNames(orders, "store12")).To(ConsistOf("vera"))
			Expect(listNames(orders, "nobody.is.called.so")).To(BeEmpty())
		})
		By("role", func() {
			for _, role := range []string{"customer-service", "orders/customer-service", "customer_service", "customer SERVICE"} {
				Expect(listNames(orders, "--role", role)).To(And(ContainElements("lea", "omar"), Not(ContainElements("ana"))), role)
			}
			Expect(listNames(orders, "--role", "retail_director")).NotTo(ContainElements("lea"), "it is there, and none of them holds it")
		})
		By("state", func() {
			Expect(listNames(orders, "--state", "active")).To(ContainElements("ana", "hugo", "lea", "omar", "vera"))
			Expect(listNames(orders, "--state", "Blocked,Deactivated")).NotTo(ContainElements("ana"))
		})
		By("type", func() {
			Expect(listNames(orders, "--type", "StoreApp")).To(And(ContainElements("vera"), Not(ContainElements("omar"))))
			Expect(listNames(orders, "--type", "Administrator,StoreApp")).To(And(ContainElements("ana", "vera"), Not(ContainElements("omar"))))
		})
		By("channel", func() {
			Expect(listNames(orders, "--channel", "web")).To(And(ContainElements("ana", "hugo", "lea", "omar"), Not(ContainElements("vera"))))
			Expect(listNames(orders, "--channel", "store")).To(And(ContainElements("ana", "vera"), Not(ContainElements("lea")), Not(ContainElements("omar"))))
			Expect(listNames(orders, "--channel", "marketplace", "--role", "customer-service", "--state", "Active", "--type", "Staff", "moreau")).To(ConsistOf("lea"))
		})
		Expect(onlooker("lister").run("list", "-n", orders, "-o", "wide")).To(succeed("LOGIN", "SETS", "orders/client-admin,orders/pages-of-client-admin"))
		Expect(onlooker("lister").run("list", "-n", orders, "haddad").out).To(listRow("omar", "omar.haddad", "Staff", "Active", "True", "Ready"))
	})

	It("is one of those who are there, and another one of those who were deactivated", Label("A-02"), func() {
		activation := catalogue("activation")
		Expect(listNames(activation, "--deactivated")).To(ConsistOf("dario"))
		Expect(listNames(activation, "--state", "Active,Blocked")).To(And(ContainElements("alma", "ben", "clara", "erin", "crm-import"), Not(ContainElement("dario"))))
		Expect(listNames(activation, "carter")).To(ConsistOf("ben"))
		Expect(listNames(activation, "esposito", "--deactivated")).To(ConsistOf("dario"))
		Expect(listNames(activation, "carter", "--deactivated")).To(BeEmpty())
	})

	It("is searched by a fragment of the e-mail address, and filtered by role", Label("M-11"), func() {
		automation := catalogue("automation")
		Expect(listNames(automation, "kaczmarek@auto")).To(ConsistOf("szymon"))
		Expect(listNames(automation, "--role", "MARKETER")).To(ConsistOf("piotr"))
		Expect(listNames(automation, "--role", "uzytkownik", "duda")).To(ConsistOf("ula"))
		activation := catalogue("activation") // where no login has the address
		Expect(listNames(activation, "@agency.EXAMPLE")).To(ConsistOf("clara", "erin"))
	})

	It("shows personal data only where the objects are asked for", func() {
		namespace := shop()
		given(testkit.User("ann", namespace, testkit.Login("a.1"), testkit.Profile(v1alpha1.Profile{
			FullName: "Secret Fullname", FirstName: "Hidden", LastName: "Surname", Email: "private@shop.example", Phone: "+48125550199",
		})))
		for _, format := range []string{"table", "wide", "name"} {
			for _, text := range []string{"secret fullname", "hidden surname", "PRIVATE@"} {
				r := onlooker("lister").run("list", text, "-n", namespace, "-o", format)
				Expect(r).To(succeed("ann"))
				for _, datum := range []string{"Secret", "Hidden", "Surname", "private", "+48"} {
					Expect(r.out + r.err).NotTo(ContainSubstring(datum))
				}
			}
		}
		Expect(onlooker("lister").run("list", "-n", namespace, "-o", "yaml")).To(succeed("private@shop.example"))
	})

	It("finds who is held, is not ready, or loses something soon", func() {
		namespace := shop()
		now := time.Now()
		given(testkit.Set("viewer", namespace), testkit.User("ann", namespace, testkit.Labels("team", "a")), testkit.User("bob", namespace))
		given(
			testkit.Binding("soon", namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"), testkit.Until(now.Add(48*time.Hour))),
			testkit.Binding("later", namespace, testkit.ToSet("viewer"), testkit.ForUsers("bob"), testkit.Until(now.Add(60*24*time.Hour))),
		)
		held := testkit.User("eve", namespace, testkit.Annotations(v1alpha1.AnnotationHold, "left\x1b[31m the house"))
		Expect(root().client().Create(ctx, held)).To(Succeed())
		eventually(held, WithTransform(func(o client.Object) v1alpha1.UserState { return o.(*v1alpha1.BackOfficeUser).Status.State }, Equal(v1alpha1.StateBlocked)))
		stuck := testkit.User("gus", namespace, testkit.InOffice("nowhere"))
		Expect(root().client().Create(ctx, stuck)).To(Succeed())
		eventually(stuck, testkit.HaveCondition(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonReferenceNotFound))

		Expect(listNames(namespace, "--expires-before", "30d")).To(ConsistOf("ann"))
		Expect(listNames(namespace, "--expires-before", now.Add(90*24*time.Hour).Format(time.DateOnly))).To(ConsistOf("ann", "bob"))
		Expect(listNames(namespace, "--held")).To(ConsistOf("eve"))
		Expect(listNames(namespace, "--not-ready")).To(ConsistOf("gus"))
		Expect(listNames(namespace, "--not-ready=referencenotfound")).To(ConsistOf("gus"))
		Expect(listNames(namespace, "--not-ready=QuotaExceeded")).To(BeEmpty())
		Expect(listNames(namespace, "--rotation-overdue")).To(BeEmpty())
		Expect(listNames(namespace, "-l", "team=a")).To(ConsistOf("ann"))
		Expect(listNames(namespace, "--back-office", "nowhere")).To(ConsistOf("gus"))
		Expect(listNames(namespace, "--back-office", namespace+"/shop")).To(ConsistOf("ann", "bob", "eve"))
		wide := onlooker("lister").run("list", "-n", namespace, "-o", "wide")
		Expect(wide).To(succeed(`left\x1b[31m the house`, now.Add(48*time.Hour).UTC().Format("2006-01-02T15")))
		Expect(wide.out).NotTo(ContainSubstring("\x1b"))
		everywhere := onlooker("lister").run("list", "-A", "--no-headers")
		Expect(everywhere.out).To(And(listRow(namespace, "ann", "ann"), Not(ContainSubstring("NAMESPACE"))))
	})

	It("is one document of JSON or YAML, however many pages it comes in", func() {
		namespace := shop()
		given(testkit.User("ann", namespace), testkit.User("bob", namespace), testkit.User("eve", namespace))
		kubectl := func(format string) []byte {
			out, err := exec.CommandContext(ctx, cluster.Kubectl, append([]string{"get", "backofficeusers", "-n", namespace, "-o", format}, root().flags()...)...).Output()
			Expect(err).NotTo(HaveOccurred())
			return out
		}
		for _, arguments := range [][]string{{"--chunk-size=1"}, {"--chunk-size=2"}, {}} {
			r := root().run(append([]string{"list", "-n", namespace, "-o", "json"}, arguments...)...)
			Expect(r).To(succeed())
			Expect(r.out).To(MatchJSON(kubectl("json")))
			r = root().run(append([]string{"list", "-n", namespace, "-o", "yaml"}, arguments...)...)
			Expect(r).To(succeed())
			Expect(r.out).To(MatchYAML(kubectl("yaml")))
		}
		var none struct {
			Items []any
		}
		r := root().run("list", "nobody", "-n", namespace, "-o", "json")
		Expect(json.Unmarshal([]byte(r.out), &none)).To(Succeed())
		Expect(none.Items).To(BeEmpty())
		r = root().run("list", "nobody", "-n", namespace, "-o", "yaml")
		Expect(yaml.Unmarshal([]byte(r.out), &none)).To(Succeed())
		Expect(none.Items).To(BeEmpty())
	})

	It("says where it looked, and what it does not know", func() {
		namespace := shop(testkit.Dimensions(v1alpha1.FilterDimension{Name: "entities", Values: []string{"paris", "lyon"}}))
		lists := func(arguments ...string) result {
			return onlooker("lister").run(append([]string{"list", "-n", namespace}, arguments...)...)
		}
		none := lists()
		Expect(none).To(end(0, "No users found in "+namespace+" namespace."))
		Expect(none.out).To(BeEmpty())
		given(testkit.User("ann", namespace))
		Expect(lists("--role", "admni")).To(end(1, "no PermissionSet in "+namespace+" namespace", `"admni"`))
		Expect(lists("--channel", "web")).To(end(1, `filter dimension "sales-channels"`, "entities"))
		Expect(lists("--filter", "entities=nice")).To(end(1, `entities "nice"`, "lyon, paris"))
		Expect(lists("--filter", "entities=paris")).To(succeed("ann"))
		Expect(lists("--filter", "entities")).To(end(1, "--filter must be DIMENSION=VALUE"))
		Expect(lists("--state", "Gone")).To(end(1, `--state has no "Gone"`, "Deactivated"))
		Expect(lists("--expires-before", "soon")).To(end(1, "--expires-before must be", "30d", `"soon"`))
		Expect(lists("-o", "csv")).To(end(1, `unknown output format "csv"`))
		Expect(actor{user: "stranger"}.run("list", "-n", namespace)).To(end(1, "listing users", "forbidden"))
	})

	It("completes what it may read, and nothing where it may not", func() {
		namespace := shop(testkit.Dimensions(v1alpha1.FilterDimension{Name: "sales-channels", Values: []string{"web", "store"}}))
		given(testkit.Set("viewer", namespace), testkit.User("ann", namespace))
		completes := func(a actor, arguments ...string) string {
			return execute(nil, slices.Concat([]string{"__complete"}, a.flags(), []string{"list", "-n", namespace}, arguments)...).out
		}
		Expect(completes(onlooker("lister"), "a")).To(ContainSubstring("ann"))
		Expect(completes(onlooker("lister"), "--role", "")).To(ContainSubstring("viewer"))
		Expect(completes(onlooker("lister"), "--channel", "w")).To(And(ContainSubstring("web"), Not(ContainSubstring("store"))))
		Expect(completes(onlooker("lister"), "--filter", "")).To(ContainSubstring("sales-channels=store"))
		Expect(completes(onlooker("lister"), "--state", "")).To(ContainSubstring("Deactivated"))
		Expect(completes(actor{user: "stranger"}, "a")).NotTo(ContainSubstring("ann"))
	})
})

// listServer passes requests to the API server, and answers lists of users itself where answer does so.
func listServer(answer func(w http.ResponseWriter, r *http.Request) bool) *httptest.Server {
	GinkgoHelper()
	target, err := url.Parse(cluster.Admin.Host)
	Expect(err).NotTo(HaveOccurred())
	transport, err := rest.TransportFor(cluster.Admin)
	Expect(err).NotTo(HaveOccurred())
	pass := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }, Transport: transport}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/backofficeusers") || !answer(w, r) {
			pass.ServeHTTP(w, r)
		}
	}))
	DeferCleanup(server.Close)
	return server
}

// listFrom runs the plugin against such a server.
func listFrom(server *httptest.Server, arguments ...string) *exec.Cmd {
	arguments = append([]string{"list", "--kubeconfig=" + os.DevNull, "--server=" + server.URL}, arguments...)
	return exec.CommandContext(ctx, filepath.Join(binaries, "kubectl-backoffice"), arguments...)
}

// listPage is a page of n users, the one after that of the request, as an API server writes it.
func listPage(w http.ResponseWriter, r *http.Request, total int) {
	first, _ := strconv.Atoi(r.URL.Query().Get("continue"))
	size, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	list := v1alpha1.BackOfficeUserList{TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "BackOfficeUserList"}}
	for i := first; i < min(first+size, total); i++ {
		u := testkit.User(fmt.Sprintf("user-%06d", i), "crowd", testkit.Labels("team", "a"), testkit.IPs("203.0.113.0/28"),
			testkit.Profile(v1alpha1.Profile{FullName: "Some Body", FirstName: "Some", LastName: "Body", Email: fmt.Sprintf("user-%06d@shop.example", i)}))
		u.Status = v1alpha1.BackOfficeUserStatus{
			Login: u.Name, State: v1alpha1.StateActive, AccountType: v1alpha1.AccountStaff, PermissionSets: []string{"crowd/viewer"}, ObservedGeneration: 1,
			Conditions: []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonReady, Message: "in force"}},
		}
		list.Items = append(list.Items, *u)
	}
	if first+size < total {
		list.Continue = strconv.Itoa(first + size)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(list)
}

var _ = Describe("A long list of users", func() {
	It("is printed as it arrives", func() {
		next := make(chan struct{})
		server := listServer(func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Query().Get("continue") != "" {
				select {
				case <-next:
				case <-r.Context().Done():
				}
			}
			listPage(w, r, 4)
			return true
		})
		for _, format := range []string{"table", "json", "yaml", "name"} {
			cmd, out := listFrom(server, "-n", "crowd", "--chunk-size=2", "-o", format), gbytes.NewBuffer()
			cmd.Stdout = out
			Expect(cmd.Start()).To(Succeed())
			DeferCleanup(func() { _ = cmd.Process.Kill() }) // where it did not end by itself
			Eventually(out, soon).Should(gbytes.Say("user-000001"), "the first page is out while the second one is waited for")
			Eventually(next, soon).Should(BeSent(struct{}{}))
			Expect(cmd.Wait()).To(Succeed())
			Expect(out).To(gbytes.Say("user-000003"))
		}
	})

	It("ends when it is interrupted", func() {
		asked := make(chan struct{})
		server := listServer(func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Query().Get("continue") != "" {
				close(asked)
				<-r.Context().Done()
				return true
			}
			listPage(w, r, 4)
			return true
		})
		cmd := listFrom(server, "-n", "crowd", "--chunk-size=2")
		Expect(cmd.Start()).To(Succeed())
		Eventually(asked, soon).Should(BeClosed())
		Expect(cmd.Process.Signal(os.Interrupt)).To(Succeed())
		Expect(cmd.Wait()).To(HaveOccurred())
		Expect(cmd.ProcessState.ExitCode()).To(Equal(130))
	})

	It("goes on where it was when the API server has forgotten how it began", func() {
		namespace := shop()
		all := []string{"ann", "bob", "eve", "gus"}
		for _, name := range all {
			given(testkit.User(name, namespace))
		}
		for _, goesOn := range []bool{true, false} {
			var expired atomic.Bool
			server := listServer(func(w http.ResponseWriter, r *http.Request) bool {
				token := r.URL.Query().Get("continue")
				if token == "" || expired.Swap(true) {
					return false
				}
				status := metav1.Status{
					TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: metav1.StatusFailure,
					Reason: metav1.StatusReasonExpired, Code: http.StatusGone, Message: "The provided continue parameter is too old",
				}
				if goesOn {
					status.Continue = token
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusGone)
				_ = json.NewEncoder(w).Encode(status)
				return true
			})
			var out, errs strings.Builder
			cmd := listFrom(server, "-n", namespace, "--chunk-size=1", "-o", "name")
			cmd.Stdout, cmd.Stderr = &out, &errs
			Expect(cmd.Run()).To(Succeed())
			Expect(expired.Load()).To(BeTrue())
			Expect(errs.String()).To(ContainSubstring("as of now"))
			var names []string
			for line := range strings.Lines(out.String()) {
				names = append(names, strings.TrimSpace(filepath.Base(line)))
			}
			Expect(names).To(Equal(all), "each once, whether the API server says where to go on or not")
		}
	})

	It("asks for each user once, and keeps none", func() {
		const total = 10_000
		var pages atomic.Int32
		server := listServer(func(w http.ResponseWriter, r *http.Request) bool {
			pages.Add(1)
			listPage(w, r, total)
			return true
		})
		for _, arguments := range [][]string{nil, {"-o", "json"}, {"user-00999"}} {
			pages.Store(0)
			cmd := listFrom(server, append([]string{"-n", "crowd"}, arguments...)...)
			began := time.Now()
			out, err := cmd.Output()
			Expect(err).NotTo(HaveOccurred())
			Expect(pages.Load()).To(BeEquivalentTo(total / 500))
			names := strings.Count(string(out), "user-")
			Expect(names).To(BeNumerically(">=", map[bool]int{true: 10, false: total}[slices.Contains(arguments, "user-00999")]))
			usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
			AddReportEntry(fmt.Sprintf("list %v of %d users: %s, %s of CPU, %d KiB at most", arguments, total, time.Since(began).Round(time.Millisecond),
				cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime(), usage.Maxrss), ReportEntryVisibilityAlways)
		}
	})
})
