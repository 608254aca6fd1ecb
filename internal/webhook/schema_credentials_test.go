// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// withCredentials is an object as somebody writes it in YAML: client types write times and durations in their own form.
func withCredentials(o client.Object, kind, credentials string) *unstructured.Unstructured {
	GinkgoHelper()
	m := manifest(o, kind)
	var value map[string]any
	Expect(yaml.Unmarshal([]byte(credentials), &value)).To(Succeed(), credentials)
	Expect(unstructured.SetNestedMap(m.Object, value, "spec", "credentials")).To(Succeed())
	return m
}

var _ = Describe("The schema of a BackOffice's credentials", func() {
	var namespace string
	BeforeEach(func(ctx SpecContext) { namespace = testkit.FreshNamespace(ctx, env.Client()) })

	office := func(credentials string) *unstructured.Unstructured {
		return withCredentials(shop(namespace), "BackOffice", credentials)
	}

	DescribeTable("refuses", func(ctx SpecContext, refused, message, legal string) {
		Expect(root().Create(ctx, office(refused))).To(beRefused("spec.credentials." + message))
		Expect(root().Create(ctx, office(legal))).To(Succeed())
	},
		Entry("minima that the length has no room for", "{structure: {length: 8, minUpper: 3, minDigits: 4, minSymbols: 1}}",
			"structure.length: Invalid value: length has no room for minUpper + minLower + minDigits + minSymbols: raise it or lower them "+
				"(absent: length 24, minUpper 1, minLower 1, minDigits 1, minSymbols 0)", "{structure: {length: 8, minUpper: 3, minDigits: 4}}"),
		Entry("minima that the absent length has no room for", "{structure: {minSymbols: 22}}",
			"structure.length: Invalid value: length has no room for", "{structure: {minSymbols: 21}}"),
		Entry("a length that can be guessed", "{structure: {length: 7}}", "structure.length: Invalid value: 7: ", "{structure: {length: 8}}"),
		Entry("a length without end", "{structure: {length: 129}}", "structure.length: Invalid value: 129: ", "{structure: {length: 128}}"),
		Entry("a negative minimum", "{structure: {minUpper: -1}}", "structure.minUpper: Invalid value: -1: ", "{structure: {minUpper: 0}}"),
		Entry("an alphabet without a class that is demanded", "{structure: {alphabet: abcdefghijklmnop, minUpper: 0, minDigits: 1}}",
			"structure.alphabet: Invalid value: alphabet has no character of a class that minUpper, minLower, minDigits or minSymbols demands: "+
				"add some, or set that one to 0 (absent: 1, 1, 1, 0)", "{structure: {alphabet: abcdefghijklmnop, minUpper: 0, minDigits: 0}}"),
		Entry("an alphabet without symbols where these are demanded", "{structure: {alphabet: abcdefghijABCDEFGHIJ0123456789, minSymbols: 1}}",
			"structure.alphabet: Invalid value: alphabet has no character of a class", "{structure: {alphabet: abcdefghijABCDEFGHIJ0123456789_, minSymbols: 1}}"),
		Entry("an alphabet with a character twice", `{structure: {alphabet: "abcdefgABCDEFG01234a"}}`,
			"structure.alphabet: Invalid value: alphabet has a character twice: write each once, for all are equally likely", `{structure: {alphabet: "abcdefgABCDEFG01234"}}`),
		Entry("an alphabet with a space", `{structure: {alphabet: "abc ABC 0123456789"}}`, "structure.alphabet: Invalid value", `{structure: {alphabet: "abcABC0123456789"}}`),
		Entry("an alphabet that is not ASCII", `{structure: {alphabet: "äbcABC0123456789"}}`, "structure.alphabet: Invalid value", `{structure: {alphabet: "abcABC0123456789"}}`),
		Entry("an alphabet of nine characters", `{structure: {alphabet: "aB3456789"}}`, "structure.alphabet: Invalid value", `{structure: {alphabet: "aB34567890"}}`),
		Entry("a hash that nobody knows", "{hash: MD5}", `hash: Unsupported value: "MD5": supported values: "Auto", "Argon2id", "PBKDF2SHA256"`, "{hash: PBKDF2SHA256}"),

		Entry("an interval of less than an hour", "{rotation: {interval: 59m}}",
			"rotation.interval: Invalid value: interval must be from 1h to 87600h, which is ten years", "{rotation: {interval: 60m}}"),
		Entry("an interval of more than ten years", "{rotation: {interval: 87600h1s}}",
			"rotation.interval: Invalid value: interval must be from 1h to 87600h, which is ten years", "{rotation: {interval: 87600h}}"),
		Entry("a grace of more than half of the interval", "{rotation: {interval: 2h, grace: 3601s}}",
			"rotation.grace: Invalid value: grace must be at most half of interval", "{rotation: {interval: 2h, grace: 1h}}"),
		Entry("a grace of more than a year", "{rotation: {grace: 8761h}}",
			"rotation.grace: Invalid value: grace must be at most 8760h, which is a year", "{rotation: {grace: 8760h}}"),
		Entry("days, which have no fixed length", "{rotation: {interval: 90d}}", `rotation.interval: Invalid value: "90d"`, "{rotation: {interval: 2160h}}"),
		Entry("a negative grace", "{rotation: {grace: -1h}}", `rotation.grace: Invalid value: "-1h"`, "{rotation: {grace: 0s}}"),
		Entry("a number without a unit", `{rotation: {grace: "3600"}}`, `rotation.grace: Invalid value: "3600"`, "{rotation: {grace: 3600s}}"),
		Entry("a duration that is empty", `{rotation: {grace: ""}}`, "rotation.grace: Invalid value", "{rotation: {}}"),
		Entry("a duration that no program can hold", `{rotation: {interval: 999999h999999h999999h}}`, "rotation.interval: ", "{rotation: {interval: 720h30m}}"),

		Entry("a mode that nobody knows", "{delivery: {mode: Mail}}", `delivery.mode: Unsupported value: "Mail": supported values: "Secret", "OneTime"`, "{delivery: {mode: OneTime}}"),
		Entry("a ttl of what has none", "{delivery: {mode: Secret, ttl: 1h}}",
			"delivery.ttl: Invalid value: ttl is for mode OneTime: set that, or remove ttl", "{delivery: {mode: OneTime, ttl: 1h}}"),
		Entry("a ttl without a mode", "{delivery: {ttl: 1h}}", "delivery.ttl: Invalid value: ttl is for mode OneTime: set that, or remove ttl", "{delivery: {mode: OneTime}}"),
		Entry("a ttl in which nobody can read the Secret", "{delivery: {mode: OneTime, ttl: 59s}}",
			"delivery.ttl: Invalid value: ttl must be from 1m to 720h", "{delivery: {mode: OneTime, ttl: 1m}}"),
		Entry("a ttl of more than thirty days", "{delivery: {mode: OneTime, ttl: 720h1s}}",
			"delivery.ttl: Invalid value: ttl must be from 1m to 720h", "{delivery: {mode: OneTime, ttl: 720h}}"),
		Entry("a label twice", "{delivery: {labels: [team, team]}}", "delivery.labels[1]: Duplicate value", "{delivery: {labels: [team]}}"),
		Entry("an allow-list of nothing", "{delivery: {annotations: []}}", "delivery.annotations: Invalid value: 0", "{delivery: {annotations: [note]}}"),
		Entry("our own annotations", "{delivery: {annotations: [access.backoffice-operator.io/acknowledged]}}",
			"delivery.annotations: Invalid value: may not name annotations of the operator or of tools that track objects by annotations: "+
				"access.backoffice-operator.io, argocd.argoproj.io, config.k8s.io, helm.sh, meta.helm.sh, kubectl.kubernetes.io, kustomize.toolkit.fluxcd.io",
			"{delivery: {annotations: [shop.example/note]}}"),
		Entry("our own labels", "{delivery: {labels: [team, access.backoffice-operator.io/secret]}}",
			"delivery.labels: Invalid value: may not name labels of the operator or of tools that track objects by labels: "+
				"access.backoffice-operator.io, argocd.argoproj.io, app.kubernetes.io, applyset.kubernetes.io, kustomize.toolkit.fluxcd.io, helm.toolkit.fluxcd.io",
			"{delivery: {labels: [team, shop.example/team]}}"),

		Entry("a token that works for a moment", "{invitation: {ttl: 59s}}", "invitation.ttl: Invalid value: ttl must be from 1m to 720h", "{invitation: {ttl: 1m}}"),
		Entry("a token that works for ever", "{invitation: {ttl: 721h}}", "invitation.ttl: Invalid value: ttl must be from 1m to 720h", "{invitation: {ttl: 720h}}"),
		Entry("a moment that is none", "{resetIssuedBefore: yesterday}", "resetIssuedBefore: Invalid value", `{resetIssuedBefore: "2026-11-20T00:00:00Z"}`),
	)

	It("names nothing by which a tool would take a Secret for its own", func(ctx SpecContext) {
		for key, list := range map[string]string{
			"argocd.argoproj.io/instance": "labels", "app.kubernetes.io/instance": "labels", "applyset.kubernetes.io/part-of": "labels",
			"kustomize.toolkit.fluxcd.io/name": "labels", "helm.toolkit.fluxcd.io/name": "labels",
			"argocd.argoproj.io/tracking-id": "annotations", "meta.helm.sh/release-name": "annotations", "helm.sh/hook": "annotations",
			"kubectl.kubernetes.io/last-applied-configuration": "annotations", "kustomize.toolkit.fluxcd.io/prune": "annotations",
			"config.k8s.io/owning-inventory": "annotations", v1alpha1.AnnotationIssuedAt: "annotations", v1alpha1.AnnotationVersion: "annotations",
		} {
			Expect(root().Create(ctx, office("{delivery: {"+list+": ["+key+"]}}"), client.DryRunAll)).To(beRefused("spec.credentials.delivery." + list + ": Invalid value: may not name"))
		}
	})

	It("accepts the longest lists and names that it permits", func(ctx SpecContext) {
		var names []string
		for i := range 16 {
			names = append(names, fmt.Sprintf("%s/%s-%02d", strings.Repeat("a", 253), strings.Repeat("b", 60), i))
		}
		list := strings.Join(names, ", ")
		var ascii strings.Builder
		for c := '!'; c <= '~'; c++ {
			ascii.WriteRune(c)
		}
		alphabet, err := yaml.Marshal(ascii.String())
		Expect(err).NotTo(HaveOccurred())
		Expect(root().Create(ctx, office("structure: {length: 128, minUpper: 32, minLower: 32, minDigits: 32, minSymbols: 32, alphabet: "+strings.TrimSpace(string(alphabet))+"}\n"+
			"delivery: {labels: ["+list+"], annotations: ["+list+"]}"))).To(Succeed())
	})

	Describe("resetIssuedBefore", func() {
		const forward = "spec.credentials.resetIssuedBefore: Invalid value: resetIssuedBefore only moves forward: leave it as it is, or set a later moment for another reset"
		It("only moves forward, also where all around it is removed", func(ctx SpecContext) {
			stored := office(`{hash: Auto, resetIssuedBefore: "2026-11-21T00:00:00Z"}`)
			Expect(root().Create(ctx, stored)).To(Succeed())
			try := func(patch string) error {
				return root().Patch(ctx, stored.DeepCopy(), client.RawPatch("application/merge-patch+json", []byte(patch)))
			}
			Expect(try(`{"spec": {"credentials": {"resetIssuedBefore": "2026-11-20T23:59:59Z"}}}`)).To(beRefused(forward))
			Expect(try(`{"spec": {"credentials": {"resetIssuedBefore": null}}}`)).To(beRefused(forward))
			Expect(try(`{"spec": {"credentials": null}}`)).To(beRefused(forward))
			Expect(try(`{"spec": {"credentials": {"resetIssuedBefore": "2026-11-21T02:00:00+02:00"}}}`)).To(Succeed(), "it is the same moment")
			Expect(try(`{"spec": {"credentials": {"resetIssuedBefore": "2026-11-21T00:00:01Z"}}}`)).To(Succeed())
			Expect(try(`{"spec": {"credentials": {"hash": null}}}`)).To(Succeed())
		})
	})

	It("has no defaults, and what is written stays as it is written, whoever applies it how often", func(ctx SpecContext) {
		const written = `{structure: {length: 20}, rotation: {interval: 2160h, grace: 24h}, delivery: {mode: OneTime, ttl: 90m}, invitation: {ttl: 72h}, resetIssuedBefore: "2026-11-21T01:00:00+01:00"}`
		m := office(written)
		apply := func() *unstructured.Unstructured {
			GinkgoHelper()
			Expect(root().Apply(ctx, client.ApplyConfigurationFromUnstructured(m.DeepCopy()), client.FieldOwner("gitops"), client.ForceOwnership)).To(Succeed())
			stored := &unstructured.Unstructured{}
			stored.SetGroupVersionKind(m.GroupVersionKind())
			Expect(env.Client().Get(ctx, client.ObjectKeyFromObject(m), stored)).To(Succeed())
			return stored
		}
		typed := &v1alpha1.BackOffice{}
		apply()
		Expect(env.Client().Get(ctx, client.ObjectKeyFromObject(m), typed)).To(Succeed())
		settled(ctx, typed)
		first := apply()
		var want map[string]any
		Expect(yaml.Unmarshal([]byte(written), &want)).To(Succeed())
		got, _, err := unstructured.NestedMap(first.Object, "spec", "credentials")
		Expect(err).NotTo(HaveOccurred())
		Expect(fmt.Sprint(got)).To(Equal(fmt.Sprint(want)))
		Expect(apply()).To(Equal(first))
		Expect(kubectl(m, "diff", "--server-side", "--field-manager=gitops", "-f", "-")).To(BeEmpty())
	})
})

