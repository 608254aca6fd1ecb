// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// copyCatalogue puts a sample into a namespace of its own, in force, for somebody who may hand out all of it.
func copyCatalogue(name, group string) (namespace string, admin actor, objects []client.Object) {
	GinkgoHelper()
	namespace, admin = testkit.FreshNamespace(ctx, masters()), actor{"ivan", []string{editors, group}}
	decoder := serializer.NewCodecFactory(session.Scheme()).UniversalDeserializer()
	for _, file := range []string{"backoffice.yaml", "permissionsets.yaml", "rolebindings.yaml", "users.yaml"} {
		content, err := os.ReadFile(filepath.Join("..", "..", "config", "samples", name, file))
		Expect(err).NotTo(HaveOccurred())
		content = bytes.ReplaceAll(content, []byte("namespace: "+name), []byte("namespace: "+namespace))
		documents := utilyaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(content)))
		for {
			document := make([]byte, len(content))
			n, err := documents.Read(document)
			if errors.Is(err, io.EOF) {
				break
			}
			Expect(err).NotTo(HaveOccurred())
			object, _, err := decoder.Decode(document[:n], nil, nil)
			Expect(err).NotTo(HaveOccurred(), file)
			objects = append(objects, object.(client.Object))
		}
	}
	for i, o := range objects {
		who := admin
		if _, office := o.(*v1alpha1.BackOffice); office {
			who = root()
		}
		Eventually(func() error { return who.client().Create(ctx, o) }, soon, often).Should(Succeed())
		if i == 0 {
			eventually(o, beReady())
		}
	}
	for _, o := range objects {
		eventually(o, beReady())
	}
	return namespace, admin, objects
}

// copyAccess is what the store gives to a login: the account, its permissions and its conditions on data.
func copyAccess(namespace, office, login string) (rows []string) {
	GinkgoHelper()
	db := changeStore(namespace, office)
	for _, question := range []string{
		"SELECT account_type, allowed_networks, settings FROM active_users WHERE login = $1",
		"SELECT path, level, '' FROM effective_permissions WHERE login = $1",
		`SELECT path, grant_id || ' ' || level || ' ' || dimension, mode || ' ' || access || ' ' || filter_values || ' ' || filter_groups || ' ' || filter_tags || ' ' ||
			coalesce(default_value, '') FROM effective_filters WHERE login = $1`,
	} {
		found, err := db.QueryContext(ctx, question, login)
		Expect(err).NotTo(HaveOccurred())
		for found.Next() {
			var a, b, c string
			Expect(found.Scan(&a, &b, &c)).To(Succeed())
			rows = append(rows, a+" "+b+" "+c)
		}
		Expect(found.Err()).NotTo(HaveOccurred())
		Expect(found.Close()).To(Succeed())
	}
	slices.Sort(rows)
	return rows
}

func copyBinding(namespace, name string) *v1alpha1.RoleBinding {
	GinkgoHelper()
	b := &v1alpha1.RoleBinding{}
	Expect(masters().Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, b)).To(Succeed())
	return b
}

// copySubjects are the users that a binding names.
func copySubjects(namespace, binding string) (names []string) {
	GinkgoHelper()
	for _, s := range copyBinding(namespace, binding).Spec.Subjects {
		names = append(names, s.Name)
	}
	return names
}

// copyKubectl applies what was printed.
func copyKubectl(a actor, manifests string) {
	GinkgoHelper()
	cmd := exec.CommandContext(ctx, cluster.Kubectl, append([]string{"apply", "-f", "-"}, a.flags()...)...)
	cmd.Stdin = strings.NewReader(manifests)
	out, err := cmd.CombinedOutput()
	Expect(err).NotTo(HaveOccurred(), "%s\n%s", out, manifests)
}

