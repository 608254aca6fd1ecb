// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"strconv"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// grace is one that no spec lives to see the end of, and brief one that it waits for.
const (
	grace = time.Hour
	brief = time.Second
)

// rotating is a back office with one user whose password is there.
func rotating(w *world, mods ...testkit.Mod) (shop *v1alpha1.BackOffice, ann *v1alpha1.BackOfficeUser) {
	GinkgoHelper()
	shop, ann = testkit.Office("shop", w.namespace, mods...), testkit.User("ann", w.namespace)
	w.settle(shop, ann)
	Expect(ann).To(beReady())
	w.seeSecrets()
	return shop, ann
}

var _ = Describe("A rotation", func() {
	It("is one write of the Secret, one of the status and two transactions; both passwords work, and the status tells", func() {
		w := newWorld()
		shop, ann := rotating(w, rotates(3*time.Hour, grace))
		first := w.password(ann)
		Expect(ann.Status.Credential.NextRotationTime.Time).To(BeTemporally("~", ann.Status.Credential.IssuedAt.Add(3*time.Hour), 20*time.Minute))
		w.age(shop, 3*time.Hour)
		result := w.reconcile(ann)
		Expect(result.RequeueAfter).To(BeNumerically("~", 170*time.Minute, 11*time.Minute), "the next one")
		got := w.spent()
		Expect(got.writes).To(ConsistOf(HaveSuffix("/secrets/ann-credentials"), HaveSuffix("/backofficeusers/ann/status")))
		Expect(got.reads).To(ConsistOf(HaveSuffix("/secrets/ann-credentials")))
		Expect(got.calls).To(Equal([]string{"Apply", "Apply"}))
		Expect(got.changes).To(Equal(2))
		Expect(ann).To(beReady())
		Expect(w.keeps(ann, first)).To(BeFalse())
		Expect(w.logsIn(ann)).To(BeTrue())
		Expect(w.letsIn(ann, first)).To(BeTrue(), "for the grace")
		Expect(ann).To(haveCredential(And(HaveField("Version", int64(2)), HaveField("Source", "Generated"))))
		Expect(ann.Status.Credential.IssuedAt.Time).To(BeTemporally("~", time.Now(), time.Minute))
		secret := w.secret(ann)
		Expect(secret.Annotations).To(HaveKeyWithValue(v1alpha1.AnnotationVersion, "2"))
		Expect(secret.Annotations).To(HaveKeyWithValue(v1alpha1.AnnotationIssuedAt, ann.Status.Credential.IssuedAt.UTC().Format(time.RFC3339)))
		Expect(w.told()).To(ConsistOf(ContainSubstring("Normal PasswordRotated")))

		By("never again by a restart or a resync")
		w.seeSecrets()
		w.spent()
		for range 3 {
			w.reconcile(ann)
		}
		Expect(w.spent()).To(Equal(cost{}))
		w.reopen(shop)
		result = w.reconcile(ann)
		Expect(w.spent()).To(Equal(cost{}))
		Expect(result.RequeueAfter).To(BeNumerically("~", time.Until(ann.Status.Credential.NextRotationTime.Time), 5*time.Second))
	})

	It("ends the former password when the grace is over, and not before", func() {
		w := newWorld()
		shop, ann := rotating(w, rotates(0, brief))
		first := w.password(ann)
		w.askRotation(shop, ann)
		live := w.users.Live
		w.users.Live = faulty{Client: live, update: always(apierrors.NewInternalError(errCrash))}
		for range 2 { // the grace begins when the Secret is written
			_, err := w.try(ann)
			Expect(err).To(HaveOccurred())
		}
		time.Sleep(2 * brief)
		Expect(w.keeps(ann, first)).To(BeTrue())
		Expect(w.logsIn(ann)).To(BeTrue())
		w.users.Live = live
		w.converge(ann)
		Expect(w.letsIn(ann, first)).To(BeTrue())
		Expect(w.logsIn(ann)).To(BeTrue())
		Eventually(func() bool { return w.letsIn(ann, first) }, soon, 100*time.Millisecond).Should(BeFalse())
		Expect(w.logsIn(ann)).To(BeTrue())
	})

	It("is made once for each value of the annotation", func() {
		w := newWorld()
		shop, ann := rotating(w, rotates(0, grace))
		w.askRotation(shop, ann)
		w.converge(ann)
		Expect(w.version(ann)).To(Equal("2"))
		w.seeSecrets()
		w.spent()
		w.reconcile(ann)
		Expect(w.spent()).To(Equal(cost{}))

		By("waiting for one that lies ahead")
		w.annotate(ann, v1alpha1.AnnotationRotationRequestedAt, moment(time.Hour))
		Expect(w.reconcile(ann).RequeueAfter).To(BeNumerically("~", time.Hour, 10*time.Second))
		Expect(w.version(ann)).To(Equal("2"))
	})

	It("comes to a blocked account and not to a deactivated one", func() {
		w := newWorld()
		shop := testkit.Office("shop", w.namespace, rotates(3*time.Hour, grace))
		ann, bob := testkit.User("ann", w.namespace), testkit.User("bob", w.namespace)
		w.settle(shop, ann, bob)
		w.change(ann, func() { ann.Spec.State = v1alpha1.StateBlocked })
		w.change(bob, func() { bob.Spec.State = v1alpha1.StateDeactivated })
		w.age(shop, 3*time.Hour)
		w.reconcile(ann)
		w.reconcile(bob)
		Expect(w.version(ann)).To(Equal("2"))
		Expect(w.version(bob)).To(Equal("1"))
		Expect(bob.Status.Credential.NextRotationTime).To(BeNil())
	})

	const fenced = "where another manager has taken over before"
	// Each fault ends a reconcile between two steps of a rotation.
	faults := map[string]func(*world){
		"before the verifier is stored":              func(w *world) { w.tap().cutAt(1, errCrash) },
		"as the verifier was stored, unheard":        func(w *world) { w.tap().loseAnswerAt(1, errCrash) },
		"between verifier and Secret":                func(w *world) { w.breakSecrets(faulty{update: always(errCrash)}) },
		"as the Secret was written, unheard":         func(w *world) { w.breakSecrets(faulty{updated: errCrash}) },
		"between Secret and its record":              func(w *world) { w.tap().cutAt(2, errCrash) },
		"as the record was written, unheard":         func(w *world) { w.tap().loseAnswerAt(2, errCrash) },
		"between the record and the status":          func(w *world) { w.users.Client = faulty{Client: w.users.Client, status: errCrash} },
		"where the Secret cannot be read":            func(w *world) { w.breakSecrets(faulty{get: always(errCrash)}) },
		"where somebody else changes the Secret":     func(w *world) { w.breakSecrets(faulty{update: conflicting}) },
		"where the Secret goes before it is written": func(w *world) { w.breakSecrets(faulty{update: vanishing}) },
		"where the store is gone after the Secret":   func(w *world) { w.tap().cutAt(2, store.ErrUnavailable) },
		fenced: func(w *world) { w.tap().cutAt(1, store.ErrFenced) },
	}
	for fault, inject := range faults {
		for _, restarts := range []bool{false, true} {
			how := "and the operator goes on"
			if !restarts && fault == fenced {
				continue // it does not, before somebody asks
			}
			if restarts {
				how = "and another one takes over"
			}
			It("leaves a password that works in the Secret at every instant: a crash "+fault+", "+how, func() {
				w := newWorld()
				shop, ann := rotating(w, rotates(0, grace))
				first := w.password(ann)
				w.askRotation(shop, ann)
				inject(w)
				_, _ = w.try(ann)
				if fault != "where the Secret goes before it is written" {
					Expect(w.logsIn(ann)).To(BeTrue(), "after the crash")
				}
				w.tap().loseAnswers(nil)
				w.seeSecrets()
				if restarts {
					w.reopen(shop)
				} else {
					w.users.Live, w.users.Client = liveClient(), operator.GetClient()
					w.reconcile(shop)
				}
				for range 4 {
					_, _ = w.try(ann)
					Expect(w.logsIn(ann)).To(BeTrue(), "on the way")
					w.seeSecrets()
				}
				Expect(ann).To(beReady())
				Expect(w.keeps(ann, first)).To(BeFalse())
				Expect(w.letsIn(ann, first)).To(BeTrue(), "for the grace")
				Expect(ann).To(haveCredential(HaveField("Version", WithTransform(func(v int64) string { return strconv.FormatInt(v, 10) }, Equal(w.version(ann))))))
				w.spent()
				w.reconcile(ann)
				Expect(w.spent()).To(Equal(cost{}), "idle")
			})
		}
	}

	It("is not crossed by a manager that was frozen between verifier and Secret", func() {
		w := newWorld()
		shop, ann := rotating(w, rotates(0, grace))
		first := w.password(ann)
		w.askRotation(shop, ann)
		var overtaken bool
		w.breakSecrets(faulty{update: func(o client.Object) error { // it is frozen here, for as long as another one works
			if overtaken {
				return nil
			}
			overtaken = true
			twin := w.twin()
			twin.reconcile(shop)
			for range 2 {
				_, _ = twin.try(ann)
				twin.seeSecrets()
			}
			Expect(w.logsIn(ann)).To(BeTrue(), "by the hands of the other")
			return nil
		}})
		_, _ = w.try(ann)
		Expect(overtaken).To(BeTrue())
		Expect(w.logsIn(ann)).To(BeTrue(), "when it is thawed")
		Expect(w.letsIn(ann, first)).To(BeTrue())
		Expect(w.version(ann)).To(Equal("3"))
	})
})

