// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var shop = types.NamespacedName{Namespace: "shop", Name: "shop"}

func TestLoginKeyFoldsASCIIAlone(t *testing.T) {
	g := NewWithT(t)
	g.Expect(LoginKey(shop, "Ann@Shop.EXAMPLE")).To(Equal(LoginKey(shop, "ann@shop.example")))
	g.Expect(LoginKey(shop, "ÄNN")).NotTo(Equal(LoginKey(shop, "änn")))
	g.Expect(LoginKey(shop, "ann")).NotTo(Equal(LoginKey(types.NamespacedName{Namespace: "shop", Name: "shop2"}, "ann")))
	g.Expect(SetKey(shop, "Viewer")).NotTo(Equal(SetKey(shop, "viewer")))
}

func TestIndexesFindObjects(t *testing.T) {
	waiting := testkit.User("waiting", "team", testkit.InOffice("shop/shop"), testkit.AccountType(v1alpha1.AccountAdministrator))
	meta.SetStatusCondition(&waiting.Status.Conditions, metav1.Condition{Type: "Ready", Status: metav1.ConditionFalse, Reason: "QuotaExceeded"})
	ready := testkit.User("ready", "shop", testkit.Login("ANN"), testkit.Email("Ann@Shop.example"))
	meta.SetStatusCondition(&ready.Status.Conditions, metav1.Condition{Type: "Ready", Status: metav1.ConditionTrue, Reason: "Ready"})
	reader := world(
		t, waiting, ready,
		testkit.User("idle", "shop", testkit.State(v1alpha1.StateDeactivated)),
		testkit.User("elsewhere", "shop", testkit.InOffice("desk")),
		testkit.Set("viewer", "team", testkit.InOffice("shop/shop"), testkit.Extends("shop/base", "own")),
		testkit.Binding("named", "team", testkit.InOffice("shop/shop"), testkit.ToSet("shop/base"), testkit.ForUsers("a", "b")),
		testkit.Binding("selecting", "team", testkit.InOffice("shop/shop"), testkit.ToSet("own"), testkit.ForLabels("x", "y")),
	)
	for sentence, c := range map[string]struct {
		list  client.ObjectList
		field string
		value string
		want  []string
	}{
		"users of a back office, whatever their namespace": {&v1alpha1.BackOfficeUserList{}, IndexBackOffice, "shop/shop", []string{"idle", "ready", "waiting"}},
		"users by folded login":                            {&v1alpha1.BackOfficeUserList{}, IndexLogin, LoginKey(shop, "ann"), []string{"ready"}},
		"users by the name that is their login":            {&v1alpha1.BackOfficeUserList{}, IndexLogin, LoginKey(shop, "Waiting"), []string{"waiting"}},
		"users by folded e-mail address":                   {&v1alpha1.BackOfficeUserList{}, IndexEmail, EmailKey(shop, "ann@shop.EXAMPLE"), []string{"ready"}},
		"not those that have none":                         {&v1alpha1.BackOfficeUserList{}, IndexEmail, EmailKey(shop, ""), nil},
		"users that are not ready":                         {&v1alpha1.BackOfficeUserList{}, IndexReadyReason, ReasonKey(shop, "QuotaExceeded"), []string{"waiting"}},
		"not those that are":                               {&v1alpha1.BackOfficeUserList{}, IndexReadyReason, ReasonKey(shop, "Ready"), nil},
		"users that take a seat":                           {&v1alpha1.BackOfficeUserList{}, IndexSeat, SeatKey(shop, QuotaUsers), []string{"ready", "waiting"}},
		"and an administrator's":                           {&v1alpha1.BackOfficeUserList{}, IndexSeat, SeatKey(shop, QuotaAdministrators), []string{"waiting"}},
		"sets of a back office":                            {&v1alpha1.PermissionSetList{}, IndexBackOffice, "shop/shop", []string{"viewer"}},
		"sets by key":                                      {&v1alpha1.PermissionSetList{}, IndexSetKey, SetKey(shop, "viewer"), []string{"viewer"}},
		"sets by an extended one of another namespace":     {&v1alpha1.PermissionSetList{}, IndexExtends, "shop/base", []string{"viewer"}},
		"sets by an extended one of their own":             {&v1alpha1.PermissionSetList{}, IndexExtends, "team/own", []string{"viewer"}},
		"bindings of a back office":                        {&v1alpha1.RoleBindingList{}, IndexBackOffice, "shop/shop", []string{"named", "selecting"}},
		"bindings by set":                                  {&v1alpha1.RoleBindingList{}, IndexPermissionSet, "shop/base", []string{"named"}},
		"bindings by user":                                 {&v1alpha1.RoleBindingList{}, IndexSubject, "b", []string{"named"}},
		"bindings by a label that they demand":             {&v1alpha1.RoleBindingList{}, IndexSelecting, LabelKey("x", "y"), []string{"selecting"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(reader.List(t.Context(), c.list, client.MatchingFields{c.field: c.value})).To(Succeed())
			var found []string
			g.Expect(meta.EachListItem(c.list, func(o runtime.Object) error {
				found = append(found, o.(client.Object).GetName())
				return nil
			})).To(Succeed())
			g.Expect(found).To(ConsistOf(c.want))
		})
	}
}
