// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// crowd are the users of the team, and the back office that lets them in.
type crowd struct {
	application *testkit.Application
	db          *sql.DB

	mutex  sync.Mutex
	logins int
	failed []string
}

// newCrowd returns the users of a back office whose store is db.
func newCrowd(db *sql.DB) *crowd {
	return &crowd{db: db, application: testkit.NewApplication(db, team)}
}

// close ends what a crowd has opened; there may be none yet.
func (c *crowd) close() {
	GinkgoHelper()
	if c != nil {
		Expect(c.db.Close()).To(Succeed())
	}
}

// users are those of the team, as they are now.
func users() []v1alpha1.BackOfficeUser {
	GinkgoHelper()
	list := &v1alpha1.BackOfficeUserList{}
	Expect(admin.List(ctx, list, client.InNamespace(team))).To(Succeed())
	return list.Items
}

func ready(u *v1alpha1.BackOfficeUser) bool {
	return u.Status.ObservedGeneration == u.Generation && meta.IsStatusConditionTrue(u.Status.Conditions, v1alpha1.ConditionReady)
}

// passwordOf is what the Secret of a user holds now.
func passwordOf(u *v1alpha1.BackOfficeUser) (credential.Password, error) {
	secret := &corev1.Secret{}
	if err := admin.Get(ctx, types.NamespacedName{Namespace: team, Name: u.SecretName()}, secret); err != nil {
		return credential.Password{}, err
	}
	return credential.NewPassword(string(secret.Data[corev1.BasicAuthPasswordKey])), nil
}

// enters tells whether a user is let in with what the Secret holds, and not with something else.
func (c *crowd) enters(u *v1alpha1.BackOfficeUser) error {
	password, err := passwordOf(u)
	if err != nil {
		return err
	}
	in, err := c.application.LogIn(ctx, u.EffectiveLogin(), password)
	if err == nil && !in {
		err = fmt.Errorf("%s is not let in", u.EffectiveLogin())
	}
	return err
}

// allEnter demands that so many users log in, none with a wrong password, and returns their passwords by login.
func (c *crowd) allEnter(n int) map[string]string {
	GinkgoHelper()
	passwords := map[string]string{}
	for _, u := range users() {
		Expect(c.enters(&u)).To(Succeed())
		in, err := c.application.LogIn(ctx, u.EffectiveLogin(), credential.NewPassword("not this one"))
		Expect(err).NotTo(HaveOccurred())
		Expect(in).To(BeFalse(), "a password that is not theirs")
		password, err := passwordOf(&u)
		Expect(err).NotTo(HaveOccurred())
		passwords[u.EffectiveLogin()] = password.Reveal()
	}
	Expect(passwords).To(HaveLen(n))
	return passwords
}

// logsIn begins to log in all the time; unnoticed ends that and demands that nobody was refused.
func (c *crowd) logsIn(what string) (unnoticed func()) {
	GinkgoHelper()
	everybody := users()
	Expect(everybody).NotTo(BeEmpty())
	c.logins, c.failed = 0, nil
	end := repeat(2, 4*time.Millisecond, func() {
		err := c.enters(&everybody[rand.IntN(len(everybody))])
		c.mutex.Lock()
		defer c.mutex.Unlock()
		c.logins++
		if err != nil {
			c.failed = append(c.failed, time.Now().Format("15:04:05.000 ")+err.Error())
		}
	})
	return func() {
		GinkgoHelper()
		end()
		figure("log-ins while "+what, "%d, %d failed", c.logins, len(c.failed))
		Expect(c.failed).To(BeEmpty())
		Expect(c.logins).To(BeNumerically(">", 50))
	}
}

// repeat does something with pauses, as often at once as readers says, until end is called, which waits for the last one.
func repeat(readers int, pause time.Duration, what func()) (end func()) {
	var running sync.WaitGroup
	closed := make(chan struct{})
	for range readers {
		running.Go(func() {
			defer GinkgoRecover()
			for {
				what()
				select {
				case <-closed:
					return
				case <-time.After(pause):
				}
			}
		})
	}
	end = sync.OnceFunc(func() {
		close(closed)
		running.Wait()
	})
	DeferCleanup(end)
	return end
}

// author changes a user again and again, each time by a request that the webhooks judge.
type author struct {
	mutex        sync.Mutex
	applies      int
	refused      []string
	slowest, gap time.Duration
	lastOne      time.Time
}

// applies begins to change the description of a user; end ends that when a change has been admitted.
func applies() (a *author, end func()) {
	a = &author{lastOne: time.Now()}
	stop := repeat(1, 20*time.Millisecond, func() { a.apply() })
	return a, func() {
		GinkgoHelper()
		asked := time.Now()
		Eventually(func() bool {
			a.mutex.Lock()
			defer a.mutex.Unlock()
			return a.lastOne.After(asked)
		}, soon, often).Should(BeTrue())
		stop()
	}
}

// apply changes one user.
func (a *author) apply() {
	began := time.Now()
	u := &v1alpha1.BackOfficeUser{}
	err := admin.Get(ctx, types.NamespacedName{Namespace: team, Name: "hugo.martin"}, u)
	if err == nil {
		before := u.DeepCopy()
		u.Spec.Description = fmt.Sprintf("changed at %d", began.UnixNano())
		err = admin.Patch(ctx, u, client.MergeFrom(before))
	}
	a.note(began, err)
}

// note counts a request that has ended.
func (a *author) note(began time.Time, err error) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.applies++
	a.slowest = max(a.slowest, time.Since(began))
	if err != nil {
		a.refused = append(a.refused, time.Now().Format("15:04:05.000 ")+err.Error())
		return
	}
	a.gap, a.lastOne = max(a.gap, time.Since(a.lastOne)), time.Now()
}

// tells notes what came of it.
func (a *author) tells(what string) {
	figure("applies while "+what, "%d, %d refused, slowest %v, longest time without one %v",
		a.applies, len(a.refused), a.slowest.Round(time.Millisecond), a.gap.Round(time.Millisecond))
}
