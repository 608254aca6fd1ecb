// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"testing"

	. "github.com/onsi/gomega"
	gomegatypes "github.com/onsi/gomega/types"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// shelf lists objects by kind, no more than it is asked for, and remembers how many it was asked for.
type shelf struct {
	client.Reader
	objects []client.Object
	broken  reflect.Type
	read    int
}

// List implements client.Reader.
func (s *shelf) List(_ context.Context, into client.ObjectList, opts ...client.ListOption) error {
	if reflect.TypeOf(into) == s.broken {
		return errBroken
	}
	o := (&client.ListOptions{}).ApplyOptions(opts)
	var items []runtime.Object
	for _, object := range s.objects {
		if o.Limit > 0 && int64(len(items)) == o.Limit {
			break
		}
		if fmt.Sprintf("%TList", object) == fmt.Sprintf("%T", into) {
			items = append(items, object)
		}
	}
	s.read += len(items)
	return meta.SetList(into, items)
}

func users(n int, namespace string, mods ...testkit.Mod) []client.Object {
	var all []client.Object
	for i := range n {
		all = append(all, testkit.User(fmt.Sprintf("user-%d", i), namespace, mods...))
	}
	return all
}

func TestAnInstallationIsProtectedWhileItHasObjectsToWithdraw(t *testing.T) {
	kept := finalizers(v1alpha1.Finalizer)
	var spread []client.Object
	for i := range 12 {
		spread = append(spread, testkit.Set("viewer", fmt.Sprintf("team-%02d", i), kept))
	}
	for sentence, c := range map[string]struct {
		objects []client.Object
		refused gomegatypes.GomegaMatcher
		read    gomegatypes.GomegaMatcher
	}{
		"no objects": {nil, BeEmpty(), BeZero()},
		"objects that the store has never known, or knows no longer": {
			users(3, "shop", finalizers("example.com/other")), BeEmpty(), Equal(3),
		},
		"one object": {
			[]client.Object{testkit.Office("shop", "shop", kept)},
			HavePrefix("the operator still manages 1 BackOffice in the namespace shop, and"), Equal(1),
		},
		"objects of all kinds": {
			append(users(2, "desk", kept), testkit.Office("shop", "shop", kept), testkit.Binding("b", "desk", kept), testkit.Set("s", "shop", kept), testkit.Set("new", "far")),
			HavePrefix("the operator still manages 1 BackOffice, 2 BackOfficeUsers, 1 PermissionSet, 1 RoleBinding in the namespaces desk, shop, and"), Equal(6),
		},
		"an object that is going": {
			users(1, "shop", kept, func(o client.Object) { o.SetDeletionTimestamp(new(metav1.Now())) }), HavePrefix("the operator still manages 1 BackOfficeUser "), Equal(1),
		},
		"more namespaces than anybody would read": {
			spread, ContainSubstring("12 PermissionSets in the namespaces team-00, team-01, team-02, team-03, team-04, team-05, team-06, team-07, team-08, team-09 and 2 more, and"), Equal(12),
		},
		"as many as are counted": {users(1000, "shop", kept), ContainSubstring("manages 1000 BackOfficeUsers "), Equal(1000)},
		"more, of which no more are read": {
			users(5000, "shop", kept), ContainSubstring("manages more than 1000 BackOfficeUsers "), Equal(1001),
		},
		"one behind many that do not count": {
			append(users(2000, "shop"), testkit.User("last", "shop", kept)), ContainSubstring("manages 1 BackOfficeUser "), Equal(1001 + 2001),
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			objects := &shelf{objects: c.objects}
			response := uninstall{objects}.Handle(t.Context(), admission.Request{})
			if response.Allowed {
				g.Expect("").To(c.refused)
			} else {
				g.Expect(response.Result.Code).To(BeEquivalentTo(http.StatusForbidden))
				g.Expect(response.Result.Message).To(And(c.refused, ContainSubstring("kubectl delete rolebindings.access.backoffice-operator.io,"), ContainSubstring("helm uninstall --no-hooks")))
			}
			g.Expect(objects.read).To(c.read)
		})
	}
}

func TestAnInstallationIsProtectedWhileItsObjectsCannotBeRead(t *testing.T) {
	for _, list := range []client.ObjectList{
		&v1alpha1.BackOfficeList{}, &v1alpha1.BackOfficeUserList{}, &v1alpha1.PermissionSetList{}, &v1alpha1.RoleBindingList{},
	} {
		g := NewWithT(t)
		response := uninstall{&shelf{broken: reflect.TypeOf(list)}}.Handle(t.Context(), admission.Request{})
		g.Expect(response.Allowed).To(BeFalse())
		g.Expect(response.Result.Code).To(BeEquivalentTo(http.StatusServiceUnavailable))
	}
}
