// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential

import "iter"

// counts knows how many texts there are of some classes of characters.
type counts struct {
	classes []class
	// of[i][n] is the number of texts of n characters from the classes from the i-th on that have each class's minimum. The greatest is
	// 94^128 < 10^253, which a float64 holds.
	of [][]float64
}

// count counts the texts of up to n characters, in some n² steps for each class.
func count(classes []class, n int) counts {
	c := counts{classes: classes, of: make([][]float64, len(classes)+1)}
	c.of[len(classes)] = make([]float64, n+1)
	c.of[len(classes)][0] = 1 // of no class there is the empty text alone
	for i := len(classes) - 1; i >= 0; i-- {
		c.of[i] = make([]float64, n+1)
		for m := range c.of[i] {
			for _, texts := range c.with(i, m) {
				c.of[i][m] += texts
			}
		}
	}
	return c
}

// total is the number of texts of n characters from all classes.
func (c counts) total() float64 { return c.of[0][len(c.of[0])-1] }

// with is the number of texts of n characters from the classes from the i-th on, by the number k of characters of the i-th: the places for
// these, what stands there, and what stands at the n-k other places. Numbers below 2^53 are exact.
func (c counts) with(i, n int) iter.Seq2[int, float64] {
	return func(yield func(k int, texts float64) bool) {
		texts := 1.0
		for k := range n + 1 {
			if k >= c.classes[i].min && !yield(k, texts*c.of[i+1][n-k]) {
				return
			}
			texts = texts * float64(n-k) / float64(k+1) * float64(len(c.classes[i].alphabet))
		}
	}
}
