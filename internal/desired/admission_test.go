// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package desired_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/desired"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

const argo = "system:serviceaccount:argocd:argocd-application-controller"

func TestWhatAUserGives(t *testing.T) {
	person := testkit.OnUser(func(u *v1alpha1.BackOfficeUser) {
		u.Spec.Profile = fullProfile()
		u.Spec.Description = "night shift"
	})
	narrowed := testkit.Filters(testkit.Only("entities", "b", "a"), testkit.Everything("contacts"))
	for sentence, c := range map[string]struct {
		mods  []testkit.Mod
		force desired.Force
		want  []string
	}{
		"an account of the default type, from anywhere": {nil, desired.InForce, []string{"account of type Staff", "any network"}},
		"an account of its type": {
			[]testkit.Mod{testkit.AccountType(v1alpha1.AccountAdministrator)}, desired.InForce, []string{"account of type Administrator", "any network"},
		},
		"anywhere, too, where that is said": {[]testkit.Mod{testkit.IPs("*")}, desired.InForce, []string{"account of type Staff", "any network"}},
		"the networks from which it may log in": {
			[]testkit.Mod{testkit.IPs("203.0.113.7", "203.0.113.0/28")},
			desired.InForce,
			[]string{"account of type Staff", "network 203.0.113.0/28", "network 203.0.113.7/32"},
		},
		"what its filters keep back":           {[]testkit.Mod{narrowed}, desired.InForce, []string{"account of type Staff", "any network", "deny outside entities Only a, b"}},
		"that alone while a rule withholds it": {[]testkit.Mod{narrowed}, desired.Withheld, []string{"deny outside entities Only a, b"}},
		"and while it is blocked":              {[]testkit.Mod{narrowed, testkit.State(v1alpha1.StateBlocked)}, desired.InForce, []string{"deny outside entities Only a, b"}},
		"its labels, for they make selectors match": {
			[]testkit.Mod{testkit.Labels("team", "support", "lead", "")},
			desired.InForce,
			[]string{"account of type Staff", "any network", "label lead=", "label team=support"},
		},
		"the Kubernetes user that it is": {
			[]testkit.Mod{testkit.KubernetesUser("ann@shop.example")},
			desired.InForce,
			[]string{"account of type Staff", "any network", "kubernetes user ann@shop.example"},
		},
		"nothing while a rule withholds it": {nil, desired.Withheld, nil},
		"nothing while it is blocked":       {[]testkit.Mod{testkit.State(v1alpha1.StateBlocked)}, desired.InForce, nil},
		"nothing when it is deactivated":    {[]testkit.Mod{testkit.State(v1alpha1.StateDeactivated)}, desired.InForce, nil},
		"nothing while it is held":          {[]testkit.Mod{testkit.Annotations(v1alpha1.AnnotationHold, "")}, desired.InForce, nil},
		"no personal data and no settings": {
			[]testkit.Mod{person, testkit.Setting("panel", "vendor"), testkit.Login("ann.miller")},
			desired.InForce,
			[]string{"account of type Staff", "any network"},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(desired.UserAdmission(user(c.mods...), c.force, nil).Gives).To(Equal(c.want))
		})
	}
}

func TestAUserWithManyLabelsGivesTheFirst32(t *testing.T) {
	g := NewWithT(t)
	labels := map[string]string{}
	for i := range 40 {
		labels[fmt.Sprintf("label-%02d", i)] = "x"
	}
	gives := desired.UserAdmission(user(func(o client.Object) { o.SetLabels(labels) }), desired.InForce, nil).Gives
	g.Expect(gives).To(HaveLen(34))
	g.Expect(gives).To(ContainElements("label label-00=x", "label label-31=x"))
}

