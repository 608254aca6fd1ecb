// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package owner_test

import (
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/internal/plugin/owner"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestWhoKeepsAnObject(t *testing.T) {
	writtenBy := func(manager, subresource string) testkit.Mod {
		return func(o client.Object) {
			o.SetManagedFields([]metav1.ManagedFieldsEntry{{Manager: manager, Subresource: subresource}})
		}
	}
	const tracking = "argocd.argoproj.io/tracking-id"
	for sentence, c := range map[string]struct {
		mods []testkit.Mod
		want string
	}{
		"nobody": {want: ""},
		"Argo CD, by its annotation": {
			mods: []testkit.Mod{testkit.Annotations(tracking, "access:access.backoffice-operator.io/BackOfficeUser:shop/ann")}, want: "Argo CD application access",
		},
		"nobody, where the annotation is that of the object from which this one was copied": {
			mods: []testkit.Mod{testkit.Annotations(tracking, "access:access.backoffice-operator.io/BackOfficeUser:shop/joann")}, want: "",
		},
		"Argo CD, by its label":                    {mods: []testkit.Mod{testkit.Labels("argocd.argoproj.io/instance", "access")}, want: "Argo CD application access"},
		"Argo CD, by what it has written":          {mods: []testkit.Mod{writtenBy("argocd-controller", "")}, want: "Argo CD"},
		"Argo CD, by what it once called itself":   {mods: []testkit.Mod{writtenBy("argocd-application-controller", "")}, want: "Argo CD"},
		"nobody, where a person has written it":    {mods: []testkit.Mod{writtenBy("kubectl-client-side-apply", "")}, want: ""},
		"nobody, where an action has written it":   {mods: []testkit.Mod{writtenBy("argocd-server", "")}, want: ""},
		"nobody, where only status is of Argo CD":  {mods: []testkit.Mod{writtenBy("argocd-controller", "status")}, want: ""},
		"nobody, by a label that everybody writes": {mods: []testkit.Mod{testkit.Labels("app.kubernetes.io/instance", "access")}, want: ""},
		"a Kustomization of Flux": {
			mods: []testkit.Mod{testkit.Labels("kustomize.toolkit.fluxcd.io/name", "access", "kustomize.toolkit.fluxcd.io/namespace", "flux-system")},
			want: "Flux Kustomization flux-system/access",
		},
		"a release of Flux, rather than of Helm": {
			mods: []testkit.Mod{
				testkit.Labels("helm.toolkit.fluxcd.io/name", "access", "app.kubernetes.io/managed-by", "Helm"), testkit.Annotations("meta.helm.sh/release-name", "access"),
			},
			want: "Flux HelmRelease access",
		},
		"Helm": {
			mods: []testkit.Mod{testkit.Labels("app.kubernetes.io/managed-by", "Helm"), testkit.Annotations("meta.helm.sh/release-name", "access")},
			want: "Helm release access",
		},
		"nobody, where only one of Helm's two marks is there": {mods: []testkit.Mod{testkit.Labels("app.kubernetes.io/managed-by", "Helm")}, want: ""},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			is := owner.Of(testkit.User("ann", "shop", c.mods...))
			g.Expect(is.String()).To(Equal(c.want))
			g.Expect(is.Keeps()).To(Equal(c.want != ""))
		})
	}
}
