// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/explain"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
	"github.com/backoffice-operator/backoffice-operator/internal/snapshot"
)

// request is what is asked for.
type request struct {
	*session.Session
	output     session.Output
	rows       string
	office     string
	everywhere bool
	files      []string
	kustomize  []string
	file       string
	paths      []string
	selector   string
	search     string
	roles      []string
	types      []string
	states     []string
	nonEmpty   bool
}

// table makes the table.
func (r *request) table(ctx context.Context) (*Table, error) {
	namespace, err := r.Namespace()
	if err != nil {
		return nil, err
	}
	var w *snapshot.World
	if r.offline() {
		w, err = r.manifests(namespace)
	} else {
		w, err = r.World()
	}
	if err != nil {
		return nil, err
	}
	name, err := r.officeName(ctx, w, namespace)
	if err != nil {
		return nil, err
	}
	g := w.Gatherer(r.Clock)
	office, err := g.Office(ctx, v1alpha1.BackOfficeReference{Name: name.Name, Namespace: name.Namespace}, namespace)
	if err != nil {
		return nil, err
	}
	rows, err := r.all(ctx, w, name, namespace)
	if err != nil {
		return nil, err
	}
	t := &Table{BackOffice: name.String(), Rows: r.rows, At: r.Clock.Now().UTC(), Only: r.only(), Permissions: columns(office, rows, r.paths)}
	if len(t.Permissions) == 0 && len(r.paths) > 0 {
		return nil, fmt.Errorf("--path: BackOffice %s has no permission at or below %s", name, strings.Join(r.paths, ", "))
	}
	t.Items = slices.DeleteFunc(rows, func(row Row) bool { return !r.wants(row) })
	t.fill()
	if r.nonEmpty {
		t.compact()
	}
	return t, nil
}

// offline tells whether manifests are read instead of a cluster.
func (r *request) offline() bool { return len(r.files)+len(r.kustomize) > 0 }

// all are the rows of all roles or users of a back office that are asked for.
func (r *request) all(ctx context.Context, w *snapshot.World, office types.NamespacedName, namespace string) ([]Row, error) {
	g := w.Gatherer(r.Clock)
	explainer := explain.New(g)
	explainer.AsWritten = r.offline()
	if r.rows == roles {
		sets, err := r.sets(ctx, w, office, namespace)
		if err != nil {
			return nil, err
		}
		return rolesOf(ctx, g, explainer, sets)
	}
	list := &v1alpha1.BackOfficeUserList{}
	if err := w.List(ctx, list, r.within(namespace), client.MatchingFields{gather.IndexBackOffice: office.String()}); err != nil {
		return nil, err
	}
	accounts := make([]*v1alpha1.BackOfficeUser, 0, len(list.Items))
	for i := range list.Items {
		accounts = append(accounts, &list.Items[i])
	}
	return usersOf(ctx, explainer, accounts)
}

// sets are those of the namespace and of the back office's own: what bindings of the namespace can hand out.
func (r *request) sets(ctx context.Context, w *snapshot.World, office types.NamespacedName, namespace string) ([]*v1alpha1.PermissionSet, error) {
	list := &v1alpha1.PermissionSetList{}
	if err := w.List(ctx, list, r.within(namespace), client.MatchingFields{gather.IndexBackOffice: office.String()}); err != nil {
		return nil, err
	}
	if !r.everywhere && namespace != office.Namespace {
		own := &v1alpha1.PermissionSetList{}
		if err := w.List(ctx, own, client.InNamespace(office.Namespace), client.MatchingFields{gather.IndexBackOffice: office.String()}); err != nil {
			return nil, err
		}
		list.Items = append(list.Items, own.Items...)
	}
	sets := make([]*v1alpha1.PermissionSet, 0, len(list.Items))
	for i := range list.Items {
		sets = append(sets, &list.Items[i])
	}
	return sets, nil
}

func (r *request) within(namespace string) client.InNamespace {
	if r.everywhere {
		return ""
	}
	return client.InNamespace(namespace)
}

// officeName is the back office that is named, else the only one to which objects refer.
func (r *request) officeName(ctx context.Context, w *snapshot.World, namespace string) (types.NamespacedName, error) {
	if r.office != "" {
		in, name, qualified := strings.Cut(r.office, "/")
		if !qualified {
			in, name = namespace, r.office
		}
		return types.NamespacedName{Namespace: in, Name: name}, nil
	}
	found := map[string]types.NamespacedName{}
	for _, list := range []client.ObjectList{
		&v1alpha1.BackOfficeList{}, &v1alpha1.PermissionSetList{}, &v1alpha1.RoleBindingList{}, &v1alpha1.BackOfficeUserList{},
	} {
		if _, last := list.(*v1alpha1.BackOfficeUserList); last && r.rows == roles && len(found) > 0 {
			break // there may be many users
		}
		if err := w.List(ctx, list, r.within(namespace)); err != nil {
			return types.NamespacedName{}, err
		}
		_ = meta.EachListItem(list, func(o runtime.Object) error { // it fails where the function does
			name := officeOf(o.(client.Object))
			found[name.String()] = name
			return nil
		})
	}
	return only(found, r.place(namespace))
}

