// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Image writes an image archive of static files without a container engine: image -name NAME -out FILE.tar PROGRAM [FILE...].
// Every file lies in the root of the image under its base name, PROGRAM is the entry point, and the user is 65532.
package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"log"
	"os"
	"path/filepath"
	"runtime"
)

func main() {
	name, out := flag.String("name", "", "the image's name with its tag"), flag.String("out", "", "the archive to write")
	flag.Parse()
	if *name == "" || *out == "" || flag.NArg() == 0 {
		log.Fatal("usage: image -name NAME -out FILE.tar PROGRAM [FILE...]")
	}
	var layer archive
	for _, path := range flag.Args() {
		data, err := os.ReadFile(path)
		if err != nil {
			log.Fatal(err)
		}
		layer.add(filepath.Base(path), data, 0o755)
	}
	content := layer.bytes()
	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH, "os": "linux",
		"config": map[string]any{"Entrypoint": []string{"/" + filepath.Base(flag.Arg(0))}, "User": "65532"},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + digest(content)}},
	})
	if err != nil {
		log.Fatal(err)
	}
	manifest, err := json.Marshal([]map[string]any{{"Config": digest(config) + ".json", "RepoTags": []string{*name}, "Layers": []string{"layer.tar"}}})
	if err != nil {
		log.Fatal(err)
	}
	var image archive
	image.add(digest(config)+".json", config, 0o644)
	image.add("layer.tar", content, 0o644)
	image.add("manifest.json", manifest, 0o644)
	if err := os.WriteFile(*out, image.bytes(), 0o644); err != nil { //nolint:gosec // G306: it is no secret
		log.Fatal(err)
	}
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// archive is a tar archive in memory; writing to it cannot fail.
type archive struct {
	buffer bytes.Buffer
	writer *tar.Writer
}

func (a *archive) add(name string, data []byte, mode int64) {
	if a.writer == nil {
		a.writer = tar.NewWriter(&a.buffer)
	}
	if err := a.writer.WriteHeader(&tar.Header{Name: name, Mode: mode, Size: int64(len(data))}); err != nil {
		log.Fatal(err)
	}
	if _, err := a.writer.Write(data); err != nil {
		log.Fatal(err)
	}
}

func (a *archive) bytes() []byte {
	if err := a.writer.Close(); err != nil {
		log.Fatal(err)
	}
	return a.buffer.Bytes()
}
