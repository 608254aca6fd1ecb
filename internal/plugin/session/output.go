// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package session

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"
)

// The formats of output that commands have in common.
const (
	Table = "table"
	Wide  = "wide"
	JSON  = "json"
	YAML  = "yaml"
	Name  = "name"
)

// Output is the flag --output.
type Output struct {
	// Format is one of those that the command has.
	Format  string
	formats []string
}

// AddTo gives a command the flag, with these formats, of which the first is the default.
func (o *Output) AddTo(cmd *cobra.Command, formats ...string) {
	o.Format, o.formats = formats[0], formats
	cmd.Flags().StringVarP(&o.Format, "output", "o", o.Format, "Output format: "+strings.Join(formats, ", ")+".")
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp)) // it fails for unknown flags
}

// Validate refuses formats that the command does not have.
func (o *Output) Validate(cmd *cobra.Command) error {
	if !slices.Contains(o.formats, o.Format) {
		return UsageError(cmd, "unknown output format %q, use one of %s", o.Format, strings.Join(o.formats, ", "))
	}
	return nil
}

// Encode writes a value as JSON or YAML, and tells whether that was asked for.
func (o *Output) Encode(w io.Writer, value any) (done bool, err error) {
	switch o.Format {
	case JSON:
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "    ")
		encoder.SetEscapeHTML(false)
		return true, encoder.Encode(value)
	case YAML:
		text, err := yaml.Marshal(value)
		if err == nil {
			_, err = fmt.Fprint(w, string(text))
		}
		return true, err
	}
	return false, nil
}
