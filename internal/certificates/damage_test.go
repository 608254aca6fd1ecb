// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// damage is what somebody does, and what comes of it.
type damage struct {
	done func(ctx context.Context) error
	// untrusted is that the API server may not trust what is served until it is mended.
	untrusted bool
	// renewed is that another certificate is served afterwards.
	renewed bool
}

func TestWhatIsDamagedHeals(t *testing.T) {
	k := given(t)
	life := lasting
	life.settle = time.Second
	c := k.keep(t, life)
	k.untilReady(t, c)
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: k.Namespace, Name: k.Secret}}
	patched := func(o client.Object, kind types.PatchType, text string) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			return k.client.Patch(ctx, o.DeepCopyObject().(client.Object), client.RawPatch(kind, []byte(text)))
		}
	}
	emptied := func(kind string) func(ctx context.Context) error {
		return patched(k.configuration(kind), types.JSONPatchType, `[{"op": "remove", "path": "/webhooks/1/clientConfig/caBundle"}]`)
	}
	for sentence, d := range map[string]damage{
		"the Secret is deleted":           {done: func(ctx context.Context) error { return k.client.Delete(ctx, secret.DeepCopy()) }, renewed: true},
		"the Secret loses a key":          {done: patched(secret, types.JSONPatchType, `[{"op": "remove", "path": "/data/ca.key"}]`), renewed: true},
		"the Secret gets garbage":         {done: patched(secret, types.MergePatchType, `{"stringData": {"tls.key": "garbage"}}`), renewed: true},
		"an entry loses its authority":    {done: emptied("Validating"), untrusted: true},
		"so does one of the others":       {done: emptied("Mutating"), untrusted: true},
		"an entry gets another authority": {done: k.foreignAuthority(made(t, shopWebhooks, time.Now()).authority), untrusted: true},
		"a configuration is made anew": {done: func(ctx context.Context) error {
			if err := k.client.Delete(ctx, k.configuration("Mutating")); err != nil {
				return err
			}
			return k.client.Create(ctx, k.configuration("Mutating", "c", "a", "b"))
		}, untrusted: true},
	} {
		t.Run(sentence, func(t *testing.T) { k.heals(t, c, d) })
	}
}

func (k kept) foreignAuthority(authority string) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		o := &admissionregistrationv1.ValidatingWebhookConfiguration{}
		if err := k.client.Get(ctx, types.NamespacedName{Name: k.Validating}, o); err != nil {
			return err
		}
		o.Webhooks[0].ClientConfig.CABundle = []byte(authority)
		return k.client.Update(ctx, o)
	}
}

// heals does damage and looks on until all is well.
func (k kept) heals(t *testing.T, c *Keeper, d damage) {
	t.Helper()
	g := NewWithT(t)
	k.whole(t.Context(), g, c)
	was := c.serving.Load()
	g.Expect(d.done(t.Context())).To(Succeed())
	begin := time.Now()
	g.Eventually(func(healed Gomega) {
		_, err := k.served(t.Context(), c)
		if !d.untrusted {
			g.Expect(err).NotTo(HaveOccurred(), "trusted all the time")
		}
		k.whole(t.Context(), healed, c)
		if d.renewed {
			healed.Expect(c.serving.Load()).NotTo(BeIdenticalTo(was))
		} else {
			healed.Expect(c.serving.Load()).To(BeIdenticalTo(was))
		}
	}).WithTimeout(soon).WithPolling(often).Should(Succeed())
	t.Logf("healed after %s", time.Since(begin).Round(time.Millisecond))
	g.Expect(c.Check(nil)).To(Succeed())
}

// whole expects that what is stored is whole, vouched for by both configurations, and served.
func (k kept) whole(ctx context.Context, g Gomega, c *Keeper) {
	m, err := k.stored(ctx)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(newMaker(c.Names, c.lifetimes).renewed(m, "", time.Now())).To(Equal(m))
	g.Expect(k.bundles(ctx)).To(HaveEach(m.bundle()))
	pair, err := m.pair()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(c.serving.Load().pair.Leaf.Equal(pair.Leaf)).To(BeTrue(), "what is stored is served")
}
