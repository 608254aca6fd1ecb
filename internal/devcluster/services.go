// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package devcluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// services are what kube-proxy is in a real cluster: connections of the API server to a Service's cluster address arrive at one of the ready
// pods that the Service selects. The API server hands such connections over as its egress configuration says, so that nothing of it leaves this
// machine's loopback interface.
type services struct {
	server *http.Server
	client func() client.Client
	socket string // its directory is ours

	mu   sync.Mutex
	pods map[*Pod]struct{}
}

const egress = `apiVersion: apiserver.k8s.io/v1beta1
kind: EgressSelectorConfiguration
egressSelections:
- name: cluster
  connection:
    proxyProtocol: HTTPConnect
    transport:
      uds:
        udsName: %s
`

// routeServices tells the API server, which has not been started yet, where connections to Services go.
func (c *Cluster) routeServices() error {
	dir, err := os.MkdirTemp("", "services-") // the path of a socket has to be short
	if err != nil {
		return err
	}
	s := &services{client: c.Client, socket: filepath.Join(dir, "socket"), pods: map[*Pod]struct{}{}}
	c.services = s
	listener, err := net.Listen("unix", s.socket)
	if err != nil {
		return err
	}
	config := filepath.Join(dir, "egress.yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, egress, s.socket), 0o600); err != nil {
		return errors.Join(err, listener.Close())
	}
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.server.Serve(listener) }()
	c.control.ControlPlane.GetAPIServer().Configure().Set("egress-selector-config-file", config)
	return nil
}

func (s *services) close() {
	if s.server != nil {
		_ = s.server.Close()
	}
	_ = os.RemoveAll(filepath.Dir(s.socket))
}

// ServeHTTP answers CONNECT: what follows is forwarded to a pod.
func (s *services) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		http.Error(w, "only CONNECT is served here", http.StatusMethodNotAllowed)
		return
	}
	port, err := s.resolve(r.Context(), r.URL.Host)
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	to, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(r.Context(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	from, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = to.Close()
		return
	}
	_, _ = io.WriteString(from, "HTTP/1.1 200 OK\r\n\r\n")
	go func() { _, _ = io.Copy(to, buffered); _ = to.Close() }()
	go func() { _, _ = io.Copy(from, to); _ = from.Close() }()
}

// resolve finds the port on the loopback interface for a cluster address.
func (s *services) resolve(ctx context.Context, address string) (int, error) {
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		return 0, err
	}
	found := &corev1.ServiceList{}
	if err := s.client().List(ctx, found); err != nil {
		return 0, err
	}
	for i := range found.Items {
		service := &found.Items[i]
		if service.Spec.ClusterIP != host {
			continue
		}
		for _, port := range service.Spec.Ports {
			if strconv.Itoa(int(port.Port)) == portText {
				return s.pick(service, port)
			}
		}
		return 0, fmt.Errorf("the Service %s/%s has no port %s", service.Namespace, service.Name, portText)
	}
	return 0, fmt.Errorf("no Service has the address %s", host)
}

// pick chooses one of the ready pods behind a Service.
func (s *services) pick(service *corev1.Service, port corev1.ServicePort) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ports []int
	for p := range s.pods {
		selected := p.namespace == service.Namespace && labels.SelectorFromSet(service.Spec.Selector).Matches(labels.Set(p.labels))
		if !selected || len(service.Spec.Selector) == 0 || !p.Ready() {
			continue
		}
		if local := p.local(port.TargetPort); local != 0 {
			ports = append(ports, local)
		}
	}
	if len(ports) == 0 {
		return 0, fmt.Errorf("no endpoints available for service %q", service.Name)
	}
	return ports[rand.IntN(len(ports))], nil //nolint:gosec // Any pod will do.
}

// local is the port on the loopback interface for a port of the pod's container; 0 if it has none of that name or number.
func (p *Pod) local(target intstr.IntOrString) int {
	for _, port := range p.ports {
		if target.Type == intstr.String && port.name == target.StrVal || target.Type == intstr.Int && port.inside == target.IntVal {
			return port.outside
		}
	}
	return 0
}

func (s *services) add(p *Pod) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pods[p] = struct{}{}
}

func (s *services) remove(p *Pod) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.pods, p)
}
