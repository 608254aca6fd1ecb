// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package list

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// units are the times from now that have more than hours.
var units = map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour}

// mostDays bounds what is counted from now: a hundred years.
const mostDays = 36500

// moment is a moment as people write it: RFC 3339, a date, or a time from now.
func moment(text string, now time.Time) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	if d, err := fromNow(text); err == nil && d > 0 {
		return now.Add(d), nil
	}
	return time.Time{}, fmt.Errorf("must be a moment such as 2026-12-31T18:00:00Z, a date such as 2026-12-31, or a time from now such as 30d or 72h, not %q", text)
}

func fromNow(text string) (time.Duration, error) {
	for suffix, unit := range units {
		number, found := strings.CutSuffix(text, suffix)
		if !found {
			continue
		}
		n, err := strconv.Atoi(number)
		if err != nil || time.Duration(n) > mostDays*units["d"]/unit {
			return 0, strconv.ErrRange
		}
		return time.Duration(n) * unit, nil
	}
	return time.ParseDuration(text)
}
