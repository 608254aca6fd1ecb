// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package installation

import (
	"fmt"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("a rollout of user access by values", Ordered, func() {
	var deployment *devcluster.Deployment
	BeforeAll(func() { deployment = installOperator() })

	It("gives twenty working logins from one file, on SQLite", func() {
		namespace := testkit.FreshNamespace(ctx, admin)
		rollOutTwenty(newAuthor(namespace, "shop-admins", "admin"), accounts{namespace: namespace}, func(a *accounts) {
			a.store = sqliteStore(deployment, namespace)
		}, example("twenty-users"))
	})

	It("gives twenty working logins from the same file and four lines, on PostgreSQL", func() {
		namespace, address := testkit.FreshNamespace(ctx, admin), postgresDatabase()
		Expect(admin.Create(ctx, &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: namespace, Name: "shop-db", Labels: map[string]string{v1alpha1.LabelSecret: v1alpha1.SecretStoreURL},
			},
			StringData: map[string]string{"url": address},
		})).To(Succeed())
		rollOutTwenty(newAuthor(namespace, "shop-admins", "admin"), accounts{namespace: namespace}, func(a *accounts) {
			a.store = postgresStore(address)
		}, example("twenty-users"), example("postgresql"))
	})

	It("is not over while somebody cannot log in", func() {
		namespace := testkit.FreshNamespace(ctx, admin)
		admins := newAuthor(namespace, "shop-admins", "admin")
		waiting := values("users: {waits: {credentials: {source: SecretRef, secretRef: {name: is-not-there}}}}")
		out, err := admins.tries("install", "shop", chart("backoffice-access"), "--wait", "--timeout=12s", "--values="+example("twenty-users"), "--values="+waiting)
		Expect(err).To(HaveOccurred())
		Expect(out).To(ContainSubstring("BackOfficeUser/" + namespace + "/waits"))
		Expect(out).NotTo(ContainSubstring("lea.moreau"), "who is ready is not to blame")
	})

	It("takes in a team in a namespace of its own, as far as the ceiling goes", func() {
		shop, team := testkit.FreshNamespace(ctx, admin), testkit.FreshNamespace(ctx, admin)
		admitted := fmt.Sprintf("backOffices: {shop: {namespaces: [{names: [%s], ceiling: {rank: 4, permissions: [orders]}}]}}", team)
		newAuthor(shop, "shop-admins", "admin").installs("shop", example("twenty-users"), values(admitted))
		there := values(strings.ReplaceAll(`
defaults: {backOfficeRef: {namespace: SHOP}}
roleBindings: {support: {permissionSetRef: {namespace: SHOP}}, night-shift: {permissionSetRef: {namespace: SHOP}}}
`, "SHOP", shop))
		members := newAuthor(team, "shop-admins", "editor") // whom the ceiling bounds all the same
		members.installs("support", example("team"), there)
		Expect(accounts{namespace: team, store: sqliteStore(deployment, shop)}.whoLogIn()).To(ConsistOf("tom.berger", "uma.rao", "robot"))
		above := values(fmt.Sprintf("roleBindings: {night-shift: {permissionSetRef: {name: administrator, namespace: %s}}}", shop))
		out, err := members.tries(chartArguments("upgrade", "support", []string{example("team"), there, above})...)
		Expect(err).To(HaveOccurred())
		Expect(out).To(ContainSubstring(`has rank 1, and the ceiling of namespace "` + team + `" is rank 4`))
	})

	It("takes passwords from Secrets of one's own", func() {
		namespace := testkit.FreshNamespace(ctx, admin)
		supplied := &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: namespace, Name: "alice-initial", Labels: map[string]string{v1alpha1.LabelSecret: v1alpha1.SecretPassword},
			},
			StringData: map[string]string{"password": "Correct-horse-battery-staple-7"},
		}
		Expect(admin.Create(ctx, supplied)).To(Succeed())
		newAuthor(namespace, "shop-admins", "admin").installs("shop", values(leadersShop), values(`
users: {alice: {credentials: {source: SecretRef, secretRef: {name: alice-initial}}}}`))
		in, err := testkit.NewApplication(sqliteStore(deployment, namespace), "shop").
			LogIn(ctx, "alice", credential.NewPassword("Correct-horse-battery-staple-7"))
		Expect(err).NotTo(HaveOccurred())
		Expect(in).To(BeTrue())
	})

	Describe("by somebody of rank 4 in a namespace where they are no administrators", func() {
		var (
			leads author
			here  accounts
			files []string
		)
		BeforeEach(func() {
			namespace := testkit.FreshNamespace(ctx, admin)
			newAuthor(namespace, "shop-admins", "admin").installs("shop", values(leadersShop))
			leads, here = newAuthor(namespace, "support-leads", "editor"), accounts{namespace: namespace, store: sqliteStore(deployment, namespace)}
			files = []string{values(leadersTeam), values("users: {mario: {roleBindings: [support]}}")}
			leads.installs("team", files...)
			Expect(here.whoLogIn()).To(ConsistOf("lea", "mario"))
		})

		It("writes nothing when the values are the same, also with a user in another file or another version of the chart", func() {
			before := here.versions()
			leads.upgrades("team", files...)
			Expect(here.written(before)).To(BeEmpty())
			leads.upgrades("team", values(leadersTeam+"  mario: {roleBindings: [support]}\n"))
			Expect(here.written(before)).To(BeEmpty())
			helm("package", chart("backoffice-access"), "--version=9.9.9", "--destination="+dir)
			leads.helm("upgrade", "team", filepath.Join(dir, "backoffice-access-9.9.9.tgz"), "--values="+files[0], "--values="+files[1])
			Expect(here.written(before)).To(BeEmpty(), "nor does another version of the chart")
		})

		It("shows no difference to what is there, and none to a dry run", func() {
			out, err := rendered(helm4, here.namespace, files...)
			Expect(err).NotTo(HaveOccurred())
			manifest := values(strings.ReplaceAll(out, "app.kubernetes.io/instance: shop", "app.kubernetes.io/instance: team"))
			_, err = run(cluster.Kubectl, "diff", "--server-side", "--field-manager=looks-only", "--filename="+manifest,
				"--as="+leads.user, "--as-group="+leads.group, "--as-group=system:authenticated")
			Expect(err).NotTo(HaveOccurred(), "kubectl diff fails where there is a difference")
			before := here.versions()
			leads.helm("upgrade", "team", chart("backoffice-access"), "--dry-run=server", "--values="+files[0])
			Expect(here.written(before)).To(BeEmpty())
		})

		It("deactivates whoever is taken out, and a rollback brings them back", func() {
			leads.upgrades("team", append(files, values("users: {mario: null}"))...)
			Eventually(func() []string { return here.whoLogIn() }, soon, often).Should(ConsistOf("lea"))
			Eventually(here.known, soon, often).WithArguments(v1alpha1.StateDeactivated).Should(Equal(1))
			leads.helm("rollback", "team", "1", "--wait", "--timeout=60s")
			Expect(here.whoLogIn()).To(ConsistOf("lea", "mario"))
			Expect(here.known(v1alpha1.StateDeactivated)).To(BeZero())
		})

		It("hands an account on when its entry gets another name", func() {
			leads.upgrades("team", append(files, values("users: {lea: null, lea-moreau: {login: lea, roleBindings: [support]}}"))...)
			Expect(here.users()).To(ConsistOf(HaveField("Name", "lea-moreau"), HaveField("Name", "mario")))
			Expect(here.whoLogIn()).To(ConsistOf("lea", "mario"))
		})

		It("leaves alone what is to be kept when the release goes", func() {
			keep := values("defaults: {annotations: {helm.sh/resource-policy: keep}}")
			leads.upgrades("team", append(files, keep)...)
			before := here.versions()
			leads.helm("uninstall", "team", "--wait", "--timeout=60s")
			Expect(here.written(before)).To(BeEmpty())
			leads.installs("team", append(files, keep)...)
			Expect(here.whoLogIn()).To(ConsistOf("lea", "mario"))
		})

		It("shows the webhook's refusal in full, and changes nothing that it is about", func() {
			refused := &v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: here.namespace, Name: "promotion"}, Spec: v1alpha1.RoleBindingSpec{
				BackOfficeRef:    v1alpha1.BackOfficeReference{Name: "shop"},
				PermissionSetRef: v1alpha1.PermissionSetReference{Name: "administrator"},
				Subjects:         []v1alpha1.RoleBindingSubject{{Name: "lea"}},
			}}
			refusal := testkit.As(cluster.Admin, leads.user, leads.group, "system:authenticated").Create(ctx, refused, client.DryRunAll)
			Expect(refusal).To(MatchError(And(ContainSubstring("spec.permissionSetRef: Forbidden"), ContainSubstring("needs rank 1 or stronger"))))
			promotion := values("roleBindings: {promotion: {permissionSetRef: {name: administrator}}}\nusers: {lea: {roleBindings: [support, promotion]}}")
			out, err := leads.tries(chartArguments("upgrade", "team", append(files, promotion))...)
			Expect(err).To(HaveOccurred())
			Expect(out).To(ContainSubstring(refusal.Error()))
			Expect(client.IgnoreNotFound(admin.Get(ctx, client.ObjectKeyFromObject(refused), refused))).To(Succeed())
			Expect(refused.UID).To(BeEmpty())
			leads.upgrades("team", files...)
			Expect(here.whoLogIn()).To(ConsistOf("lea", "mario"))
		})

		It("tells in its notes how to go on, and no password", func() {
			notes := leads.helm("get", "notes", "team")
			Expect(notes).To(ContainSubstring("Namespace " + here.namespace + ": users 2, role bindings 1, permission sets 0, back offices 0"))
			for _, command := range commandsIn(notes) {
				out := kubectl(append([]string{"--as=" + leads.user, "--as-group=" + leads.group}, command...)...)
				Expect(out).NotTo(BeEmpty())
			}
			Expect(commandsIn(notes)).To(HaveLen(3))
		})
	})
})

