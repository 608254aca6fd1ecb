// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"testing"

	. "github.com/onsi/gomega"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

const (
	operator  = "operator"
	collector = "system:serviceaccount:kube-system:generic-garbage-collector"
)

func TestTreatment(t *testing.T) {
	for sentence, c := range map[string]struct {
		change change
		want   treatment
	}{
		"a new object gets a new stamp, whoever makes it":             {change{created: true, operator: true}, renewed},
		"the operator leaves the stamp of what it changes":            {change{operator: true, fits: true}, carried},
		"the operator does not admit what it touches":                 {change{operator: true, same: true, wanting: true}, carried},
		"what does not change keeps a stamp that fits":                {change{same: true, fits: true}, carried},
		"a BackOffice that does not change keeps it, too":             {change{same: true, fits: true, office: true}, carried},
		"a stamp that was not enough is renewed by power":             {change{same: true, fits: true, wanting: true}, renewedByPower},
		"so is one that is missing or does not fit":                   {change{same: true}, renewedByPower},
		"a BackOffice takes no power":                                 {change{same: true, office: true}, renewed},
		"nor where its stamp was not enough":                          {change{same: true, office: true, fits: true, wanting: true}, renewed},
		"what changes gets a new stamp":                               {change{fits: true}, renewed},
		"even if it had none":                                         {change{}, renewed},
		"even if somebody else than the garbage collector disowns":    {change{fits: true, collector: false}, renewed},
		"what is being deleted keeps its stamp":                       {change{dying: true, same: true, fits: true}, carried},
		"however wrong it is":                                         {change{dying: true, same: true, wanting: true}, carried},
		"of a BackOffice, too":                                        {change{dying: true, same: true, office: true}, carried},
		"what changes while it is being deleted gets a new one":       {change{dying: true, fits: true}, renewed},
		"the garbage collector takes owners away":                     {change{collector: true, disowned: true, fits: true}, rehashed},
		"also while the object is being deleted":                      {change{collector: true, disowned: true, fits: true, dying: true}, rehashed},
		"the garbage collector has no other privilege":                {change{collector: true, fits: true}, renewed},
		"the garbage collector does not admit what it does not touch": {change{collector: true, same: true}, renewedByPower},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(c.change.treatment()).To(Equal(c.want))
		})
	}
}

func owners(names ...string) testkit.Mod {
	return func(o client.Object) {
		var owners []metav1.OwnerReference
		for _, name := range names {
			owners = append(owners, metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: name, UID: types.UID(name), BlockOwnerDeletion: new(true)})
		}
		o.SetOwnerReferences(owners)
	}
}

func unblocking(o client.Object) {
	owners := o.GetOwnerReferences()
	for i := range owners {
		owners[i].BlockOwnerDeletion = new(false)
	}
}

func dying(o client.Object) { o.SetDeletionTimestamp(new(metav1.Now())) }

func finalizers(names ...string) testkit.Mod { return func(o client.Object) { o.SetFinalizers(names) } }

// stamped gives an object the stamp of lea.
func stamped(o client.Object) { testkit.Stamp(o, "lea", []access.Power{testkit.UpToRank(4)}) }

// unready says in the status why the object is not in force.
func unready(status metav1.ConditionStatus, reason string) testkit.Mod {
	return func(o client.Object) {
		conditions := o.(interface{ GetConditions() *[]metav1.Condition }).GetConditions()
		*conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: status, Reason: reason}}
	}
}

