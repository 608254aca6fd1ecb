// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"context"
	"encoding/json"
	"fmt"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// Action is an action that somebody runs.
type Action struct {
	// Name is the action's, such as hold.
	Name string
	// User is who asks the cluster for it: the service account of Argo CD's API server, or that of the application where it impersonates.
	User       string
	Parameters map[string]string
}

// Act runs an action on an object as Argo CD's API server does. One that is not offered, or is disabled, is an error.
func (c *Controller) Act(ctx context.Context, o *unstructured.Unstructured, a Action) error {
	config := c.cluster.As(a.User)
	live, err := c.kubectl.GetResource(ctx, config, o.GroupVersionKind(), o.GetName(), o.GetNamespace())
	if err != nil {
		return err
	}
	if err := c.offered(live, a.Name); err != nil {
		return err
	}
	changed, err := c.scripts.Act(live, a.Name, a.Parameters)
	if err != nil {
		return err
	}
	before, err := json.Marshal(live)
	if err != nil {
		return err
	}
	after, err := json.Marshal(changed)
	if err != nil {
		return err
	}
	patch, err := jsonpatch.CreateMergePatch(before, after)
	if err != nil || string(patch) == "{}" {
		return err
	}
	_, err = c.kubectl.PatchResource(ctx, config, o.GroupVersionKind(), o.GetName(), o.GetNamespace(), types.MergePatchType, patch)
	return err
}

// offered fails where an action is not offered for the object, or disabled.
func (c *Controller) offered(o *unstructured.Unstructured, action string) error {
	actions, err := c.scripts.Discover(o)
	if err != nil {
		return err
	}
	for _, a := range actions {
		if a.Name == action && !a.Disabled {
			return nil
		}
	}
	return fmt.Errorf("%s of %s is not offered: %v", action, o.GetName(), actions)
}