// officeOf is the back office that an object is or refers to.
func officeOf(o client.Object) types.NamespacedName {
	switch o := o.(type) {
	case *v1alpha1.PermissionSet:
		return o.Spec.BackOfficeRef.In(o.Namespace)
	case *v1alpha1.RoleBinding:
		return o.Spec.BackOfficeRef.In(o.Namespace)
	case *v1alpha1.BackOfficeUser:
		return o.Spec.BackOfficeRef.In(o.Namespace)
	}
	return client.ObjectKeyFromObject(o)
}

func (r *request) place(namespace string) string {
	switch {
	case r.offline() && r.everywhere:
		return "the manifests"
	case r.everywhere:
		return "any namespace"
	}
	return "namespace " + namespace
}

// only is the back office where there is one.
func only(found map[string]types.NamespacedName, place string) (types.NamespacedName, error) {
	var names []string
	for name := range found {
		names = append(names, name)
	}
	slices.Sort(names)
	switch len(names) {
	case 0:
		return types.NamespacedName{}, fmt.Errorf("no objects of a back office found in %s: name another namespace by -n, or all by -A", place)
	case 1:
		return found[names[0]], nil
	}
	return types.NamespacedName{}, fmt.Errorf("objects of several back offices found in %s: name one of %s by --back-office", place, strings.Join(names, ", "))
}

// only are the flags that leave something out.
func (r *request) only() []string {
	var flags []string
	for _, f := range []struct{ name, value string }{
		{"path", strings.Join(r.paths, ",")},
		{"search", r.search},
		{"role", strings.Join(r.roles, ",")},
		{"type", strings.Join(r.types, ",")},
		{"state", strings.Join(r.states, ",")},
		{"selector", r.selector},
	} {
		if f.value != "" {
			flags = append(flags, "--"+f.name+"="+f.value)
		}
	}
	if r.nonEmpty {
		flags = append(flags, "--non-empty")
	}
	return flags
}

// wants tells whether a row is asked for.
func (r *request) wants(row Row) bool {
	selector, _ := labels.Parse(r.selector) // validated
	text := fold(r.search)
	found := text == "" || slices.ContainsFunc([]string{row.Key, row.Name, row.DisplayName}, func(s string) bool { return strings.Contains(fold(s), text) })
	if !found || !selector.Matches(labels.Set(row.labels)) || len(r.states) > 0 && !named(r.states, row.State) {
		return false
	}
	if len(r.roles) > 0 && r.rows == roles && !named(r.roles, row.Name, row.Key, row.DisplayName) ||
		len(r.roles) > 0 && r.rows == users && !named(r.roles, row.Roles...) {
		return false
	}
	return len(r.types) == 0 || len(row.Types) == 0 || named(r.types, row.Types...)
}

// named tells whether one of the values is asked for, in whatever case.
func named(wanted []string, values ...string) bool {
	return slices.ContainsFunc(values, func(v string) bool {
		return v != "" && slices.ContainsFunc(wanted, func(w string) bool { return strings.EqualFold(v, w) })
	})
}

// fold makes texts equal that differ in case alone.
func fold(s string) string { return strings.Map(unicode.ToLower, strings.Map(unicode.ToUpper, s)) }

// write prints the table, into the file where one is named.
func (r *request) write(t *Table) error {
	if r.file == "" {
		return r.print(r.Out, t)
	}
	file, err := os.CreateTemp(filepath.Dir(r.file), ".matrix-*")
	if err != nil {
		return fmt.Errorf("--output-file: %w", err)
	}
	return r.finish(file, r.print(file, t))
}

// finish puts a file that was written whole in its place.
func (r *request) finish(file *os.File, failed error) error {
	err := errors.Join(failed, file.Chmod(0o644), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), r.file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

func (r *request) print(out io.Writer, t *Table) error {
	if done, err := r.output.Encode(out, t); done {
		return err
	}
	switch r.output.Format {
	case formatCSV:
		return writeCSV(out, t)
	case formatMarkdown:
		return writeMarkdown(out, t)
	case formatHTML:
		return writeHTML(out, t)
	}
	return writeTerminal(out, t)
}

// The formats that this command has beside those of others.
const (
	formatCSV      = "csv"
	formatHTML     = "html"
	formatMarkdown = "markdown"
)
