// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
)

func TestTheTimeIsThatOfTheDatabaseWhateverTheMachineSays(t *testing.T) {
	for sentence, ahead := range map[string]time.Duration{
		"a database that is right":                 0,
		"a database that is a year behind":         -365 * 24 * time.Hour,
		"a database that is three seconds ahead":   3 * time.Second,
		"a database that lives in another century": 100 * 365 * 24 * time.Hour,
	} {
		t.Run(sentence, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g, c := NewWithT(t), &databaseClock{}
				told := time.Now().Add(ahead).Round(0).UTC()
				c.set(told)
				g.Expect(c.now()).To(Equal(told))
				time.Sleep(29 * time.Second)
				g.Expect(c.now()).To(Equal(told.Add(29*time.Second)), "it goes on between two pings")

				again := told.Add(time.Minute)
				c.set(again)
				g.Expect(c.now()).To(Equal(again), "the last word is the database's, also where its clock jumps")
				c.set(told)
				g.Expect(c.now()).To(Equal(told), "or is set back")
			})
		})
	}
}

func TestTheTimeIsThatOfTheProcessUntilTheDatabaseHasTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, c := NewWithT(t), &databaseClock{}
		g.Expect(c.now()).To(BeTemporally("==", time.Now()))
		g.Expect(c.now().Location()).To(Equal(time.UTC))
	})
}
