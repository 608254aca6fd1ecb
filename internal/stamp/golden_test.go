// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// golden is an object, named after the file in testdata that has the text of which its hash is made.
type golden struct {
	object client.Object
	hash   string
}

// goldens pin scheme 1: no release may change any of these hashes, for then the objects of all users would no longer fit their stamps.
//
// A new field of the API makes TestGoldensHaveEveryField fail. Add another object that has it; the objects that are here stay as they are, for
// what has no such field has to hash to what it hashed to.
var goldens = map[string]golden{
	"backoffice-minimal":     {minimal(&v1alpha1.BackOffice{}), "1:7QfIAGR_8HmTd8jzLNIgxw"},
	"backoffice-sqlite":      {full(&v1alpha1.BackOffice{Spec: sqliteOffice()}), "1:JfKqqdhYFf9CFoW0pTEBvQ"},
	"backoffice-postgres":    {full(&v1alpha1.BackOffice{Spec: postgresOffice()}), "1:_uAktCAGzwR6Klz4NQWhSA"},
	"backoffice-suspended":   {suspended(full(&v1alpha1.BackOffice{Spec: suspendedOffice()})), "1:PzhFuU94OcxfS8EwNsEalg"},
	"backofficeuser-minimal": {minimal(&v1alpha1.BackOfficeUser{}), "1:0J80lSTiIWEq4LmbHmvpSw"},
	"backofficeuser-full":    {full(&v1alpha1.BackOfficeUser{Spec: fullUser()}), "1:e5xwLL0jf5MT0c8UGc8NzA"},
	"permissionset-minimal":  {minimal(&v1alpha1.PermissionSet{}), "1:kqlLI96vvuSB1sXjDjRMnw"},
	"permissionset-full":     {full(&v1alpha1.PermissionSet{Spec: fullSet()}), "1:Seb6YHP8I3GlzGV37lqNLQ"},
	"rolebinding-minimal":    {minimal(&v1alpha1.RoleBinding{}), "1:SUarWAWpfiXdvzC0uPlMfw"},
	"backoffice-data":        {full(&v1alpha1.BackOffice{Spec: dataOffice()}), "1:SEzZ7jJFmA3sNYfO65EoVw"},
	"backofficeuser-data":    {full(&v1alpha1.BackOfficeUser{Spec: dataUser()}), "1:qg_bHqJvPy0MRUa5yPURBQ"},
	"permissionset-data":     {full(&v1alpha1.PermissionSet{Spec: dataSet()}), "1:_NFaPmM2ZszFXWW-izsmaQ"},
	"rolebinding-data":       {full(&v1alpha1.RoleBinding{Spec: dataBinding()}), "1:zd9YM0CQRAyfrQUQyJxQdQ"},
	"backoffice-secrets":     {full(&v1alpha1.BackOffice{Spec: credentialsOffice()}), "1:Rdy8cIVnCARvWge3rxmuPQ"},
	"backofficeuser-secrets": {full(&v1alpha1.BackOfficeUser{Spec: credentialsUser()}), "1:UDfGZ9tJJBVoH54wJKzlMg"},
	"rolebinding-full":       {full(&v1alpha1.RoleBinding{Spec: fullBinding()}), "1:Fjr87AgsJFHO4XDfrY5-kw"},
}

func minimal(o client.Object) client.Object {
	o.SetNamespace("shop")
	return o
}

func full(o client.Object) client.Object {
	o.SetNamespace("shop")
	o.SetLabels(map[string]string{"team": "support", "app.kubernetes.io/instance": "shop"})
	o.SetOwnerReferences([]metav1.OwnerReference{{
		APIVersion: "apps/v1", Kind: "Deployment", Name: "shop", UID: "2d1f1f6c", Controller: new(true), BlockOwnerDeletion: new(true),
	}})
	o.SetAnnotations(map[string]string{
		v1alpha1.AnnotationHold:               "on leave",
		v1alpha1.AnnotationBreakGlass:         "fire",
		v1alpha1.AnnotationOrphan:             "moved",
		v1alpha1.AnnotationConfirmWithdrawal:  "7",
		v1alpha1.AnnotationPrefix + "unknown": "x",
	})
	return o
}

