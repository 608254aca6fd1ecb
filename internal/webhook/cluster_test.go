// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
)

// cluster sends requests to the handlers as the API server would, but for schema and match conditions.
type cluster struct {
	*memory
	*reviews
	handlers map[string]admission.Handler
}

func clusterOf(ctx context.Context, objects ...client.Object) *cluster {
	c := &cluster{memory: remember(ctx, objects...), reviews: &reviews{escalators: map[string]bool{"root": true}}}
	c.handlers = Handlers(gather.Admission{Gatherer: gather.Gatherer{Reader: c.memory}, Live: c.memory, Reviews: c.reviews}, operator)
	return c
}

// request is what the API server would send; old is nil on creation, obj on deletion.
func request(user string, old, obj client.Object) admission.Request {
	r := admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{UserInfo: authenticationv1.UserInfo{Username: user}}}
	subject := obj
	switch {
	case old == nil:
		r.Operation = admissionv1.Create
	case obj == nil:
		r.Operation, subject = admissionv1.Delete, old
	default:
		r.Operation = admissionv1.Update
	}
	r.Namespace, r.Name = subject.GetNamespace(), subject.GetName()
	r.Kind = metav1.GroupVersionKind{Group: v1alpha1.GroupVersion.Group, Version: v1alpha1.GroupVersion.Version, Kind: kindOf(subject)}
	r.OldObject, r.Object = raw(old), raw(obj)
	return r
}

func kindOf(o client.Object) string {
	switch o.(type) {
	case *v1alpha1.BackOffice:
		return "BackOffice"
	case *v1alpha1.BackOfficeUser:
		return "BackOfficeUser"
	case *v1alpha1.PermissionSet:
		return "PermissionSet"
	}
	return "RoleBinding"
}

func raw(o client.Object) runtime.RawExtension {
	if o == nil {
		return runtime.RawExtension{}
	}
	text, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return runtime.RawExtension{Raw: text}
}

// validates answers to a request as it reaches the validating webhook.
func (c *cluster) validates(ctx context.Context, r admission.Request) admission.Response {
	return c.handlers[pathValidator+strings.ToLower(r.Kind.Kind)].Handle(ctx, r)
}

// admits sends a request to both webhooks, as the API server does, and returns the object as it would be stored.
func admits[T client.Object](t *testing.T, c *cluster, user string, old, obj T) (T, admission.Response) {
	t.Helper()
	g := NewWithT(t)
	r := request(user, orNil(old), obj)
	response := c.handlers[pathStamp].Handle(t.Context(), r)
	g.Expect(response.Allowed).To(BeTrue(), "the mutating webhook refuses nothing")
	r.Object.Raw = patched(t, r.Object.Raw, response)
	stored := obj.DeepCopyObject().(T)
	stored.SetAnnotations(nil)
	g.Expect(json.Unmarshal(r.Object.Raw, stored)).To(Succeed())
	return stored, c.validates(t.Context(), r)
}

// orNil is an interface without a type for a pointer that is nil.
func orNil[T client.Object](o T) client.Object {
	if object := client.Object(o); !isNil(object) {
		return object
	}
	return nil
}

func isNil(o client.Object) bool {
	switch o := o.(type) {
	case *v1alpha1.BackOffice:
		return o == nil
	case *v1alpha1.BackOfficeUser:
		return o == nil
	case *v1alpha1.PermissionSet:
		return o == nil
	case *v1alpha1.RoleBinding:
		return o == nil
	}
	return true
}

// patched applies what the mutating webhook answers.
func patched(tb testing.TB, object []byte, response admission.Response) []byte {
	tb.Helper()
	g := NewWithT(tb)
	var content map[string]any
	g.Expect(json.Unmarshal(object, &content)).To(Succeed())
	for _, p := range response.Patches {
		parts := strings.Split(strings.TrimPrefix(p.Path, "/"), "/")
		at := content
		for _, part := range parts[:len(parts)-1] {
			if list, ok := at[part].([]any); ok {
				g.Expect([]string{p.Operation, parts[len(parts)-1]}).To(Equal([]string{"add", "-"}))
				at[part] = append(list, p.Value)
				at = nil
				break
			}
			at = at[part].(map[string]any)
		}
		last := strings.ReplaceAll(parts[len(parts)-1], "~1", "/")
		switch {
		case at == nil:
		case p.Operation == "remove":
			g.Expect(at).To(HaveKey(last))
			delete(at, last)
		default:
			at[last] = p.Value
		}
	}
	text, err := json.Marshal(content)
	g.Expect(err).NotTo(HaveOccurred())
	return text
}

// refusal is what an answer says is wrong; empty where it permits.
func refusal(response admission.Response) string {
	if response.Allowed {
		return ""
	}
	if response.Result.Code == http.StatusOK {
		return "refused without a reason"
	}
	return response.Result.Message
}
