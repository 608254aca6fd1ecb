// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"database/sql"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	gomegatypes "github.com/onsi/gomega/types"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/store/sqlite"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestAcceptance(t *testing.T) {
	RegisterFailHandler(Fail)
	log.SetLogger(GinkgoLogr) // of clients, which log the warnings that nobody listens to
	RunSpecs(t, "Acceptance")
}

const (
	// soon is how long something may take that happens at once.
	soon = 20 * time.Second
	// often is how often it is looked for.
	often = 20 * time.Millisecond
	// viewers may read; editors may edit users, sets and bindings, as far as RBAC is concerned; owners may also write back offices.
	viewers, editors, owners = "acceptance:viewers", "acceptance:editors", "acceptance:owners"
)

var (
	ctx     = context.Background()
	cluster *devcluster.Cluster
	dir     string
	manager string // the binary
	// operator is the running manager, and metrics where it tells what it measures.
	operator *devcluster.Operator
	metrics  string
	// identities are the clients of users by name and groups, each made once: a new one asks the API server for its kinds.
	identities = map[string]client.Client{}
)

var _ = BeforeSuite(func() {
	dir = GinkgoT().TempDir()
	var err error
	cluster, err = devcluster.Start(ctx, devcluster.Options{Dir: dir, Webhooks: true, ControllerManager: true, Audit: true})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(cluster.Stop()).To(Succeed()) })
	listen()
	for group, role := range map[string]string{viewers: "viewer", editors: "editor", owners: "admin"} {
		subject := rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: group}
		Expect(devcluster.Bind(ctx, cluster.Client(), devcluster.RolePrefix+role, subject)).To(Succeed())
	}
	manager, err = devcluster.BuildOperator(ctx, dir)
	Expect(err).NotTo(HaveOccurred())
	start()
	DeferCleanup(func() { stop() })
	DeferCleanup(expectLeastPrivilege)
})

// start starts the manager, and stop ends it.
func start() {
	GinkgoHelper()
	metrics = freeAddress()
	var err error
	operator, err = cluster.StartOperator(ctx, manager, filepath.Join(dir, "manager.log"), "--sqlite-dir="+dir,
		"--metrics-bind-address="+metrics, "--metrics-insecure")
	Expect(err).NotTo(HaveOccurred())
}

func stop() {
	GinkgoHelper()
	hearMetrics(metrics)
	Expect(operator.Stop()).To(Succeed())
}

// freeAddress is an address of this machine on which nobody listens.
func freeAddress() string {
	GinkgoHelper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// as acts as a user who may edit our kinds, and nothing else, as far as RBAC is concerned.
func as(user string, groups ...string) client.Client {
	return identity(user, append(groups, editors)...)
}

// identity acts as a user of these groups.
func identity(user string, groups ...string) client.Client {
	key := strings.Join(append([]string{user}, groups...), " ")
	if identities[key] == nil {
		identities[key] = testkit.As(cluster.Admin, user, append(groups, "system:authenticated")...)
	}
	return identities[key]
}

// serviceAccount acts as a service account.
func serviceAccount(namespace, name string) client.Client {
	return as("system:serviceaccount:"+namespace+":"+name, "system:serviceaccounts", "system:serviceaccounts:"+namespace)
}

// root owns the back offices of this suite: it has the verb escalate, and in shops rank 0 with all permissions.
func root() client.Client { return identity("root", owners) }

// masters is the identity to which RBAC refuses nothing; no delegation names it.
func masters() client.Client {
	if identities[""] == nil {
		identities[""] = cluster.Client()
	}
	return identities[""]
}

// shop creates a namespace with a back office "shop", in which root may do everything, and waits until it is connected.
func shop(mods ...testkit.Mod) string {
	GinkgoHelper()
	namespace := testkit.FreshNamespace(ctx, masters())
	mods = append(mods, testkit.Delegates(0, testkit.Person("root")), testkit.Giving("*"))
	office := testkit.Office("shop", namespace, mods...)
	Expect(root().Create(ctx, office)).To(Succeed())
	eventually(office, beReady())
	return namespace
}

// given has root create objects and waits until they are in force.
func given(objects ...client.Object) {
	GinkgoHelper()
	for _, o := range objects {
		create(root(), o)
	}
	for _, o := range objects {
		eventually(o, beReady())
	}
}

// create creates an object. What the webhooks' cache does not know yet may be refused for a moment: this waits for it.
func create(c client.Client, o client.Object) {
	GinkgoHelper()
	Eventually(func() error { return c.Create(ctx, o) }, soon, often).Should(Succeed())
}

// change changes an object by a merge patch of that client, as it is then.
func change[T client.Object](c client.Client, o T, mods ...testkit.Mod) error {
	GinkgoHelper()
	Expect(masters().Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
	before := o.DeepCopyObject().(T)
	for _, mod := range mods {
		mod(o)
	}
	return c.Patch(ctx, o, client.MergeFrom(before))
}

// eventually waits until an object, read anew, matches.
func eventually(o client.Object, matcher gomegatypes.GomegaMatcher) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		g.Expect(masters().Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
		g.Expect(o).To(matcher)
	}, soon, often).Should(Succeed())
}

