// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Krew packs the plugin of kubectl and writes the manifest by which krew installs it.
//
//	krew -version v1.2.3 -license LICENSE -url https://… -out DIR OS/ARCHITECTURE=BINARY...
//
// It writes to DIR:
//   - kubectl-backoffice_OS_ARCHITECTURE.tar.gz: the binary and the license, the same bytes wherever they are packed
//   - backoffice.yaml: the manifest, from the template beside this file. Archives are to be found below the URL
//
// Nothing is written where krew would not take the result.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

//go:embed backoffice.yaml
var manifest string

// release is what the template is filled with.
type release struct {
	Version   string
	Platforms []platform
}

// platform is one archive.
type platform struct{ OS, Arch, URI, SHA256, Binary string }

func main() {
	var (
		version = flag.String("version", "", "the version, such as v1.2.3")
		license = flag.String("license", "LICENSE", "the file with the license")
		url     = flag.String("url", "", "the folder from which the archives will be downloaded")
		out     = flag.String("out", "dist", "the directory to write to")
	)
	flag.Parse()
	if err := run(release{Version: *version}, *license, *url, *out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "krew:", err)
		os.Exit(1)
	}
}

func run(r release, license, url, out string, binaries []string) error {
	if len(binaries) == 0 {
		return errors.New("no binaries: give OS/ARCHITECTURE=BINARY")
	}
	files := map[string][]byte{}
	for _, binary := range binaries {
		p, archive, err := pack(binary, license)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("kubectl-backoffice_%s_%s.tar.gz", p.OS, p.Arch)
		p.URI = strings.TrimSuffix(url, "/") + "/" + name
		r.Platforms, files[name] = append(r.Platforms, p), archive
	}
	text, err := fill(r)
	if err != nil {
		return err
	}
	if err := check(text, files); err != nil {
		return fmt.Errorf("krew would refuse this: %w", err)
	}
	files["backoffice.yaml"] = text
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(out, name), content, 0o644); err != nil { //nolint:gosec // G306: it is for everybody
			return err
		}
	}
	return nil
}

// fill is the manifest of a release.
func fill(r release) ([]byte, error) {
	t, err := template.New("backoffice.yaml").Parse(manifest)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	err = t.Execute(&text, r)
	return text.Bytes(), err
}

// pack is the archive of one OS/ARCHITECTURE=BINARY.
func pack(binary, license string) (platform, []byte, error) {
	target, path, named := strings.Cut(binary, "=")
	system, arch, both := strings.Cut(target, "/")
	if !named || !both {
		return platform{}, nil, fmt.Errorf("%q is not OS/ARCHITECTURE=BINARY", binary)
	}
	p := platform{OS: system, Arch: arch, Binary: "kubectl-backoffice"}
	if p.OS == "windows" {
		p.Binary += ".exe"
	}
	var text bytes.Buffer
	zip := gzip.NewWriter(&text)
	archive := tar.NewWriter(zip)
	for _, file := range []struct {
		name, path string
		mode       int64
	}{{p.Binary, path, 0o755}, {"LICENSE", license, 0o644}} {
		content, err := os.ReadFile(file.path)
		if err != nil {
			return p, nil, err
		}
		// No time, no owner: the same bytes wherever they are packed.
		header := &tar.Header{Typeflag: tar.TypeReg, Name: file.name, Mode: file.mode, Size: int64(len(content)), Format: tar.FormatUSTAR}
		if err := archive.WriteHeader(header); err != nil {
			return p, nil, err
		}
		if _, err := archive.Write(content); err != nil {
			return p, nil, err
		}
	}
	if err := errors.Join(archive.Close(), zip.Close()); err != nil {
		return p, nil, err
	}
	sum := sha256.Sum256(text.Bytes())
	p.SHA256 = hex.EncodeToString(sum[:])
	return p, text.Bytes(), nil
}
