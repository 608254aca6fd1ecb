// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package devcluster

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// auditPolicy has the API server note what the manager asked it for, and not what was said.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
omitManagedFields: true
rules:
- level: Metadata
  users: [%s]
- level: None
`

// auditLog is the name of the API server's audit log in the cluster's directory. Others begin as it does: it is a few files when it is long.
const auditLog = "audit"

// Request is one that the API server has answered, as its audit log has it.
type Request struct {
	// Verb is as RBAC has it.
	Verb, Group, Resource, Subresource string
	// Code is the HTTP status of the answer.
	Code int
	// Forbidden says that no role permitted it.
	Forbidden bool
}

// String is what RBAC is asked: the verb, and the resource with its group and subresource.
func (r Request) String() string { return r.Verb + " " + r.Kind() }

// Kind is the resource as a role names it, with its group: secrets, or backoffices/status.access.backoffice-operator.io.
func (r Request) Kind() string {
	kind := r.Resource
	if r.Subresource != "" {
		kind += "/" + r.Subresource
	}
	if r.Group != "" {
		kind += "." + r.Group
	}
	return kind
}

// audit has the API server, which has not been started yet, write an audit log of what the manager asks for.
func (c *Cluster) audit() error {
	policy := filepath.Join(c.dir, "audit-policy.yaml")
	if err := os.WriteFile(policy, fmt.Appendf(nil, auditPolicy, ManagerUser), 0o600); err != nil {
		return err
	}
	c.control.ControlPlane.GetAPIServer().Configure().Set("audit-policy-file", policy).
		Set("audit-log-path", filepath.Join(c.dir, auditLog+".log")).Set("audit-log-maxsize", "10000")
	return nil
}

// Requests are what the manager has asked the API server for so far, each once whatever the object. What is no resource, such as the
// API server's version, is left out. It needs Options.Audit.
func (c *Cluster) Requests() ([]Request, error) {
	logs, err := filepath.Glob(filepath.Join(c.dir, auditLog+"*.log"))
	if err != nil {
		return nil, err
	}
	if len(logs) == 0 {
		return nil, errors.New("there is no audit log: the cluster was started without Options.Audit")
	}
	seen := map[Request]bool{}
	for _, log := range logs {
		if err := readAudit(log, seen); err != nil {
			return nil, err
		}
	}
	requests := make([]Request, 0, len(seen))
	for r := range seen {
		requests = append(requests, r)
	}
	slices.SortFunc(requests, func(a, b Request) int { return strings.Compare(a.String(), b.String()) })
	return requests, nil
}

// auditEvent is what a line of the log says of a request.
type auditEvent struct {
	Verb           string
	ObjectRef      *struct{ APIGroup, Resource, Subresource string }
	ResponseStatus struct{ Code int }
	Annotations    map[string]string
}

func readAudit(log string, seen map[Request]bool) error {
	f, err := os.Open(log)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e auditEvent
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			continue // the last line may not be whole yet
		}
		if e.ObjectRef == nil {
			continue
		}
		r := Request{Verb: e.Verb, Code: e.ResponseStatus.Code, Forbidden: e.Annotations["authorization.k8s.io/decision"] == "forbid"}
		r.Group, r.Resource, r.Subresource = e.ObjectRef.APIGroup, e.ObjectRef.Resource, e.ObjectRef.Subresource
		seen[r] = true
	}
	return lines.Err()
}
