// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"crypto/x509"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	gomegatypes "github.com/onsi/gomega/types"
	corev1 "k8s.io/api/core/v1"
)

var shopWebhooks = Names{Namespace: "shop", Secret: "cert", Service: "webhooks", Validating: "validating", Mutating: "mutating"}

func made(t *testing.T, n Names, now time.Time) material {
	t.Helper()
	m, err := newMaker(n, lasting).renewed(material{}, "", now)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return m
}

// verified tells whether the API server would trust what is served, with these authorities.
func verified(certificate *x509.Certificate, bundle, service string, at time.Time) error {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(bundle))
	_, err := certificate.Verify(x509.VerifyOptions{
		Roots: roots, DNSName: service, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	return err
}

func TestACertificateIsMadeForTheServiceOfTheWebhooks(t *testing.T) {
	g := NewWithT(t)
	now := time.Now()
	m := made(t, shopWebhooks, now)
	pair, err := m.pair()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(m.previous).To(BeEmpty())
	for _, at := range []time.Time{now.Add(-skew / 2), now, now.Add(lasting.certificate - time.Minute)} {
		g.Expect(verified(pair.Leaf, m.bundle(), "webhooks.shop.svc", at)).To(Succeed())
	}
	g.Expect(verified(pair.Leaf, m.bundle(), "webhooks.desk.svc", now)).NotTo(Succeed())
	g.Expect(verified(pair.Leaf, m.bundle(), "webhooks.shop.svc", now.Add(lasting.certificate+time.Minute))).NotTo(Succeed())
	g.Expect(verified(pair.Leaf, made(t, shopWebhooks, now).bundle(), "webhooks.shop.svc", now)).NotTo(Succeed(), "of another authority")
}

func TestASecretHoldsWhatWasMade(t *testing.T) {
	g := NewWithT(t)
	m := material{authority: "a", authorityKey: "b", previous: "c", certificate: "d", key: "e"}
	s := &corev1.Secret{Data: map[string][]byte{"foreign": []byte("x")}}
	m.into(s)
	g.Expect(materialOf(s)).To(Equal(m))
	m.previous = ""
	m.into(s)
	g.Expect(materialOf(s)).To(Equal(m))
	g.Expect(s.Data).To(And(HaveLen(5), HaveKey("foreign"), HaveKey("tls.crt"), HaveKey("tls.key"), HaveKey("ca.crt"), HaveKey("ca.key")))
}

// What comes of what a Secret holds: which parts stay, and what is trusted beside the authority.
func TestWhatIsMissingDamagedOrAboutToEndIsMadeAnew(t *testing.T) {
	begin := time.Now()
	whole, other := made(t, shopWebhooks, begin), made(t, shopWebhooks, begin)
	elsewhere := made(t, Names{Namespace: "shop", Service: "former"}, begin)
	with := func(changes ...func(*material)) material {
		m := whole
		for _, change := range changes {
			change(&m)
		}
		return m
	}
	foreign := func(m *material) { m.certificate, m.key = other.certificate, other.key }
	for sentence, c := range map[string]struct {
		held                   material
		trusted                string
		after                  time.Duration
		authority, certificate bool // is made anew
		previous               string
	}{
		"what is whole stays":                                {held: whole},
		"until shortly before the certificate ends":          {held: whole, after: lasting.certificate - lasting.certificateLeft - time.Minute},
		"a certificate that will end":                        {held: whole, after: lasting.certificate - lasting.certificateLeft + time.Minute, certificate: true},
		"a certificate that has ended":                       {held: whole, after: lasting.certificate + day, certificate: true},
		"an authority that will end":                         {held: whole, after: lasting.authority - lasting.authorityLeft + time.Minute, authority: true, previous: whole.authority},
		"an authority that has ended":                        {held: whole, after: lasting.authority + day, authority: true, previous: whole.authority},
		"a clock that was set back by a day":                 {held: whole, after: -day, authority: true, previous: whole.authority},
		"nothing at all":                                     {authority: true},
		"a Secret that was lost while its content is served": {trusted: whole.authority, authority: true, previous: whole.authority},
		"no key of the authority":                            {held: with(func(m *material) { m.authorityKey = "" }), authority: true, previous: whole.authority},
		"another key of the authority":                       {held: with(func(m *material) { m.authorityKey = other.authorityKey }), authority: true, previous: whole.authority},
		"garbage for an authority":                           {held: with(func(m *material) { m.authority = "garbage" }), trusted: other.authority, authority: true, previous: other.authority},
		"a certificate for an authority":                     {held: with(func(m *material) { m.authority, m.authorityKey = m.certificate, m.key }), authority: true, previous: whole.certificate},
		"a second authority beside the first":                {held: with(func(m *material) { m.authority += other.authority }), authority: true, previous: whole.authority},
		"another authority that is whole":                    {held: with(func(m *material) { m.authority, m.authorityKey = other.authority, other.authorityKey }), certificate: true},
		"a certificate of another authority":                 {held: with(foreign), certificate: true},
		"no key":                                             {held: with(func(m *material) { m.key = "" }), certificate: true},
		"garbage for a key":                                  {held: with(func(m *material) { m.key = "garbage" }), certificate: true},
		"garbage for a certificate":                          {held: with(func(m *material) { m.certificate = "garbage" }), certificate: true},
		"a certificate for another service":                  {held: elsewhere, certificate: true},
		"a previous authority that is still trusted":         {held: with(func(m *material) { m.previous = other.authority }), after: lasting.overlap - time.Minute, previous: other.authority},
		"a previous authority that is trusted no longer":     {held: with(func(m *material) { m.previous = other.authority }), after: lasting.overlap + time.Minute},
		"garbage for a previous authority":                   {held: with(func(m *material) { m.previous = "garbage" })},
		"a third authority beside the previous one":          {held: with(func(m *material) { m.previous = other.authority + elsewhere.authority }), previous: other.authority},
	} {
		t.Run(sentence, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			now := begin.Add(c.after)
			maker := newMaker(shopWebhooks, lasting)
			got, err := maker.renewed(c.held, c.trusted, now)
			g.Expect(err).NotTo(HaveOccurred())
			stays := func(anew bool, before string) gomegatypes.GomegaMatcher {
				if anew {
					return Not(Equal(before))
				}
				return Equal(before)
			}
			g.Expect(got.authority).To(stays(c.authority, c.held.authority))
			g.Expect(got.authorityKey).To(stays(c.authority, c.held.authorityKey))
			g.Expect(got.certificate).To(stays(c.authority || c.certificate, c.held.certificate))
			g.Expect(got.key).To(stays(c.authority || c.certificate, c.held.key))
			g.Expect(got.previous).To(Equal(c.previous))

			pair, err := got.pair()
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(verified(pair.Leaf, got.bundle(), "webhooks.shop.svc", now)).To(Succeed())
			g.Expect(maker.renewed(got, "", now)).To(Equal(got), "what was made is whole")
			next := maker.next(got)
			g.Expect(next).To(BeTemporally(">", now))
			g.Expect(maker.renewed(got, "", next.Add(time.Second))).NotTo(Equal(got), "and something is due then")
			g.Expect(maker.renewed(got, "", next.Add(-2*time.Second))).To(Equal(got), "and nothing before")
		})
	}
}

func TestTheLifetimesFitTogether(t *testing.T) {
	g := NewWithT(t)
	g.Expect(lasting.authorityLeft).To(BeNumerically(">", lasting.certificate), "no certificate outlives its authority")
	g.Expect(lasting.authority).To(BeNumerically(">", lasting.authorityLeft))
	g.Expect(lasting.certificate).To(BeNumerically(">", lasting.certificateLeft))
	g.Expect(lasting.overlap).To(BeNumerically(">", 10*lasting.settle))
}
