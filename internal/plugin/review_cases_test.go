// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/manifests"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
	"github.com/backoffice-operator/backoffice-operator/internal/review"
	"github.com/backoffice-operator/backoffice-operator/internal/review/cases"
	"github.com/backoffice-operator/backoffice-operator/internal/snapshot"
)

// caseAnswer is what was said to a request: the status without who said it, and all warnings.
type caseAnswer struct {
	Refused  bool
	Reason   metav1.StatusReason
	Message  string
	Causes   []metav1.StatusCause
	Warnings []string
}

func caseAnswerOf(status *metav1.Status, warnings []string) caseAnswer {
	a := caseAnswer{Warnings: slices.Sorted(slices.Values(warnings))}
	if status == nil {
		return a
	}
	a.Refused, a.Reason, a.Message = true, status.Reason, status.Message
	if _, told, byWebhook := strings.Cut(a.Message, " denied the request: "); byWebhook {
		a.Message = told
	}
	if status.Details != nil && a.Reason == metav1.StatusReasonInvalid {
		a.Causes = slices.Clone(status.Details.Causes)
		slices.SortFunc(a.Causes, func(x, y metav1.StatusCause) int {
			return cmp.Or(cmp.Compare(x.Field, y.Field), cmp.Compare(x.Message, y.Message))
		})
		a.Message = "" // it says the causes again, in their order
	}
	return a
}

// caseWarnings collects the warnings of the API server.
type caseWarnings struct{ all []string }

func (w *caseWarnings) HandleWarningHeader(_ int, _, text string) { w.all = append(w.all, text) }

// askCluster makes the request of a case to the API server, as a dry run.
func askCluster(scene cases.Scene, c cases.Case) caseAnswer {
	GinkgoHelper()
	config := rest.CopyConfig(cluster.Admin)
	group := editors
	if cases.Escalates(c.As) {
		group = owners
	}
	config.Impersonate = rest.ImpersonationConfig{UserName: c.As, Groups: []string{group, "system:authenticated"}}
	warnings := &caseWarnings{}
	config.WarningHandler = warnings
	as, err := client.New(config, client.Options{Scheme: session.Scheme()})
	Expect(err).NotTo(HaveOccurred())
	strict := client.FieldValidation(metav1.FieldValidationStrict)
	old, obj := scene.Asked(c)
	switch {
	case c.Delete:
		err = as.Delete(ctx, obj, client.DryRunAll)
	case old == nil:
		err = as.Create(ctx, obj, client.DryRunAll, strict)
	default:
		live := &unstructured.Unstructured{}
		live.SetGroupVersionKind(obj.GroupVersionKind())
		Expect(masters().Get(ctx, client.ObjectKeyFromObject(obj), live)).To(Succeed())
		live.Object["spec"] = obj.Object["spec"]
		live.SetLabels(obj.GetLabels())
		annotations := live.GetAnnotations()
		maps.Copy(annotations, obj.GetAnnotations())
		live.SetAnnotations(annotations)
		err = as.Update(ctx, live, client.DryRunAll, strict)
	}
	if err == nil {
		return caseAnswerOf(nil, warnings.all)
	}
	var status apierrors.APIStatus
	Expect(errors.As(err, &status)).To(BeTrue(), "%v", err)
	answered := status.Status()
	return caseAnswerOf(&answered, warnings.all)
}

// askReview has package review judge the same.
func askReview(world *snapshot.World, scene cases.Scene, c cases.Case) caseAnswer {
	GinkgoHelper()
	reviewer := review.New(world.Clone(), clock.RealClock{}, review.Actor{
		UserInfo: review.Identity(c.As), Reviews: review.Escalate(cases.Escalates(c.As)),
	})
	reviewer.Summarise = true
	_, obj := scene.Asked(c)
	object := manifests.Object{Unstructured: obj}
	var verdicts []review.Verdict
	var err error
	if c.Delete {
		verdicts, err = reviewer.Remove(context.Background(), object)
	} else {
		verdicts, err = reviewer.Apply(context.Background(), &manifests.Manifests{Objects: []manifests.Object{object}})
	}
	Expect(err).NotTo(HaveOccurred())
	Expect(verdicts).To(HaveLen(1))
	return caseAnswerOf(verdicts[0].Refusal, verdicts[0].Warnings)
}

// sceneBuilt has root create what a scene needs, in the cluster and in a world without one.
func sceneBuilt(scene cases.Scene) *snapshot.World {
	GinkgoHelper()
	world := snapshot.New(nil)
	for name, labels := range scene.Namespaces {
		Expect(masters().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}})).To(Succeed())
		world.Put(review.Namespace(name, labels))
	}
	m := &manifests.Manifests{}
	var objects []client.Object
	for _, o := range scene.Objects() {
		typed, err := manifests.Object{Unstructured: o}.Typed()
		Expect(err).NotTo(HaveOccurred())
		objects = append(objects, typed)
		m.Objects = append(m.Objects, manifests.Object{Unstructured: o})
	}
	given(objects...)
	verdicts, err := review.New(world, clock.RealClock{}, review.Actor{UserInfo: review.Identity("root"), Reviews: review.Escalate(true)}).Apply(ctx, m)
	Expect(err).NotTo(HaveOccurred())
	for _, v := range verdicts {
		Expect(v.Refusal).To(BeNil(), v.Key().String())
	}
	return world
}

// letWriteOffices gives somebody all that RBAC has for back offices but the verb escalate, for as long as the specs of its container run.
func letWriteOffices(name string) {
	GinkgoHelper()
	role := &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: "plugin:offices-of-" + name},
		Rules: []rbacv1.PolicyRule{{
			APIGroups: []string{v1alpha1.GroupVersion.Group}, Resources: []string{"backoffices"}, Verbs: []string{"get", "create", "update", "patch", "delete"},
		}},
	}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: role.Name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role.Name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name}},
	}
	for _, o := range []client.Object{role, binding} {
		Expect(masters().Create(ctx, o)).To(Succeed())
		DeferCleanup(func() { Expect(masters().Delete(ctx, o)).To(Succeed()) })
	}
}

var _ = Describe("A review without a cluster", Ordered, ContinueOnFailure, func() {
	worlds := map[string]*snapshot.World{}

	BeforeAll(func() {
		letWriteOffices("lead")
		for _, scene := range cases.Scenes() {
			worlds[scene.Name] = sceneBuilt(scene)
		}
	})

	for _, scene := range cases.Scenes() {
		for _, c := range scene.Cases {
			It("says what the API server says of "+c.Case, func() {
				said := askCluster(scene, c)
				Expect(askReview(worlds[scene.Name], scene, c)).To(Equal(said))
				Expect(said.Refused).To(Equal(len(c.Refused) > 0))
			})
		}
	}
})
