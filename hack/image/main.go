// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Image assembles the image of the manager from binaries, for several platforms at once, without a container engine, a registry or a base image from
// elsewhere. What goes in decides about every byte that comes out; neither the time nor the place nor who builds does.
//
//	image -name NAME:TAG -version V -revision COMMIT -created SECONDS -out DIR OS/ARCHITECTURE=BINARY...
//
// It writes to DIR:
//   - image: an OCI image layout with an index of all platforms, for `crane push` and the like
//   - image.tar: the same as an archive, for `ctr images import`, `docker load`, `podman load`
//   - image-OS-ARCHITECTURE.tar: an archive of one platform alone
//   - image-OS-ARCHITECTURE.spdx.json: what is in it, as a bill of materials in SPDX 2.3
//   - image.digest: the digest of the index, which is what a deployment pins
//
// and prints digest, sizes and contents.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// release is what an image says about itself.
type release struct {
	name              name.Tag
	version, revision string
	created           time.Time
}

func main() {
	var (
		tag      = flag.String("name", "", "the image's name with its tag")
		version  = flag.String("version", "dev", "the version of the manager")
		revision = flag.String("revision", "", "the commit that it was built from, if it was one")
		created  = flag.Int64("created", 0, "seconds since 1970, for all times in the image")
		out      = flag.String("out", "dist", "the directory to write to")
	)
	flag.Parse()
	if err := run(*tag, *out, release{version: *version, revision: *revision, created: time.Unix(*created, 0).UTC()}, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func run(tag, out string, r release, binaries []string) error {
	var err error
	if r.name, err = name.NewTag(tag); err != nil {
		return fmt.Errorf("-name: %w", err)
	}
	if len(binaries) == 0 {
		return fmt.Errorf("no binaries: give OS/ARCHITECTURE=BINARY")
	}
	base, err := baseLayer(r.created)
	if err != nil {
		return err
	}
	var images []platformImage
	for _, b := range binaries {
		platform, file, ok := strings.Cut(b, "=")
		if !ok {
			return fmt.Errorf("%s is not OS/ARCHITECTURE=BINARY", b)
		}
		made, err := newImage(r, platform, file, base)
		if err != nil {
			return fmt.Errorf("%s: %w", platform, err)
		}
		images = append(images, made)
	}
	if err := os.MkdirAll(out, 0o755); err != nil { //nolint:gosec // G301: it holds no secrets
		return err
	}
	return write(out, r, images)
}

// write puts everything into the directory, and prints what it is.
func write(out string, r release, images []platformImage) error {
	index := indexOf(r, images)
	if err := writeArchives(filepath.Join(out, "image"), r.name, index); err != nil {
		return err
	}
	digest, err := index.Digest()
	if err != nil {
		return err
	}
	fmt.Printf("%s\n  index      %s\n", names(r.name)[containerdName], digest)
	for _, i := range images {
		if err := writeOne(out, r, i); err != nil {
			return err
		}
	}
	if err := printContents(images[0].image); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "image.digest"), []byte(digest.String()+"\n"), 0o644) //nolint:gosec // G306: it is no secret
}

// writeOne writes the archive and the bill of materials of one platform, and prints its digest and sizes.
func writeOne(out string, r release, i platformImage) error {
	path := filepath.Join(out, "image-"+strings.ReplaceAll(i.platform.String(), "/", "-"))
	if err := writeArchive(path+".tar", r.name, i.image); err != nil {
		return err
	}
	bill, packages, err := billOfMaterials(r, i)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".spdx.json", bill, 0o644); err != nil { //nolint:gosec // G306: it is no secret
		return err
	}
	return printSizes(i, packages)
}

// platformImage is the image of one platform.
type platformImage struct {
	platform v1.Platform
	image    v1.Image
	// binary is the path of the manager that went in.
	binary string
}
