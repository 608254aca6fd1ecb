// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// calls are how often the webhooks were called: the mutating one, and those that validate.
type calls struct{ stamped, validated int }

func called() calls {
	GinkgoHelper()
	families, err := metrics.Registry.Gather()
	Expect(err).NotTo(HaveOccurred())
	var c calls
	for _, family := range families {
		if family.GetName() != "controller_runtime_webhook_requests_total" {
			continue
		}
		for _, m := range family.GetMetric() {
			for _, label := range m.GetLabel() {
				switch {
				case label.GetName() != "webhook":
				case label.GetValue() == "/admit":
					c.stamped += int(m.GetCounter().GetValue())
				case strings.HasPrefix(label.GetValue(), "/validate-"):
					c.validated += int(m.GetCounter().GetValue())
				}
			}
		}
	}
	return c
}

var _ = Describe("The webhooks are called", Serial, func() {
	var (
		namespace string
		office    *v1alpha1.BackOffice
		ann       *v1alpha1.BackOfficeUser
	)
	// costs does something and expects so many calls.
	costs := func(want calls, what string, do func() error) {
		GinkgoHelper()
		before := called()
		Expect(do()).To(Succeed(), what)
		after := called()
		Expect(calls{after.stamped - before.stamped, after.validated - before.validated}).To(Equal(want), what)
	}
	const (
		ours   = "access.backoffice-operator.io/"
		status = `{"status": {"conditions": [{"type": "Ready", "status": "False", "reason": %q, "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}}`
	)

	BeforeEach(func(ctx SpecContext) {
		namespace = testkit.FreshNamespace(ctx, env.Client())
		office, ann = shop(namespace), testkit.User("ann", namespace, testkit.Annotations("a", "b"))
		given(ctx, office, ann)
		settled(ctx, office, ann)
	})

	It("once each for a creation, and once for a deletion", func(ctx SpecContext) {
		bob := testkit.User("bob", namespace)
		costs(calls{1, 1}, "create", func() error { return root().Create(ctx, bob) })
		costs(calls{1, 1}, "dry run", func() error { return root().Create(ctx, testkit.User("carl", namespace), client.DryRunAll) })
		costs(calls{0, 1}, "delete", func() error { return root().Delete(ctx, bob) })
	})

	It("once each for a change of what is judged", func(ctx SpecContext) {
		for _, change := range []string{
			`{"spec": {"state": "Blocked"}}`, `{"metadata": {"labels": {"a": "b"}}}`, `{"metadata": {"labels": null}}`,
			`{"metadata": {"annotations": {"` + ours + `hold": "x"}}}`, `{"metadata": {"annotations": {"` + ours + `hold": "y"}}}`,
			`{"metadata": {"annotations": {"` + ours + `hold": null}}}`,
			`{"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "x"}]}}`,
		} {
			costs(calls{1, 1}, change, func() error { return root().Patch(ctx, ann, patch(change)) })
		}
	})

	It("by nothing else", func(ctx SpecContext) {
		for _, o := range []client.Object{ann, office} {
			for _, change := range []string{
				`{}`, `{"metadata": {"annotations": {"a": "c"}}}`, `{"metadata": {"annotations": {"d": "e"}}}`, `{"metadata": {"annotations": {"a": null}}}`,
				`{"metadata": {"finalizers": ["` + ours + `finalizer", "a/b"]}}`,
			} {
				costs(calls{}, change, func() error { return as("eve").Patch(ctx, o, patch(change)) })
			}
			costs(calls{}, "status", func() error { return as("eve").Status().Patch(ctx, o, patch(fmt.Sprintf(status, "LoginTaken"))) })
			costs(calls{}, "nothing", func() error { return as("eve").Update(ctx, o) })
		}
	})

	It("by the mutating one alone where it puts back what somebody takes away", func(ctx SpecContext) {
		costs(calls{1, 0}, "stamp", func() error {
			return as("eve").Patch(ctx, ann, patch(`{"metadata": {"annotations": {"`+ours+`admitted": null}}}`))
		})
		costs(calls{1, 0}, "finalizer", func() error { return as("eve").Patch(ctx, ann, patch(`{"metadata": {"finalizers": null}}`)) })
		Expect(ann.Finalizers).To(Equal([]string{v1alpha1.Finalizer}))
		stampOf(ann)
	})

	It("never by the operator", func(ctx SpecContext) {
		costs(calls{}, "status", func() error { return behind().Status().Patch(ctx, ann, patch(fmt.Sprintf(status, "NotAdmitted"))) })
		costs(calls{}, "wakes", func() error { return behind().Patch(ctx, ann, patch(`{"metadata": {"annotations": {"a": "c"}}}`)) })
		Expect(root().Delete(ctx, ann)).To(Succeed())
		costs(calls{}, "releases", func() error { return behind().Patch(ctx, ann, patch(`{"metadata": {"finalizers": null}}`)) })
	})

	It("for every update of an object that was not admitted, or not with enough power", func(ctx SpecContext) {
		for _, reason := range []string{"NotAdmitted", "NotAuthorized", "SubjectsRefused"} {
			Expect(behind().Status().Patch(ctx, ann, patch(fmt.Sprintf(status, reason)))).To(Succeed())
			costs(calls{1, 1}, reason, func() error {
				return as("eve").Patch(ctx, ann, patch(`{"metadata": {"annotations": {"a": "`+reason+`"}}}`))
			})
		}
		Expect(behind().Status().Patch(ctx, ann, patch(fmt.Sprintf(status, "PolicyViolated")))).To(Succeed())
		costs(calls{}, "another reason", func() error { return as("eve").Patch(ctx, ann, patch(`{"metadata": {"annotations": {"a": "c"}}}`)) })

		unstamped := testkit.User("behind", namespace)
		Expect(behind().Create(ctx, unstamped)).To(Succeed())
		costs(calls{1, 1}, "no stamp", func() error {
			return as("eve").Patch(ctx, unstamped, patch(`{"metadata": {"annotations": {"a": "c"}}}`))
		})
	})

	It("where there is too much to look through, which is then found not to be judged", func(ctx SpecContext) {
		for i := range 64 {
			Expect(as("eve").Patch(ctx, ann, patch(fmt.Sprintf(`{"metadata": {"annotations": {"a%d": ""}}}`, i)))).To(Succeed())
		}
		costs(calls{1, 1}, "a foreign annotation", func() error { return as("eve").Patch(ctx, ann, patch(`{"metadata": {"annotations": {"a0": null}}}`)) })
		costs(calls{}, "a finalizer", func() error {
			return as("eve").Patch(ctx, ann, patch(`{"metadata": {"finalizers": ["`+ours+`finalizer", "a/b"]}}`))
		})
	})
})
