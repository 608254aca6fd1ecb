// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
)

// shownBy is the last column of the table of threats.
var shownBy = regexp.MustCompile("(?m)^\\| .* \\| `([^`]*)` \\|$")

var _ = Describe("docs/security.md", func() {
	It("names a spec for every threat, and the spec is there", func() {
		root, err := devcluster.Repository()
		Expect(err).NotTo(HaveOccurred())
		page, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
		Expect(err).NotTo(HaveOccurred())
		var sources strings.Builder
		files, err := filepath.Glob(filepath.Join(root, "internal", "*", "*_test.go"))
		Expect(err).NotTo(HaveOccurred())
		for _, file := range files {
			source, err := os.ReadFile(file)
			Expect(err).NotTo(HaveOccurred())
			sources.Write(source)
		}
		_, threats, found := strings.Cut(string(page), "## Threats")
		Expect(found).To(BeTrue())
		threats, _, _ = strings.Cut(threats, "\n## ")
		specs := shownBy.FindAllStringSubmatch(threats, -1)
		Expect(len(specs)).To(BeNumerically(">", 30))
		Expect(strings.Count(threats, "\n| ")).To(Equal(len(specs)+1), "a row without a spec")
		for _, spec := range specs {
			Expect(sources.String()).To(ContainSubstring(`It("`+spec[1]+`"`), "no such spec")
		}
	})
})