func TestThePowerOverAnAccountIsThatOverItsType(t *testing.T) {
	powers := []access.Power{
		{Rank: 4, Families: []string{"back-office"}},
		{Rank: 0, AccountTypes: []string{"Affiliate"}, Permissions: access.Content{{Path: access.Everything, Level: access.Write}}},
	}
	power := func(of v1alpha1.AccountType) []store.Power {
		return desired.UserAdmission(user(testkit.AccountType(of)), desired.Withheld, powers).Power
	}
	g := NewWithT(t)
	g.Expect(power(v1alpha1.AccountStaff)).To(Equal([]store.Power{{Rank: 4, Families: []string{"back-office"}}}))
	g.Expect(power(v1alpha1.AccountAffiliate)).To(Equal([]store.Power{{Rank: 4, Families: []string{"back-office"}}, {Rank: 0}}))
}

func TestWhatASetGives(t *testing.T) {
	full := []testkit.Mod{
		testkit.Permissions("orders=Write", "stock", "help=None"), testkit.Deny("contacts/export"), testkit.Extends("base", "shop/viewer"),
	}
	for sentence, c := range map[string]struct {
		mods  []testkit.Mod
		force desired.Force
		want  []string
	}{
		"nothing where it has nothing": {nil, desired.InForce, nil},
		"its permissions, what it inherits and denies, and what it may lower of that": {full, desired.InForce, []string{
			"deny above None on help", "deny above Read on stock", "deny contacts/export", "inherits shop/base", "inherits shop/viewer", "orders Write", "stock Read",
		}},
		"what it denies and lowers alone while a rule withholds it": {full, desired.Withheld, []string{
			"deny above None on help", "deny above Read on stock", "deny contacts/export",
		}},
		"nothing that lowers by Read of what stands alone": {[]testkit.Mod{testkit.Permissions("stock")}, desired.InForce, []string{"stock Read"}},
		"what it may lower within itself": {
			[]testkit.Mod{testkit.Permissions("orders=Write", "orders/refund", "orders/edit=Write")},
			desired.InForce,
			[]string{"deny above Read on orders/refund", "orders Write", "orders/edit Write", "orders/refund Read"},
		},
		"who may hold it": {
			[]testkit.Mod{testkit.HeldBy(v1alpha1.AccountStaff, v1alpha1.AccountAffiliate)},
			desired.InForce,
			[]string{"deny to other types than Affiliate, Staff", "for types Affiliate, Staff"},
		},
		"who may hold it, also while a rule withholds it": {
			[]testkit.Mod{testkit.HeldBy(v1alpha1.AccountStaff)}, desired.Withheld, []string{"deny to other types than Staff", "for types Staff"},
		},
		"what it is not narrowed by":                        {[]testkit.Mod{testkit.Bypasses("contacts")}, desired.InForce, []string{"bypass contacts"}},
		"but not while a rule withholds it, for then it is": {[]testkit.Mod{testkit.Bypasses("contacts")}, desired.Withheld, nil},
		"a permission that has the name of a denial":        {[]testkit.Mod{testkit.Permissions("deny=Write")}, desired.InForce, []string{"permission deny Write"}},
		"a path of level None as a denial":                  {[]testkit.Mod{testkit.Permissions("orders=None")}, desired.InForce, []string{"deny above None on orders"}},
		"what is inherited twice once, whatever its name":   {[]testkit.Mod{testkit.Extends("base", "shop/base")}, desired.InForce, []string{"inherits shop/base"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(desired.PermissionSetAdmission(set(c.mods...), c.force, desired.Alone).Gives).To(Equal(c.want))
		})
	}
}

