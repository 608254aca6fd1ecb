// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package v1alpha1 holds the custom resources of the backoffice operator: BackOffice, PermissionSet, RoleBinding and BackOfficeUser.
//
// Controllers and webhooks never write spec, and spec has no schema defaults: what is in force stands in status. Shape, formats, unions
// and immutability are validated by the schema (OpenAPI and CEL); rules that need other objects are validated by the webhooks.
//
// +kubebuilder:object:generate=true
// +groupName=access.backoffice-operator.io
package v1alpha1
