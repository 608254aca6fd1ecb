// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/manifests"
	"github.com/backoffice-operator/backoffice-operator/internal/snapshot"
)

// manifests are a world of what files say. Objects are not judged by who may hand them out.
func (r *request) manifests(namespace string) (*snapshot.World, error) {
	read, err := manifests.Read(manifests.Options{Paths: r.files, Kustomize: r.kustomize, In: r.In, Namespace: namespace})
	if err != nil {
		return nil, err
	}
	for _, note := range read.Notes {
		fmt.Fprintln(r.ErrOut, "note:", note)
	}
	var problems []error
	for _, finding := range read.Findings {
		problems = append(problems, errors.New(finding.String()))
	}
	w := snapshot.New(nil)
	for i := range read.Namespaces {
		w.Put(&read.Namespaces[i])
	}
	offices := offices{}
	for _, o := range read.Objects {
		typed, err := decoded(o)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s %s %s: %w", o.Source, o.GetKind(), o.Key(), err))
			continue
		}
		offices.note(typed)
		w.Put(typed)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	for _, office := range offices.missing() {
		fmt.Fprintf(r.ErrOut, "note: BackOffice %s is not among the manifests: any permission counts as known\n", client.ObjectKeyFromObject(office))
		w.Put(office)
	}
	return w, nil
}

// decoded is an object as its type of the API, which has all its fields.
func decoded(o manifests.Object) (client.Object, error) {
	typed, err := o.Typed()
	if err != nil {
		return nil, err
	}
	return typed, runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(o.Object, typed, true)
}

// offices are the back offices that manifests refer to, with the namespaces that do; one that is among the manifests is nil.
type offices map[types.NamespacedName]*v1alpha1.BackOffice

func (of offices) note(o client.Object) {
	name := officeOf(o)
	if _, is := o.(*v1alpha1.BackOffice); is {
		of[name] = nil
		return
	}
	office, known := of[name]
	if known && office == nil {
		return
	}
	if !known {
		office = &v1alpha1.BackOffice{}
		office.Name, office.Namespace = name.Name, name.Namespace
		office.Spec.Namespaces = []v1alpha1.NamespaceAdmission{{}}
		of[name] = office
	}
	names := &office.Spec.Namespaces[0].Names
	*names = append(*names, o.GetNamespace())
}

// missing are those that are not among the manifests: they admit whoever refers to them.
func (of offices) missing() []*v1alpha1.BackOffice {
	var all []*v1alpha1.BackOffice
	for _, office := range of {
		if office != nil {
			all = append(all, office)
		}
	}
	return all
}
