// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

const (
	manySets        = 1_000
	manyBindings    = 10_000
	manyUsers       = 100_000
	manyNamespaces  = 5
	usersThere      = manyUsers / manyNamespaces
	bindingsThere   = manyBindings / manyNamespaces
	usersByName     = 10
	selectingEvery  = 10
	bossEvery       = 100
	setsAGeneration = 300
)

func wellAndReady() []metav1.Condition {
	return []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonReady}}
}

// headquarters is the back office of the metropolis.
func headquarters() *v1alpha1.BackOffice {
	office := testkit.Office(
		"shop", "shop",
		testkit.Delegates(0, testkit.ServiceAccount("argocd", "controller")), testkit.Giving(access.Everything),
		testkit.Delegates(4, testkit.Person("lead"), testkit.Group("leads")), testkit.Giving("orders", "stock"),
		testkit.Delegates(4, testkit.Person("staff-lead")), testkit.OfTypes(v1alpha1.AccountStaff),
		testkit.SelfService("staff/manage"),
		testkit.Seats(1_000_000, 50),
		testkit.AdmitsAs(v1alpha1.NamespaceAdmission{
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"tenant": "yes"}},
			Ceiling:  &v1alpha1.Ceiling{Rank: new(int32), Permissions: []string{access.Everything}},
		}),
		testkit.IPPolicy(v1alpha1.IPPolicy{Required: true, Within: []string{"203.0.113.0/24"}}),
	)
	office.UID = "office"
	testkit.Stamp(office, "root", nil)
	return office
}

// blueprint is one of the sets of the metropolis: every hundredth has rank 0, the others ranks from 5, and each third generation inherits from
// the one before it.
func blueprint(i int, mods ...testkit.Mod) *v1alpha1.PermissionSet {
	rank := int32(5 + i%5)
	if i%bossEvery == 0 {
		rank = 0
	}
	all := []testkit.Mod{testkit.Rank(rank), testkit.Deny(numbered("area", i))}
	for p := range 20 {
		all = append(all, testkit.Permissions(fmt.Sprintf("area-%d/part-%d=Write", i, p)))
	}
	if i >= setsAGeneration {
		all = append(all, testkit.Extends(numbered("set", i-setsAGeneration)))
	}
	s := testkit.Set(numbered("set", i), "shop", append(all, mods...)...)
	s.UID, s.Status.Conditions = types.UID(s.Name), wellAndReady()
	return s
}

// metropolis is a cache of controller-runtime, as the manager has it, without an API server: a list in memory feeds its informers. In each of
// five namespaces every tenth binding selects a team, and the others name ten users.
func metropolis(b *testing.B) cache.Cache {
	b.Helper()
	lists := map[string]runtime.Object{}
	root := []access.Power{testkit.Unlimited()}

	offices := &v1alpha1.BackOfficeList{Items: []v1alpha1.BackOffice{*headquarters()}}
	lists["BackOffice"] = offices

	var sets v1alpha1.PermissionSetList
	for i := range manySets {
		s := blueprint(i)
		testkit.Stamp(s, "root", root)
		sets.Items = append(sets.Items, *s)
	}
	managers := testkit.Set("managers", "shop", testkit.Rank(3), testkit.Permissions("staff/manage=Write"))
	managers.UID, managers.Status.Conditions = "managers", wellAndReady()
	testkit.Stamp(managers, "root", root)
	sets.Items = append(sets.Items, *managers)
	lists["PermissionSet"] = &sets

	namespaces := &metav1.PartialObjectMetadataList{}
	var bindings v1alpha1.RoleBindingList
	var users v1alpha1.BackOfficeUserList
	for n := range manyNamespaces {
		namespace := numbered("team", n)
		if n == 0 {
			namespace = "shop"
		}
		m := NamespaceMetadata()
		m.Name, m.Labels = namespace, map[string]string{"tenant": "yes"}
		namespaces.Items = append(namespaces.Items, *m)
		for k := range bindingsThere {
			bindings.Items = append(bindings.Items, *district(namespace, k, sets.Items, root))
		}
		for i := range usersThere {
			users.Items = append(users.Items, *citizen(namespace, i, root))
		}
	}
	chief := testkit.User("chief", "shop", testkit.KubernetesUser("chief@shop.example"), testkit.IPs("203.0.113.7"))
	chief.UID, chief.Status.State, chief.Status.Conditions = "chief", v1alpha1.StateActive, wellAndReady()
	testkit.Stamp(chief, "root", root)
	users.Items = append(users.Items, *chief)
	management := testkit.Binding("management", "shop", testkit.ToSet("managers"), testkit.ForUsers("chief"))
	management.UID, management.Status.Conditions = "management", wellAndReady()
	testkit.Stamp(management, "root", root, managers)
	bindings.Items = append(bindings.Items, *management)
	lists["RoleBinding"], lists["BackOfficeUser"], lists["Namespace"] = &bindings, &users, namespaces
	return cacheFrom(b, lists)
}

