// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package flow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
)

var (
	errBroken = errors.New("broken")
	conflict  = apierrors.NewConflict(schema.GroupResource{Resource: "backofficeusers"}, "ann", errBroken)
	notFound  = apierrors.NewNotFound(schema.GroupResource{Resource: "backofficeusers"}, "ann")
)

// verdict is what a status says: the reason of each condition, empty where it is absent.
type verdict struct {
	ready               metav1.ConditionStatus
	reason              string
	reconciling, stalls string
}

func (s *stage) verdict() (v verdict) {
	if c := s.condition(v1alpha1.ConditionReady); c != nil {
		v.ready, v.reason = c.Status, c.Reason
	}
	if c := s.condition(v1alpha1.ConditionReconciling); c != nil && c.Status == metav1.ConditionTrue {
		v.reconciling = c.Reason
	}
	if c := s.condition(v1alpha1.ConditionStalled); c != nil && c.Status == metav1.ConditionTrue {
		v.stalls = c.Reason
	}
	return v
}

func TestOutcomes(t *testing.T) {
	ready := verdict{ready: metav1.ConditionTrue, reason: "Ready"}
	waiting := verdict{ready: metav1.ConditionFalse, reason: "StoreUnavailable", reconciling: "StoreUnavailable"}
	stalled := verdict{ready: metav1.ConditionFalse, reason: "LoginTaken", stalls: "LoginTaken"}
	trying := verdict{ready: metav1.ConditionFalse, reason: "Progressing", reconciling: "Progressing"}

	wait := flow.Wait{Reason: "StoreUnavailable", Message: "no answer"}
	stall := flow.Stall{Reason: "LoginTaken", Message: "choose another"}
	for sentence, c := range map[string]struct {
		outcome error
		want    verdict
		after   time.Duration
		err     error
	}{
		"no outcome is Ready":                            {nil, ready, 0, nil},
		"Done is Ready":                                  {flow.Done{}, ready, 0, nil},
		"Done may come back":                             {flow.Done{After: time.Hour}, ready, time.Hour, nil},
		"Wait is Reconciling":                            {wait, waiting, 0, nil},
		"Wait may look again":                            {flow.Wait{Reason: "StoreUnavailable", After: time.Minute}, waiting, time.Minute, nil},
		"Stall is Stalled":                               {stall, stalled, 0, nil},
		"Stall may look again":                           {flow.Stall{Reason: "LoginTaken", After: time.Hour}, stalled, time.Hour, nil},
		"any other error is Reconciling, and backs off":  {errBroken, trying, 0, errBroken},
		"an object that is not found is such an error":   {notFound, trying, 0, notFound},
		"a wrapped Wait is a Wait":                       {fmt.Errorf("connecting: %w", wait), waiting, 0, nil},
		"a wrapped Stall is a Stall":                     {fmt.Errorf("judging: %w", stall), stalled, 0, nil},
		"a wrapped Done is Done":                         {fmt.Errorf("ending: %w", flow.Done{After: time.Hour}), ready, time.Hour, nil},
		"a Wait beside other errors is a Wait":           {errors.Join(errBroken, wait), waiting, 0, nil},
		"a wrapped error is returned as it was returned": {fmt.Errorf("reading: %w", errBroken), trying, 0, errBroken},
	} {
		t.Run(sentence, func(t *testing.T) {
			g, s := NewWithT(t), newStage(t)
			result, err := s.run(t.Context(), ending(c.outcome))
			g.Expect(s.verdict()).To(Equal(c.want))
			g.Expect(s.stored().Status.ObservedGeneration).To(Equal(int64(3)))
			g.Expect(s.writes).To(Equal([]string{"status"}))
			g.Expect(result).To(Equal(ctrl.Result{RequeueAfter: c.after}))
			if c.err == nil {
				g.Expect(err).NotTo(HaveOccurred())
			} else {
				g.Expect(err).To(MatchError(c.err))
			}
		})
	}
}

func TestAMessageReachesBothConditions(t *testing.T) {
	g, s := NewWithT(t), newStage(t)
	s.settle(flow.Wait{Reason: "StoreUnavailable", Message: "no answer"})
	g.Expect(s.condition(v1alpha1.ConditionReady).Message).To(Equal("no answer"))
	g.Expect(s.condition(v1alpha1.ConditionReconciling).Message).To(Equal("no answer"))
	s.settle(flow.Stall{Reason: "LoginTaken", Message: "choose another"})
	g.Expect(s.condition(v1alpha1.ConditionReady).Message).To(Equal("choose another"))
	g.Expect(s.condition(v1alpha1.ConditionStalled).Message).To(Equal("choose another"))
}

func TestTheTextOfAnErrorIsNotShown(t *testing.T) {
	g, s := NewWithT(t), newStage(t)
	s.settle(errors.New("dialing 10.0.0.1: refused"))
	for _, c := range s.stored().Status.Conditions {
		g.Expect(c.Message).NotTo(ContainSubstring("10.0.0.1"))
	}
}

