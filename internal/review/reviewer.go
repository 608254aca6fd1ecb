// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package review

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/go-logr/logr"
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/manifests"
	"github.com/backoffice-operator/backoffice-operator/internal/snapshot"
	"github.com/backoffice-operator/backoffice-operator/internal/webhook"
)

// Reviewer judges what somebody wants to apply to a world, and changes the world as the API server would. RBAC is not asked, apart from the verb
// escalate.
type Reviewer struct {
	world    *snapshot.World
	clock    clock.PassiveClock
	actor    authenticationv1.UserInfo
	facts    gather.Admission
	handlers map[string]admission.Handler
	// Summarise has the webhooks warn of what each change gives and takes, as they do for a dry run.
	Summarise bool
}

// Actor is who applies.
type Actor struct {
	authenticationv1.UserInfo
	// Reviews say who has the verb escalate.
	Reviews gather.Reviews
	// Almighty is for somebody of whom nothing is known but the objects: it may hand out everything, as if each BackOffice had such a delegation.
	// Ceilings hold all the same.
	Almighty bool
}

// New returns a reviewer for an actor, over a world that it changes.
func New(world *snapshot.World, now clock.PassiveClock, actor Actor) *Reviewer {
	facts := gather.Admission{Gatherer: world.Gatherer(now), Live: world, Reviews: actor.Reviews}
	if actor.Almighty {
		facts.Reader = delegating{Reader: world, to: actor.Username}
	}
	return &Reviewer{
		world: world, clock: now, actor: actor.UserInfo, facts: facts,
		handlers: webhook.Handlers(facts, "system:serviceaccount:backoffice-operator-system:nobody"), // who never asks here
	}
}

// Operation is what would be done with an object.
type Operation string

// The operations.
const (
	Create    Operation = "create"
	Update    Operation = "update"
	Delete    Operation = "delete"
	Unchanged Operation = "unchanged"
)

// Verdict is what would be said about one object.
type Verdict struct {
	manifests.Object
	Operation Operation
	// Refusal is the answer of the API server; nil where the object is admitted.
	Refusal *metav1.Status
	// Warnings are those of the API server.
	Warnings []string
	// Withheld says why an object that is admitted is not in force, or not for all.
	Withheld []Withheld
}

// Admitted tells whether the object would be stored.
func (v Verdict) Admitted() bool { return v.Refusal == nil }

// apply judges one object as the API server does: it reads it, merges it with what is there, has it stamped, asks the schema, has it judged, and
// stores it.
func (r *Reviewer) apply(ctx context.Context, o manifests.Object) (Verdict, error) {
	v := Verdict{Object: o, Operation: Create}
	ctx = log.IntoContext(ctx, logr.Discard())
	kind := schemas[o.GetKind()]()
	manifest := o.DeepCopy()
	unknown, err := kind.coerce(manifest)
	switch {
	case err != nil:
		v.Refusal = badRequest(err)
		return v, nil
	case len(unknown) > 0:
		v.Refusal = strict(manifest, unknown)
		return v, nil
	}
	delete(manifest.Object, "status")
	old, err := r.old(ctx, o)
	if err != nil {
		return v, err
	}
	obj := manifest
	if old != nil {
		v.Operation = Update
		if obj, err = merged(manifest, old); err != nil {
			return v, err
		}
		if sameObject(obj, old) {
			v.Operation = Unchanged
			return v, nil
		}
	} else if err := r.checkNamespace(ctx, o.GetNamespace()); err != nil {
		v.Refusal = statusOf(err)
		return v, nil
	}
	r.complete(obj, old)
	if obj, err = r.stamped(ctx, obj, old); err != nil {
		return v, err
	}
	errs := kind.judge(ctx, obj, old)
	if len(errs) > 0 {
		v.Refusal = statusOf(apierrors.NewInvalid(obj.GroupVersionKind().GroupKind(), obj.GetName(), discreet(errs)))
		return v, nil
	}
	if v.Refusal, v.Warnings, err = r.ask(ctx, kind, obj, old); err != nil || v.Refusal != nil {
		return v, err
	}
	return v, r.store(kind, obj)
}

// remove judges the deletion of an object.
func (r *Reviewer) remove(ctx context.Context, o client.Object) (Verdict, error) {
	old, err := contentOf(o)
	if err != nil {
		return Verdict{}, err
	}
	v := Verdict{Object: manifests.Object{Unstructured: old}, Operation: Delete}
	ctx = log.IntoContext(ctx, logr.Discard())
	if v.Refusal, v.Warnings, err = r.ask(ctx, schemas[old.GetKind()](), nil, old); err == nil && v.Admitted() {
		r.world.Remove(o)
	}
	return v, err
}

// old is the object that is there; nil where none is.
func (r *Reviewer) old(ctx context.Context, o manifests.Object) (*unstructured.Unstructured, error) {
	if o.GetName() == "" {
		return nil, nil
	}
	blank, err := blankOf(o.GetKind())
	if err != nil {
		return nil, err
	}
	if err := r.world.Get(ctx, o.Key(), blank); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	return contentOf(blank)
}

