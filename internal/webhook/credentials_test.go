// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// credentialsOf says how a user gets the password.
func credentialsOf(c v1alpha1.UserCredentials) testkit.Mod {
	return testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Spec.Credentials = &c })
}

// policyOf says what passwords of a back office are like.
func policyOf(c v1alpha1.CredentialPolicy) testkit.Mod {
	return testkit.OnOffice(func(o *v1alpha1.BackOffice) { o.Spec.Credentials = &c })
}

var _ = Describe("The password of a user", func() {
	var (
		namespace      string
		office         *v1alpha1.BackOffice
		boss, ann, bob *v1alpha1.BackOfficeUser // rank 1, rank 4, without bindings
	)
	moment := func(ahead time.Duration) *metav1.Time {
		return new(metav1.NewTime(time.Now().Add(ahead).Truncate(time.Second)))
	}
	text := func(ahead time.Duration) string { return moment(ahead).UTC().Format(time.RFC3339) }
	// ways are all ways to replace, take or redirect a password.
	ways := func() map[string]testkit.Mod {
		return map[string]testkit.Mod{
			"spec.credentials.reset":             credentialsOf(v1alpha1.UserCredentials{Reset: moment(0)}),
			"the annotation for a reset":         testkit.Annotations(v1alpha1.AnnotationResetRequestedAt, text(0)),
			"the annotation for a rotation":      testkit.Annotations(v1alpha1.AnnotationRotationRequestedAt, text(0)),
			"spec.credentials.rotation":          credentialsOf(v1alpha1.UserCredentials{Rotation: &v1alpha1.RotationPolicy{Interval: &metav1.Duration{Duration: time.Hour}}}),
			"spec.credentials.source: None":      credentialsOf(v1alpha1.UserCredentials{Source: v1alpha1.CredentialNone}),
			"spec.credentials.source: SecretRef": credentialsOf(v1alpha1.UserCredentials{Source: v1alpha1.CredentialSecretRef, SecretRef: &v1alpha1.PasswordReference{Name: "mine"}}),
			"spec.credentials.source: Invitation": func(o client.Object) {
				credentialsOf(v1alpha1.UserCredentials{Source: v1alpha1.CredentialInvitation})(o)
				testkit.Email("lea@shop.example")(o)
			},
			"spec.profile.email": testkit.Email("lea@shop.example"),
		}
	}

	BeforeEach(func(ctx SpecContext) {
		namespace = testkit.FreshNamespace(ctx, env.Client())
		office = shop(namespace, testkit.Delegates(4, testkit.Person("lea")), testkit.SelfService("users"))
		manager := testkit.Set("manager", namespace, testkit.Rank(4), testkit.Permissions("users=Write"))
		boss, ann, bob = testkit.User("boss", namespace), testkit.User("ann", namespace, testkit.KubernetesUser("ann@example")), testkit.User("bob", namespace, testkit.KubernetesUser("bob@example"))
		given(ctx, office, manager, testkit.Set("hq", namespace, testkit.Rank(1)), boss, ann, bob,
			testkit.Binding("hq", namespace, testkit.ToSet("hq"), testkit.ForUsers("boss")),
			testkit.Binding("managers", namespace, testkit.ToSet("manager"), testkit.ForUsers("ann")))
	})

	It("is touched by who may touch the user, whatever the way, and by nobody else", func(ctx SpecContext) {
		for way, mod := range ways() {
			Expect(as("lea").Update(ctx, changed(ann, mod), client.DryRunAll)).To(Succeed(), way)
			Expect(as("lea").Update(ctx, changed(boss, mod), client.DryRunAll)).To(beRefused(`needs rank 1 or stronger in family "default"; "lea" has rank 4`), way)
			Expect(as("eve").Update(ctx, changed(bob, mod), client.DryRunAll)).To(beRefused(`matches "eve"`), way)
		}
	})

	It("is touched by people themselves, and by theirs, as far as they manage users", func(ctx SpecContext) {
		for way, mod := range ways() {
			Expect(as("ann@example").Update(ctx, changed(ann, testkit.KubernetesUser("ann@example"), mod), client.DryRunAll)).To(Succeed(), way)
			Expect(as("ann@example").Update(ctx, changed(bob, mod), client.DryRunAll)).To(Succeed(), way)
			Expect(as("ann@example").Update(ctx, changed(boss, mod), client.DryRunAll)).To(beRefused(`"ann@example" has rank 4 (spec.kubernetesUser of BackOfficeUser `), way)
			Expect(as("bob@example").Update(ctx, changed(bob, mod), client.DryRunAll)).To(beRefused(`matches "bob@example"`), way)
		}
	})

	It("leaves on the object who asked for its reset", func(ctx SpecContext) {
		before := stampOf(ann)
		asked := changed(ann, testkit.Annotations(v1alpha1.AnnotationResetRequestedAt, text(0), v1alpha1.AnnotationAdmitted, ann.Annotations[v1alpha1.AnnotationAdmitted]))
		Expect(as("lea").Update(ctx, asked)).To(Succeed())
		Expect(stampOf(asked).ID).NotTo(Equal(before.ID))
		Expect(stampOf(asked).User).To(Equal("lea"))
	})

	It("is reset and rotated now, and not at a later moment", func(ctx SpecContext) {
		const far = " may be at most five minutes ahead, and it is 20"
		annotation := func(name string) string { return "metadata.annotations[" + name + "]: Invalid value:" }
		for name, way := range map[string]func(string) testkit.Mod{
			annotation(v1alpha1.AnnotationResetRequestedAt): func(t string) testkit.Mod { return testkit.Annotations(v1alpha1.AnnotationResetRequestedAt, t) },
			annotation(v1alpha1.AnnotationRotationRequestedAt): func(t string) testkit.Mod {
				return testkit.Annotations(v1alpha1.AnnotationRotationRequestedAt, t)
			},
		} {
			Expect(as("lea").Update(ctx, changed(ann, way(text(time.Hour))), client.DryRunAll)).To(beRefused(name + far))
			Expect(as("lea").Update(ctx, changed(ann, way("now")), client.DryRunAll)).To(beRefused(name + " must be a time as RFC 3339 has it, such as 20"))
			Expect(as("lea").Update(ctx, changed(ann, way(text(4*time.Minute))), client.DryRunAll)).To(Succeed())
		}
		Expect(as("lea").Update(ctx, changed(ann, credentialsOf(v1alpha1.UserCredentials{Reset: moment(time.Hour)})), client.DryRunAll)).To(
			beRefused("spec.credentials.reset: Invalid value:" + far))
		Expect(as("lea").Create(ctx, testkit.User("new", namespace, credentialsOf(v1alpha1.UserCredentials{Reset: moment(time.Hour)})), client.DryRunAll)).To(
			beRefused("spec.credentials.reset: Invalid value:" + far))
		Expect(as("lea").Update(ctx, changed(ann, credentialsOf(v1alpha1.UserCredentials{Reset: moment(4 * time.Minute)})), client.DryRunAll)).To(Succeed())
	})
})

