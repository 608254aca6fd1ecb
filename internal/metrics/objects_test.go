// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"context"
	"fmt"
	goruntime "runtime"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/cache/informertest"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllertest"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var now = time.Unix(1_800_000_000, 0)

type connected struct{ held int }

func (connected) Writable(office types.NamespacedName) bool { return office.Name == "shop" }

func (c connected) WithdrawalHeld(types.NamespacedName) int { return c.held }

// counting are objects that are told, until the test ends.
func counting(tb testing.TB, held int) *Objects {
	tb.Helper()
	o := &Objects{Connections: connected{held}, Clock: clocktesting.NewFakePassiveClock(now)}
	o.reset()
	working.Store(o)
	tb.Cleanup(func() { working.Store(nil) })
	return o
}

// told are the lines of a metric with their values, in order.
func told(tb testing.TB, name string) []string {
	tb.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(collectors...)
	families, err := registry.Gather()
	NewWithT(tb).Expect(err).NotTo(HaveOccurred())
	var lines []string
	for _, f := range families {
		if f.GetName() != prefix+name {
			continue
		}
		for _, m := range f.Metric {
			var labels []string
			for _, l := range m.Label {
				labels = append(labels, l.GetValue())
			}
			lines = append(lines, fmt.Sprintf("%s %v", strings.Join(labels, " "), valueOf(m)))
		}
	}
	slices.Sort(lines)
	return lines
}

func valueOf(m *dto.Metric) float64 {
	switch {
	case m.Gauge != nil:
		return m.Gauge.GetValue()
	case m.Counter != nil:
		return m.Counter.GetValue()
	}
	return float64(m.Histogram.GetSampleCount())
}

func shop(conditions ...metav1.Condition) *v1alpha1.BackOffice {
	o := &v1alpha1.BackOffice{ObjectMeta: metav1.ObjectMeta{Namespace: "north", Name: "shop"}}
	o.Status.StoreKind, o.Status.Conditions = v1alpha1.StorePostgreSQL, conditions
	return o
}

func ann(change func(*v1alpha1.BackOfficeUser)) *v1alpha1.BackOfficeUser {
	u := testkit.User("ann", "north")
	u.Namespace, u.Status.State = "north", v1alpha1.StateActive
	change(u)
	return u
}

func is(condition string, status metav1.ConditionStatus, reason string) metav1.Condition {
	return metav1.Condition{Type: condition, Status: status, Reason: reason}
}

func TestNothingIsToldByAManagerThatDoesNotWork(t *testing.T) {
	NewWithT(t).Expect(told(t, "users")).To(BeEmpty())
}

func TestObjectsAreToldWhileTheManagerWorksOnceAllAreCounted(t *testing.T) {
	g := NewWithT(t)
	informers := &informertest.FakeInformers{Scheme: runtime.NewScheme()}
	g.Expect(v1alpha1.AddToScheme(informers.Scheme)).To(Succeed())
	fakes := map[string]*controllertest.FakeInformer{}
	informers.InformersByGVK = map[schema.GroupVersionKind]toolscache.SharedIndexInformer{}
	for _, kind := range []string{kindOffice, kindUser, kindSet, kindBinding} {
		fakes[kind] = controllertest.NewFakeInformer()
		informers.InformersByGVK[v1alpha1.GroupVersion.WithKind(kind)] = fakes[kind]
	}
	o := &Objects{Cache: informers, Connections: connected{}, Clock: clocktesting.NewFakePassiveClock(now)}
	g.Expect(o.NeedLeaderElection()).To(BeTrue())
	g.Expect(told(t, "leading")).To(ConsistOf(" 0"))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- o.Start(ctx) }()
	g.Eventually(func() []string { return told(t, "leading") }).Should(ConsistOf(" 1"))
	fakes[kindOffice].Add(shop())
	for _, kind := range []string{kindOffice, kindSet, kindBinding} {
		fakes[kind].Synced()
	}
	g.Consistently(func() []string { return told(t, "objects") }, "300ms").Should(BeEmpty(), "half of the users would look like all")
	fakes[kindUser].Add(ann(func(*v1alpha1.BackOfficeUser) {}))
	fakes[kindUser].Synced()
	g.Eventually(func() []string { return told(t, "users") }).Should(ConsistOf("shop north Active 1"))
	cancel()
	g.Eventually(ended).Should(Receive(Succeed()))
	g.Expect(told(t, "leading")).To(ConsistOf(" 0"))
	g.Expect(told(t, "objects")).To(BeEmpty())
}

