// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package flow_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
)

func TestANewObjectGetsTheFinalizerBeforeAnyStep(t *testing.T) {
	g, s := NewWithT(t), newStage(t, without(v1alpha1.Finalizer), func(u *v1alpha1.BackOfficeUser) {
		u.Finalizers = append(u.Finalizers, "example.org/other")
	})
	_, err := s.run(t.Context(), func(context.Context, *scope) error {
		g.Expect(s.stored().Finalizers).To(ConsistOf("example.org/other", v1alpha1.Finalizer))
		g.Expect(s.writes).To(Equal([]string{"object"}))
		return nil
	})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(s.writes).To(Equal([]string{"object", "status"}), "nothing else is written")
	g.Expect(s.bodies[0]).To(ContainSubstring("resourceVersion"), "a list of finalizers that others have changed is not overwritten")
	g.Expect(s.bodies[0]).NotTo(ContainSubstring("spec"))
}

func TestFinalizersAreNotAdded(t *testing.T) {
	for sentence, mod := range map[string]func(*v1alpha1.BackOfficeUser){
		"where ours is there": func(*v1alpha1.BackOfficeUser) {},
		"to an object that is being deleted": func(u *v1alpha1.BackOfficeUser) {
			u.Finalizers = nil
			deleted(u)
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			g, s := NewWithT(t), newStage(t, mod)
			before := s.stored().Finalizers
			s.settle(nil)
			g.Expect(s.writes).To(Equal([]string{"status"}))
			g.Expect(s.stored().Finalizers).To(Equal(before))
		})
	}
}

func TestReleaseRemovesOurFinalizerAlone(t *testing.T) {
	for sentence, outcome := range map[string]error{
		"as it is": flow.Release{},
		"wrapped":  fmt.Errorf("withdrawing: %w", flow.Release{}),
	} {
		t.Run(sentence, func(t *testing.T) {
			g, s := NewWithT(t), newStage(t, deleted)
			result, err := s.run(t.Context(), func(_ context.Context, sc *scope) error {
				flow.Fails(sc.user, v1alpha1.ConditionSynced, "Whatever", "nobody would read it")
				return outcome
			})
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(result).To(Equal(ctrl.Result{}))
			g.Expect(s.writes).To(Equal([]string{"object"}))
			g.Expect(s.bodies[0]).To(ContainSubstring("resourceVersion"))
			g.Expect(s.stored().Finalizers).To(Equal([]string{"example.org/other"}))
			g.Expect(s.stored().Status.Conditions).To(BeEmpty())
		})
	}
}

func TestReleaseWithoutOurFinalizerWritesNothing(t *testing.T) {
	g, s := NewWithT(t), newStage(t, without(v1alpha1.Finalizer), deleted)
	s.settle(flow.Release{})
	g.Expect(s.writes).To(BeEmpty())
}

func TestAnObjectWithoutAnotherFinalizerIsGone(t *testing.T) {
	g, s := NewWithT(t), newStage(t, deleted, without("example.org/other"))
	s.settle(flow.Release{})
	g.Expect(s.client.Get(t.Context(), s.key, &v1alpha1.BackOfficeUser{})).To(MatchError(ContainSubstring("not found")))
}

func TestWritesThatFail(t *testing.T) {
	release, fresh := flow.Release{}, without(v1alpha1.Finalizer)
	for sentence, c := range map[string]struct {
		mod     func(*v1alpha1.BackOfficeUser)
		outcome error
		kind    string
		answer  error
		want    error
	}{
		"adding the finalizer to a changed object":    {fresh, nil, "object", conflict, nil},
		"adding the finalizer to an object that went": {fresh, nil, "object", notFound, nil},
		"adding the finalizer":                        {fresh, nil, "object", errBroken, errBroken},
		"removing it from a changed object":           {deleted, release, "object", conflict, nil},
		"removing it from an object that went":        {deleted, release, "object", notFound, nil},
		"removing it":                                 {deleted, release, "object", errBroken, errBroken},
		"the status of an object that went":           {deleted, nil, "status", notFound, nil},
		"the status":                                  {deleted, nil, "status", errBroken, errBroken},
		"the status of an object that comes back":     {deleted, flow.Wait{Reason: "InUse", After: time.Hour}, "status", errBroken, errBroken},
	} {
		t.Run(sentence, func(t *testing.T) {
			g, s := NewWithT(t), newStage(t, c.mod)
			s.fails[c.kind] = c.answer
			result, err := s.run(t.Context(), ending(c.outcome))
			if c.want == nil {
				g.Expect(err).NotTo(HaveOccurred(), "it is no failure of ours")
			} else {
				g.Expect(err).To(MatchError(c.want))
			}
			if errors.Is(c.answer, conflict) {
				g.Expect(result.RequeueAfter).To(BeNumerically(">", 0), "what another one wrote may be nothing that wakes us")
			} else {
				g.Expect(result).To(Equal(ctrl.Result{}), "an error and a time to come back exclude each other")
			}
			g.Expect(s.writes).To(Equal([]string{c.kind}), "nothing is tried after that")
			g.Expect(s.announced()).To(BeEmpty())
		})
	}
}

