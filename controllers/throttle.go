// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// changesPerSecond bounds how many passwords of a back office are changed in a second because they are due: a reset of all, or an interval that is
// new, makes that of all accounts at once, and neither the API server nor those who read the Secrets are to choke on it.
const changesPerSecond = 50

// throttle spaces such changes. The zero value is ready; it is safe for concurrent use.
type throttle struct {
	once    sync.Once
	limiter *rate.Limiter
}

// reserve returns 0 where a change may go ahead now, and otherwise when to ask again. It never blocks, and a refusal takes no place.
func (t *throttle) reserve() time.Duration {
	t.once.Do(func() { t.limiter = rate.NewLimiter(changesPerSecond, changesPerSecond) })
	r := t.limiter.Reserve()
	if d := r.Delay(); d > 0 {
		r.Cancel()
		return d
	}
	return 0
}
