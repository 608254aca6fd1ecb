// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// +kubebuilder:rbac:groups=access.backoffice-operator.io,resources=backoffices,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=access.backoffice-operator.io,resources=backoffices/status,verbs=update

const (
	// pingInterval is how often a store is asked whether it is there.
	pingInterval = 30 * time.Second
	// firstProbe and lastProbe bound the pause between the probes of a store that does not answer; it doubles.
	firstProbe, lastProbe = time.Second, 30 * time.Second
)

// Leadership tells whether this manager may write, read live from its Lease. Nil where there is no leader election.
type Leadership func(ctx context.Context) (leading bool, err error)

// BackOfficeReconciler connects a back office to its store and looks after the connection.
type BackOfficeReconciler struct {
	Base
	Stores Stores
	// Probe asks for a reconcile of a back office whose connection is lost.
	Probe func(office types.NamespacedName)
	// Wake asks for a reconcile of these objects, and of all that belong to the back office when there are none.
	Wake func(office *v1alpha1.BackOffice, objects ...store.Record)
	// Leading is asked when another manager has taken over a store; when this one no longer leads, Quit ends the process.
	Leading Leadership
	Quit    func(reason error)
}

// officeScope is the memory of one reconcile, in the order in which the steps fill it.
type officeScope struct {
	office *v1alpha1.BackOffice
	conn   *connection // set by open
	// unopened is why conn is not what spec and Secret ask for; set by open.
	unopened error
	// pending is why the policy is not in force; set by admit and weigh.
	pending error
	// waits is why something of the policy is not in force, while the back office is suspended; set by syncPolicy.
	waits error
	// unread is why some roles of the database may not read; set by letRead.
	unread error
	// ahead is why a reset of all is not carried out yet; set by resetAll.
	ahead error
	// after is when to look again, where that is sooner than the next ping; set by tellCredentials.
	after time.Duration
}

// Subject implements flow.Scoped.
func (s *officeScope) Subject() *v1alpha1.BackOffice { return s.office }

// Reconcile brings one back office in force.
func (r *BackOfficeReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	s := &officeScope{office: &v1alpha1.BackOffice{}}
	if err := r.Client.Get(ctx, req.NamespacedName, s.office); err != nil {
		if client.IgnoreNotFound(err) == nil { // gone without its finalizer
			err = r.Connections.replace(req.NamespacedName, nil)
		}
		return ctrl.Result{}, err
	}
	s.conn = r.Connections.get(req.NamespacedName)
	return flow.Run(ctx, &r.Runner, s, r.abandon, r.tellSuspended, r.open, r.probe, r.resetAll, r.finalize,
		r.admit, r.weigh, r.syncPolicy, r.letRead, r.refresh, r.wake, r.hearAnswers, r.sweepGhosts, r.tellCredentials, r.report)
}

// abandon lets a back office go without its store, once nothing refers to it, where people ask for that.
func (r *BackOfficeReconciler) abandon(ctx context.Context, s *officeScope) error {
	if _, orphan := s.office.Annotations[v1alpha1.AnnotationOrphan]; !orphan || s.office.DeletionTimestamp.IsZero() {
		return nil
	}
	err := r.unused(ctx, s.office)
	if errors.As(err, new(flow.Wait)) {
		return nil // what refers to it still needs the store
	}
	if err != nil {
		return err
	}
	return r.release(ctx, s.office)
}

// open makes sure that a connection with the options of spec and Secret is there; a changed URL replaces it. Where that fails, an older
// connection stays and the next steps use it: access does not end, and can be withdrawn, although a new Secret is wrong.
func (r *BackOfficeReconciler) open(ctx context.Context, s *officeScope) error {
	s.unopened = r.reopen(ctx, s)
	if s.unopened == nil || s.conn != nil {
		return nil
	}
	disconnected(s)
	if s.office.DeletionTimestamp.IsZero() {
		return s.unopened
	}
	if err := r.unused(ctx, s.office); err != nil {
		return err
	}
	return r.release(ctx, s.office) // nothing needs the store any more
}

