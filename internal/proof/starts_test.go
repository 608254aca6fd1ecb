// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// start is how the world is in the beginning. Everything in it was written by who might.
type start string

const (
	// officeless has nothing but namespaces: objects may come before their back office.
	officeless start = "officeless"
	// bare has a back office.
	bare start = "bare"
	// furnished has a strong set and weaker ones, handed out by name and by label.
	furnished start = "furnished"
	// dangling has users and bindings that wait for sets.
	dangling start = "dangling"
)

func (w *world) begin(s start) {
	switch s { //nolint:exhaustive // A start without anything.
	case bare:
		w.write(owner, office())
	case furnished:
		w.furnish()
	case dangling:
		w.dangle()
	}
}

func (w *world) furnish() {
	w.begin(bare)
	w.write(root, testkit.Set("top", "shop", testkit.Rank(2), testkit.Permissions("orders=Write", "users=Write", "stock=Read")))
	w.write(root, testkit.Set("low", "shop", testkit.Rank(10), testkit.Permissions("orders=Read", "stock=Write")))
	w.write(root, testkit.Set("mid", "shop", testkit.Rank(5), testkit.Extends("low"), testkit.Permissions("orders=Write", "orders/refund=None"),
		testkit.HeldBy(v1alpha1.AccountAffiliate)))
	w.write(root, testkit.User("ann", "shop", testkit.KubernetesUser(ann.name)))
	w.write(root, testkit.User("bob", "shop", testkit.Labels("team", "y")))
	w.write(root, testkit.Binding("b1", "shop", testkit.ToSet("top"), testkit.ForUsers("ann")))
	w.write(root, testkit.Binding("b2", "shop", testkit.ToSet("low"), testkit.ForLabels("team", "y"), testkit.Denies("stock")))
	w.write(root, testkit.Binding("b3", "shop", testkit.ToSet("low"), testkit.ForUsers("bob")))
	w.write(argo, testkit.User("ann", "alpha", testkit.InOffice("shop/shop"), testkit.Labels("team", "x")))
	w.write(argo, testkit.Set("own", "alpha", testkit.InOffice("shop/shop"), testkit.Rank(5), testkit.Permissions("orders=Read", "users=Write")))
	w.write(argo, testkit.Binding("b1", "alpha", testkit.InOffice("shop/shop"), testkit.ToSet("own"), testkit.ForLabels("team", "x")))
	w.write(argo, testkit.User("ann", "beta", testkit.InOffice("shop/shop"), testkit.Filters(testkit.Only(entities, "fr"))))
	w.write(argo, testkit.Binding("b1", "beta", testkit.InOffice("shop/shop"), testkit.ToSet("shop/low"), testkit.ForUsers("ann")))
}

func (w *world) dangle() {
	w.begin(bare)
	w.write(root, testkit.User("ann", "shop", testkit.Labels("team", "x")))
	w.write(root, testkit.User("bob", "shop"))
	w.write(root, testkit.Set("low", "shop", testkit.Rank(10), testkit.Extends("mid"), testkit.Permissions("orders=Read")))
	w.write(root, testkit.Binding("b1", "shop", testkit.ToSet("top"), testkit.ForLabels("team", "x")))
	w.write(root, testkit.Binding("b2", "shop", testkit.ToSet("low"), testkit.ForUsers("ann", "bob")))
}
