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

// WebhookConfiguration is the shipped one, with the endpoint's URL in place of the service.
func WebhookConfiguration(root string, e Endpoint) (*admissionv1.ValidatingWebhookConfiguration, error) {
	content, err := os.ReadFile(filepath.Join(root, "config", "webhook", "manifests.yaml"))
	if err != nil {
		return nil, err
	}
	authority, err := os.ReadFile(filepath.Join(e.CertDir, "tls.crt"))
	if err != nil {
		return nil, err
	}
	configuration := &admissionv1.ValidatingWebhookConfiguration{}
	if err := yaml.UnmarshalStrict(content, configuration); err != nil {
		return nil, err
	}
	for i := range configuration.Webhooks {
		service := configuration.Webhooks[i].ClientConfig.Service
		url := fmt.Sprintf("https://%s%s", net.JoinHostPort(e.Host, strconv.Itoa(e.Port)), ptr.Deref(service.Path, ""))
		configuration.Webhooks[i].ClientConfig = admissionv1.WebhookClientConfig{URL: &url, CABundle: authority}
	}
	return configuration, nil
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
