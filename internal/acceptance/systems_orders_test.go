// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// data is what a login may reach on a path by grants: level, dimension, mode, access and lists of each filter, sorted.
func data(namespace, login, path string) (rows []string) {
	GinkgoHelper()
	for _, row := range query(namespace, `SELECT level, dimension, mode, access, filter_values, filter_groups, filter_tags, default_value
		FROM effective_filters WHERE back_office = 'shop' AND login = $1 AND path = $2`, login, path) {
		rows = append(rows, strings.TrimSpace(strings.Join(row, " ")))
	}
	slices.Sort(rows)
	return rows
}

// narrowed demands what data returns, as soon as it is there.
func narrowed(namespace, login, path string, want ...string) {
	GinkgoHelper()
	Eventually(func() []string { return data(namespace, login, path) }, soon, often).Should(Equal(want))
}

// simultaneously does something n times at the same moment and returns the answers.
func simultaneously(n int, do func(i int) error) []error {
	errs := make([]error, n)
	gate := make(chan struct{})
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			<-gate
			errs[i] = do(i)
		})
	}
	close(gate)
	group.Wait()
	return errs
}

// administrator runs the sample of an order management.
func administrator() client.Client { return identity("olga", owners, "orders-client-admins") }

// roles are those of the order management: key, rank, and how many of the permissions they hold; -1 where nobody knows.
var roles = []struct {
	key   string
	rank  int
	count int
}{
	{"client_admin", 0, 28},
	{"headquarters", 1, 27},
	{"retail_director", 3, 27},
	{"customer_service", 4, 4},
	{"customer_service_conf_manager", 5, 5},
	{"conf_manager", 6, 8},
	{"client_viewer", 7, 6},
	{"client_viewer_limited", 8, -1},
	{"client_service_analytics", 9, 0},
	{"client_analytics", 10, 2},
}

// catalogue are the permissions of the order management.
var catalogue = strings.Fields(`ROLE_ANALYTICS ROLE_BI_SUITE ROLE_ORDER_READ ROLE_ORDER_WRITE ROLE_STOCK_READ ROLE_ORCHESTRATION_READ
	ROLE_ORCHESTRATION_WRITE ROLE_DELIVERY_READ ROLE_DELIVERY_WRITE ROLE_ENDPOINTS_READ ROLE_ENDPOINTS_WRITE ROLE_USER_ADMIN ROLE_ITEMS_READ
	ROLE_ITEMS_WRITE ROLE_CONFIG_SECURITY_READ ROLE_CONFIG_SECURITY_WRITE ROLE_SITE_WRITE ROLE_CONFIG_WORKFLOW_READ ROLE_CONFIG_WORKFLOW_WRITE
	ROLE_CONFIG_STORE_APP ROLE_CONFIG_MIGRATION ROLE_CONFIG_HISTORY ROLE_PARAMS_WRITE ROLE_CONFIG_DELIVERY ROLE_CONFIG_DELIVERY_ADVANCED
	ROLE_CONFIG_ORDERS ROLE_CONFIG_ORDERS_ADVANCED ROLE_CONFIG_ORCHESTRATION ROLE_CONFIG_ORCHESTRATION_ADVANCED ROLE_CONFIG_STOCK_LOCATIONS
	ROLE_CONFIG_STOCK_LOCATIONS_ADVANCED ROLE_CONFIG_CARRIER`)