func TestUsersAreToldByStateAndWhyTheyAreNotInForce(t *testing.T) {
	for sentence, c := range map[string]struct {
		user       func(*v1alpha1.BackOfficeUser)
		state, why string
	}{
		"one in force":                  {func(*v1alpha1.BackOfficeUser) {}, "Active", ""},
		"one that nobody has looked at": {func(u *v1alpha1.BackOfficeUser) { u.Status.State = "" }, "None", "Pending"},
		"a held one": {func(u *v1alpha1.BackOfficeUser) {
			u.Annotations, u.Status.State = map[string]string{v1alpha1.AnnotationHold: "stolen laptop"}, v1alpha1.StateBlocked
		}, "Blocked", "Held"},
		"one that is blocked by its spec": {func(u *v1alpha1.BackOfficeUser) {
			u.Spec.State, u.Status.State = v1alpha1.StateBlocked, v1alpha1.StateBlocked
		}, "Blocked", "State"},
		"one that breaks a rule": {func(u *v1alpha1.BackOfficeUser) {
			u.Status.State = v1alpha1.StateBlocked
			u.Status.Conditions = []metav1.Condition{is("Ready", "False", "PolicyViolated"), is("PolicyAccepted", "False", "CeilingExceeded")}
		}, "Blocked", "CeilingExceeded"},
		"one whose login is taken": {func(u *v1alpha1.BackOfficeUser) {
			u.Status.State = ""
			u.Status.Conditions = []metav1.Condition{is("Ready", "False", "LoginTaken"), is("Synced", "False", "LoginTaken")}
		}, "None", "LoginTaken"},
	} {
		t.Run(sentence, func(t *testing.T) {
			g, o := NewWithT(t), counting(t, 0)
			o.office(shop())
			o.user(ann(c.user))
			g.Expect(told(t, "users")).To(ContainElement("shop north " + c.state + " 1"))
			if c.why == "" {
				g.Expect(told(t, "users_not_in_force")).To(BeEmpty())
			} else {
				g.Expect(told(t, "users_not_in_force")).To(ConsistOf("shop north " + c.why + " 1"))
			}
		})
	}
}

func TestObjectsAreCountedAsTheyComeChangeAndGo(t *testing.T) {
	g, o := NewWithT(t), counting(t, 0)
	follow := following(o.user, o.userGone)
	o.office(shop(is("Ready", "False", "WithdrawalHeld")))
	follow.OnAdd(ann(func(u *v1alpha1.BackOfficeUser) {
		u.Status.Conditions = []metav1.Condition{is("Ready", "False", "LoginTaken")}
	}), true)
	o.set(&v1alpha1.PermissionSet{ObjectMeta: metav1.ObjectMeta{Namespace: "north", Name: "s"}, Spec: v1alpha1.PermissionSetSpec{
		BackOfficeRef: v1alpha1.BackOfficeReference{Name: "shop"},
	}})
	g.Expect(told(t, "objects")).To(ConsistOf("shop north BackOffice 1", "shop north BackOfficeUser 1", "shop north PermissionSet 1", "shop north RoleBinding 0"))
	g.Expect(told(t, "objects_not_ready")).To(ConsistOf("shop north BackOffice WithdrawalHeld 1", "shop north BackOfficeUser LoginTaken 1"))

	healthy := ann(func(*v1alpha1.BackOfficeUser) {})
	follow.OnUpdate(nil, healthy)
	o.office(shop(is("Ready", "True", "Ready")))
	g.Expect(told(t, "objects_not_ready")).To(BeEmpty())

	follow.OnDelete(toolscache.DeletedFinalStateUnknown{Key: "north/ann", Obj: healthy})
	o.setGone(types.NamespacedName{Namespace: "north", Name: "s"})
	g.Expect(told(t, "objects")).To(ContainElements("shop north BackOfficeUser 0", "shop north PermissionSet 0"))
	DriftFound(types.NamespacedName{Namespace: "north", Name: "shop"}, kindUser)
	g.Expect(told(t, "drift_found_total")).To(ContainElement("shop north BackOfficeUser 1"))
	o.officeGone(types.NamespacedName{Namespace: "north", Name: "shop"})
	g.Expect(told(t, "objects")).To(BeEmpty())
	g.Expect(told(t, "drift_found_total")).To(BeEmpty(), "a back office that is gone leaves nothing")
}

