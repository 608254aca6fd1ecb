// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes"
	_ "modernc.org/sqlite" // the driver sqlite
)

// TestOneValuesFileGivesTwentyWorkingLogins is the rollout of the access chart through Argo CD, which renders it by helm template.
func TestOneValuesFileGivesTwentyWorkingLogins(t *testing.T) {
	for name, openStore := range map[string]func(*testing.T, *unstructured.Unstructured) *sql.DB{"sqlite": inSQLite, "postgres": inPostgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			namespace := "twenty-" + name
			chart := filepath.Join(root, "config", "charts", "backoffice-access")
			manifests := delegated(t, rendered(t, chart, namespace, "--values", filepath.Join(chart, "examples", "twenty-users.yaml")))
			app := Application{Name: namespace, Mode: ServerSideBoth, Manifests: append(parsed(t, []byte(
				"apiVersion: v1\nkind: Namespace\nmetadata: {name: "+namespace+"}")), manifests...)}
			g.Expect(argocd.Sync(limited(t), app, &Operation{Only: app.Manifests[0]})).To(Succeed())
			db := openStore(t, app.named(t, "BackOffice", "shop"))

			g.Expect(argocd.Sync(limited(t), app, Begin())).To(Succeed())
			becomesReady(t, app)
			g.Expect(logins(t, namespace, db)).To(Equal(20))

			before := settles(t, namespace)
			g.Expect(argocd.Sync(limited(t), app, Begin())).To(Succeed())
			g.Consistently(func() ([]string, error) { return outOfSync(app) }, 2*time.Second, often).Should(BeEmpty())
			g.Expect(versions(t, namespace)).To(Equal(before), "a second sync writes nothing")

			app.Manifests = nil
			g.Expect(argocd.Sync(limited(t), app, Begin())).To(Succeed())
			g.Eventually(func() map[string]string { return versions(t, namespace) }, patient, often).Should(BeEmpty())
		})
	}
}

// rendered is what Helm makes of a chart. Lists are flattened, as Argo CD does.
func rendered(t *testing.T, chart, namespace string, arguments ...string) []*unstructured.Unstructured {
	t.Helper()
	g := NewWithT(t)
	build := exec.Command(filepath.Join(root, "hack", "tools", "build.sh"), "helm")
	build.Stderr = os.Stderr
	folder, err := build.Output()
	g.Expect(err).NotTo(HaveOccurred())
	helm := exec.Command(filepath.Join(strings.TrimSpace(string(folder)), "helm"),
		append([]string{"template", "backoffice-operator", chart, "--namespace", namespace}, arguments...)...)
	helm.Stderr = os.Stderr
	out, err := helm.Output()
	g.Expect(err).NotTo(HaveOccurred())
	var flat []*unstructured.Unstructured
	for _, o := range parsed(t, out) {
		if !o.IsList() {
			flat = append(flat, o)
			continue
		}
		list, err := o.ToList()
		g.Expect(err).NotTo(HaveOccurred())
		for i := range list.Items {
			flat = append(flat, &list.Items[i])
		}
	}
	return flat
}

// inSQLite leaves the back office in its embedded store.
func inSQLite(t *testing.T, office *unstructured.Unstructured) *sql.DB {
	t.Helper()
	path := filepath.Join(cluster.Stores, office.GetNamespace()+"_"+office.GetName()+".db")
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// inPostgres puts a back office into PostgreSQL: the one of POSTGRES_URL, or one of its own.
func inPostgres(t *testing.T, office *unstructured.Unstructured) *sql.DB {
	t.Helper()
	g := NewWithT(t)
	const schema = "argocd_twenty"
	url := postgresURL(t)
	_, err := kubernetes.NewForConfigOrDie(cluster.Admin).CoreV1().Secrets(office.GetNamespace()).Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "db", Labels: map[string]string{"access.backoffice-operator.io/secret": "store-url"}},
		StringData: map[string]string{"url": url},
	}, metav1.CreateOptions{})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(unstructured.SetNestedMap(office.Object, map[string]any{"postgres": map[string]any{
		"owner": "argocd", "schema": schema, "urlSecretRef": map[string]any{"name": "db", "key": "url"},
	}}, "spec", "store")).To(Succeed())
	db, err := sql.Open("pgx", url)
	g.Expect(err).NotTo(HaveOccurred())
	db.SetMaxOpenConns(1) // the search path is the connection's
	_, err = db.ExecContext(t.Context(), "SET search_path = "+schema)
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() {
		_, err := db.Exec("DROP SCHEMA IF EXISTS " + schema + " CASCADE")
		g.Expect(err).NotTo(HaveOccurred())
		_ = db.Close()
	})
	return db
}

func postgresURL(t *testing.T) string {
	t.Helper()
	if url := os.Getenv("POSTGRES_URL"); url != "" {
		return url
	}
	g := NewWithT(t)
	dir, err := os.MkdirTemp("", "backoffice-postgres-") //nolint:usetesting // The user postgres cannot reach t.TempDir.
	g.Expect(err).NotTo(HaveOccurred())
	script := filepath.Join(root, "hack", "postgres.sh")
	start := exec.Command(script, "start", dir)
	start.Stderr = os.Stderr
	url, err := start.Output()
	t.Cleanup(func() { _ = exec.Command(script, "stop", dir).Run() })
	g.Expect(err).NotTo(HaveOccurred())
	return strings.TrimSpace(string(url))
}
