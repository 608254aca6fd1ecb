// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"encoding/json"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// thiefs is a password that somebody would like to be somebody else's.
const thiefs = "The-Password-of-a-thief-1"

// keepsOut demands that a password lets nobody in, now and for a moment.
func (h *house) keepsOut(login, password string) {
	GinkgoHelper()
	Consistently(func() bool { return letsIn(h.namespace, login, password) }, while, often).Should(BeFalse())
}

// letsIn demands that a password lets its user in, now and for a moment.
func (h *house) letsIn(login, password string) {
	GinkgoHelper()
	Consistently(func() bool { return letsIn(h.namespace, login, password) }, while, often).Should(BeTrue())
}

// moment is a time as people write it, that much after now.
func moment(ahead time.Duration) string { return time.Now().Add(ahead).UTC().Format(time.RFC3339) }

// nextSecond waits until moments that are written now are later than what is stored: the stores have whole seconds.
func nextSecond() { time.Sleep(1100 * time.Millisecond) }

// merged is a merge patch of somebody, as JSON.
func merged(c client.Client, o client.Object, patch map[string]any, opts ...client.PatchOption) error {
	GinkgoHelper()
	body, err := json.Marshal(patch)
	Expect(err).NotTo(HaveOccurred())
	return patched(c, o, types.MergePatchType, string(body), opts...)
}

// inCredentials is a patch of spec.credentials.
func inCredentials(c map[string]any) map[string]any {
	return map[string]any{"spec": map[string]any{"credentials": c}}
}

// writesOffices lets somebody write back offices, as far as RBAC is concerned, but for the verb escalate.
func writesOffices(name, namespace string) {
	GinkgoHelper()
	writer := &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: namespace + "-" + name},
		Rules:      []rbacv1.PolicyRule{{APIGroups: []string{v1alpha1.GroupVersion.Group}, Resources: []string{"backoffices"}, Verbs: []string{"get", "update", "patch"}}},
	}
	Expect(masters().Create(ctx, writer)).To(Succeed())
	DeferCleanup(func() { Expect(masters().Delete(ctx, writer)).To(Succeed()) })
	Expect(devcluster.Bind(ctx, masters(), writer.Name, rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name})).To(Succeed())
}

