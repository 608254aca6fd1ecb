// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestAdmitted(t *testing.T) {
	const refused = "Refuse NotAdmitted metadata.annotations[access.backoffice-operator.io/admitted]: Required value: it carries no admission stamp that fits it: it was written, changed or restored while the webhooks were not there; somebody with the power has to apply it again, or to annotate it with access.backoffice-operator.io/reconcile-requested-at=<time>"
	ruleCases[UserInput]{
		"somebody stands behind it":                    {UserInput{New: testkit.User("ann", "shop"), Author: Author{Known: true}}, nil},
		"nobody does":                                  {UserInput{New: testkit.User("ann", "shop"), Office: office()}, []string{refused}},
		"not even where there is no back office":       {UserInput{New: testkit.User("ann", "shop")}, []string{refused}},
		"a name is not enough: the stamp does not fit": {UserInput{New: testkit.User("ann", "shop"), Author: Author{Name: "lea", Judged: true}}, []string{refused}},
	}.run(t, Admitted[UserInput])
}