var _ = Describe("The roles and permissions of an order management", func() {
	here := testkit.InOffice("orders")

	It("are ten, with key, rank and as many permissions as the source tells", Label("O-06"), func() {
		namespace := orders()
		var objects []client.Object
		for _, role := range roles {
			name := strings.ReplaceAll(role.key, "_", "-")
			objects = append(objects,
				testkit.User("holds-"+name, namespace, here, testkit.IPs("203.0.113.9"), testkit.Filters(testkit.Everything("sales-channels"))),
				testkit.Binding("holds-"+name, namespace, here, testkit.ToSet(name), testkit.ForUsers("holds-"+name)))
		}
		for _, o := range objects {
			create(administrator(), o)
		}
		for _, o := range objects {
			eventually(o, beReady())
		}
		for _, role := range roles {
			Expect(inOrders(namespace, "SELECT rank, rank_family FROM permission_sets WHERE set_key = $1", role.key)).
				To(Equal([][]string{{strconv.Itoa(role.rank), "back-office"}}), role.key)
			held := inOrders(namespace, "SELECT path FROM effective_permissions WHERE login = $1 AND level <> 'None' AND path LIKE 'ROLE@_%' ESCAPE '@'",
				"holds-"+strings.ReplaceAll(role.key, "_", "-"))
			if role.count >= 0 {
				Expect(held).To(HaveLen(role.count), role.key)
			}
			for _, row := range held {
				Expect(catalogue).To(ContainElement(row[0]))
			}
		}
	})

	It("are named from a closed catalogue: any other name is refused with the nearest one", Label("O-07"), func() {
		namespace := orders()
		var known []string
		for _, row := range inOrders(namespace, "SELECT path FROM permission_catalog WHERE path LIKE 'ROLE@_%' ESCAPE '@'") {
			known = append(known, row[0])
		}
		Expect(known).To(ConsistOf(catalogue))

		unknown := refuse("ROLE_ORDER_WRIT is not in the catalogue of BackOffice " + namespace + "/orders; did you mean ROLE_ORDER_WRITE?")
		set := func(mods ...testkit.Mod) *v1alpha1.PermissionSet {
			return testkit.Set("wrong", namespace, append([]testkit.Mod{here, testkit.Family("back-office")}, mods...)...)
		}
		binding := func(mods ...testkit.Mod) *v1alpha1.RoleBinding {
			return testkit.Binding("wrong", namespace, append([]testkit.Mod{here, testkit.ToSet("client-viewer"), testkit.ForUsers("omar")}, mods...)...)
		}
		Expect(administrator().Create(ctx, set(testkit.Permissions("ROLE_STOCK_READ", "ROLE_ORDER_WRIT=Write")))).To(unknown)
		Expect(administrator().Create(ctx, set(testkit.Deny("ROLE_ORDER_WRIT")))).To(unknown)
		Expect(administrator().Create(ctx, binding(testkit.Grants("ROLE_ORDER_WRIT=Write")))).To(unknown)
		Expect(administrator().Create(ctx, binding(testkit.Denies("ROLE_ORDER_WRIT")))).To(unknown)
		Expect(change(administrator(), testkit.Set("client-viewer", namespace), testkit.Permissions("ROLE_ORDER_WRIT=Write"))).To(unknown)

		By("and every name of it is accepted, gives what it names, and nothing else")
		all := set(testkit.Permissions(catalogue...))
		u := testkit.User("uma", namespace, here, testkit.IPs("203.0.113.9"), testkit.Filters(testkit.Everything("sales-channels")))
		all.Name = "all"
		b := testkit.Binding("all", namespace, here, testkit.ToSet("all"), testkit.ForUsers("uma"))
		for _, o := range []client.Object{all, u, b} {
			create(administrator(), o)
			eventually(o, beReady())
		}
		var given []string
		for _, row := range inOrders(namespace, "SELECT path FROM effective_permissions WHERE login = 'uma' AND level <> 'None'") {
			given = append(given, row[0])
		}
		Expect(given).To(ConsistOf(catalogue))
	})

	It("of the store app are a family of their own: ranks compare only inside it", Label("O-09"), func() {
		namespace := orders()
		lead, robot := identity("lena", editors, "orders-support-leads"), serviceAccount(namespace, "store-provisioner")
		inApp := func(login string) [][]string {
			return inOrders(namespace, "SELECT path, level FROM effective_permissions WHERE login = $1 AND level <> 'None' ORDER BY path", login)
		}
		Expect(inOrders(namespace, "SELECT set_key, rank FROM permission_sets WHERE rank_family = 'store-app' ORDER BY rank")).
			To(Equal([][]string{{"vendor_manager", "0"}, {"vendor", "1"}}))

		By("a vendor enters, and a manager of vendors manages users, too")
		for role, user := range map[string]string{"vendor": "vic", "vendor-manager": "mia"} {
			u := testkit.User(user, namespace, here, testkit.AccountType(v1alpha1.AccountStoreApp), testkit.IPs("192.0.2.12"),
				testkit.Filters(testkit.Everything("sales-channels")))
			b := testkit.Binding(user, namespace, here, testkit.ToSet(role), testkit.ForUsers(user))
			for _, o := range []client.Object{u, b} {
				create(robot, o)
				eventually(o, beReady())
			}
		}
		Expect(inApp("vic")).To(Equal([][]string{{"store-app/enter", "Write"}}))
		Expect(inApp("mia")).To(Equal([][]string{{"store-app/enter", "Write"}, {"store-app/users", "Write"}}))

		By("rank 4 of the back office does not reach rank 1 of the store app, nor rank 0 there the weakest role of the back office")
		newcomer := testkit.User("nina", namespace, here, testkit.IPs("203.0.113.9"), testkit.Filters(testkit.Everything("sales-channels")))
		create(administrator(), newcomer)
		eventually(newcomer, beReady())
		bind := func(c client.Client, role, user string) error {
			return c.Create(ctx, testkit.Binding("try-"+role+"-"+user, namespace, here, testkit.ToSet(role), testkit.ForUsers(user)))
		}
		Expect(bind(lead, "vendor", "nina")).To(refuse(`in family "store-app"; "lena" has power in other families only`))
		Expect(bind(robot, "client-analytics", "vic")).To(refuse(`in family "back-office"`, "has power in other families only"))
		Expect(change(lead, testkit.User("vic", namespace), testkit.State(v1alpha1.StateBlocked))).To(refuse(`in family "store-app"`))
		Expect(bind(lead, "client-analytics", "nina")).To(Succeed())
		Eventually(func() [][]string { return inApp("nina") }, soon, often).Should(HaveLen(2))
		Expect(inApp("vic")).To(Equal([][]string{{"store-app/enter", "Write"}}))
	})
})
