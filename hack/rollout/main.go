// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Rollout writes what a load harness needs to roll out many users against an API server of its own: the webhooks by URL with their
// certificates, a back office with a role that is handed out by label, the template of one user, a patch that blocks it, and the
// manager's flags.
//
//	go run ./hack/rollout [-postgres URL] DIR
//
// The harness applies DIR/setup.yaml and DIR/admission.yaml, starts `bin/manager $(cat DIR/flags)`, and creates DIR/user.yaml for {{.I}} = 0, 1, 2 …
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
)

const setup = `apiVersion: access.backoffice-operator.io/v1alpha1
kind: BackOffice
metadata: {name: shop, namespace: default}
spec:
  store: {STORE}
  policy: {ip: {required: true, within: [203.0.113.0/24]}}
  rank:
    delegations:
    - {subjects: [{kind: Group, name: "system:masters"}], rank: 0, permissions: ["*"]}
---
apiVersion: access.backoffice-operator.io/v1alpha1
kind: PermissionSet
metadata: {name: support, namespace: default}
spec:
  backOfficeRef: {name: shop}
  rank: 4
  permissions:
  - {path: orders, level: Write}
  - {path: stock, level: Read}
---
apiVersion: access.backoffice-operator.io/v1alpha1
kind: RoleBinding
metadata: {name: support, namespace: default}
spec:
  backOfficeRef: {name: shop}
  permissionSetRef: {name: support}
  selector: {matchLabels: {team: support}}
`

const secret = `---
apiVersion: v1
kind: Secret
metadata:
  name: shop-db
  namespace: default
  labels: {access.backoffice-operator.io/secret: store-url}
stringData: {url: "URL"}
`

const user = `apiVersion: access.backoffice-operator.io/v1alpha1
kind: BackOfficeUser
metadata:
  name: user-{{.I}}
  labels: {team: support}
spec:
  backOfficeRef: {name: shop}
  profile: {fullName: User {{.I}}}
  allowedIPs: [203.0.113.7]
`

const patch = `kind: BackOfficeUser
spec: {state: Blocked}
`

func main() {
	url := flag.String("postgres", "", "URL of a PostgreSQL database; absent: the embedded store")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: rollout [-postgres URL] DIR")
		os.Exit(2)
	}
	if err := write(flag.Arg(0), *url); err != nil {
		fmt.Fprintln(os.Stderr, "rollout:", err)
		os.Exit(1)
	}
}

func write(dir, url string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	root, err := devcluster.Repository()
	if err != nil {
		return err
	}
	endpoint, err := devcluster.NewEndpoint(dir)
	if err != nil {
		return err
	}
	admission, err := devcluster.Admission(root, endpoint)
	if err != nil {
		return err
	}
	var documents []string
	for _, o := range admission {
		document, err := yaml.Marshal(o)
		if err != nil {
			return err
		}
		documents = append(documents, string(document))
	}
	objects := strings.Replace(setup, "{STORE}", "{sqlite: {}}", 1)
	if url != "" {
		objects = strings.Replace(setup, "{STORE}", "{postgres: {owner: rollout, urlSecretRef: {name: shop-db, key: url}}}", 1) +
			strings.Replace(secret, "URL", url, 1)
	}
	flags := []string{
		"--webhook-host=" + endpoint.Host, "--webhook-port=" + strconv.Itoa(endpoint.Port), "--webhook-cert-dir=" + endpoint.CertDir,
		"--sqlite-dir=" + dir, "--metrics-bind-address=0", "--health-probe-bind-address=0",
	}
	for name, content := range map[string]string{
		"setup.yaml": objects, "admission.yaml": strings.Join(documents, "---\n"), "user.yaml": user, "patch.yaml": patch, "flags": strings.Join(flags, " "),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}
