// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"testing"

	. "github.com/onsi/gomega"
	"gomodules.xyz/jsonpatch/v2"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestPatches(t *testing.T) {
	ann := func(mods ...testkit.Mod) client.Object { return testkit.User("ann", "shop", mods...) }
	carrying := func(pairs ...string) testkit.Mod { return testkit.Annotations(pairs...) }
	const (
		name = v1alpha1.AnnotationAdmitted
		path = "/metadata/annotations/access.backoffice-operator.io~1admitted"
	)
	type ops = []jsonpatch.Operation
	for sentence, c := range map[string]struct {
		got, want ops
	}{
		"the first annotation makes the map":           {annotate(ann(), "x"), ops{{Operation: "add", Path: "/metadata/annotations", Value: map[string]string{name: "x"}}}},
		"an empty map is none":                         {annotate(ann(carrying()), "x"), ops{{Operation: "add", Path: "/metadata/annotations", Value: map[string]string{name: "x"}}}},
		"the stamp comes beside other annotations":     {annotate(ann(carrying("a", "b")), "x"), ops{{Operation: "add", Path: path, Value: "x"}}},
		"another value is replaced":                    {annotate(ann(carrying(name, "y")), "x"), ops{{Operation: "add", Path: path, Value: "x"}}},
		"what is right stays":                          {annotate(ann(carrying(name, "x")), "x"), nil},
		"what is not there stays so":                   {annotate(ann(carrying("a", "b")), ""), nil},
		"a stamp that may not be there goes":           {annotate(ann(carrying(name, "y", "a", "b")), ""), ops{{Operation: "remove", Path: path}}},
		"an empty one, too":                            {annotate(ann(carrying(name, "", "a", "b")), ""), ops{{Operation: "remove", Path: path}}},
		"with the map where it is the last":            {annotate(ann(carrying(name, "y")), ""), ops{{Operation: "remove", Path: "/metadata/annotations"}}},
		"the first finalizer makes the list":           {finalize(nil, ann()), ops{{Operation: "add", Path: "/metadata/finalizers", Value: []string{v1alpha1.Finalizer}}}},
		"our finalizer comes after others":             {finalize(nil, ann(finalizers("a/b"))), ops{{Operation: "add", Path: "/metadata/finalizers/-", Value: v1alpha1.Finalizer}}},
		"what stays gets it back":                      {finalize(ann(finalizers(v1alpha1.Finalizer)), ann()), ops{{Operation: "add", Path: "/metadata/finalizers", Value: []string{v1alpha1.Finalizer}}}},
		"what has it keeps it":                         {finalize(nil, ann(finalizers("a/b", v1alpha1.Finalizer))), nil},
		"what is being deleted gets none":              {finalize(ann(dying), ann()), nil},
		"a request does not say that it is so deleted": {finalize(nil, ann(dying)), ops{{Operation: "add", Path: "/metadata/finalizers", Value: []string{v1alpha1.Finalizer}}}},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(c.got).To(Equal(c.want))
		})
	}
}
