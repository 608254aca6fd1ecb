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

	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/yaml"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// setup are the objects that are there before the manager is. Nobody could admit them then: they carry the stamp of the harness.
func setup(store v1alpha1.Store) []client.Object {
	const namespace = "default"
	objects := []client.Object{
		testkit.Office("shop", namespace, testkit.OnOffice(func(o *v1alpha1.BackOffice) { o.Spec.Store = store }),
			testkit.IPPolicy(v1alpha1.IPPolicy{Required: true, Within: []string{"203.0.113.0/24"}}),
			testkit.Delegates(0, testkit.Group("system:masters")), testkit.Giving("*")),
		testkit.Set("support", namespace, testkit.Rank(4), testkit.Permissions("orders=Write", "stock")),
		testkit.Binding("support", namespace, testkit.ToSet("support"), testkit.ForLabels("team", "support")),
	}
	for _, o := range objects {
		testkit.Stamp(o, "admin", []access.Power{testkit.Unlimited()})
	}
	return objects
}

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
	utilruntime.Must(v1alpha1.AddToScheme(scheme.Scheme))
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
	objects, err := manifests(url)
	if err != nil {
		return err
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

// manifests are the setup as YAML, on the embedded store where there is no URL.
func manifests(url string) (string, error) {
	store := v1alpha1.Store{SQLite: &v1alpha1.SQLiteStore{}}
	if url != "" {
		store = v1alpha1.Store{Postgres: &v1alpha1.PostgresStore{Owner: "rollout", URLSecretRef: v1alpha1.SecretKeyReference{Name: "shop-db", Key: "url"}}}
	}
	var all strings.Builder
	for _, o := range setup(store) {
		gvk, err := apiutil.GVKForObject(o, scheme.Scheme)
		if err != nil {
			return "", err
		}
		o.GetObjectKind().SetGroupVersionKind(gvk)
		document, err := yaml.Marshal(o)
		if err != nil {
			return "", err
		}
		all.WriteString("---\n" + string(document))
	}
	if url != "" {
		all.WriteString(strings.Replace(secret, "URL", url, 1))
	}
	return all.String(), nil
}
