// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

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

// crowd are the users of one back office, whose passwords rotate again and again while they log in all the time.
type crowd struct {
	namespace   string
	users       []*v1alpha1.BackOfficeUser
	grace       time.Duration
	application *testkit.Application
	store       *sql.DB

	// leaves ends the log-ins. settles asks for no more rotations, and waits until those that are under way are complete.
	leaves, settles func()

	mutex sync.Mutex
	count tally
}

// tally counts what a crowd did.
type tally struct {
	// fresh are log-ins with what the Secret held just then, held those with a password that was read up to a grace before, and dead those that
	// had to fail because the grace was over.
	fresh, held, dead, rotations int
	// slow took so long that nothing follows from them: longer than the grace, or than it took to replace a password twice.
	slow int
	// wrong says what must not have happened, the first times.
	wrong []string
}

// enough is how many failures are told.
const enough = 12

// how fast the crowd is: it shares the machine with what it tests.
const (
	readers  = 3
	pause    = 4 * time.Millisecond
	overtime = 2 * time.Second // after the grace, until the old password has to be dead: the store counts in whole seconds
)

// taken is a password that was taken out of a Secret.
type taken struct {
	user     *v1alpha1.BackOfficeUser
	password credential.Password
	// asked is when the Secret was asked for, and revision which one it was.
	asked    time.Time
	revision string
}

// take reads what the Secret of a user holds now.
func (c *crowd) take(u *v1alpha1.BackOfficeUser) (t taken, ok bool) {
	t = taken{user: u, asked: time.Now()}
	secret := &corev1.Secret{}
	if err := masters().Get(ctx, types.NamespacedName{Namespace: u.Namespace, Name: u.SecretName()}, secret); err != nil {
		c.wrong("the Secret of %s cannot be read: %v", u.Name, err)
		return t, false
	}
	password := secret.Data[corev1.BasicAuthPasswordKey]
	if len(password) == 0 {
		c.wrong("the Secret of %s holds no password", u.Name)
		return t, false
	}
	t.password, t.revision = credential.NewPassword(string(password)), secret.ResourceVersion
	return t, true
}

// enters logs in with it.
func (c *crowd) enters(t taken) bool {
	in, err := c.application.LogIn(ctx, t.user.EffectiveLogin(), t.password)
	if err != nil {
		c.wrong("the store cannot be read for %s: %v", t.user.Name, err)
	}
	return in
}

func (c *crowd) wrong(format string, arguments ...any) {
	c.tallies(func(t *tally) {
		if len(t.wrong) < enough {
			t.wrong = append(t.wrong, time.Now().Format("15:04:05.000 ")+fmt.Sprintf(format, arguments...))
		}
	})
}

func (c *crowd) tallies(change func(*tally)) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	change(&c.count)
}

func (c *crowd) tally() tally {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.count
}

// judge counts a log-in that has to succeed.
func (c *crowd) judge(t taken, counted *int) {
	in, took := c.enters(t), time.Since(t.asked)
	tells := took < c.grace
	if !in && hurries(t.user) { // it may have been replaced twice since it was read
		again, ok := c.take(t.user)
		tells = ok && again.password.Reveal() == t.password.Reveal()
	}
	if !in && tells {
		c.wrong("%s is refused, %v after the Secret was asked for; %s", t.user.Name, took, c.row(t))
	}
	c.tallies(func(all *tally) {
		if tells {
			*counted++
		} else {
			all.slow++
		}
	})
}

// haste is how often rotations are asked for of users who hurry, be the one before complete or not: what was begun is then replaced wherever it is.
const haste = time.Second

var hurry = testkit.Labels("hurries", "yes")

func hurries(u *v1alpha1.BackOfficeUser) bool { return u.Labels["hurries"] != "" }

// row says what the store knows of a password, but for the verifiers.
func (c *crowd) row(t taken) string {
	rows := texts(c.store, `SELECT CAST(c.version AS text), c.secret_resource_version,
		CASE WHEN coalesce(c.previous_verifier, '') = '' THEN 'no' ELSE 'a' END
		FROM credentials c JOIN users u ON u.id = c.user_id WHERE u.uid = $1`, string(t.user.UID))
	return fmt.Sprintf("read: revision %s; store: version, recorded revision, previous one: %q", t.revision, rows)
}

// logsIn begins to log in all the time, in the ways of two applications: one reads the Secret for each log-in, the other holds on to what it has
// read for as long as the grace permits.
func (c *crowd) logsIn() {
	var running sync.WaitGroup
	ended, end := ending()
	c.leaves = func() {
		end()
		running.Wait()
	}
	DeferCleanup(c.leaves)
	for range readers {
		running.Go(func() {
			c.until(ended, func() {
				if t, ok := c.take(c.anybody()); ok {
					c.judge(t, &c.count.fresh)
				}
			})
		})
	}
	running.Go(func() {
		var holds []taken
		c.until(ended, func() {
			if t, ok := c.take(c.anybody()); ok && !hurries(t.user) {
				holds = append(holds, t)
			}
			for len(holds) > 0 && time.Since(holds[0].asked) > c.grace-100*time.Millisecond {
				holds = holds[1:]
			}
			for _, t := range holds[:min(2, len(holds))] { // the oldest are most likely to be over
				c.judge(t, &c.count.held)
			}
		})
	})
}

