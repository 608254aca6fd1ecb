// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes"
)

// team is an application of a team whose power is rank 4, with all that a platform team has to give it.
type team struct {
	Application
	namespace string
}

// newTeam syncs the platform's application, makes the team's namespace and the service account with which Argo CD impersonates, and returns the team's
// application.
func newTeam(t *testing.T, name string, mode Mode) team {
	t.Helper()
	g := NewWithT(t)
	platform := Application{Name: name, Mode: ServerSide, Manifests: delegated(t, fixture(t, "platform.yaml", name))}
	g.Expect(argocd.Sync(limited(t), platform, Begin())).To(Succeed())
	becomesReady(t, platform)

	kubernetes := kubernetes.NewForConfigOrDie(cluster.Admin)
	namespace := name + "-support"
	_, err := kubernetes.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, metav1.CreateOptions{})
	g.Expect(err).NotTo(HaveOccurred())
	_, err = kubernetes.RbacV1().RoleBindings(namespace).Create(t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "argocd-sync"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "backoffice-operator-editor"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: "argocd-sync"}},
	}, metav1.CreateOptions{})
	g.Expect(err).NotTo(HaveOccurred())
	return team{namespace: namespace, Application: Application{
		Name: name + "-support", Mode: mode, Actor: "system:serviceaccount:" + namespace + ":argocd-sync", Manifests: fixture(t, "team.yaml", name),
	}}
}

// syncedTeam is a new team whose application has been synced, and is ready.
func syncedTeam(t *testing.T, name string, mode Mode) team {
	t.Helper()
	app := newTeam(t, name, mode)
	NewWithT(t).Expect(argocd.Sync(limited(t), app.Application, Begin())).To(Succeed())
	becomesReady(t, app.Application)
	return app
}

// disempower takes the delegation to Argo CD's own identities from the back office of a team.
func disempower(t *testing.T, name string) {
	t.Helper()
	delegations := jsonPatch(`[{"op": "remove", "path": "/spec/rank/delegations/1"}]`)
	offices := cluster.Client().Resource(kinds[0]).Namespace(name)
	_, err := offices.Patch(t.Context(), "shop", delegations.Type, delegations.Data, metav1.PatchOptions{})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
}

// fixture is a file of testdata, in a namespace.
func fixture(t *testing.T, file, namespace string) []*unstructured.Unstructured {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", file))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return parsed(t, bytes.ReplaceAll(content, []byte("NAMESPACE"), []byte(namespace)))
}

// named is the manifest of that kind and name, which a test may change.
func (a Application) named(t *testing.T, kind, name string) *unstructured.Unstructured {
	t.Helper()
	for _, o := range a.Manifests {
		if o.GetKind() == kind && o.GetName() == name {
			return o
		}
	}
	t.Fatalf("the application has no %s %s", kind, name)
	return nil
}

func TestAnApplicationOfPower4IsSyncedTwiceAndInSync(t *testing.T) {
	for name, mode := range map[string]Mode{"client-side": ClientSide, "compared": ServerSideDiff, "server-side": ServerSide, "both": ServerSideBoth} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			app := syncedTeam(t, name, mode)

			before := settles(t, app.namespace)
			g.Expect(argocd.Sync(limited(t), app.Application, Begin())).To(Succeed())
			g.Consistently(func() ([]string, error) { return outOfSync(app.Application) }, 2*time.Second, often).Should(BeEmpty())
			g.Expect(versions(t, app.namespace)).To(Equal(before))

			binding := app.named(t, "RoleBinding", "support-team")
			g.Expect(unstructured.SetNestedField(binding.Object, "headquarters", "spec", "permissionSetRef", "name")).To(Succeed())
			g.Expect(argocd.Sync(limited(t), app.Application, Begin())).To(MatchError(ContainSubstring("has rank 1")), "what exceeds the power is refused")
			g.Expect(versions(t, app.namespace)).To(Equal(before), "and nothing of it was written")

			app.Manifests = nil
			g.Expect(argocd.Sync(limited(t), app.Application, Begin())).To(Succeed())
			g.Eventually(func() map[string]string { return versions(t, app.namespace) }, patient, often).Should(BeEmpty())
		})
	}
}

// TestServerSideDiffAsksWithTheControllersPower pins what docs/argocd.md warns of: Argo CD compares as itself, also where it impersonates to apply.
func TestServerSideDiffAsksWithTheControllersPower(t *testing.T) {
	g := NewWithT(t)
	app := syncedTeam(t, "powerless", ServerSideDiff)

	disempower(t, "powerless")
	g.Expect(outOfSync(app.Application)).To(BeEmpty(), "a comparison that would change nothing needs no power")
	g.Expect(unstructured.SetNestedField(app.named(t, "BackOfficeUser", "lea").Object, "Blocked", "spec", "state")).To(Succeed())
	g.Eventually(func() error {
		_, err := outOfSync(app.Application)
		return err
	}, patient, often).Should(MatchError(ContainSubstring(ControllerUser)))

	app.Mode = ClientSide
	g.Expect(outOfSync(app.Application)).To(HaveLen(1), "the other comparisons ask nobody")
	g.Expect(argocd.Sync(limited(t), app.Application, Begin())).To(Succeed(), "and the application's own identity has the power")
}
