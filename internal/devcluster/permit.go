// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package devcluster

import (
	"context"
	"fmt"
	"path/filepath"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// RolePrefix stands before the names of the shipped roles, here as in config/default: backoffice-operator-editor.
const RolePrefix = "backoffice-operator-"

// permit installs the roles that are shipped, and binds the manager to the one that is generated from the markers in the code.
func (c *Cluster) permit(ctx context.Context, root string) error {
	for _, file := range []string{"role.yaml", "admin_role.yaml", "editor_role.yaml", "viewer_role.yaml"} {
		role, err := readRole(filepath.Join(root, "config", "rbac", file))
		if err != nil {
			return err
		}
		if err := c.Client().Create(ctx, role); err != nil {
			return fmt.Errorf("creating the ClusterRole of %s: %w", file, err)
		}
		if file == "role.yaml" {
			user := rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: ManagerUser}
			if err := Bind(ctx, c.Client(), role.Name, user); err != nil {
				return err
			}
		}
	}
	return nil
}

// Bind gives a ClusterRole to a subject, in the whole cluster.
func Bind(ctx context.Context, cl client.Client, role string, subject rbacv1.Subject) error {
	binding := &rbacv1.ClusterRoleBinding{
		RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects: []rbacv1.Subject{subject},
	}
	binding.GenerateName = role + "-"
	return cl.Create(ctx, binding)
}

func readRole(path string) (*rbacv1.ClusterRole, error) {
	role := &rbacv1.ClusterRole{}
	if err := read(path, role); err != nil {
		return nil, fmt.Errorf("reading a role (make manifests writes the manager's): %w", err)
	}
	role.Name = RolePrefix + role.Name
	return role, nil
}
