// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package devcluster

import (
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func podWith(ports []corev1.ContainerPort, arguments ...string) *Pod {
	return &Pod{
		Name: "p", namespace: "n", Arguments: arguments,
		spec: &corev1.PodSpec{Containers: []corev1.Container{{Args: arguments, Ports: ports}}},
	}
}

func TestPortsAreMovedToFreeOnes(t *testing.T) {
	g := NewWithT(t)
	p := podWith([]corev1.ContainerPort{{Name: "https", ContainerPort: 8443}, {Name: "webhook", ContainerPort: 9443}}, "--metrics-bind-address=:8443", "--other=1")
	g.Expect(p.movePorts()).To(Succeed())
	metrics, webhook := p.local(intstr.FromString("https")), p.local(intstr.FromInt32(9443))
	g.Expect(metrics).NotTo(BeElementOf(0, 8443))
	g.Expect(p.Arguments).To(HaveExactElements(
		"--metrics-bind-address=:"+strconv.Itoa(metrics), "--other=1", "--webhook-port="+strconv.Itoa(webhook)))
	g.Expect(p.Address("webhook")).To(Equal("127.0.0.1:" + strconv.Itoa(webhook)))
	g.Expect(p.Address("probes")).To(BeEmpty())
}

func TestPortsThatDoNotFitTheArgumentsAreAnError(t *testing.T) {
	g := NewWithT(t)
	g.Expect(podWith([]corev1.ContainerPort{{Name: "https", ContainerPort: 8443}}, "--metrics-bind-address=:9999").movePorts()).
		To(MatchError("the container's port https is 8443, but its argument is --metrics-bind-address=:9999"))
	g.Expect(podWith([]corev1.ContainerPort{{Name: "x", ContainerPort: 1}}).movePorts()).To(MatchError(ContainSubstring(`a port "x"`)))
}

func TestPathsAreMovedToTheInnermostVolume(t *testing.T) {
	g := NewWithT(t)
	mounts := map[string]string{"/tmp": "/here/tmp", "/tmp/certs": "/here/certs", "/data": "/here/data"}
	p := podWith(nil, "--a=/data", "--b=/tmp/certs/tls.crt", "--c=/tmp/other", "--d=text", "--e")
	g.Expect(p.movePaths(mounts)).To(Succeed())
	g.Expect(p.Arguments).To(HaveExactElements("--a=/here/data", "--b=/here/certs/tls.crt", "--c=/here/tmp/other", "--d=text", "--e"))
	g.Expect(podWith(nil, "--a=/etc/x").movePaths(mounts)).To(MatchError("the argument --a=/etc/x names a path that lies in no volume"))
}

func TestTheEnvironmentIsWhatTheContainerSays(t *testing.T) {
	g := NewWithT(t)
	t.Setenv("OF_THIS_PROCESS", "x")
	field := func(path string) *corev1.EnvVarSource {
		return &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: path}}
	}
	p := podWith(nil, "--namespace=$(NS)", "--plain=$(UNKNOWN)")
	c := &p.spec.Containers[0]
	c.Resources.Limits = corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("1Ki")}
	c.Env = []corev1.EnvVar{
		{Name: "NS", ValueFrom: field("metadata.namespace")},
		{Name: "MEMORY", ValueFrom: &corev1.EnvVarSource{ResourceFieldRef: &corev1.ResourceFieldSelector{Resource: "limits.memory"}}},
		{Name: "PLAIN", Value: "v"},
	}
	got, err := p.environment(map[string]string{"/tmp": "/here/tmp"})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(got).To(HaveExactElements("TMPDIR=/here/tmp", "NS=n", "MEMORY=1024", "PLAIN=v"))
	p.expand(got)
	g.Expect(p.Arguments).To(HaveExactElements("--namespace=n", "--plain=$(UNKNOWN)"))
	c.Env = []corev1.EnvVar{{Name: "IP", ValueFrom: field("status.podIP")}}
	_, err = p.environment(nil)
	g.Expect(err).To(MatchError(ContainSubstring("variable IP")))
}

func TestPodsThatCannotRunHereAreAnError(t *testing.T) {
	for sentence, spec := range map[string]corev1.PodSpec{
		"two containers":    {Containers: make([]corev1.Container, 2)},
		"an init container": {Containers: make([]corev1.Container, 1), InitContainers: make([]corev1.Container, 1)},
		"a command":         {Containers: []corev1.Container{{Command: []string{"x"}}}},
		"envFrom":           {Containers: []corev1.Container{{EnvFrom: make([]corev1.EnvFromSource, 1)}}},
	} {
		t.Run(strings.ReplaceAll(sentence, " ", "_"), func(t *testing.T) {
			NewWithT(t).Expect(one(&spec)).NotTo(Succeed())
		})
	}
}