func (r *BackOfficeReconciler) reopen(ctx context.Context, s *officeScope) error {
	location, err := r.Stores.locate(ctx, r.Live, s.office)
	if err != nil {
		return err
	}
	s.office.Status.StoreKind = location.kind
	if err := r.holdSecret(ctx, location.secret); err != nil {
		return err
	}
	requested := s.office.Annotations[v1alpha1.AnnotationReconcileRequestedAt]
	if s.conn != nil && s.conn.openedWith == location.fingerprint && (!s.conn.is(fencedOff) || s.conn.requested == requested) {
		return nil
	}
	conn, err := location.connect(ctx, r.Client)
	if err != nil {
		return openFailure(err)
	}
	name := client.ObjectKeyFromObject(s.office)
	conn.requested = requested
	conn.refreshed, conn.heard = r.Clock.Now(), r.Clock.Now()
	conn.lost = func() { r.Probe(name) }
	conn.brake.call = conn.lost
	s.conn = conn
	if err := r.Connections.replace(name, conn); err != nil {
		return err
	}
	return r.releaseFormerSecrets(ctx, s.office)
}

// disconnected reports why the connection is not what spec and Secret ask for.
func disconnected(s *officeScope) {
	reason, message := flow.Explain(s.unopened)
	if reason == "" {
		reason, message = v1alpha1.ReasonProgressing, "the store could not be opened; this is tried again"
	}
	flow.Fails(s.office, v1alpha1.ConditionStoreConnected, reason, message)
}

// probe asks the store whether it is there and still ours.
func (r *BackOfficeReconciler) probe(ctx context.Context, s *officeScope) error {
	var err error
	if !s.conn.opened {
		err = s.conn.ping(ctx)
	}
	s.conn.opened = false
	switch {
	case errors.Is(err, store.ErrFenced):
		s.conn.set(displaced)
		return r.fenced(ctx, s)
	case errors.Is(err, store.ErrLost):
		s.conn.set(down)
		return r.lost(ctx, s)
	case err != nil:
		s.conn.set(down)
		pause := min(firstProbe<<min(s.conn.probes, 8), lastProbe)
		s.conn.probes++
		if s.unopened != nil { // that is what somebody has to mend
			disconnected(s)
			return within(pause, s.unopened)
		}
		wait := flow.Wait{
			Reason:  v1alpha1.ReasonStoreUnavailable,
			Message: "the store does not answer; it is probed until it does, and every change waits",
			After:   pause,
		}
		return s.unconnected(wait)
	}
	if s.conn.is(down) {
		s.conn.set(up)
		s.conn.woken = wakening{} // what waited goes on
	}
	s.conn.probes = 0
	connected(s)
	return nil
}

// unconnected is the outcome while changes wait for the store.
func (s *officeScope) unconnected(wait flow.Wait) error {
	flow.Fails(s.office, v1alpha1.ConditionStoreConnected, wait.Reason, wait.Message)
	if !s.office.DeletionTimestamp.IsZero() {
		return withdrawal(wait)
	}
	return wait
}

// fenced decides what it means that another manager has raised the fence: this one is no leader any more and has to end, or somebody else
// uses the same owner, and this BackOffice alone stops writing.
func (r *BackOfficeReconciler) fenced(ctx context.Context, s *officeScope) error {
	if err := r.mayOpen(ctx, s); err != nil {
		return err
	}
	s.conn.set(fencedOff)
	message := fmt.Sprintf("another manager has opened the store with the same owner and now writes to it. Make sure that only one does; then annotate this BackOffice with %s=<time> to take over",
		v1alpha1.AnnotationReconcileRequestedAt)
	flow.Fails(s.office, v1alpha1.ConditionStoreConnected, v1alpha1.ReasonFencedOff, message)
	return flow.Stall{Reason: v1alpha1.ReasonFencedOff, Message: message}
}