var _ = Describe("Copying users", func() {
	DescribeTable("gives exactly the access of each user of a real back office", func(name, group string) {
		namespace, admin, objects := copyCatalogue(name, group)
		compared := 0
		for _, o := range objects {
			u, is := o.(*v1alpha1.BackOfficeUser)
			full := name == "hosting" && is && u.EffectiveAccountType() == v1alpha1.AccountAdministrator // there is no seat left for one more
			if !is || full || u.EffectiveState() != v1alpha1.StateActive {
				continue
			}
			names := []string{"--full-name", "Somebody Else", "-n", namespace}
			if u.Spec.Profile != nil && u.Spec.Profile.Email != "" {
				_, domain, _ := strings.Cut(u.Spec.Profile.Email, "@")
				names = append(names, "--phone=+48221234567", "--email")
				names = append(names, u.Name+".%s@"+domain)
			}
			with := func(which string) []string {
				return append([]string{"copy", u.Name, u.Name + "-" + which}, strings.Split(strings.ReplaceAll(strings.Join(names, "\n"), "%s", which), "\n")...)
			}
			want := copyAccess(namespace, name, u.EffectiveLogin())
			Expect(want).NotTo(BeEmpty(), u.Name)
			Expect(admin.run(append(with("made"), "--apply", "--login", u.Name+".made")...)).To(succeed("user "+u.Name+"-made created"), u.Name)
			printed := admin.run(with("git")...)
			Expect(printed).To(succeed("kind: BackOfficeUser"), u.Name)
			copyKubectl(admin, printed.out)
			for _, login := range []string{u.Name + ".made", u.Name + "-git"} {
				Eventually(func() []string { return copyAccess(namespace, name, login) }, soon, often).Should(Equal(want), login)
			}
			Expect(copyAccess(namespace, name, u.EffectiveLogin())).To(Equal(want), u.Name)
			compared++
		}
		Expect(compared).To(BeNumerically(">", 2))
	},
		Entry(nil, Label("T-12", "T-13"), "trading", "trading-it-managers"),
		Entry(nil, "activation", "activation-administrators"),
		Entry(nil, "orders", "orders-client-admins"),
		Entry(nil, "hosting", "hosting-administrators"),
		Entry(nil, "automation", "automation-administrators"),
	)

	It("asks for login and full name alone, and copies nothing of the person", Label("T-12", "T-13"), func() {
		namespace := shop(testkit.Dimensions(v1alpha1.FilterDimension{Name: "desks"}))
		in := "--namespace=" + namespace
		person := testkit.Profile(v1alpha1.Profile{
			FullName: "Zebulon Quartermain", Email: "zeb@shop.example", Phone: "+48221234567", PictureURL: "https://shop.example/zeb.png", Language: "pl",
		})
		private := testkit.OnUser(func(u *v1alpha1.BackOfficeUser) {
			u.Spec.Description, u.Spec.Credentials = "Works on Fridays.", &v1alpha1.UserCredentials{SecretName: "of-zeb"}
		})
		given(testkit.User("zeb", namespace, person, private, testkit.Labels("team", "sales", "argocd.argoproj.io/instance", "access"), testkit.Annotations("note", "private"),
			testkit.KubernetesUser("zeb@shop.example"), testkit.Filters(testkit.Only("desks", "retention")), testkit.Setting("panel", "vendor"), testkit.IPs("203.0.113.7")),
			testkit.Set("sales", namespace, testkit.Permissions("clients=Write")), testkit.Binding("sales", namespace, testkit.ToSet("sales"), testkit.ForLabels("team", "sales")))

		Expect(root().run("copy", "zeb", "zoe", in)).To(end(1, "--full-name is needed: the profile of user zeb has one"))
		r := root().run("copy", "zeb", "zoe", "--login=zoe.k", "--full-name=Zoe Kowalska", in)
		Expect(r.status).To(BeZero())
		Expect(r.out).To(MatchYAML(fmt.Sprintf(`
apiVersion: access.backoffice-operator.io/v1alpha1
kind: BackOfficeUser
metadata: {name: zoe, namespace: %s, labels: {team: sales}}
spec:
  backOfficeRef: {name: shop}
  login: zoe.k
  profile: {fullName: Zoe Kowalska}
  allowedIPs: [203.0.113.7]
  filters: [{dimension: desks, mode: Only, values: [retention]}]
  settings: {panel: vendor}
`, namespace)))
		Expect(r.err).To(ContainSubstring("not copied from user zeb: spec.profile.email, spec.profile.phone, spec.profile.language, spec.profile.pictureURL, " +
			"spec.description, spec.kubernetesUser, spec.credentials.secretName, annotations\n"))
		Expect(r.err).NotTo(Or(ContainSubstring("Zebulon"), ContainSubstring("zeb@shop"), ContainSubstring("+48"), ContainSubstring("Fridays")))

		By("and filters only where they are wanted")
		r = root().run("copy", "zeb", "zoe", "--full-name=Zoe Kowalska", "--without-filters", in)
		Expect(r.out).NotTo(ContainSubstring("filters"))
		Expect(r.err).To(ContainSubstring("without filters nothing narrows to some data what the copy may do"))
		Expect(root().run("copy", "zeb", "zoe", "--full-name=Zoe Kowalska", in, "-o", "json").out).To(MatchRegexp(`(?s)"kind": "BackOfficeUser".*"kind": "List"`))
		Expect(root().run("copy", "zeb", "zoe", "--full-name=Zoe Kowalska", in, "-o", "name").out).To(Equal("backofficeuser.access.backoffice-operator.io/zoe\n"))
	})

	It("names the copy in bindings that select the original by labels of tools, and in none that has ended", func() {
		namespace := shop()
		given(testkit.User("ann", namespace, testkit.Labels("app.kubernetes.io/instance", "access")), testkit.Set("sales", namespace, testkit.Permissions("clients=Write")),
			testkit.Binding("by-tool", namespace, testkit.ToSet("sales"), testkit.ForLabels("app.kubernetes.io/instance", "access")),
			testkit.Binding("ended", namespace, testkit.ToSet("sales"), testkit.ForUsers("ann"), testkit.Until(time.Now().Add(-time.Hour))))
		want := copyAccess(namespace, "shop", "ann")
		Expect(root().run("copy", "ann", "eve", "-n", namespace, "--apply")).To(And(succeed("user eve created\n", "binding by-tool: user eve added\n"),
			changeSays(ContainSubstring("binding ended has ended, and does not get the copy"))))
		Eventually(func() []string { return copyAccess(namespace, "shop", "eve") }, soon, often).Should(Equal(want))
		Expect(copySubjects(namespace, "ended")).To(Equal([]string{"ann"}))
	})

	It("loses nobody when many copy at once", func() {
		namespace := shop()
		given(testkit.User("ann", namespace), testkit.Set("sales", namespace, testkit.Permissions("clients=Write")),
			testkit.Binding("sales", namespace, testkit.ToSet("sales"), testkit.ForUsers("ann")))
		var all sync.WaitGroup
		want := []string{"ann"}
		for i := range 6 {
			name := fmt.Sprintf("copy-%d", i)
			want = append(want, name)
			all.Go(func() {
				defer GinkgoRecover()
				Expect(root().run("copy", "ann", name, "-n", namespace, "--apply")).To(succeed("binding sales: user " + name + " added\n"))
			})
		}
		all.Wait()
		Expect(copySubjects(namespace, "sales")).To(ConsistOf(want))
		for _, entry := range copyBinding(namespace, "sales").ManagedFields {
			if entry.Manager == session.FieldManager {
				Expect(entry.FieldsV1.GetRawString()).NotTo(ContainSubstring("permissionSetRef"))
			}
		}
	})

	It("refuses names and logins that somebody has", func() {
		namespace := shop()
		given(testkit.User("ann", namespace, testkit.Login("Ann.A")), testkit.User("bob", namespace))
		in := "--namespace=" + namespace
		Expect(root().run("copy", "ann", "bob", in)).To(end(1, "user bob exists already in namespace "+namespace))
		Expect(root().run("copy", "ann", "eve", "--login=aNN.a", in)).To(end(1, "login aNN.a is that of user ann in namespace "+namespace))
		Expect(root().run("copy", "nobody", "eve", in)).To(end(1, namespace))
		Expect(root().run("copy", "ann", "Eve.E", in)).To(end(1, `"Eve.E" is none`, "--login"))
		Expect(root().run("copy", "ann", in)).To(end(1, "accepts 2 arg(s)"))
		Expect(root().run("copy", "ann", "eve", "--dry-run=server", in)).To(end(1, "--dry-run is for --apply"))
		Expect(root().run("copy", "ann", "eve", "--apply", "--dry-run=server", in)).To(succeed("user eve created (server dry run)\n"))
		Expect(root().run("copy", "ann", "eve", "--apply", "--dry-run=client", in)).To(succeed("user eve created (dry run)\n"))
		Expect(masters().Get(ctx, client.ObjectKey{Namespace: namespace, Name: "eve"}, &v1alpha1.BackOfficeUser{})).NotTo(Succeed())
	})

	It("makes an active copy of somebody who is blocked, and says so", func() {
		namespace := shop()
		given(testkit.User("ann", namespace, testkit.State(v1alpha1.StateBlocked)), testkit.User("bob", namespace, testkit.Annotations(v1alpha1.AnnotationHold, "stolen")))
		Expect(root().run("copy", "ann", "eve", "-n", namespace, "--apply")).To(And(succeed("user eve created\n"), changeSays(ContainSubstring("user ann is blocked, and the copy is active"))))
		Expect(root().run("copy", "bob", "joe", "-n", namespace, "--apply")).To(And(succeed("user joe created\n"), changeSays(ContainSubstring("user bob is on hold, and the copy is not"))))
		Eventually(func() []string { return changeActive(namespace) }, soon, often).Should(Equal([]string{"eve", "joe"}))
	})

	It("says what was done where the webhook refuses a binding", func() {
		namespace := shop(testkit.Delegates(5, testkit.Person("lead")))
		given(testkit.User("ann", namespace), testkit.User("chief", namespace),
			testkit.Set("sales", namespace, testkit.Permissions("clients=Write")), testkit.Set("boss", namespace, testkit.Rank(1)),
			testkit.Binding("sales", namespace, testkit.ToSet("sales"), testkit.ForUsers("ann")), testkit.Binding("boss", namespace, testkit.ToSet("boss"), testkit.ForUsers("chief")))
		Expect(editor("lead").run("copy", "ann", "eve", "-n", namespace, "--apply")).To(succeed("binding sales: user eve added\n"))
		given(testkit.Binding("sales-too", namespace, testkit.ToSet("sales"), testkit.ForUsers("chief")))
		Expect(editor("lead").run("copy", "chief", "joe", "-n", namespace, "--apply")).To(And(end(1,
			"Error: binding boss: ", "needs rank 1 or stronger", "User joe exists, and is in no binding. It is not in boss, sales-too: have somebody who may add it",
			"kubectl delete backofficeuser joe -n "+namespace), changePrints(Equal("user joe created\n"))))
		Expect(copySubjects(namespace, "boss")).To(Equal([]string{"chief"}))
	})

	It("prints bindings that are kept in Git instead of changing them", func() {
		namespace := shop()
		given(testkit.User("ann", namespace), testkit.Set("sales", namespace, testkit.Permissions("clients=Write")),
			testkit.Binding("sales", namespace, testkit.ToSet("sales"), testkit.ForUsers("ann"), changeTracked("RoleBinding")))
		r := root().run("copy", "ann", "eve", "-n", namespace, "--apply")
		Expect(r).To(end(1, "binding sales is kept by Argo CD application access: change it in Git, or give --force", "User eve exists, and is in no binding. What is printed goes into Git."))
		Expect(copySubjects(namespace, "sales")).To(Equal([]string{"ann"}))
		_, printed, found := strings.Cut(r.out, "---\n")
		Expect(found).To(BeTrue())
		copyKubectl(root(), printed)
		Expect(copySubjects(namespace, "sales")).To(Equal([]string{"ann", "eve"}))
		Expect(root().run("copy", "ann", "joe", "-n", namespace, "--apply", "--force")).To(succeed("binding sales: user joe added\n"))
		Expect(copySubjects(namespace, "sales")).To(Equal([]string{"ann", "eve", "joe"}))
	})
})
