// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// whatDidTheyGrant is the question of docs/store.md, as it stands there.
func whatDidTheyGrant() string {
	GinkgoHelper()
	repository, err := devcluster.Repository()
	Expect(err).NotTo(HaveOccurred())
	page, err := os.ReadFile(filepath.Join(repository, "docs", "store.md"))
	Expect(err).NotTo(HaveOccurred())
	question := regexp.MustCompile("(?s)What did somebody grant\\?\n+```sql\n(.*?)```").FindSubmatch(page)
	Expect(question).To(HaveLen(2))
	return string(question[1])
}

// granted is what the log says that somebody granted, and took: action, object, granted, lost.
func granted(namespace, actor string) (lines []string) {
	GinkgoHelper()
	for _, row := range query(namespace, whatDidTheyGrant(), "shop", actor) {
		var gained, lost []string
		Expect(json.Unmarshal([]byte(row[5]), &gained)).To(Succeed())
		Expect(json.Unmarshal([]byte(row[6]), &lost)).To(Succeed())
		lines = append(lines, fmt.Sprintf("%s %s %s +%q -%q", row[1], row[2], row[4], gained, lost))
	}
	return lines
}

var _ = Describe("Few people hand out access", Label("T-01"), func() {
	It("not whom the ClusterRole viewer lets read", func() {
		h := furnished()
		viewer := identity("vic", viewers)
		Expect(viewer.Get(ctx, client.ObjectKeyFromObject(h.boss), h.boss)).To(Succeed())
		Expect(viewer.List(ctx, &v1alpha1.BackOfficeList{})).To(Succeed())
		for _, o := range []client.Object{h.user("new"), h.set("new"), h.binding("new", testkit.ToSet("viewer"), testkit.ForUsers("bob")), testkit.Office("new", h.namespace)} {
			Expect(viewer.Create(ctx, o)).To(Satisfy(apierrors.IsForbidden))
		}
		Expect(change(viewer, h.bob, testkit.State(v1alpha1.StateBlocked))).To(Satisfy(apierrors.IsForbidden))
		Expect(viewer.Delete(ctx, h.bob)).To(Satisfy(apierrors.IsForbidden))
		h.isAsBefore()
	})

	It("not whom the ClusterRole editor lets write, without a delegation", func() {
		h := furnished()
		none := refuse(`no delegation of BackOffice ` + h.namespace + `/shop matches "eve"`)
		Expect(eve().Create(ctx, h.user("new"))).To(none)
		Expect(eve().Create(ctx, h.set("new"))).To(none)
		Expect(eve().Create(ctx, h.binding("new", testkit.ToSet("viewer"), testkit.ForUsers("bob")))).To(none)
		Expect(change(eve(), h.bob, testkit.State(v1alpha1.StateBlocked))).To(none)
		Expect(eve().Delete(ctx, h.viewers)).To(none)
		Expect(eve().Create(ctx, testkit.Office("new", h.namespace))).To(Satisfy(apierrors.IsForbidden))
		h.isAsBefore()
	})

	It("whom the ClusterRole admin lets write back offices, who says who else does", func() {
		namespace := testkit.FreshNamespace(ctx, masters())
		admin := identity("ada", owners)
		office := testkit.Office("shop", namespace)
		Expect(admin.Create(ctx, office)).To(Succeed())
		eventually(office, beReady())
		Expect(lea().Create(ctx, testkit.User("new", namespace))).To(refuse(`no delegation of BackOffice ` + namespace + `/shop matches "lea"`))
		Expect(change(admin, office, testkit.Delegates(4, testkit.Person("lea")))).To(Succeed())
		u := testkit.User("new", namespace)
		create(lea(), u)
		eventually(u, beReady())
	})

	It("and the log names who made every change, and answers what somebody granted in one question", func() {
		h := furnished()
		set := h.set("stock", testkit.Rank(5), testkit.Permissions("orders/stock=Write"), testkit.Deny("orders/refund"))
		Expect(maxi().Create(ctx, set)).To(Succeed())
		eventually(set, beReady())
		b := h.binding("stock", testkit.ToSet("stock"), testkit.ForUsers("bob"), testkit.Grants("orders/print"))
		Expect(maxi().Create(ctx, b)).To(Succeed())
		eventually(b, beReady())
		Expect(change(maxi(), set, testkit.OnSet(func(s *v1alpha1.PermissionSet) { s.Spec.Permissions[0].Level = v1alpha1.LevelRead }))).To(Succeed())
		eventually(set, beReady())
		Expect(granted(h.namespace, "max")).To(Equal([]string{
			`Put PermissionSet stock +["orders/stock Write"] -["deny orders/refund"]`,
			`Put RoleBinding stock +["grant orders/print Read" "set ` + h.namespace + `/stock" "subject bob"] -["deny above Read on orders/print"]`,
			`Put PermissionSet stock +["orders/stock Read"] -["deny above Read on orders/stock" "orders/stock Write"]`,
		}))
		Expect(granted(h.namespace, "root")).To(ContainElements(
			`Put PermissionSet chief +["orders Write" "payments Write" "users Write"] -[]`,
			`Put RoleBinding chiefs +["selector team=hq" "set `+h.namespace+`/chief" "subject boss"] -[]`,
			`Put BackOfficeUser boss +["account of type Staff" "any network"] -[]`,
		))

		By("naming who blocked somebody, who deleted a binding as far as a request is left, and who wrote the back office")
		Expect(change(lea(), h.bob, testkit.State(v1alpha1.StateBlocked))).To(Succeed())
		Eventually(func() []string { return granted(h.namespace, "lea") }, soon, often).Should(Equal([]string{
			`Put BackOfficeUser bob +[] -["account of type Staff" "any network"]`,
		}))
		Expect(lea().Delete(ctx, h.supporters)).To(Succeed())
		vanishes(h.supporters)
		Expect(query(h.namespace, "SELECT action, kind, lost FROM audit_log WHERE name = 'supporters' ORDER BY id DESC LIMIT 1")).To(Equal([][]string{
			{"Remove", "RoleBinding", `["set ` + h.namespace + `/support","subject ann"]`},
		}))
		offices := query(h.namespace, "SELECT actor, granted FROM audit_log WHERE kind = 'BackOffice'")
		Expect(offices).To(HaveLen(1))
		Expect(offices[0][0]).To(Equal("root"))
		Expect(offices[0][1]).To(And(ContainSubstring("rank 4 to User lea"), ContainSubstring("rank 0 to User root")))

		By("every admission with a stamp, which is on the object")
		unsigned := query(h.namespace, "SELECT kind, name FROM audit_log WHERE action = 'Put' AND actor <> '' AND stamp = ''")
		Expect(unsigned).To(BeEmpty())
		Expect(query(h.namespace, "SELECT kind, name FROM audit_log WHERE action = 'Put' AND actor = ''")).To(BeEmpty())
		Expect(query(h.namespace, "SELECT stamp FROM audit_log WHERE kind = 'RoleBinding' AND name = 'chiefs'")).To(Equal([][]string{{stampOf(h.chiefs).ID}}))
	})
})

