// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
)

var _ = Describe("docs/gitops.md", func() {
	It("does what it says, command by command", func() {
		root, err := devcluster.Repository()
		Expect(err).NotTo(HaveOccurred())
		text, err := os.ReadFile(filepath.Join(root, "docs", "gitops.md"))
		Expect(err).NotTo(HaveOccurred())
		p := page{folder: GinkgoT().TempDir()}
		for _, block := range blocks.FindAllStringSubmatch(string(text), -1) {
			switch block[1] {
			case "yaml":
				p.file(block[2])
			case "console":
				p.console(block[2])
			}
		}
		Expect(p.files).To(BeNumerically(">", 5))
		Expect(p.commands).To(BeNumerically(">", 15))
	})
})

var blocks = regexp.MustCompile("(?s)```(yaml|console)\n(.*?)```")

// page is a documentation page that is followed step by step.
type page struct {
	folder          string
	files, commands int
}

// file writes a block whose first line names the file.
func (p *page) file(content string) {
	GinkgoHelper()
	name, _, _ := strings.Cut(strings.TrimPrefix(content, "# file: "), "\n")
	path := filepath.Join(p.folder, name)
	Expect(os.MkdirAll(filepath.Dir(path), 0o700)).To(Succeed())
	Expect(os.WriteFile(path, []byte(content), 0o600)).To(Succeed())
	p.files++
}

// console runs the commands of a block. The lines below a command are part of its output; "refused: " begins a part of the error of one that
// has to fail; a command without lines below it prints nothing.
func (p *page) console(block string) {
	GinkgoHelper()
	for step := range strings.SplitSeq(strings.TrimPrefix(block, "$ "), "\n$ ") {
		command, below, _ := strings.Cut(strings.TrimSpace(step), "\n")
		p.commands++
		refusal, refused := strings.CutPrefix(below, "refused: ")
		if !refused {
			Eventually(func() (string, error) { return p.run(command) }, soon, often).Should(containLines(below), command)
			continue
		}
		out, err := p.run(command)
		Expect(err).To(HaveOccurred(), command)
		Expect(out).To(ContainSubstring(strings.TrimSpace(refusal)), command)
	}
}

func containLines(below string) OmegaMatcher {
	if strings.TrimSpace(below) == "" {
		return BeEmpty()
	}
	var lines []OmegaMatcher
	for line := range strings.SplitSeq(strings.TrimSpace(below), "\n") {
		lines = append(lines, ContainSubstring(line))
	}
	return And(lines...)
}

func (p *page) run(command string) (string, error) {
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Dir = p.folder
	cmd.Env = append(os.Environ(), "KUBECONFIG="+cluster.AdminKubeconfig,
		fmt.Sprintf("PATH=%s:%s", filepath.Dir(cluster.Kubectl), os.Getenv("PATH")))
	out, err := cmd.CombinedOutput()
	return string(out), err
}
