// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	coordinationv1 "k8s.io/api/coordination/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// fleet are managers in the place of the suite's own, until the spec ends: replicas behind one address for the webhooks, as behind a Service.
type fleet struct {
	arguments []string
	// kubeconfig is another identity than the suite's manager has; empty for that.
	kubeconfig string
	front      *testkit.Proxy
	replicas   []*replica
}

// replicas counts those that were started in this suite, for the names of their logs.
var replicas int

// replica is one manager.
type replica struct {
	*devcluster.Operator
	webhooks, metrics, probes string
	log                       string
	frozen                    bool
}

// newFleet ends the suite's manager and starts none.
func newFleet(arguments ...string) *fleet {
	GinkgoHelper()
	f := &fleet{arguments: arguments}
	stop()
	var err error
	f.front, err = testkit.NewProxy(net.JoinHostPort(cluster.Webhooks.Host, strconv.Itoa(cluster.Webhooks.Port)))
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() {
		for _, r := range slices.Clone(f.replicas) {
			f.kill(r)
		}
		Expect(f.front.Close()).To(Succeed())
		start()
	})
	return f
}

// start starts a replica and waits until its webhooks are served.
func (f *fleet) start() *replica {
	GinkgoHelper()
	r := &replica{webhooks: freeAddress(), metrics: freeAddress(), probes: freeAddress()}
	own := *cluster // with an endpoint of its own
	if f.kubeconfig != "" {
		own.ManagerKubeconfig = f.kubeconfig
	}
	_, port, err := net.SplitHostPort(r.webhooks)
	Expect(err).NotTo(HaveOccurred())
	own.Webhooks.Port, err = strconv.Atoi(port)
	Expect(err).NotTo(HaveOccurred())
	replicas++
	r.log = filepath.Join(dir, fmt.Sprintf("manager-%d.log", replicas))
	r.Operator, err = own.StartOperator(ctx, manager, r.log, append([]string{
		"--metrics-bind-address=" + r.metrics, "--metrics-insecure", "--health-probe-bind-address=" + r.probes,
	}, f.arguments...)...)
	Expect(err).NotTo(HaveOccurred())
	f.replicas = append(f.replicas, r)
	f.forward()
	return r
}

// forward sends the requests for webhooks to replicas that are there and not frozen.
func (f *fleet) forward() {
	var targets []string
	for _, r := range f.replicas {
		if !r.frozen {
			targets = append(targets, r.webhooks)
		}
	}
	f.front.Forward(targets...)
}

// stop ends a replica as the kubelet would. Nobody but the replica itself ends the connections on which it is asked.
func (f *fleet) stop(r *replica) {
	GinkgoHelper()
	hearMetrics(r.metrics)
	f.front.Leave(r.webhooks)
	Expect(r.Stop()).To(Succeed())
	f.leaves(r)
}

// kill ends a replica without a word.
func (f *fleet) kill(r *replica) {
	GinkgoHelper()
	f.leaves(r)
	_ = r.Signal(syscall.SIGKILL) // it may have ended itself
	Eventually(r.Done(), soon).Should(BeClosed())
}

func (f *fleet) leaves(r *replica) {
	f.replicas = slices.DeleteFunc(f.replicas, func(other *replica) bool { return other == r })
	f.forward()
}

// freeze stops a replica where it is, as the machine below it might, and thaw lets it go on there.
func (f *fleet) freeze(r *replica) {
	GinkgoHelper()
	Expect(r.Signal(syscall.SIGSTOP)).To(Succeed())
	r.frozen = true
	f.forward()
}

func (f *fleet) thaw(r *replica) {
	GinkgoHelper()
	Expect(r.Signal(syscall.SIGCONT)).To(Succeed())
	r.frozen = false
	f.forward()
}

// leader waits until a replica leads that is not frozen.
func (f *fleet) leader() (leads *replica) {
	GinkgoHelper()
	Eventually(func() *replica {
		for _, r := range f.replicas {
			if !r.frozen && r.leads() {
				leads = r
			}
		}
		return leads
	}, patient, 100*time.Millisecond).ShouldNot(BeNil(), "nobody leads")
	return leads
}

// leading finds that among what a manager measures.
var leading = regexp.MustCompile(`(?m)^leader_election_master_status\{[^}]*\} 1$`)

// leads tells whether the replica says of itself that it does.
func (r *replica) leads() bool {
	response, err := http.Get("http://" + r.metrics + "/metrics")
	if err != nil {
		return false
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return err == nil && leading.Match(body)
}

// ready tells whether the replica says that it is ready, and what it says.
func (r *replica) ready() (bool, string) {
	response, err := http.Get("http://" + r.probes + "/readyz?verbose")
	if err != nil {
		return false, err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return err == nil && response.StatusCode == http.StatusOK, string(body)
}

// elections makes the namespace of a lease, in which the manager may hold it, and returns the arguments for replicas of which one leads.
func elections() (namespace string, arguments []string) {
	GinkgoHelper()
	namespace = testkit.FreshNamespace(ctx, masters())
	role := &rbacv1.Role{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "leader-election"}, Rules: shippedRules("leader_election_role.yaml"),
	}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: role.Name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role.Name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: devcluster.ManagerUser}},
	}
	Expect(masters().Create(ctx, role)).To(Succeed())
	Expect(masters().Create(ctx, binding)).To(Succeed())
	return namespace, []string{"--leader-elect", "--namespace=" + namespace}
}

// depose takes the lead from whoever has it, before the lease is over: who leads does not know yet.
func depose(namespace string) {
	GinkgoHelper()
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "backoffice-operator"}}
	Expect(client.IgnoreNotFound(masters().Delete(ctx, lease))).To(Succeed())
}

// refuseSecrets has the API server refuse every write of a Secret by the manager, until the function that is returned is called.
func refuseSecrets() (allow func()) {
	GinkgoHelper()
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: devcluster.RolePrefix + "manager-role"}}
	Expect(masters().Get(ctx, client.ObjectKeyFromObject(role), role)).To(Succeed())
	before := role.DeepCopy()
	for i := range role.Rules {
		if slices.Contains(role.Rules[i].Resources, "secrets") {
			Expect(role.Rules[i].Resources).To(Equal([]string{"secrets"}))
			role.Rules[i].Verbs = []string{"get", "list", "watch"}
		}
	}
	Expect(role.Rules).NotTo(Equal(before.Rules))
	Expect(masters().Update(ctx, role)).To(Succeed())
	allow = func() {
		GinkgoHelper()
		Expect(change(masters(), role, func(o client.Object) { o.(*rbacv1.ClusterRole).Rules = before.Rules })).To(Succeed())
	}
	DeferCleanup(allow)
	return allow
}
