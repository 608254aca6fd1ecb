// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

const folder = "https://downloads.example/v1.2.3/"

// packed packs a binary for some platforms, and returns the directory.
func packed(t *testing.T, version, url string, platforms ...string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	binary, license := filepath.Join(dir, "binary"), filepath.Join(dir, "license")
	for _, file := range []string{binary, license} {
		NewWithT(t).Expect(os.WriteFile(file, []byte("text of "+filepath.Base(file)), 0o600)).To(Succeed())
	}
	for i := range platforms {
		platforms[i] += "=" + binary
	}
	out := filepath.Join(dir, "out")
	NewWithT(t).Expect(os.Mkdir(out, 0o700)).To(Succeed())
	return out, run(release{Version: version}, license, url, out, platforms)
}

func TestAReleaseIsWhatKrewTakes(t *testing.T) {
	g := NewWithT(t)
	out, err := packed(t, "v1.2.3", folder, "linux/amd64", "windows/amd64")
	g.Expect(err).NotTo(HaveOccurred())
	text, err := os.ReadFile(filepath.Join(out, "backoffice.yaml"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(text)).To(And(
		ContainSubstring("version: v1.2.3"), ContainSubstring("uri: "+folder+"kubectl-backoffice_windows_amd64.tar.gz"), ContainSubstring("bin: kubectl-backoffice.exe"),
		Not(ContainSubstring("{{"))))
	archive, err := os.ReadFile(filepath.Join(out, "kubectl-backoffice_linux_amd64.tar.gz"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(list(archive)).To(Equal(map[string]int64{"kubectl-backoffice": 0o755, "LICENSE": 0o644}))

	again, err := packed(t, "v1.2.3", strings.TrimSuffix(folder, "/"), "linux/amd64", "windows/amd64")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(os.ReadFile(filepath.Join(again, "backoffice.yaml"))).To(Equal(text), "the same bytes again")

	damaged := map[string][]byte{"kubectl-backoffice_linux_amd64.tar.gz": archive[1:], "kubectl-backoffice_windows_amd64.tar.gz": archive}
	g.Expect(check(text, damaged)).To(MatchError(ContainSubstring("platform linux/amd64: the checksum")))
	g.Expect(check(text, map[string][]byte{})).To(MatchError(ContainSubstring("checksum")))
	g.Expect(check([]byte(strings.ReplaceAll(string(text), "bin: kubectl-backoffice\n", "bin: other\n")), archives(t, out))).
		To(MatchError(ContainSubstring(`no program "other"`)))
	g.Expect(check([]byte(string(text)+"\nunknown: true\n"), archives(t, out))).To(MatchError(ContainSubstring("unknown")))
}

// archives are those of a directory by their names.
func archives(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	paths, err := filepath.Glob(filepath.Join(dir, "*.tar.gz"))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	for _, path := range paths {
		found[filepath.Base(path)], err = os.ReadFile(path)
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
	}
	return found
}

func TestWhatKrewWouldRefuseIsNotWritten(t *testing.T) {
	for sentence, c := range map[string]struct {
		version, url string
		platforms    []string
		message      string
	}{
		"a version without v":  {"1.2.3", folder, []string{"linux/amd64"}, "none such as v1.2.3"},
		"no version":           {"dev", folder, []string{"linux/amd64"}, "none such as v1.2.3"},
		"no https":             {"v1.2.3", "http://downloads.example", []string{"linux/amd64"}, "no https URL"},
		"no place":             {"v1.2.3", "", []string{"linux/amd64"}, "no https URL"},
		"a platform twice":     {"v1.2.3", folder, []string{"linux/amd64", "linux/amd64"}, "twice"},
		"no platform":          {"v1.2.3", folder, nil, "no binaries"},
		"what is no platform":  {"v1.2.3", folder, []string{"linux"}, "is not OS/ARCHITECTURE=BINARY"},
		"a version of several": {"v1.2.3\nkind: Other", folder, []string{"linux/amd64"}, "mapping values"},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			out, err := packed(t, c.version, c.url, c.platforms...)
			g.Expect(err).To(MatchError(ContainSubstring(c.message)))
			g.Expect(filepath.Glob(filepath.Join(out, "*"))).To(BeEmpty())
		})
	}
}
