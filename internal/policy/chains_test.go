// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"
	"time"

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

var (
	everythingWrong = v1alpha1.IPPolicy{Within: []string{"10.0.0.0/8"}, MinPrefixIPv4: new(int32(24)), MaxEntries: new(int32(1))}
	// powerless asks for power by the annotation, and gets none.
	powerless    = Actor{Name: "lea", BreakGlass: true, Escalation: EscalationRefused}
	almighty     = lea(rank(0).giving("*"))
	withoutCause = testkit.Annotations(v1alpha1.AnnotationBreakGlass, "")
)

const (
	noPlace    = "Refuse ReferenceNotPermitted spec.backOfficeRef"
	noOffice   = "ReferenceNotFound spec.backOfficeRef"
	noCause    = "Refuse PolicyViolated metadata.annotations[access.backoffice-operator.io/break-glass]"
	noStamp    = "Refuse NotAdmitted metadata.annotations[access.backoffice-operator.io/admitted]"
	notByActor = "Refuse NotAuthorized "
)

func TestUserChainsSayEverything(t *testing.T) {
	g := NewWithT(t)
	in := UserInput{
		New:                testkit.User("ann", "other", testkit.InOffice("shop/shop"), testkit.IPs("192.0.0.0/16", "*"), withoutCause),
		Office:             office(testkit.IPPolicy(everythingWrong)),
		Terms:              Terms{AccountTypes: []v1alpha1.AccountType{v1alpha1.AccountAPI}},
		SameLogin:          []types.NamespacedName{{Namespace: "shop", Name: "ann"}},
		SameKubernetesUser: []types.NamespacedName{{Namespace: "shop", Name: "ann"}},
		FullQuotas:         []string{"users"},
		Given:              ContentOf([]string{"stock"}),
		Freed:              ContentOf([]string{"orders"}),
		Actor:              powerless,
	}
	networks := []string{
		"Refuse PolicyViolated spec.allowedIPs[1]", "Refuse PolicyViolated spec.allowedIPs[0]", "Refuse PolicyViolated spec.allowedIPs[0]",
		"Refuse PolicyViolated spec.allowedIPs",
	}
	const wrongType = "Refuse AccountTypeNotPermitted spec.accountType"
	facts := append([]string{noPlace, wrongType}, networks...)
	g.Expect(findings(UserWithdrawal.Evaluate(in))).To(Equal(facts))
	g.Expect(findings(UserStanding.Evaluate(in))).To(Equal(append([]string{noStamp}, facts...)))
	in.Author.Known = true
	g.Expect(findings(UserStanding.Evaluate(in))).To(Equal(append([]string{noPlace, notByActor + "metadata.name", wrongType}, networks...)))
	g.Expect(findings(UserAdmission.Evaluate(in))).To(Equal([]string{
		noPlace, notByActor + "metadata.name", notByActor + "metadata.name", notByActor + "metadata.name", noCause, wrongType, "Refuse KubernetesUserTaken spec.kubernetesUser",
		networks[0], networks[1], networks[2], networks[3], "Warn LoginTaken spec.login", "Warn QuotaExceeded spec.backOfficeRef",
	}))
	g.Expect(findings(UserDeletion.Evaluate(UserInput{Old: in.New, Office: in.Office, Actor: powerless}))).To(Equal([]string{notByActor + "metadata.name", noCause}))

	in.Old, in.Actor = in.New, almighty // nothing gets worse: an account may be blocked whatever the policy says by now
	g.Expect(FieldErrors(UserAdmission.Evaluate(in))).To(BeEmpty())

	in.New.Spec.AllowedIPs, in.Office.Spec.Policy.IP.Required = nil, true
	for _, chain := range []Chain[UserInput]{UserStanding, UserWithdrawal} {
		g.Expect(findings(chain.Evaluate(in))).To(ContainElement("Refuse PolicyViolated spec.allowedIPs"))
	}
	in.Old = nil
	g.Expect(findings(UserAdmission.Evaluate(in))).To(ContainElement("Refuse PolicyViolated spec.allowedIPs"))

	g.Expect(findings(UserStanding.Evaluate(UserInput{New: in.New}))).To(Equal([]string{noStamp, "Refuse " + noOffice}))
	g.Expect(findings(UserAdmission.Evaluate(UserInput{New: in.New}))).To(Equal([]string{"Warn " + noOffice}))
	g.Expect(UserDeletion.Evaluate(UserInput{Old: in.New})).To(BeEmpty(), "without a back office anybody may delete")
}

