// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"

	"github.com/backoffice-operator/backoffice-operator/internal/certificates"
)

var (
	errPartialNames = errors.New("--webhook-cert-secret, --webhook-service, --validating-webhook-configuration and --mutating-webhook-configuration " +
		"belong together: give all of them, or none and --webhook-cert-dir")
	errTwoCertificates = errors.New("--webhook-cert-dir may not be given with --webhook-cert-secret: the manager keeps the certificate itself, in memory")
)

// keeper keeps the certificate of the webhooks; it is nil where somebody else does, in files.
func (f *flags) keeper() (*certificates.Keeper, error) {
	given := 0
	for _, name := range []string{f.certificate.Secret, f.certificate.Service, f.certificate.Validating, f.certificate.Mutating} {
		if name != "" {
			given++
		}
	}
	switch {
	case f.webhookPort < 0 || given == 0:
		return nil, nil //nolint:nilnil // None is an answer.
	case given < 4:
		return nil, errPartialNames
	case f.webhookCertDir != "":
		return nil, errTwoCertificates
	}
	namespace, err := f.ownNamespace()
	if err != nil {
		return nil, err
	}
	names := f.certificate
	names.Namespace = namespace
	return certificates.New(names), nil
}
