// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/explain"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/store/sqlite"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// describedUsers are what describe tells of these users, as JSON.
func describedUsers(namespace string, names ...string) []explain.Account {
	GinkgoHelper()
	r := root().run(append([]string{"describe", "--all", "-o", "json", "-n", namespace}, names...)...)
	Expect(r).To(succeed())
	if len(names) == 1 {
		var a explain.Account
		Expect(json.Unmarshal([]byte(r.out), &a)).To(Succeed())
		return []explain.Account{a}
	}
	var list struct{ Items []explain.Account }
	Expect(json.Unmarshal([]byte(r.out), &list)).To(Succeed())
	return list.Items
}

// describedLevels are the permissions of an account as the store's view has them: none where it may not log in.
func describedLevels(a explain.Account) map[string]string {
	levels := map[string]string{}
	for _, p := range a.Permissions {
		if a.InForce {
			levels[p.Path] = p.Level
		}
	}
	return levels
}

// stored reads rows of a view of the store of a back office.
func stored(namespace, office, query string, row func(rows *sql.Rows) error) {
	GinkgoHelper()
	db, err := sqlite.OpenReader(filepath.Join(stores, namespace+"_"+office+".db"))
	Expect(err).NotTo(HaveOccurred())
	defer func() { Expect(db.Close()).To(Succeed()) }()
	rows, err := db.QueryContext(ctx, query)
	Expect(err).NotTo(HaveOccurred())
	defer rows.Close() //nolint:errcheck // Err tells
	for rows.Next() {
		Expect(row(rows)).To(Succeed())
	}
	Expect(rows.Err()).NotTo(HaveOccurred())
}

// storedLevels are the rows of effective_permissions of a back office, by login and path.
func storedLevels(namespace, office string) map[string]map[string]string {
	GinkgoHelper()
	levels := map[string]map[string]string{}
	stored(namespace, office, "SELECT login, path, level FROM effective_permissions", func(rows *sql.Rows) error {
		var login, path, level string
		err := rows.Scan(&login, &path, &level)
		if levels[login] == nil {
			levels[login] = map[string]string{}
		}
		levels[login][path] = level
		return err
	})
	return levels
}

// storedPart is what one grant gives of a path, and the filters that narrow it.
type storedPart struct {
	level   string
	filters []v1alpha1.Filter
}

// storedParts are the rows of effective_filters of a back office, by login and path, and by grant.
func storedParts(namespace, office string) map[[2]string]map[string]*storedPart {
	GinkgoHelper()
	parts := map[[2]string]map[string]*storedPart{}
	query := "SELECT login, path, level, grant_id, dimension, mode, access, filter_values, filter_groups, filter_tags FROM effective_filters"
	stored(namespace, office, query, func(rows *sql.Rows) error {
		var login, path, level, grant, values, groups, tags string
		var f v1alpha1.Filter
		err := rows.Scan(&login, &path, &level, &grant, &f.Dimension, &f.Mode, &f.Access, &values, &groups, &tags)
		for text, into := range map[*string]*[]string{&values: &f.Values, &groups: &f.Groups, &tags: &f.Tags} {
			err = errors.Join(err, json.Unmarshal([]byte(*text), into))
		}
		key := [2]string{login, path}
		if parts[key] == nil {
			parts[key] = map[string]*storedPart{}
		}
		if parts[key][grant] == nil {
			parts[key][grant] = &storedPart{level: level}
		}
		if f.Mode != v1alpha1.FilterAll || f.Access == v1alpha1.FilterReadOnly {
			parts[key][grant].filters = append(parts[key][grant].filters, f)
		}
		return err
	})
	return parts
}

// storedData says on which data the grants of the store give a level.
func storedData(level string, grants map[string]*storedPart) []string {
	var data, lesser []string
	for _, g := range grants {
		on := strings.Join(policy.DataOf(policy.FiltersOf(g.filters)), ", ")
		switch {
		case g.level == level && on == "":
			return nil
		case g.level == level:
			data = append(data, on)
		case on == "":
			lesser = append(lesser, g.level+" on all data")
		default:
			lesser = append(lesser, g.level+" on "+on)
		}
	}
	slices.Sort(data)
	slices.Sort(lesser)
	return append(slices.Compact(data), slices.Compact(lesser)...)
}

