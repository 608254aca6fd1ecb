// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	gomegatypes "github.com/onsi/gomega/types"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
	"github.com/backoffice-operator/backoffice-operator/internal/store/sqlite"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// changeStore opens the store of a back office as its application does.
func changeStore(namespace, office string) *sql.DB {
	GinkgoHelper()
	db, err := sqlite.OpenReader(filepath.Join(stores, namespace+"_"+office+".db"))
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(db.Close)
	return db
}

// changeActive are the logins that the store of a shop lets in.
func changeActive(namespace string) (logins []string) {
	GinkgoHelper()
	rows, err := changeStore(namespace, "shop").QueryContext(ctx, "SELECT login FROM active_users ORDER BY login")
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var login string
		Expect(rows.Scan(&login)).To(Succeed())
		logins = append(logins, login)
	}
	Expect(rows.Err()).NotTo(HaveOccurred())
	return logins
}

// changePassword is the password in the Secret of a user.
func changePassword(namespace, user string) credential.Password {
	GinkgoHelper()
	secret := &corev1.Secret{}
	Expect(masters().Get(ctx, client.ObjectKey{Namespace: namespace, Name: user + "-credentials"}, secret)).To(Succeed())
	return credential.NewPassword(string(secret.Data["password"]))
}

// changeLogsIn tells whether the application of a shop lets a login in with a password.
func changeLogsIn(namespace, login string, p credential.Password) bool {
	GinkgoHelper()
	in, err := testkit.NewApplication(changeStore(namespace, "shop"), "shop").LogIn(ctx, login, p)
	Expect(err).NotTo(HaveOccurred())
	return in
}

func changeUser(namespace, name string) *v1alpha1.BackOfficeUser {
	GinkgoHelper()
	u := &v1alpha1.BackOfficeUser{}
	Expect(masters().Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, u)).To(Succeed())
	return u
}

// changeTracked has Argo CD track an object of the application "access".
func changeTracked(kind string) testkit.Mod {
	return func(o client.Object) {
		id := fmt.Sprintf("access:%s/%s:%s/%s", v1alpha1.GroupVersion.Group, kind, o.GetNamespace(), o.GetName())
		o.SetAnnotations(map[string]string{"argocd.argoproj.io/tracking-id": id})
	}
}

// changeSync applies a user as Argo CD does.
func changeSync(namespace, name, manifest string) {
	GinkgoHelper()
	cmd := exec.CommandContext(ctx, cluster.Kubectl, append([]string{"apply", "--server-side", "--force-conflicts", "--field-manager=argocd-controller", "-f", "-"}, root().flags()...)...)
	cmd.Stdin = strings.NewReader(manifest)
	out, err := cmd.CombinedOutput()
	Expect(err).NotTo(HaveOccurred(), string(out))
	eventually(testkit.User(name, namespace), beReady())
}

// changeAtTerminal runs the plugin as somebody at a terminal who types a line.
func changeAtTerminal(a actor, typed string, arguments ...string) (output string, status int) {
	GinkgoHelper()
	line := []string{filepath.Join(binaries, "kubectl-backoffice")}
	for _, argument := range append(arguments, a.flags()...) {
		line = append(line, "'"+argument+"'")
	}
	cmd := exec.CommandContext(ctx, "script", "--quiet", "--return", "--command", strings.Join(line, " "), "/dev/null")
	cmd.Stdin = strings.NewReader(typed + "\n")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	_ = cmd.Run() // the status says it
	AddReportEntry("at a terminal: "+strings.Join(arguments, " "), out.String(), ReportEntryVisibilityFailureOrVerbose)
	return out.String(), cmd.ProcessState.ExitCode()
}

// changeSays matches what a run says as an error, and changePrints what it prints.
func changeSays(text gomegatypes.GomegaMatcher) gomegatypes.GomegaMatcher {
	return WithTransform(func(r result) string { return r.err }, text)
}

func changePrints(text gomegatypes.GomegaMatcher) gomegatypes.GomegaMatcher {
	return WithTransform(func(r result) string { return r.out }, text)
}