func sqliteOffice() v1alpha1.BackOfficeSpec {
	return v1alpha1.BackOfficeSpec{
		Store: v1alpha1.Store{SQLite: &v1alpha1.SQLiteStore{}},
		Namespaces: []v1alpha1.NamespaceAdmission{{
			Names:        []string{"team-a", "team-b"},
			Ceiling:      &v1alpha1.Ceiling{Rank: new(int32(4)), Permissions: []string{"orders", "stock"}},
			AccountTypes: []v1alpha1.AccountType{v1alpha1.AccountStaff},
		}, {
			Selector: &metav1.LabelSelector{
				MatchLabels:      map[string]string{"team": "support"},
				MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "site", Operator: metav1.LabelSelectorOpIn, Values: []string{"north"}}},
			},
		}},
		Quotas:            &v1alpha1.Quotas{Users: new(int32(50)), Administrators: new(int32(3))},
		PermissionCatalog: []string{"orders/edit", "ROLE_ORDER_READ"},
		Policy: &v1alpha1.Policy{
			IP: &v1alpha1.IPPolicy{
				Required: true, AllowAny: true, Within: []string{"203.0.113.0/24"},
				MinPrefixIPv4: new(int32(24)), MinPrefixIPv6: new(int32(48)), MaxEntries: new(int32(16)),
			},
			WithdrawalLimit: &v1alpha1.WithdrawalLimit{Percent: new(int32(20)), Count: new(int32(5))},
		},
		Rank: &v1alpha1.RankPolicy{
			ManagePermission: "users", SelfService: v1alpha1.SelfServiceEnabled,
			Delegations: []v1alpha1.Delegation{{
				Subjects: []v1alpha1.DelegationSubject{
					{Kind: v1alpha1.SubjectServiceAccount, Namespace: "argocd", Name: "controller"},
					{Kind: v1alpha1.SubjectGroup, Name: "leads"},
				},
				Rank: new(int32(4)), Families: []string{"back-office"},
				AccountTypes: []v1alpha1.AccountType{v1alpha1.AccountStaff, v1alpha1.AccountAPI}, Permissions: []string{"orders"},
			}},
		},
	}
}

func postgresOffice() v1alpha1.BackOfficeSpec {
	return v1alpha1.BackOfficeSpec{Store: v1alpha1.Store{Postgres: &v1alpha1.PostgresStore{
		Owner: "shop-prod", Schema: "backoffice_access", URLSecretRef: v1alpha1.SecretKeyReference{Name: "shop-db", Key: "url"},
	}}}
}

func suspendedOffice() v1alpha1.BackOfficeSpec {
	spec := postgresOffice()
	spec.Suspend, spec.Store.Postgres.ReaderRoles = true, []string{"shop_app", "Reports 2"}
	return spec
}

func suspended(o client.Object) client.Object {
	o.GetAnnotations()[v1alpha1.AnnotationSuspend] = "break-in"
	return o
}

func fullUser() v1alpha1.BackOfficeUserSpec {
	return v1alpha1.BackOfficeUserSpec{
		BackOfficeRef:  v1alpha1.BackOfficeReference{Name: "shop", Namespace: "hq"},
		Login:          "alice.martin",
		AccountType:    v1alpha1.AccountAdministrator,
		State:          v1alpha1.StateBlocked,
		Profile:        &v1alpha1.Profile{FullName: "Alice Martin"},
		Description:    "of the night shift: <a> & \u2028",
		AllowedIPs:     []string{"203.0.113.7", "203.0.113.0/28"},
		KubernetesUser: "alice@shop.example",
		Credentials:    &v1alpha1.UserCredentials{SecretName: "alice"},
		DeletionPolicy: v1alpha1.DeletionDelete,
	}
}

func fullSet() v1alpha1.PermissionSetSpec {
	return v1alpha1.PermissionSetSpec{
		BackOfficeRef: v1alpha1.BackOfficeReference{Name: "shop", Namespace: "hq"},
		Key:           "customer_service", DisplayName: "Customer Services", Description: "who answers", Rank: new(int32(4)), RankFamily: "back-office",
		Extends:     []v1alpha1.PermissionSetReference{{Name: "viewer", Namespace: "hq"}, {Name: "agent"}},
		Permissions: []v1alpha1.Permission{{Path: "orders", Level: v1alpha1.LevelWrite}, {Path: "orders/refund", Level: v1alpha1.LevelNone}},
		Deny:        []string{"contacts/export"},
	}
}

func fullBinding() v1alpha1.RoleBindingSpec {
	berlin := time.FixedZone("CET", 3600)
	return v1alpha1.RoleBindingSpec{
		BackOfficeRef:    v1alpha1.BackOfficeReference{Name: "shop", Namespace: "hq"},
		PermissionSetRef: v1alpha1.PermissionSetReference{Name: "customer-service", Namespace: "hq"},
		Subjects:         []v1alpha1.RoleBindingSubject{{Name: "alice"}, {Name: "bob"}},
		Selector: &metav1.LabelSelector{
			MatchLabels:      map[string]string{"team": "support"},
			MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "site", Operator: metav1.LabelSelectorOpNotIn, Values: []string{"north", "south"}}},
		},
		Grants:    []v1alpha1.Permission{{Path: "orders/refund", Level: v1alpha1.LevelWrite}},
		Deny:      []string{"stock"},
		NotBefore: &metav1.Time{Time: time.Date(2026, 11, 21, 9, 30, 0, 0, berlin)},
		ExpiresAt: &metav1.Time{Time: time.Date(2027, 11, 21, 9, 30, 0, 0, time.UTC)},
	}
}
