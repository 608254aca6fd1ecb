// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"maps"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// tenant is a catalogue that is in force in a namespace of a spec.
type tenant struct {
	namespace, office string
	// admin acts as one of those to whom the catalogue delegates everything, and who may edit, as far as RBAC is concerned.
	admin client.Client
	// group is that of admin.
	group string
}

// deployed applies a catalogue as one of a group to whom it delegates everything, and waits until it is in force.
func deployed(name, group string) *tenant {
	GinkgoHelper()
	t := &tenant{namespace: testkit.FreshNamespace(ctx, masters()), office: name, admin: as("ivan", group), group: group}
	objects := sample(name, t.namespace)
	at := slices.IndexFunc(objects, func(o client.Object) bool { _, ok := o.(*v1alpha1.BackOffice); return ok })
	create(identity("olga", owners), objects[at])
	eventually(objects[at], beReady())
	for _, o := range slices.Delete(slices.Clone(objects), at, at+1) {
		create(t.admin, o)
	}
	for _, o := range objects {
		eventually(o, beReady())
	}
	return t
}

// user, set and binding build objects of the catalogue's back office.
func (t *tenant) user(name string, mods ...testkit.Mod) *v1alpha1.BackOfficeUser {
	return testkit.User(name, t.namespace, append([]testkit.Mod{testkit.InOffice(t.office)}, mods...)...)
}

func (t *tenant) set(name string, mods ...testkit.Mod) *v1alpha1.PermissionSet {
	return testkit.Set(name, t.namespace, append([]testkit.Mod{testkit.InOffice(t.office)}, mods...)...)
}

func (t *tenant) binding(name string, mods ...testkit.Mod) *v1alpha1.RoleBinding {
	return testkit.Binding(name, t.namespace, append([]testkit.Mod{testkit.InOffice(t.office)}, mods...)...)
}

// given has the administrator create objects and waits until they are in force.
func (t *tenant) given(objects ...client.Object) {
	GinkgoHelper()
	for _, o := range objects {
		create(t.admin, o)
	}
	for _, o := range objects {
		eventually(o, beReady())
	}
}

// query reads the store of the catalogue.
func (t *tenant) query(statement string, arguments ...any) [][]string {
	GinkgoHelper()
	return queryStore(t.namespace+"_"+t.office+".db", statement, arguments...)
}

// may is what the store gives to a login.
func (t *tenant) may(login string) map[string]string {
	GinkgoHelper()
	got := map[string]string{}
	for _, row := range t.query("SELECT path, level FROM effective_permissions WHERE login = $1 AND level <> 'None'", login) {
		got[row[0]] = row[1]
	}
	return got
}

// gets demands that the store gives this to a login, at once and for a moment.
func (t *tenant) gets(login string, want map[string]string) {
	GinkgoHelper()
	Eventually(func() map[string]string { return t.may(login) }, soon, often).Should(Equal(want))
	Consistently(func() map[string]string { return t.may(login) }, while, often).Should(Equal(want))
}

// active tells whether the store lets a login in.
func (t *tenant) active(login string) func() bool {
	return func() bool {
		GinkgoHelper()
		return len(t.query("SELECT login FROM active_users WHERE login = $1", login)) == 1
	}
}

// aged waits until what is created now is younger than an object, whose age is told in whole seconds.
func aged(o client.Object) {
	GinkgoHelper()
	Expect(masters().Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
	Eventually(time.Now, soon, often).Should(BeTemporally(">=", o.GetCreationTimestamp().Add(time.Second)))
}

// levels are paths of one level.
func levels(level v1alpha1.Level, paths ...string) map[string]string {
	all := map[string]string{}
	for _, path := range paths {
		all[path] = string(level)
	}
	return all
}

// together are the entries of several maps.
func together(all ...map[string]string) map[string]string {
	union := map[string]string{}
	for _, one := range all {
		maps.Copy(union, one)
	}
	return union
}
