// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package testkit

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
)

// Page is a page of the documentation that is followed step by step, as a reader would. Its blocks are:
//
//	yaml, text     with a first line "# file: NAME": a file that the reader writes; others are illustrations
//	console        commands, each after "$ ", with parts of what they print below them
//
// A command without lines below it has to succeed; "refused: " below it begins a part of the error of one that has to fail. Long commands go on
// in the next line after a backslash.
type Page struct {
	// Folder is where files are written and commands run.
	Folder string
	// Env are the variables of the commands.
	Env []string
	// Instead has what the page says and what the test does instead, in pairs: an address of a registry and a folder, for example.
	Instead []string
	// Patience is for how long a command of kubectl or psql may be repeated until it prints what the page says. Other commands run once.
	Patience time.Duration
	// Files and Commands count what has been done.
	Files, Commands int
}

var pageBlocks = regexp.MustCompile("(?ms)^```(yaml|text|console)\n(.*?)^```$")

// Follow does what the page at path says, and fails the spec where something else happens.
func (p *Page) Follow(ctx context.Context, path string) {
	ginkgo.GinkgoHelper()
	text, err := os.ReadFile(path) //nolint:gosec // G304: a page of ours
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	for _, block := range pageBlocks.FindAllStringSubmatch(string(text), -1) {
		if block[1] == "console" {
			p.console(ctx, block[2])
			continue
		}
		p.File(block[2])
	}
}

// File writes what begins with "# file: NAME" to that file in the page's folder; anything else is an illustration.
func (p *Page) File(content string) {
	ginkgo.GinkgoHelper()
	rest, named := strings.CutPrefix(content, "# file: ")
	if !named {
		return
	}
	name, _, _ := strings.Cut(rest, "\n")
	path := filepath.Join(p.Folder, name)
	gomega.Expect(os.MkdirAll(filepath.Dir(path), 0o700)).To(gomega.Succeed())     //nolint:gosec // G703: named by a page of ours
	gomega.Expect(os.WriteFile(path, []byte(content), 0o600)).To(gomega.Succeed()) //nolint:gosec // G703: likewise
	p.Files++
}

func (p *Page) console(ctx context.Context, block string) {
	ginkgo.GinkgoHelper()
	block = strings.ReplaceAll(block, "\\\n", " ")
	for step := range strings.SplitSeq(strings.TrimPrefix(block, "$ "), "\n$ ") {
		command, below, _ := strings.Cut(strings.TrimSpace(step), "\n")
		p.Commands++
		if refusal, refused := strings.CutPrefix(below, "refused: "); refused {
			out, err := p.Run(ctx, command)
			gomega.Expect(err).To(gomega.HaveOccurred(), command)
			gomega.Expect(out).To(gomega.ContainSubstring(strings.TrimSpace(refusal)), command)
			continue
		}
		if strings.HasPrefix(command, "kubectl ") || strings.HasPrefix(command, "psql ") {
			gomega.Eventually(func() (string, error) { return p.Run(ctx, command) }).WithTimeout(p.Patience).WithPolling(100*time.Millisecond).
				Should(printLines(below), command)
			continue
		}
		out, err := p.Run(ctx, command)
		gomega.Expect(err).NotTo(gomega.HaveOccurred(), "%s\n%s", command, out)
		gomega.Expect(out).To(printLines(below), command)
	}
}

// printLines matches output that has each of the lines as a part.
func printLines(below string) gomega.OmegaMatcher {
	var parts []gomega.OmegaMatcher
	for line := range strings.SplitSeq(strings.TrimSpace(below), "\n") {
		parts = append(parts, gomega.ContainSubstring(strings.TrimSpace(line)))
	}
	return gomega.And(parts...)
}

// Run is what a command prints, on both streams.
func (p *Page) Run(ctx context.Context, command string) (string, error) {
	cmd := exec.CommandContext(ctx, "sh", "-c", strings.NewReplacer(p.Instead...).Replace(command)) //nolint:gosec // G204: a command of a page of ours
	cmd.Dir, cmd.Env = p.Folder, p.Env
	out, err := cmd.CombinedOutput()
	return string(out), err
}