// describedAsStored compares all users of a namespace. It returns how many permissions there are, and how many of them are narrowed.
func describedAsStored(namespace, office string) (permissions, narrowed int) {
	GinkgoHelper()
	var users v1alpha1.BackOfficeUserList
	Expect(masters().List(ctx, &users, client.InNamespace(namespace))).To(Succeed())
	var names []string
	for _, u := range users.Items {
		names = append(names, u.Name)
	}
	levels, parts := storedLevels(namespace, office), storedParts(namespace, office)
	for _, a := range describedUsers(namespace, names...) {
		want := levels[a.Login]
		if want == nil {
			want = map[string]string{}
		}
		Expect(describedLevels(a)).To(Equal(want), a.Name)
		permissions += len(want)
		for _, p := range a.Permissions {
			if !a.InForce { // the store tells nothing of it
				continue
			}
			if grants := parts[[2]string{a.Login, p.Path}]; len(grants) > 0 && p.Level != "None" {
				Expect(p.Data).To(Equal(storedData(p.Level, grants)), "%s of %s", p.Path, a.Name)
				narrowed += min(len(p.Data), 1)
			} else {
				Expect(p.Data).To(BeEmpty(), "%s of %s", p.Path, a.Name)
			}
		}
	}
	return permissions, narrowed
}

// describeWorld draws sets that extend others, bindings and users that have nothing to do with those of another world.
func describeWorld(world int, namespace string, random *rand.Rand) (users, others []client.Object) {
	paths := []string{"a", "a/a", "a/a/b", "a/b", "a-b", "b", "b/a", "c"}
	some := func(most int, from []string) []string {
		picked := slices.Clone(from)
		random.Shuffle(len(picked), func(i, j int) { picked[i], picked[j] = picked[j], picked[i] })
		return picked[:random.IntN(min(most, len(picked))+1)]
	}
	entries := func(most int) []string {
		picked := some(most, paths)
		for i := range picked {
			picked[i] += "=" + []string{"None", "Read", "Write"}[random.IntN(3)]
		}
		return picked
	}
	givers := func(most int) (given []string) { // a binding grants no None
		for _, path := range some(most, paths) {
			given = append(given, path+"="+[]string{"Read", "Write"}[random.IntN(2)])
		}
		return given
	}
	filters := func() (all []v1alpha1.Filter) {
		for _, dimension := range some(2, []string{"channels", "regions"}) {
			f := []v1alpha1.Filter{
				testkit.Only(dimension, "one"), testkit.Only(dimension, "one", "two"), testkit.Everything(dimension), testkit.Owned(dimension),
				testkit.Tagged(dimension, "vip"),
				{Dimension: dimension, Mode: v1alpha1.FilterNone},
			}[random.IntN(6)]
			if f.Mode != v1alpha1.FilterNone && random.IntN(3) == 0 {
				f.Access = v1alpha1.FilterReadOnly
			}
			all = append(all, f)
		}
		return all
	}
	team := fmt.Sprint("world-", world)
	var sets []string
	for i := range 4 {
		set := testkit.Set(fmt.Sprintf("%s-set-%d", team, i), namespace, testkit.Permissions(entries(4)...), testkit.Deny(some(1, paths)...),
			testkit.Extends(some(2, sets)...), testkit.Bypasses(some(1, []string{"channels", "regions"})...))
		if random.IntN(4) == 0 {
			set.Spec.AccountTypes = []v1alpha1.AccountType{v1alpha1.AccountAPI}
		}
		sets, others = append(sets, set.Name), append(others, set)
	}
	for i := range 2 {
		user := testkit.User(fmt.Sprintf("%s-user-%d", team, i), namespace, testkit.Labels("team", team), testkit.Filters(filters()...))
		if random.IntN(3) == 0 {
			user.Spec.AccountType = v1alpha1.AccountAPI
		}
		users = append(users, user)
	}
	now := time.Now()
	for i := range 1 + random.IntN(3) {
		binding := testkit.Binding(fmt.Sprintf("%s-binding-%d", team, i), namespace, testkit.ToSet(sets[random.IntN(len(sets))]),
			testkit.Grants(givers(2)...), testkit.Denies(some(1, paths)...), testkit.Filters(filters()...))
		if random.IntN(2) == 0 {
			testkit.ForLabels("team", team)(binding)
		} else {
			testkit.ForUsers(fmt.Sprintf("%s-user-%d", team, random.IntN(2)))(binding)
		}
		switch random.IntN(6) {
		case 0:
			testkit.From(now.Add(time.Hour))(binding)
		case 1:
			testkit.Until(now.Add(time.Hour))(binding)
		}
		others = append(others, binding)
	}
	return users, others
}