func TestPasswordsAreToldByTheirTimes(t *testing.T) {
	g, o := NewWithT(t), counting(t, 0)
	o.office(shop())
	at := func(d time.Duration) *metav1.Time { return &metav1.Time{Time: now.Add(d)} }
	for name, c := range map[string]v1alpha1.CredentialStatus{
		"fresh":   {Source: "Generated", IssuedAt: at(-time.Hour), NextRotationTime: at(time.Hour)},
		"soon":    {Source: "Generated", IssuedAt: at(-2 * time.Hour), NextRotationTime: at(-10 * time.Minute)},
		"late":    {Source: "Generated", IssuedAt: at(-3 * time.Hour), NextRotationTime: at(-16 * time.Minute)},
		"chosen":  {Source: "Chosen", IssuedAt: at(-4 * time.Hour)},
		"invited": {Invitation: &v1alpha1.InvitationStatus{State: v1alpha1.InvitationExpired}},
	} {
		o.user(ann(func(u *v1alpha1.BackOfficeUser) { u.Name, u.Status.Credential = name, &c }))
	}
	o.user(ann(func(u *v1alpha1.BackOfficeUser) { // nobody waits for the password of who is blocked
		u.Name, u.Spec.State, u.Status.State = "blocked", v1alpha1.StateBlocked, v1alpha1.StateBlocked
		u.Status.Credential = &v1alpha1.CredentialStatus{Source: "Generated", IssuedAt: at(-time.Minute), NextRotationTime: at(-time.Hour)}
	}))
	g.Expect(told(t, "credentials")).To(ConsistOf("shop north Chosen 1", "shop north Generated 4"))
	g.Expect(told(t, "credential_oldest_issued_timestamp_seconds")).To(ConsistOf(fmt.Sprint("shop north ", float64(now.Unix()-4*3600))))
	g.Expect(told(t, "credential_next_rotation_timestamp_seconds")).To(ConsistOf(fmt.Sprint("shop north ", float64(now.Unix()-3600))))
	g.Expect(told(t, "credential_rotations_overdue")).To(ConsistOf("shop north 1"))
	g.Expect(told(t, "invitations")).To(ConsistOf("shop north Expired 1"))
}

func TestBindingsThatEndAreTold(t *testing.T) {
	g, o := NewWithT(t), counting(t, 0)
	o.office(shop())
	for name, in := range map[string]time.Duration{"over": -time.Hour, "today": 23 * time.Hour, "next": 48 * time.Hour} {
		b := &v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: "north", Name: name}}
		b.Spec.BackOfficeRef.Name, b.Spec.ExpiresAt = "shop", &metav1.Time{Time: now.Add(in)}
		o.binding(b)
	}
	g.Expect(told(t, "role_bindings_expiring")).To(ConsistOf("shop north 1"))
	g.Expect(told(t, "role_binding_next_expiry_timestamp_seconds")).To(ConsistOf(fmt.Sprint("shop north ", float64(now.Unix()+23*3600))))
	o.bindingGone(types.NamespacedName{Namespace: "north", Name: "today"})
	o.bindingGone(types.NamespacedName{Namespace: "north", Name: "next"})
	g.Expect(told(t, "role_binding_next_expiry_timestamp_seconds")).To(BeEmpty())
}