var _ = Describe("Changing users", func() {
	var namespace, in string

	BeforeEach(func() {
		namespace = shop()
		in = "--namespace=" + namespace
	})

	people := func(names ...string) {
		GinkgoHelper()
		var all []client.Object
		for _, name := range names {
			all = append(all, testkit.User(name, namespace, testkit.Labels("team", "support")))
		}
		given(all...)
	}

	It("blocks and unblocks, and returns when the store says so", Label("T-15"), func() {
		people("ann", "bob", "eve")
		Expect(root().run("block", "ann", "bob", in)).To(succeed("user ann blocked\n", "user bob blocked\n"))
		Expect(changeActive(namespace)).To(Equal([]string{"eve"}))
		Expect(changeUser(namespace, "ann").Spec.State).To(Equal(v1alpha1.StateBlocked))
		Expect(root().run("block", "ann", "eve", in)).To(succeed("user ann is blocked already\n", "user eve blocked\n"))
		Expect(root().run("unblock", "-l", "team=support", in)).To(succeed("user ann unblocked\n", "user bob unblocked\n", "user eve unblocked\n"))
		Expect(changeActive(namespace)).To(Equal([]string{"ann", "bob", "eve"}))
		Expect(root().run("unblock", "ann", in)).To(succeed("user ann is not blocked\n"))
	})

	It("changes one field, as its own field manager, and nothing by a dry run", func() {
		people("ann")
		before := changeUser(namespace, "ann")
		Expect(root().run("block", "ann", in, "--dry-run=server")).To(succeed("user ann blocked (server dry run)\n"))
		Expect(root().run("block", "ann", in, "--dry-run=client")).To(succeed("user ann blocked (dry run)\n"))
		Expect(changeUser(namespace, "ann").ResourceVersion).To(Equal(before.ResourceVersion))
		Expect(root().run("block", "ann", in, "-o", "name")).To(succeed("backofficeuser.access.backoffice-operator.io/ann\n"))
		after := changeUser(namespace, "ann")
		before.Spec.State = v1alpha1.StateBlocked
		Expect(after.Spec).To(Equal(before.Spec))
		var ours []string
		for _, entry := range after.ManagedFields {
			if entry.Manager == "kubectl-backoffice" && entry.Subresource == "" {
				ours = append(ours, entry.FieldsV1.GetRawString())
			}
		}
		Expect(ours).To(Equal([]string{`{"f:spec":{"f:state":{}}}`}))
	})

	It("loses nothing that others change at the same time", func() {
		people("ann")
		done := make(chan struct{})
		go func() {
			defer GinkgoRecover()
			defer close(done)
			for i := range 40 {
				patch := fmt.Sprintf(`{"metadata":{"annotations":{"note-%d":"kept"}}}`, i)
				Expect(masters().Patch(ctx, testkit.User("ann", namespace), client.RawPatch("application/merge-patch+json", []byte(patch)))).To(Succeed())
			}
		}()
		for range 3 {
			Expect(root().run("hold", "ann", in, "--reason=one", "--wait=false")).To(haveStatus(0))
			Expect(root().run("release", "ann", in, "--wait=false")).To(haveStatus(0))
		}
		Eventually(done, soon).Should(BeClosed())
		u := changeUser(namespace, "ann")
		for i := range 40 {
			Expect(u.Annotations).To(HaveKey(fmt.Sprintf("note-%d", i)))
		}
		Expect(u.Held()).To(BeFalse())
	})

	It("holds and releases with a reason, and unblock leaves somebody's hold alone", func() {
		people("ann")
		Expect(root().run("hold", "ann", in, "--reason", "phone\x1b[31m was stolen")).To(succeed("user ann put on hold\n"))
		Expect(changeActive(namespace)).To(BeEmpty())
		Expect(root().run("hold", "ann", in)).To(succeed(`user ann is on hold already (phone\x1b[31m was stolen)`))
		Expect(root().run("unblock", "ann", in)).To(end(1, "user ann is not blocked but on hold", "kubectl backoffice release ann"))
		Expect(changeUser(namespace, "ann").Held()).To(BeTrue())
		Expect(root().run("release", "ann", in)).To(succeed("user ann released\n"))
		Expect(changeActive(namespace)).To(Equal([]string{"ann"}))
		Expect(root().run("release", "ann", in)).To(succeed("user ann is not on hold\n"))
	})

	It("deactivates and reactivates with nothing lost", func() {
		people("ann")
		id := func() (id string) {
			Expect(changeStore(namespace, "shop").QueryRowContext(ctx, "SELECT id FROM users WHERE login = 'ann'").Scan(&id)).To(Succeed())
			return id
		}
		before := id()
		Expect(root().run("deactivate", "ann", in)).To(succeed("user ann deactivated\n"))
		Expect(changeUser(namespace, "ann").Status.State).To(Equal(v1alpha1.StateDeactivated))
		Expect(root().run("block", "ann", in)).To(succeed("user ann is deactivated already, which is more than blocked\n"))
		Expect(root().run("unblock", "ann", in)).To(end(1, "user ann is deactivated, not blocked: kubectl backoffice reactivate ann"))
		Expect(root().run("reactivate", "ann", in)).To(succeed("user ann reactivated\n"))
		Expect(changeActive(namespace)).To(Equal([]string{"ann"}))
		Expect(id()).To(Equal(before))
	})

	It("goes on after a user that it cannot change, and says which", func() {
		people("ann", "bob")
		Expect(root().run("block", "ann", "nobody", "bob", in)).To(And(
			end(1, "Error: user nobody: not found in namespace "+namespace, "1 of 3 users are not as asked for: nobody"),
			changePrints(ContainSubstring("user bob blocked"))))
		Expect(changeActive(namespace)).To(BeEmpty())
		Expect(root().run("block", "nobody", in)).To(end(1, "Error: user nobody: not found in namespace "+namespace))
		given(testkit.User("gone", namespace, func(o client.Object) { o.SetFinalizers([]string{"example.com/keep"}) }))
		gone := changeUser(namespace, "gone")
		Expect(root().client().Delete(ctx, gone)).To(Succeed())
		Expect(root().run("block", "gone", in)).To(end(1, "Error: user gone is being deleted"))
		Expect(masters().Patch(ctx, gone, client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"finalizers":null}}`)))).To(Succeed())
		Expect(root().run("block", "-l", "team=none", in)).To(And(haveStatus(0), changeSays(Equal("No users found in namespace "+namespace+".\n"))))
		Expect(root().run("block", "ann", "nobody", in, "-o", "json").out).To(MatchJSON(fmt.Sprintf(`{"items": [
			{"namespace": %[1]q, "name": "ann", "outcome": "Unchanged", "message": "is blocked already"},
			{"namespace": %[1]q, "name": "nobody", "outcome": "Failed", "message": "not found in namespace %[1]s"}]}`, namespace)))
	})

	It("shows what the webhook says of somebody who outranks the actor", func() {
		namespace = shop(testkit.Delegates(5, testkit.Person("lead")))
		given(testkit.User("chief", namespace), testkit.Set("boss", namespace, testkit.Rank(1)), testkit.Binding("boss", namespace, testkit.ToSet("boss"), testkit.ForUsers("chief")))
		for _, verb := range []string{"block", "hold", "deactivate", "reset"} {
			Expect(editor("lead").run(verb, "chief", "-n", namespace)).To(end(1, "Error: user chief: admission webhook", "needs rank 1 or stronger"), verb)
		}
		Expect(changeActive(namespace)).To(Equal([]string{"chief"}))
	})

	It("says why something that was changed is not in force", func() {
		people("ann")
		Expect(root().run("block", "ann", in)).To(haveStatus(0))
		office := testkit.Office("shop", namespace)
		patch := client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"suspend":true}}`))
		Expect(root().client().Patch(ctx, office, patch)).To(Succeed())
		eventually(office, testkit.HaveCondition(v1alpha1.ConditionSuspended, "True", v1alpha1.ReasonSuspended))
		Expect(root().run("unblock", "ann", in)).To(end(1, "user ann: changed, but not in force: Suspended: BackOffice "+namespace+"/shop is suspended"))
	})

	It("asks before it changes everybody", func() {
		people("ann", "bob")
		Expect(root().run("hold", "--all", in)).To(end(1, "all 2 users of namespace "+namespace, "without a terminal", "--yes"))
		out, status := changeAtTerminal(root(), "yes", "hold", "--all", in)
		Expect(out).To(And(ContainSubstring("Type "+namespace+" to go on: "), ContainSubstring("nothing has been changed")))
		Expect(status).To(Equal(1))
		Expect(changeActive(namespace)).To(HaveLen(2))
		out, status = changeAtTerminal(root(), namespace, "hold", "--all", in)
		Expect(status).To(BeZero(), out)
		Expect(changeActive(namespace)).To(BeEmpty())
		Expect(root().run("release", "--all", "--yes", in)).To(haveStatus(0))
		Expect(changeActive(namespace)).To(HaveLen(2))
	})

	It("does not take what it cannot understand", func() {
		for _, c := range [][]string{
			{"block"},
			{"block", "ann", "--all"},
			{"block", "-l", "a in"},
			{"block", "ann", "-o", "wide"},
			{"block", "ann", "--dry-run=yes"},
			{"block", "ann", "--timeout=0s"},
			{"reset"},
			{"reset", "ann", "--back-office=shop"},
			{"deactivate", "--all"},
		} {
			r := offline(c...)
			Expect(r.status).To(Equal(1), "%s", c)
			Expect(r.err).To(Or(ContainSubstring("-h' for help and examples"), ContainSubstring("unknown flag")), "%s", c)
		}
	})

	It("completes names", func() {
		people("ann", "anton", "bob")
		Expect(execute(nil, append([]string{"__complete", "block", in}, append(root().flags(), "anton", "an")...)...).out).To(HavePrefix("ann\n:"))
	})
})