// rollOutTwenty installs, looks at everybody at once, repeats the rollout, and takes it away. Opened opens the store that is there then.
func rollOutTwenty(admins author, here accounts, opened func(*accounts), files ...string) {
	GinkgoHelper()
	admins.installs("shop", files...)
	opened(&here)
	users := here.users()
	Expect(users).To(HaveLen(20))
	for _, u := range users {
		ready := meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionReady)
		Expect(ready).To(HaveValue(And(HaveField("Status", metav1.ConditionTrue), HaveField("ObservedGeneration", u.Generation))), u.Name)
	}
	Expect(here.whoLogIn()).To(HaveLen(20))
	before := here.versions()
	admins.upgrades("shop", files...)
	Expect(here.written(before)).To(BeEmpty(), "the same values write nothing")
	admins.helm("uninstall", "shop")
	Eventually(func() []v1alpha1.BackOfficeUser { return here.users() }, soon, often).Should(BeEmpty())
	list := &v1alpha1.BackOfficeList{}
	Eventually(func() ([]v1alpha1.BackOffice, error) {
		err := admin.List(ctx, list, client.InNamespace(here.namespace))
		return list.Items, err
	}, soon, often).Should(BeEmpty())
	Expect(here.known(v1alpha1.StateDeactivated)).To(Equal(19), "one has the deletion policy Delete")
	Expect(here.known(v1alpha1.StateActive)).To(BeZero())
}

// commandsIn are the arguments of kubectl in lines that are indented.
func commandsIn(notes string) (commands [][]string) {
	for line := range strings.SplitSeq(notes, "\n") {
		if arguments, is := strings.CutPrefix(line, "  kubectl "); is {
			commands = append(commands, strings.Fields(arguments))
		}
	}
	return commands
}

const leadersShop = `
backOffices:
  shop:
    store: {sqlite: {}}
    rank:
      delegations:
      - {subjects: [{kind: Group, name: shop-admins}, {kind: Group, name: "system:masters"}], rank: 0, permissions: ["*"]}
      - {subjects: [{kind: Group, name: support-leads}], rank: 4}
permissionSets:
  administrator: {rank: 1, permissions: [{path: users, level: Write}]}
  support: {rank: 4, permissions: [{path: orders, level: Write}]}
`

const leadersTeam = `
defaults: {backOfficeRef: {name: shop}}
roleBindings: {support: {permissionSetRef: {name: support}}}
users:
  lea: {roleBindings: [support]}
`
