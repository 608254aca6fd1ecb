// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// everything that the store holds of somebody's profile, by login; nil where there is no such account.
func profileOf(namespace, login string) map[string]string {
	GinkgoHelper()
	columns := []string{"first_name", "last_name", "email", "phone", "language", "gender", "picture_url"}
	rows := query(namespace, "SELECT "+strings.Join(columns, ", ")+" FROM user_profiles WHERE back_office = 'shop' AND login = $1", login)
	if len(rows) != 1 {
		return nil
	}
	profile := map[string]string{}
	for i, column := range columns {
		if rows[0][i] != "" {
			profile[column] = rows[0][i]
		}
	}
	return profile
}

// gone deletes users for good, as root.
func gone(users ...*v1alpha1.BackOfficeUser) {
	GinkgoHelper()
	for _, u := range users {
		Expect(change(root(), u, deletionPolicy(v1alpha1.DeletionDelete))).To(Succeed())
		eventually(u, beReady())
		Expect(root().Delete(ctx, u)).To(Succeed())
		vanishes(u)
	}
}

// never keeps identities of deleted accounts from being used again.
func never() testkit.Mod {
	return testkit.Rules(func(p *v1alpha1.Policy) { p.IdentityReuse = v1alpha1.IdentityReuseNever })
}

var _ = Describe("An e-mail address of a marketing automation", func() {
	const address = "Anna.Nowak@firma.example"

	It("is a login of its own, and that of one account", Label("M-01"), func() {
		namespace := shop()
		anna := testkit.User("anna", namespace, testkit.Login(address), testkit.Email(address))
		given(anna, testkit.User("ola", namespace, testkit.Email("ola@firma.example")), testkit.User("bot", namespace), testkit.User("app", namespace))
		Expect(active(namespace, address)).To(BeTrue())
		Expect(query(namespace, "SELECT login FROM active_users WHERE login_folded = 'anna.nowak@firma.example'")).To(HaveLen(1))

		By("another account is told whose it is, without the address, and gets no access")
		c, warnings := listening("root", owners)
		second := testkit.User("second", namespace, testkit.Email(strings.ToUpper(address)))
		Expect(c.Create(ctx, second)).To(Succeed())
		Expect(warnings.heard()).To(And(ContainSubstring(namespace+"/anna"), ContainSubstring("spec.profile.email"), Not(MatchRegexp("(?i)nowak@"))))
		eventually(second, And(notReady(v1alpha1.ReasonEmailTaken), Not(saying("firma.example")), Not(saying("FIRMA"))))
		Expect(active(namespace, "second")).To(BeFalse())
		third := testkit.User("third", namespace)
		given(third)
		Expect(change(root(), third, testkit.Email(strings.ToLower(address)))).To(Succeed())
		eventually(third, notReady(v1alpha1.ReasonEmailTaken))
		Expect(profileOf(namespace, address)["email"]).To(Equal(address))

		By("also where nobody sees the other, because they are created at the same moment")
		twins := numbered(10, "twin", namespace)
		for i, twin := range twins {
			testkit.Email([]string{"twin@firma.example", "Twin@Firma.Example"}[i%2])(twin)
		}
		for _, err := range simultaneously(len(twins), func(i int) error { return root().Create(ctx, twins[i]) }) {
			Expect(err).NotTo(HaveOccurred())
		}
		Eventually(func() map[string]int { return reasons(twins) }, soon, often).Should(Equal(map[string]int{"": 1, v1alpha1.ReasonEmailTaken: 9}))
		Expect(query(namespace, "SELECT login FROM user_profiles WHERE email_folded = 'twin@firma.example'")).To(HaveLen(1))

		By("and one of those who waited gets it when it is free, and then the next")
		Expect(change(root(), anna, testkit.Email("anna@firma.example"))).To(Succeed())
		waiting := []*v1alpha1.BackOfficeUser{second, third}
		Eventually(func() map[string]int { return reasons(waiting) }, soon, often).Should(Equal(map[string]int{"": 1, v1alpha1.ReasonEmailTaken: 1}))
		holder := func() [][]string {
			return query(namespace, "SELECT login FROM user_profiles WHERE email_folded = $1", strings.ToLower(address))
		}
		winner, next := second, third
		if ready, _ := beReady().Match(third); ready {
			winner, next = third, second
		}
		Expect(holder()).To(Equal([][]string{{winner.Name}}))
		gone(winner)
		eventually(next, beReady())
		Expect(holder()).To(Equal([][]string{{next.Name}}))
	})

	It("of a deleted account is never used again", Label("M-02"), func() {
		namespace := shop(never())
		anna := testkit.User("anna", namespace, testkit.Email(address))
		given(anna)
		gone(anna)
		Expect(query(namespace, "SELECT kind FROM tombstones ORDER BY kind")).To(Equal([][]string{{"email"}, {"login"}}))
		for _, row := range query(namespace, "SELECT * FROM tombstones") {
			Expect(strings.ToLower(strings.Join(row, " "))).NotTo(Or(ContainSubstring("nowak"), ContainSubstring("anna")))
		}

		By("whoever comes with it, or with the login, in whatever case")
		retired := And(notReady(v1alpha1.ReasonIdentityRetired), Not(saying("nowak")), Not(saying("Nowak")))
		for _, heir := range []*v1alpha1.BackOfficeUser{
			testkit.User("heir", namespace, testkit.Email(address)),
			testkit.User("upper", namespace, testkit.Email(strings.ToUpper(address)), testkit.AccountType(v1alpha1.AccountAPI)),
			testkit.User("anna", namespace, testkit.Email("other@firma.example")),
			testkit.User("login", namespace, testkit.Login("ANNA")),
		} {
			Expect(root().Create(ctx, heir)).To(Succeed())
			eventually(heir, retired)
			Expect(root().Delete(ctx, heir)).To(Succeed())
			vanishes(heir)
		}
		bob := testkit.User("bob", namespace, testkit.Email("bob@firma.example"))
		given(bob)
		Expect(change(root(), bob, testkit.Email(address))).To(Succeed())
		eventually(bob, retired)
		Expect(query(namespace, "SELECT login FROM user_profiles WHERE email_folded = 'anna.nowak@firma.example'")).To(BeEmpty())
		Expect(query(namespace, "SELECT login FROM active_users WHERE login_folded = 'anna'")).To(BeEmpty())

		By("and another address is fine")
		Expect(change(root(), bob, testkit.Email("bob@firma.example"))).To(Succeed())
		eventually(bob, beReady())
		Expect(profileOf(namespace, "bob")["email"]).To(Equal("bob@firma.example"))

		By("not after a restart either")
		stop()
		start()
		again := testkit.User("again", namespace, testkit.Email(address))
		create(root(), again)
		eventually(again, retired)
		Expect(query(namespace, "SELECT login FROM user_profiles WHERE email_folded = 'anna.nowak@firma.example'")).To(BeEmpty())
		Expect(root().Delete(ctx, again)).To(Succeed())
		vanishes(again)

		By("unless somebody breaks the glass")
		saved := testkit.User("saved", namespace, testkit.Email(address), annotate(v1alpha1.AnnotationBreakGlass, "the same person"))
		create(identity("ada", owners), saved)
		eventually(saved, beReady())
		Expect(profileOf(namespace, "saved")["email"]).To(Equal(address))
	})
})