var _ = Describe("A manager that was frozen between verifier and Secret", func() {
	It("cannot write the Secret any more once another one has begun to issue", func() {
		w := newWorld()
		shop, ann := rotating(w, rotates(0, grace))
		first := w.password(ann)
		w.askRotation(shop, ann)
		frozen, thaw, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
		w.breakSecrets(faulty{update: func(client.Object) error { close(frozen); <-thaw; return nil }})
		go func() {
			defer GinkgoRecover()
			defer close(ended)
			_, _ = w.users.Reconcile(ctx, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(ann)})
		}()
		<-frozen

		twin := w.twin()
		twin.reconcile(shop)
		thawed := false
		twin.breakSecrets(faulty{update: func(o client.Object) error {
			issues := string(o.(*corev1.Secret).Data[corev1.BasicAuthPasswordKey]) != w.password(ann)
			if issues && !thawed { // between verifier and Secret of the other one
				thawed = true
				close(thaw)
				<-ended
				Expect(w.logsIn(ann)).To(BeTrue(), "when it is thawed")
				Expect(w.keeps(ann, first)).To(BeTrue())
			}
			return nil
		}})
		twin.reconcile(ann)
		Expect(thawed).To(BeTrue())
		Expect(ann).To(beReady())
		Expect(w.logsIn(ann)).To(BeTrue())
		Expect(w.letsIn(ann, first)).To(BeTrue())
		Expect(w.version(ann)).To(Equal("3"))
	})
})

