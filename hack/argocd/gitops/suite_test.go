// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/argoproj/argo-cd/gitops-engine/pkg/health"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/utils/kube"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/backoffice-operator/backoffice-operator/hack/argocd/customizations"
)

// patient is how long something may take on a busy machine, and often how often it is looked at.
const (
	patient = time.Minute
	often   = 200 * time.Millisecond
)

var (
	root    string
	scripts customizations.Customizations
	cluster *Cluster
	argocd  *Controller
)

func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", "4")               // they wait more than they work
	rest.SetDefaultWarningHandler(rest.NoWarnings{}) // the references that an order leaves open for a while
	status, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

// run runs the tests on a cluster in which Argo CD is installed: its two service accounts may do everything, as in its stock installation.
func run(m *testing.M) (status int, err error) {
	if root, err = Repository(); err != nil {
		return 1, err
	}
	scripts = customizations.Open(root)
	dir, err := os.MkdirTemp("", "backoffice-argocd-")
	if err != nil {
		return 1, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx := context.Background()
	if cluster, err = Start(ctx, dir); err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, cluster.Stop()) }()
	if err := bindClusterAdmin(ctx, cluster); err != nil {
		return 1, err
	}
	if argocd, err = NewController(cluster, scripts); err != nil {
		return 1, err
	}
	defer argocd.Close()
	return m.Run(), nil
}

// bindClusterAdmin gives Argo CD's service accounts what its stock installation gives them.
func bindClusterAdmin(ctx context.Context, c *Cluster) error {
	_, err := kubernetes.NewForConfigOrDie(c.Admin).RbacV1().ClusterRoleBindings().Create(ctx, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "argocd"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
		Subjects: []rbacv1.Subject{
			{Kind: rbacv1.ServiceAccountKind, Namespace: "argocd", Name: "argocd-application-controller"},
			{Kind: rbacv1.ServiceAccountKind, Namespace: "argocd", Name: "argocd-server"},
		},
	}, metav1.CreateOptions{})
	return err
}

// limited is a context with the time that a sync may take on a busy machine.
func limited(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patient)
	t.Cleanup(cancel)
	return ctx
}

// kustomized is what a folder of the source tree builds.
func kustomized(t *testing.T, folder string) []*unstructured.Unstructured {
	t.Helper()
	g := NewWithT(t)
	out, err := exec.Command(cluster.Kubectl, "kustomize", filepath.Join(root, folder)).Output()
	g.Expect(err).NotTo(HaveOccurred())
	return parsed(t, out)
}

func parsed(t *testing.T, content []byte) []*unstructured.Unstructured {
	t.Helper()
	g := NewWithT(t)
	manifests, err := kube.SplitYAML(content)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(manifests).NotTo(BeEmpty())
	return manifests
}

// delegated lets a back office's manifest hand out everything by Argo CD.
func delegated(t *testing.T, manifests []*unstructured.Unstructured) []*unstructured.Unstructured {
	t.Helper()
	g := NewWithT(t)
	for _, o := range manifests {
		if o.GetKind() != "BackOffice" {
			continue
		}
		delegations, _, err := unstructured.NestedSlice(o.Object, "spec", "rank", "delegations")
		g.Expect(err).NotTo(HaveOccurred())
		account := func(name string) any {
			return map[string]any{"kind": "ServiceAccount", "namespace": "argocd", "name": name}
		}
		delegations = append(delegations, map[string]any{
			"subjects": []any{account("argocd-application-controller"), account("argocd-server")}, "rank": int64(0), "permissions": []any{"*"},
		})
		g.Expect(unstructured.SetNestedSlice(o.Object, delegations, "spec", "rank", "delegations")).To(Succeed())
	}
	return manifests
}

// live reads an object, nil where there is none.
func live(t *testing.T, o *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	g := NewWithT(t)
	found, err := argocd.kubectl.GetResource(t.Context(), cluster.Admin, o.GroupVersionKind(), o.GetName(), o.GetNamespace())
	if apierrors.IsNotFound(err) {
		return nil
	}
	g.Expect(err).NotTo(HaveOccurred())
	return found
}