func TestChangeOf(t *testing.T) {
	ann := func(mods ...testkit.Mod) *v1alpha1.BackOfficeUser { return testkit.User("ann", "shop", mods...) }
	type facts struct{ operator, collector, created, dying, office, same, fits, wanting, disowned bool }
	for sentence, c := range map[string]struct {
		user     string
		old, obj client.Object
		want     facts
	}{
		"a user is created":                     {"lea", nil, ann(dying), facts{created: true}},
		"a BackOffice is created":               {"lea", nil, testkit.Office("shop", "shop"), facts{created: true, office: true}},
		"nothing changes, and there is a stamp": {"lea", ann(stamped), ann(stamped), facts{same: true, fits: true}},
		"the stamp is dropped":                  {"lea", ann(stamped), ann(), facts{same: true, fits: true}},
		"there was no stamp":                    {"lea", ann(), ann(stamped), facts{same: true}},
		"the stamp did not fit":                 {"lea", ann(stamped, testkit.IPs("*")), ann(testkit.IPs("*")), facts{same: true}},
		"spec changes":                          {"lea", ann(stamped), ann(testkit.IPs("*")), facts{fits: true}},
		"a label changes":                       {"lea", ann(stamped), ann(testkit.Labels("a", "b")), facts{fits: true}},
		"an annotation of ours changes":         {"lea", ann(stamped), ann(testkit.Annotations(v1alpha1.AnnotationHold, "x")), facts{fits: true}},
		"one that nobody knows, but of ours":    {"lea", ann(stamped), ann(testkit.Annotations(v1alpha1.AnnotationPrefix+"x", "x")), facts{fits: true}},
		"a foreign annotation changes":          {"lea", ann(stamped), ann(testkit.Annotations("a", "b")), facts{same: true, fits: true}},
		"a reconcile is asked for":              {"lea", ann(stamped), ann(testkit.Annotations(v1alpha1.AnnotationReconcileRequestedAt, "x")), facts{same: true, fits: true}},
		"finalizers change":                     {"lea", ann(stamped), ann(finalizers("a/b")), facts{same: true, fits: true}},
		"the request says what is in status":    {"lea", ann(stamped), ann(unready("False", v1alpha1.ReasonNotAdmitted)), facts{same: true, fits: true}},
		"the object was not admitted":           {"lea", ann(stamped, unready("False", v1alpha1.ReasonNotAdmitted)), ann(), facts{same: true, fits: true, wanting: true}},
		"it was not authorized":                 {"lea", ann(stamped, unready("False", v1alpha1.ReasonNotAuthorized)), ann(), facts{same: true, fits: true, wanting: true}},
		"it was refused for some of its users":  {"lea", ann(stamped, unready("False", v1alpha1.ReasonSubjectsRefused)), ann(), facts{same: true, fits: true, wanting: true}},
		"it is not ready for another reason":    {"lea", ann(stamped, unready("False", v1alpha1.ReasonPolicyViolated)), ann(), facts{same: true, fits: true}},
		"it is ready":                           {"lea", ann(stamped, unready("True", v1alpha1.ReasonNotAdmitted)), ann(), facts{same: true, fits: true}},
		"it is being deleted":                   {"lea", ann(stamped, dying), ann(), facts{dying: true, same: true, fits: true}},
		"the request says that it is":           {"lea", ann(stamped), ann(dying), facts{same: true, fits: true}},
		"the operator asks":                     {operator, ann(stamped), ann(), facts{operator: true, same: true, fits: true}},

		"the garbage collector takes one owner of two": {collector, ann(owners("a", "b"), stamped), ann(owners("b")), facts{collector: true, fits: true, disowned: true}},
		"it takes all":                       {collector, ann(owners("a"), stamped), ann(), facts{collector: true, fits: true, disowned: true}},
		"it lets an owner go at once":        {collector, ann(owners("a"), stamped), ann(owners("a"), unblocking), facts{collector: true, fits: true, disowned: true}},
		"it writes an owner":                 {collector, ann(owners("a"), stamped), ann(owners("a", "b")), facts{collector: true, fits: true}},
		"it changes a label with the owners": {collector, ann(owners("a"), stamped), ann(testkit.Labels("a", "b")), facts{collector: true, fits: true}},
		"somebody else takes an owner":       {"lea", ann(owners("a"), stamped), ann(), facts{fits: true}},
	} {
		t.Run(sentence, func(t *testing.T) {
			got := changeOf(authenticationv1.UserInfo{Username: c.user}, operator, c.old, c.obj)
			g := NewWithT(t)
			g.Expect(facts{got.operator, got.collector, got.created, got.dying, got.office, got.same, got.fits, got.wanting, got.disowned}).To(Equal(c.want))
			g.Expect(got.hash).To(Equal(stamp.Hash(c.obj)))
		})
	}
}

func TestRehash(t *testing.T) {
	g := NewWithT(t)
	old, obj := testkit.User("ann", "shop", owners("a"), stamped), testkit.User("ann", "shop")
	before, _ := stamp.Of(old)
	after := changeOf(authenticationv1.UserInfo{Username: collector}, operator, old, obj).rehash()
	testkit.Annotations(v1alpha1.AnnotationAdmitted, after)(obj)
	got, fits := stamp.Fitting(obj)
	g.Expect(fits).To(BeTrue())
	before.Hash = got.Hash
	g.Expect(got).To(Equal(before))

	old.Labels = map[string]string{"behind": "the webhooks"}
	g.Expect(changeOf(authenticationv1.UserInfo{Username: collector}, operator, old, obj).rehash()).To(Equal(annotationOf(old)), "what did not fit is not made to fit")
}

func TestVouched(t *testing.T) {
	with := func(edit func(*stamp.Stamp)) change {
		s := stamp.Stamp{Sets: []string{"a", "b"}}
		edit(&s)
		return change{fits: true, before: s}
	}
	as := with(func(*stamp.Stamp) {})
	unjudged := with(func(s *stamp.Stamp) { s.Unjudged = true })
	wanting := as
	wanting.wanting = true
	for sentence, c := range map[string]struct {
		change change
		sets   []types.UID
		want   bool
	}{
		"all sets were there":                     {as, []types.UID{"a", "b"}, true},
		"one of them is gone":                     {as, []types.UID{"b"}, true},
		"one has appeared, or is another one now": {as, []types.UID{"a", "c"}, false},
		"there was no BackOffice":                 {unjudged, []types.UID{"a"}, false},
		"the operator has found it wanting":       {wanting, []types.UID{"a"}, false},
		"there was no stamp that fits":            {change{}, nil, false},
	} {
		t.Run(sentence, func(t *testing.T) {
			NewWithT(t).Expect(c.change.vouched(c.sets)).To(Equal(c.want))
		})
	}
}