// The ranks of the roles in the matrix, and what each of them gives.
var matrix = []int32{1, 4, 8}

// ranked makes a back office with a set of each rank, and for each of them users to edit, to block and to delete.
func ranked(mods ...testkit.Mod) string {
	GinkgoHelper()
	namespace := shop(append(mods, testkit.SelfService("users"))...)
	var objects []client.Object
	for _, rank := range matrix {
		name := fmt.Sprintf("rank-%d", rank)
		objects = append(objects, testkit.Set(name, namespace, testkit.Rank(rank), testkit.Permissions(name)))
		subjects := []string{}
		for _, purpose := range []string{"edit", "block", "delete"} {
			subjects = append(subjects, purpose+"-"+name)
			objects = append(objects, testkit.User(purpose+"-"+name, namespace))
		}
		objects = append(objects, testkit.User("assign-"+name, namespace), testkit.Binding(name, namespace, testkit.ToSet(name), testkit.ForUsers(subjects...)))
	}
	given(objects...)
	return namespace
}

// actsUpTo demands that somebody may assign, edit, block and delete from one rank on, and that the store tells so; and nothing of it beyond.
func actsUpTo(c client.Client, rank int32, namespace string) {
	GinkgoHelper()
	for _, role := range matrix {
		name := fmt.Sprintf("rank-%d", role)
		user := func(purpose string) *v1alpha1.BackOfficeUser { return testkit.User(purpose+"-"+name, namespace) }
		login := func(purpose string) func() bool { return func() bool { return active(namespace, purpose+"-"+name) } }
		assigned := func() map[string]string { return permissions(namespace, "assign-"+name) }
		errs := map[string]error{
			"assign": c.Create(ctx, testkit.Binding("new-"+name, namespace, testkit.ToSet(name), testkit.ForUsers("assign-"+name))),
			"edit":   change(c, user("edit"), testkit.IPs("203.0.113.7")),
			"block":  change(c, user("block"), testkit.State(v1alpha1.StateBlocked)),
			"delete": c.Delete(ctx, user("delete")),
		}
		networks := func() [][]string {
			return query(namespace, "SELECT allowed_networks FROM active_users WHERE login = $1", "edit-"+name)
		}
		if role < rank {
			for what, err := range errs {
				Expect(err).To(refuse(fmt.Sprintf("needs rank %d or stronger", role)), "%s %s", what, name)
			}
			Expect(assigned()).To(BeEmpty())
			Expect(networks()).To(Equal([][]string{{"[]"}}))
			Expect(login("block")()).To(BeTrue())
			Expect(login("delete")()).To(BeTrue())
			continue
		}
		for what, err := range errs {
			Expect(err).NotTo(HaveOccurred(), "%s %s", what, name)
		}
		Eventually(assigned, soon, often).Should(Equal(map[string]string{name: "Read"}))
		Eventually(networks, soon, often).Should(Equal([][]string{{`["203.0.113.7/32"]`}}))
		Eventually(login("block"), soon, often).Should(BeFalse())
		Eventually(login("delete"), soon, often).Should(BeFalse())
	}
}

