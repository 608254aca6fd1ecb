// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

const (
	// endpointLag is how long a Service still sends connections to a pod that was asked to end.
	endpointLag = time.Second
	// blockEvery is how often somebody is blocked while the lead changes hands.
	blockEvery = 300 * time.Millisecond
)

// Access that is taken away has to go, whoever leads. How long that takes is printed, not asserted: it is the API server's clock and the machine's.
var _ = Describe("A change of the lead", func() {
	It("lets every revocation through, and a leader that is asked to end refuses nothing", func() {
		_, arguments := elections()
		f := newFleet(arguments...)
		f.start()
		r := newReach()
		office := r.office()
		Expect(root().Create(ctx, office)).To(Succeed())
		eventually(office, beReady())
		store := r.open()
		f.leader()

		for _, change := range []struct {
			what    string
			happens func(leads *replica)
			abrupt  bool // what is under way breaks
		}{
			{"nothing happens", func(*replica) { time.Sleep(3 * time.Second) }, false},
			{"the leader is asked to end", f.terminate, false},
			{"the leader is killed", f.kill, true},
			{"the leader is frozen", f.freeze, true},
		} {
			standby := f.start()
			leads := f.leader()
			for _, r := range []*replica{leads, standby} {
				Eventually(func(g Gomega) {
					ready, says := r.ready()
					g.Expect(ready).To(BeTrue(), says)
				}, soon, often).Should(Succeed(), "who leads and who does not")
			}
			slices.SortFunc(f.replicas, func(a, b *replica) int { // the API server's requests go to the leader
				if a == leads {
					return -1
				}
				return 1
			})
			f.forward()
			b := newBlocks(office.Namespace, store)
			b.begin()
			change.happens(leads)
			f.leader()
			time.Sleep(2 * time.Second)
			b.end()
			b.report(change.what)
			if !change.abrupt {
				Expect(b.refused).To(BeEmpty(), change.what)
			}
		}
	})
})

// terminate asks a replica to end, as the kubelet does, while the Service learns late of it, and waits until it has ended.
func (f *fleet) terminate(r *replica) {
	GinkgoHelper()
	hearMetrics(r.metrics)
	Expect(r.Signal(syscall.SIGTERM)).To(Succeed())
	Eventually(func(g Gomega) {
		ready, says := r.ready()
		g.Expect(ready).To(BeFalse())
		g.Expect(says).To(ContainSubstring("[-]leaving failed"), "the first thing it does")
	}, endpointLag, often).Should(Succeed())
	time.Sleep(endpointLag)
	f.front.Leave(r.webhooks)
	Eventually(r.Done(), 30*time.Second).Should(BeClosed(), "within the grace period of a pod")
	f.leaves(r)
}

// blocks block one user after the other, and see when each is out of the store's view of active users.
type blocks struct {
	users []*v1alpha1.BackOfficeUser
	store *sql.DB
	stop  chan struct{}
	all   sync.WaitGroup

	mutex   sync.Mutex
	took    []time.Duration
	refused []error
}

// blocksMade counts them, for the names of their users.
var blocksMade int

// newBlocks makes the users, who have access.
func newBlocks(namespace string, store *sql.DB) *blocks {
	GinkgoHelper()
	blocksMade++
	b := &blocks{store: store, stop: make(chan struct{})}
	var objects []client.Object
	for i := range 100 {
		u := testkit.User(fmt.Sprintf("blocked-%d-%d", blocksMade, i), namespace)
		b.users, objects = append(b.users, u), append(objects, u)
	}
	given(objects...)
	for _, u := range b.users {
		Eventually(func() bool { return b.active(u) }, soon, often).Should(BeTrue())
	}
	return b
}

func (b *blocks) active(u *v1alpha1.BackOfficeUser) bool {
	var n int
	err := b.store.QueryRowContext(ctx, "SELECT count(*) FROM active_users WHERE back_office = 'shop' AND login = $1", u.Name).Scan(&n)
	return err != nil || n > 0
}

// begin blocks users until end, and waits for each block beside the others.
func (b *blocks) begin() {
	b.all.Go(func() {
		defer GinkgoRecover()
		tick := time.NewTicker(blockEvery)
		defer tick.Stop()
		for _, u := range b.users {
			select {
			case <-tick.C:
			case <-b.stop:
				return
			}
			b.all.Go(func() { b.block(u) })
		}
	})
}

// block blocks one user, again where that is refused, and waits until the store says so.
func (b *blocks) block(u *v1alpha1.BackOfficeUser) {
	defer GinkgoRecover()
	var applied time.Time
	Eventually(func() error {
		err := root().Patch(ctx, u.DeepCopy(), client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"state":"Blocked"}}`)))
		applied = time.Now()
		if err != nil {
			b.mutex.Lock()
			defer b.mutex.Unlock()
			b.refused = append(b.refused, err)
		}
		return err
	}, patient, often).Should(Succeed())
	Eventually(func() bool { return b.active(u) }, patient, often).Should(BeFalse(), u.Name)
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.took = append(b.took, time.Since(applied))
}

// end blocks nobody any more, and waits for those who are to be.
func (b *blocks) end() {
	close(b.stop)
	b.all.Wait()
}

// report prints how long it took.
func (b *blocks) report(what string) {
	GinkgoHelper()
	Expect(b.took).NotTo(BeEmpty())
	slices.Sort(b.took)
	AddReportEntry(what, fmt.Sprintf("%d blocks in the store after a median of %s, the last one after %s; %d applies refused", len(b.took),
		b.took[len(b.took)/2].Round(time.Millisecond), b.took[len(b.took)-1].Round(time.Millisecond), len(b.refused)))
}
