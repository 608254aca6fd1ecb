// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"gomodules.xyz/jsonpatch/v2"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// otherPath is where the webhook of somebody else is served, beside ours.
const otherPath = "/somebody-else"

// other is what that webhook does to each object; it is set by a spec.
var other atomic.Pointer[func(metav1.Object) []jsonpatch.Operation]

func somebodyElse(_ context.Context, r admission.Request) admission.Response {
	var object metav1.PartialObjectMetadata
	if err := json.Unmarshal(r.Object.Raw, &object); err != nil {
		return admission.Errored(http.StatusBadRequest, err)
	}
	return admission.Patched("", (*other.Load())(&object)...)
}

var _ = Describe("Another mutating webhook", Serial, func() {
	var namespace string
	label := func(name, value string) jsonpatch.Operation {
		return jsonpatch.NewOperation("add", "/metadata/labels/"+name, value)
	}
	// install lets the other webhook see the objects of this spec's namespace, after ours, and waits until the API server knows.
	install := func(ctx SpecContext, what func(metav1.Object) []jsonpatch.Operation) {
		GinkgoHelper()
		authority, err := os.ReadFile(filepath.Join(env.Webhooks.CertDir, "tls.crt"))
		Expect(err).NotTo(HaveOccurred())
		config := &admissionregistrationv1.MutatingWebhookConfigurationList{}
		Expect(env.Client().List(ctx, config)).To(Succeed())
		ours := config.Items[0].Webhooks[0]
		url := strings.Replace(*ours.ClientConfig.URL, "/admit", otherPath, 1)
		theirs := &admissionregistrationv1.MutatingWebhookConfiguration{
			ObjectMeta: metav1.ObjectMeta{Name: "zz-somebody-else"},
			Webhooks: []admissionregistrationv1.MutatingWebhook{{
				Name: "somebody-else.example.org", Rules: ours.Rules, AdmissionReviewVersions: []string{"v1"}, SideEffects: ours.SideEffects,
				ReinvocationPolicy: ours.ReinvocationPolicy,
				ClientConfig:       admissionregistrationv1.WebhookClientConfig{URL: &url, CABundle: authority},
				NamespaceSelector:  &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": namespace}},
			}},
		}
		probe := func(metav1.Object) []jsonpatch.Operation { return []jsonpatch.Operation{label("seen", "yes")} }
		other.Store(&probe)
		Expect(env.Client().Create(ctx, theirs)).To(Succeed())
		DeferCleanup(func(ctx SpecContext) { Expect(env.Client().Delete(ctx, theirs)).To(Succeed()) })
		Eventually(ctx, func(g Gomega) {
			u := testkit.User("probe", namespace, testkit.Labels("a", "b"))
			g.Expect(root().Create(ctx, u, client.DryRunAll)).To(Succeed())
			g.Expect(u.Labels).To(HaveKey("seen"))
		}).WithPolling(polling).WithTimeout(patience).Should(Succeed())
		other.Store(&what)
	}

	BeforeEach(func(ctx SpecContext) {
		namespace = testkit.FreshNamespace(ctx, env.Client())
		given(ctx, shop(namespace, testkit.Delegates(4, testkit.Person("lea"))))
	})

	It("may change what the stamp covers: ours is asked again, and what it changed is judged", func(ctx SpecContext) {
		hq := testkit.Set("headquarters", namespace, testkit.Rank(1))
		given(ctx, hq, testkit.Binding("hq-by-label", namespace, testkit.ToSet("headquarters"), testkit.ForLabels("team", "hq")))
		install(ctx, func(o metav1.Object) []jsonpatch.Operation {
			if o.GetLabels()["team"] == o.GetLabels()["join"] {
				return nil
			}
			return []jsonpatch.Operation{label("team", o.GetLabels()["join"])}
		})
		before := called()
		ann := testkit.User("ann", namespace, testkit.Labels("join", "support"))
		Expect(as("lea").Create(ctx, ann)).To(Succeed())
		Expect(called().stamped - before.stamped).To(Equal(2))
		Expect(ann.Labels).To(HaveKeyWithValue("team", "support"))
		Expect(stampOf(ann).User).To(Equal("lea"))

		known(ctx, ann)
		moved := changed(ann, testkit.Labels("join", "sales"))
		Expect(as("lea").Update(ctx, moved)).To(Succeed())
		Expect(moved.Labels).To(HaveKeyWithValue("team", "sales"))
		Expect(stampOf(moved).ID).NotTo(Equal(stampOf(ann).ID))
		Expect(as("lea").Create(ctx, testkit.User("bob", namespace, testkit.Labels("join", "hq")))).To(beRefused("would get binding " + namespace + "/hq-by-label"))
	})

	It("that changes it once more when it is asked again is found out, and the way out is said", func(ctx SpecContext) {
		var counter atomic.Int32
		install(ctx, func(metav1.Object) []jsonpatch.Operation {
			return []jsonpatch.Operation{label("count", string(rune('a'+counter.Add(1))))}
		})
		Expect(as("lea").Create(ctx, testkit.User("ann", namespace, testkit.Labels("a", "b")))).To(beRefused(
			"metadata.annotations[access.backoffice-operator.io/admitted]: Forbidden: the admission webhook writes this annotation, and it does not fit the object: " +
				"another mutating webhook may have changed the object afterwards, or facts have changed meanwhile; try again"))
	})

	It("cannot write a stamp", func(ctx SpecContext) {
		install(ctx, func(o metav1.Object) []jsonpatch.Operation {
			s, ok := stamp.Of(o)
			if !ok || s.Power != nil && s.Power[0].Rank == 0 {
				return nil
			}
			s.Power = append(s.Power, testkit.Unlimited())
			s.Power[0], s.Power[1] = s.Power[1], s.Power[0]
			return []jsonpatch.Operation{jsonpatch.NewOperation("add", "/metadata/annotations/access.backoffice-operator.io~1admitted", s.String())}
		})
		ann := testkit.User("ann", namespace, testkit.Labels("a", "b"))
		Expect(as("lea").Create(ctx, ann)).To(beRefused(v1alpha1.AnnotationAdmitted, "it claims more power than there is"))
	})
})