func TestNoStepRunsWithoutTheFinalizer(t *testing.T) {
	for _, answer := range []error{conflict, errBroken} {
		s := newStage(t, without(v1alpha1.Finalizer))
		s.fails["object"] = answer
		_, _ = s.run(t.Context(), func(context.Context, *scope) error {
			t.Error("no step may run")
			return nil
		})
	}
}

func TestAStatusThatHasNotChangedIsNotWritten(t *testing.T) {
	for sentence, outcome := range map[string]error{
		"of a healthy object":        nil,
		"of one that comes back":     flow.Done{After: time.Minute},
		"of one that waits":          flow.Wait{Reason: "StoreUnavailable", Message: "no answer", After: time.Minute},
		"of one that stalls":         flow.Stall{Reason: "LoginTaken", Message: "choose another"},
		"of one that fails again":    errBroken,
		"with a message that is cut": flow.Stall{Reason: "LoginTaken", Message: strings.Repeat("ä", 1000)},
		"with one that is no text":   flow.Stall{Reason: "LoginTaken", Message: "key \xff taken"},
	} {
		t.Run(sentence, func(t *testing.T) {
			g, s := NewWithT(t), newStage(t)
			s.settle(outcome)
			before := s.stored()
			s.settle(outcome)
			g.Expect(s.writes).To(Equal([]string{"status"}))
			g.Expect(s.stored()).To(Equal(before))
		})
	}
}

func TestWhatStepsSayIsWrittenOnceWithTheOutcome(t *testing.T) {
	g, s := NewWithT(t), newStage(t)
	_, err := s.run(t.Context(),
		func(_ context.Context, sc *scope) error {
			sc.user.Status.Login = "ann.miller"
			flow.Holds(sc.user, v1alpha1.ConditionStoreConnected, v1alpha1.ReasonConnected, "all rules are kept")
			return nil
		},
		func(_ context.Context, sc *scope) error {
			flow.Fails(sc.user, v1alpha1.ConditionSynced, "StoreUnavailable", "no answer")
			return flow.Wait{Reason: "StoreUnavailable", Message: "no answer"}
		})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(s.writes).To(Equal([]string{"status"}))
	g.Expect(s.stored().Status.Login).To(Equal("ann.miller"))
	g.Expect(s.condition(v1alpha1.ConditionStoreConnected).Status).To(Equal(metav1.ConditionTrue))
	g.Expect(s.condition(v1alpha1.ConditionSynced).Status).To(Equal(metav1.ConditionFalse))
}

func TestTheStatusOfAChangedObjectIsWrittenLater(t *testing.T) {
	g, s := NewWithT(t), newStage(t)
	s.fails["status"] = conflict
	result, err := s.run(t.Context(), ending(flow.Wait{Reason: "InUse", After: time.Hour}))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(result).To(Equal(ctrl.Result{RequeueAfter: time.Second}), "no event need tell of what changed: it may be the status")
	g.Expect(s.announced()).To(BeEmpty())
}

func TestEveryConditionNamesTheGenerationThatItIsAbout(t *testing.T) {
	g, s := NewWithT(t), newStage(t)
	_, _ = s.run(t.Context(), func(_ context.Context, sc *scope) error {
		flow.Holds(sc.user, v1alpha1.ConditionStoreConnected, v1alpha1.ReasonConnected, "")
		return flow.Wait{Reason: "StoreUnavailable"}
	})
	for _, c := range s.stored().Status.Conditions {
		g.Expect(c.ObservedGeneration).To(Equal(int64(3)), c.Type)
	}
	u := s.stored()
	u.Generation = 4
	g.Expect(s.client.Update(t.Context(), u)).To(Succeed())
	s.settle(flow.Stall{Reason: "LoginTaken"})
	g.Expect(s.stored().Status.ObservedGeneration).To(Equal(int64(4)))
	g.Expect(s.condition(v1alpha1.ConditionReady).ObservedGeneration).To(Equal(int64(4)))
	g.Expect(s.condition(v1alpha1.ConditionStoreConnected).ObservedGeneration).To(Equal(int64(3)), "nobody looked again")
}

