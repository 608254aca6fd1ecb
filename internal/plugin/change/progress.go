// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package change

import (
	"fmt"
	"io"

	"github.com/schollz/progressbar/v3"

	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
)

// progress shows how many passwords have been replaced: a bar to people, and lines to files.
type progress struct {
	out   io.Writer
	bar   *progressbar.ProgressBar
	total int
	done  int
	// told is what the last line said.
	told int
}

// lines is how many there are at most, however many passwords.
const lines = 20

func newProgress(s *session.Session, total int) *progress {
	p := &progress{out: s.ErrOut, total: total}
	if session.IsTerminal(s.ErrOut) {
		p.bar = progressbar.NewOptions(max(total, 1),
			progressbar.OptionSetWriter(s.ErrOut), progressbar.OptionSetDescription("new passwords"), progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(false), progressbar.OptionSetWidth(30), progressbar.OptionUseANSICodes(true))
	}
	return p
}

// to shows that n are done.
func (p *progress) to(n int) {
	p.done = min(max(n, 0), p.total)
	switch {
	case p.bar != nil:
		_ = p.bar.Set(p.done) // it is shown as far as the terminal takes it
	case p.done == p.total, p.done >= p.told+max(p.total/lines, 1):
		p.told = p.done
		fmt.Fprintf(p.out, "new passwords: %d of %d\n", p.done, p.total)
	}
}

// next shows that one more is done; a nil one shows nothing.
func (p *progress) next() {
	if p != nil {
		p.to(p.done + 1)
	}
}

// end leaves the bar as it is.
func (p *progress) end() {
	if p != nil && p.bar != nil {
		_ = p.bar.Exit() // likewise
		fmt.Fprintln(p.out)
		p.bar = nil
	}
}
