// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package devcluster

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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

// installedUser is the operator's user name where config/default installs it.
const installedUser = "system:serviceaccount:backoffice-operator-system:backoffice-operator-controller-manager"

// Admission is what is shipped for the API server's admission, with the endpoint's URL in place of the service, and ManagerUser in place of the
// service account.
func Admission(root string, e Endpoint) ([]client.Object, error) {
	path := filepath.Join(root, "config", "webhook", "manifests.yaml")
	mutating, validating := &admissionv1.MutatingWebhookConfiguration{}, &admissionv1.ValidatingWebhookConfiguration{}
	if err := readList(path, mutating, validating); err != nil {
		return nil, err
	}
	authority, err := os.ReadFile(filepath.Join(e.CertDir, "tls.crt"))
	if err != nil {
		return nil, err
	}
	for i := range mutating.Webhooks {
		w := &mutating.Webhooks[i]
		e.locate(&w.ClientConfig, authority)
		err = errors.Join(err, exempt(w.MatchConditions))
	}
	for i := range validating.Webhooks {
		w := &validating.Webhooks[i]
		e.locate(&w.ClientConfig, authority)
		err = errors.Join(err, exempt(w.MatchConditions))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return []client.Object{mutating, validating}, nil
}

// exempt puts ManagerUser in the place of the installed user. Without that the webhooks would judge what the operator does.
func exempt(conditions []admissionv1.MatchCondition) error {
	found := false
	for i := range conditions {
		c := &conditions[i]
		found = found || strings.Contains(c.Expression, installedUser)
		c.Expression = strings.ReplaceAll(c.Expression, installedUser, ManagerUser)
	}
	if !found {
		return fmt.Errorf("no match condition names %s", installedUser)
	}
	return nil
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

// readList reads the items of a list, in their order.
func readList(path string, into ...client.Object) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var list struct {
		metav1.TypeMeta
		Items []json.RawMessage `json:"items"`
	}
	if err := yaml.UnmarshalStrict(content, &list); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if len(list.Items) != len(into) {
		return fmt.Errorf("%s: %d items and not %d", path, len(list.Items), len(into))
	}
	for i, item := range list.Items {
		if err := yaml.UnmarshalStrict(item, into[i]); err != nil {
			return fmt.Errorf("%s: item %d: %w", path, i, err)
		}
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
