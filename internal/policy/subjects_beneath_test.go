// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestSubjectsBeneath(t *testing.T) {
	b := testkit.Binding("b", "shop")
	ruleCases[BindingInput]{
		"nobody": {BindingInput{New: b}, nil},
		"two of them": {BindingInput{New: b, Beneath: []Beneath{{"ann", "lea"}, {"bob", argo}}}, []string{
			`Warn NotAuthorized spec: Forbidden: these users were last changed by somebody who may not hand out this set; make sure that they are who you think: ann (by "lea"), bob (by "system:serviceaccount:argocd:controller")`,
		}},
	}.run(t, SubjectsBeneath)

	var many []Beneath
	for i := range 100 {
		many = append(many, Beneath{fmt.Sprint("u", i), "lea"})
	}
	warned := SubjectsBeneath(BindingInput{New: b, Beneath: many})
	NewWithT(t).Expect(warned[0].Message).To(HaveSuffix(`u9 (by "lea") and 90 more`))
}