var _ = Describe("The schema of a user's credentials", func() {
	var namespace string
	BeforeEach(func(ctx SpecContext) {
		namespace = testkit.FreshNamespace(ctx, env.Client())
		given(ctx, shop(namespace))
	})

	user := func(credentials string, mods ...testkit.Mod) *unstructured.Unstructured {
		person := testkit.Profile(v1alpha1.Profile{FullName: canary})
		return withCredentials(testkit.User("ann", namespace, append([]testkit.Mod{person}, mods...)...), "BackOfficeUser", credentials)
	}

	DescribeTable("refuses", func(ctx SpecContext, refused, message, legal string) {
		Expect(root().Create(ctx, user(refused))).To(beRefused("spec.credentials." + message))
		Expect(root().Create(ctx, user(legal))).To(Succeed())
	},
		Entry("a source that nobody knows", "{source: LDAP}",
			`source: Unsupported value: "LDAP": supported values: "Generated", "SecretRef", "Invitation", "None"`, "{source: None}"),
		Entry("source SecretRef without a Secret", "{source: SecretRef}",
			"secretRef: Invalid value: secretRef names the Secret of source SecretRef: set both or neither", "{source: SecretRef, secretRef: {name: mine}}"),
		Entry("a Secret of another source", "{source: None, secretRef: {name: mine}}",
			"secretRef: Invalid value: secretRef names the Secret of source SecretRef: set both or neither", "{source: SecretRef, secretRef: {name: mine, key: pw}}"),
		Entry("a Secret of the absent source", "{secretRef: {name: mine}}",
			"secretRef: Invalid value: secretRef names the Secret of source SecretRef: set both or neither", "{}"),
		Entry("the Secret that the operator writes", "{source: SecretRef, secretRef: {name: ann-credentials}}",
			"secretRef.name: Invalid value: secretRef names a Secret of your own, not the one that the operator writes", "{source: SecretRef, secretRef: {name: bob-credentials}}"),
		Entry("the Secret that the operator writes under another name", "{source: SecretRef, secretName: mine, secretRef: {name: mine}}",
			"secretRef.name: Invalid value: secretRef names a Secret of your own", "{source: SecretRef, secretName: mine, secretRef: {name: ann-credentials}}"),
		Entry("a key that cannot be one", `{source: SecretRef, secretRef: {name: mine, key: "a/b"}}`, "secretRef.key: Invalid value", "{source: SecretRef, secretRef: {name: mine, key: a.b}}"),
		Entry("an interval of less than an hour", "{rotation: {interval: 30m}}",
			"rotation.interval: Invalid value: interval must be from 1h to 87600h, which is ten years", "{rotation: {interval: 1h}}"),
		Entry("a grace of more than half of the interval", "{rotation: {interval: 48h, grace: 25h}}",
			"rotation.grace: Invalid value: grace must be at most half of interval", "{rotation: {interval: 48h, grace: 24h}}"),
	)

	It("knows no Secret of another namespace", func(ctx SpecContext) {
		elsewhere := user("{source: SecretRef, secretRef: {name: mine, namespace: kube-system}}")
		Expect(root().Create(ctx, elsewhere, client.FieldValidation("Strict"))).To(MatchError(ContainSubstring(`unknown field "spec.credentials.secretRef.namespace"`)))
		Expect(root().Create(ctx, elsewhere)).To(Succeed())
		_, there, err := unstructured.NestedString(elsewhere.Object, "spec", "credentials", "secretRef", "namespace")
		Expect(err).NotTo(HaveOccurred())
		Expect(there).To(BeFalse())
	})

	It("invites nobody without an e-mail address, and repeats none", func(ctx SpecContext) {
		const refused = "spec.credentials.source: Invalid value: an Invitation is sent by e-mail: set spec.profile.email"
		private := WithTransform(error.Error, Not(ContainSubstring("quagmire")))
		Expect(root().Create(ctx, user("{source: Invitation}"))).To(beRefused(refused))
		Expect(root().Create(ctx, withCredentials(testkit.User("ann", namespace), "BackOfficeUser", "{source: Invitation}"))).To(beRefused(refused))
		invited := user("{source: Invitation}", testkit.Profile(v1alpha1.Profile{FullName: canary, Email: "zebulon@quagmire.example"}))
		Expect(root().Create(ctx, invited)).To(Succeed())
		for _, patch := range []string{`{"spec": {"profile": {"email": null}}}`, `{"spec": {"profile": null}}`} {
			Expect(root().Patch(ctx, invited.DeepCopy(), client.RawPatch("application/merge-patch+json", []byte(patch)))).To(And(beRefused(refused), private))
		}
		Expect(root().Create(ctx, user("{source: Invitation, secretRef: {name: x}}", testkit.Email("zebulon@quagmire.example")))).To(And(beRefused("set both or neither"), private))
	})

	It("lets reset only move forward, also where all around it is removed", func(ctx SpecContext) {
		const forward = "spec.credentials.reset: Invalid value: reset only moves forward: leave it as it is, or set a later moment for another reset"
		stored := user(`{source: Generated, reset: "2026-11-21T09:30:00Z"}`)
		Expect(root().Create(ctx, stored)).To(Succeed())
		try := func(patch string) error {
			return root().Patch(ctx, stored.DeepCopy(), client.RawPatch("application/merge-patch+json", []byte(patch)))
		}
		Expect(try(`{"spec": {"credentials": {"reset": "2026-11-21T09:29:59Z"}}}`)).To(beRefused(forward))
		Expect(try(`{"spec": {"credentials": {"reset": null}}}`)).To(beRefused(forward))
		Expect(try(`{"spec": {"credentials": null}}`)).To(beRefused(forward))
		Expect(try(`{"spec": {"credentials": {"source": null}}}`)).To(Succeed())
		Expect(try(`{"spec": {"credentials": {"reset": "2026-11-21T09:30:01Z"}}}`)).To(Succeed())
	})

	It("has no defaults, and what is written stays as it is written", func(ctx SpecContext) {
		m := user(`{rotation: {interval: 720h, grace: 2h}, reset: "2026-11-21T10:30:00+01:00"}`)
		Expect(kubectl(m, "apply", "-f", "-")).To(ContainSubstring("created"))
		stored := &v1alpha1.BackOfficeUser{}
		Expect(env.Client().Get(ctx, client.ObjectKeyFromObject(m), stored)).To(Succeed())
		settled(ctx, stored)
		Expect(stored.Spec.Credentials).To(Equal(&v1alpha1.UserCredentials{
			Rotation: &v1alpha1.RotationPolicy{Interval: &metav1.Duration{Duration: 720 * time.Hour}, Grace: &metav1.Duration{Duration: 2 * time.Hour}},
			Reset:    stored.Spec.Credentials.Reset,
		}))
		Expect(kubectl(m, "apply", "-f", "-")).To(ContainSubstring("unchanged"))
		Expect(kubectl(m, "diff", "-f", "-")).To(BeEmpty())
		kubectl(m, "apply", "--server-side", "--force-conflicts", "-f", "-")
		was := stored.DeepCopy()
		Expect(env.Client().Get(ctx, client.ObjectKeyFromObject(m), was)).To(Succeed())
		kubectl(m, "apply", "--server-side", "--force-conflicts", "-f", "-")
		Expect(env.Client().Get(ctx, client.ObjectKeyFromObject(m), stored)).To(Succeed())
		Expect(stored.ResourceVersion).To(Equal(was.ResourceVersion))
	})

	It("takes no moment that the operator could not read", func(ctx SpecContext) {
		for _, at := range []string{
			"2026-11-21t09:30:00z", "2026-11-21T09:30:00+99:99", "2026-12-31T23:59:60Z", "2026-02-30T00:00:00Z", "2026-11-21T09:30:00", "2026-11-21", "now", "",
		} {
			Expect(root().Create(ctx, user(`{reset: "`+at+`"}`), client.DryRunAll)).NotTo(Succeed(), at)
		}
		Expect(root().Create(ctx, user(`{reset: "2026-11-21T09:30:00.5+01:00"}`), client.DryRunAll)).To(Succeed())
	})
})
