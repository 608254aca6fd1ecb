// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestKubernetesUserFree(t *testing.T) {
	ann := testkit.User("ann", "shop", testkit.KubernetesUser("ann@shop"))
	ruleCases[UserInput]{
		"free": {UserInput{New: ann}, nil},
		"taken": {UserInput{New: ann, SameKubernetesUser: []types.NamespacedName{{Namespace: "team", Name: "a"}, {Namespace: "team", Name: "b"}}}, []string{
			"Refuse KubernetesUserTaken spec.kubernetesUser: Duplicate value: BackOfficeUser team/a names the same Kubernetes user: an identity is one user of a back office, so change or remove one of them",
		}},
	}.run(t, KubernetesUserFree)
}

func TestKubernetesUserFreeAfterAChange(t *testing.T) {
	taken := []types.NamespacedName{{Namespace: "team", Name: "a"}}
	is := func(name string) UserInput {
		return UserInput{Old: testkit.User("ann", "shop", testkit.KubernetesUser(name)), New: testkit.User("ann", "shop", testkit.KubernetesUser("a@shop")), SameKubernetesUser: taken}
	}
	rule := changed(KubernetesUserFree)
	g := NewWithT(t)
	g.Expect(findings(rule(is("a@shop")))).To(Equal([]string{"Warn KubernetesUserTaken spec.kubernetesUser"}), "it was taken before")
	g.Expect(findings(rule(is("")))).To(Equal([]string{"Refuse KubernetesUserTaken spec.kubernetesUser"}), "nobody takes an identity that another user has")
	g.Expect(findings(rule(is("b@shop")))).To(Equal([]string{"Refuse KubernetesUserTaken spec.kubernetesUser"}), "nor in place of another one")
}
