// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"context"
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func builder(tb testing.TB) *fake.ClientBuilder {
	tb.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		tb.Fatal(err)
	}
	if err := corev1.AddToScheme(scheme); err != nil {
		tb.Fatal(err)
	}
	b := fake.NewClientBuilder().WithScheme(scheme)
	if err := gather.SetupIndexes(tb.Context(), fakeIndexes{b}); err != nil {
		tb.Fatal(err)
	}
	return b
}

type fakeIndexes struct{ *fake.ClientBuilder }

func (f fakeIndexes) IndexField(_ context.Context, o client.Object, field string, values client.IndexerFunc) error {
	f.WithIndex(o, field, values)
	return nil
}

// users of few names, namespaces, labels and logins, so that queries find something.
var anyUser = rapid.Custom(func(t *rapid.T) *v1alpha1.BackOfficeUser {
	return testkit.User(rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "name"), rapid.SampledFrom([]string{"x", "y"}).Draw(t, "namespace"),
		testkit.Labels("team", rapid.SampledFrom([]string{"red", "blue"}).Draw(t, "team")),
		testkit.InOffice(rapid.SampledFrom([]string{"x/shop", "y/shop"}).Draw(t, "office")))
})

// A world answers as the operator's cache does, whether it was filled, reads a cluster, or both.
func TestWorldsAnswerAsACacheDoes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		cluster := builder(t).Build()
		want := builder(t).Build()
		w := New(cluster)
		for _, u := range rapid.SliceOfNDistinct(anyUser, 0, 8, keyOfUser).Draw(rt, "in the cluster") {
			must(rt, cluster.Create(t.Context(), u.DeepCopy()))
			must(rt, want.Create(t.Context(), u.DeepCopy()))
		}
		look := func() { look(t, rt, w, want) }
		for range rapid.IntRange(0, 6).Draw(rt, "steps") {
			u := anyUser.Draw(rt, "user")
			switch rapid.SampledFrom([]string{"put", "remove", "look", "clone"}).Draw(rt, "step") {
			case "put":
				w.Put(u)
				_ = want.Delete(t.Context(), u.DeepCopy())
				must(rt, want.Create(t.Context(), u.DeepCopy()))
			case "remove":
				w.Remove(u)
				_ = want.Delete(t.Context(), u.DeepCopy())
			case "look":
				look()
			case "clone":
				other := w
				w = w.Clone()
				other.Put(testkit.User("stray", "x"))
			}
		}
		look()
	})
}

func look(t *testing.T, rt *rapid.T, w *World, want client.Reader) {
	t.Helper()
	g := NewWithT(rt)
	namespace := client.InNamespace(rapid.SampledFrom([]string{"", "x", "y"}).Draw(rt, "of"))
	for _, options := range [][]client.ListOption{
		{namespace},
		{namespace, client.MatchingLabels{"team": "red"}},
		{namespace, client.MatchingFields{gather.IndexBackOffice: "x/shop"}},
		{namespace, client.MatchingFields{gather.IndexBackOffice: "y/shop"}, client.MatchingLabels{"team": "blue"}},
	} {
		var got, expected v1alpha1.BackOfficeUserList
		g.Expect(w.List(t.Context(), &got, options...)).To(Succeed())
		g.Expect(want.List(t.Context(), &expected, options...)).To(Succeed())
		g.Expect(keys(got.Items)).To(Equal(keys(expected.Items)), "%v", options)
	}
	key := client.ObjectKeyFromObject(anyUser.Draw(rt, "one"))
	var got, expected v1alpha1.BackOfficeUser
	err, wanted := w.Get(t.Context(), key, &got), want.Get(t.Context(), key, &expected)
	g.Expect(apierrors.IsNotFound(err)).To(Equal(apierrors.IsNotFound(wanted)), "%v", err)
	g.Expect(got.Spec).To(Equal(expected.Spec))
}

func keys(users []v1alpha1.BackOfficeUser) []string {
	all := []string{}
	for _, u := range users {
		all = append(all, fmt.Sprint(u.Namespace, "/", u.Name, " ", u.Spec.BackOfficeRef, " ", u.Labels))
	}
	return all
}

func keyOfUser(u *v1alpha1.BackOfficeUser) client.ObjectKey { return client.ObjectKeyFromObject(u) }

func must(t *rapid.T, err error) {
	if err != nil {
		t.Fatal(err)
	}
}

func TestAClusterIsAskedOnceForEachNamespaceOfAKind(t *testing.T) {
	g := NewWithT(t)
	var lists, gets int
	cluster := builder(t).WithObjects(testkit.User("ann", "shop"), testkit.Set("viewer", "shop")).WithInterceptorFuncs(interceptor.Funcs{
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
			lists++
			return c.List(ctx, list, opts...)
		},
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			gets++
			return c.Get(ctx, key, o, opts...)
		},
	}).Build()
	w := New(cluster)
	for range 3 {
		g.Expect(w.Get(t.Context(), types.NamespacedName{Namespace: "shop", Name: "viewer"}, &v1alpha1.PermissionSet{})).To(Succeed())
		g.Expect(w.List(t.Context(), &v1alpha1.BackOfficeUserList{}, client.InNamespace("shop"))).To(Succeed())
		g.Expect(w.Get(t.Context(), types.NamespacedName{Namespace: "shop", Name: "ann"}, &v1alpha1.BackOfficeUser{})).To(Succeed())
		err := w.Get(t.Context(), types.NamespacedName{Namespace: "shop", Name: "bob"}, &v1alpha1.BackOfficeUser{})
		g.Expect(apierrors.IsNotFound(err)).To(BeTrue())
		err = w.Get(t.Context(), types.NamespacedName{Namespace: "shop", Name: "gone"}, &v1alpha1.PermissionSet{})
		g.Expect(apierrors.IsNotFound(err)).To(BeTrue())
	}
	g.Expect(lists).To(Equal(1))
	g.Expect(gets).To(Equal(2), "what was listed is known, and so is what is not there")
}

func TestAWorldWithoutAClusterKnowsNothingElse(t *testing.T) {
	g := NewWithT(t)
	w := New(nil)
	namespace := gather.NamespaceMetadata()
	namespace.Name, namespace.Labels = "shop", map[string]string{"team": "support"}
	w.Put(namespace)
	found := gather.NamespaceMetadata()
	g.Expect(w.Get(t.Context(), types.NamespacedName{Name: "shop"}, found)).To(Succeed())
	g.Expect(found.Labels).To(HaveKeyWithValue("team", "support"))
	err := w.Get(t.Context(), types.NamespacedName{Name: "other"}, gather.NamespaceMetadata())
	g.Expect(err).To(MatchError(`namespaces "other" not found`))
	g.Expect(w.Get(t.Context(), types.NamespacedName{Name: "x"}, &corev1.Secret{})).To(MatchError(ContainSubstring("no objects of type *v1.Secret are kept")))
	g.Expect(w.List(t.Context(), &metav1.PartialObjectMetadataList{})).To(MatchError(ContainSubstring("no lists of type")))
}