func TestTheTimeOfAConditionIsThatOfItsLastChange(t *testing.T) {
	g, s := NewWithT(t), newStage(t)
	s.settle(flow.Wait{Reason: "StoreUnavailable"})
	u := s.stored()
	long := metav1.NewTime(time.Now().Add(-time.Hour).Truncate(time.Second))
	for i := range u.Status.Conditions {
		u.Status.Conditions[i].LastTransitionTime = long
	}
	g.Expect(s.client.Status().Update(t.Context(), u)).To(Succeed())
	s.settle(flow.Stall{Reason: "LoginTaken"})
	g.Expect(s.condition(v1alpha1.ConditionReady).LastTransitionTime.Time).To(BeTemporally("==", long.Time), "False as before")
	s.settle(nil)
	g.Expect(s.condition(v1alpha1.ConditionReady).LastTransitionTime.Time).To(BeTemporally(">", long.Time))
}

func TestEvents(t *testing.T) {
	taken, exceeded := flow.Stall{Reason: "LoginTaken", Message: "50 % of all"}, flow.Stall{Reason: "QuotaExceeded", Message: "no seat"}
	const toldTaken, toldExceeded = "Warning LoginTaken 50 % of all", "Warning QuotaExceeded no seat"
	wait := flow.Wait{Reason: "StoreUnavailable", Message: "no answer"}
	for sentence, c := range map[string]struct {
		outcomes []error
		want     []string
	}{
		"a healthy object is silent":                 {[]error{nil, flow.Done{}, nil}, nil},
		"one that waits is silent":                   {[]error{wait, wait}, nil},
		"one that waited is silent":                  {[]error{wait, nil}, nil},
		"one whose attempt failed is silent":         {[]error{errBroken, nil}, nil},
		"a stall is told":                            {[]error{taken}, []string{toldTaken}},
		"a stall is told once":                       {[]error{taken, taken, taken}, []string{toldTaken}},
		"another message is no other stall":          {[]error{taken, flow.Stall{Reason: "LoginTaken", Message: "51 %"}}, []string{toldTaken}},
		"a stall for another reason is told":         {[]error{taken, exceeded}, []string{toldTaken, toldExceeded}},
		"a stall for the reason of a wait is told":   {[]error{flow.Wait{Reason: "LoginTaken"}, taken}, []string{toldTaken}},
		"a recovery is told":                         {[]error{taken, nil}, []string{toldTaken, "Normal Ready recovered from LoginTaken"}},
		"a recovery is told once":                    {[]error{taken, nil, nil}, []string{toldTaken, "Normal Ready recovered from LoginTaken"}},
		"a stall that becomes a wait is no recovery": {[]error{taken, wait}, []string{toldTaken}},
		"a stall of a healthy object is told":        {[]error{nil, taken}, []string{toldTaken}},
	} {
		t.Run(sentence, func(t *testing.T) {
			s := newStage(t)
			for _, outcome := range c.outcomes {
				s.settle(outcome)
			}
			NewWithT(t).Expect(s.announced()).To(Equal(c.want))
		})
	}
}

func TestMessagesAreBounded(t *testing.T) {
	const limit = 1024
	for sentence, c := range map[string]struct {
		message string
		want    string
	}{
		"a short one stays":                       {"no answer", "no answer"},
		"one of the limit stays":                  {strings.Repeat("a", limit), strings.Repeat("a", limit)},
		"a longer one is cut":                     {strings.Repeat("a", limit+1), strings.Repeat("a", limit-3) + "…"},
		"one of two-byte characters":              {strings.Repeat("ä", limit), strings.Repeat("ä", 510) + "…"},
		"one of two-byte characters, by one byte": {"a" + strings.Repeat("ä", limit), "a" + strings.Repeat("ä", 510) + "…"},
		"one of four-byte characters":             {strings.Repeat("🔑", limit), strings.Repeat("🔑", 255) + "…"},
		"what is no text becomes a sign for that": {"key \xff\xfe taken", "key \uFFFD taken"},
		"text is made before it is measured":      {strings.Repeat("a\xff", limit), strings.Repeat("a\uFFFD", 255) + "a…"},
	} {
		t.Run(sentence, func(t *testing.T) {
			g, s := NewWithT(t), newStage(t)
			s.settle(flow.Stall{Reason: "LoginTaken", Message: c.message})
			got := s.condition(v1alpha1.ConditionStalled).Message
			g.Expect(got).To(Equal(c.want))
			g.Expect(utf8.ValidString(got)).To(BeTrue())
			g.Expect(len(got)).To(BeNumerically("<=", limit))
		})
	}
}
