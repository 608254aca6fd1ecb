// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

const (
	// countedObjects is how many objects of a kind are counted: beyond that, nobody needs to know how many there are.
	countedObjects = 1000
	// namedNamespaces is how many namespaces a refusal names.
	namedNamespaces = 10
)

// uninstall refuses whatever it is asked about while there are objects that have our finalizer: what asks would take the operator, its kinds or its
// store from under them, and nobody would be left to withdraw their accounts. Objects are those that this operator watches. It protects from
// accidents, and not from whoever may change the webhook configuration.
type uninstall struct {
	objects client.Reader
}

// Handle implements admission.Handler.
func (u uninstall) Handle(ctx context.Context, req admission.Request) admission.Response {
	left := remains{namespaces: map[string]bool{}}
	for _, list := range []client.ObjectList{
		&v1alpha1.BackOfficeList{}, &v1alpha1.BackOfficeUserList{}, &v1alpha1.PermissionSetList{}, &v1alpha1.RoleBindingList{},
	} {
		if err := u.count(ctx, list, &left); err != nil {
			return unreadable(err)
		}
	}
	if len(left.counts) == 0 {
		return admission.Allowed("")
	}
	log.FromContext(ctx).Info("Refused to be uninstalled", "resource", req.Resource.Resource, "name", req.Name, "objects", left.counts)
	return admission.Denied(left.refusal())
}

// count adds the objects of one kind that have our finalizer. Its cost is bounded where all objects have it, as admission has it.
func (u uninstall) count(ctx context.Context, list client.ObjectList, left *remains) error {
	if err := u.objects.List(ctx, list, client.UnsafeDisableDeepCopy, client.Limit(countedObjects+1)); err != nil {
		return err
	}
	n := left.add(list)
	if n == 0 && meta.LenList(list) > countedObjects { // none of these has it, and there may be more
		if err := u.objects.List(ctx, list, client.UnsafeDisableDeepCopy); err != nil {
			return err
		}
		n = left.add(list)
	}
	kind := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%T", list), "*v1alpha1."), "List")
	switch {
	case n > countedObjects:
		left.counts = append(left.counts, fmt.Sprintf("more than %d %ss", countedObjects, kind))
	case n == 1:
		left.counts = append(left.counts, "1 "+kind)
	case n > 1:
		left.counts = append(left.counts, fmt.Sprintf("%d %ss", n, kind))
	}
	return nil
}

// remains are what is left to withdraw.
type remains struct {
	counts     []string // by kind
	namespaces map[string]bool
}

// add returns how many of the objects are left to withdraw, and remembers their namespaces.
func (r *remains) add(list client.ObjectList) (n int) {
	_ = meta.EachListItem(list, func(item runtime.Object) error { // fails for no list of ours
		if o, ok := item.(client.Object); ok && slices.Contains(o.GetFinalizers(), v1alpha1.Finalizer) {
			r.namespaces[o.GetNamespace()] = true
			n++
		}
		return nil
	})
	return n
}

// refusal says what is in the way, and both ways out.
func (r *remains) refusal() string {
	names := slices.Sorted(maps.Keys(r.namespaces))
	where := "in the namespaces "
	if len(names) == 1 {
		where = "in the namespace "
	}
	if more := len(names) - namedNamespaces; more > 0 {
		where += strings.Join(names[:namedNamespaces], ", ") + fmt.Sprintf(" and %d more", more)
	} else {
		where += strings.Join(names, ", ")
	}
	return fmt.Sprintf("the operator still manages %s %s, and without it nobody would withdraw their accounts. "+
		"Delete these objects first: `kubectl delete %s --all --all-namespaces`; what becomes of an account is what `spec.deletionPolicy` of its user "+
		"says, deactivation where it says nothing. Or leave them on purpose, with their Secrets and the store, for the next installation, "+
		"which goes on with them: `helm uninstall --no-hooks`, or with plain manifests delete everything but the CustomResourceDefinitions, "+
		"the Namespace and the PersistentVolumeClaim", strings.Join(r.counts, ", "), where, resources)
}

// resources are our kinds as kubectl takes them; the short name of one of them is a kind of Kubernetes as well.
var resources = strings.Join([]string{
	"rolebindings." + v1alpha1.GroupVersion.Group, "permissionsets." + v1alpha1.GroupVersion.Group,
	"backofficeusers." + v1alpha1.GroupVersion.Group, "backoffices." + v1alpha1.GroupVersion.Group,
}, ",")