var _ = Describe("Changing users that are kept in Git", func() {
	var namespace, in, manifest string

	BeforeEach(func() {
		namespace = shop()
		in = "--namespace=" + namespace
		manifest = fmt.Sprintf(`{"apiVersion": "access.backoffice-operator.io/v1alpha1", "kind": "BackOfficeUser", "metadata": {"name": "ann", "namespace": %q,
			"annotations": {"argocd.argoproj.io/tracking-id": "access:access.backoffice-operator.io/BackOfficeUser:%[1]s/ann"}},
			"spec": {"backOfficeRef": {"name": "shop"}, "state": "Active"}}`, namespace)
		changeSync(namespace, "ann", manifest)
	})

	It("blocks by annotation, which the next sync leaves alone", func() {
		Expect(root().run("block", "ann", in)).To(And(succeed("user ann blocked\n"),
			changeSays(ContainSubstring("user ann is kept by Argo CD application access: held by annotation, which it leaves alone; to block for good put spec.state: Blocked into Git"))))
		changeSync(namespace, "ann", manifest)
		Expect(changeActive(namespace)).To(BeEmpty())
		Expect(root().run("block", "ann", in)).To(succeed("user ann is on hold already (blocked with kubectl backoffice at"))
		Expect(root().run("unblock", "ann", in)).To(succeed("user ann unblocked\n"))
		Expect(changeActive(namespace)).To(Equal([]string{"ann"}))
	})

	It("blocks by the field if it is forced to, and the next sync puts that back", func() {
		Expect(root().run("block", "ann", in, "--force")).To(And(succeed("user ann blocked\n"), changeSays(ContainSubstring("will put back what Git says"))))
		Expect(changeActive(namespace)).To(BeEmpty())
		changeSync(namespace, "ann", manifest)
		Expect(changeActive(namespace)).To(Equal([]string{"ann"}))
	})

	It("prints the change for Git where no annotation stands for it", func() {
		r := root().run("deactivate", "ann", in)
		Expect(r).To(end(1, "user ann is kept by Argo CD application access, which would put back spec.state: Active: change it in Git, or give --force"))
		Expect(strings.TrimPrefix(r.out, "---\n")).To(MatchYAML(fmt.Sprintf(
			"{apiVersion: access.backoffice-operator.io/v1alpha1, kind: BackOfficeUser, metadata: {name: ann, namespace: %s}, spec: {state: Deactivated}}", namespace)))
		Expect(changeActive(namespace)).To(Equal([]string{"ann"}))

		By("and what is printed does it")
		changeSync(namespace, "ann", strings.Replace(manifest, `"state": "Active"`, `"state": "Blocked"`, 1))
		Expect(root().run("unblock", "ann", in)).To(And(end(1, "kept by Argo CD"), changePrints(ContainSubstring("state: Active"))))
		Expect(root().run("unblock", "ann", in, "--force")).To(succeed("user ann unblocked\n"))
	})

	It("resets by annotation, which the next sync leaves alone", func() {
		old := changePassword(namespace, "ann")
		Expect(changeLogsIn(namespace, "ann", old)).To(BeTrue())
		Expect(root().run("reset", "ann", in)).To(And(succeed("user ann reset\n"), changeSays(ContainSubstring("reset by annotation"))))
		Expect(changeLogsIn(namespace, "ann", old)).To(BeFalse())
		Expect(changeUser(namespace, "ann").Spec.Credentials).To(BeNil())
		issued := changePassword(namespace, "ann")
		changeSync(namespace, "ann", manifest)
		Expect(changeLogsIn(namespace, "ann", issued)).To(BeTrue())
	})

	It("resets everybody one by one where the back office is kept in Git", func() {
		office := testkit.Office("shop", namespace)
		Expect(masters().Get(ctx, client.ObjectKeyFromObject(office), office)).To(Succeed())
		before := office.DeepCopy()
		changeTracked("BackOffice")(office)
		Expect(root().client().Patch(ctx, office, client.MergeFrom(before))).To(Succeed())
		given(testkit.User("bob", namespace), testkit.User("off", namespace, testkit.State(v1alpha1.StateDeactivated)))
		old := map[string]credential.Password{"ann": changePassword(namespace, "ann"), "bob": changePassword(namespace, "bob")}
		Expect(root().run("reset", "--all", "--yes", in)).To(And(succeed("back office shop reset, by annotation of 3 users\n"),
			changeSays(And(ContainSubstring("kept by Argo CD application access: its users are reset one by one"), ContainSubstring("new passwords: 3 of 3\n")))))
		for login, password := range old {
			Expect(changeLogsIn(namespace, login, password)).To(BeFalse(), login)
			Expect(changeLogsIn(namespace, login, changePassword(namespace, login))).To(BeTrue(), login)
		}
		Expect(masters().Get(ctx, client.ObjectKeyFromObject(office), office)).To(Succeed())
		Expect(office.Spec.Credentials).To(BeNil())
	})
})

