// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	gomegatypes "github.com/onsi/gomega/types"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestPlugin(t *testing.T) {
	RegisterFailHandler(Fail)
	log.SetLogger(GinkgoLogr)
	RunSpecs(t, "Plugin")
}

const (
	// soon is how long something may take that happens at once, and often is how often it is looked for.
	soon, often = 20 * time.Second, 20 * time.Millisecond
	// viewers may read; editors may edit users, sets and bindings, as far as RBAC is concerned; owners may also write back offices.
	viewers, editors, owners = "plugin:viewers", "plugin:editors", "plugin:owners"
)

var (
	ctx     = context.Background()
	cluster *devcluster.Cluster
	dir     string
	// binaries is the folder of the plugin, of its completer and of kubectl; stores is that of the embedded stores.
	binaries, stores string
)

var _ = BeforeSuite(func() {
	dir = GinkgoT().TempDir()
	binaries, stores = filepath.Join(dir, "bin"), filepath.Join(dir, "stores")
	var err error
	cluster, err = devcluster.Start(ctx, devcluster.Options{Dir: dir, Webhooks: true, ControllerManager: true})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(cluster.Stop()).To(Succeed()) })
	for group, role := range map[string]string{viewers: "viewer", editors: "editor", owners: "admin"} {
		subject := rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: group}
		Expect(devcluster.Bind(ctx, cluster.Client(), devcluster.RolePrefix+role, subject)).To(Succeed())
	}
	for _, folder := range []string{binaries, stores} {
		Expect(os.MkdirAll(folder, 0o700)).To(Succeed())
	}
	manager, err := devcluster.BuildOperator(ctx, dir)
	Expect(err).NotTo(HaveOccurred())
	operator, err := cluster.StartOperator(ctx, manager, filepath.Join(dir, "manager.log"), "--sqlite-dir="+stores,
		"--metrics-bind-address=0")
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(operator.Stop()).To(Succeed()) })
	built, err := devcluster.BuildPlugin(ctx, binaries)
	Expect(err).NotTo(HaveOccurred())
	Expect(os.Symlink(built, filepath.Join(binaries, plugin.Completer))).To(Succeed())
	Expect(os.Symlink(cluster.Kubectl, filepath.Join(binaries, "kubectl"))).To(Succeed())
})

// actor is who runs the plugin: a user of these groups.
type actor struct {
	user   string
	groups []string
}

// root owns the back offices of this suite: it has the verb escalate, and in shops rank 0 with all permissions. An editor and a viewer have what RBAC
// gives them.
func root() actor                { return actor{"root", []string{owners}} }
func editor(name string) actor   { return actor{name, []string{editors}} }
func onlooker(name string) actor { return actor{name, []string{viewers}} }

// client acts as the actor.
func (a actor) client() client.Client {
	return testkit.As(cluster.Admin, a.user, append(a.groups, "system:authenticated")...)
}

// flags have kubectl act as the actor.
func (a actor) flags() []string {
	flags := []string{"--kubeconfig=" + cluster.AdminKubeconfig, "--as=" + a.user, "--as-group=system:authenticated"}
	for _, group := range a.groups {
		flags = append(flags, "--as-group="+group)
	}
	return flags
}

// result is how a run of the plugin ended.
type result struct {
	out, err string
	status   int
}

// run runs the plugin and waits until it ends.
func (a actor) run(arguments ...string) result {
	GinkgoHelper()
	return a.runWith(nil, arguments...)
}

// runWith runs the plugin with something to read.
func (a actor) runWith(in io.Reader, arguments ...string) result {
	GinkgoHelper()
	return execute(in, append(arguments, a.flags()...)...)
}

// offline runs the plugin without a cluster.
func offline(arguments ...string) result {
	GinkgoHelper()
	return execute(nil, append(arguments, "--kubeconfig="+os.DevNull)...)
}