func TestBindingChainsSayEverything(t *testing.T) {
	g := NewWithT(t)
	in := BindingInput{
		New: testkit.Binding("b", "other", testkit.InOffice("shop/shop"), testkit.ToSet("third/boss"), testkit.ForLabels("-", "x"),
			testkit.Grants("orders"), withoutCause),
		NewSet:          testkit.Set("boss", "third", testkit.Rank(0)),
		Office:          office(),
		Terms:           Terms{Rank: new(int32(4))},
		Subjects:        []Subject{{Name: "ann", Protection: Protection{through("hq", "x", 1)}}},
		MissingSubjects: []string{"bob"},
		Beneath:         []Beneath{{"eve", "lea"}},
		Actor:           powerless,
	}
	beyondCeiling := []string{"Refuse CeilingExceeded spec.permissionSetRef", "Refuse CeilingExceeded spec.grants[orders]"}
	const noSetHere, badSelector = "Refuse ReferenceNotPermitted spec.permissionSetRef", "Refuse PolicyViolated spec.selector"
	g.Expect(findings(BindingWithdrawal.Evaluate(in))).To(Equal([]string{noPlace, beyondCeiling[0], beyondCeiling[1]}))
	g.Expect(findings(BindingStanding.Evaluate(in))).To(Equal([]string{noStamp, noPlace, noSetHere, badSelector, beyondCeiling[0], beyondCeiling[1]}))
	in.Author.Known = true
	g.Expect(findings(BindingStanding.Evaluate(in))).To(Equal([]string{
		noPlace, noSetHere, badSelector, beyondCeiling[0], beyondCeiling[1], notByActor + "spec.permissionSetRef",
	}))
	g.Expect(findings(BindingAdmission.Evaluate(in))).To(Equal([]string{
		noPlace, noSetHere, "Warn ReferenceNotFound spec.subjects[bob]", badSelector, beyondCeiling[0], beyondCeiling[1],
		notByActor + "spec.permissionSetRef", notByActor + "spec.grants[orders]", notByActor + "spec", noCause, "Warn NotAuthorized spec",
	}))

	in.Old, in.OldSet, in.Actor = in.New, in.NewSet, almighty // nothing gets worse
	g.Expect(FieldErrors(BindingAdmission.Evaluate(in))).To(BeEmpty())

	in.Old.Spec.Deny = []string{"stock"}
	deleted := BindingInput{Old: in.Old, OldSet: in.OldSet, Office: in.Office, Subjects: in.Subjects, Actor: powerless}
	g.Expect(findings(BindingDeletion.Evaluate(deleted))).To(Equal([]string{
		notByActor + "spec.permissionSetRef", notByActor + "spec.deny", notByActor + "spec", noCause,
	}))

	in.NewSet = nil
	g.Expect(findings(BindingStanding.Evaluate(in))).To(ContainElement("Refuse ReferenceNotFound spec.permissionSetRef"))
	g.Expect(findings(BindingAdmission.Evaluate(in))).To(ContainElement("Warn ReferenceNotFound spec.permissionSetRef"))

	known := BindingInput{New: testkit.Binding("b", "shop", testkit.ToSet("boss"), testkit.ForUsers("ann")), NewSet: testkit.Set("boss", "shop")}
	g.Expect(findings(BindingStanding.Evaluate(known))).To(Equal([]string{noStamp, "Refuse " + noOffice}))
	g.Expect(findings(BindingAdmission.Evaluate(known))).To(Equal([]string{"Warn " + noOffice}))
	g.Expect(BindingDeletion.Evaluate(BindingInput{Old: known.New, OldSet: known.NewSet})).To(BeEmpty(), "without a back office anybody may delete")
}