func TestReconcilingAndStalledGoWhenTheyAreOver(t *testing.T) {
	wait, stall := flow.Wait{Reason: "StoreUnavailable"}, flow.Stall{Reason: "LoginTaken"}
	for sentence, c := range map[string]struct {
		first, then error
		want        []string
	}{
		"a Wait that is over":          {wait, nil, []string{"Ready"}},
		"a Stall that is over":         {stall, flow.Done{}, []string{"Ready"}},
		"an error that is over":        {errBroken, nil, []string{"Ready"}},
		"a Wait that becomes a Stall":  {wait, stall, []string{"Ready", "Stalled"}},
		"a Stall that becomes a Wait":  {stall, wait, []string{"Ready", "Reconciling"}},
		"a Stall, and then an error":   {stall, errBroken, []string{"Ready", "Reconciling"}},
		"a healthy object that stalls": {nil, stall, []string{"Ready", "Stalled"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			g, s := NewWithT(t), newStage(t)
			s.settle(c.first)
			s.settle(c.then)
			var types []string
			for _, condition := range s.stored().Status.Conditions {
				types = append(types, condition.Type)
			}
			g.Expect(types).To(ConsistOf(c.want))
		})
	}
}

func TestOutcomesThatSayNothingLeaveTheStatus(t *testing.T) {
	for sentence, c := range map[string]struct {
		outcome error
		after   time.Duration
	}{
		"Later":                   {flow.Later{After: time.Minute}, time.Minute},
		"Later without a time":    {flow.Later{}, 0},
		"a wrapped Later":         {fmt.Errorf("looking: %w", flow.Later{After: time.Minute}), time.Minute},
		"a conflict":              {conflict, time.Second},
		"a wrapped conflict":      {fmt.Errorf("writing the Secret: %w", conflict), time.Second},
		"a conflict among errors": {errors.Join(conflict), time.Second},
	} {
		t.Run(sentence, func(t *testing.T) {
			g, s := NewWithT(t), newStage(t)
			s.settle(flow.Wait{Reason: "StoreUnavailable"})
			before := s.stored()
			result, err := s.run(t.Context(), func(_ context.Context, sc *scope) error {
				flow.Fails(sc.user, v1alpha1.ConditionSynced, "Whatever", "not to be seen")
				return c.outcome
			})
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(result).To(Equal(ctrl.Result{RequeueAfter: c.after}))
			g.Expect(s.writes).To(Equal([]string{"status"}))
			g.Expect(s.stored()).To(Equal(before))
		})
	}
}

func TestStepsRunInOrderUntilOneHasAnOutcome(t *testing.T) {
	for sentence, c := range map[string]struct {
		outcome error
		want    []string
	}{
		"nil goes on":       {nil, []string{"first", "second", "third"}},
		"Done stops":        {flow.Done{}, []string{"first", "second"}},
		"Wait stops":        {flow.Wait{Reason: "InUse"}, []string{"first", "second"}},
		"Stall stops":       {flow.Stall{Reason: "InUse"}, []string{"first", "second"}},
		"Later stops":       {flow.Later{}, []string{"first", "second"}},
		"Release stops":     {flow.Release{}, []string{"first", "second"}},
		"other errors stop": {errBroken, []string{"first", "second"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			var ran []string
			named := func(name string, outcome error) step {
				return func(context.Context, *scope) error {
					ran = append(ran, name)
					return outcome
				}
			}
			_, _ = newStage(t).run(t.Context(), named("first", nil), named("second", c.outcome), named("third", nil))
			NewWithT(t).Expect(ran).To(Equal(c.want))
		})
	}
}

func TestASlowStepEndsAndIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, s := NewWithT(t), newStage(t)
		start := time.Now()
		var ran int
		result, err := s.run(t.Context(),
			func(ctx context.Context, _ *scope) error {
				ran++
				<-ctx.Done()
				return fmt.Errorf("asking the store: %w", ctx.Err())
			},
			func(context.Context, *scope) error {
				ran++
				return nil
			})
		g.Expect(time.Since(start)).To(Equal(30 * time.Second))
		g.Expect(err).To(MatchError(context.DeadlineExceeded))
		g.Expect(result).To(Equal(ctrl.Result{}))
		g.Expect(ran).To(Equal(1))
		g.Expect(s.verdict().reason).To(Equal("Progressing"), "the report has a deadline of its own")
	})
}

func TestOutcomesReadAsReasonAndMessage(t *testing.T) {
	g := NewWithT(t)
	g.Expect(flow.Wait{Reason: "InUse", Message: "3 users"}.Error()).To(Equal("InUse: 3 users"))
	g.Expect(flow.Stall{Reason: "KeyTaken", Message: "by another"}.Error()).To(Equal("KeyTaken: by another"))
	g.Expect(flow.Done{}).To(MatchError("done"))
	g.Expect(flow.Later{}).To(MatchError("later"))
	g.Expect(flow.Release{}).To(MatchError("release"))
}

func TestExplain(t *testing.T) {
	for sentence, c := range map[string]struct {
		outcome         error
		reason, message string
	}{
		"a Wait":                     {flow.Wait{Reason: "InUse", Message: "3 users"}, "InUse", "3 users"},
		"a Stall":                    {flow.Stall{Reason: "KeyTaken", Message: "by another"}, "KeyTaken", "by another"},
		"a wrapped Wait":             {fmt.Errorf("waiting: %w", flow.Wait{Reason: "InUse", Message: "3 users"}), "InUse", "3 users"},
		"a wrapped Stall":            {fmt.Errorf("judging: %w", flow.Stall{Reason: "KeyTaken"}), "KeyTaken", ""},
		"another outcome has no why": {flow.Done{}, "", ""},
		"nor has another error":      {errBroken, "", ""},
		"nor has nil":                {nil, "", ""},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			reason, message := flow.Explain(c.outcome)
			g.Expect(reason).To(Equal(c.reason))
			g.Expect(message).To(Equal(c.message))
		})
	}
}
