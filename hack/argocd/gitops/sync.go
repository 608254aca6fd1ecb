// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/argoproj/argo-cd/gitops-engine/pkg/sync"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/sync/common"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/utils/kube"
	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// wavePause is how long a sync waits between waves; Argo CD waits two seconds.
const wavePause = 200 * time.Millisecond

// Operation is a sync that has been begun.
type Operation struct {
	Phase   common.OperationPhase
	Message string
	Results []common.ResourceSyncResult
	// Prune deletes what the application no longer wants, and Confirmed is somebody's confirmation where an object demands one.
	Prune, Confirmed bool
	// Only is the one object that is synced; nil: all.
	Only *unstructured.Unstructured

	started metav1.Time
}

// Begin makes a sync that prunes.
func Begin() *Operation { return &Operation{Prune: true, started: metav1.Now()} }

// Step goes on with a sync as the controller does whenever the application is refreshed.
func (c *Controller) Step(app Application, o *Operation) error {
	found, err := c.Compare(app)
	if err != nil {
		return err
	}
	config := c.config
	if app.Actor != "" {
		config = c.cluster.As(app.Actor)
	}
	foreground := metav1.DeletePropagationForeground
	context, cleanup, err := sync.NewSyncContext("revision", found.ReconciliationResult, config, config, c.kubectl, "",
		sync.WithLogr(logr.Discard()),
		sync.WithHealthOverride(c.scripts),
		sync.WithOperationSettings(false, o.Prune, false, false),
		sync.WithInitialState(o.Phase, o.Message, o.Results, o.started),
		sync.WithResourcesFilter(func(key kube.ResourceKey, _, _ *unstructured.Unstructured) bool {
			return o.Only == nil || key == kube.GetResourceKey(o.Only)
		}),
		sync.WithManifestValidation(true),
		sync.WithSyncWaveHook(func(_ common.SyncPhase, _ int, final bool) error {
			if !final {
				time.Sleep(wavePause)
			}
			return nil
		}),
		sync.WithPrunePropagationPolicy(&foreground),
		sync.WithPruneConfirmed(o.Confirmed),
		sync.WithServerSideApply(app.Mode.appliesServerSide()),
		sync.WithServerSideApplyManager(fieldManager),
		sync.WithClientSideApplyMigration(true, common.DefaultClientSideApplyMigrationManager))
	if err != nil {
		return err
	}
	defer cleanup()
	context.Sync()
	o.Phase, o.Message, o.Results = context.GetState()
	return nil
}

// Sync syncs until the operation ends, and fails where it does not succeed. The operation's results tell of each object.
func (c *Controller) Sync(ctx context.Context, app Application, o *Operation) error {
	for {
		if err := c.Step(app, o); err != nil {
			return err
		}
		if o.Phase.Completed() {
			break
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("the sync of %s does not end: %s: %w", app.Name, o.Message, ctx.Err())
		}
	}
	if o.Phase != common.OperationSucceeded {
		return fmt.Errorf("the sync of %s %s: %s%s", app.Name, o.Phase, o.Message, o.failures())
	}
	return nil
}

// failures are the messages of the objects whose sync failed.
func (o *Operation) failures() string {
	var text strings.Builder
	for _, result := range o.Results {
		if result.Status == common.ResultCodeSyncFailed || result.HookPhase == common.OperationFailed {
			fmt.Fprintf(&text, "\n%s: %s", result.ResourceKey, result.Message)
		}
	}
	return text.String()
}
