// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// findings are severity, reason and field of each violation: what a chain says, and in which order.
func findings(violations []Violation) []string {
	var lines []string
	for _, v := range violations {
		lines = append(lines, string(v.Severity)+" "+v.Reason+" "+v.Field.String())
	}
	return lines
}

var everythingWrong = v1alpha1.IPPolicy{Within: []string{"10.0.0.0/8"}, MinPrefixIPv4: new(int32(24)), MaxEntries: new(int32(1))}

func TestUserChainsSayEverything(t *testing.T) {
	g := NewWithT(t)
	in := UserInput{
		New:        testkit.User("ann", "other", testkit.InOffice("shop/shop"), testkit.IPs("192.0.0.0/16", "*")),
		Office:     office(testkit.IPPolicy(everythingWrong)),
		SameLogin:  []types.NamespacedName{{Namespace: "shop", Name: "ann"}},
		FullQuotas: []string{"users"},
		Actor:      lea(),
	}
	standing := []string{
		"Refuse ReferenceNotPermitted spec.backOfficeRef",
		"Refuse PolicyViolated spec.allowedIPs[1]",
		"Refuse PolicyViolated spec.allowedIPs[0]",
		"Refuse PolicyViolated spec.allowedIPs[0]",
		"Refuse PolicyViolated spec.allowedIPs",
	}
	g.Expect(findings(UserStanding.Evaluate(in))).To(Equal(standing))
	g.Expect(findings(UserAdmission.Evaluate(in))).To(Equal([]string{
		standing[0], "Refuse NotAuthorized metadata.name", standing[1], standing[2], standing[3], standing[4],
		"Warn LoginTaken spec.login", "Warn QuotaExceeded spec.backOfficeRef",
	}))

	in.Old = in.New // nothing gets worse: an account may be blocked whatever the policy says by now
	in.Actor = lea(rank(0))
	g.Expect(FieldErrors(UserAdmission.Evaluate(in))).To(BeEmpty())

	in.New.Spec.AllowedIPs = nil
	in.Office.Spec.Policy.IP.Required = true
	g.Expect(findings(UserStanding.Evaluate(in))).To(ContainElement("Refuse PolicyViolated spec.allowedIPs"))

	g.Expect(findings(UserDeletion.Evaluate(UserInput{Old: in.New, Office: in.Office, Actor: lea()}))).To(Equal([]string{
		"Refuse NotAuthorized metadata.name",
	}))
	g.Expect(findings(UserStanding.Evaluate(UserInput{New: in.New}))).To(Equal([]string{"Refuse ReferenceNotFound spec.backOfficeRef"}))
	g.Expect(findings(UserAdmission.Evaluate(UserInput{New: in.New}))).To(Equal([]string{"Warn ReferenceNotFound spec.backOfficeRef"}))
}

func TestBindingChainsSayEverything(t *testing.T) {
	g := NewWithT(t)
	in := BindingInput{
		New:             testkit.Binding("b", "other", testkit.InOffice("shop/shop"), testkit.ToSet("third/boss"), testkit.ForLabels("-", "x")),
		Office:          office(),
		Subjects:        []Subject{{"ann", Protection{through("hq", "x", 1)}}},
		MissingSubjects: []string{"bob"},
		Actor:           lea(),
	}
	g.Expect(findings(BindingStanding.Evaluate(in))).To(Equal([]string{
		"Refuse ReferenceNotPermitted spec.backOfficeRef",
		"Refuse ReferenceNotPermitted spec.permissionSetRef",
		"Refuse ReferenceNotFound spec.permissionSetRef",
		"Refuse PolicyViolated spec.selector",
	}))
	g.Expect(findings(BindingAdmission.Evaluate(in))).To(Equal([]string{
		"Refuse ReferenceNotPermitted spec.backOfficeRef",
		"Refuse ReferenceNotPermitted spec.permissionSetRef",
		"Warn ReferenceNotFound spec.permissionSetRef",
		"Warn ReferenceNotFound spec.subjects[bob]",
		"Refuse PolicyViolated spec.selector",
		"Refuse NotAuthorized spec.permissionSetRef",
		"Refuse NotAuthorized spec",
	}))

	in.Old, in.Actor = in.New, lea(rank(0)) // nothing gets worse
	g.Expect(FieldErrors(BindingAdmission.Evaluate(in))).To(BeEmpty())

	in = BindingInput{Old: in.New, Office: in.Office, Subjects: in.Subjects, Actor: lea()}
	g.Expect(findings(BindingDeletion.Evaluate(in))).To(Equal([]string{
		"Refuse NotAuthorized spec.permissionSetRef", "Refuse NotAuthorized spec",
	}))

	known := testkit.Binding("b", "shop", testkit.ToSet("boss"), testkit.ForUsers("ann"))
	g.Expect(findings(BindingStanding.Evaluate(BindingInput{New: known, NewSet: testkit.Set("boss", "shop")}))).To(Equal([]string{
		"Refuse ReferenceNotFound spec.backOfficeRef",
	}))
}

func TestSetChainsSayEverything(t *testing.T) {
	g := NewWithT(t)
	in := SetInput{
		New:         testkit.Set("s", "other", testkit.InOffice("shop/shop"), testkit.Extends("third/x", "s"), testkit.Permissions("bad")),
		Office:      office(testkit.Catalog("good")),
		NewAncestry: access.Ancestry{Missing: []string{"third/x"}, Cycle: []string{"other/s"}},
		SameKey:     []types.NamespacedName{{Namespace: "shop", Name: "s"}},
		Actor:       lea(),
	}
	g.Expect(findings(SetStanding.Evaluate(in))).To(Equal([]string{
		"Refuse ReferenceNotPermitted spec.backOfficeRef",
		"Refuse ReferenceNotPermitted spec.extends[0]",
		"Refuse ReferenceNotFound spec.extends",
		"Refuse ExtendsCycle spec.extends",
		"Refuse PermissionUnknown spec.permissions[0].path",
	}))
	g.Expect(findings(SetAdmission.Evaluate(in))).To(Equal([]string{
		"Refuse ReferenceNotPermitted spec.backOfficeRef",
		"Refuse ReferenceNotPermitted spec.extends[0]",
		"Warn ReferenceNotFound spec.extends",
		"Refuse ExtendsCycle spec.extends",
		"Refuse NotAuthorized spec.rank",
		"Refuse NotAuthorized spec.extends",
		"Refuse PermissionUnknown spec.permissions[0].path",
		"Warn KeyTaken spec.key",
	}))

	in.Old, in.OldAncestry, in.Actor = in.New, in.NewAncestry, lea(rank(0)) // nothing gets worse
	g.Expect(FieldErrors(SetAdmission.Evaluate(in))).To(BeEmpty())

	in = SetInput{Old: in.New, Office: in.Office, Actor: lea()}
	g.Expect(findings(SetDeletion.Evaluate(in))).To(Equal([]string{"Refuse NotAuthorized spec.rank"}))
	g.Expect(findings(SetStanding.Evaluate(SetInput{New: in.Old}))).To(ContainElement("Refuse ReferenceNotFound spec.backOfficeRef"))
}