func TestWhatABindingGives(t *testing.T) {
	full := []testkit.Mod{
		testkit.ToSet("shop/viewer"), testkit.ForUsers("bob", "alice"), testkit.ForLabels("team", "support"),
		testkit.Grants("orders/refund=Write", "deny", "help=None"), testkit.Denies("stock"), testkit.From(morning), testkit.Until(evening),
		testkit.Filters(testkit.Owned("contacts"), testkit.Everything("channels")),
	}
	for sentence, c := range map[string]struct {
		mods  []testkit.Mod
		force desired.Force
		want  []string
	}{
		"its set, users, grants, denials, filters and window": {full, desired.InForce, []string{
			"deny above None on help", "deny after 2026-03-01T18:00:00Z", "deny before 2026-03-01T08:00:00Z", "deny outside contacts Owned", "deny stock",
			"from 2026-03-01T08:00:00Z", "grant deny Read", "grant orders/refund Write", "selector team=support", "set shop/viewer",
			"subject alice", "subject bob", "until 2026-03-01T18:00:00Z",
		}},
		"a set of its own namespace":                        {[]testkit.Mod{testkit.ToSet("viewer")}, desired.InForce, []string{"set sales/viewer"}},
		"what its grants may lower among themselves":        {[]testkit.Mod{testkit.ToSet("viewer"), testkit.Grants("a=Write", "a/b", "c")}, desired.InForce, []string{"deny above Read on a/b", "grant a Write", "grant a/b Read", "grant c Read", "set sales/viewer"}},
		"nothing while it is not in force, denials and all": {full, desired.Withheld, nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(desired.RoleBindingAdmission(binding(c.mods...), c.force).Gives).To(Equal(c.want))
		})
	}
}

func TestWhatABackOfficeGives(t *testing.T) {
	for sentence, c := range map[string]struct {
		mods []testkit.Mod
		want []string
	}{
		"nobody's power": {nil, nil},
		"power to each subject of a delegation": {
			[]testkit.Mod{testkit.Delegates(4, testkit.Group("support-leads"), testkit.Person("eve"))},
			[]string{"rank 4 to Group support-leads", "rank 4 to User eve"},
		},
		"power as narrow as the delegation": {
			[]testkit.Mod{
				testkit.Delegates(0, testkit.ServiceAccount("argocd", "controller")), testkit.InFamilies("store-app", "back-office"),
				testkit.OfTypes(v1alpha1.AccountStaff, v1alpha1.AccountAPI), testkit.Giving("stock", "orders"),
			},
			[]string{"rank 0 to ServiceAccount argocd/controller in families back-office, store-app for types API, Staff with permissions orders, stock"},
		},
		"power over some data": {
			[]testkit.Mod{testkit.Delegates(4, testkit.Person("eve")), testkit.Narrowed(testkit.Only("entities", "pl", "de"), testkit.Owned("contacts"))},
			[]string{"rank 4 to User eve on data contacts Owned, entities Only de, pl"},
		},
		"the dimensions of its filters": {
			[]testkit.Mod{testkit.Dimensions(v1alpha1.FilterDimension{Name: "entities"}, v1alpha1.FilterDimension{Name: "contacts"})},
			[]string{"dimension contacts", "dimension entities"},
		},
		"tombstones of deleted accounts":          {[]testkit.Mod{testkit.Rules(func(p *v1alpha1.Policy) { p.IdentityReuse = v1alpha1.IdentityReuseNever })}, []string{"tombstones"}},
		"none where identities may be used again": {[]testkit.Mod{testkit.Rules(func(p *v1alpha1.Policy) { p.IdentityReuse = v1alpha1.IdentityReuseAllowed })}, nil},
		"nothing by a permission to manage without self-service": {
			[]testkit.Mod{testkit.OnOffice(func(o *v1alpha1.BackOffice) { o.Spec.Rank = &v1alpha1.RankPolicy{ManagePermission: "users"} })}, nil,
		},
		"power to users by self-service": {[]testkit.Mod{testkit.SelfService("users")}, []string{"users with users manage others"}},
		"namespaces, and how much they may hand out": {
			[]testkit.Mod{
				testkit.Admits("sales"), testkit.AdmitsUpTo(4, "support", "stock", "orders"), testkit.AdmitsUpTo(5, "guests"),
				testkit.AdmitsAs(v1alpha1.NamespaceAdmission{
					Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"team": "x"}}, AccountTypes: []v1alpha1.AccountType{v1alpha1.AccountStaff},
				}),
			},
			[]string{
				"namespace guests up to rank 5", "namespace sales", "namespace support up to rank 4 with permissions orders, stock",
				"namespaces with team=x for types Staff",
			},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(desired.OfficeAdmission(office(c.mods...)).Gives).To(Equal(c.want))
		})
	}
}