var _ = Describe("Who tries to get at the password of somebody stronger", func() {
	It("by a reset, a rotation or another source of it is refused, by field as by annotation, and the password works on", func() {
		h := furnished()
		before := passwordOf(h.boss)
		for way, patch := range map[string]map[string]any{
			"reset":       inCredentials(map[string]any{"reset": moment(0)}),
			"reset asked": {"metadata": map[string]any{"annotations": map[string]any{v1alpha1.AnnotationResetRequestedAt: moment(0)}}},
			"rotation":    {"metadata": map[string]any{"annotations": map[string]any{v1alpha1.AnnotationRotationRequestedAt: moment(0)}}},
			"interval":    inCredentials(map[string]any{"rotation": map[string]any{"interval": "1h"}}),
			"none":        inCredentials(map[string]any{"source": "None"}),
			"supplied":    inCredentials(map[string]any{"source": "SecretRef", "secretRef": map[string]any{"name": "mine"}}),
			"invitation":  {"spec": map[string]any{"credentials": map[string]any{"source": "Invitation"}, "profile": map[string]any{"email": "lea@shop.example"}}},
		} {
			Expect(merged(lea(), h.boss, patch)).To(beyond("lea"), way)
			Expect(merged(maxi(), h.boss, patch)).To(beyond("max"), way)
			Expect(merged(eve(), h.bob, patch)).To(refuse(`matches "eve"`), way)
			Expect(merged(lea(), h.bob, patch, client.DryRunAll)).To(Succeed(), way)
		}
		h.letsIn("boss", before)
		eventually(h.boss, Satisfy(versioned(1)))
		Expect(passwordOf(h.boss)).To(Equal(before))
	})

	It("by a fraction of a second, which no admission stamp sees, resets nothing a second time", func() {
		h := furnished()
		nextSecond()
		at := moment(2 * time.Second) // what is issued then is of this very second
		Expect(merged(root(), h.boss, inCredentials(map[string]any{"reset": at}))).To(Succeed())
		eventually(h.boss, And(beReady(), Satisfy(versioned(2))))
		before := passwordOf(h.boss)
		Expect(merged(eve(), h.boss, inCredentials(map[string]any{"reset": at[:len(at)-1] + ".999Z"}))).To(Succeed(), "to the second it is the same")
		eventually(h.boss, beReady())
		h.letsIn("boss", before)
		eventually(h.boss, Satisfy(versioned(2)))

		By("nor of all")
		nextSecond()
		at = moment(3 * time.Second)
		office := testkit.Office("shop", h.namespace)
		Expect(merged(root(), office, inCredentials(map[string]any{"resetIssuedBefore": at}))).To(Succeed())
		eventually(h.boss, And(beReady(), Satisfy(versioned(3))))
		before = passwordOf(h.boss)
		writesOffices("zero", h.namespace)
		Eventually(func() error {
			return merged(as("zero"), office, inCredentials(map[string]any{"resetIssuedBefore": at[:len(at)-1] + ".999Z"}))
		}, soon, often).Should(Succeed())
		eventually(office, beReady())
		h.letsIn("boss", before)
		eventually(h.boss, Satisfy(versioned(3)))
	})

	It("by a reset of everybody, or other rules for passwords, needs the verb escalate, whatever the delegation", func() {
		h := furnished(testkit.Delegates(0, testkit.Person("zero")), testkit.Giving("*"))
		writesOffices("zero", h.namespace)
		before := passwordOf(h.boss)
		office := testkit.Office("shop", h.namespace)
		Eventually(func() error { return change(as("zero"), office, testkit.Labels("by", "zero")) }, soon, often).Should(refuse("escalate"))
		for _, patch := range []map[string]any{
			inCredentials(map[string]any{"resetIssuedBefore": moment(0)}),
			inCredentials(map[string]any{"structure": map[string]any{"length": 8}}),
			inCredentials(map[string]any{"delivery": map[string]any{"labels": []string{"team"}}}),
			{"spec": map[string]any{"store": map[string]any{"adoption": "Force"}}},
		} {
			Expect(merged(as("zero"), office, patch)).To(refuse(`takes the RBAC verb "escalate" on it`))
		}
		h.letsIn("boss", before)
	})

	It("by an old manifest with an old reset resets nothing, on the same account, and made anew", func() {
		h := furnished()
		old := moment(-time.Hour)
		Expect(merged(root(), h.boss, inCredentials(map[string]any{"reset": old}))).To(Succeed())
		eventually(h.boss, beReady())
		first := passwordOf(h.boss)
		h.letsIn("boss", first)
		nextSecond()
		Expect(merged(root(), h.boss, inCredentials(map[string]any{"reset": moment(0)}))).To(Succeed())
		eventually(h.boss, And(beReady(), Satisfy(versioned(2))))
		second := passwordOf(h.boss)
		h.keepsOut("boss", first)

		By("which the schema refuses to go back to")
		Expect(merged(root(), h.boss, inCredentials(map[string]any{"reset": old}))).To(refuse("reset only moves forward"))
		Expect(merged(root(), h.boss, map[string]any{"spec": map[string]any{"credentials": nil}})).To(refuse("reset only moves forward"))
		h.letsIn("boss", second)

		By("and which on a new object is older than its first password")
		again := h.user("late", credentials(v1alpha1.UserCredentials{Reset: new(metav1.NewTime(time.Now().Add(-time.Hour)))}))
		given(again)
		h.letsIn("late", passwordOf(again))
		eventually(again, Satisfy(versioned(1)))
	})

	It("by what is written while the webhooks are away has it taken by no account, also when somebody admits the object anew", Serial, func() {
		h := furnished()
		before := map[string]string{"boss": passwordOf(h.boss), "ann": passwordOf(h.ann), "bob": passwordOf(h.bob)}
		suppliedSecret(h.namespace, "supplied", thiefs)
		restore := withoutWebhooks(h)
		nextSecond()
		Expect(change(eve(), h.boss, suppliedBy("supplied"))).To(Succeed())
		Expect(change(eve(), h.ann, invitedTo("eve@shop.example"))).To(Succeed())
		Expect(merged(eve(), h.bob, inCredentials(map[string]any{"reset": moment(0)}))).To(Succeed())
		for _, u := range []*v1alpha1.BackOfficeUser{h.boss, h.ann, h.bob} {
			eventually(u, notReady(v1alpha1.ReasonNotAdmitted))
			h.keepsOut(u.Name, before[u.Name])
		}
		Expect(query(h.namespace, "SELECT token FROM outbox_mail")).To(BeEmpty())
		restore()
		for _, u := range []*v1alpha1.BackOfficeUser{h.boss, h.ann} {
			Expect(merged(root(), u, map[string]any{"spec": map[string]any{"credentials": nil, "profile": nil}})).To(Succeed())
			eventually(u, beReady())
			h.keepsOut(u.Name, thiefs)
			h.letsIn(u.Name, before[u.Name])
			eventually(u, Satisfy(versioned(1)))
		}
		Expect(asked(root(), h.bob)).To(Succeed())
		eventually(h.bob, And(beReady(), Satisfy(versioned(2))))
		h.keepsOut("bob", before["bob"])
		h.letsIn("bob", passwordOf(h.bob))
	})

	It("by rules for passwords that are written while the webhooks are away has no password made, hidden or ended by them", Serial, func() {
		h := furnished()
		writesOffices("mallory", h.namespace)
		before := secretOf(h.boss)
		restore := withoutWebhooks(h)
		nextSecond()
		office := testkit.Office("shop", h.namespace)
		Eventually(func() error {
			return merged(as("mallory"), office, inCredentials(map[string]any{
				"structure": map[string]any{"length": 8}, "delivery": map[string]any{"mode": "OneTime", "ttl": "1m"}, "resetIssuedBefore": moment(0),
			}))
		}, soon, often).Should(Succeed())
		eventually(office, notReady(v1alpha1.ReasonNotAdmitted))
		Expect(change(root(), h.boss, annotate(v1alpha1.AnnotationReconcileRequestedAt, "1"))).To(Succeed())
		h.letsIn("boss", string(before.Data[corev1.BasicAuthPasswordKey]))
		isUntouched(before)
		restore()
		h.letsIn("boss", string(before.Data[corev1.BasicAuthPasswordKey]))

		By("until who has the verb admits it, and the reset with it")
		Expect(merged(root(), office, inCredentials(map[string]any{"structure": nil, "delivery": nil}))).To(Succeed())
		eventually(office, beReady())
		eventually(h.boss, Satisfy(versioned(2)))
		h.keepsOut("boss", string(before.Data[corev1.BasicAuthPasswordKey]))
		Expect(passwordOf(h.boss)).To(HaveLen(24))
	})
})

