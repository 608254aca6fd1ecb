// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package review_test

import (
	"context"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/manifests"
	"github.com/backoffice-operator/backoffice-operator/internal/review"
	"github.com/backoffice-operator/backoffice-operator/internal/snapshot"
)

const head = "apiVersion: access.backoffice-operator.io/v1alpha1\n"

// almighty reviews a world of the namespace shop.
func almighty() (*snapshot.World, *review.Reviewer) {
	world := snapshot.New(nil)
	world.Put(review.Namespace("shop"))
	return world, review.New(world, clock.RealClock{}, review.Actor{
		UserInfo: review.Identity("anybody"), Reviews: review.Escalate(true), Almighty: true,
	})
}

func parsed(t *testing.T, documents ...string) *manifests.Manifests {
	t.Helper()
	m, err := manifests.Read(manifests.Options{Paths: []string{"-"}, In: strings.NewReader(strings.Join(documents, "---\n")), Namespace: "shop"})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	NewWithT(t).Expect(m.Findings).To(BeEmpty())
	return m
}

func user(name, identity string) string {
	return head + "kind: BackOfficeUser\nmetadata: {name: " + name + ", labels: {app: access}}\nspec: {backOfficeRef: {name: shop}, kubernetesUser: " + identity + "}\n"
}

const (
	office  = head + "kind: BackOffice\nmetadata: {name: shop}\nspec: {store: {sqlite: {}}}\n"
	staff   = head + "kind: PermissionSet\nmetadata: {name: staff}\nspec: {backOfficeRef: {name: shop}, rank: 4, extends: [{name: base}]}\n"
	base    = head + "kind: PermissionSet\nmetadata: {name: base}\nspec: {backOfficeRef: {name: shop}, rank: 7}\n"
	binding = head + "kind: RoleBinding\nmetadata: {name: team, labels: {app: access}}\nspec: {backOfficeRef: {name: shop}, permissionSetRef: {name: staff}, subjects: [{name: ann}]}\n"
)

func apply(t *testing.T, r *review.Reviewer, m *manifests.Manifests) []review.Verdict {
	t.Helper()
	verdicts, err := r.Apply(t.Context(), m)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return verdicts
}

func TestTheOrderDoesNotCount(t *testing.T) {
	g := NewWithT(t)
	_, r := almighty()
	for _, v := range apply(t, r, parsed(t, binding, user("ann", "a@shop.example"), staff, base, office)) {
		g.Expect(v.Refusal).To(BeNil(), v.Key().String())
		g.Expect(v.Warnings).To(BeEmpty(), v.Key().String())
		g.Expect(v.Withheld).To(BeEmpty(), v.Key().String())
	}
	// Ann lets go of an identity, after bea has asked for it.
	apply(t, r, parsed(t, user("ann", "one@shop.example")))
	for _, v := range apply(t, r, parsed(t, user("bea", "one@shop.example"), user("ann", "two@shop.example"))) {
		g.Expect(v.Refusal).To(BeNil(), v.Key().String())
	}
	verdicts := apply(t, r, parsed(t, user("cid", "two@shop.example")))
	g.Expect(verdicts[0].Refusal.Message).To(ContainSubstring("spec.kubernetesUser"))
}

func TestPruneTakesWhatIsSelectedAndNotThereAnyMore(t *testing.T) {
	g := NewWithT(t)
	world, r := almighty()
	apply(t, r, parsed(t, office, base, staff, user("ann", "a@shop.example"), user("bea", "b@shop.example"), binding))
	verdicts, err := r.Prune(t.Context(), parsed(t, user("bea", "b@shop.example")).Objects, labels.SelectorFromSet(labels.Set{"app": "access"}))
	g.Expect(err).NotTo(HaveOccurred())
	var gone []string
	for _, v := range verdicts {
		g.Expect(v.Refusal).To(BeNil())
		g.Expect(v.Operation).To(Equal(review.Delete))
		gone = append(gone, v.GetKind()+" "+v.GetName())
	}
	g.Expect(gone).To(Equal([]string{"RoleBinding team", "BackOfficeUser ann"}))
	var users v1alpha1.BackOfficeUserList
	g.Expect(world.List(context.Background(), &users)).To(Succeed())
	g.Expect(users.Items).To(HaveLen(1))
}

func TestCeilingsHoldForWhoMayEverything(t *testing.T) {
	g := NewWithT(t)
	world, r := almighty()
	world.Put(review.Namespace("team"))
	limited := head + "kind: BackOffice\nmetadata: {name: shop}\nspec: {store: {sqlite: {}}, namespaces: [{names: [team], ceiling: {rank: 5}}]}\n"
	bound := strings.Replace(strings.Replace(binding, "name: team,", "name: team, namespace: team,", 1), "spec: {backOfficeRef: {name: shop}, permissionSetRef: {name: staff}",
		"spec: {backOfficeRef: {name: shop, namespace: shop}, permissionSetRef: {name: staff, namespace: shop}", 1)
	verdicts := apply(t, r, parsed(t, limited, base, staff, bound))
	g.Expect(verdicts[3].Refusal).NotTo(BeNil())
	g.Expect(verdicts[3].Refusal.Message).To(ContainSubstring("ceiling"))
}

func TestANamespaceThatIsNotThere(t *testing.T) {
	g := NewWithT(t)
	world := snapshot.New(nil)
	r := review.New(world, clock.RealClock{}, review.Actor{UserInfo: review.Identity("anybody"), Reviews: review.Escalate(true), Almighty: true})
	verdicts := apply(t, r, parsed(t, office))
	g.Expect(verdicts[0].Refusal.Message).To(Equal(`namespaces "shop" not found`))
	g.Expect(client.IgnoreNotFound(world.Get(t.Context(), client.ObjectKey{Namespace: "shop", Name: "shop"}, &v1alpha1.BackOffice{}))).To(Succeed())
	m := parsed(t, "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n", office)
	g.Expect(apply(t, r, m)[0].Refusal).To(BeNil())
}
