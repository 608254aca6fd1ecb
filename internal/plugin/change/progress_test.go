// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package change

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
)

func TestProgressInLines(t *testing.T) {
	for sentence, c := range map[string]struct {
		total int
		want  int
	}{"of nobody": {0, 1}, "of one": {1, 1}, "of a few, one by one": {7, 7}, "of many, now and then": {1000, lines}} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			streams, _, _, errs := genericiooptions.NewTestIOStreams()
			p := newProgress(&session.Session{IOStreams: streams}, c.total)
			for range max(c.total, 1) {
				p.next()
			}
			p.end()
			said := strings.Split(strings.TrimSpace(errs.String()), "\n")
			g.Expect(said).To(HaveLen(c.want))
			g.Expect(said[len(said)-1]).To(MatchRegexp(`^new passwords: (\d+) of (\d+)$`))
		})
	}
}
