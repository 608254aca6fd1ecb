// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"context"
	"errors"
	"testing"

	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// broken cannot read, and cannot review.
type broken struct{ client.Client }

var errBroken = errors.New("broken")

func (broken) Get(context.Context, client.ObjectKey, client.Object, ...client.GetOption) error {
	return errBroken
}

func (broken) List(context.Context, client.ObjectList, ...client.ListOption) error { return errBroken }

func (broken) Create(context.Context, client.Object, ...client.CreateOption) error { return errBroken }

var nothing = gather.Admission{Gatherer: gather.Gatherer{Reader: broken{}}, Live: broken{}, Reviews: broken{}}

func requestBy(ctx context.Context, user string) context.Context {
	return admission.NewContextWithRequest(ctx, admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
		Namespace: "shop", Name: "x", UserInfo: authenticationv1.UserInfo{Username: user},
	}})
}

func TestWhatCannotBeJudgedIsRefused(t *testing.T) {
	ctx := requestBy(t.Context(), "lea")
	user, set := testkit.User("x", "shop"), testkit.Set("x", "shop")
	binding, office := testkit.Binding("x", "shop"), testkit.Office("x", "shop")
	for sentence, ask := range map[string]func() (admission.Warnings, error){
		"a user is created":    func() (admission.Warnings, error) { return backOfficeUsers(nothing).ValidateCreate(ctx, user) },
		"a user is deleted":    func() (admission.Warnings, error) { return backOfficeUsers(nothing).ValidateDelete(ctx, user) },
		"a set is created":     func() (admission.Warnings, error) { return permissionSets(nothing).ValidateCreate(ctx, set) },
		"a set is deleted":     func() (admission.Warnings, error) { return permissionSets(nothing).ValidateDelete(ctx, set) },
		"a binding is created": func() (admission.Warnings, error) { return roleBindings(nothing).ValidateCreate(ctx, binding) },
		"a binding is deleted": func() (admission.Warnings, error) { return roleBindings(nothing).ValidateDelete(ctx, binding) },
		"an office is created": func() (admission.Warnings, error) { return backOffices(nothing).ValidateCreate(ctx, office) },
		"an office is deleted": func() (admission.Warnings, error) { return backOffices(nothing).ValidateDelete(ctx, office) },
		"a user is changed": func() (admission.Warnings, error) {
			return backOfficeUsers(nothing).ValidateUpdate(ctx, user, testkit.User("x", "shop", testkit.IPs("*")))
		},
		"the namespace cannot be read": func() (admission.Warnings, error) {
			return backOfficeUsers(nothing).ValidateDelete(requestBy(t.Context(), "system:serviceaccount:kube-system:namespace-controller"), user)
		},
		"there is no request": func() (admission.Warnings, error) { return backOfficeUsers(nothing).ValidateCreate(t.Context(), user) },
	} {
		t.Run(sentence, func(t *testing.T) {
			_, err := ask()
			NewWithT(t).Expect(err).To(Satisfy(apierrors.IsServiceUnavailable))
		})
	}
}

func TestJudged(t *testing.T) {
	ann := func(mods ...testkit.Mod) *v1alpha1.BackOfficeUser { return testkit.User("ann", "shop", mods...) }
	with := func(finalizers ...string) testkit.Mod { return func(o client.Object) { o.SetFinalizers(finalizers) } }
	going := func(o client.Object) { o.SetDeletionTimestamp(new(metav1.Now())) }
	owned := func(o client.Object) { o.SetOwnerReferences([]metav1.OwnerReference{{Name: "x"}}) }
	status := testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Status.Login = "ann" })
	for sentence, c := range map[string]struct {
		old, obj *v1alpha1.BackOfficeUser
		want     bool
	}{
		"nothing changes":                      {ann(), ann(), false},
		"status":                               {ann(), ann(status), false},
		"spec":                                 {ann(), ann(testkit.IPs("*")), true},
		"labels":                               {ann(), ann(testkit.Labels("a", "b")), true},
		"annotations":                          {ann(), ann(testkit.Annotations("a", "b")), true},
		"an empty map is none":                 {ann(), ann(testkit.Labels()), false},
		"owners":                               {ann(), ann(owned), true},
		"our finalizer comes":                  {ann(), ann(with(v1alpha1.Finalizer)), false},
		"our finalizer goes":                   {ann(with(v1alpha1.Finalizer)), ann(), true},
		"another finalizer goes":               {ann(with("x/y")), ann(), false},
		"our finalizer goes in the end":        {ann(going, with(v1alpha1.Finalizer)), ann(going), false},
		"spec changes while it is deleted":     {ann(going), ann(going, testkit.IPs("*")), true},
		"labels change while it is deleted":    {ann(going), ann(going, testkit.Labels("a", "b")), true},
		"a hold is lifted while it is deleted": {ann(going, testkit.Annotations(v1alpha1.AnnotationHold, "x")), ann(going), true},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(backOfficeUsers(nothing).judged(c.old, c.obj)).To(Equal(c.want))
		})
	}
}
