// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// hostile are values that somebody, somewhere, does not expect.
var hostile = map[string]string{
	"SQL":               `'; DROP TABLE users; --`,
	"SQL in a comment":  `/*"*/ OR 1=1`,
	"quotes":            "\"'`\\",
	"wildcards":         "%_*?[a-z]",
	"letters and marks": "Åsa Ünïcödé 東京 👩🏽‍💻",
	"right to left":     "\u202Eevil\u202C",
	"control":           "a\x00b\x1b[31m",
	"a line break":      "a\nb",
	"templates":         "{{ .Spec }} ${HOME} %s%n",
	"slashes":           "../../etc/passwd",
	"a space":           " ",
	"4 KiB":             strings.Repeat("x", 4096),
	"4 KiB of marks":    strings.Repeat("é", 2048),
}

// onEach gives each string field of a kind a value.
var onEach = map[string]func(namespace, value string) client.Object{
	"user name": func(ns, v string) client.Object { return testkit.User(v, ns) },
	"user label key": func(ns, v string) client.Object {
		return testkit.User("ann", ns, testkit.Labels(v, "x"))
	},
	"user label value": func(ns, v string) client.Object { return testkit.User("ann", ns, testkit.Labels("team", v)) },
	"user hold": func(ns, v string) client.Object {
		return testkit.User("ann", ns, testkit.Annotations(v1alpha1.AnnotationHold, v))
	},
	"user office":           func(ns, v string) client.Object { return testkit.User("ann", ns, testkit.InOffice(v)) },
	"user office namespace": func(ns, v string) client.Object { return testkit.User("ann", ns, testkit.InOffice(v+"/shop")) },
	"user login":            func(ns, v string) client.Object { return testkit.User("ann", ns, testkit.Login(v)) },
	"user account type": func(ns, v string) client.Object {
		return testkit.User("ann", ns, testkit.AccountType(v1alpha1.AccountType(v)))
	},
	"user state": func(ns, v string) client.Object {
		return testkit.User("ann", ns, testkit.State(v1alpha1.UserState(v)))
	},
	"user address": func(ns, v string) client.Object { return testkit.User("ann", ns, testkit.IPs(v)) },
	"user full name": onUser(func(u *v1alpha1.BackOfficeUser, v string) {
		u.Spec.Profile = &v1alpha1.Profile{FullName: v}
	}),
	"user description": onUser(func(u *v1alpha1.BackOfficeUser, v string) { u.Spec.Description = v }),
	"user secret": onUser(func(u *v1alpha1.BackOfficeUser, v string) {
		u.Spec.Credentials = &v1alpha1.UserCredentials{SecretName: v}
	}),
	"user reset": func(ns, v string) client.Object {
		return testkit.User("ann", ns, testkit.Annotations(v1alpha1.AnnotationResetRequestedAt, v))
	},
	"user rotation": func(ns, v string) client.Object {
		return testkit.User("ann", ns, testkit.Annotations(v1alpha1.AnnotationRotationRequestedAt, v))
	},
	"user credentials": onUser(func(u *v1alpha1.BackOfficeUser, v string) {
		u.Spec.Credentials = &v1alpha1.UserCredentials{Source: v1alpha1.CredentialSource(v)}
	}),
	"user supplied secret": onUser(func(u *v1alpha1.BackOfficeUser, v string) {
		u.Spec.Credentials = &v1alpha1.UserCredentials{Source: v1alpha1.CredentialSecretRef, SecretRef: &v1alpha1.PasswordReference{Name: v, Key: v}}
	}),
	"user deletion policy": onUser(func(u *v1alpha1.BackOfficeUser, v string) { u.Spec.DeletionPolicy = v1alpha1.DeletionPolicy(v) }),

	"set name":         func(ns, v string) client.Object { return testkit.Set(v, ns) },
	"set key":          onSet(func(s *v1alpha1.PermissionSet, v string) { s.Spec.Key = v }),
	"set display name": onSet(func(s *v1alpha1.PermissionSet, v string) { s.Spec.DisplayName = v }),
	"set description":  onSet(func(s *v1alpha1.PermissionSet, v string) { s.Spec.Description = v }),
	"set family":       func(ns, v string) client.Object { return testkit.Set("s", ns, testkit.Family(v)) },
	"set extends": onSet(func(s *v1alpha1.PermissionSet, v string) {
		s.Spec.Extends = []v1alpha1.PermissionSetReference{{Name: v}}
	}),
	"set extends namespace": onSet(func(s *v1alpha1.PermissionSet, v string) {
		s.Spec.Extends = []v1alpha1.PermissionSetReference{{Name: "x", Namespace: v}}
	}),
	"set permission": onSet(func(s *v1alpha1.PermissionSet, v string) {
		s.Spec.Permissions = []v1alpha1.Permission{{Path: v, Level: v1alpha1.LevelRead}}
	}),
	"set level": onSet(func(s *v1alpha1.PermissionSet, v string) {
		s.Spec.Permissions = []v1alpha1.Permission{{Path: "x", Level: v1alpha1.Level(v)}}
	}),
	"set deny": func(ns, v string) client.Object { return testkit.Set("s", ns, testkit.Deny(v)) },

	"binding set": onBinding(func(b *v1alpha1.RoleBinding, v string) { b.Spec.PermissionSetRef.Name = v }),
	"binding set namespace": onBinding(func(b *v1alpha1.RoleBinding, v string) {
		b.Spec.PermissionSetRef.Namespace = v
	}),
	"binding subject":        onBinding(func(b *v1alpha1.RoleBinding, v string) { testkit.ForUsers(v)(b) }),
	"binding selector key":   onBinding(func(b *v1alpha1.RoleBinding, v string) { testkit.ForLabels(v, "x")(b) }),
	"binding selector value": onBinding(func(b *v1alpha1.RoleBinding, v string) { testkit.ForLabels("team", v)(b) }),
	"binding selector operator": onBinding(func(b *v1alpha1.RoleBinding, v string) {
		b.Spec.Selector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: "team", Operator: metav1.LabelSelectorOperator(v), Values: []string{v}},
		}}
	}),

	"office name": func(ns, v string) client.Object { return testkit.Office(v, ns) },
	"office owner": onOffice(func(o *v1alpha1.BackOffice, v string) {
		o.Spec.Store = v1alpha1.Store{Postgres: &v1alpha1.PostgresStore{Owner: v, URLSecretRef: v1alpha1.SecretKeyReference{Name: "a", Key: "b"}}}
	}),
	"office schema": onOffice(func(o *v1alpha1.BackOffice, v string) {
		o.Spec.Store = v1alpha1.Store{Postgres: &v1alpha1.PostgresStore{Owner: "o", Schema: v, URLSecretRef: v1alpha1.SecretKeyReference{Name: "a", Key: "b"}}}
	}),
	"office secret": onOffice(func(o *v1alpha1.BackOffice, v string) {
		o.Spec.Store = v1alpha1.Store{Postgres: &v1alpha1.PostgresStore{Owner: "o", URLSecretRef: v1alpha1.SecretKeyReference{Name: v, Key: v}}}
	}),
	"office alphabet": onCredentials(func(c *v1alpha1.CredentialPolicy, v string) { c.Structure = &v1alpha1.PasswordStructure{Alphabet: v} }),
	"office hash":     onCredentials(func(c *v1alpha1.CredentialPolicy, v string) { c.Hash = v1alpha1.HashAlgorithm(v) }),
	"office delivery": onCredentials(func(c *v1alpha1.CredentialPolicy, v string) {
		c.Delivery = &v1alpha1.CredentialDelivery{Mode: v1alpha1.DeliveryMode(v), Labels: []string{v}, Annotations: []string{v}}
	}),
	"office adoption": onOffice(func(o *v1alpha1.BackOffice, v string) { o.Spec.Store.Adoption = v1alpha1.AdoptionPolicy(v) }),
	"office namespace": onOffice(func(o *v1alpha1.BackOffice, v string) {
		o.Spec.Namespaces = []v1alpha1.NamespaceAdmission{{Names: []string{v}}}
	}),
	"office catalogue": onOffice(func(o *v1alpha1.BackOffice, v string) { o.Spec.PermissionCatalog = []string{v} }),
	"office network": onOffice(func(o *v1alpha1.BackOffice, v string) {
		testkit.IPPolicy(v1alpha1.IPPolicy{Within: []string{v}})(o)
	}),
	"office delegate":        onOffice(func(o *v1alpha1.BackOffice, v string) { testkit.Delegates(1, testkit.Person(v))(o) }),
	"office service account": onOffice(func(o *v1alpha1.BackOffice, v string) { testkit.Delegates(1, testkit.ServiceAccount(v, v))(o) }),
	"office family": onOffice(func(o *v1alpha1.BackOffice, v string) {
		testkit.Delegates(1, testkit.Person("x"))(o)
		testkit.InFamilies(v)(o)
	}),
}

