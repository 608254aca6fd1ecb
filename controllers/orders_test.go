// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// orderSample reads the manifests of config/samples/orders as they are, but for their namespace.
func orderSample(namespace string) (objects []client.Object) {
	GinkgoHelper()
	root, err := devcluster.Repository()
	Expect(err).NotTo(HaveOccurred())
	decoder := serializer.NewCodecFactory(cluster.Scheme, serializer.EnableStrict).UniversalDeserializer()
	for _, file := range []string{"backoffice.yaml", "permissionsets.yaml", "rolebindings.yaml", "users.yaml"} {
		content, err := os.ReadFile(filepath.Join(root, "config", "samples", "orders", file))
		Expect(err).NotTo(HaveOccurred())
		documents := utilyaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(content)))
		for {
			document := make([]byte, len(content))
			n, err := documents.Read(document)
			if errors.Is(err, io.EOF) {
				break
			}
			Expect(err).NotTo(HaveOccurred())
			object, _, err := decoder.Decode(document[:n], nil, nil)
			Expect(err).NotTo(HaveOccurred(), file)
			o := object.(client.Object)
			o.SetNamespace(namespace)
			objects = append(objects, o)
		}
	}
	return objects
}

// orders applies the sample and reconciles it as the watches would.
func orders(w *world) (objects []client.Object) {
	GinkgoHelper()
	objects = orderSample(w.namespace)
	w.settle(objects...)
	for _, o := range objects {
		w.reconcile(o) // bindings come before the users that they name
	}
	return objects
}

func only[T client.Object](objects []client.Object) (some []T) {
	for _, o := range objects {
		if o, ok := o.(T); ok {
			some = append(some, o)
		}
	}
	return some
}