// unhealthy names the manifests whose objects are not healthy, with what health.lua says of them. Live objects alone are asked: the cache may be behind.
func unhealthy(t *testing.T, manifests []*unstructured.Unstructured) []string {
	t.Helper()
	g := NewWithT(t)
	var sick []string
	for _, manifest := range manifests {
		if manifest.GroupVersionKind().Group != customizations.Group {
			continue
		}
		name := manifest.GetKind() + "/" + manifest.GetName()
		o := live(t, manifest)
		if o == nil {
			sick = append(sick, name+" is missing")
			continue
		}
		status, err := health.GetResourceHealth(o, scripts)
		g.Expect(err).NotTo(HaveOccurred())
		if status.Status != health.HealthStatusHealthy {
			sick = append(sick, fmt.Sprintf("%s is %s: %s", name, status.Status, status.Message))
		}
	}
	return sick
}

// kinds are those whose objects are looked at for writes: ours, and what the operator makes of them.
var kinds = []schema.GroupVersionResource{
	{Group: customizations.Group, Version: "v1alpha1", Resource: "backoffices"},
	{Group: customizations.Group, Version: "v1alpha1", Resource: "backofficeusers"},
	{Group: customizations.Group, Version: "v1alpha1", Resource: "permissionsets"},
	{Group: customizations.Group, Version: "v1alpha1", Resource: "rolebindings"},
	{Version: "v1", Resource: "secrets"},
}

// versions are the resource versions of all objects in a namespace: equal ones mean that nothing was written in between.
func versions(t *testing.T, namespace string) map[string]string {
	t.Helper()
	g := NewWithT(t)
	found := map[string]string{}
	for _, kind := range kinds {
		list, err := cluster.Client().Resource(kind).Namespace(namespace).List(t.Context(), metav1.ListOptions{})
		g.Expect(err).NotTo(HaveOccurred())
		for _, o := range list.Items {
			found[kind.Resource+"/"+o.GetName()] = o.GetResourceVersion()
		}
	}
	return found
}

// settles waits until nothing has been written in a namespace for two seconds, and returns the versions.
func settles(t *testing.T, namespace string) map[string]string {
	t.Helper()
	g := NewWithT(t)
	last, since := versions(t, namespace), time.Now()
	g.Eventually(func() time.Duration {
		if now := versions(t, namespace); !maps.Equal(now, last) {
			last, since = now, time.Now()
		}
		return time.Since(since)
	}, patient, often).Should(BeNumerically(">", 2*time.Second))
	return last
}

// becomesReady waits until all objects are healthy and the application is in sync.
func becomesReady(t *testing.T, app Application) {
	t.Helper()
	g := NewWithT(t)
	g.Eventually(func() []string { return unhealthy(t, app.Manifests) }, patient, often).Should(BeEmpty())
	g.Eventually(func() ([]string, error) { return outOfSync(app) }, patient, often).Should(BeEmpty())
}

func outOfSync(app Application) ([]string, error) {
	found, err := argocd.Compare(app)
	if err != nil {
		return nil, err
	}
	return found.OutOfSync(), nil
}

// remains names what is left in a namespace that is being deleted, and what keeps it; nil when the namespace is gone.
func remains(t *testing.T, namespace *unstructured.Unstructured) []string {
	t.Helper()
	g := NewWithT(t)
	if live(t, namespace) == nil {
		return nil
	}
	left := []string{"namespace " + namespace.GetName()}
	for _, kind := range kinds {
		list, err := cluster.Client().Resource(kind).Namespace(namespace.GetName()).List(t.Context(), metav1.ListOptions{})
		g.Expect(err).NotTo(HaveOccurred())
		for _, o := range list.Items {
			conditions, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
			left = append(left, fmt.Sprintf("%s/%s deleted %v by %v: %v", kind.Resource, o.GetName(), o.GetDeletionTimestamp(), o.GetFinalizers(), conditions))
		}
	}
	return left
}

// namespaceOf is the namespace among the manifests.
func namespaceOf(t *testing.T, manifests []*unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	for _, o := range manifests {
		if o.GetKind() == "Namespace" {
			return o
		}
	}
	t.Fatal("no namespace among the manifests")
	return nil
}