var _ = Describe("A role of a lower or equal rank is all that anybody hands out, edits, blocks or deletes", Label("O-04"), func() {
	for _, rank := range matrix {
		It(fmt.Sprintf("with rank %d by a delegation", rank), func() {
			namespace := ranked(testkit.Delegates(rank, testkit.Person("delegate")))
			actsUpTo(as("delegate"), rank, namespace)
		})

		It(fmt.Sprintf("with rank %d by what one holds in the back office", rank), func() {
			namespace := ranked()
			given(
				testkit.Set("managers", namespace, testkit.Rank(rank), testkit.Permissions("users=Write")),
				testkit.User("manager", namespace, testkit.KubernetesUser("manager@example")),
				testkit.Binding("managers", namespace, testkit.ToSet("managers"), testkit.ForUsers("manager")),
			)
			actsUpTo(as("manager@example"), rank, namespace)
		})
	}
})

// orders applies the sample of an order management as its administrator and waits until it is in force.
func orders() (namespace string) {
	GinkgoHelper()
	namespace = testkit.FreshNamespace(ctx, masters())
	administrator := identity("olga", owners, "orders-client-admins")
	objects := sample("orders", namespace)
	office := slices.IndexFunc(objects, func(o client.Object) bool { _, ok := o.(*v1alpha1.BackOffice); return ok })
	create(administrator, objects[office])
	eventually(objects[office], beReady())
	for i, o := range objects {
		if i != office {
			create(administrator, o)
		}
	}
	for _, o := range objects {
		eventually(o, beReady())
	}
	return namespace
}

