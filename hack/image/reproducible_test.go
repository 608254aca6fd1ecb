// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	. "github.com/onsi/gomega"
)

const repository = "../.."

// filesOf are the digests of the files in a directory by their names.
func filesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	g, all := NewWithT(t), map[string]string{}
	g.Expect(filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		all[strings.TrimPrefix(path, dir+"/")] = digestOf(g, path)
		return nil
	})).To(Succeed())
	return all
}

func digestOf(g *WithT, path string) string {
	content, err := os.ReadFile(path)
	g.Expect(err).NotTo(HaveOccurred())
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// copied copies those files of a directory that are wanted, with their modes.
func copied(g *WithT, from, to string, wanted func(name string) bool) {
	g.Expect(filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		name := strings.TrimPrefix(strings.TrimPrefix(path, from), "/")
		switch {
		case err != nil || name == "":
			return err
		case d.IsDir() && name == ".git":
			return fs.SkipDir
		case d.IsDir() || !wanted(name):
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		target := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		return os.WriteFile(target, content, info.Mode().Perm())
	})).To(Succeed())
}

// tree copies what belongs to the repository, as it is now.
func tree(t *testing.T) string {
	t.Helper()
	g := NewWithT(t)
	names := execute(g, repository, nil, "git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	belongs := map[string]bool{}
	for name := range strings.SplitSeq(names, "\x00") {
		belongs[name] = true
	}
	dir := t.TempDir()
	copied(g, repository, dir, func(name string) bool { return belongs[name] })
	return dir
}

// execute runs a program in a directory with more environment and returns what it prints.
func execute(g *WithT, dir string, environment []string, program string, arguments ...string) string {
	command := exec.Command(program, arguments...)
	command.Dir, command.Env, command.Stderr = dir, append(os.Environ(), environment...), os.Stderr
	out, err := command.Output()
	g.Expect(err).NotTo(HaveOccurred(), string(out))
	return string(out)
}

func TestTwoTreesGiveTheSameImageAndTheDockerfileTheSameBinary(t *testing.T) {
	if testing.Short() {
		t.Skip("it links the manager eight times")
	}
	g := NewWithT(t)
	first, second := tree(t), filepath.Join(t.TempDir(), "somewhere", "else")
	copied(g, first, second, func(string) bool { return true })
	for dir, environment := range map[string][]string{
		first: {"TZ=Asia/Tokyo", "LC_ALL=C"}, second: {"TZ=UTC", "GOFLAGS=-tags=other", "GOAMD64=v3", "CGO_ENABLED=1"},
	} {
		environment = append(environment, "VERSION=v1.2.3", "IMG=example.com/backoffice-operator:v1.2.3", "SOURCE_DATE_EPOCH=1700000000")
		t.Log(execute(g, dir, environment, "hack/image.sh"))
	}
	made := filesOf(t, first+"/dist")
	g.Expect(made).To(Equal(filesOf(t, second+"/dist")))
	for _, platform := range []string{"linux/amd64", "linux/arm64"} {
		binary := filepath.Join(t.TempDir(), "manager")
		execute(g, first, []string{"VERSION=v1.2.3"}, "hack/build.sh", binary, platform)
		g.Expect(digestOf(g, dockerfile(t, first, platform))).To(Equal(digestOf(g, binary)), platform)
		layer, err := managerLayer(time.Unix(1_700_000_000, 0), binary)
		g.Expect(err).NotTo(HaveOccurred())
		digest, err := layer.Digest()
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(made).To(HaveKey("image/blobs/sha256/"+digest.Hex), "this very binary is a layer of the image")
	}
}

var (
	stage    = regexp.MustCompile(`(?ms)^FROM [^\n]* AS build$(.*?)^FROM `)
	commands = regexp.MustCompile(`(?m)^RUN (.*)$`)
)

// dockerfile does what a container engine does for the build stage of the Dockerfile, with the files that .dockerignore lets through, and returns the
// path of the manager.
func dockerfile(t *testing.T, tree, platform string) string {
	t.Helper()
	g := NewWithT(t)
	content, err := os.ReadFile(tree + "/Dockerfile")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(content)).To(ContainSubstring("ARG GO_VERSION="+strings.TrimPrefix(runtime.Version(), "go")+"\n"),
		"the bytes depend on the patch level of Go: let the Dockerfile name that which builds here")
	ignore, err := os.Open(tree + "/.dockerignore")
	g.Expect(err).NotTo(HaveOccurred())
	patterns, err := ignorefile.ReadAll(ignore)
	g.Expect(err).NotTo(HaveOccurred())
	matcher, err := patternmatcher.New(patterns)
	g.Expect(err).NotTo(HaveOccurred())
	context := t.TempDir()
	copied(g, tree, context, func(name string) bool {
		ignored, err := matcher.MatchesOrParentMatches(name)
		g.Expect(err).NotTo(HaveOccurred())
		return !ignored
	})
	g.Expect(filepath.Join(context, "hack", "run")).NotTo(BeADirectory(), "what .dockerignore leaves out")
	found := stage.FindStringSubmatch(string(content))
	g.Expect(found).To(HaveLen(2), "the Dockerfile has a stage called build, and one after it")
	lines := commands.FindAllStringSubmatch(found[1], -1)
	g.Expect(lines).NotTo(BeEmpty())
	system, architecture, _ := strings.Cut(platform, "/")
	target := filepath.Join(t.TempDir(), "manager")
	for _, line := range lines {
		command := strings.ReplaceAll(line[1], " /manager ", " "+target+" ")
		execute(g, context, []string{"TARGETOS=" + system, "TARGETARCH=" + architecture, "VERSION=v1.2.3"}, "sh", "-c", command)
	}
	return target
}
