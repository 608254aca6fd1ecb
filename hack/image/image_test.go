// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"crypto/x509"
	"debug/buildinfo"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	. "github.com/onsi/gomega"
	spdxjson "github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdxlib"
)

// program is a binary that knows its modules: this test.
func program(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return path
}

// made writes an image of two platforms and returns where.
func made(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	r := release{version: "v1.2.3", revision: strings.Repeat("ab", 20), created: time.Unix(1_700_000_000, 0).UTC()}
	binaries := []string{"linux/amd64=" + program(t), "linux/arm64=" + program(t)}
	NewWithT(t).Expect(run("example.com/team/backoffice-operator:v1.2.3", dir, r, binaries)).To(Succeed())
	return dir
}

func TestTheSameBinariesGiveTheSameBytesInAnyDirectory(t *testing.T) {
	g := NewWithT(t)
	first, second := filesOf(t, made(t)), filesOf(t, made(t))
	g.Expect(first).To(Equal(second))
	g.Expect(first).To(HaveKey("image.tar"))
	g.Expect(first).To(HaveKey("image-linux-arm64.spdx.json"))
}

func TestARegistryTakesTheImageAndGivesBackEachPlatform(t *testing.T) {
	g := NewWithT(t)
	dir := made(t)
	server := httptest.NewServer(registry.New())
	defer server.Close()
	path, err := layout.FromPath(filepath.Join(dir, "image"))
	g.Expect(err).NotTo(HaveOccurred())
	outer, err := path.ImageIndex()
	g.Expect(err).NotTo(HaveOccurred())
	manifest, err := outer.IndexManifest()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(manifest.Manifests).To(HaveLen(1))
	g.Expect(manifest.Manifests[0].Annotations).To(Equal(map[string]string{
		"io.containerd.image.name": "example.com/team/backoffice-operator:v1.2.3", "org.opencontainers.image.ref.name": "v1.2.3",
	}))
	index, err := outer.ImageIndex(manifest.Manifests[0].Digest)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(validate.Index(index)).To(Succeed())

	tag, err := name.NewTag(strings.TrimPrefix(server.URL, "http://") + "/backoffice-operator:v1.2.3")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(remote.WriteIndex(tag, index)).To(Succeed())
	for _, architecture := range []string{"amd64", "arm64"} {
		image, err := remote.Image(tag, remote.WithPlatform(v1.Platform{OS: "linux", Architecture: architecture}))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(validate.Image(image)).To(Succeed())
		config, err := image.ConfigFile()
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(config.Architecture).To(Equal(architecture))
		g.Expect(config.Config.User).To(Equal("65532:65532"), "a number, or a kubelet cannot tell that it is not root")
		g.Expect(config.Config.Entrypoint).To(Equal([]string{"/manager"}))
		g.Expect(config.Config.Labels).To(HaveKeyWithValue("org.opencontainers.image.revision", strings.Repeat("ab", 20)))
	}
	digest, err := os.ReadFile(filepath.Join(dir, "image.digest"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(strings.TrimSpace(string(digest))).To(Equal(manifest.Manifests[0].Digest.String()))
}

func TestTheImageHasWhatAStaticProgramNeedsAndNothingElse(t *testing.T) {
	g := NewWithT(t)
	created := time.Unix(0, 0).UTC()
	base, err := baseLayer(created)
	g.Expect(err).NotTo(HaveOccurred())
	i, err := newImage(release{version: "v1", created: created}, "linux/amd64", program(t), base)
	g.Expect(err).NotTo(HaveOccurred())
	modes := map[string]os.FileMode{}
	g.Expect(each(i.image, func(h *tar.Header) {
		modes["/"+strings.TrimSuffix(h.Name, "/")] = h.FileInfo().Mode()
		g.Expect(h.ModTime.Unix()).To(BeZero())
	})).To(Succeed())
	g.Expect(modes).To(Equal(map[string]os.FileMode{
		"/etc": os.ModeDir | 0o755, "/etc/group": 0o644, "/etc/nsswitch.conf": 0o644, "/etc/passwd": 0o644, "/etc/ssl": os.ModeDir | 0o755,
		"/etc/ssl/certs": os.ModeDir | 0o755, "/etc/ssl/certs/ca-certificates.crt": 0o644, "/home": os.ModeDir | 0o755,
		"/home/nonroot": os.ModeDir | 0o700, "/tmp": os.ModeDir | os.ModeSticky | 0o777, "/manager": 0o755,
	}))
}

func TestTheCertificateAuthoritiesAreReadable(t *testing.T) {
	g := NewWithT(t)
	pool := x509.NewCertPool()
	g.Expect(pool.AppendCertsFromPEM(authorities())).To(BeTrue())
	g.Expect(bytes.Count(authorities(), []byte("BEGIN CERTIFICATE"))).To(BeNumerically(">", 80))
}

func TestTheBillOfMaterialsIsValidAndNamesEveryModuleOfTheBinary(t *testing.T) {
	g := NewWithT(t)
	dir := made(t)
	content, err := os.ReadFile(filepath.Join(dir, "image-linux-amd64.spdx.json"))
	g.Expect(err).NotTo(HaveOccurred())
	document, err := spdxjson.Read(bytes.NewReader(content))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(spdxlib.ValidateDocument(document)).To(Succeed())
	purls := map[string]bool{}
	for _, p := range document.Packages {
		g.Expect(p.PackageExternalReferences).To(HaveLen(1), p.PackageName)
		purls[p.PackageExternalReferences[0].Locator] = true
	}
	info, err := buildinfo.ReadFile(program(t))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(len(info.Deps)).To(BeNumerically(">", 5))
	for _, m := range info.Deps {
		g.Expect(purls).To(HaveKey("pkg:golang/" + m.Path + "@" + strings.ReplaceAll(m.Version, "+", "%2B")))
	}
	g.Expect(purls).To(HaveKey("pkg:golang/stdlib@" + strings.TrimPrefix(info.GoVersion, "go")))
	g.Expect(purls).To(HaveKey(HavePrefix("pkg:oci/backoffice-operator@" + strings.ReplaceAll(imageDigest(g, dir, "amd64"), ":", "%3A"))))
}

// imageDigest is that of the image of one platform, as the layout says it.
func imageDigest(g *WithT, dir, architecture string) string {
	var index v1.IndexManifest
	content, err := os.ReadFile(filepath.Join(dir, "image", "index.json"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(json.Unmarshal(content, &index)).To(Succeed())
	content, err = os.ReadFile(filepath.Join(dir, "image", "blobs", "sha256", index.Manifests[0].Digest.Hex))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(json.Unmarshal(content, &index)).To(Succeed())
	for _, m := range index.Manifests {
		if m.Platform.Architecture == architecture {
			return m.Digest.String()
		}
	}
	return ""
}

func TestWhatCannotBeAnImageIsRefusedWithItsReason(t *testing.T) {
	for arguments, reason := range map[string]string{
		"Not A Name|linux/amd64=x":         "-name",
		"backoffice-operator:v1|":          "no binaries",
		"backoffice-operator:v1|manager":   "OS/ARCHITECTURE=BINARY",
		"backoffice-operator:v1|linux/x=y": "no such file",
	} {
		tag, binary, _ := strings.Cut(arguments, "|")
		NewWithT(t).Expect(run(tag, t.TempDir(), release{}, strings.Fields(binary))).To(MatchError(ContainSubstring(reason)), arguments)
	}
}
