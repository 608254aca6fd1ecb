// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"testing"

	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// broken cannot read, and cannot review.
type broken struct{ client.Client }

var errBroken = errors.New("broken")

func (broken) Get(context.Context, client.ObjectKey, client.Object, ...client.GetOption) error {
	return errBroken
}

func (broken) List(context.Context, client.ObjectList, ...client.ListOption) error { return errBroken }

func (broken) Create(context.Context, client.Object, ...client.CreateOption) error { return errBroken }

func TestWhatCannotBeJudgedIsRefused(t *testing.T) {
	handlers := Handlers(gather.Admission{Gatherer: gather.Gatherer{Reader: broken{}}, Live: broken{}, Reviews: broken{}}, operator)
	c := &cluster{handlers: handlers}
	user, set := testkit.User("x", "shop"), testkit.Set("x", "shop")
	binding, office := testkit.Binding("x", "shop"), testkit.Office("x", "shop")
	for sentence, r := range map[string]admission.Request{
		"a user is created":            request("lea", nil, user),
		"a user is changed":            request("lea", user, testkit.User("x", "shop", testkit.IPs("*"))),
		"a user is deleted":            request("lea", user, nil),
		"a user loses our finalizer":   request("lea", testkit.User("x", "shop", finalizers(v1alpha1.Finalizer)), user),
		"a set is created":             request("lea", nil, set),
		"a set is deleted":             request("lea", set, nil),
		"a binding is created":         request("lea", nil, binding),
		"a binding is deleted":         request("lea", binding, nil),
		"an office is created":         request("lea", nil, office),
		"an office is deleted":         request("lea", office, nil),
		"the namespace cannot be read": request("system:serviceaccount:kube-system:namespace-controller", user, nil),
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			response := c.validates(t.Context(), r)
			g.Expect(response.Allowed).To(BeFalse())
			g.Expect(response.Result.Code).To(BeEquivalentTo(http.StatusServiceUnavailable))
			g.Expect(response.Result.Message).To(ContainSubstring("try again: "))
		})
	}
	response := handlers[pathStamp].Handle(t.Context(), request("lea", nil, user))
	NewWithT(t).Expect(response.Allowed).To(BeTrue(), "the mutating webhook refuses nothing")
	NewWithT(t).Expect(response.Patches).To(BeEmpty())
}

func TestWhatCannotBeUnderstood(t *testing.T) {
	c := clusterOf(t.Context())
	user := testkit.User("x", "shop")
	garbage := request("lea", nil, user)
	garbage.Object.Raw = []byte(`{"spec": {"login": 7}}`)
	was := request("lea", user, user)
	was.OldObject.Raw = []byte("{")
	without := request("lea", user, user)
	without.OldObject.Raw = nil
	empty := request("lea", user, nil)
	empty.OldObject.Raw = nil
	connect := request("lea", nil, user)
	connect.Operation = admissionv1.Connect
	for sentence, r := range map[string]admission.Request{
		"the object is garbage": garbage, "the old object is": was, "the old object is not there": without, "nothing is there": empty, "another operation": connect,
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(c.validates(t.Context(), r).Result.Code).To(BeEquivalentTo(http.StatusBadRequest))
		})
	}
	for sentence, r := range map[string]admission.Request{"an object": garbage, "an old object": was, "an operation": connect} {
		t.Run(sentence+" that the mutating webhook does not understand passes untouched", func(t *testing.T) {
			response := c.handlers[pathStamp].Handle(t.Context(), r)
			NewWithT(t).Expect(response).To(Equal(admission.Allowed("")))
		})
	}
	pod := request("lea", nil, user)
	pod.Kind.Kind = "Pod"
	NewWithT(t).Expect(c.handlers[pathStamp].Handle(t.Context(), pod)).To(Equal(admission.Allowed("")))
}

// The world of the tests below: lea has rank 4 and may bind what exists, ada rank 4 and all permissions, root the verb escalate, eve nothing.
func shop(mods ...testkit.Mod) *v1alpha1.BackOffice {
	o := testkit.Office("shop", "shop", append(mods,
		testkit.Delegates(4, testkit.Person("lea")), testkit.Delegates(4, testkit.Person("ada")), testkit.Giving("*"))...)
	testkit.Stamp(o, "root", nil)
	return o
}

func withUID(uid string) testkit.Mod { return func(o client.Object) { o.SetUID(types.UID(uid)) } }

// by has somebody stamp an object that was judged.
func by(user string, powers ...access.Power) testkit.Mod {
	return func(o client.Object) { testkit.Stamp(o, user, powers) }
}

