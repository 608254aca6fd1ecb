// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"maps"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	project = "backoffice-operator"
	source  = "https://github.com/backoffice-operator/backoffice-operator"
)

// annotations are those of the OCI image specification: the same on the index, on each image, and as labels of the container.
func (r release) annotations() map[string]string {
	all := map[string]string{
		"org.opencontainers.image.title":         project,
		"org.opencontainers.image.description":   "Declarative user access for back offices: accounts, roles, networks and passwords as Kubernetes resources",
		"org.opencontainers.image.source":        source,
		"org.opencontainers.image.documentation": source + "/tree/main/docs",
		"org.opencontainers.image.licenses":      "Apache-2.0",
		"org.opencontainers.image.vendor":        "The " + project + " Authors",
		"org.opencontainers.image.version":       r.version,
		"org.opencontainers.image.created":       r.created.Format("2006-01-02T15:04:05Z"),
	}
	if r.revision != "" {
		all["org.opencontainers.image.revision"] = r.revision
	}
	return all
}

// newImage is the image of one platform, such as linux/arm64: the base and the manager.
func newImage(r release, platform, binary string, base v1.Layer) (platformImage, error) {
	p, err := v1.ParsePlatform(platform)
	if err != nil {
		return platformImage{}, err
	}
	manager, err := managerLayer(r.created, binary)
	if err != nil {
		return platformImage{}, err
	}
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	if img, err = mutate.Append(img, layer(r, base, "accounts, certificate authorities, /tmp"), layer(r, manager, "/manager")); err != nil {
		return platformImage{}, err
	}
	config, err := img.ConfigFile()
	if err != nil {
		return platformImage{}, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Variant = p.OS, p.Architecture, p.Variant
	config.Created = v1.Time{Time: r.created}
	config.Config = v1.Config{
		User:       user + ":" + user,
		Entrypoint: []string{"/manager"},
		WorkingDir: "/",
		Env:        []string{"PATH=/"},
		Labels:     r.annotations(),
	}
	if img, err = mutate.ConfigFile(img, config); err != nil {
		return platformImage{}, err
	}
	img = mutate.Annotations(img, r.annotations()).(v1.Image)
	return platformImage{platform: *p, image: img, binary: binary}, nil
}

func layer(r release, l v1.Layer, what string) mutate.Addendum {
	return mutate.Addendum{Layer: l, History: v1.History{Created: v1.Time{Time: r.created}, CreatedBy: "hack/image.sh", Comment: what}}
}

// indexOf lists the images, from which a container engine takes that of its platform.
func indexOf(r release, images []platformImage) v1.ImageIndex {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, i := range images {
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: i.image, Descriptor: v1.Descriptor{Platform: &i.platform}})
	}
	return mutate.Annotations(index, maps.Clone(r.annotations())).(v1.ImageIndex)
}
