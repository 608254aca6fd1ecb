// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

func TestAReconcileThatRunsEndsByItselfWhenTheManagerEnds(t *testing.T) {
	g := NewWithT(t)
	running, end := context.WithCancel(t.Context())
	began, goOn := make(chan struct{}), make(chan struct{})
	e := &ending{}
	r := e.wrap(reconcile.Func(func(ctx context.Context, _ ctrl.Request) (ctrl.Result, error) {
		close(began)
		<-goOn
		return ctrl.Result{}, ctx.Err()
	}))
	outcome := make(chan error)
	go func() {
		_, err := r.Reconcile(running, ctrl.Request{})
		outcome <- err
	}()
	<-began
	end()
	connectionsClosed := make(chan struct{})
	c := closing{NewConnections(), make(chan struct{}), e}
	go func() {
		defer close(connectionsClosed)
		_ = c.Start(running)
	}()
	g.Consistently(connectionsClosed, 100*time.Millisecond).ShouldNot(BeClosed(), "it still needs its store")
	close(goOn)
	g.Expect(<-outcome).To(Succeed(), "its context has not ended")
	g.Eventually(connectionsClosed).Should(BeClosed())

	_, err := r.Reconcile(running, ctrl.Request{}) // would close a closed channel
	g.Expect(err).NotTo(HaveOccurred(), "nothing begins any more, and that is no failure")
}

func TestAReconcileDoesNotOutliveTheManagerForEver(t *testing.T) {
	g := NewWithT(t)
	parent, end := context.WithCancel(t.Context())
	ctx, cancel := outliving(parent, 50*time.Millisecond)
	defer cancel()
	end()
	g.Expect(ctx.Err()).NotTo(HaveOccurred())
	g.Eventually(ctx.Done()).Should(BeClosed())
}