var _ = Describe("The profile of a marketing automation", Label("M-03"), func() {
	It("has names, e-mail, a telephone number with dialling code and a picture, for the back office alone", func() {
		namespace := shop()
		anna := testkit.User("anna", namespace, testkit.Profile(v1alpha1.Profile{
			FullName: "Anna Maria Nowak", FirstName: "Anna", LastName: "Nowak-Żółć", Email: "anna@firma.example", Phone: "+48221234567",
			Language: "pl-PL", Gender: v1alpha1.GenderFemale, PictureURL: "https://firma.example/pictures/anna.png",
		}))
		given(anna)
		want := map[string]string{
			"first_name": "Anna", "last_name": "Nowak-Żółć", "email": "anna@firma.example", "phone": "+48221234567",
			"language": "pl-PL", "gender": "Female", "picture_url": "https://firma.example/pictures/anna.png",
		}
		Expect(profileOf(namespace, "anna")).To(Equal(want))

		By("changed in place")
		Expect(change(root(), anna, testkit.OnUser(func(u *v1alpha1.BackOfficeUser) {
			u.Spec.Profile.Phone, u.Spec.Profile.PictureURL = "+493012345678", ""
		}))).To(Succeed())
		want["phone"] = "+493012345678"
		delete(want, "picture_url")
		Eventually(func() map[string]string { return profileOf(namespace, "anna") }, soon, often).Should(Equal(want))

		By("refused where it is not what it should be, without being repeated")
		for value, wrong := range map[string]struct {
			profile v1alpha1.Profile
			refusal string
		}{
			"22 123-45-67":         {v1alpha1.Profile{Phone: "22 123-45-67"}, "spec.profile.phone: Invalid value: must be a telephone number by E.164"},
			"0048221234567":        {v1alpha1.Profile{Phone: "0048221234567"}, "spec.profile.phone: Invalid value: must be a telephone number by E.164"},
			"http://firma.example": {v1alpha1.Profile{PictureURL: "http://firma.example/a.png"}, "spec.profile.pictureURL: Invalid value: must be an https URL"},
			"a.png":                {v1alpha1.Profile{PictureURL: "a.png"}, "spec.profile.pictureURL: Invalid value: must be an https URL"},
			"nowak":                {v1alpha1.Profile{Email: "nowak"}, "spec.profile.email: Invalid value: must be an e-mail address"},
			"Nowak\x07":            {v1alpha1.Profile{LastName: "Nowak\x07"}, "spec.profile.lastName"},
		} {
			err := change(root(), anna, testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Spec.Profile = &wrong.profile }))
			Expect(err).To(refuse(wrong.refusal))
			Expect(err.Error()).NotTo(ContainSubstring(value))
		}
		Expect(profileOf(namespace, "anna")).To(Equal(want))
		list := kubectl("vic", "", "get", "backofficeusers", "-n", namespace, "-o", "wide")
		Expect(list).NotTo(Or(ContainSubstring("Nowak"), ContainSubstring("firma.example"), ContainSubstring("+49")))
	})
})
