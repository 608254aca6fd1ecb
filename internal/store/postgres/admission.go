// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import "github.com/backoffice-operator/backoffice-operator/internal/store"

// admission stands beside the row of a Put. What was read has none.
type admission struct {
	Actor text    `json:"actor"`
	Gives []text  `json:"gives"`
	Power []power `json:"power"`
}

type power struct {
	Rank     int32  `json:"rank"`
	Families []text `json:"families"`
}

// need is also what the column protection holds.
type need struct {
	Family text  `json:"family"`
	Rank   int32 `json:"rank"`
}

func admissionOf(a store.Admission) admission {
	return admission{
		Actor: text(a.Actor), Gives: texts(a.Gives),
		Power: each(a.Power, func(p store.Power) power { return power{p.Rank, texts(p.Families)} }),
	}
}

func needsOf(list []store.Need) []need {
	return each(list, func(n store.Need) need { return need{text(n.Family), n.Rank} })
}
