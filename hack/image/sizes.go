// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

const mebibyte = 1 << 20

// printSizes prints one line: digest, bytes that a pull transfers, bytes on disk, and how many packages the bill of materials has.
func printSizes(i platformImage, packages int) error {
	digest, err := i.image.Digest()
	if err != nil {
		return err
	}
	manifest, err := i.image.Manifest()
	if err != nil {
		return err
	}
	transferred := manifest.Config.Size
	for _, l := range manifest.Layers {
		transferred += l.Size
	}
	var stored int64
	err = each(i.image, func(h *tar.Header) { stored += h.Size })
	fmt.Printf("  %-10s %s, %.1f MiB to pull, %.1f MiB on disk, %d packages\n",
		i.platform.Architecture, digest, float64(transferred)/mebibyte, float64(stored)/mebibyte, packages)
	return err
}

// printContents lists the files, which are the same on each platform but for the program.
func printContents(image v1.Image) error {
	config, err := image.ConfigFile()
	if err != nil {
		return err
	}
	fmt.Printf("  runs       %v as user %s, with these files:\n", config.Config.Entrypoint, config.Config.User)
	return each(image, func(h *tar.Header) {
		fmt.Printf("    %v %5d:%-5d %9d  /%s\n", h.FileInfo().Mode(), h.Uid, h.Gid, h.Size, h.Name)
	})
}

// each calls back for every file of an image.
func each(image v1.Image, do func(*tar.Header)) error {
	content := mutate.Extract(image)
	defer func() { _ = content.Close() }()
	for archive := tar.NewReader(content); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		do(h)
	}
}
