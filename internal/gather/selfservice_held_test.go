// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"testing"

	. "github.com/onsi/gomega"
	authenticationv1 "k8s.io/api/authentication/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// What a user may not hold gives it no power by self-service.
func TestSelfServiceCountsOnlyWhatTheUserMayHold(t *testing.T) {
	managers := stamped(testkit.Set("managers", "shop", testkit.Permissions("staff/manage=Write"), testkit.HeldBy(staff)))
	viewer := stamped(testkit.Set("viewer", "shop"))
	older := stamped(testkit.Binding("older", "shop", testkit.ToSet("viewer"), testkit.ForUsers("chief"), born(1, "a")), viewer)
	management := stamped(testkit.Binding("management", "shop", testkit.ToSet("managers"), testkit.ForUsers("chief"), born(2, "b")), managers)
	for sentence, c := range map[string]struct {
		office, chief []testkit.Mod
		powers        int
	}{
		"what it may hold":                         {nil, nil, 1},
		"nothing that its account type may not":    {nil, []testkit.Mod{testkit.AccountType(api)}, 0},
		"nothing that is one set too many":         {[]testkit.Mod{atMost(1)}, nil, 0},
		"all that is within the limit of its sets": {[]testkit.Mod{atMost(2)}, nil, 1},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			office := stamped(testkit.Office("shop", "shop", append(c.office, testkit.SelfService("staff/manage"))...))
			chief := stamped(testkit.User("chief", "shop", append(c.chief, testkit.KubernetesUser("chief@shop.example"))...))
			a := Admission{Gatherer: cacheOf(t, []client.Object{office, chief, managers, viewer, older, management}...)}
			actor, err := a.Actor(t.Context(), authenticationv1.UserInfo{Username: "chief@shop.example"}, office)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(actor.Powers).To(HaveLen(c.powers))
		})
	}
}
