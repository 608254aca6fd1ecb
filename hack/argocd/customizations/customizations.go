// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package customizations

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/argoproj/argo-cd/gitops-engine/pkg/health"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Group is the API group that is customized.
const Group = "access.backoffice-operator.io"

// wildcard is the folder of what holds for all kinds that have no folder of their own.
const wildcard = "_"

// Kinds are the kinds of the group.
var Kinds = []string{"BackOffice", "BackOfficeUser", "PermissionSet", "RoleBinding"}

// Customizations are the scripts of a folder as Argo CD lays it out, GROUP/KIND/health.lua and GROUP/KIND/actions/ACTION/action.lua.
type Customizations struct{ folder string }

// Open returns the customizations of the source tree.
func Open(root string) Customizations {
	return Customizations{folder: filepath.Join(root, "config", "argocd", "resource_customizations", Group)}
}

// Action is an action as a discovery script offers it.
type Action struct {
	Name        string      `json:"name"`
	Disabled    bool        `json:"disabled"`
	DisplayName string      `json:"displayName"`
	IconClass   string      `json:"iconClass"`
	Params      []Parameter `json:"params"`
}

// Parameter is what an action asks for.
type Parameter struct {
	Name string `json:"name"`
}

// GetResourceHealth implements the health override of gitops-engine. nil: the object is not of ours.
func (c Customizations) GetResourceHealth(obj *unstructured.Unstructured) (*health.HealthStatus, error) {
	if obj.GroupVersionKind().Group != Group {
		return nil, nil
	}
	script, err := c.health(obj.GetKind())
	if err != nil {
		return nil, err
	}
	status := &health.HealthStatus{}
	return status, run(script, obj, nil, status)
}

// health is the script of a kind: its own or that of all.
func (c Customizations) health(kind string) (string, error) {
	script, err := os.ReadFile(filepath.Join(c.folder, kind, "health.lua"))
	if errors.Is(err, fs.ErrNotExist) {
		script, err = os.ReadFile(filepath.Join(c.folder, wildcard, "health.lua"))
	}
	return string(script), err
}

// Discover lists the actions that are offered for an object, by name.
func (c Customizations) Discover(obj *unstructured.Unstructured) ([]Action, error) {
	script, err := c.discovery(obj.GetKind())
	if err != nil {
		return nil, err
	}
	offered := map[string]Action{}
	if err := run(script, obj, nil, &offered); err != nil {
		return nil, err
	}
	var actions []Action
	for name, action := range offered {
		action.Name = name
		actions = append(actions, action)
	}
	slices.SortFunc(actions, func(a, b Action) int { return strings.Compare(a.Name, b.Name) })
	return actions, nil
}

// Act returns the object as an action makes it. Argo CD sends the difference as a merge patch.
func (c Customizations) Act(obj *unstructured.Unstructured, action string, parameters map[string]string) (*unstructured.Unstructured, error) {
	script, err := c.action(obj.GetKind(), action)
	if err != nil {
		return nil, err
	}
	var result map[string]any
	if err := run(script, obj, parameters, &result); err != nil {
		return nil, fmt.Errorf("action %s: %w", action, err)
	}
	return &unstructured.Unstructured{Object: restored(result, obj.Object).(map[string]any)}, nil
}

func (c Customizations) discovery(kind string) (string, error) {
	script, err := os.ReadFile(filepath.Join(c.folder, kind, "actions", "discovery.lua"))
	return string(script), err
}

func (c Customizations) action(kind, action string) (string, error) {
	script, err := os.ReadFile(filepath.Join(c.folder, kind, "actions", action, "action.lua"))
	return string(script), err
}

// actions are the names of the actions that a kind has a script for.
func (c Customizations) actions(kind string) ([]string, error) {
	scripts, err := filepath.Glob(filepath.Join(c.folder, kind, "actions", "*", "action.lua"))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, script := range scripts {
		names = append(names, filepath.Base(filepath.Dir(script)))
	}
	return names, nil
}

// restored gives back what Lua cannot tell apart: an empty table that was an object before is one again, and no list. Argo CD does the same.
func restored(after, before any) any {
	switch was := before.(type) {
	case map[string]any:
		if list, is := after.([]any); is && len(list) == 0 {
			return map[string]any{}
		}
		if object, is := after.(map[string]any); is {
			for key := range object {
				if old, there := was[key]; there {
					object[key] = restored(object[key], old)
				}
			}
		}
	case []any:
		if list, is := after.([]any); is {
			for i := range min(len(list), len(was)) {
				list[i] = restored(list[i], was[i])
			}
		}
	}
	return after
}