var _ = Describe("Describing users", func() {
	It("tells what may be done, why, and neither a password nor personal data", Label("A-04"), func() {
		namespace := shop(testkit.Dimensions(v1alpha1.FilterDimension{Name: "channels"}))
		given(
			testkit.Set("viewer", namespace, testkit.Permissions("orders=Read", "stock=Read")),
			testkit.Set("support", namespace, testkit.Extends("viewer"), testkit.Permissions("refunds=Write"), testkit.Deny("export")),
			testkit.User("ann", namespace, testkit.Login("ann.keller"), testkit.IPs("203.0.113.7"), testkit.Labels("team", "support"),
				testkit.Setting("panel", "white-label"), testkit.Filters(testkit.Only("channels", "web")),
				testkit.Profile(v1alpha1.Profile{FullName: "Annegret Keller", Email: "annegret@shop.example", Phone: "+4930123456"})),
			testkit.Binding("support-team", namespace, testkit.ToSet("support"), testkit.ForLabels("team", "support"), testkit.Grants("orders=Write")),
		)
		u := testkit.User("ann", namespace)
		eventually(u, HaveField("Status.Binding", Not(BeNil())))
		secret := &corev1.Secret{}
		Expect(masters().Get(ctx, client.ObjectKey{Namespace: namespace, Name: u.Status.Binding.Name}, secret)).To(Succeed())
		password := string(secret.Data["password"])
		Expect(password).NotTo(BeEmpty())

		for _, format := range []string{"table", "json", "yaml"} {
			r := onlooker("auditor").run("describe", "ann", "-n", namespace, "--all", "-o", format)
			Expect(r).To(succeed("ann.keller", "203.0.113.7", "white-label", "channels", "support-team", "refunds", "ann-credentials", "root"))
			for _, secret := range []string{password, "Annegret", "Keller ", "annegret@shop.example", "+4930123456", "argon2", "pbkdf2"} {
				Expect(r.out + r.err).NotTo(ContainSubstring(secret))
			}
		}
		Expect(onlooker("auditor").run("describe", "ann", "-n", namespace)).To(And(
			succeed("May log in:", "yes", "channels Only [web]", "grant of binding support-team (orders Write)",
				"set support > viewer (stock Read) through binding support-team", "denied by set support (export) through binding support-team"),
			WithTransform(func(r result) string { return r.out }, Not(ContainSubstring("viewer (orders Read)")))))
		Expect(onlooker("auditor").run("describe", "ann", "-n", namespace, "--all")).To(
			succeed("set support > viewer (orders Read) through binding support-team, which does not decide"))
		Expect(onlooker("auditor").run("describe", "ann", "-n", namespace, "--personal-data")).To(
			succeed("Annegret Keller", "annegret@shop.example", "+4930123456"))
		Expect(onlooker("auditor").run("describe", "ann", "-n", namespace, "--personal-data", "-o", "json")).To(succeed(`"fullName": "Annegret Keller"`))
	})

	It("says why an account may not log in, and why a binding gives nothing", func() {
		namespace := shop()
		now := time.Now()
		given(
			testkit.Set("support", namespace, testkit.Permissions("orders=Write")),
			testkit.Set("machine", namespace, testkit.HeldBy(v1alpha1.AccountAPI), testkit.Permissions("export=Read")),
			testkit.User("ann", namespace),
			testkit.Binding("now", namespace, testkit.ToSet("support"), testkit.ForUsers("ann"), testkit.Until(now.Add(2*time.Hour))),
			testkit.Binding("later", namespace, testkit.ToSet("support"), testkit.ForUsers("ann"), testkit.From(now.Add(time.Hour))),
		)
		Expect(root().client().Create(ctx, testkit.Binding("wrong", namespace, testkit.ToSet("machine"), testkit.ForUsers("ann")))).NotTo(Succeed())
		a := describedUsers(namespace, "ann")[0]
		Expect(a.InForce).To(BeTrue())
		Expect(a.Bindings).To(HaveExactElements(
			And(HaveField("Name", "later"), HaveField("InForce", false), HaveField("Withheld", ConsistOf(HavePrefix("it begins at ")))),
			And(HaveField("Name", "now"), HaveField("InForce", true), HaveField("Withheld", BeEmpty()), HaveField("GrantedBy", "root")),
		))
		Expect(a.NextChange).To(HaveValue(BeTemporally("~", now.Add(time.Hour), time.Second)))
		Expect(a.Permissions).To(HaveExactElements(And(HaveField("Path", "orders"), HaveField("Until", BeNil())))) // the other one goes on

		u := testkit.User("ann", namespace)
		Expect(masters().Get(ctx, client.ObjectKeyFromObject(u), u)).To(Succeed())
		u.Annotations[v1alpha1.AnnotationHold] = "laptop\x1b[2J stolen"
		u.Spec.State = v1alpha1.StateBlocked
		Expect(root().client().Update(ctx, u)).To(Succeed())
		for _, command := range [][]string{{"describe", "ann", "-n", namespace}, {"who-can", "orders", "--all", "-n", namespace}} {
			r := onlooker("auditor").run(command...)
			Expect(r).To(succeed("spec.state is Blocked", `it is held: laptop\x1b[2J stolen`)) // nobody moves the cursor of who looks
			Expect(r.out).NotTo(ContainSubstring("\x1b"))
		}
		Expect(onlooker("auditor").run("describe", "ann", "-n", namespace)).To(succeed("Permissions, if the account could log in:"))
		Expect(describedUsers(namespace, "ann")[0]).To(HaveField("InForce", false))
	})

	It("explains a user of another namespace than the back office's, to who may read both", func() {
		team := testkit.FreshNamespace(ctx, masters())
		namespace := shop(testkit.Admits(team))
		office := namespace + "/shop"
		given(
			testkit.Set("viewer", namespace, testkit.Permissions("orders=Read")),
			testkit.Set("support", team, testkit.InOffice(office), testkit.Extends(namespace+"/viewer"), testkit.Permissions("refunds=Write")),
			testkit.User("ann", team, testkit.InOffice(office)),
			testkit.Binding("own", team, testkit.InOffice(office), testkit.ToSet("support"), testkit.ForUsers("ann")),
			testkit.Binding("shared", team, testkit.InOffice(office), testkit.ToSet(namespace+"/viewer"), testkit.ForUsers("ann")),
		)
		Expect(onlooker("auditor").run("describe", "ann", "-n", team)).To(succeed(office,
			"set support > "+namespace+"/viewer (orders Read) through binding own", "set "+namespace+"/viewer (orders Read) through binding shared"))
		Expect(onlooker("auditor").run("who-can", "orders", "-A", "--back-office", office)).To(succeed(team, "ann"))

		tenant := actor{"tenant", nil}
		Expect(masters().Create(ctx, &rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: "viewers", Namespace: team},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "tenant"}},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: devcluster.RolePrefix + "viewer"},
		})).To(Succeed())
		Eventually(func() result { return tenant.run("describe", "ann", "-n", team) }, soon, often).Should(
			end(1, "explaining BackOfficeUser "+team+"/ann", `cannot get resource "backoffices"`, namespace))
	})

	It("names the namespace in which it looked for a user, and the formats that it has", func() {
		namespace := shop()
		Expect(root().run("describe", "nobody", "-n", namespace)).To(end(1, `no BackOfficeUser "nobody" in namespace "`+namespace+`"`, "list -A"))
		Expect(root().run("describe", "nobody", "-n", namespace, "-o", "xml")).To(end(1, `unknown output format "xml"`, "table, json, yaml"))
	})

	It("tells the same as the store, for all catalogues", func() {
		for _, name := range []string{"orders", "trading", "activation", "hosting", "automation"} {
			catalogue(name)
			var offices v1alpha1.BackOfficeList
			Expect(masters().List(ctx, &offices, client.InNamespace(name))).To(Succeed())
			Expect(offices.Items).To(HaveLen(1))
			permissions, _ := describedAsStored(name, offices.Items[0].Name)
			Expect(permissions).To(BeNumerically(">", 0), name)
		}
	})

	It("tells the same as the store, for random sets and bindings", func() {
		namespace := shop(testkit.Dimensions(v1alpha1.FilterDimension{Name: "channels"}, v1alpha1.FilterDimension{Name: "regions"}))
		random := rand.New(rand.NewPCG(uint64(GinkgoRandomSeed()), 1))
		var all []client.Object
		for world := range 50 {
			users, others := describeWorld(world, namespace, random)
			for _, o := range append(users, others...) {
				// What a set of other account types is for may be refused, and then there is one binding less.
				if err := root().client().Create(ctx, o); err == nil {
					all = append(all, o)
				} else {
					Expect(err).To(MatchError(ContainSubstring("may be held by accounts of type")))
				}
			}
		}
		Eventually(func(g Gomega) {
			for _, o := range all {
				g.Expect(masters().Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
				g.Expect(describeSettled(o)).To(BeTrue(), "%T %s", o, o.GetName())
			}
		}, 3*soon, often).Should(Succeed())
		permissions, narrowed := describedAsStored(namespace, "shop")
		Expect(permissions).To(BeNumerically(">", 50))
		Expect(narrowed).To(BeNumerically(">", 20))
	})
})

// describeSettled tells whether the operator has acted on an object as it is, whatever came of it.
func describeSettled(o client.Object) bool {
	for _, c := range *o.(interface{ GetConditions() *[]metav1.Condition }).GetConditions() {
		if c.Type == v1alpha1.ConditionReady {
			return c.ObservedGeneration == o.GetGeneration() && c.Reason != v1alpha1.ReasonProgressing
		}
	}
	return false
}
