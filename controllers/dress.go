// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"maps"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
	"github.com/backoffice-operator/backoffice-operator/internal/metrics"
)

// dress gives a Secret of ours those labels and annotations of the user that spec.credentials.delivery of the BackOffice names, takes those of them
// away that the user does not have, and tells whether that changed anything. All others are other people's and stay as they are.
func (s *userScope) dress(secret metav1.Object) (changed bool) {
	credentials := s.policyOffice().Spec.Credentials
	if credentials == nil || credentials.Delivery == nil {
		return false
	}
	labels, relabelled := copyNamed(credentials.Delivery.Labels, s.user.Labels, secret.GetLabels())
	annotations, reannotated := copyNamed(credentials.Delivery.Annotations, s.user.Annotations, secret.GetAnnotations())
	if relabelled {
		secret.SetLabels(labels)
	}
	if reannotated {
		secret.SetAnnotations(annotations)
	}
	return relabelled || reannotated
}

// copyNamed brings what names say from one map to another. What means something to the operator is never copied: it would pass for its own.
func copyNamed(names []string, from, to map[string]string) (result map[string]string, changed bool) {
	result = map[string]string{}
	maps.Copy(result, to)
	for _, name := range names {
		if strings.HasPrefix(name, v1alpha1.AnnotationPrefix) || name == LabelManagedBy {
			continue
		}
		value, wanted := from[name]
		is, there := to[name]
		if wanted && (!there || is != value) {
			result[name], changed = value, true
		} else if !wanted && there {
			delete(result, name)
			changed = true
		}
	}
	return result, changed
}

// dressLive dresses a Secret that was read, and has it recorded.
func (r *UserReconciler) dressLive(ctx context.Context, s *userScope) error {
	p := &s.password
	p.holds = p.state.Live
	if p.policy.Source == v1alpha1.CredentialGenerated && s.dress(p.secret) {
		if err := r.update(ctx, p.secret); err != nil {
			return err
		}
		p.holds = revision(p.secret)
	}
	return nil
}

// dressCached dresses a Secret that is recorded as it is, without reading it: where it turns out to be another one by now, nothing is written.
func (r *UserReconciler) dressCached(ctx context.Context, s *userScope) error {
	p := &s.password
	if p.cached == nil || p.policy.Source != v1alpha1.CredentialGenerated || revision(p.cached) != p.state.Recorded {
		return nil
	}
	before := p.cached.DeepCopy()
	if !s.dress(p.cached) {
		return nil
	}
	err := r.Live.Patch(ctx, p.cached, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
	if err == nil {
		p.holds = revision(p.cached)
	}
	return err
}

// restoredAt is when the password of a Secret was issued, as that tells; it is never ahead of now.
func restoredAt(secret metav1.Object, now time.Time) time.Time {
	at, err := time.Parse(time.RFC3339, secret.GetAnnotations()[v1alpha1.AnnotationIssuedAt])
	if err != nil || at.After(now) {
		return now
	}
	return at.UTC().Truncate(time.Second)
}

// tell announces a password that takes the place of another one, and an invitation. That a new user has a first password is no news.
func (r *UserReconciler) tell(s *userScope) {
	const ended = "what was issued before has ended, and all sessions with it"
	p := &s.password
	note := func(reason, action, text string) {
		r.Recorder.Eventf(s.user, nil, corev1.EventTypeNormal, reason, action, "version %d: %s", p.plan.Version, text)
	}
	switch p.plan.Action {
	case credential.Issue, credential.Rotate, credential.Reset, credential.Revoke, credential.Invite, credential.Restore, credential.Supply:
		metrics.CredentialChanged(client.ObjectKeyFromObject(s.office), p.plan.Action)
	default: // no other password
	}
	switch p.plan.Action {
	case credential.Issue, credential.Supply:
		if p.plan.Version > 1 {
			note(eventIssued, "Issue", p.plan.Why)
		}
	case credential.Rotate:
		note(eventRotated, "Rotate", "the password before works for "+p.policy.Grace.String())
	case credential.Reset:
		note(eventReset, "Reset", ended)
	case credential.Revoke:
		if !p.plan.Resets.IsZero() {
			note(eventReset, "Reset", ended)
		}
	case credential.Invite:
		note(eventInvited, "Invite", p.plan.Why)
	default: // no other password
	}
}

// The reasons of events about passwords.
const (
	eventIssued  = "PasswordIssued"
	eventRotated = "PasswordRotated"
	eventReset   = "PasswordReset"
	eventInvited = "Invited"
)
