// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
)

// The kinds, as labels have them.
const (
	kindOffice  = "BackOffice"
	kindUser    = "BackOfficeUser"
	kindSet     = "PermissionSet"
	kindBinding = "RoleBinding"
)

var (
	objectsTotal = desc("objects", "Objects of a back office. kind: BackOffice, BackOfficeUser, PermissionSet or RoleBinding.", "kind")
	notReady     = desc("objects_not_ready", "Objects whose condition Ready is False, by its reason.", "kind", "reason")
	usersByState = desc("users", "Users by the state that is in force: Active, Blocked, Deactivated, or None while the store has no account.", "state")
	notInForce   = desc("users_not_in_force",
		"Users who cannot log in: Held, State (spec.state), Pending (not looked at yet), else the reason of the condition that says so.",
		"reason")
	credentials    = desc("credentials", "Passwords by where they are from: Generated, SecretRef, Invitation (the user has chosen it) or Adopted.", "source")
	invitations    = desc("invitations", "Invitations to choose a password. state: Pending, Accepted or Expired.", "state")
	oldestIssued   = desc("credential_oldest_issued_timestamp_seconds", "When the oldest password in force was issued.")
	nextRotation   = desc("credential_next_rotation_timestamp_seconds", "When the next password is rotated because of its age. Absent: none is.")
	overdue        = desc("credential_rotations_overdue", "Passwords of users who may log in, whose rotation is late by more than 15 minutes.")
	resetWaiting   = desc("bulk_reset_waiting_users", "Users who wait for a new password after all passwords were ended.")
	nextExpiry     = desc("role_binding_next_expiry_timestamp_seconds", "When the next binding ends. Absent: none does.")
	expiring       = desc("role_bindings_expiring", "Bindings that end within 24 hours.")
	storeUp        = desc("store_up", "1 while the store is open, answers, and takes what is written.", "store")
	suspended      = desc("back_office_suspended", "1 while granting is suspended.")
	withdrawalHeld = desc("withdrawal_held_users", "Users who would lose access by a change that waits for a confirmation. 0: none waits.")
	ghosts         = desc("accounts_without_object", "1 while the store has accounts whose BackOfficeUser is gone without having been deleted. They are blocked.")

	objectDescs = []*prometheus.Desc{
		objectsTotal, notReady, usersByState, notInForce, credentials, invitations, oldestIssued, nextRotation, overdue, resetWaiting, nextExpiry,
		expiring, storeUp, suspended, withdrawalHeld, ghosts,
	}
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prefix+name, help, append([]string{labelNamespace, labelOffice}, labels...), nil)
}

// counts are those of one back office. Lists are by symbol.
type counts struct {
	name                             types.NamespacedName
	office                           office
	objects                          map[string]int
	notReady                         map[string][]int
	users, why, sources, invited     []int
	oldest, nextRotation, nextExpiry int64
	overdue, expiring                int
}

// count counts all objects of the back offices that exist.
func (o *Objects) count() (all []*counts, names []string) {
	now := o.Clock.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	for name, at := range o.places {
		at.counts = nil
		if is, exists := o.offices[name]; exists {
			at.counts = o.none(name, is)
		}
	}
	for name, is := range o.offices {
		if at := o.places[name]; at != nil {
			all = append(all, at.counts)
		} else {
			all = append(all, o.none(name, is))
		}
	}
	late := now.Add(-overdueAfter).Unix()
	for _, u := range o.users {
		if c := u.of.counts; c != nil {
			c.user(u, late)
		}
	}
	for m, is := range o.members {
		if c := is.of.counts; c != nil {
			c.member(m.kind, is, now)
		}
	}
	return all, slices.Clone(o.symbols.names)
}

// none are the counts of a back office without objects.
func (o *Objects) none(name types.NamespacedName, is office) *counts {
	list := func() []int { return make([]int, len(o.symbols.names)) }
	return &counts{
		name: name, office: is, objects: map[string]int{kindOffice: 1, kindUser: 0, kindSet: 0, kindBinding: 0},
		notReady: map[string][]int{kindUser: list(), kindSet: list(), kindBinding: list()},
		users:    list(), why: list(), sources: list(), invited: list(),
	}
}

// user counts a user. A rotation that was to be before late is overdue.
func (c *counts) user(u user, late int64) {
	c.users[u.state]++
	c.why[u.why]++
	c.invited[u.invitation]++
	if u.notReady != 0 {
		c.notReady[kindUser][u.notReady]++
	}
	if u.issued == 0 {
		return
	}
	c.sources[u.source]++
	c.oldest = earlier(c.oldest, u.issued)
	if u.nextRotation == 0 {
		return
	}
	c.nextRotation = earlier(c.nextRotation, u.nextRotation)
	if u.nextRotation < late && u.why == 0 {
		c.overdue++
	}
}

func (c *counts) member(kind string, is standing, now time.Time) {
	c.objects[kind]++
	c.notReady[kind][is.notReady]++
	if is.expires <= now.Unix() {
		return
	}
	c.nextExpiry = earlier(c.nextExpiry, is.expires)
	if is.expires <= now.Add(expiresSoon).Unix() {
		c.expiring++
	}
}

// earlier is the smaller of two times, of which 0 is none.
func earlier(a, b int64) int64 {
	if a == 0 || b < a {
		return b
	}
	return a
}

// tell sends what was counted; names are those of the symbols.
func (c *counts) tell(found chan<- prometheus.Metric, connections Connections, names []string) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		found <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, append([]string{c.name.Namespace, c.name.Name}, labels...)...)
	}
	by := func(d *prometheus.Desc, counts []int, labels ...string) {
		for i, n := range counts {
			if i > 0 && n > 0 { // 0 is none
				gauge(d, float64(n), append(labels, names[i])...)
			}
		}
	}
	for _, n := range c.users {
		c.objects[kindUser] += n
	}
	for kind, n := range c.objects {
		gauge(objectsTotal, float64(n), kind)
	}
	by(usersByState, c.users)
	by(notInForce, c.why)
	by(credentials, c.sources)
	by(invitations, c.invited)
	for kind, counts := range c.notReady {
		by(notReady, counts, kind)
	}
	if c.office.notReady != "" {
		gauge(notReady, 1, kindOffice, c.office.notReady)
	}
	for d, at := range map[*prometheus.Desc]int64{oldestIssued: c.oldest, nextRotation: c.nextRotation, nextExpiry: c.nextExpiry} {
		if at > 0 {
			gauge(d, float64(at))
		}
	}
	gauge(overdue, float64(c.overdue))
	gauge(expiring, float64(c.expiring))
	gauge(resetWaiting, float64(c.office.waiting))
	gauge(suspended, one(c.office.suspended))
	gauge(ghosts, one(c.office.ghosts))
	gauge(storeUp, one(connections.Writable(c.name)), c.office.store)
	gauge(withdrawalHeld, float64(connections.WithdrawalHeld(c.name)))
}

func one(is bool) float64 { //nolint:revive // It is the value.
	if is {
		return 1
	}
	return 0
}
