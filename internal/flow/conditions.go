// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"strings"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// maxMessage bounds a condition's message in bytes, so that no status outgrows its object.
const maxMessage = 1024

// Holds marks a condition as True on the object in memory.
func Holds(o Object, condition, reason, message string) {
	mark(o, metav1.Condition{Type: condition, Status: metav1.ConditionTrue, Reason: reason, Message: message})
}

// Fails marks a condition as False on the object in memory.
func Fails(o Object, condition, reason, message string) {
	mark(o, metav1.Condition{Type: condition, Status: metav1.ConditionFalse, Reason: reason, Message: message})
}

// Clear removes conditions from the object in memory: those which are there only while something is wrong.
func Clear(o Object, conditions ...string) {
	for _, c := range conditions {
		meta.RemoveStatusCondition(o.GetConditions(), c)
	}
}

func mark(o Object, c metav1.Condition) {
	c.Message = bounded(c.Message)
	c.ObservedGeneration = o.GetGeneration()
	meta.SetStatusCondition(o.GetConditions(), c)
}

// bounded cuts a message that is too long, between two characters. What is no UTF-8 would be stored as something else, and then differ from
// what every later reconcile says.
func bounded(message string) string {
	message = strings.ToValidUTF8(message, "\uFFFD")
	if len(message) <= maxMessage {
		return message
	}
	cut := maxMessage - len("…")
	for !utf8.RuneStart(message[cut]) {
		cut--
	}
	return message[:cut] + "…"
}

// summarize translates the outcome of the steps into Ready, Reconciling and Stalled. It is the only place that sets them.
func summarize(o Object, outcome error) {
	switch out := outcome.(type) { //nolint:errorlint // Outcomes are never wrapped: the runner unwraps them first.
	case nil, Done:
		Holds(o, v1alpha1.ConditionReady, v1alpha1.ReasonReady, "everything is in force")
		Clear(o, v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled)
	case Stall:
		Fails(o, v1alpha1.ConditionReady, out.Reason, out.Message)
		Holds(o, v1alpha1.ConditionStalled, out.Reason, out.Message)
		Clear(o, v1alpha1.ConditionReconciling)
	case Wait:
		Fails(o, v1alpha1.ConditionReady, out.Reason, out.Message)
		Holds(o, v1alpha1.ConditionReconciling, out.Reason, out.Message)
		Clear(o, v1alpha1.ConditionStalled)
	default:
		const message = "an attempt failed and is repeated; the operator's log has the error"
		Fails(o, v1alpha1.ConditionReady, v1alpha1.ReasonProgressing, message)
		Holds(o, v1alpha1.ConditionReconciling, v1alpha1.ReasonProgressing, message)
		Clear(o, v1alpha1.ConditionStalled)
	}
	o.SetObservedGeneration(o.GetGeneration())
}
