// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"context"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
)

// faulty is a client whose calls fail where a spec says so; nil: they go through.
type faulty struct {
	client.Client
	get, create, update func(client.Object) error
	// created and updated are what a Create and an Update are answered with after they went through.
	created, updated error
	status           error
}

// Get implements client.Reader.
func (c faulty) Get(ctx context.Context, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
	if c.get != nil {
		if err := c.get(o); err != nil {
			return err
		}
	}
	return c.Client.Get(ctx, key, o, opts...)
}

// Create implements client.Writer.
func (c faulty) Create(ctx context.Context, o client.Object, opts ...client.CreateOption) error {
	if c.create != nil {
		if err := c.create(o); err != nil {
			return err
		}
	}
	if err := c.Client.Create(ctx, o, opts...); err != nil {
		return err
	}
	return c.created
}

// Update implements client.Writer.
func (c faulty) Update(ctx context.Context, o client.Object, opts ...client.UpdateOption) error {
	if c.update != nil {
		if err := c.update(o); err != nil {
			return err
		}
	}
	if err := c.Client.Update(ctx, o, opts...); err != nil {
		return err
	}
	return c.updated
}

// Status implements client.StatusClient.
func (c faulty) Status() client.SubResourceWriter {
	if c.status == nil {
		return c.Client.Status()
	}
	return faultyStatus{SubResourceWriter: c.Client.Status(), err: c.status}
}

type faultyStatus struct {
	client.SubResourceWriter
	err error
}

// Update implements client.SubResourceWriter.
func (c faultyStatus) Update(context.Context, client.Object, ...client.SubResourceUpdateOption) error {
	return c.err
}

// always fails whatever the object.
func always(err error) func(client.Object) error {
	return func(client.Object) error { return err }
}

// converge repeats the reconcile as a controller does, until the object is Ready. It may not take long.
func (w *world) converge(o flow.Object) {
	GinkgoHelper()
	for range 5 {
		_, _ = w.try(o)
		if meta.IsStatusConditionTrue(*o.GetConditions(), v1alpha1.ConditionReady) {
			return
		}
		w.seeSecrets()
	}
	Expect(*o.GetConditions()).To(BeNil(), "it should be Ready by now")
}

// secret is the user's Secret.
func (w *world) secret(u *v1alpha1.BackOfficeUser) *corev1.Secret {
	GinkgoHelper()
	s := &corev1.Secret{}
	Expect(admin.Get(ctx, client.ObjectKey{Namespace: u.Namespace, Name: u.SecretName()}, s)).To(Succeed())
	return s
}

// delivered counts the writes of passwords among these requests.
func delivered(writes []string) int {
	return len(slices.DeleteFunc(slices.Clone(writes), func(line string) bool { return !strings.Contains(line, "/secrets") }))
}

// passwords are those that the user's Secrets hold: none or one.
func (w *world) passwords(u *v1alpha1.BackOfficeUser) (all []string) {
	GinkgoHelper()
	var secrets corev1.SecretList
	Expect(admin.List(ctx, &secrets, client.InNamespace(u.Namespace), client.MatchingLabels{v1alpha1.LabelSecret: v1alpha1.SecretCredential})).To(Succeed())
	for _, s := range secrets.Items {
		all = append(all, string(s.Data[corev1.BasicAuthPasswordKey]))
	}
	return all
}

// lose deletes the user's Secret, whoever holds it, and waits until the operator sees that.
func (w *world) lose(u *v1alpha1.BackOfficeUser) {
	GinkgoHelper()
	secret := w.secret(u)
	held := secret.DeepCopy()
	secret.Finalizers = nil
	Expect(admin.Patch(ctx, secret, client.MergeFrom(held))).To(Succeed())
	Expect(client.IgnoreNotFound(admin.Delete(ctx, secret))).To(Succeed())
	Eventually(func() bool {
		return apierrors.IsNotFound(operator.GetCache().Get(ctx, client.ObjectKeyFromObject(secret), secretMetadata()))
	}, soon, time.Millisecond).Should(BeTrue())
}