// inOrders reads the store of the sample.
func inOrders(namespace, statement string, arguments ...any) [][]string {
	GinkgoHelper()
	return queryStore(namespace+"_orders.db", statement, arguments...)
}

var _ = Describe("The sample of an order management", func() {
	here := testkit.InOffice("orders")
	newcomer := func(namespace, login string) *v1alpha1.BackOfficeUser {
		return testkit.User(login, namespace, here, testkit.IPs("203.0.113.9"))
	}

	It("lets only those manage users who hold the permission for it: the three top roles", Label("O-01"), func() {
		namespace := orders()
		director := testkit.User("rita", namespace, here, testkit.IPs("203.0.113.8"), testkit.KubernetesUser("rita@orders.example"))
		directors := testkit.Binding("directors", namespace, here, testkit.ToSet("retail-director"), testkit.ForUsers("rita"))
		administrator := identity("olga", owners, "orders-client-admins")
		create(administrator, director)
		create(administrator, directors)
		eventually(director, beReady())
		eventually(directors, beReady())

		for role, person := range map[string]string{
			"client-admin": "ana.keller@orders.example", "headquarters": "hugo.brandt@orders.example", "retail-director": "rita@orders.example",
		} {
			By(role + " may")
			login := "new-for-" + role
			u, b := newcomer(namespace, login), testkit.Binding(login, namespace, here, testkit.ToSet("client-viewer"), testkit.ForUsers(login))
			Expect(as(person).Create(ctx, u)).To(Succeed())
			eventually(u, beReady())
			Expect(as(person).Create(ctx, b)).To(Succeed())
			eventually(b, beReady())
			Expect(inOrders(namespace, "SELECT count(*) FROM effective_permissions WHERE login = $1 AND level <> 'None'", login)).To(Equal([][]string{{"6"}}))
			Expect(change(as(person), u, testkit.State(v1alpha1.StateBlocked))).To(Succeed())
			Eventually(func() [][]string {
				return inOrders(namespace, "SELECT login FROM active_users WHERE login = $1", login)
			}, soon, often).Should(BeEmpty())
			Expect(as(person).Delete(ctx, b)).To(Succeed())
			Expect(as(person).Delete(ctx, u)).To(Succeed())
			vanishes(u)
		}

		By("customer-service may not, nor may who is nobody in the back office")
		before := inOrders(namespace, "SELECT login FROM active_users ORDER BY login")
		for _, person := range []string{"lea.moreau@orders.example", "omar.haddad", "vera.store12", "eve"} {
			none := refuse(`no delegation of BackOffice ` + namespace + `/orders matches "` + person + `"`)
			Expect(as(person).Create(ctx, newcomer(namespace, "mole"))).To(none)
			Expect(as(person).Create(ctx, testkit.Binding("mole", namespace, here, testkit.ToSet("client-viewer"), testkit.ForUsers("lea")))).To(none)
			Expect(change(as(person), testkit.User("omar", namespace), testkit.State(v1alpha1.StateBlocked))).To(none)
			Expect(as(person).Delete(ctx, testkit.User("omar", namespace))).To(none)
		}
		Expect(inOrders(namespace, "SELECT login FROM active_users ORDER BY login")).To(Equal(before))

		By("and who is blocked manages nobody any more")
		Expect(change(as("ana.keller@orders.example"), testkit.User("hugo", namespace), testkit.State(v1alpha1.StateBlocked))).To(Succeed())
		Eventually(func() error {
			return as("hugo.brandt@orders.example").Create(ctx, newcomer(namespace, "late"), client.DryRunAll)
		}, soon, often).
			Should(refuse(`matches "hugo.brandt@orders.example"`))
	})

	It("has automation that makes store-app users, and nothing else", Label("O-10"), func() {
		namespace := orders()
		robot := serviceAccount(namespace, "store-provisioner")
		vic := testkit.User("vic", namespace, here, testkit.Login("vic.store12"), testkit.AccountType(v1alpha1.AccountStoreApp), testkit.IPs("192.0.2.12"))
		vendors := testkit.Binding("vendors", namespace, here, testkit.ToSet("vendor"), testkit.ForUsers("vic"))
		Expect(robot.Create(ctx, vic)).To(Succeed())
		eventually(vic, beReady())
		Expect(robot.Create(ctx, vendors)).To(Succeed())
		eventually(vendors, beReady())
		Expect(inOrders(namespace, "SELECT account_type FROM active_users WHERE login = 'vic.store12'")).To(Equal([][]string{{"StoreApp"}}))
		Expect(inOrders(namespace, "SELECT path, level FROM effective_permissions WHERE login = 'vic.store12'")).To(Equal([][]string{{"store-app/enter", "Write"}}))

		clerk := newcomer(namespace, "clerk") // without any role
		create(identity("olga", owners, "orders-client-admins"), clerk)
		eventually(clerk, beReady())
		before := inOrders(namespace, "SELECT login, account_type FROM active_users ORDER BY login")
		type attempt struct {
			err     error
			refusal string
		}
		ofType := "needs power over accounts of type "
		for what, attempt := range map[string]attempt{
			"a member of staff": {robot.Create(ctx, newcomer(namespace, "mole")), "spec.accountType: Forbidden: user " + namespace + "/mole " + ofType + "Staff"},
			"an administrator": {
				robot.Create(ctx, testkit.User("mole", namespace, here, testkit.AccountType(v1alpha1.AccountAdministrator), testkit.IPs("203.0.113.9"))),
				ofType + "Administrator",
			},
			"to make staff a store-app user":    {change(robot, clerk, testkit.AccountType(v1alpha1.AccountStoreApp)), ofType + "Staff"},
			"another type for a store-app user": {change(robot, vic, testkit.AccountType(v1alpha1.AccountStaff)), ofType + "Staff"},
			"a role of the back office for a store-app user": {
				robot.Create(ctx, testkit.Binding("mole", namespace, here, testkit.ToSet("client-viewer"), testkit.ForUsers("vic"))),
				`in family "back-office"; "system:serviceaccount:` + namespace + `:store-provisioner" has power in other families only`,
			},
			"a role of the store app for staff": {
				robot.Create(ctx, testkit.Binding("mole", namespace, here, testkit.ToSet("vendor"), testkit.ForUsers("lea"))), "rank 4",
			},
			"a label that makes staff of a store-app user": {change(robot, vic, testkit.Labels("team", "support")), `in family "back-office"`},
			"a role of its own":                            {robot.Create(ctx, testkit.Set("mine", namespace, here, testkit.Family("store-app"), testkit.Rank(5), testkit.Permissions("store-app/enter"))), "lets it bind existing sets and nothing else"},
			"more in a role":                               {change(robot, testkit.Set("vendor", namespace), testkit.Permissions("store-app/users=Write")), "lets it bind existing sets and nothing else"},
			"more by a grant":                              {change(robot, vendors, testkit.Grants("store-app/users=Write")), "lets it bind existing sets and nothing else"},
			"to block staff":                               {change(robot, testkit.User("lea", namespace), testkit.State(v1alpha1.StateBlocked)), `in family "back-office"`},
			"to delete an admin":                           {robot.Delete(ctx, testkit.User("ana", namespace)), `in family "back-office"`},
		} {
			Expect(attempt.err).To(refuse(attempt.refusal), what)
		}
		Expect(inOrders(namespace, "SELECT login, account_type FROM active_users ORDER BY login")).To(Equal(before))
		Expect(inOrders(namespace, "SELECT path, level FROM effective_permissions WHERE login = 'vic.store12'")).To(Equal([][]string{{"store-app/enter", "Write"}}))

		By("and takes away what it made")
		Expect(robot.Delete(ctx, vendors)).To(Succeed())
		Expect(change(robot, vic, testkit.State(v1alpha1.StateBlocked))).To(Succeed())
		Expect(robot.Delete(ctx, vic)).To(Succeed())
		vanishes(vic)
	})
})
