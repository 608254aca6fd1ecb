// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"testing"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func namespace(name string, mods ...testkit.Mod) client.Object {
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	for _, mod := range mods {
		mod(ns)
	}
	return ns
}

func TestNamespaceGoing(t *testing.T) {
	for sentence, c := range map[string]struct {
		live client.Reader
		user string
		want bool
	}{
		"its controller, while it goes":       {world(t, namespace("shop", going)), namespaceController, true},
		"its controller, while it stays":      {world(t, namespace("shop")), namespaceController, false},
		"its controller, where there is none": {world(t), namespaceController, false},
		"anybody else is not even looked up":  {broken{}, "lea", false},
		"nor another controller":              {broken{}, "system:serviceaccount:kube-system:generic-garbage-collector", false},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			got, err := Admission{Live: c.live}.NamespaceGoing(t.Context(), by(c.user))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(got).To(Equal(c.want))
		})
	}
	_, err := Admission{Live: broken{}}.NamespaceGoing(t.Context(), by(namespaceController))
	NewWithT(t).Expect(err).To(MatchError(errBroken))
}

func TestIsGarbageCollector(t *testing.T) {
	g := NewWithT(t)
	g.Expect(IsGarbageCollector(by("system:serviceaccount:kube-system:generic-garbage-collector").UserInfo)).To(BeTrue())
	g.Expect(IsGarbageCollector(by("system:serviceaccount:shop:generic-garbage-collector").UserInfo)).To(BeFalse())
	g.Expect(IsGarbageCollector(by(namespaceController).UserInfo)).To(BeFalse())
}

func TestTermsAskForTheLabelsOfNamespaces(t *testing.T) {
	selecting := testkit.Office("shop", "shop", testkit.AdmitsAs(v1alpha1.NamespaceAdmission{
		Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"team": "support"}},
		Ceiling:  &v1alpha1.Ceiling{Rank: new(int32)},
	}))
	named := testkit.Office("shop", "shop", testkit.Admits("team"))
	team := func(labels ...string) client.Reader { return world(t, namespace("team", testkit.Labels(labels...))) }
	for sentence, c := range map[string]struct {
		reader    client.Reader
		office    *v1alpha1.BackOffice
		namespace string
		admitted  bool
		sources   []string
	}{
		"by its labels":                         {team("team", "support"), selecting, "team", true, []string{"spec.namespaces[0]"}},
		"by other labels":                       {team("team", "sales"), selecting, "team", false, nil},
		"by the labels of another namespace":    {team("team", "support"), selecting, "other", false, nil},
		"a namespace that is not there":         {world(t), selecting, "team", false, nil},
		"by name, without a look at the labels": {broken{}, named, "team", true, []string{"spec.namespaces[0]"}},
		"the back office's own, without a look": {broken{}, selecting, "shop", true, nil},
		"without a back office":                 {broken{}, nil, "team", false, nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			terms, err := Gatherer{Reader: c.reader}.terms(t.Context(), c.office, c.namespace)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(terms.Admitted).To(Equal(c.admitted))
			g.Expect(terms.Sources).To(Equal(c.sources))
		})
	}
	terms, err := Gatherer{Reader: broken{}}.terms(t.Context(), selecting, "team")
	g := NewWithT(t)
	g.Expect(err).To(MatchError(errBroken))
	g.Expect(terms).To(Equal(policy.Terms{}), "what cannot be read admits nothing")
}
