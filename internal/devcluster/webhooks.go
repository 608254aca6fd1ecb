// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package devcluster

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/client-go/util/cert"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// Endpoint is where webhooks are served, on this machine.
type Endpoint struct {
	Host string
	Port int
	// CertDir holds tls.crt, which is its own authority, and tls.key.
	CertDir string
}

// NewEndpoint finds a free port on the loopback interface and writes a certificate for it below dir.
func NewEndpoint(dir string) (Endpoint, error) {
	e := Endpoint{Host: "127.0.0.1", CertDir: filepath.Join(dir, "serving-certs")}
	listener, err := net.Listen("tcp", net.JoinHostPort(e.Host, "0"))
	if err != nil {
		return e, err
	}
	e.Port = listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		return e, err
	}
	certificate, key, err := cert.GenerateSelfSignedCertKey(e.Host, []net.IP{net.ParseIP(e.Host)}, nil)
	if err != nil {
		return e, err
	}
	if err := os.MkdirAll(e.CertDir, 0o700); err != nil {
		return e, err
	}
	if err := os.WriteFile(filepath.Join(e.CertDir, "tls.crt"), certificate, 0o600); err != nil {
		return e, err
	}
	return e, os.WriteFile(filepath.Join(e.CertDir, "tls.key"), key, 0o600)
}

// Admission is what is shipped for the API server's admission, with the endpoint's URL in place of the service.
func Admission(root string, e Endpoint) ([]client.Object, error) {
	mutating, validating := &admissionv1.MutatingWebhookConfiguration{}, &admissionv1.ValidatingWebhookConfiguration{}
	if err := read(filepath.Join(root, "config", "webhook", "finalizer.yaml"), mutating); err != nil {
		return nil, err
	}
	if err := read(filepath.Join(root, "config", "webhook", "manifests.yaml"), validating); err != nil {
		return nil, err
	}
	authority, err := os.ReadFile(filepath.Join(e.CertDir, "tls.crt"))
	if err != nil {
		return nil, err
	}
	for i := range mutating.Webhooks {
		e.locate(&mutating.Webhooks[i].ClientConfig, authority)
	}
	for i := range validating.Webhooks {
		e.locate(&validating.Webhooks[i].ClientConfig, authority)
	}
	return []client.Object{mutating, validating}, nil
}

// locate puts the endpoint in the place of a service.
func (e Endpoint) locate(c *admissionv1.WebhookClientConfig, authority []byte) {
	url := fmt.Sprintf("https://%s%s", net.JoinHostPort(e.Host, strconv.Itoa(e.Port)), ptr.Deref(c.Service.Path, ""))
	*c = admissionv1.WebhookClientConfig{URL: &url, CABundle: authority}
}

func read(path string, into client.Object) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := yaml.UnmarshalStrict(content, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// served tells whether somebody answers at the endpoint with its certificate.
func (e Endpoint) served(ctx context.Context) bool {
	authority, err := cert.NewPool(filepath.Join(e.CertDir, "tls.crt"))
	if err != nil {
		return false
	}
	dialer := tls.Dialer{Config: &tls.Config{RootCAs: authority, MinVersion: tls.VersionTLS12}}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(e.Host, strconv.Itoa(e.Port)))
	if err != nil {
		return false
	}
	return conn.Close() == nil
}
