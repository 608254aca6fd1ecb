// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"
	"errors"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// indexer lets SetupIndexes register its indexes with a fake.
type indexer struct{ *fake.ClientBuilder }

func (i indexer) IndexField(_ context.Context, o client.Object, field string, values client.IndexerFunc) error {
	i.WithIndex(o, field, values)
	return nil
}

// world is a reader of these objects, with all indexes.
func world(t *testing.T, objects ...client.Object) client.WithWatch {
	t.Helper()
	g := NewWithT(t)
	scheme := runtime.NewScheme()
	g.Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
	g.Expect(clientgoscheme.AddToScheme(scheme)).To(Succeed())
	builder := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...)
	g.Expect(SetupIndexes(t.Context(), indexer{builder})).To(Succeed())
	return builder.Build()
}

func cacheOf(t *testing.T, objects ...client.Object) Gatherer {
	t.Helper()
	return Gatherer{Reader: world(t, objects...), Clock: clocktesting.NewFakePassiveClock(noon)}
}

// noon is now.
var noon = time.Date(2026, time.November, 21, 12, 0, 0, 0, time.UTC)

// going makes an object one that is being deleted.
func going(o client.Object) {
	o.SetDeletionTimestamp(&metav1.Time{Time: time.Unix(1, 0)})
	o.SetFinalizers([]string{v1alpha1.Finalizer})
}

// stamped gives an object the stamp of somebody with power over everything. The sets are those that it names and that exist.
func stamped[T client.Object](o T, sets ...*v1alpha1.PermissionSet) T {
	testkit.Stamp(o, "root", []access.Power{testkit.Unlimited()}, sets...)
	return o
}

// born gives an object its age and UID.
func born(second int64, uid string) testkit.Mod {
	return func(o client.Object) {
		o.SetCreationTimestamp(metav1.Unix(second, 0))
		o.SetUID(types.UID(uid))
	}
}

func names[T client.Object](objects []T) []string {
	var names []string
	for _, o := range objects {
		names = append(names, o.GetName())
	}
	return names
}

var errBroken = errors.New("the cache is broken")

// broken is a reader that cannot read.
type broken struct{ client.Reader }

func (broken) Get(context.Context, client.ObjectKey, client.Object, ...client.GetOption) error {
	return errBroken
}

func (broken) List(context.Context, client.ObjectList, ...client.ListOption) error { return errBroken }