// vanishes waits until an object is gone.
func vanishes(o client.Object) {
	GinkgoHelper()
	Eventually(func() error { return masters().Get(ctx, client.ObjectKeyFromObject(o), o) }, soon, often).Should(Satisfy(apierrors.IsNotFound))
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

// notReady matches an object that is not in force for that reason.
func notReady(reason string) gomegatypes.GomegaMatcher {
	return testkit.HaveCondition(v1alpha1.ConditionReady, metav1.ConditionFalse, reason)
}

// refuse matches the answer of the webhooks with these problems, all of them.
func refuse(problems ...string) gomegatypes.GomegaMatcher {
	var texts []gomegatypes.GomegaMatcher
	for _, problem := range problems {
		texts = append(texts, ContainSubstring(problem))
	}
	return And(HaveOccurred(), Satisfy(apierrors.IsInvalid), WithTransform(error.Error, And(texts...)))
}

// permissions are what the back office "shop" of a namespace reads for a login: path and level, without what is denied.
func permissions(namespace, login string) map[string]string {
	GinkgoHelper()
	got := map[string]string{}
	for _, row := range query(namespace, "SELECT path, level FROM effective_permissions WHERE back_office = 'shop' AND login = $1 AND level <> 'None'", login) {
		got[row[0]] = row[1]
	}
	return got
}

// active tells whether the back office "shop" of a namespace lets a login in.
func active(namespace, login string) bool {
	GinkgoHelper()
	return len(query(namespace, "SELECT login FROM active_users WHERE back_office = 'shop' AND login = $1", login)) == 1
}

// query reads the store of the back office "shop" of a namespace, as an application does.
func query(namespace, statement string, arguments ...any) [][]string {
	GinkgoHelper()
	return queryStore(namespace+"_shop.db", statement, arguments...)
}

// queryStore reads a store by the name of its file.
func queryStore(file, statement string, arguments ...any) (rows [][]string) {
	GinkgoHelper()
	db, err := sqlite.OpenReader(filepath.Join(dir, file))
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = db.Close() }()
	found, err := db.QueryContext(ctx, statement, arguments...)
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = found.Close() }()
	columns, err := found.Columns()
	Expect(err).NotTo(HaveOccurred())
	for found.Next() {
		row, into, text := make([]sql.NullString, len(columns)), make([]any, len(columns)), make([]string, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		Expect(found.Scan(into...)).To(Succeed())
		for i := range row {
			text[i] = row[i].String
		}
		rows = append(rows, text)
	}
	Expect(found.Err()).NotTo(HaveOccurred())
	return rows
}
