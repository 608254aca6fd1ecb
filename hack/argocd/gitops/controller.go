// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"fmt"
	"strings"

	"github.com/argoproj/argo-cd/gitops-engine/pkg/cache"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/diff"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/sync"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/utils/kube"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/utils/tracing"
	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"

	"github.com/backoffice-operator/backoffice-operator/hack/argocd/customizations"
)

// Identities of Argo CD in its stock installation.
const (
	ControllerUser = "system:serviceaccount:argocd:argocd-application-controller"
	ServerUser     = "system:serviceaccount:argocd:argocd-server"
)

// fieldManager is the one of Argo CD's server-side apply.
const fieldManager = "argocd-controller"

// trackingID is the annotation by which Argo CD knows the objects of an application.
const trackingID = "argocd.argoproj.io/tracking-id"

// Mode is how an application is compared and applied.
type Mode string

// The modes of Argo CD.
const (
	// ClientSide applies as kubectl apply does, and compares with the annotation that it leaves.
	ClientSide Mode = "client-side apply"
	// ServerSideDiff applies so, and compares with what a server-side apply would change.
	ServerSideDiff Mode = "server-side diff"
	// ServerSide applies server-side, and compares with a structured merge.
	ServerSide Mode = "server-side apply"
	// ServerSideBoth applies server-side, and compares with what a server-side apply would change.
	ServerSideBoth Mode = "server-side apply and diff"
)

// Modes are all of them.
var Modes = []Mode{ClientSide, ServerSideDiff, ServerSide, ServerSideBoth}

func (m Mode) appliesServerSide() bool  { return m == ServerSide || m == ServerSideBoth }
func (m Mode) comparesServerSide() bool { return m == ServerSideDiff || m == ServerSideBoth }

// Application is what a repository wants.
type Application struct {
	Name string
	Mode Mode
	// Actor is who applies; empty: the controller itself. The controller always compares as itself.
	Actor     string
	Manifests []*unstructured.Unstructured
}

// Controller is Argo CD's application controller.
type Controller struct {
	cluster *Cluster
	config  *rest.Config
	kubectl *kube.KubectlCmd
	cache   cache.ClusterCache
	scripts customizations.Customizations
}

// NewController starts a controller which watches the cluster until Close. Health and actions are those of the scripts.
func NewController(c *Cluster, scripts customizations.Customizations) (*Controller, error) {
	config := c.As(ControllerUser)
	controller := &Controller{
		cluster: c, config: config, scripts: scripts,
		kubectl: &kube.KubectlCmd{Log: logr.Discard(), Tracer: tracing.NopTracer{}},
	}
	controller.cache = cache.NewClusterCache(config,
		cache.SetLogr(logr.Discard()),
		cache.SetKubectl(controller.kubectl),
		cache.SetPopulateResourceInfoHandler(func(o *unstructured.Unstructured, _ bool) (any, bool) {
			id := o.GetAnnotations()[trackingID]
			return id, id != "" || o.GetKind() == kube.CustomResourceDefinitionKind
		}))
	return controller, controller.cache.EnsureSynced()
}

// Close ends the watches.
func (c *Controller) Close() { c.cache.Invalidate() }

// Comparison is what an application wants beside what there is.
type Comparison struct {
	sync.ReconciliationResult
	diffs *diff.DiffResultList
}

// Compare compares as the controller does when it refreshes an application.
func (c *Controller) Compare(app Application) (*Comparison, error) {
	targets := tracked(app)
	live, err := c.cache.GetManagedLiveObjs(targets, func(r *cache.Resource) bool {
		id, _ := r.Info.(string)
		return strings.HasPrefix(id, app.Name+":")
	})
	if err != nil {
		return nil, err
	}
	found := &Comparison{ReconciliationResult: sync.Reconcile(targets, live, "", c.cache)}
	options := []diff.Option{
		diff.WithLogr(logr.Discard()), diff.WithManager(fieldManager), diff.WithGVKParser(c.cache.GetGVKParser()),
		diff.WithStructuredMergeDiff(app.Mode.appliesServerSide()), diff.WithServerSideDiff(app.Mode.comparesServerSide()),
	}
	if app.Mode.comparesServerSide() {
		applier, cleanup, err := c.kubectl.ManageServerSideDiffDryRuns(c.config)
		if err != nil {
			return nil, err
		}
		defer cleanup()
		options = append(options, diff.WithServerSideDryRunner(diff.NewK8sServerSideDryRunner(applier)))
	}
	found.diffs, err = diff.DiffArray(found.Target, found.Live, options...)
	return found, err
}

// OutOfSync names the objects that are not as the application wants them, each with what differs.
func (f *Comparison) OutOfSync() []string {
	var differ []string
	for i, target := range f.Target {
		live := f.Live[i]
		switch {
		case target == nil:
			differ = append(differ, fmt.Sprintf("%s is extra", kube.GetResourceKey(live)))
		case live == nil:
			differ = append(differ, fmt.Sprintf("%s is missing", kube.GetResourceKey(target)))
		case f.diffs.Diffs[i].Modified:
			change, err := jsonpatch.CreateMergePatch(f.diffs.Diffs[i].NormalizedLive, f.diffs.Diffs[i].PredictedLive)
			differ = append(differ, fmt.Sprintf("%s differs by %s %v", kube.GetResourceKey(target), change, err))
		}
	}
	return differ
}

// tracked are the manifests of an application with the annotation that says whose they are.
func tracked(app Application) []*unstructured.Unstructured {
	var targets []*unstructured.Unstructured
	for _, manifest := range app.Manifests {
		o := manifest.DeepCopy()
		annotations := o.GetAnnotations()
		if annotations == nil {
			annotations = map[string]string{}
		}
		annotations[trackingID] = fmt.Sprintf("%s:%s/%s:%s/%s", app.Name, o.GroupVersionKind().Group, o.GetKind(), o.GetNamespace(), o.GetName())
		o.SetAnnotations(annotations)
		targets = append(targets, o)
	}
	return targets
}