// breakSecrets puts a fault into the way of the user's Secrets, once it is the turn of a Secret: objects of other kinds pass.
func (w *world) breakSecrets(c faulty) {
	c.Client = w.users.Live
	w.users.Live = c
}

// conflicting changes the Secret behind the operator's back, so that its own Update meets a conflict.
func conflicting(o client.Object) error {
	GinkgoHelper()
	secret := &corev1.Secret{}
	Expect(admin.Get(ctx, client.ObjectKeyFromObject(o), secret)).To(Succeed())
	before := secret.DeepCopy()
	secret.Labels["somebody"] = strconv.FormatInt(time.Now().UnixNano(), 10)
	Expect(admin.Patch(ctx, secret, client.MergeFrom(before))).To(Succeed())
	return nil
}

// vanishing deletes the Secret behind the operator's back.
func vanishing(o client.Object) error {
	GinkgoHelper()
	Expect(client.IgnoreNotFound(admin.Delete(ctx, &corev1.Secret{ObjectMeta: metav1Name(o)}))).To(Succeed())
	return nil
}

var _ = Describe("A rotation on PostgreSQL", func() {
	It("keeps the invariant over restarts, which cost nothing, and a reset ends it", func() {
		w := newPostgresWorld()
		shop, ann := w.office("shop", rotates(3*time.Hour, grace)), testkit.User("ann", w.namespace)
		w.settle(shop, ann)
		w.seeSecrets()
		first := w.password(ann)
		w.reopen(shop)
		w.reconcile(ann)
		Expect(w.spent()).To(Equal(cost{}), "a restart")
		w.age(shop, 3*time.Hour)
		w.breakSecrets(faulty{update: always(errCrash)})
		_, _ = w.try(ann)
		Expect(w.logsIn(ann)).To(BeTrue())
		w.reopen(shop)
		w.converge(ann)
		Expect(w.keeps(ann, first)).To(BeFalse())
		Expect(w.logsIn(ann)).To(BeTrue())
		Expect(w.letsIn(ann, first)).To(BeTrue())
		w.seeSecrets()
		w.reopen(shop)
		w.reconcile(ann)
		Expect(w.spent()).To(Equal(cost{}), "a restart")
		second := w.password(ann)
		w.askReset(shop, ann)
		w.converge(ann)
		for _, dead := range []string{first, second} {
			Expect(w.letsIn(ann, dead)).To(BeFalse())
		}
		Expect(w.logsIn(ann)).To(BeTrue())
	})
})