// ending is a channel and what closes it, as often as it is called.
func ending() (<-chan struct{}, func()) {
	ended := make(chan struct{})
	return ended, sync.OnceFunc(func() { close(ended) })
}

// until repeats something with pauses until a channel is closed.
func (*crowd) until(end <-chan struct{}, what func()) {
	defer GinkgoRecover()
	for {
		what()
		select {
		case <-end:
			return
		case <-time.After(pause):
		}
	}
}

func (c *crowd) anybody() *v1alpha1.BackOfficeUser { return c.users[rand.IntN(len(c.users))] }

// turn is the rotation of one user's password.
type turn struct {
	before  taken
	version int64
	// at is the moment that was asked for last.
	at time.Time
	// done is when it was seen to be complete.
	done time.Time
}

// rotates begins to ask for rotations: of each user again when the one before is complete and its grace is over, which is when the old password
// is seen to be dead; of those who hurry all the time.
func (c *crowd) rotates() {
	var running sync.WaitGroup
	closed, closes := ending()
	abandoned, abandon := ending()
	c.settles = func() {
		closes()
		running.Wait()
	}
	DeferCleanup(func() {
		abandon()
		c.settles()
	})
	running.Go(func() {
		turns := map[string]*turn{}
		c.until(closed, func() { c.begin(turns, c.complete(turns)) })
		last, finished := ending()
		late := time.After(3 * patient)
		c.until(last, func() {
			c.complete(turns)
			select {
			case <-abandoned:
				finished()
			case <-late:
				for name, t := range turns {
					c.wrong("the rotation of %s to a version after %d, asked for at %v, is not complete; %s", name, t.version, t.at, c.row(t.before))
				}
				finished()
			default:
				if len(turns) == 0 {
					finished()
				}
			}
		})
	})
}

// complete looks after the turns that are under way, and returns the users as they are.
func (c *crowd) complete(turns map[string]*turn) []v1alpha1.BackOfficeUser {
	list := &v1alpha1.BackOfficeUserList{}
	if err := masters().List(ctx, list, client.InNamespace(c.namespace)); err != nil {
		c.wrong("users cannot be listed: %v", err)
		return nil
	}
	for _, u := range list.Items {
		t := turns[u.Name]
		switch {
		case t == nil:
		case t.done.IsZero() && t.complete(&u):
			t.done = time.Now()
			c.tallies(func(all *tally) { all.rotations++ })
		case !t.done.IsZero() && hurries(&u):
			delete(turns, u.Name)
		case !t.done.IsZero() && time.Since(t.done) > c.grace+overtime:
			if c.enters(t.before) {
				c.wrong("the old password of %s works %v after its rotation was complete; %s", u.Name, time.Since(t.done), c.row(t.before))
			}
			c.tallies(func(all *tally) { all.dead++ })
			delete(turns, u.Name)
		}
	}
	return list.Items
}

// complete tells whether the user's status says that a new password is in force.
func (t *turn) complete(u *v1alpha1.BackOfficeUser) bool {
	is := u.Status.Credential
	return is.Version > t.version && !is.IssuedAt.Time.Before(t.at) && meta.IsStatusConditionTrue(u.Status.Conditions, v1alpha1.ConditionReady)
}

// begin asks for rotations of those whose last one is complete, and of those who hurry.
func (c *crowd) begin(turns map[string]*turn, users []v1alpha1.BackOfficeUser) {
	for i := range users {
		u := &users[i]
		t := turns[u.Name]
		switch {
		case t == nil:
			if before, ok := c.take(u); ok {
				t = &turn{before: before, version: u.Status.Credential.Version}
			}
		case t.done.IsZero() && hurries(u) && time.Since(t.at) > haste+time.Second: // at is in whole seconds
		default:
			continue
		}
		if t != nil && t.ask(u) {
			turns[u.Name] = t
		}
	}
}

// ask asks for a rotation; false where nobody admits that just now, or where the password was issued in this very second: a moment is about what was
// issued before it.
func (t *turn) ask(u *v1alpha1.BackOfficeUser) bool {
	at, asked := time.Now().UTC().Truncate(time.Second), u.DeepCopy()
	if !at.After(u.Status.Credential.IssuedAt.Time) {
		return false
	}
	annotate(v1alpha1.AnnotationRotationRequestedAt, at.Format(time.RFC3339))(asked)
	if root().Patch(ctx, asked, client.MergeFrom(u)) != nil {
		return false
	}
	t.at = at
	return true
}

// turned waits until so many rotations more are complete.
func (c *crowd) turned(more int) {
	GinkgoHelper()
	before := c.tally().rotations
	Eventually(func() int { return c.tally().rotations - before }, 2*patient, often).Should(BeNumerically(">=", more), "rotations go on")
}
