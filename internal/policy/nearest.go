// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

// nearest returns the candidate with the least edit distance to a name, the first of several; "" where none is near: a suggestion that
// has a third of the letters wrong, or more than eight, helps nobody.
func nearest(name string, candidates []string) string {
	best, match := min(len(name)/3+1, 8)+1, ""
	for _, candidate := range candidates {
		if d := editDistance(name, candidate, best); d < best {
			best, match = d, candidate
		}
	}
	return match
}

// editDistance counts the bytes to insert, delete or replace, up to limit. It looks only at the cells of the table that can stay below
// limit, those near the diagonal: a long name costs no more than a short one.
func editDistance(a, b string, limit int) int {
	if max(len(a), len(b))-min(len(a), len(b)) >= limit {
		return limit
	}
	row := make([]int, len(b)+1) // of the distances of a[:i] to b[:j]
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		first, end := max(0, i-limit), min(len(b), i+limit+1)
		diagonal := row[first]
		row[first] = limit
		if first == 0 {
			row[0] = i + 1
		}
		least := row[first]
		for j := first; j < end; j++ {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, diagonal+1, row[j]+1)
			least = min(least, row[j+1])
		}
		if least >= limit {
			return limit
		}
	}
	return min(row[len(b)], limit)
}
