// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// newVolume makes a directory of the node a volume of the default storage class, as a claim without a class finds it, and returns its path.
func newVolume(name string) (path string) {
	GinkgoHelper()
	path = filepath.Join(os.Getenv(volumeVariable), name)
	binding, filesystem := storagev1.VolumeBindingWaitForFirstConsumer, corev1.PersistentVolumeFilesystem
	Expect(os.MkdirAll(path, 0o755)).To(Succeed())
	Expect(client.IgnoreAlreadyExists(admin.Create(ctx, &storagev1.StorageClass{
		ObjectMeta:  metav1.ObjectMeta{Name: "local", Annotations: map[string]string{"storageclass.kubernetes.io/is-default-class": "true"}},
		Provisioner: "kubernetes.io/no-provisioner", VolumeBindingMode: &binding,
	}))).To(Succeed())
	Expect(admin.Create(ctx, &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PersistentVolumeSpec{
			Capacity:         corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")},
			AccessModes:      []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			StorageClassName: "local", VolumeMode: &filesystem, PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimRetain,
			PersistentVolumeSource: corev1.PersistentVolumeSource{Local: &corev1.LocalVolumeSource{Path: path}},
			NodeAffinity: &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
				MatchExpressions: []corev1.NodeSelectorRequirement{{Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: []string{"node"}}},
			}}}},
		},
	})).To(Succeed())
	return path
}

// versions are the resource versions of what a release consists of, and of the users and Secrets of the team.
func versions() map[string]string {
	GinkgoHelper()
	all := map[string]string{}
	for _, scope := range [][]string{
		{"backoffice-access,secrets,configmaps", "--namespace=" + team},
		{"deployments,services,serviceaccounts,persistentvolumeclaims,roles,rolebindings.rbac.authorization.k8s.io", "--namespace=" + namespace},
		{"customresourcedefinitions,clusterroles,clusterrolebindings,validatingwebhookconfigurations,mutatingwebhookconfigurations,flowschemas,prioritylevelconfigurations"},
	} {
		const columns = "--output=custom-columns=KIND:.kind,NAME:.metadata.name,VERSION:.metadata.resourceVersion"
		for is := range slices.Chunk(listed(append([]string{"get", "--no-headers", columns}, scope...)...), 3) {
			if !strings.HasPrefix(is[1], "sh.helm.release.") {
				all[is[0]+" "+is[1]] = is[2]
			}
		}
	}
	Expect(len(all)).To(BeNumerically(">", 60))
	return all
}

// uninstallIsRefused tries to uninstall the operator, which says why not.
func uninstallIsRefused() {
	GinkgoHelper()
	out, err := tries(os.Getenv(helmVariable), "uninstall", release, "--namespace", namespace, "--wait", "--timeout=60s")
	Expect(err).To(HaveOccurred(), "there are users")
	Expect(out).To(And(ContainSubstring("20"), ContainSubstring("--no-hooks")), "how many there are, and the ways out")
	settled(1)
}

// nothingOfOurs waits until there are no objects of our kinds.
func nothingOfOurs() {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		for _, list := range []client.ObjectList{
			&v1alpha1.RoleBindingList{}, &v1alpha1.BackOfficeUserList{}, &v1alpha1.PermissionSetList{}, &v1alpha1.BackOfficeList{},
		} {
			g.Expect(admin.List(ctx, list)).To(Succeed())
			out, err := json.Marshal(list)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(string(out)).To(ContainSubstring(`"items":[]`))
		}
	}, soon, often).Should(Succeed())
}

// leaves waits until nothing of an installation is there but its kinds, with which everything would go that somebody declared, and these objects.
func leaves(more ...string) {
	GinkgoHelper()
	Eventually(leftovers, soon, time.Second).Should(ConsistOf(append(more, "backoffices.access.backoffice-operator.io",
		"backofficeusers.access.backoffice-operator.io", "permissionsets.access.backoffice-operator.io", "rolebindings.access.backoffice-operator.io")))
}

// forget takes away what an installation leaves, so that the next one finds nothing, whichever is the next. After a failure that is all of it.
func forget() {
	GinkgoHelper()
	if CurrentSpecReport().Failed() {
		_, _ = tries("kubectl", "delete", "backofficeusers", "--all", "--namespace="+team, "--timeout=30s")
		_, _ = tries(os.Getenv(helmVariable), "uninstall", team, "--namespace", team, "--wait", "--timeout=30s")
		_, _ = tries(os.Getenv(helmVariable), "uninstall", release, "--namespace", namespace, "--wait", "--timeout=30s")
	}
	kubectl("delete", "namespace", team, namespace, "--ignore-not-found", "--timeout=60s")
	kubectl("delete", "customresourcedefinitions", "--selector=app.kubernetes.io/name=backoffice-operator", "--timeout=60s")
}

// leftovers are the names of all objects in the operator's namespace and of all without a namespace that bear its name, but for those that Kubernetes
// itself makes in every namespace or for every kind, and for events.
func leftovers() (names []string) {
	GinkgoHelper()
	for _, namespaced := range []string{"true", "false"} {
		kinds := strings.Join(listed("api-resources", "--verbs=list", "--output=name", "--namespaced="+namespaced), ",")
		for _, object := range listed("get", kinds, "--namespace="+namespace, "--output=name", "--ignore-not-found") {
			kind, name, _ := strings.Cut(object, "/")
			kubernetes := name == "kube-root-ca.crt" || object == "serviceaccount/default" || strings.HasPrefix(kind, "event") || strings.HasPrefix(kind, "apiservice")
			ours := namespaced == "true" || strings.Contains(object, release)
			if ours && !kubernetes && name != namespace {
				names = append(names, name)
			}
		}
	}
	return names
}

// listed are the words that kubectl prints.
func listed(arguments ...string) []string {
	GinkgoHelper()
	out, err := exec.CommandContext(ctx, "kubectl", arguments...).Output()
	Expect(err).NotTo(HaveOccurred())
	return strings.Fields(string(out))
}

// memory is the resident memory of the manager that uses most, in KiB: pods are processes of this machine.
func memory() (most int) {
	GinkgoHelper()
	commands, err := filepath.Glob("/proc/[0-9]*/cmdline")
	Expect(err).NotTo(HaveOccurred())
	for _, command := range commands {
		content, _ := os.ReadFile(command)
		status, _ := os.ReadFile(filepath.Join(filepath.Dir(command), "status")) // it may have ended
		_, after, found := strings.Cut(string(status), "VmRSS:")
		if !found || !strings.HasPrefix(string(content), "/manager\x00") {
			continue
		}
		kib, err := strconv.Atoi(strings.Fields(after)[0])
		Expect(err).NotTo(HaveOccurred())
		most = max(most, kib)
	}
	Expect(most).NotTo(BeZero())
	return most
}
