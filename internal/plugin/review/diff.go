// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package review

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
)

// Diff is the command diff.
func Diff(s *session.Session) *cobra.Command {
	o := &options{Session: s}
	cmd := &cobra.Command{
		Use:   "diff -f DIR",
		Short: "Tell who would gain and lose what by manifests",
		Long: `Tell who would gain and lose what by manifests.

The manifests are judged as lint does it, and what each user has before is compared with what it has after: accounts that come and go, permissions with
their levels and data, ranks, windows, addresses. Users who change alike are told together. Which fields of which objects change is for kubectl diff.
Of a profile the names of changed fields are told, and not what they hold.

What would be refused is told first, and counts as if it were not there. Nothing is written.

It ends with status 0 if nothing changes, 1 if something does, and 2 if something would be refused or could not be judged.`,
		Example: `  # Whose access changes when these manifests are applied
  kubectl backoffice diff -f config/samples/orders

  # For a pull request: the branch against the main branch, without a cluster, as Markdown
  git worktree add /tmp/main main
  kubectl backoffice diff -f config/samples/orders --base /tmp/main/config/samples/orders -o markdown

  # What goes when Argo CD prunes what is not in Git any more
  kubectl backoffice diff -k config/samples/orders --prune -l argocd.argoproj.io/instance=orders`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.validate(cmd); err != nil {
				return o.failed(err)
			}
			d, err := o.differences(cmd.Context())
			if err == nil {
				err = o.printDifferences(d)
			}
			switch {
			case err != nil:
				return o.failed(err)
			case len(d.Refused) > 0:
				return session.Exit(exitFailed)
			case len(d.Changes) > 0:
				return session.Exit(exitFound)
			}
			return nil
		},
	}
	o.addTo(cmd)
	o.output.AddTo(cmd, session.Table, session.JSON, session.YAML, markdown)
	return cmd
}

// differences are what diff prints.
type differences struct {
	// Refused are the findings of lint by which objects would be refused.
	Refused []finding `json:"refused,omitempty"`
	Changes []change  `json:"changes"`
	Notes   []string  `json:"notes,omitempty"`
	// Unchanged counts users who were looked at and have what they had.
	Unchanged int `json:"unchanged"`
}

func (o *options) differences(ctx context.Context) (differences, error) {
	d := differences{Changes: []change{}}
	j, err := o.begin(ctx)
	if err != nil {
		return d, err
	}
	before := j.world.Clone()
	verdicts, err := j.judge(ctx)
	if err != nil {
		return d, err
	}
	for _, f := range reportOf(j, verdicts).Findings {
		if f.Severity == refused {
			d.Refused = append(d.Refused, f)
		}
	}
	r, err := reachOf(ctx, j, before, verdicts)
	if err != nil {
		return d, err
	}
	was, err := r.states(ctx, before, o.Clock)
	if err != nil {
		return d, err
	}
	is, err := r.states(ctx, j.world, o.Clock)
	if err != nil {
		return d, err
	}
	if changes, unchanged := changesOf(was, is); len(changes) > 0 {
		d.Changes, d.Unchanged = changes, unchanged
	} else {
		d.Unchanged = unchanged
	}
	d.Notes = j.notes.all
	return d, nil
}

func (o *options) printDifferences(d differences) error {
	if done, err := o.output.Encode(o.Out, d); done || err != nil {
		return err
	}
	for _, note := range d.Notes {
		fmt.Fprintln(o.ErrOut, "Note:", session.Printable(note))
	}
	if o.output.Format == markdown {
		d.markdown(o.Out)
	} else {
		d.text(o.Out)
	}
	return nil
}

func (d differences) text(w io.Writer) {
	for _, f := range d.Refused {
		fmt.Fprintln(w, session.Printable(strings.TrimSpace("would be refused: "+f.place()+" "+f.object())+": "+f.text()))
	}
	for _, c := range d.Changes {
		fmt.Fprintln(w, session.Printable(c.title()))
		for _, line := range c.lines() {
			fmt.Fprintln(w, "  "+session.Printable(line))
		}
	}
	fmt.Fprintln(w, d.sentence())
}