func TestSetChainsSayEverything(t *testing.T) {
	g := NewWithT(t)
	s := testkit.Set("s", "other", testkit.InOffice("shop/shop"), testkit.Rank(3), testkit.Extends("third/x", "s"), testkit.Permissions("bad"), withoutCause)
	in := SetInput{
		New:         s,
		Office:      office(testkit.Catalog("good")),
		Terms:       Terms{Rank: new(int32(4))},
		NewAncestry: access.Ancestry{Distance: map[string]int{"other/s": 0}, Missing: []string{"third/x"}, Cycle: []string{"other/s"}},
		Sets:        setsOf(s),
		SameKey:     []types.NamespacedName{{Namespace: "shop", Name: "s"}},
		Holders:     staff(through("hq", "x", 1)),
		Actor:       powerless,
	}
	const noSetHere, noSet, cycle = "Refuse ReferenceNotPermitted spec.extends[0]", "ReferenceNotFound spec.extends", "Refuse ExtendsCycle spec.extends"
	const unknown, strong, gives = "Refuse PermissionUnknown spec.permissions[0].path", "Refuse CeilingExceeded spec.rank", "Refuse CeilingExceeded spec.permissions[bad]"
	g.Expect(findings(SetWithdrawal.Evaluate(in))).To(Equal([]string{noPlace, unknown, strong, gives}))
	g.Expect(findings(SetStanding.Evaluate(in))).To(Equal([]string{noStamp, noPlace, noSetHere, "Refuse " + noSet, cycle, unknown, strong, gives}))
	in.Author.Known = true
	g.Expect(findings(SetStanding.Evaluate(in))).To(Equal([]string{noPlace, noSetHere, "Refuse " + noSet, cycle, unknown, strong, gives, notByActor + "spec"}))
	g.Expect(findings(SetAdmission.Evaluate(in))).To(Equal([]string{
		noPlace, noSetHere, "Warn " + noSet, cycle, strong, gives, notByActor + "spec.rank", notByActor + "spec.permissions[bad]", notByActor + "spec.deny",
		noCause, unknown, "Warn KeyTaken spec.key",
	}))

	in.Old, in.OldAncestry, in.Actor = in.New, in.NewAncestry, almighty // nothing gets worse
	g.Expect(FieldErrors(SetAdmission.Evaluate(in))).To(BeEmpty())

	s.Spec.Deny = []string{"stock"}
	g.Expect(findings(SetDeletion.Evaluate(SetInput{Old: s, Office: in.Office, Actor: powerless}))).To(Equal([]string{
		notByActor + "spec.rank", notByActor + "spec.deny", noCause,
	}))
	g.Expect(findings(SetStanding.Evaluate(SetInput{New: s}))).To(ContainElements(noStamp, "Refuse "+noOffice))
	g.Expect(findings(SetAdmission.Evaluate(SetInput{New: s}))).To(ContainElement("Warn " + noOffice))
	g.Expect(SetDeletion.Evaluate(SetInput{Old: s})).To(BeEmpty(), "without a back office anybody may delete")
}

func TestChainsDoNotAddPowersUp(t *testing.T) {
	g := NewWithT(t)
	divided := lea(rank(1).only("Staff"), rank(8).giving("stock"))
	staff, api := testkit.User("ann", "shop"), testkit.User("ann", "shop", testkit.AccountType(v1alpha1.AccountAPI))
	hq, weak := Protection{through("hq", "default", 1)}, Protection{through("weak", "default", 8)}
	admitted := Terms{Admitted: true}
	promoted := UserInput{Old: staff, OldProtection: hq, New: api, NewProtection: weak, Office: office(), Terms: admitted, Actor: divided}
	g.Expect(findings(UserAdmission.Evaluate(promoted))).To(Equal([]string{notByActor + "metadata.name"}))

	b := testkit.Binding("b", "shop", testkit.ToSet("s"), testkit.ForUsers("ann"), testkit.Denies("stock"))
	set := testkit.Set("s", "shop", testkit.Rank(8))
	bound := BindingInput{
		Old: b, OldSet: set, Office: office(), Terms: admitted, Actor: divided,
		Subjects: []Subject{{Name: "ann", AccountType: v1alpha1.AccountStaff, Protection: hq}},
	}
	g.Expect(findings(BindingDeletion.Evaluate(bound))).To(Equal([]string{notByActor + "spec"}))
	bound.New, bound.NewSet = testkit.Binding("b", "shop", testkit.ToSet("s"), testkit.ForUsers("ann")), set
	g.Expect(findings(BindingAdmission.Evaluate(bound))).To(Equal([]string{notByActor + "spec"}))

	base := testkit.Set("base", "shop", testkit.Rank(1))
	heir := testkit.Set("s", "shop", testkit.Rank(8), testkit.Extends("base"), testkit.Deny("stock"))
	in := changeOf(heir, nil, base).by(divided)
	g.Expect(findings(SetDeletion.Evaluate(in))).To(Equal([]string{notByActor + "spec"}))
	in = changeOf(heir, testkit.Set("s", "shop", testkit.Rank(8), testkit.Extends("base")), base).by(divided)
	in.Terms = admitted
	g.Expect(findings(SetAdmission.Evaluate(in))).To(Equal([]string{notByActor + "spec"}))
}

