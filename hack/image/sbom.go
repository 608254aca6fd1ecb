// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
)

// document is a bill of materials in SPDX 2.3, as far as it is used here.
type document struct {
	Version       string         `json:"spdxVersion"`
	License       string         `json:"dataLicense"`
	ID            string         `json:"SPDXID"`
	Name          string         `json:"name"`
	Namespace     string         `json:"documentNamespace"`
	Creation      creation       `json:"creationInfo"`
	Packages      []pkg          `json:"packages"`
	Relationships []relationship `json:"relationships"`
}

type creation struct {
	Created  string   `json:"created"`
	Creators []string `json:"creators"`
}

type pkg struct {
	ID               string     `json:"SPDXID"`
	Name             string     `json:"name"`
	Version          string     `json:"versionInfo,omitempty"`
	Supplier         string     `json:"supplier,omitempty"`
	DownloadLocation string     `json:"downloadLocation"`
	FilesAnalyzed    bool       `json:"filesAnalyzed"`
	Concluded        string     `json:"licenseConcluded"`
	Declared         string     `json:"licenseDeclared"`
	Copyright        string     `json:"copyrightText"`
	Purpose          string     `json:"primaryPackagePurpose,omitempty"`
	SourceInfo       string     `json:"sourceInfo,omitempty"`
	Checksums        []checksum `json:"checksums,omitempty"`
	References       []external `json:"externalRefs,omitempty"`
}

type checksum struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"checksumValue"`
}

type external struct {
	Category string `json:"referenceCategory"`
	Type     string `json:"referenceType"`
	Locator  string `json:"referenceLocator"`
}

type relationship struct {
	Element string `json:"spdxElementId"`
	Type    string `json:"relationshipType"`
	Related string `json:"relatedSpdxElement"`
}

const (
	unknown   = "NOASSERTION"
	supplier  = "Organization: The " + project + " Authors"
	rootsPath = "golang.org/x/crypto/x509roots/fallback"
)

// billOfMaterials says what is in an image: the manager with every module that was linked into it, as the binary itself tells, Go's own library, and
// where the certificate authorities come from. It returns the number of packages too.
func billOfMaterials(r release, i platformImage) (bill []byte, packages int, err error) {
	info, err := buildinfo.ReadFile(i.binary)
	if err != nil {
		return nil, 0, err
	}
	digest, err := i.image.Digest()
	if err != nil {
		return nil, 0, err
	}
	roots, err := rootsModule()
	if err != nil {
		return nil, 0, err
	}
	image := pkg{
		ID: "SPDXRef-Image", Name: r.name.RepositoryStr(), Version: r.version, Supplier: supplier, Purpose: "CONTAINER", Declared: "Apache-2.0",
		Checksums: []checksum{{"SHA256", digest.Hex}},
		References: []external{purl(fmt.Sprintf("pkg:oci/%s@%s?arch=%s&os=%s&tag=%s",
			project, url.QueryEscape(digest.String()), i.platform.Architecture, i.platform.OS, url.QueryEscape(r.name.TagStr())))},
	}
	manager := module(&info.Main)
	manager.ID, manager.Version, manager.Supplier, manager.Purpose, manager.Declared = "SPDXRef-Manager", r.version, supplier, "APPLICATION", "Apache-2.0"
	manager.References = []external{purl("pkg:golang/" + info.Main.Path + "@" + r.version)}
	library := pkg{
		Name: "stdlib", Version: strings.TrimPrefix(info.GoVersion, "go"), Purpose: "LIBRARY", Declared: "BSD-3-Clause",
		References: []external{purl("pkg:golang/stdlib@" + strings.TrimPrefix(info.GoVersion, "go"))},
	}
	d := document{
		Version: "SPDX-2.3", License: "CC0-1.0", ID: "SPDXRef-DOCUMENT", Name: r.name.Name() + " " + i.platform.String(),
		Namespace: source + "/spdx/" + digest.Hex,
		Creation:  creation{r.created.Format("2006-01-02T15:04:05Z"), []string{"Tool: hack-image", supplier}},
	}
	d.add("DESCRIBES", d.ID, image)
	d.add("CONTAINS", image.ID, manager)
	d.add("CONTAINS", image.ID, module(roots))
	d.add("DEPENDS_ON", manager.ID, library)
	for _, dependency := range info.Deps {
		d.add("DEPENDS_ON", manager.ID, module(dependency))
	}
	bill, err = json.MarshalIndent(d, "", "  ")
	return append(bill, '\n'), len(d.Packages), err
}

// add adds a package, and what it is to another.
func (d *document) add(relation, to string, p pkg) {
	if p.ID == "" {
		p.ID = identifier(p)
	}
	p.Concluded, p.Copyright, p.DownloadLocation = unknown, unknown, unknown
	if p.Declared == "" {
		p.Declared = unknown
	}
	d.Packages = append(d.Packages, p)
	d.Relationships = append(d.Relationships, relationship{to, relation, p.ID})
}

// module is a module that was linked in: that by which it was replaced, if it was.
func module(m *debug.Module) pkg {
	if m.Replace != nil {
		m = m.Replace
	}
	p := pkg{Name: m.Path, Version: m.Version, Purpose: "LIBRARY", References: []external{purl("pkg:golang/" + m.Path + "@" + url.QueryEscape(m.Version))}}
	if m.Sum != "" {
		p.SourceInfo = "go.sum " + m.Sum
	}
	return p
}

// rootsModule is the module of this program that the certificate authorities come from.
func rootsModule() (*debug.Module, error) {
	own, ok := debug.ReadBuildInfo()
	if ok {
		if i := slices.IndexFunc(own.Deps, func(m *debug.Module) bool { return m.Path == rootsPath }); i >= 0 {
			return own.Deps[i], nil
		}
	}
	return nil, fmt.Errorf("this program does not know its modules: build it with go build")
}

var outside = regexp.MustCompile(`[^A-Za-z0-9.-]+`)

func identifier(p pkg) string {
	return "SPDXRef-" + outside.ReplaceAllString(p.Name+"-"+p.Version, "-")
}

func purl(locator string) external { return external{"PACKAGE-MANAGER", "purl", locator} }