// markdown is for a pull request: what changes for many is folded.
func (d differences) markdown(w io.Writer) {
	fmt.Fprintf(w, "**Access**: %s\n", escaped(d.sentence()))
	if len(d.Refused) > 0 {
		fmt.Fprint(w, "\n| Would be refused | Object | Why |\n|---|---|---|\n")
		for _, f := range d.Refused {
			fmt.Fprintf(w, "| %s | %s | %s |\n", escaped(f.place()), escaped(f.object()), escaped(f.text()))
		}
	}
	for _, c := range d.Changes {
		fmt.Fprintf(w, "\n<details><summary>%s</summary>\n\n", escaped(c.title()))
		if len(c.Users) > maxNames {
			fmt.Fprintf(w, "Users: %s\n\n", escaped(strings.Join(c.Users, ", ")))
		}
		fmt.Fprint(w, "| | |\n|---|---|\n")
		for _, line := range c.lines() {
			sign, text, found := strings.Cut(line, " ")
			if !found || len(sign) != 1 {
				sign, text = "", line
			}
			fmt.Fprintf(w, "| %s | %s |\n", map[string]string{"+": "gains", "-": "loses", "~": "altered"}[sign], escaped(text))
		}
		fmt.Fprint(w, "\n</details>\n")
	}
}

// maxNames bounds the users who are named in a line.
const maxNames = 10

// title says who it is about.
func (c change) title() string {
	name := c.Namespace + "/" + c.Users[0]
	if len(c.Users) > 1 {
		listed := strings.Join(c.Users[:min(len(c.Users), maxNames)], ", ")
		if more := len(c.Users) - maxNames; more > 0 {
			listed += fmt.Sprintf(" and %d more", more)
		}
		name = fmt.Sprintf("%d users of %s", len(c.Users), c.Namespace)
		if c.Binding != "" {
			name = fmt.Sprintf("%d users of binding %s/%s", len(c.Users), c.Namespace, c.Binding)
		}
		name += " (" + listed + ")"
	}
	return name + map[string]string{accountNew: ": new", accountGone: ": gone"}[c.Account]
}

// lines say what changes: + is gained, - is lost, and ~ is altered.
func (c change) lines() []string {
	lines := slices.Clone(c.Details)
	for _, p := range c.Gains {
		lines = append(lines, "+ "+p.text(", before "))
	}
	for _, p := range c.Loses {
		lines = append(lines, "- "+p.text(", keeps "))
	}
	for _, p := range c.Altered {
		was := permission{Path: p.Path, Level: p.Level, Data: p.DataBefore, Until: p.UntilBefore}
		lines = append(lines, "~ "+was.text("")+" -> "+p.text(""))
	}
	return lines
}

// text is a permission as a person reads it; the other side's level comes after joint.
func (p permission) text(joint string) string {
	text := p.Path + " " + p.Level
	if len(p.Data) > 0 {
		text += " on " + strings.Join(p.Data, " or ")
	}
	if p.Until != "" {
		text += " until " + p.Until
	}
	if p.Before != "" {
		text += joint + p.Before
	}
	return text
}

// sentence sums it up.
func (d differences) sentence() string {
	counts, logIn := map[string]int{}, map[string]int{}
	gain, lose := 0, 0
	for _, c := range d.Changes {
		counts[c.Account] += len(c.Users)
		logIn[c.LogIn] += len(c.Users)
		if len(c.Gains) > 0 {
			gain += len(c.Users)
		}
		if len(c.Loses) > 0 {
			lose += len(c.Users)
		}
	}
	if len(d.Changes) == 0 {
		return withRefused("nobody's access changes", len(d.Refused))
	}
	accounts := listed([]count{{counts[accountNew], "new"}, {counts[accountGone], "gone"}, {counts[accountChanged], "changed"}, {d.Unchanged, "unchanged"}})
	access := listed([]count{
		{gain, "gaining permissions"}, {lose, "losing permissions"}, {logIn[gained], "able to log in now"}, {logIn[lost], "no longer able to log in"},
	})
	return withRefused(strings.TrimSuffix("accounts: "+accounts+"; "+access, "; "), len(d.Refused))
}

// count is how many of something there are.
type count struct {
	n    int
	what string
}

// listed are the counts of what there is.
func listed(counts []count) string {
	var parts []string
	for _, c := range counts {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	return strings.Join(parts, ", ")
}

func withRefused(text string, refusals int) string {
	if refusals == 0 {
		return text
	}
	return fmt.Sprintf("%s; %s", text, counted(refusals, "refusal"))
}