var _ = Describe("Resetting passwords", func() {
	var namespace, in string

	BeforeEach(func() {
		namespace = shop()
		in = "--namespace=" + namespace
	})

	It("ends one password and has another one made, as often as it is asked to", func() {
		given(testkit.User("ann", namespace), testkit.User("bob", namespace))
		other := changePassword(namespace, "bob")
		for range 3 {
			old := changePassword(namespace, "ann")
			Expect(root().run("reset", "ann", in)).To(And(succeed("user ann reset\n", "the new password of user ann is in Secret ann-credentials\n"),
				changePrints(Not(ContainSubstring(old.Reveal())))))
			Expect(changeLogsIn(namespace, "ann", old)).To(BeFalse())
			Expect(changeLogsIn(namespace, "ann", changePassword(namespace, "ann"))).To(BeTrue())
		}
		Expect(changeLogsIn(namespace, "bob", other)).To(BeTrue())
	})

	It("says what becomes of those who have no password of their own", func() {
		none := testkit.OnUser(func(u *v1alpha1.BackOfficeUser) {
			u.Spec.Credentials = &v1alpha1.UserCredentials{Source: v1alpha1.CredentialNone}
		})
		given(testkit.User("sso", namespace, none), testkit.User("off", namespace, testkit.State(v1alpha1.StateDeactivated)))
		Expect(root().run("reset", "sso", in)).To(end(1, "user sso has no password: spec.credentials.source is None"))
		Expect(root().run("reset", "off", in)).To(succeed("user off reset\n", "user off is deactivated, and gets a new password when it is brought back"))
	})

	It("ends all passwords of a back office, and shows how far it is", Label("A-10"), func() {
		given(testkit.User("ann", namespace), testkit.User("bob", namespace), testkit.User("off", namespace, testkit.State(v1alpha1.StateDeactivated)))
		old := map[string]credential.Password{"ann": changePassword(namespace, "ann"), "bob": changePassword(namespace, "bob")}
		Expect(root().run("reset", "--all", in)).To(end(1, "This ends the passwords of all 2 accounts of back office "+namespace+"/shop", "without a terminal", "--yes"))
		out, status := changeAtTerminal(root(), "wrong", "reset", "--all", in)
		Expect(status).To(Equal(1), out)
		for login, password := range old {
			Expect(changeLogsIn(namespace, login, password)).To(BeTrue())
		}

		out, status = changeAtTerminal(root(), "shop", "reset", "--all", "--back-office=shop", in)
		Expect(status).To(BeZero(), out)
		Expect(out).To(And(ContainSubstring("Type shop to go on: "), ContainSubstring("(2/2)"), ContainSubstring("back office shop reset: every password that was issued before")))
		for login, password := range old {
			Expect(changeLogsIn(namespace, login, password)).To(BeFalse(), login)
			Expect(changeLogsIn(namespace, login, changePassword(namespace, login))).To(BeTrue(), login)
		}

		By("and again, without a terminal")
		before := changePassword(namespace, "ann")
		Expect(root().run("reset", "--all", "--yes", in)).To(And(succeed("back office shop reset"), changeSays(ContainSubstring("new passwords: 2 of 2\n"))))
		Expect(changeLogsIn(namespace, "ann", before)).To(BeFalse())
	})

	It("leaves the reset going on where it is interrupted", func() {
		given(testkit.User("ann", namespace))
		office := testkit.Office("shop", namespace)
		old := changePassword(namespace, "ann")
		ending, end := context.WithCancel(ctx)
		defer end()
		cmd := exec.CommandContext(ending, filepath.Join(binaries, "kubectl-backoffice"), append([]string{"reset", "--all", "--yes", in}, root().flags()...)...)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		Expect(cmd.Start()).To(Succeed())
		eventually(office, WithTransform(func(o *v1alpha1.BackOffice) bool {
			return o.Spec.Credentials != nil && o.Spec.Credentials.ResetIssuedBefore != nil
		}, BeTrue()))
		end()
		_ = cmd.Wait() // the status says it
		Expect(cmd.ProcessState.ExitCode()).To(Equal(130), errs.String())
		Expect(errs.String()).To(ContainSubstring("Interrupted: the reset goes on in the cluster"))
		Eventually(func() bool { return changeLogsIn(namespace, "ann", old) }, soon, often).Should(BeFalse())
		Eventually(func() bool { return changeLogsIn(namespace, "ann", changePassword(namespace, "ann")) }, soon, often).Should(BeTrue())
	})

	It("demands a back office, and only one", func() {
		Expect(root().run("reset", "--all", "--yes", "-n", "default")).To(end(1, "no back office found in namespace default: give --namespace"))
		Expect(root().run("reset", "--all", "--yes", "--back-office=none", in)).To(end(1, "back office none not found in namespace "+namespace))
		Expect(editor("clerk").run("reset", "--all", "--yes", in)).To(end(1, "backoffices.access.backoffice-operator.io"))
	})
})