var _ = Describe("Who tries to come by an account that others have left", func() {
	It("by the login of one that may be adopted is refused by the account itself, which keeps its protection and its password", func() {
		h := furnished()
		bosses := passwordOf(h.boss)
		Expect(change(root(), h.boss, deletionPolicy(v1alpha1.DeletionOrphan))).To(Succeed())
		eventually(h.boss, beReady())
		Expect(root().Delete(ctx, h.boss)).To(Succeed())
		vanishes(h.boss)
		Expect(merged(root(), testkit.Office("shop", h.namespace), map[string]any{"spec": map[string]any{"store": map[string]any{"adoption": "IfUnowned"}}})).To(Succeed())
		heir := h.user("heir", testkit.Login("boss"))
		Expect(lea().Create(ctx, heir)).To(Succeed())
		eventually(heir, And(notReady(v1alpha1.ReasonNotAuthorized), saying("stronger")))
		h.letsIn("boss", bosses)

		By("and goes, with its password, to whom somebody stronger gives it")
		Expect(asked(root(), heir)).To(Succeed())
		eventually(heir, beReady())
		h.letsIn("boss", bosses)
		Expect(heir.Status.Credential.Source).To(Equal("Adopted"))
	})

	It("by making an object anew that was lost without its account is refused by the account, which keeps its protection", Serial, func() {
		h := furnished()
		bosses := passwordOf(h.boss)
		restore := withoutWebhooks(h)
		stop() // what goes now is lost, and not deleted
		for _, o := range []client.Object{h.chiefs, h.boss} {
			Expect(patched(masters(), o, types.MergePatchType, `{"metadata": {"finalizers": null}}`)).To(Succeed())
			Expect(masters().Delete(ctx, o)).To(Succeed())
			vanishes(o)
		}
		start()
		restore()
		Eventually(func() bool { return letsIn(h.namespace, "boss", bosses) }, soon, often).Should(BeFalse(), "an account without an object is blocked")
		h.gets("boss", asNobody)

		suppliedSecret(h.namespace, "supplied", thiefs)
		again := h.user("boss", suppliedBy("supplied"))
		Expect(lea().Create(ctx, again)).To(Succeed())
		eventually(again, And(notReady(v1alpha1.ReasonNotAuthorized), saying("stronger")))
		Expect(asked(lea(), again)).To(Succeed())
		h.keepsOut("boss", thiefs)
		h.keepsOut("boss", bosses)

		By("and goes, with its password, to whom somebody stronger gives it")
		Expect(merged(root(), again, inCredentials(nil))).To(Succeed())
		eventually(again, beReady())
		h.keepsOut("boss", thiefs)
		h.letsIn("boss", bosses)
		h.letsIn("boss", passwordOf(again))
		h.gets("boss", asNobody)
	})
})
