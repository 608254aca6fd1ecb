// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"io"
	"slices"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/certificates"
)

func newFlagsOf(t *testing.T, arguments ...string) *flags {
	t.Helper()
	set := flag.NewFlagSet("manager", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	f := newFlags(set)
	NewWithT(t).Expect(set.Parse(arguments)).To(Succeed())
	return f
}

func TestWhoKeepsTheCertificateIsSaidAsAWhole(t *testing.T) {
	all := []string{"--webhook-cert-secret=cert", "--webhook-service=webhooks", "--validating-webhook-configuration=v", "--mutating-webhook-configuration=m"}
	inShop := slices.Concat(all, []string{"--namespace=shop"})
	for sentence, c := range map[string]struct {
		arguments []string
		kept      bool
		err       error
	}{
		"nothing is said":                 {nil, false, nil},
		"files":                           {[]string{"--webhook-cert-dir=/certs"}, false, nil},
		"all names":                       {inShop, true, nil},
		"a Secret alone":                  {all[:1], false, errPartialNames},
		"no Secret":                       {inShop[1:], false, errPartialNames},
		"a name is missing":               {all[:3], false, errPartialNames},
		"files and a Secret":              {append(inShop, "--webhook-cert-dir=/certs"), false, errTwoCertificates},
		"webhooks that are off need none": {append(inShop, "--webhook-port=-1"), false, nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			kept, err := newFlagsOf(t, c.arguments...).keeper()
			if c.err != nil {
				g.Expect(err).To(MatchError(c.err))
				return
			}
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(kept != nil).To(Equal(c.kept))
			if kept != nil {
				g.Expect(kept.Names).To(Equal(certificates.Names{Namespace: "shop", Secret: "cert", Service: "webhooks", Validating: "v", Mutating: "m"}))
			}
		})
	}
}