func onUser(set func(*v1alpha1.BackOfficeUser, string)) func(ns, v string) client.Object {
	return func(ns, v string) client.Object {
		return testkit.User("ann", ns, testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { set(u, v) }))
	}
}

func onSet(set func(*v1alpha1.PermissionSet, string)) func(ns, v string) client.Object {
	return func(ns, v string) client.Object {
		return testkit.Set("s", ns, testkit.OnSet(func(s *v1alpha1.PermissionSet) { set(s, v) }))
	}
}

func onBinding(set func(*v1alpha1.RoleBinding, string)) func(ns, v string) client.Object {
	return func(ns, v string) client.Object {
		return testkit.Binding("b", ns, testkit.ToSet("s"), testkit.ForUsers("ann"), testkit.OnBinding(func(b *v1alpha1.RoleBinding) { set(b, v) }))
	}
}

func onOffice(set func(*v1alpha1.BackOffice, string)) func(ns, v string) client.Object {
	return func(ns, v string) client.Object {
		return testkit.Office("other", ns, testkit.OnOffice(func(o *v1alpha1.BackOffice) { set(o, v) }))
	}
}

func onCredentials(set func(*v1alpha1.CredentialPolicy, string)) func(ns, v string) client.Object {
	return onOffice(func(o *v1alpha1.BackOffice, v string) {
		o.Spec.Credentials = &v1alpha1.CredentialPolicy{}
		set(o.Spec.Credentials, v)
	})
}