func TestOnlyAdmissionJudgesWhatIsAskedForWhen(t *testing.T) {
	g := NewWithT(t)
	u := testkit.User("ann", "shop", reset(time.Hour), testkit.Annotations(v1alpha1.AnnotationResetRequestedAt, "x", v1alpha1.AnnotationRotationRequestedAt, "x"))
	in := UserInput{New: u, Office: office(), Terms: Terms{Admitted: true}, Author: Author{Known: true, Judged: true}, Actor: almighty, Now: morning}
	const annotation = "Refuse PolicyViolated metadata.annotations[access.backoffice-operator.io/"
	g.Expect(findings(UserAdmission.Evaluate(in))).To(Equal([]string{
		"Refuse ResetAhead spec.credentials.reset", annotation + "reset-requested-at]", annotation + "rotation-requested-at]",
	}))
	g.Expect(findings(UserStanding.Evaluate(in))).To(BeEmpty(), "a reset that is ahead takes no access away: it waits")
	in.Old, in.New = in.New, nil
	g.Expect(findings(UserDeletion.Evaluate(in))).To(BeEmpty())
}

func TestSubjectAndOfficeChainsSayEverything(t *testing.T) {
	g := NewWithT(t)
	g.Expect(findings(SubjectStanding.Evaluate(SubjectInput{User: Author{Known: true, At: 1}}))).To(Equal([]string{notByActor + "spec"}))
	g.Expect(findings(OfficeAdmission.Evaluate(OfficeInput{New: office(), Withdrawal: Withdrawal{Users: 1, Of: 9}}))).To(Equal([]string{
		notByActor + "metadata.name", "Warn WithdrawalHeld spec",
	}))
	weak := office(resetAll(time.Hour))
	const structure, ahead = "PolicyViolated spec.credentials.structure", "Refuse ResetAhead spec.credentials.resetIssuedBefore"
	g.Expect(findings(OfficeAdmission.Evaluate(OfficeInput{New: weak, Now: morning, Actor: Actor{Escalation: EscalationPermitted}}))).To(Equal([]string{ahead}))
	weak.Spec.Credentials.Structure = &v1alpha1.PasswordStructure{Length: new(int32(8))}
	g.Expect(findings(OfficeAdmission.Evaluate(OfficeInput{New: weak, Now: morning}))).To(Equal([]string{notByActor + "metadata.name", ahead, "Warn " + structure}))
	weak.Spec.Credentials.Structure.Length = new(int32(2))
	g.Expect(findings(OfficeAdmission.Evaluate(OfficeInput{New: weak, Now: morning}))).To(Equal([]string{notByActor + "metadata.name", ahead, "Refuse " + structure}))
	once := office(testkit.OnOffice(func(o *v1alpha1.BackOffice) {
		o.Spec.Credentials = &v1alpha1.CredentialPolicy{Delivery: &v1alpha1.CredentialDelivery{Mode: v1alpha1.DeliveryOneTime}}
	}))
	g.Expect(findings(OfficeAdmission.Evaluate(OfficeInput{Old: office(), New: once, Actor: Actor{Escalation: EscalationPermitted}}))).To(Equal(
		[]string{"Warn PolicyViolated spec.credentials.delivery.mode"}))
	g.Expect(OfficeAdmission.Evaluate(OfficeInput{Old: weak, Actor: Actor{Escalation: EscalationPermitted}})).To(BeEmpty())
}