func TestBackOfficesAreTold(t *testing.T) {
	g, o := NewWithT(t), counting(t, 40)
	office := shop(is("Suspended", "True", "Suspended"), is("StoreConnected", "True", "AccountsWithoutObject"))
	office.Status.Credentials = &v1alpha1.CredentialsStatus{Reset: &v1alpha1.ResetStatus{Remaining: 7}}
	o.office(office)
	for metric, want := range map[string]string{
		"store_up": "shop north PostgreSQL 1", "withdrawal_held_users": "shop north 40", "back_office_suspended": "shop north 1",
		"accounts_without_object": "shop north 1", "bulk_reset_waiting_users": "shop north 7",
	} {
		g.Expect(told(t, metric)).To(ConsistOf(want), metric)
	}
	other := shop()
	other.Name = "depot" // which connected does not know
	o.office(other)
	g.Expect(told(t, "store_up")).To(ConsistOf("depot north PostgreSQL 0", "shop north PostgreSQL 1"))
}

func TestLabelsAreBoundedWhateverObjectsSay(t *testing.T) {
	g, o := NewWithT(t), counting(t, 0)
	o.office(shop())
	for i := range 1000 {
		o.user(ann(func(u *v1alpha1.BackOfficeUser) { // whoever may write users may name any BackOffice
			u.Name, u.Spec.BackOfficeRef.Name = fmt.Sprint("a", i), fmt.Sprint("none", i)
		}))
		o.user(ann(func(u *v1alpha1.BackOfficeUser) { // and whoever may write status any reason
			u.Name, u.Status.State = fmt.Sprint("b", i), ""
			u.Status.Conditions = []metav1.Condition{is("Ready", "False", fmt.Sprint("Reason", i))}
			u.Status.Credential = &v1alpha1.CredentialStatus{Source: fmt.Sprint("Source", i), IssuedAt: &metav1.Time{Time: now}}
		}))
	}
	for _, metric := range []string{"objects_not_ready", "users_not_in_force", "credentials"} {
		g.Expect(len(told(t, metric))).To(BeNumerically("<=", maxSymbols), metric)
		g.Expect(told(t, metric)).To(ContainElement(ContainSubstring(" Other ")), metric)
	}
	g.Expect(told(t, "users")).To(ContainElement("shop north None 1000"))
}

func BenchmarkAScrapeOf100000Users(b *testing.B) {
	var before, after goruntime.MemStats
	goruntime.GC()
	goruntime.ReadMemStats(&before)
	o := counting(b, 0)
	o.office(shop())
	const users = 100_000
	keep := make([]*v1alpha1.BackOfficeUser, users)
	for i := range keep {
		keep[i] = ann(func(u *v1alpha1.BackOfficeUser) {
			u.Name = fmt.Sprint("user-", i)
			u.Status.Conditions = []metav1.Condition{is("Ready", "True", "Ready")}
			u.Status.Credential = &v1alpha1.CredentialStatus{
				Source: "Generated", IssuedAt: &metav1.Time{Time: now}, NextRotationTime: &metav1.Time{Time: now.Add(time.Hour)},
			}
		})
	}
	goruntime.GC()
	goruntime.ReadMemStats(&before)
	for _, u := range keep {
		o.user(u)
	}
	goruntime.GC()
	goruntime.ReadMemStats(&after)
	b.ResetTimer()
	for range b.N {
		o.count()
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/users, "bytes/user")
	goruntime.KeepAlive(keep)
}
