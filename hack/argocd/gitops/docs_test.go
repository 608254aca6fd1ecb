// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// command is one of a page, with a part of what it prints.
var command = regexp.MustCompile(`(?m)^\$ (.*)\n(.*)$`)

func TestTheCommandsOfDocsArgoCDDoWhatThePageSays(t *testing.T) {
	g := NewWithT(t)
	core := kubernetes.NewForConfigOrDie(cluster.Admin).CoreV1()
	_, err := core.Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "argocd"}}, metav1.CreateOptions{})
	g.Expect(err).NotTo(HaveOccurred())
	_, err = core.ConfigMaps("argocd").Create(t.Context(), &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "argocd-cm"}, Data: map[string]string{"url": "https://argocd.example.com"},
	}, metav1.CreateOptions{})
	g.Expect(err).NotTo(HaveOccurred())

	page, err := os.ReadFile(filepath.Join(root, "docs", "argocd.md"))
	g.Expect(err).NotTo(HaveOccurred())
	commands := command.FindAllStringSubmatch(string(page), -1)
	g.Expect(commands).NotTo(BeEmpty())
	for _, c := range commands {
		shell := exec.Command("sh", "-c", c[1])
		shell.Dir = root
		shell.Env = append(os.Environ(), "KUBECONFIG="+cluster.Kubeconfig, "PATH="+filepath.Dir(cluster.Kubectl)+":"+os.Getenv("PATH"))
		out, err := shell.CombinedOutput()
		g.Expect(err).NotTo(HaveOccurred(), string(out))
		g.Expect(string(out)).To(ContainSubstring(strings.TrimSpace(c[2])))
	}

	config, err := core.ConfigMaps("argocd").Get(t.Context(), "argocd-cm", metav1.GetOptions{})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(config.Data).To(HaveLen(9), "what was there stays")
}
