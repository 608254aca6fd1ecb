// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	release    = "backoffice-operator"
	namespace  = "backoffice-operator-system"
	deployment = "backoffice-operator-controller-manager"
	claim      = "backoffice-operator-sqlite"
	// team is the namespace of the back office and the name of its release.
	team = "shop"
)

// tries runs a program and returns all that it prints.
func tries(program string, arguments ...string) (string, error) {
	out, err := exec.CommandContext(ctx, program, arguments...).CombinedOutput()
	GinkgoWriter.Printf("%s %s\n%s\n", program, strings.Join(arguments, " "), out)
	return string(out), err
}

// kubectl runs kubectl, which has to succeed.
func kubectl(arguments ...string) string {
	GinkgoHelper()
	out, err := tries("kubectl", arguments...)
	Expect(err).NotTo(HaveOccurred(), out)
	return out
}

// helm runs Helm, which has to succeed.
func helm(arguments ...string) string {
	GinkgoHelper()
	out, err := tries(os.Getenv(helmVariable), arguments...)
	if err != nil {
		tell()
	}
	Expect(err).NotTo(HaveOccurred(), out)
	return out
}

// operator installs or upgrades the operator's chart with the image under test and its default values but for arguments, and waits until it is ready.
func operator(verb string, arguments ...string) {
	GinkgoHelper()
	repo, tag, _ := strings.Cut(os.Getenv(imageVariable), ":")
	helm(append([]string{
		verb, release, chart("backoffice-operator"), "--namespace", namespace, "--wait", "--timeout=90s",
		"--set=image.repository=" + repo, "--set=image.tag=" + tag, "--set=image.pullPolicy=Never",
	}, arguments...)...)
}

// access installs or upgrades the users of the team from examples of the chart, and waits until all are ready.
func access(verb string, examples ...string) {
	GinkgoHelper()
	arguments := []string{verb, team, chart("backoffice-access"), "--namespace", team, "--wait", "--timeout=90s"}
	for _, example := range examples {
		arguments = append(arguments, "--values="+filepath.Join(chart("backoffice-access"), "examples", example))
	}
	helm(arguments...)
}

// newNamespace makes a namespace in which pods must satisfy the restricted Pod Security Standard.
func newNamespace(name string) {
	GinkgoHelper()
	Eventually(func() error {
		err := admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name: name, Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/enforce-version": "latest"},
		}})
		return client.IgnoreAlreadyExists(err)
	}, soon, often).Should(Succeed())
}

// pods are the managers that run or are about to end.
func pods() []corev1.Pod {
	GinkgoHelper()
	list := &corev1.PodList{}
	Expect(admin.List(ctx, list, client.InNamespace(namespace))).To(Succeed())
	return list.Items
}

// leader is the pod that holds the lease.
func leader() *corev1.Pod {
	GinkgoHelper()
	var leads *corev1.Pod
	Eventually(func(g Gomega) {
		leases := &coordinationv1.LeaseList{}
		g.Expect(admin.List(ctx, leases, client.InNamespace(namespace))).To(Succeed())
		g.Expect(leases.Items).To(HaveLen(1))
		holder := leases.Items[0].Spec.HolderIdentity
		g.Expect(holder).NotTo(BeNil())
		for _, p := range pods() {
			if strings.HasPrefix(*holder, p.Name+"_") && p.DeletionTimestamp == nil {
				leads = &p
			}
		}
		g.Expect(leads).NotTo(BeNil())
	}, soon, often).Should(Succeed())
	return leads
}

// handsOver waits until another pod than this one leads, and says how long that took.
func handsOver(from *corev1.Pod) time.Duration {
	GinkgoHelper()
	began := time.Now()
	Eventually(func() string { return leader().Name }, soon, often).ShouldNot(Equal(from.Name))
	return time.Since(began)
}

// settled waits until the Deployment has all replicas ready, and no others.
func settled(replicas int32) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		d := &appsv1.Deployment{}
		g.Expect(admin.Get(ctx, client.ObjectKey{Namespace: namespace, Name: deployment}, d)).To(Succeed())
		g.Expect(d.Status.ObservedGeneration).To(Equal(d.Generation))
		g.Expect(d.Status.ReadyReplicas).To(Equal(replicas))
		g.Expect(pods()).To(HaveLen(int(replicas)))
	}, soon, often).Should(Succeed())
}

// gone waits until an object does not exist.
func gone(o client.Object) {
	GinkgoHelper()
	Eventually(func() error { return admin.Get(ctx, client.ObjectKeyFromObject(o), o) }, soon, often).Should(Satisfy(apierrors.IsNotFound))
}

// logs are those of the managers that run.
func logs() map[string]string {
	all := map[string]string{}
	for _, p := range pods() {
		if out, err := exec.CommandContext(ctx, "kubectl", "--namespace", namespace, "logs", p.Name).Output(); err == nil {
			all[p.Name] = string(out)
		}
	}
	return all
}

// complaints are the lines of the managers' logs that tell an error.
func complaints() (lines []string) {
	for pod, log := range logs() {
		for line := range strings.SplitSeq(log, "\n") {
			if strings.Contains(line, `"level":"error"`) || strings.Contains(line, "panic") {
				lines = append(lines, fmt.Sprintf("%s: %s", pod, line))
			}
		}
	}
	return lines
}

// cleanedUp has the specs of a container print what helps after a failure, and leave nothing behind when all have run.
func cleanedUp() {
	AfterAll(forget)
	AfterEach(func() {
		if CurrentSpecReport().Failed() {
			tell()
		}
	})
}

// tell prints what helps to understand a failure.
func tell() {
	for _, arguments := range [][]string{
		{"get", "pods,pvc,pv,events,leases,endpointslices", "--namespace", namespace, "--output=wide"},
		{"describe", "pods", "--namespace", namespace},
		{"get", "backoffice-access", "--all-namespaces"},
	} {
		out, _ := tries("kubectl", arguments...)
		AddReportEntry("kubectl "+strings.Join(arguments, " "), out, ReportEntryVisibilityFailureOrVerbose)
	}
	for pod, log := range logs() {
		AddReportEntry("log of "+pod, log[max(0, len(log)-8192):], ReportEntryVisibilityFailureOrVerbose)
	}
}
