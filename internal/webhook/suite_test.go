// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	"context"
	"io"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	gomegatypes "github.com/onsi/gomega/types"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
	"github.com/backoffice-operator/backoffice-operator/internal/webhook"
)

func TestWebhook(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Webhook")
}

// canary is the real name of every user that is refused. It may stand in no answer and in no log.
const canary = "Zebulon Quagmire"

var (
	env    *testkit.Env
	cached cache.Cache // what the webhooks know
	logs   = gbytes.NewBuffer()
)

var _ = BeforeSuite(func(ctx SpecContext) {
	ctrl.SetLogger(zap.New(zap.WriteTo(io.MultiWriter(GinkgoWriter, logs))))
	var err error
	env, err = testkit.Start(ctx, GinkgoT().TempDir())
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(env.Stop()).To(Succeed()) })

	mgr, err := ctrl.NewManager(env.Manager, ctrl.Options{
		Scheme:        env.Scheme,
		WebhookServer: env.WebhookServer(),
		Metrics:       metricsserver.Options{BindAddress: "0"},
	})
	Expect(err).NotTo(HaveOccurred())
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	DeferCleanup(stop)
	Expect(gather.SetupIndexes(running, mgr.GetFieldIndexer())).To(Succeed())
	Expect(webhook.SetupWithManager(running, mgr, webhook.Options{Self: devcluster.ManagerUser})).To(Succeed())
	mgr.GetWebhookServer().Register(otherPath, &admission.Webhook{Handler: admission.HandlerFunc(somebodyElse)})
	cached = mgr.GetCache()
	go func() {
		defer GinkgoRecover()
		Expect(mgr.Start(running)).To(Succeed())
	}()
	Expect(cached.WaitForCacheSync(ctx)).To(BeTrue())
	Eventually(ctx, func() error { return mgr.GetWebhookServer().StartedChecker()(nil) }).WithTimeout(patience).Should(Succeed())
})

var _ = AfterSuite(func() {
	Expect(string(logs.Contents())).NotTo(ContainSubstring(canary), "personal data in the log")
})

// The identities of the specs. root has rank 0 in every back office of this suite, and the verb escalate; the others have what RBAC gives
// everybody, and what a spec delegates to them.
func root() client.Client { return testkit.As(env.Admin, "root", testkit.Escalators) }

func as(user string, groups ...string) client.Client { return testkit.As(env.Admin, user, groups...) }

// shop is a back office in which root may do everything.
func shop(namespace string, mods ...testkit.Mod) *v1alpha1.BackOffice {
	return testkit.Office("shop", namespace, append(mods, testkit.Delegates(0, testkit.Person("root")), testkit.Giving("*"))...)
}

// given has root create objects, and waits until the webhooks know them.
func given(ctx context.Context, objects ...client.Object) {
	GinkgoHelper()
	for _, o := range objects {
		Expect(root().Create(ctx, o)).To(Succeed(), "%T %s", o, o.GetName())
		known(ctx, o)
	}
}

// known waits until the webhooks know an object as it is.
func known(ctx context.Context, o client.Object) {
	GinkgoHelper()
	Eventually(ctx, func(g Gomega) {
		seen := o.DeepCopyObject().(client.Object)
		g.Expect(cached.Get(ctx, client.ObjectKeyFromObject(o), seen)).To(Succeed())
		g.Expect(seen.GetResourceVersion()).To(Equal(o.GetResourceVersion()))
	}).WithPolling(polling).WithTimeout(patience).Should(Succeed())
}

// gone lets an object that is being deleted go, as the operator would, and waits until the webhooks no longer know it.
func gone(ctx context.Context, o client.Object) {
	GinkgoHelper()
	Expect(behind().Patch(ctx, o.DeepCopyObject().(client.Object), patch(noFinalizers))).To(Succeed())
	Eventually(ctx, func() error {
		return cached.Get(ctx, client.ObjectKeyFromObject(o), o.DeepCopyObject().(client.Object))
	}).WithPolling(polling).WithTimeout(patience).Should(Satisfy(apierrors.IsNotFound))
}

const (
	polling  = 5 * time.Millisecond // a watch event is there at once
	patience = 10 * time.Second
)

// beRefused matches an answer that names all problems, and no personal data.
func beRefused(problems ...string) gomegatypes.GomegaMatcher {
	texts := []gomegatypes.GomegaMatcher{Not(ContainSubstring(canary))}
	for _, problem := range problems {
		texts = append(texts, ContainSubstring(problem))
	}
	return And(Satisfy(apierrors.IsInvalid), WithTransform(error.Error, And(texts...)))
}

// listener acts as a user and keeps the warnings.
type listener struct {
	client.Client
	warnings []string
}

func listening(user string, groups ...string) *listener {
	l := &listener{}
	cfg := rest.CopyConfig(env.Admin)
	cfg.WarningHandler = l
	l.Client = testkit.As(cfg, user, groups...)
	return l
}

// HandleWarningHeader implements rest.WarningHandler.
func (l *listener) HandleWarningHeader(_ int, _, text string) { l.warnings = append(l.warnings, text) }

// changed returns a copy of a stored object with changes.
func changed[T client.Object](o T, mods ...testkit.Mod) T {
	c := o.DeepCopyObject().(T)
	for _, mod := range mods {
		mod(c)
	}
	return c
}
