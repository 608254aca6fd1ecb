// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"
	"testing"

	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func by(user string, groups ...string) admission.Request {
	return admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
		Namespace: "shop", Name: "shop", UserInfo: authenticationv1.UserInfo{Username: user, Groups: groups},
	}}
}

func TestActorMatchesDelegations(t *testing.T) {
	office := testkit.Office(
		"shop", "shop",
		testkit.Delegates(0, testkit.ServiceAccount("argocd", "controller")),
		testkit.Delegates(4, testkit.Group("leads"), testkit.Person("lea")), testkit.InFamilies("x"),
		testkit.Delegates(7, testkit.Person("lea")),
		testkit.Delegates(9, testkit.Person("leads"), testkit.Group("lea")),
	)
	four, seven := policy.MatchedDelegation{Index: 1, Rank: 4, Families: []string{"x"}}, policy.MatchedDelegation{Index: 2, Rank: 7}
	for sentence, c := range map[string]struct {
		req  admission.Request
		want []policy.MatchedDelegation
	}{
		"nobody":                              {by("bob", "staff"), nil},
		"a user by name, in every delegation": {by("lea"), []policy.MatchedDelegation{four, seven}},
		"a user by group":                     {by("bob", "staff", "leads"), []policy.MatchedDelegation{four}},
		"a user and a group of the same name": {by("leads"), []policy.MatchedDelegation{{Index: 3, Rank: 9}}},
		"a service account":                   {by("system:serviceaccount:argocd:controller"), []policy.MatchedDelegation{{Index: 0, Rank: 0}}},
		"one of another namespace":            {by("system:serviceaccount:default:controller"), nil},
		"case counts":                         {by("LEA"), nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(actor(c.req.UserInfo, office).Delegations).To(Equal(c.want))
		})
	}
	NewWithT(t).Expect(actor(by("lea").UserInfo, nil).Delegations).To(BeEmpty(), "without a back office")
	NewWithT(t).Expect(actor(by("lea").UserInfo, testkit.Office("shop", "shop")).Delegations).To(BeEmpty(), "without delegations")
}

func TestNamespaceGoing(t *testing.T) {
	namespace := func(mods ...testkit.Mod) client.Object {
		ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop"}}
		for _, mod := range mods {
			mod(ns)
		}
		return ns
	}
	for sentence, c := range map[string]struct {
		live client.Reader
		user string
		want bool
	}{
		"its controller, while it goes":       {world(t, namespace(going)), namespaceController, true},
		"its controller, while it stays":      {world(t, namespace()), namespaceController, false},
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

// reviews answers with what it is, and keeps the question.
type reviews struct {
	allowed bool
	err     error
	asked   *authorizationv1.SubjectAccessReviewSpec
}

func (r *reviews) Create(_ context.Context, o client.Object, _ ...client.CreateOption) error {
	review := o.(*authorizationv1.SubjectAccessReview)
	review.Status.Allowed = r.allowed
	r.asked = &review.Spec
	return r.err
}

func TestEscalation(t *testing.T) {
	g := NewWithT(t)
	office := testkit.Office("shop", "shop")
	yes, no, failing := &reviews{allowed: true}, &reviews{}, &reviews{allowed: true, err: errBroken}

	in, err := Admission{Reviews: yes}.BackOffice(t.Context(), by("lea", "leads"), nil, office)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.Escalation).To(Equal(policy.EscalationPermitted))
	g.Expect(yes.asked).To(HaveValue(Equal(authorizationv1.SubjectAccessReviewSpec{
		User: "lea", Groups: []string{"leads"}, Extra: map[string]authorizationv1.ExtraValue{},
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Group: "access.backoffice-operator.io", Version: "v1alpha1", Resource: "backoffices", Verb: "escalate", Namespace: "shop", Name: "shop",
		},
	})))

	in, err = Admission{Reviews: no}.BackOffice(t.Context(), by("lea"), office, nil)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(in.Escalation).To(Equal(policy.EscalationRefused))

	_, err = Admission{Reviews: failing}.BackOffice(t.Context(), by("lea"), office, office)
	g.Expect(err).To(MatchError(errBroken))
}