var _ = Describe("Whatever stands in a string,", func() {
	var namespace string
	BeforeEach(func(ctx SpecContext) {
		namespace = testkit.FreshNamespace(ctx, env.Client())
		given(ctx, shop(namespace, testkit.Catalog("x", "orders/read"), testkit.IPPolicy(v1alpha1.IPPolicy{AllowAny: true, Within: []string{"203.0.113.0/24"}})))
	})

	for field, build := range onEach {
		It("a "+field+" is accepted or refused cleanly", func(ctx SpecContext) {
			for kind, value := range hostile {
				err := root().Create(ctx, build(namespace, value), client.DryRunAll)
				if err != nil {
					Expect(err).To(Or(Satisfy(apierrors.IsInvalid), Satisfy(apierrors.IsBadRequest)), "%s: %v", kind, err)
				}
			}
		})
	}

	It("a full name is in no refusal, whichever rule refuses", func(ctx SpecContext) {
		for field, build := range onEach {
			u, isUser := build(namespace, hostile["SQL"]).(*v1alpha1.BackOfficeUser)
			if !isUser || field == "user full name" {
				continue
			}
			u.Spec.Profile = &v1alpha1.Profile{FullName: canary}
			if err := as("eve").Create(ctx, u); err != nil {
				Expect(err.Error()).NotTo(ContainSubstring(canary), field)
			}
		}
		for kind, value := range hostile {
			u := testkit.User("ann", namespace)
			u.Spec.Profile = &v1alpha1.Profile{FullName: canary + value}
			if err := root().Create(ctx, u, client.DryRunAll); err != nil {
				Expect(err.Error()).NotTo(ContainSubstring(canary), kind)
			}
		}
	})
})