// roles are the sets of the sample that the source tells of: key, rank, and how many of the permissions each holds, -1 where that is not told.
var roles = []struct {
	key   string
	rank  int
	holds int
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

const catalogue = `ROLE_ANALYTICS, ROLE_BI_SUITE, ROLE_ORDER_READ, ROLE_ORDER_WRITE, ROLE_STOCK_READ, ROLE_ORCHESTRATION_READ,
	ROLE_ORCHESTRATION_WRITE, ROLE_DELIVERY_READ, ROLE_DELIVERY_WRITE, ROLE_ENDPOINTS_READ, ROLE_ENDPOINTS_WRITE, ROLE_USER_ADMIN,
	ROLE_ITEMS_READ, ROLE_ITEMS_WRITE, ROLE_CONFIG_SECURITY_READ, ROLE_CONFIG_SECURITY_WRITE, ROLE_SITE_WRITE, ROLE_CONFIG_WORKFLOW_READ,
	ROLE_CONFIG_WORKFLOW_WRITE, ROLE_CONFIG_STORE_APP, ROLE_CONFIG_MIGRATION, ROLE_CONFIG_HISTORY, ROLE_PARAMS_WRITE, ROLE_CONFIG_DELIVERY,
	ROLE_CONFIG_DELIVERY_ADVANCED, ROLE_CONFIG_ORDERS, ROLE_CONFIG_ORDERS_ADVANCED, ROLE_CONFIG_ORCHESTRATION,
	ROLE_CONFIG_ORCHESTRATION_ADVANCED, ROLE_CONFIG_STOCK_LOCATIONS, ROLE_CONFIG_STOCK_LOCATIONS_ADVANCED, ROLE_CONFIG_CARRIER`

// may are the paths that a login of the back office orders holds, sorted.
func (w *world) may(login string) (paths []string) {
	GinkgoHelper()
	for _, row := range w.query("orders", "SELECT path FROM effective_permissions WHERE back_office = 'orders' AND login = $1 AND level <> 'None' ORDER BY path", login) {
		paths = append(paths, row[0])
	}
	return paths
}

// holder makes a user who holds one set of the sample.
func (w *world) holder(set string) (login string) {
	GinkgoHelper()
	login = "holder-of-" + set
	u := testkit.User(login, w.namespace, testkit.InOffice("orders"), testkit.IPs("203.0.113.99"))
	w.settle(testkit.Binding(login, w.namespace, testkit.InOffice("orders"), testkit.ToSet(set), testkit.ForUsers(login)), u)
	Expect(u).To(beReady())
	return login
}

var _ = Describe("The sample of an order management", func() {
	It("gets ready as it is shipped: back-office and store-app users in one list", Label("O-02", "O-09"), func() {
		w := newWorld()
		objects := orders(w)
		Expect(objects).To(HaveLen(1 + 12 + 5 + 5))
		for _, o := range objects {
			Expect(o).To(beReady())
		}
		Expect(w.query("orders", "SELECT login, account_type FROM active_users ORDER BY login")).To(Equal([][]string{
			{"ana.keller", "Administrator"}, {"hugo.brandt", "Staff"}, {"lea.moreau", "Staff"}, {"omar.haddad", "Staff"}, {"vera.store12", "StoreApp"},
		}))
		Expect(w.may("ana.keller")).To(HaveLen(28))
		Expect(w.may("hugo.brandt")).To(HaveLen(27))
		Expect(w.may("lea.moreau")).To(Equal([]string{"ROLE_DELIVERY_READ", "ROLE_ORDER_READ", "ROLE_ORDER_WRITE", "ROLE_STOCK_READ"}))
		Expect(w.may("omar.haddad")).To(ContainElements("ROLE_ORDER_WRITE", "ROLE_ITEMS_READ"))
		Expect(w.may("vera.store12")).To(Equal([]string{"store-app/enter", "store-app/users"}))
	})

	It("has the ten roles with their keys, ranks and numbers of permissions", Label("O-05", "O-06"), func() {
		w := newWorld()
		sets := map[string]*v1alpha1.PermissionSet{}
		for _, s := range only[*v1alpha1.PermissionSet](orders(w)) {
			sets[s.Status.Key] = s
		}
		stored := w.query("orders", "SELECT set_key, rank FROM permission_sets WHERE rank_family = 'back-office' ORDER BY rank")
		Expect(stored).To(HaveLen(len(roles)))
		for i, role := range roles {
			Expect(stored[i]).To(Equal([]string{role.key, fmt.Sprint(role.rank)}))
			set := sets[role.key]
			Expect(set.Spec.Description).To(ContainSubstring("illustrative"))
			if role.holds >= 0 {
				Expect(w.may(w.holder(set.Name))).To(HaveLen(role.holds), role.key)
			}
		}
	})

	It("takes ranks from the data: another number is another rank", Label("O-05"), func() {
		w := newWorld()
		sets := only[*v1alpha1.PermissionSet](orders(w))
		viewer := sets[slices.IndexFunc(sets, func(s *v1alpha1.PermissionSet) bool { return s.Spec.Key == "client_viewer" })]
		w.change(viewer, func() { testkit.Rank(9)(viewer) }) // which another set has already
		w.reconcile(viewer)
		Expect(viewer).To(beReady())
		Expect(w.query("orders", "SELECT rank FROM permission_sets WHERE set_key = 'client_viewer'")).To(Equal([][]string{{"9"}}))
	})

	It("has the catalogue of 32 permissions, and withholds a set that names another, with the nearest match", Label("O-07"), func() {
		w := newWorld()
		office := only[*v1alpha1.BackOffice](orders(w))[0]
		names := strings.Split(strings.Join(strings.Fields(catalogue), ""), ",")
		Expect(names).To(HaveLen(32))
		others := func(p string) bool { return strings.HasPrefix(p, "store-app/") || strings.HasPrefix(p, "pages/") }
		Expect(slices.DeleteFunc(slices.Clone(office.Spec.PermissionCatalog), others)).To(Equal(names))

		misspelt := testkit.Set("misspelt", w.namespace, testkit.InOffice("orders"), testkit.Permissions("ROLE_ORDER_READ", "ROLE_ORDER_WRTE"))
		w.settle(misspelt)
		Expect(misspelt).To(stallFor(v1alpha1.ReasonPermissionUnknown))
		Expect(message(misspelt)).To(ContainSubstring("ROLE_ORDER_WRTE is not in the catalogue of BackOffice " + w.namespace + "/orders; did you mean ROLE_ORDER_WRITE?"))
		login := w.holder("misspelt")
		Expect(w.may(login)).To(BeEmpty())

		By("correcting the name")
		w.change(misspelt, func() { misspelt.Spec.Permissions[1].Path = "ROLE_ORDER_WRITE" })
		w.reconcile(misspelt)
		Expect(misspelt).To(beReady())
		Expect(w.may(login)).To(Equal([]string{"ROLE_ORDER_READ", "ROLE_ORDER_WRITE"}))

		By("taking a permission out of the catalogue, and opening the catalogue")
		w.change(office, func() {
			office.Spec.PermissionCatalog = slices.DeleteFunc(office.Spec.PermissionCatalog, func(p string) bool { return p == "ROLE_ORDER_WRITE" })
		})
		w.reconcile(office)
		w.reconcile(misspelt)
		Expect(misspelt).To(stallFor(v1alpha1.ReasonPermissionUnknown))
		Expect(w.may(login)).To(BeEmpty())
		w.change(office, func() { office.Spec.PermissionCatalog = nil })
		w.reconcile(office)
		w.reconcile(misspelt)
		Expect(w.may(login)).To(HaveLen(2))
	})

	It("has two store-app roles in a family of their own", Label("O-09"), func() {
		w := newWorld()
		orders(w)
		Expect(w.query("orders", "SELECT set_key, rank, rank_family FROM permission_sets WHERE rank_family <> 'back-office' ORDER BY rank")).To(Equal([][]string{
			{"vendor_manager", "0", "store-app"}, {"vendor", "1", "store-app"},
		}))
		Expect(w.may(w.holder("vendor-manager"))).To(Equal([]string{"store-app/enter", "store-app/users"}))
		Expect(w.may(w.holder("vendor"))).To(Equal([]string{"store-app/enter"}))
	})

	It("has one login for back office and store app", Label("O-11"), func() {
		w := newWorld()
		orders(w)
		copycat := testkit.User("copycat", w.namespace, testkit.InOffice("orders"), testkit.Login("HUGO.brandt"),
			testkit.AccountType(v1alpha1.AccountStoreApp), testkit.IPs("192.0.2.12"))
		w.settle(copycat)
		Expect(copycat).To(waitFor(v1alpha1.ReasonLoginTaken))
		Expect(w.query("orders", "SELECT login, account_type FROM users WHERE login_folded = 'hugo.brandt'")).To(Equal([][]string{{"hugo.brandt", "Staff"}}))
	})
})