func execute(in io.Reader, arguments ...string) result {
	GinkgoHelper()
	cmd := exec.CommandContext(ctx, filepath.Join(binaries, "kubectl-backoffice"), arguments...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		Expect(err).NotTo(HaveOccurred())
	}
	AddReportEntry("kubectl backoffice "+strings.Join(arguments, " "), out.String()+errs.String(), ReportEntryVisibilityFailureOrVerbose)
	return result{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// succeed matches a run that ended well, and printed each of these parts.
func succeed(parts ...string) gomegatypes.GomegaMatcher {
	return And(haveStatus(0), haveText(func(r result) string { return r.out }, parts))
}

// end matches a run that ended with this status, and said each of these parts as an error.
func end(status int, parts ...string) gomegatypes.GomegaMatcher {
	return And(haveStatus(status), haveText(func(r result) string { return r.err }, parts))
}

func haveStatus(status int) gomegatypes.GomegaMatcher {
	return WithTransform(func(r result) int { return r.status }, Equal(status))
}

func haveText(of func(result) string, parts []string) gomegatypes.GomegaMatcher {
	matchers := []gomegatypes.GomegaMatcher{BeAssignableToTypeOf("")}
	for _, part := range parts {
		matchers = append(matchers, ContainSubstring(part))
	}
	return WithTransform(of, And(matchers...))
}

// masters is the identity to which RBAC refuses nothing; no delegation names it.
func masters() client.Client { return cluster.Client() }

// shop creates a namespace with a back office "shop", in which root may do everything, and waits until it is connected.
func shop(mods ...testkit.Mod) string {
	GinkgoHelper()
	namespace := testkit.FreshNamespace(ctx, masters())
	mods = append(mods, testkit.Delegates(0, testkit.Person("root")), testkit.Giving("*"))
	office := testkit.Office("shop", namespace, mods...)
	Expect(root().client().Create(ctx, office)).To(Succeed())
	eventually(office, beReady())
	return namespace
}

// catalogue applies the sample of that name and waits until all of it is in force. It returns the namespace. Specs share it: who changes something puts
// objects of its own there.
func catalogue(name string) string {
	GinkgoHelper()
	apply := []string{"apply", "-k", filepath.Join("..", "..", "config", "samples", name), "--kubeconfig=" + cluster.AdminKubeconfig}
	Eventually(func() (string, error) {
		out, err := exec.CommandContext(ctx, cluster.Kubectl, apply...).CombinedOutput()
		return string(out), err
	}, soon, often).ShouldNot(BeEmpty())
	wait := []string{"wait", "backoffice-access", "--all", "-n", name, "--for=condition=Ready", "--timeout=60s", "--kubeconfig=" + cluster.AdminKubeconfig}
	out, err := exec.CommandContext(ctx, cluster.Kubectl, wait...).CombinedOutput()
	Expect(err).NotTo(HaveOccurred(), string(out))
	return name
}

// given has root create objects and waits until they are in force.
func given(objects ...client.Object) {
	GinkgoHelper()
	for _, o := range objects {
		Eventually(func() error { return root().client().Create(ctx, o) }, soon, often).Should(Succeed())
	}
	for _, o := range objects {
		eventually(o, beReady())
	}
}

// eventually waits until an object, read anew, matches.
func eventually(o client.Object, matcher gomegatypes.GomegaMatcher) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		g.Expect(masters().Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
		g.Expect(o).To(matcher)
	}, soon, often).Should(Succeed())
}

func beReady() gomegatypes.GomegaMatcher {
	return And(
		testkit.HaveCondition(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady),
		WithTransform(func(o client.Object) bool {
			for _, c := range *o.(interface{ GetConditions() *[]metav1.Condition }).GetConditions() {
				if c.Type == v1alpha1.ConditionReady {
					return c.ObservedGeneration == o.GetGeneration()
				}
			}
			return false
		}, BeTrue()))
}

var _ = Describe("The plugin", func() {
	It("is found by kubectl, and says what it can do", func() {
		cmd := exec.CommandContext(ctx, "kubectl", "backoffice", "--help")
		cmd.Env = append(os.Environ(), "PATH="+binaries+":"+os.Getenv("PATH"))
		out, err := cmd.CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), string(out))
		Expect(string(out)).To(ContainSubstring("kubectl backoffice [command]"))
	})
})