func TestTheActorIsWhoseStampFits(t *testing.T) {
	admissions := func(mods ...testkit.Mod) []store.Admission {
		return []store.Admission{
			desired.UserAdmission(user(mods...), desired.InForce, nil), desired.PermissionSetAdmission(set(mods...), desired.InForce, desired.Alone),
			desired.RoleBindingAdmission(binding(mods...), desired.InForce), desired.OfficeAdmission(office(mods...)),
		}
	}
	g := NewWithT(t)
	g.Expect(admissions(stamped("7"))).To(HaveEach(HaveField("Actor", argo)))
	g.Expect(admissions()).To(HaveEach(HaveField("Actor", "")))
	g.Expect(admissions(stamped("7"), testkit.Labels("team", "sales"))).To(HaveEach(HaveField("Actor", "")))
}

func TestWhatIsNotedIsBounded(t *testing.T) {
	long := func(last string) []string {
		o := office(testkit.Delegates(4, testkit.Person("eve")), testkit.Giving(strings.Repeat("ä", 300), last))
		return desired.OfficeAdmission(o).Gives
	}
	t.Run("a long text is cut between two characters", func(t *testing.T) {
		g := NewWithT(t)
		g.Expect(long("a")).To(HaveLen(1))
		text := long("a")[0]
		g.Expect(len(text)).To(BeNumerically("<=", 512))
		g.Expect(len(text)).To(BeNumerically(">", 500))
		g.Expect(utf8.ValidString(text)).To(BeTrue())
		g.Expect(text).To(HavePrefix("rank 4 to User eve with permissions a, ää"))
	})
	t.Run("and two that differ where they are cut read differently", func(t *testing.T) {
		NewWithT(t).Expect(long("ö")).NotTo(Equal(long("öö")))
	})
	t.Run("a control character goes", func(t *testing.T) {
		o := office(testkit.Delegates(4, testkit.Person("ev\x00e\n")))
		NewWithT(t).Expect(desired.OfficeAdmission(o).Gives).To(Equal([]string{"rank 4 to User eve"}))
	})

	crowd := func(subjects int, last string) []string {
		o := office(testkit.Delegates(4, testkit.Person(last)))
		for i := range subjects - 1 {
			testkit.Delegates(4, testkit.Person(fmt.Sprintf("%05d", i)))(o)
		}
		return desired.OfficeAdmission(o).Gives
	}
	t.Run("4,096 texts stay", func(t *testing.T) {
		NewWithT(t).Expect(crowd(4096, "zoe")).To(And(HaveLen(4096), ContainElement("rank 4 to User zoe")))
	})
	t.Run("of more, the rest is one text, which differs where they do", func(t *testing.T) {
		g := NewWithT(t)
		g.Expect(crowd(4100, "zoe")).To(And(HaveLen(4096), ContainElement(HavePrefix("and 5 more"))))
		g.Expect(crowd(4100, "zoe")).NotTo(Equal(crowd(4100, "zora")))
	})
	t.Run("texts are sorted, each once", func(t *testing.T) {
		g := NewWithT(t)
		for _, gives := range [][]string{crowd(4100, "a"), crowd(7, "00003")} {
			g.Expect(slices.IsSorted(gives)).To(BeTrue())
			g.Expect(slices.Compact(slices.Clone(gives))).To(Equal(gives))
		}
		g.Expect(crowd(7, "00003")).To(HaveLen(6))
	})
}