var _ = Describe("The passwords of a back office", func() {
	var (
		namespace string
		office    *v1alpha1.BackOffice
	)
	structure := func(length int32, alphabet string) v1alpha1.CredentialPolicy {
		return v1alpha1.CredentialPolicy{Structure: &v1alpha1.PasswordStructure{Length: &length, Alphabet: alphabet}}
	}
	resetAll := func(ahead time.Duration) testkit.Mod {
		return policyOf(v1alpha1.CredentialPolicy{ResetIssuedBefore: new(metav1.NewTime(time.Now().Add(ahead).Truncate(time.Second)))})
	}

	BeforeEach(func(ctx SpecContext) {
		namespace = testkit.FreshNamespace(ctx, env.Client())
		office = shop(namespace, testkit.Delegates(0, testkit.Person("lea")), testkit.Giving("*"))
		given(ctx, office)
	})

	It("are reset, and their rules are changed, by who has the verb escalate", func(ctx SpecContext) {
		for _, mod := range []testkit.Mod{
			resetAll(0), policyOf(structure(8, "")), policyOf(v1alpha1.CredentialPolicy{Hash: v1alpha1.HashArgon2id}),
			policyOf(v1alpha1.CredentialPolicy{Delivery: &v1alpha1.CredentialDelivery{Mode: v1alpha1.DeliveryOneTime}}),
			testkit.OnOffice(func(o *v1alpha1.BackOffice) { o.Spec.Store.Adoption = v1alpha1.AdoptionForce }),
		} {
			Expect(as("lea").Update(ctx, changed(office, mod), client.DryRunAll)).To(beRefused(`takes the RBAC verb "escalate" on it`))
			Expect(root().Update(ctx, changed(office, mod), client.DryRunAll)).To(Succeed())
		}
	})

	It("are reset now, and not at a later moment", func(ctx SpecContext) {
		Expect(root().Update(ctx, changed(office, resetAll(time.Hour)))).To(
			beRefused("spec.credentials.resetIssuedBefore: Invalid value: may be at most five minutes ahead, and it is 20"))
		Expect(root().Update(ctx, changed(office, resetAll(4*time.Minute)))).To(Succeed())
	})

	It("tell how many bits they have, where these are few", func(ctx SpecContext) {
		for _, c := range []struct {
			policy v1alpha1.CredentialPolicy
			want   []string
		}{
			{structure(20, ""), nil},
			{structure(16, ""), []string{"spec.credentials.structure: generated passwords have 93 bits of entropy, less than 112: " +
				"they are kept by Argon2id, which takes time and memory at each login; length 20 has enough"}},
			{structure(8, ""), []string{"spec.credentials.structure: generated passwords have 46 bits of entropy, less than 112: " +
				"they are kept by Argon2id, which takes time and memory at each login, and with less than 64 bits whoever gets hold of the store can find them by brute force; " +
				"length 20 has enough"}},
		} {
			admin := listening("root", testkit.Escalators)
			Expect(admin.Update(ctx, changed(office, policyOf(c.policy)), client.DryRunAll)).To(Succeed())
			Expect(admin.warnings).To(Equal(c.want))
		}
	})
})
