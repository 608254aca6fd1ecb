// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package owner tells who keeps an object in Git: a tool that puts back what somebody changes by hand.
package owner

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Owner is what keeps an object, such as an application of Argo CD. The zero value is nobody.
type Owner struct {
	// Tool is Argo CD, Flux or Helm.
	Tool string
	// Kind of what keeps the object, and its name; empty where they are not known.
	Kind, Name string
}

// What the tools write on objects that they keep.
const (
	argoTracking    = "argocd.argoproj.io/tracking-id"
	argoInstance    = "argocd.argoproj.io/instance"
	fluxKustomize   = "kustomize.toolkit.fluxcd.io/"
	fluxHelm        = "helm.toolkit.fluxcd.io/"
	helmRelease     = "meta.helm.sh/release-name"
	managedBy       = "app.kubernetes.io/managed-by"
	managedByHelm   = "Helm"
	nameSuffix      = "name"
	namespaceSuffix = "namespace"
)

// argoManagers are the names under which Argo CD applies.
var argoManagers = []string{"argocd-controller", "argocd-application-controller"}

// Of tells who keeps an object. The label app.kubernetes.io/instance alone says nothing: every tool and many people set it.
func Of(o client.Object) Owner {
	for _, of := range []func(client.Object) Owner{argo, flux, helm} {
		if owner := of(o); owner.Keeps() {
			return owner
		}
	}
	return Owner{}
}

// Keeps tells whether somebody keeps the object.
func (o Owner) Keeps() bool { return o.Tool != "" }

// String names the owner in a sentence.
func (o Owner) String() string {
	switch {
	case o.Name == "":
		return o.Tool
	case o.Kind == "":
		return fmt.Sprintf("%s %s", o.Tool, o.Name)
	}
	return fmt.Sprintf("%s %s %s", o.Tool, o.Kind, o.Name)
}

// argo finds an application by the tracking annotation, the label of that method, or who has written the fields.
func argo(o client.Object) Owner {
	const tool, kind = "Argo CD", "application"
	if app, of := tracked(o.GetAnnotations()[argoTracking]); app != "" && strings.HasSuffix(of, ":"+o.GetNamespace()+"/"+o.GetName()) {
		return Owner{tool, kind, app}
	}
	if app := o.GetLabels()[argoInstance]; app != "" {
		return Owner{tool, kind, app}
	}
	for _, entry := range o.GetManagedFields() {
		if entry.Subresource == "" && slices.Contains(argoManagers, entry.Manager) {
			return Owner{Tool: tool}
		}
	}
	return Owner{}
}

// tracked are the application and the object of a tracking annotation, <application>:<group>/<kind>:<namespace>/<name>. An object that was copied carries
// that of another one.
func tracked(id string) (application, object string) {
	application, object, _ = strings.Cut(id, ":")
	return application, object
}

func flux(o client.Object) Owner {
	labels := o.GetLabels()
	for _, by := range []struct{ prefix, kind string }{{fluxKustomize, "Kustomization"}, {fluxHelm, "HelmRelease"}} {
		if name := labels[by.prefix+nameSuffix]; name != "" {
			return Owner{"Flux", by.kind, strings.TrimPrefix(labels[by.prefix+namespaceSuffix]+"/"+name, "/")}
		}
	}
	return Owner{}
}

// helm keeps an object in its own way: the next upgrade puts it back.
func helm(o client.Object) Owner {
	if release := o.GetAnnotations()[helmRelease]; release != "" && o.GetLabels()[managedBy] == managedByHelm {
		return Owner{"Helm", "release", release}
	}
	return Owner{}
}