var _ = Describe("A rotation in a running manager", func() {
	It("is tried ever more rarely where the API server lets the Secret be claimed and not written", func() {
		m := newManaged()
		ann := testkit.User("ann", m.namespace)
		m.apply(testkit.Office("shop", m.namespace), ann)
		comes(ann, beReady())
		first := m.password(ann)
		lift := m.freezeSecrets()
		m.annotate(ann, v1alpha1.AnnotationRotationRequestedAt, moment(2*time.Second)) // later than it was issued
		Eventually(func() string { return m.version(ann) }, soon).ShouldNot(Equal("1"))
		time.Sleep(3 * time.Second)
		attempts, err := strconv.Atoi(m.version(ann))
		Expect(err).NotTo(HaveOccurred())
		Expect(attempts).To(BeNumerically("<", 14), "5 ms doubled ten times are 5 s")
		Expect(m.keeps(ann, first)).To(BeTrue())
		Expect(m.logsIn(ann)).To(BeTrue())
		lift()
		Eventually(func() bool { return m.keeps(ann, first) }, 2*soon).Should(BeFalse())
		comes(ann, beReady())
		Expect(m.logsIn(ann)).To(BeTrue())
	})
})

// freezeSecrets has the API server refuse what changes the data of Secrets of the namespace, until it is lifted.
func (m managed) freezeSecrets() (lift func()) {
	GinkgoHelper()
	name := "freeze-" + m.namespace
	policy := &admissionv1.ValidatingAdmissionPolicy{ObjectMeta: metav1.ObjectMeta{Name: name}}
	policy.Spec.MatchConstraints = &admissionv1.MatchResources{
		NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": m.namespace}},
		ResourceRules: []admissionv1.NamedRuleWithOperations{{RuleWithOperations: admissionv1.RuleWithOperations{
			Operations: []admissionv1.OperationType{admissionv1.Update},
			Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"secrets"}},
		}}},
	}
	policy.Spec.Validations = []admissionv1.Validation{{Expression: "object.data == oldObject.data"}}
	binding := &admissionv1.ValidatingAdmissionPolicyBinding{ObjectMeta: metav1.ObjectMeta{Name: name}}
	binding.Spec.PolicyName, binding.Spec.ValidationActions = name, []admissionv1.ValidationAction{admissionv1.Deny}
	Expect(admin.Create(ctx, policy)).To(Succeed())
	Expect(admin.Create(ctx, binding)).To(Succeed())
	lift = func() {
		Expect(client.IgnoreNotFound(admin.Delete(ctx, binding))).To(Succeed())
		Expect(client.IgnoreNotFound(admin.Delete(ctx, policy))).To(Succeed())
	}
	DeferCleanup(lift)
	probe := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: m.namespace, Name: "probe"}}
	Expect(admin.Create(ctx, probe)).To(Succeed())
	Eventually(func() error {
		probe.Data = map[string][]byte{"changed": []byte(time.Now().String())}
		return admin.Update(ctx, probe)
	}, 2*soon, 100*time.Millisecond).ShouldNot(Succeed())
	return lift
}