// district is a binding of the metropolis.
func district(namespace string, k int, sets []v1alpha1.PermissionSet, root []access.Power) *v1alpha1.RoleBinding {
	binding := testkit.Binding(numbered("binding", k), namespace, testkit.InOffice("shop/shop"))
	set := &sets[(7*k+3)%manySets]
	if k%selectingEvery == 0 {
		set = &sets[7*k%manySets]
		testkit.ForLabels("team", numbered("team", k/selectingEvery))(binding)
	} else {
		var names []string
		for i := range usersByName {
			names = append(names, numbered("user", k*usersByName+i))
		}
		testkit.ForUsers(names...)(binding)
	}
	testkit.ToSet("shop/" + set.Name)(binding)
	binding.UID, binding.Status.Conditions = types.UID(namespace+"/"+binding.Name), wellAndReady()
	testkit.Stamp(binding, "root", root, set)
	return binding
}

// citizen is a user of the metropolis. Those of the first wave have no binding to a set of rank 0.
func citizen(namespace string, i int, root []access.Power) *v1alpha1.BackOfficeUser {
	const teams = bindingsThere / selectingEvery
	team := i % teams
	labels := []string{"team", numbered("team", team), "app.kubernetes.io/managed-by", "Helm"}
	weak := team*selectingEvery*7%bossEvery != 0 && (7*(i/usersByName)+3)%bossEvery != 0
	if weak && i < usersThere*2/3 {
		labels = append(labels, "wave", "first")
	}
	if i < usersThere/2 {
		labels = append(labels, "mixed", "yes")
	}
	u := testkit.User(numbered("user", i), namespace, testkit.InOffice("shop/shop"), testkit.Labels(labels...), testkit.IPs("203.0.113.7"))
	u.UID, u.Status.State, u.Status.Conditions = types.UID(namespace+"/"+u.Name), v1alpha1.StateActive, wellAndReady()
	testkit.Stamp(u, "root", root)
	return u
}

// cacheFrom is a started cache of these lists, by kind.
func cacheFrom(b *testing.B, lists map[string]runtime.Object) cache.Cache {
	b.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{v1alpha1.AddToScheme, clientgoscheme.AddToScheme} {
		if err := add(scheme); err != nil {
			b.Fatal(err)
		}
	}
	mapper := meta.NewDefaultRESTMapper(nil)
	for _, kind := range []string{"BackOffice", "BackOfficeUser", "PermissionSet", "RoleBinding"} {
		mapper.Add(v1alpha1.GroupVersion.WithKind(kind), meta.RESTScopeNamespace)
	}
	mapper.Add(schema.GroupVersionKind{Version: "v1", Kind: "Namespace"}, meta.RESTScopeRoot)
	c, err := cache.New(&rest.Config{}, cache.Options{
		Scheme: scheme, Mapper: mapper, ReaderFailOnMissingInformer: true,
		NewInformer: func(_ toolscache.ListerWatcher, o runtime.Object, resync time.Duration, by toolscache.Indexers) toolscache.SharedIndexInformer {
			return toolscache.NewSharedIndexInformer(memory{lists[kindOf(b, scheme, o)]}, o, resync, by)
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := SetupIndexes(b.Context(), c); err != nil {
		b.Fatal(err)
	}
	for _, o := range []client.Object{&v1alpha1.BackOffice{}, NamespaceMetadata()} {
		if _, err := c.GetInformer(b.Context(), o, cache.BlockUntilSynced(false)); err != nil {
			b.Fatal(err)
		}
	}
	go func() {
		if err := c.Start(b.Context()); err != nil {
			b.Error(err)
		}
	}()
	if !c.WaitForCacheSync(b.Context()) {
		b.Fatal("the cache does not fill")
	}
	return c
}

func kindOf(b *testing.B, scheme *runtime.Scheme, o runtime.Object) string {
	b.Helper()
	if m, ok := o.(*metav1.PartialObjectMetadata); ok {
		return m.Kind
	}
	kinds, _, err := scheme.ObjectKinds(o)
	if err != nil {
		b.Fatal(err)
	}
	return kinds[0].Kind
}

// memory lists what it holds, and never changes.
type memory struct{ list runtime.Object }

func (m memory) List(metav1.ListOptions) (runtime.Object, error) { return m.list, nil }

func (m memory) Watch(metav1.ListOptions) (watch.Interface, error) { return watch.NewFake(), nil }

func (m memory) ListWithContext(context.Context, metav1.ListOptions) (runtime.Object, error) {
	return m.list, nil
}

func (m memory) WatchWithContext(context.Context, metav1.ListOptions) (watch.Interface, error) {
	return watch.NewFake(), nil
}

// IsWatchListSemanticsUnSupported has the reflector list.
func (m memory) IsWatchListSemanticsUnSupported() bool { return true }
