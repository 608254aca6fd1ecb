// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"math/rand/v2"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

const (
	// crowded is how many users rotate and log in, and victims how many of them are reset in the end, before all are.
	crowded, victims = 200, 20
	// shortGrace is the grace of a crowd. What goes wrong in these specs lasts longer.
	shortGrace = 5 * time.Second
	// apart is how many rotations are to be complete between two things that go wrong.
	apart = 15
)

// A password that a Secret holds has to work at every instant, whatever becomes of the manager, of the API server or of the store. What happens
// here comes at random points of the rotations of 200 users, who log in all the time.
var _ = Describe("The password that a Secret holds", func() {
	It("lets its user in at every instant, while the one manager of a SQLite store is stopped, killed, frozen and replaced", func() {
		f := newFleet("--sqlite-dir=" + dir)
		only := f.start()
		c := crowdInSQLite()
		slowSecrets(c.namespace)
		c.logsIn()
		c.rotates()
		for what, happens := range map[string]func(){
			"is stopped, and another one starts": func() {
				f.stop(only)
				only = f.start()
			},
			"is killed again and again, and others start": func() {
				for range 3 {
					f.kill(only)
					only = f.start()
					time.Sleep(upTo(time.Second))
				}
			},
			"is frozen for longer than the grace": func() {
				f.freeze(only)
				time.Sleep(shortGrace + upTo(2*time.Second))
				f.thaw(only)
			},
			"is frozen, and ended": func() {
				f.freeze(only)
				time.Sleep(upTo(2 * time.Second))
				f.kill(only)
				only = f.start()
			},
			"is frozen, replaced, and goes on beside the other until it is ended": func() {
				f.freeze(only)
				frozen := only
				only = f.start()
				time.Sleep(upTo(2 * time.Second))
				f.thaw(frozen)
				time.Sleep(upTo(2 * time.Second))
				f.kill(frozen)
			},
			"may write no Secret for longer than the grace": func() {
				allow := refuseSecrets()
				time.Sleep(shortGrace + upTo(2*time.Second))
				allow()
			},
			"cannot write its store for longer than the grace": func() { c.lockStore(shortGrace + upTo(2*time.Second)) },
		} {
			c.strikes("the manager "+what, happens)
		}
		c.isAlwaysLetIn()
		c.diesByReset(func() {
			f.kill(only)
			only = f.start()
		})
	})

	It("lets its user in at every instant, while the managers of a PostgreSQL store take over from one another", func() {
		lease, arguments := elections()
		f := newFleet(arguments...)
		f.start()
		c, store := crowdInPostgres()
		f.start()
		slowSecrets(c.namespace)
		c.logsIn()
		c.rotates()
		for what, happens := range map[string]func(){
			"is stopped": func() {
				f.stop(f.leader())
				f.start()
			},
			"is killed, and its lease ends by itself": func() {
				f.kill(f.leader())
				f.leader()
				f.start()
			},
			"is killed, and its lease is taken away": func() {
				f.kill(f.leader())
				depose(lease)
				f.start()
				f.leader()
			},
			"is frozen for a moment": func() {
				frozen := f.leader()
				f.freeze(frozen)
				time.Sleep(upTo(2 * time.Second))
				f.thaw(frozen)
			},
			"is frozen until another one leads, and goes on beside it": func() {
				frozen := f.leader()
				f.freeze(frozen)
				depose(lease)
				f.leader()
				time.Sleep(upTo(2 * time.Second))
				f.thaw(frozen)
				time.Sleep(upTo(2 * time.Second))
				f.kill(frozen)
				f.start()
			},
			"may write no Secret for longer than the grace, and is killed meanwhile": func() {
				allow := refuseSecrets()
				time.Sleep(upTo(shortGrace))
				f.kill(f.leader())
				depose(lease)
				f.start()
				f.leader()
				time.Sleep(shortGrace)
				allow()
			},
			"loses its store for longer than the grace": func() {
				store.isAway()
				time.Sleep(shortGrace + upTo(2*time.Second))
				store.isBack()
			},
		} {
			c.strikes("the manager that leads "+what, happens)
		}
		c.isAlwaysLetIn()
		c.diesByReset(func() {
			f.kill(f.leader())
			depose(lease)
			f.start()
		})
	})
})

// upTo is a random duration, so that what happens comes at any point of what is under way.
func upTo(d time.Duration) time.Duration { return rand.N(d) }

// strikes has something happen, and then goes on until rotations do.
func (c *crowd) strikes(what string, happens func()) {
	GinkgoHelper()
	By(what)
	began, before := time.Now(), c.tally()
	time.Sleep(upTo(time.Second))
	happens()
	c.turned(apart)
	now := c.tally()
	GinkgoWriter.Printf("%v: %d log-ins, %d with a password that was held, %d rotations\n",
		time.Since(began), now.fresh-before.fresh, now.held-before.held, now.rotations-before.rotations)
	Expect(now.wrong).To(BeEmpty())
}

// isAlwaysLetIn ends the rotations and the log-ins, and demands that not one has failed.
func (c *crowd) isAlwaysLetIn() {
	GinkgoHelper()
	By("and nobody has noticed")
	c.settles()
	c.leaves()
	all := c.tally()
	AddReportEntry("log-ins", fmt.Sprintf("%d log-ins with what the Secret held, %d with a password that was read up to %v before, none failed "+
		"(%d took too long to tell); %d rotations, and %d old passwords were dead after the grace", all.fresh, all.held, c.grace, all.slow, all.rotations, all.dead))
	Expect(all.wrong).To(BeEmpty())
	Expect(all.fresh).To(BeNumerically(">", 5*crowded))
	Expect(all.held).To(BeNumerically(">", crowded))
	Expect(all.rotations).To(BeNumerically(">", crowded))
	Expect(all.dead).To(BeNumerically(">", crowded/2))
	Expect(all.slow).To(BeNumerically("<", all.fresh/4))
	for _, t := range c.everybody() {
		Expect(c.enters(t)).To(BeTrue(), t.user.Name)
	}
}
