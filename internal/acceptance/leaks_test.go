// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// That nothing leaks is judged at the end of the suite, of everything that was heard in it: see listen. Here is what that can find.
var _ = Describe("What is heard of the operator", func() {
	const password = `a-"Password" & <more>`
	quoted := func(text string) string {
		out, err := json.Marshal(text)
		Expect(err).NotTo(HaveOccurred())
		return string(out)
	}
	DescribeTable("is searched for secrets, and one is found as", func(said, want string) {
		r := newRecorder()
		r.keeps("a password", password)
		r.keeps("an e-mail address", "Cyprian.Kanarek@shop.example")
		r.hears("log", "before\n"+said+"\nafter")
		r.hears("metrics", "nothing of this")
		Expect(r.leaks()).To(ConsistOf(HavePrefix(want + " in the log: ")))
		Expect(r.leaks()).To(ConsistOf(And(ContainSubstring("[it]"), Not(ContainSubstring(password)))))
	},
		Entry("it is", "said: "+password, "a password"),
		Entry("JSON", `{"a":`+quoted(password)+`}`, "a password in JSON"),
		Entry("JSON in JSON", quoted(`{"a":`+quoted(password)+`}`), "a password in JSON in JSON"),
		Entry("the data of a Secret", `{"password":"`+base64.StdEncoding.EncodeToString([]byte(password))+`"}`, "a password in base64"),
		Entry("bytes that were printed", fmt.Sprint(map[string][]byte{"password": []byte(password)}), "a password as numbers"),
		Entry("Go's quotes", fmt.Sprintf("%q", password), "a password in quotes"),
		Entry("a part of a URL", "postgres://somebody:a-%22Password%22%20&%20%3Cmore%3E@host", "a password in a URL"),
		Entry("an e-mail address that was folded", "cyprian.kanarek@shop.example is taken", "an e-mail address in lower case"),
	)

	It("is searched for verifiers, also of passwords that it does not know", func() {
		for _, algorithm := range []v1alpha1.HashAlgorithm{v1alpha1.HashArgon2id, v1alpha1.HashPBKDF2SHA256} {
			verifier, err := credential.Hash(credential.NewPassword(password), 200, algorithm)
			Expect(err).NotTo(HaveOccurred())
			r := newRecorder()
			r.hears("events", "the verifier is "+verifier)
			Expect(r.leaks()).To(Equal([]string{"a verifier in the events"}), string(algorithm))
		}
	})

	It("may hold names that everybody knows, though a profile repeats them, and nothing else of it", func() {
		r := newRecorder()
		r.names("alice.martin")
		r.keeps("lastName of a profile", "Martin")
		r.keeps("phone of a profile", "+48999888777")
		r.hears("log", "alice.Martin has logged in")
		Expect(r.leaks()).To(BeEmpty())
		r.hears("log", "from +48999888777")
		Expect(r.leaks()).To(ConsistOf("phone of a profile in the log: alice.Martin has logged in\nfrom [it]\n"))
	})

	It("is heard in every place, and so is what nobody may hear", func() {
		namespace := shop(testkit.IPPolicy(v1alpha1.IPPolicy{Required: true}))
		owner, _ := listening("root", owners)
		person := testkit.User("canary", namespace, testkit.IPs("203.0.113.7"), testkit.Profile(v1alpha1.Profile{
			FullName: "Geheimrat Kanarek", FirstName: "Cyprian", LastName: "Kanarek", Email: "kanarek@shop.example", Phone: "+48999888777",
		}))
		given(person)
		password := passwordOf(person)
		refused := person.DeepCopy()
		refused.Name, refused.ResourceVersion, refused.Spec.AllowedIPs = "refused", "", nil
		refused.Spec.Profile.Phone = "+48111222333"
		Expect(owner.Create(ctx, refused)).To(refuse("spec.allowedIPs"))
		Expect(change(owner, testkit.Office("shop", namespace), testkit.IPPolicy(v1alpha1.IPPolicy{Within: []string{"192.0.2.0/24"}}))).To(Succeed())
		eventually(person, notReady(v1alpha1.ReasonPolicyViolated))

		Eventually(func(g Gomega) {
			heard.mutex.Lock()
			defer heard.mutex.Unlock()
			for secret, what := range map[string]string{
				password: "a password", "Geheimrat Kanarek": "fullName of a profile", "kanarek@shop.example": "email of a profile",
				"+48999888777": "phone of a profile", "+48111222333": "phone of a profile",
			} {
				g.Expect(heard.secrets).To(HaveKeyWithValue(secret, what))
			}
			for place, text := range map[string]string{
				"statuses": `"canary`, "events": v1alpha1.ReasonPolicyViolated, "refusals": `\"refused\" is invalid`, "warnings": "would withdraw",
			} {
				g.Expect(heard.heard).To(HaveKey(place))
				g.Expect(strings.Contains(heard.heard[place].String(), text)).To(BeTrue(), place+" without "+text)
			}
		}, soon, often).Should(Succeed())
	})
})
