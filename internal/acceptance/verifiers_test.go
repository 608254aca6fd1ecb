// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"os/exec"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// pythonBlock is the program that docs/store.md gives to applications in Python.
var pythonBlock = regexp.MustCompile("(?s)```python\n(.*?)```")

var _ = Describe("An application in another language", func() {
	It("verifies passwords by its standard library, as docs/store.md says", func() {
		weak := v1alpha1.PasswordStructure{Length: new(int32(12))}
		for algorithm, structure := range map[v1alpha1.HashAlgorithm]*v1alpha1.PasswordStructure{v1alpha1.HashAuto: nil, v1alpha1.HashPBKDF2SHA256: &weak} {
			namespace := shop(rules(v1alpha1.CredentialPolicy{Hash: algorithm, Structure: structure}))
			u := testkit.User("ann", namespace)
			given(u)
			verifier := query(namespace, "SELECT verifier FROM active_users WHERE login = 'ann'")[0][0]
			Expect(verifier).To(HavePrefix("$pbkdf2-sha256$"))
			program := pythonBlock.FindStringSubmatch(documentation("store.md"))
			Expect(program).To(HaveLen(2))
			fits := func(password string) string {
				command := exec.CommandContext(ctx, "python3", "-c", program[1]+"\nimport sys\nverifier, password = sys.stdin.read().split()\nprint(fits(verifier, password))")
				command.Stdin = strings.NewReader(verifier + " " + password)
				out, err := command.Output()
				Expect(err).NotTo(HaveOccurred())
				return strings.TrimSpace(string(out))
			}
			Expect(fits(passwordOf(u))).To(Equal("True"))
			Expect(fits("x" + passwordOf(u))).To(Equal("False"))
		}
	})
})
