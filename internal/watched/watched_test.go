// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package watched

import (
	"context"
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache/informertest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllertest"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
)

func userAt(namespace, name, version string) *v1alpha1.BackOfficeUser {
	return &v1alpha1.BackOfficeUser{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, ResourceVersion: version}}
}

// heard are the versions that a handler was told of, and what became of the objects.
type heard []string

func (h *heard) handler() toolscache.ResourceEventHandler {
	note := func(verb string) func(any) {
		return func(o any) { *h = append(*h, verb+" "+o.(client.Object).GetResourceVersion()) }
	}
	return toolscache.ResourceEventHandlerFuncs{
		AddFunc: note("added"), DeleteFunc: note("deleted"), UpdateFunc: func(_, o any) { note("updated")(o) },
	}
}

func TestAViewShowsTheEventsOfItsNamespaceAlone(t *testing.T) {
	g := NewWithT(t)
	informers := &informertest.FakeInformers{Scheme: scheme(g)}
	fakeInformer, err := informers.FakeInformerFor(t.Context(), &v1alpha1.BackOfficeUser{})
	g.Expect(err).NotTo(HaveOccurred())
	all := newViews(withInformers{informers})
	listen := func(namespace string) *heard {
		h := &heard{}
		informer, err := all.of(namespace).GetInformer(t.Context(), &v1alpha1.BackOfficeUser{})
		g.Expect(err).NotTo(HaveOccurred())
		_, err = informer.AddEventHandler(h.handler())
		g.Expect(err).NotTo(HaveOccurred())
		return h
	}
	shop := listen("shop")
	fakeInformer.Add(userAt("shop", "ann", "3"))
	fakeInformer.Add(userAt("team", "bob", "9"))
	fakeInformer.Add(userAt("team", "eve", "7"))
	fakeInformer.Update(userAt("shop", "ann", "3"), userAt("shop", "ann", "4"))
	fakeInformer.Delete(userAt("shop", "ann", "5"))
	g.Expect(*shop).To(Equal(heard{"added 3", "updated 4", "deleted 5"}), "version 9 of team says nothing of shop")
	team := listen("team")
	g.Expect(*team).To(Equal(heard{"added 9"}), "who comes later is told how far its namespace is")
	g.Expect(*listen("empty")).To(BeEmpty())
}

// withInformers is a cache of which only the informers count.
type withInformers struct{ *informertest.FakeInformers }

func (w withInformers) GetInformer(ctx context.Context, o client.Object, _ ...cache.InformerGetOption) (cache.Informer, error) {
	return w.FakeInformers.GetInformer(ctx, o)
}

var _ toolscache.SharedIndexInformer = &controllertest.FakeInformer{}

func scheme(g *WithT) *runtime.Scheme {
	s := runtime.NewScheme()
	g.Expect(v1alpha1.AddToScheme(s)).To(Succeed())
	return s
}

func TestEachNamespaceHasAClientOfItsOwn(t *testing.T) {
	g := NewWithT(t)
	of := func(users ...client.Object) client.Client {
		return fake.NewClientBuilder().WithScheme(scheme(g)).WithObjects(users...).WithStatusSubresource(&v1alpha1.BackOfficeUser{}).Build()
	}
	// Each has an object in a namespace that is not its own, which nobody may see.
	shop, team := of(userAt("shop", "ann", ""), userAt("team", "never", "")), of(userAt("team", "bob", ""), userAt("shop", "never", ""))
	c := &byNamespace{Client: of(userAt("elsewhere", "eve", "")), of: map[string]client.Client{"shop": shop, "team": team}}
	names := func(opts ...client.ListOption) (names []string) {
		var list v1alpha1.BackOfficeUserList
		g.Expect(c.List(t.Context(), &list, opts...)).To(Succeed())
		for _, u := range list.Items {
			names = append(names, u.Name)
		}
		return names
	}
	g.Expect(names()).To(ConsistOf("ann", "bob"))
	g.Expect(names(client.InNamespace("team"))).To(ConsistOf("bob"))
	g.Expect(names(client.InNamespace("elsewhere"))).To(BeEmpty())

	ann := &v1alpha1.BackOfficeUser{}
	g.Expect(c.Get(t.Context(), client.ObjectKey{Namespace: "shop", Name: "ann"}, ann)).To(Succeed())
	err := c.Get(t.Context(), client.ObjectKey{Namespace: "elsewhere", Name: "eve"}, &v1alpha1.BackOfficeUser{})
	g.Expect(apierrors.IsNotFound(err)).To(BeTrue())
	g.Expect(gather.IsUnwatched(err)).To(BeTrue())
	err = c.Get(t.Context(), client.ObjectKey{Namespace: "shop", Name: "nobody"}, &v1alpha1.BackOfficeUser{})
	g.Expect(apierrors.IsNotFound(err)).To(BeTrue())
	g.Expect(gather.IsUnwatched(err)).To(BeFalse())

	before := ann.DeepCopy()
	ann.Labels = map[string]string{"a": "b"}
	g.Expect(c.Patch(t.Context(), ann, client.MergeFrom(before))).To(Succeed())
	ann.Status.Login = "ann"
	g.Expect(c.Status().Update(t.Context(), ann)).To(Succeed())
	g.Expect(c.Create(t.Context(), userAt("team", "tim", ""))).To(Succeed())
	g.Expect(c.Delete(t.Context(), userAt("team", "bob", ""))).To(Succeed())
	g.Expect(shop.Get(t.Context(), client.ObjectKeyFromObject(ann), ann)).To(Succeed())
	g.Expect(ann.Labels).To(HaveKeyWithValue("a", "b"))
	g.Expect(ann.Status.Login).To(Equal("ann"))
	g.Expect(names(client.InNamespace("team"))).To(ConsistOf("tim"))
}
