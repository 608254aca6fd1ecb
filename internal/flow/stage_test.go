// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package flow_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
)

// scope is the least memory of a reconcile.
type scope struct{ user *v1alpha1.BackOfficeUser }

func (s *scope) Subject() *v1alpha1.BackOfficeUser { return s.user }

type step = flow.Step[*scope]

// stage has one user, a client that lists what is written, and a recorder.
type stage struct {
	t        *testing.T
	key      client.ObjectKey
	client   client.Client
	recorder *events.FakeRecorder
	// writes are what reached the API server: patches of the "object" or updates of its "status", in order.
	writes []string
	// bodies are their bodies.
	bodies []string
	// fails is what the API server answers to a write of that kind.
	fails map[string]error
}

// newStage has a user who carries our finalizer, unless a modifier takes it away.
func newStage(t *testing.T, mods ...func(*v1alpha1.BackOfficeUser)) *stage {
	t.Helper()
	scheme := runtime.NewScheme()
	NewWithT(t).Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
	u := &v1alpha1.BackOfficeUser{ObjectMeta: metav1.ObjectMeta{
		Namespace: "shop", Name: "ann", Generation: 3, Finalizers: []string{v1alpha1.Finalizer},
	}}
	u.Status.ObservedGeneration = -1 // as the schema has it
	for _, mod := range mods {
		mod(u)
	}
	s := &stage{t: t, key: client.ObjectKeyFromObject(u), recorder: events.NewFakeRecorder(10), fails: map[string]error{}}
	s.client = fake.NewClientBuilder().WithScheme(scheme).WithObjects(u).WithStatusSubresource(u).WithInterceptorFuncs(interceptor.Funcs{
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
			body, err := p.Data(o)
			NewWithT(t).Expect(err).NotTo(HaveOccurred())
			if err := s.written("object", body); err != nil {
				return err
			}
			return c.Patch(ctx, o, p, opts...)
		},
		SubResourceUpdate: func(ctx context.Context, c client.Client, sub string, o client.Object, opts ...client.SubResourceUpdateOption) error {
			body, err := json.Marshal(o)
			NewWithT(t).Expect(err).NotTo(HaveOccurred())
			if err := s.written(sub, body); err != nil {
				return err
			}
			return c.SubResource(sub).Update(ctx, o, opts...)
		},
	}).Build()
	return s
}

func (s *stage) written(kind string, body []byte) error {
	s.writes, s.bodies = append(s.writes, kind), append(s.bodies, string(body))
	return s.fails[kind]
}

// run reconciles the user once, as it is stored.
func (s *stage) run(ctx context.Context, steps ...step) (ctrl.Result, error) {
	s.t.Helper()
	r := &flow.Runner{Client: s.client, Recorder: s.recorder}
	return flow.Run(ctx, r, &scope{s.stored()}, steps...)
}

// settle reconciles the user once with a step that ends so, whatever the result.
func (s *stage) settle(outcome error) {
	s.t.Helper()
	_, _ = s.run(s.t.Context(), ending(outcome))
}

// stored is the user as the API server has it.
func (s *stage) stored() *v1alpha1.BackOfficeUser {
	s.t.Helper()
	u := &v1alpha1.BackOfficeUser{}
	NewWithT(s.t).Expect(s.client.Get(s.t.Context(), s.key, u)).To(Succeed())
	return u
}

func (s *stage) condition(name string) *metav1.Condition {
	s.t.Helper()
	return meta.FindStatusCondition(s.stored().Status.Conditions, name)
}

// announced are the events since the last call.
func (s *stage) announced() (lines []string) {
	for len(s.recorder.Events) > 0 {
		lines = append(lines, <-s.recorder.Events)
	}
	return lines
}

// ending is a step with an outcome.
func ending(outcome error) step {
	return func(context.Context, *scope) error { return outcome }
}

func without(finalizer string) func(*v1alpha1.BackOfficeUser) {
	return func(u *v1alpha1.BackOfficeUser) {
		u.Finalizers = slices.DeleteFunc(u.Finalizers, func(f string) bool { return f == finalizer })
	}
}

// deleted has a finalizer of somebody else, too: the object stays when ours is gone.
func deleted(u *v1alpha1.BackOfficeUser) {
	now := metav1.Now()
	u.DeletionTimestamp, u.Finalizers = &now, append(u.Finalizers, "example.org/other")
}