func TestAuditAnnotations(t *testing.T) {
	ann := func(mods ...testkit.Mod) *v1alpha1.BackOfficeUser { return testkit.User("ann", "shop", mods...) }
	viewer := testkit.Set("viewer", "shop", testkit.Rank(9))
	boss := testkit.Set("boss", "shop", testkit.Rank(1))
	bossy := testkit.Binding("bosses", "shop", testkit.ToSet("boss"), testkit.ForUsers("boss"))
	const ofLea = "spec.rank.delegations[0] of BackOffice shop/shop"
	stored := ann(stamped)
	before, _ := stamp.Of(stored)
	for sentence, c := range map[string]struct {
		user     string
		old, obj client.Object
		want     map[string]string
		id       string
	}{
		"a creation":                     {"lea", nil, ann(), map[string]string{auditVerdict: "Allowed", auditPower: ofLea}, "new"},
		"a refusal":                      {"eve", nil, ann(), map[string]string{auditVerdict: "Refused", auditPower: "none", auditRules: "NotAuthorized"}, "new"},
		"a change":                       {"lea", stored, ann(testkit.IPs("*")), map[string]string{auditVerdict: "Allowed", auditPower: ofLea}, "new"},
		"a deletion":                     {"lea", stored, nil, map[string]string{auditVerdict: "Allowed", auditPower: ofLea}, before.ID},
		"a deletion of what was unknown": {"eve", ann(), nil, map[string]string{auditVerdict: "Refused", auditPower: "none", auditRules: "NotAuthorized"}, ""},
		"several rules":                  {"eve", nil, testkit.Set("x", "shop", testkit.Extends("x")), map[string]string{auditVerdict: "Refused", auditPower: "none", auditRules: "ExtendsCycle,NotAuthorized"}, "new"},
		"broken glass": {"root", nil, ann(testkit.Annotations(v1alpha1.AnnotationBreakGlass, "fire")), map[string]string{
			auditVerdict: "Allowed", auditPower: "the annotation access.backoffice-operator.io/break-glass; the RBAC verb escalate",
		}, "new"},
		"a BackOffice":           {"root", nil, testkit.Office("other", "shop"), map[string]string{auditVerdict: "Allowed", auditPower: "the RBAC verb escalate"}, "new"},
		"nothing that is judged": {"eve", stored, ann(stamped, testkit.Annotations("a", "b")), nil, ""},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			c.want = maps.Clone(c.want)
			cluster := clusterOf(t.Context(), shop(), viewer, boss, bossy)
			var response admission.Response
			if c.obj == nil {
				response = cluster.validates(t.Context(), request(c.user, c.old, nil))
			} else {
				var stored client.Object
				stored, response = admits(t, cluster, c.user, c.old, c.obj)
				if c.id == "new" {
					s, ok := stamp.Of(stored)
					g.Expect(ok).To(BeTrue())
					c.id = s.ID
				}
			}
			if c.id != "" {
				c.want[auditStamp] = c.id
			}
			g.Expect(response.AuditAnnotations).To(Equal(c.want))
		})
	}
}

func TestAStampKnowsTheSetsThatMayBeNamed(t *testing.T) {
	mine := testkit.Set("mine", "team", testkit.InOffice("shop/shop"), withUID("mine"))
	shared := testkit.Set("shared", "shop", withUID("shared"))
	foreign := testkit.Set("foreign", "shop", testkit.InOffice("desk"), withUID("foreign"))
	far := testkit.Set("far", "other", testkit.InOffice("shop/shop"), withUID("far"))
	set := testkit.Set("s", "team", testkit.InOffice("shop/shop"), testkit.Extends("mine", "shop/shared", "shop/foreign", "other/far", "later", "mine"))
	stored, _ := admits(t, clusterOf(t.Context(), shop(testkit.Admits("team", "other")), mine, shared, foreign, far), "ada", nil, set)
	s, _ := stamp.Of(stored)
	NewWithT(t).Expect(s.Sets).To(Equal([]string{"mine", "shared"}))
}

// setless cannot read sets.
type setless struct{ client.Reader }

func (s setless) Get(ctx context.Context, key client.ObjectKey, into client.Object, opts ...client.GetOption) error {
	if _, ok := into.(*v1alpha1.PermissionSet); ok {
		return errBroken
	}
	return s.Reader.Get(ctx, key, into, opts...)
}

func TestNothingIsStampedByHalf(t *testing.T) {
	facts := gather.Admission{Gatherer: gather.Gatherer{Reader: setless{remember(t.Context(), shop())}}}
	response := Handlers(facts, operator)[pathStamp].Handle(t.Context(), request("ada", nil, testkit.Binding("b", "shop", testkit.ToSet("s"))))
	NewWithT(t).Expect(response).To(Equal(admission.Allowed("")))
}
