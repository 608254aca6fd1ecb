// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"time"

	"github.com/open-policy-agent/cert-controller/pkg/rotator"
	corev1 "k8s.io/api/core/v1"
)

// The keys of the Secret, beside those of a kubernetes.io/tls one.
const (
	keyAuthority    = "ca.crt"
	keyAuthorityKey = "ca.key"
	// keyPrevious is the authority before this one, while it is still trusted.
	keyPrevious = "previous-ca.crt"

	authorityName = "backoffice-operator-webhooks"
	// skew is how much the clocks of replicas and API servers may differ: by so much everything is valid before it is made.
	skew = time.Hour
)

// lifetimes say how long what is made lasts.
type lifetimes struct {
	authority, certificate time.Duration
	// authorityLeft and certificateLeft are how long before its end each is made anew. An authority is left longer than a certificate lasts.
	authorityLeft, certificateLeft time.Duration
	// overlap is how long the previous authority is trusted beside a new one: until every replica serves a certificate of the new one, and no longer,
	// because it may have been replaced for a reason.
	overlap time.Duration
	// settle is how long an authority stands in the configurations before its first certificate is served: until every API server knows it.
	settle time.Duration
}

const day = 24 * time.Hour

var lasting = lifetimes{
	authority: 720 * day, authorityLeft: 120 * day,
	certificate: 90 * day, certificateLeft: 30 * day,
	overlap: 10 * time.Minute, settle: 5 * time.Second,
}

// material is what the Secret holds, in PEM.
type material struct {
	authority, authorityKey, previous, certificate, key string
}

func materialOf(s *corev1.Secret) material {
	return material{
		authority: string(s.Data[keyAuthority]), authorityKey: string(s.Data[keyAuthorityKey]), previous: string(s.Data[keyPrevious]),
		certificate: string(s.Data[corev1.TLSCertKey]), key: string(s.Data[corev1.TLSPrivateKeyKey]),
	}
}

// into writes the material into a Secret; other keys stay.
func (m material) into(s *corev1.Secret) {
	if s.Data == nil {
		s.Data = map[string][]byte{}
	}
	s.Data[keyAuthority], s.Data[keyAuthorityKey] = []byte(m.authority), []byte(m.authorityKey)
	s.Data[corev1.TLSCertKey], s.Data[corev1.TLSPrivateKeyKey] = []byte(m.certificate), []byte(m.key)
	delete(s.Data, keyPrevious)
	if m.previous != "" {
		s.Data[keyPrevious] = []byte(m.previous)
	}
}

// bundle is what the webhook configurations carry.
func (m material) bundle() string { return m.authority + m.previous }

// maker makes and checks certificates for the name by which the API server calls the webhooks.
type maker struct {
	rotator.CertRotator
	lifetimes
}

func newMaker(n Names, l lifetimes) *maker {
	return &maker{lifetimes: l, CertRotator: rotator.CertRotator{
		CAName: authorityName, CAOrganization: authorityName, DNSName: n.Service + "." + n.Namespace + ".svc",
		ExtKeyUsages: &[]x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}}
}

// renewed returns the material with what is missing, damaged or about to end made anew. Trusted is the authority, in PEM, of the certificate that is
// served now, empty if there is none: it stays trusted for a while though the Secret has been lost.
func (m *maker) renewed(held material, trusted string, now time.Time) (material, error) {
	if held.authority != canonical(held.authority) ||
		!m.valid(material{authority: held.authority, certificate: held.authority, key: held.authorityKey}, m.CAName, nil, now, m.authorityLeft) {
		made, err := m.CreateCACert(now.Add(-skew), now.Add(m.authority))
		if err != nil {
			return material{}, err
		}
		previous := canonical(held.authority)
		if previous == "" {
			previous = canonical(trusted)
		}
		held = material{authority: string(made.CertPEM), authorityKey: string(made.KeyPEM), previous: previous}
	}
	if now.After(m.overlapEnd(held)) {
		held.previous = ""
	}
	held.previous = canonical(held.previous)
	if m.valid(held, m.DNSName, m.ExtKeyUsages, now, m.certificateLeft) {
		return held, nil
	}
	signer, err := signerOf(held)
	if err != nil {
		return material{}, err
	}
	certificate, key, err := m.CreateCertPEM(signer, now.Add(-skew), now.Add(m.certificate))
	if err != nil {
		return material{}, err
	}
	held.certificate, held.key = string(certificate), string(key)
	return held, nil
}

// valid tells whether a certificate is one of the authority, belongs to its key, and will be valid for a while.
func (m *maker) valid(held material, name string, usages *[]x509.ExtKeyUsage, now time.Time, left time.Duration) bool {
	for _, at := range []time.Time{now, now.Add(left)} {
		valid, err := rotator.ValidCert([]byte(held.authority), []byte(held.certificate), []byte(held.key), name, usages, at)
		if err != nil || !valid {
			return false
		}
	}
	return true
}

// next is when something has to be made anew or removed.
func (m *maker) next(held material) time.Time {
	next := parsed(held.authority).NotAfter.Add(-m.authorityLeft)
	if at := parsed(held.certificate).NotAfter.Add(-m.certificateLeft); at.Before(next) {
		next = at
	}
	if at := m.overlapEnd(held); held.previous != "" && at.Before(next) {
		next = at
	}
	return next
}

// overlapEnd is when the previous authority is no longer trusted.
func (m *maker) overlapEnd(held material) time.Time {
	return parsed(held.authority).NotBefore.Add(skew + m.overlap)
}

// signerOf is what certificates are signed with.
func signerOf(held material) (*rotator.KeyPairArtifacts, error) {
	block, _ := pem.Decode([]byte(held.authorityKey))
	if block == nil {
		return nil, errors.New("the authority's key is no PEM")
	}
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("the authority's key is no RSA key in PKCS #1")
	}
	return &rotator.KeyPairArtifacts{Cert: parsed(held.authority), Key: key, CertPEM: []byte(held.authority), KeyPEM: []byte(held.authorityKey)}, nil
}

// pair is what is served.
func (m material) pair() (*tls.Certificate, error) {
	pair, err := tls.X509KeyPair([]byte(m.certificate), []byte(m.key))
	return &pair, err
}

// parsed returns the first certificate of a text in PEM, nil if there is none.
func parsed(text string) *x509.Certificate {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil
	}
	return c
}

// canonical is the first certificate of a text and nothing else, so that nothing comes along into a configuration; empty if there is none.
func canonical(text string) string {
	c := parsed(text)
	if c == nil {
		return ""
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
}
