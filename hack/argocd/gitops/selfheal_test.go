// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"maps"
	"testing"
	"time"

	"github.com/argoproj/argo-cd/gitops-engine/pkg/health"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
)

// patch is a JSON patch.
type patch struct {
	Type types.PatchType
	Data []byte
}

func jsonPatch(operations string) patch { return patch{types.JSONPatchType, []byte(operations)} }

// healed runs self-heal for a while, and returns how often the application was out of sync. Every second it is compared, and synced where it
// differs and, to be on the safe side, where it does not.
func healed(t *testing.T, app Application, during time.Duration) (repairs int) {
	t.Helper()
	g := NewWithT(t)
	for end := time.Now().Add(during); time.Now().Before(end); time.Sleep(time.Second) {
		differ, err := outOfSync(app)
		g.Expect(err).NotTo(HaveOccurred())
		if len(differ) > 0 {
			repairs++
		}
		g.Expect(argocd.Sync(limited(t), app, Begin())).To(Succeed())
	}
	return repairs
}

func TestSelfHealAndTheOperatorLeaveEachOtherAlone(t *testing.T) {
	for name, mode := range map[string]Mode{"heal-client": ClientSide, "heal-server": ServerSideBoth} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			app := syncedTeam(t, name, mode)

			before := settles(t, app.namespace)
			g.Expect(healed(t, app.Application, 8*time.Second)).To(BeZero())
			g.Expect(versions(t, app.namespace)).To(Equal(before))

			user := app.named(t, "BackOfficeUser", "max")
			drift := jsonPatch(`[{"op": "replace", "path": "/spec/state", "value": "Blocked"}]`)
			somebody := dynamic.NewForConfigOrDie(cluster.As(ControllerUser))
			_, err := somebody.Resource(kinds[1]).Namespace(app.namespace).Patch(t.Context(), "max", drift.Type, drift.Data, metav1.PatchOptions{})
			g.Expect(err).NotTo(HaveOccurred())
			g.Eventually(func() string { return stateOf(t, user) }, patient, often).Should(Equal("Blocked"))
			g.Expect(healed(t, app.Application, 3*time.Second)).To(BeNumerically(">", 0), "what somebody changes by hand is as Git has it again")
			g.Eventually(func() string { return stateOf(t, user) }, patient, often).Should(Equal("Active"))
		})
	}
}

func stateOf(t *testing.T, user *unstructured.Unstructured) string {
	t.Helper()
	state, _, err := unstructured.NestedString(live(t, user).Object, "status", "state")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return state
}

func TestAHoldByTheActionSurvivesSelfHealAndIsLiftedByRelease(t *testing.T) {
	for name, mode := range map[string]Mode{"hold-client": ClientSide, "hold-server": ServerSideBoth} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			app := syncedTeam(t, name, mode)
			lea := app.named(t, "BackOfficeUser", "lea")

			g.Expect(argocd.Act(t.Context(), lea, Action{Name: "release", User: app.Actor})).NotTo(Succeed(), "there is nothing to release")
			hold := Action{Name: "hold", User: app.Actor, Parameters: map[string]string{"reason": "laptop stolen"}}
			g.Expect(argocd.Act(t.Context(), lea, hold)).To(Succeed())
			g.Eventually(func() string { return stateOf(t, lea) }, patient, often).Should(Equal("Blocked"))
			g.Expect(health.GetResourceHealth(live(t, lea), scripts)).To(Equal(&health.HealthStatus{
				Status: health.HealthStatusHealthy, Message: "on hold: laptop stolen",
			}))

			g.Expect(healed(t, app.Application, 5*time.Second)).To(BeZero())
			g.Expect(stateOf(t, lea)).To(Equal("Blocked"))

			g.Expect(argocd.Act(t.Context(), lea, Action{Name: "release", User: app.Actor})).To(Succeed())
			g.Eventually(func() string { return stateOf(t, lea) }, patient, often).Should(Equal("Active"))
			g.Expect(healed(t, app.Application, 2*time.Second)).To(BeZero())
		})
	}
}

func TestAnActionByWhoHasNoPowerIsRefused(t *testing.T) {
	g := NewWithT(t)
	app := syncedTeam(t, "actions", ServerSide)
	disempower(t, "actions")

	lea := app.named(t, "BackOfficeUser", "lea")
	g.Eventually(func() error { return argocd.Act(t.Context(), lea, Action{Name: "hold", User: ServerUser}) }, patient, often).
		Should(MatchError(ContainSubstring(ServerUser)))
	g.Expect(argocd.Act(t.Context(), lea, Action{Name: "hold", User: app.Actor})).To(Succeed())
}

func TestAResetByTheActionResetsOnce(t *testing.T) {
	g := NewWithT(t)
	app := syncedTeam(t, "reset", ClientSide)
	lea := app.named(t, "BackOfficeUser", "lea")
	time.Sleep(time.Second) // moments are whole seconds: a password of this one is not older than the reset

	g.Expect(argocd.Act(t.Context(), lea, Action{Name: "reset", User: app.Actor})).To(Succeed())
	g.Eventually(func() int64 { return passwords(t, lea) }, patient, often).Should(BeEquivalentTo(2))
	g.Expect(healed(t, app.Application, 3*time.Second)).To(BeZero())
	g.Expect(passwords(t, lea)).To(BeEquivalentTo(2))
}

func TestARotationByTheActionRotatesOnceAndSelfHealDoesNotRepeatIt(t *testing.T) {
	g := NewWithT(t)
	app := syncedTeam(t, "rotate", ServerSideBoth)
	before := settles(t, app.namespace) // two seconds: moments are whole seconds, so that the password is older than the request
	lea := app.named(t, "BackOfficeUser", "lea")

	g.Expect(argocd.Act(t.Context(), lea, Action{Name: "rotate", User: ServerUser})).To(Succeed())
	g.Eventually(func() int64 { return passwords(t, lea) }, patient, often).Should(BeEquivalentTo(2))
	g.Expect(healed(t, app.Application, 5*time.Second)).To(BeZero())
	g.Expect(passwords(t, lea)).To(BeEquivalentTo(2))

	after := settles(t, app.namespace)
	g.Expect(after["secrets/lea-credentials"]).NotTo(Equal(before["secrets/lea-credentials"]))
	for _, changed := range []map[string]string{before, after} {
		maps.DeleteFunc(changed, func(name, _ string) bool { return name == "secrets/lea-credentials" || name == "backofficeusers/lea" })
	}
	g.Expect(after).To(Equal(before), "nobody else's password changed")
}

// passwords counts those that a user has had.
func passwords(t *testing.T, user *unstructured.Unstructured) int64 {
	t.Helper()
	version, _, err := unstructured.NestedInt64(live(t, user).Object, "status", "credential", "version")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return version
}
