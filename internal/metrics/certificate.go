// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// certificate tells when the certificate of the webhooks expires, as it is when that is asked.
type certificate struct {
	expiry  atomic.Pointer[func() time.Time]
	expires *prometheus.Desc
}

var webhookCertificate = &certificate{expires: prometheus.NewDesc(prefix+"webhook_certificate_expiry_timestamp_seconds",
	"When the certificate of the webhooks expires. 0: there is none that can be read. Absent: the webhooks are off.", nil, nil)}

// Certificate names what tells when the certificate of the webhooks expires; the zero time where there is none.
func Certificate(expiry func() time.Time) { webhookCertificate.expiry.Store(&expiry) }

// Describe implements prometheus.Collector.
func (c *certificate) Describe(descs chan<- *prometheus.Desc) { descs <- c.expires }

// Collect implements prometheus.Collector.
func (c *certificate) Collect(found chan<- prometheus.Metric) {
	expiry := c.expiry.Load()
	if expiry == nil {
		return
	}
	seconds := 0.0
	if at := (*expiry)(); !at.IsZero() {
		seconds = float64(at.Unix())
	}
	found <- prometheus.MustNewConstMetric(c.expires, prometheus.GaugeValue, seconds)
}

// ExpiryOfFile tells when the first certificate of a file in PEM expires, for [Certificate]. It reads the file each time, for whoever renews the
// certificate replaces the file.
func ExpiryOfFile(path string) func() time.Time {
	return func() time.Time {
		content, err := os.ReadFile(path) //nolint:gosec // The command line names it.
		if err != nil {
			return time.Time{}
		}
		block, _ := pem.Decode(content)
		if block == nil {
			return time.Time{}
		}
		parsed, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return time.Time{}
		}
		return parsed.NotAfter
	}
}