func blankOf(kind string) (client.Object, error) {
	return manifests.Object{Unstructured: &unstructured.Unstructured{Object: map[string]any{"kind": kind}}}.Typed()
}

// contentOf is an object of ours as the API server has it.
func contentOf(o client.Object) (*unstructured.Unstructured, error) {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		return nil, err
	}
	u := &unstructured.Unstructured{Object: content}
	kind := fmt.Sprintf("%T", o)
	u.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind[strings.LastIndexByte(kind, '.')+1:]))
	return u, nil
}

// checkNamespace refuses objects of a namespace that is not there.
func (r *Reviewer) checkNamespace(ctx context.Context, name string) error {
	return r.world.Get(ctx, client.ObjectKey{Name: name}, gather.NamespaceMetadata())
}

// complete writes the metadata that the API server writes.
func (r *Reviewer) complete(obj, old *unstructured.Unstructured) {
	if old == nil {
		obj.SetUID(uuid.NewUUID())
		obj.SetCreationTimestamp(metav1.NewTime(r.clock.Now()))
		obj.SetGeneration(1)
		obj.SetResourceVersion("1") // which the API server writes last; the webhooks ask for none
		return
	}
	if status, has := old.Object["status"]; has {
		obj.Object["status"] = status
	}
	if !sameSpec(obj, old) {
		obj.SetGeneration(old.GetGeneration() + 1)
	}
}

// stamped is the object as the mutating webhook makes it.
func (r *Reviewer) stamped(ctx context.Context, obj, old *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	req, err := r.request(obj, old)
	if err != nil {
		return nil, err
	}
	response := r.handlers["/admit"].Handle(ctx, req)
	if len(response.Patches) == 0 {
		return obj, nil
	}
	text, err := json.Marshal(response.Patches)
	if err != nil {
		return nil, err
	}
	patch, err := jsonpatch.DecodePatch(text)
	if err != nil {
		return nil, err
	}
	if text, err = patch.Apply(req.Object.Raw); err != nil {
		return nil, err
	}
	patched := &unstructured.Unstructured{}
	return patched, patched.UnmarshalJSON(text)
}

// ask has the validating webhook judge.
func (r *Reviewer) ask(ctx context.Context, kind *kindSchema, obj, old *unstructured.Unstructured) (refusal *metav1.Status, warnings []string, err error) {
	req, err := r.request(obj, old)
	if err != nil {
		return nil, nil, err
	}
	req.Resource = metav1.GroupVersionResource{Group: v1alpha1.GroupVersion.Group, Version: v1alpha1.GroupVersion.Version, Resource: kind.plural}
	response := r.handlers["/validate-access-backoffice-operator-io-v1alpha1-"+strings.ToLower(req.Kind.Kind)].Handle(ctx, req)
	if response.Allowed {
		return nil, response.Warnings, nil
	}
	if response.Result.Code == 0 || response.Result.Code >= 500 { // a fact could not be read: that is no refusal
		return nil, nil, errors.New(response.Result.Message)
	}
	return response.Result, response.Warnings, nil
}

// request is what the API server would ask the webhooks.
func (r *Reviewer) request(obj, old *unstructured.Unstructured) (admission.Request, error) {
	req := admissionv1.AdmissionRequest{UID: uuid.NewUUID(), UserInfo: r.actor, DryRun: &r.Summarise}
	either := obj
	switch {
	case old == nil:
		req.Operation = admissionv1.Create
	case obj == nil:
		req.Operation, either = admissionv1.Delete, old
	default:
		req.Operation = admissionv1.Update
	}
	gvk := either.GroupVersionKind()
	req.Kind = metav1.GroupVersionKind{Group: gvk.Group, Version: gvk.Version, Kind: gvk.Kind}
	req.Name, req.Namespace = either.GetName(), either.GetNamespace()
	for _, side := range []struct {
		content *unstructured.Unstructured
		into    *runtime.RawExtension
	}{{obj, &req.Object}, {old, &req.OldObject}} {
		if side.content == nil {
			continue
		}
		var err error
		if side.into.Raw, err = side.content.MarshalJSON(); err != nil {
			return admission.Request{}, err
		}
	}
	return admission.Request{AdmissionRequest: req}, nil
}

// store puts what was admitted into the world.
func (r *Reviewer) store(kind *kindSchema, obj *unstructured.Unstructured) error {
	if _, err := kind.coerce(obj); err != nil { // a fresh status has defaults
		return err
	}
	typed, err := manifests.Object{Unstructured: obj}.Typed()
	if err == nil {
		r.world.Put(typed)
	}
	return err
}

// statusOf is an error as the API server would answer it.
func statusOf(err error) *metav1.Status {
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		answer := status.Status()
		return &answer
	}
	return badRequest(err)
}

func badRequest(err error) *metav1.Status {
	status := apierrors.NewBadRequest(err.Error()).Status()
	return &status
}
