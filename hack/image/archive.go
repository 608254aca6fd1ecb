// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

// writeArchives writes a layout with the index to the directory, which is made anew, and an archive of it beside.
func writeArchives(dir string, tag name.Tag, index v1.ImageIndex) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	path, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	if err := path.AppendIndex(index, layout.WithAnnotations(names(tag))); err != nil {
		return err
	}
	return archiveOf(dir, dir+".tar")
}

// writeArchive writes the archive of a layout with one image.
func writeArchive(file string, tag name.Tag, image v1.Image) error {
	dir, err := os.MkdirTemp("", "image-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	if err := path.AppendImage(image, layout.WithAnnotations(names(tag))); err != nil {
		return err
	}
	return archiveOf(dir, file)
}

const containerdName = "io.containerd.image.name"

// names are how those who load an archive find out what to call it: containerd and Docker by the whole name, others by the tag.
func names(tag name.Tag) map[string]string {
	return map[string]string{
		// Docker Hub has two names, of which container engines keep this one.
		containerdName:                      strings.Replace(tag.Name(), name.DefaultRegistry+"/", "docker.io/", 1),
		"org.opencontainers.image.ref.name": tag.TagStr(),
	}
}

// archiveOf packs the files of a directory in the order of their names, without owners and times.
func archiveOf(dir, target string) error {
	var paths []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		return err
	}
	slices.Sort(paths)
	out, err := os.Create(target)
	if err != nil {
		return err
	}
	archive := tar.NewWriter(out)
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if err := archive.WriteHeader(&tar.Header{Name: filepath.ToSlash(relative), Mode: 0o644, Size: int64(len(content)), Format: tar.FormatUSTAR}); err != nil {
			return err
		}
		if _, err := archive.Write(content); err != nil {
			return err
		}
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return out.Close()
}