// mayOpen is nil where the store could be opened anew. A manager that does not lead any more ends instead; and where it was tried, that is what
// somebody has to mend.
func (r *BackOfficeReconciler) mayOpen(ctx context.Context, s *officeScope) error {
	if r.Leading != nil {
		leading, err := r.Leading(ctx)
		if err != nil {
			return err
		}
		if !leading {
			r.Quit(fmt.Errorf("the lead is lost: %w", store.ErrFenced))
			return flow.Later{}
		}
	}
	if s.unopened != nil {
		disconnected(s)
		return within(lastProbe, s.unopened)
	}
	return nil
}

// lost has a store opened anew that does not hold any more what was written to it, as a start of the operator does.
func (r *BackOfficeReconciler) lost(ctx context.Context, s *officeScope) error {
	if err := r.mayOpen(ctx, s); err != nil {
		return err
	}
	s.conn.openedWith = ""
	return s.unconnected(flow.Wait{
		Reason:  v1alpha1.ReasonStoreUnavailable,
		Message: "the store does not hold any more what was written to it; it is opened anew, and everything is written again",
		After:   firstProbe,
	})
}

// finalize waits until nothing refers to the back office any more, and gives up the owner.
func (r *BackOfficeReconciler) finalize(ctx context.Context, s *officeScope) error {
	if s.office.DeletionTimestamp.IsZero() {
		return nil
	}
	if err := r.unused(ctx, s.office); err != nil {
		return errors.Join(r.wake(ctx, s), err) // their withdrawal may have waited for the store
	}
	if err := s.closeReaders(ctx); err != nil {
		return withdrawal(err)
	}
	if err := s.conn.submit(ctx, store.Release{}); err != nil {
		return withdrawal(err)
	}
	return r.release(ctx, s.office)
}

// release closes the connection and lets the Secret with the store's URL go, and then the back office itself.
func (r *BackOfficeReconciler) release(ctx context.Context, office *v1alpha1.BackOffice) error {
	if err := r.Connections.replace(client.ObjectKeyFromObject(office), nil); err != nil {
		return err
	}
	if err := r.releaseSecret(ctx, office); err != nil {
		return err
	}
	return flow.Release{}
}

// unused is nil when nothing refers to the back office.
func (r *BackOfficeReconciler) unused(ctx context.Context, office *v1alpha1.BackOffice) error {
	total := 0
	for _, list := range []client.ObjectList{&v1alpha1.BackOfficeUserList{}, &v1alpha1.RoleBindingList{}, &v1alpha1.PermissionSetList{}} {
		key := client.MatchingFields{gather.IndexBackOffice: client.ObjectKeyFromObject(office).String()}
		if err := r.Client.List(ctx, list, key, client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency); err != nil {
			return err
		}
		total += meta.LenList(list)
	}
	if total > 0 {
		return flow.Wait{
			Reason:  v1alpha1.ReasonInUse,
			Message: fmt.Sprintf("%d users, bindings and sets still refer to this BackOffice; it goes when they have gone", total),
		}
	}
	return nil
}

// within has an outcome looked at again after d, which is when the connection that is left is to be probed.
func within(d time.Duration, err error) error {
	var wait flow.Wait
	var stall flow.Stall
	switch {
	case errors.As(err, &wait):
		wait.After = d
		return wait
	case errors.As(err, &stall):
		stall.After = d
		return stall
	}
	return err
}

// openFailure translates the error of a driver that could not open the store.
func openFailure(err error) error {
	switch {
	case errors.Is(err, store.ErrInUse):
		return flow.Stall{
			Reason:  v1alpha1.ReasonStoreInUse,
			Message: "another BackOffice uses this store with the same owner and name: choose another owner, or delete that BackOffice",
			After:   recheckAfter,
		}
	case errors.Is(err, store.ErrConfig):
		return flow.Stall{Reason: v1alpha1.ReasonStoreMisconfigured, Message: err.Error(), After: recheckAfter}
	case errors.Is(err, store.ErrUnavailable):
		return flow.Wait{
			Reason:  v1alpha1.ReasonStoreUnavailable,
			Message: "the store does not answer; it is probed until it does",
			After:   lastProbe / 2,
		}
	}
	return err
}
