// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// everybody takes what the Secrets of all users hold, with the users as they are.
func (c *crowd) everybody() (all []taken) {
	GinkgoHelper()
	for _, u := range c.list() {
		t, ok := c.take(&u)
		Expect(ok).To(BeTrue(), u.Name)
		all = append(all, t)
	}
	return all
}

// list is what the API server says of the users.
func (c *crowd) list() []v1alpha1.BackOfficeUser {
	GinkgoHelper()
	list := &v1alpha1.BackOfficeUserList{}
	Expect(masters().List(ctx, list, client.InNamespace(c.namespace))).To(Succeed())
	return list.Items
}

// diesByReset resets some users and then all, strikes the manager meanwhile, and demands that an old password is dead whenever a status says so.
// Those who are not reset go on logging in.
func (c *crowd) diesByReset(strike func()) {
	GinkgoHelper()
	By("but a reset of some ends it before their status says so")
	old, at := c.everybody()[:victims], now()
	c.users = c.users[:0]
	for _, t := range c.everybody()[victims:] {
		c.users = append(c.users, t.user)
	}
	c.logsIn()
	c.seesDead(old, strike, func() {
		for i, t := range old {
			asking := annotate(v1alpha1.AnnotationResetRequestedAt, at.UTC().Format(time.RFC3339))
			if i%2 == 0 {
				asking = credentials(v1alpha1.UserCredentials{Reset: at})
			}
			asks(testkit.User(t.user.Name, c.namespace), asking)
		}
	})
	c.leaves()
	Expect(c.tally().wrong).To(BeEmpty())

	By("and a reset of all before the status of the back office says so")
	time.Sleep(time.Second) // what the last reset has made is of an earlier second
	old, at = c.everybody(), now()
	office := testkit.Office("shop", c.namespace)
	c.seesDead(old, strike, func() {
		asks(office, testkit.OnOffice(func(o *v1alpha1.BackOffice) { o.Spec.Credentials.ResetIssuedBefore = at }))
		Eventually(func() bool {
			Expect(masters().Get(ctx, client.ObjectKeyFromObject(office), office)).To(Succeed())
			is := office.Status.Credentials
			return is != nil && is.Reset != nil && !is.Reset.IssuedBefore.Before(at)
		}, 2*patient, often).Should(BeTrue())
		for _, t := range old {
			Expect(c.enters(t)).To(BeFalse(), t.user.Name)
		}
	})
	Eventually(func() int32 { // it is counted now and then
		Expect(masters().Get(ctx, client.ObjectKeyFromObject(office), office)).To(Succeed())
		return office.Status.Credentials.Reset.Remaining
	}, patient, often).Should(BeZero())
}

// asks changes an object, as soon as somebody is there to admit that.
func asks[T client.Object](o T, mod testkit.Mod) {
	GinkgoHelper()
	Eventually(func() error { return change(root(), o, mod) }, patient, often).Should(Succeed())
}

// seesDead asks for a reset, strikes the manager while it is carried out, and looks until everybody has a new password: from the moment at which a
// status tells of it, the old one may not work.
func (c *crowd) seesDead(old []taken, strike, ask func()) {
	GinkgoHelper()
	waits := map[string]taken{}
	for _, t := range old {
		waits[t.user.Name] = t
	}
	struck := make(chan struct{})
	go func() {
		defer GinkgoRecover()
		defer close(struck)
		time.Sleep(upTo(time.Second))
		strike()
	}()
	DeferCleanup(func() { <-struck }) // what it starts is ended then
	ask()
	Eventually(func() map[string]taken {
		for _, u := range c.list() {
			t, waiting := waits[u.Name]
			if !waiting || u.Status.Credential.Version <= t.user.Status.Credential.Version {
				continue
			}
			Expect(c.enters(t)).To(BeFalse(), "the status of %s told of a new password while the old one worked", u.Name)
			delete(waits, u.Name)
		}
		return waits
	}, 3*patient, often).Should(BeEmpty())
	<-struck
	for _, t := range c.everybody() {
		Expect(c.enters(t)).To(BeTrue(), "%s has a password that works", t.user.Name)
	}
}
