// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

// delegation is the one that a refusal proposes. What is empty is left out.
type delegation struct {
	rank                                *int32 // nil for any
	permissions, families, accountTypes []string
	filters                             []access.Filter
}

func delegationFor(n Need) delegation {
	d := delegation{rank: &n.Rank}
	if n.Family != "" {
		d.families = []string{n.Family}
	}
	return d
}

// delegation writes a delegation to the actor, as an entry of spec.rank.delegations.
func (a Actor) delegation(d delegation) string {
	rank := "<number>"
	if d.rank != nil {
		rank = fmt.Sprint(*d.rank)
	}
	fields := []string{"subjects: [" + a.subject() + "]", "rank: " + rank}
	for _, list := range []struct {
		name   string
		values []string
	}{{"permissions", d.permissions}, {"families", d.families}, {"accountTypes", d.accountTypes}} {
		if len(list.values) > 0 {
			fields = append(fields, fmt.Sprintf("%s: [%s]", list.name, yamlList(list.values)))
		}
	}
	if len(d.filters) > 0 {
		var filters []string
		for _, f := range d.filters {
			filters = append(filters, yamlFilter(f))
		}
		fields = append(fields, "filters: ["+strings.Join(filters, ", ")+"]")
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

// yamlFilter writes a filter of a delegation.
func yamlFilter(f access.Filter) string {
	fields := []string{"dimension: " + yamlText(f.Dimension), "mode: " + string(f.Mode)}
	if f.ReadOnly {
		fields = append(fields, "access: ReadOnly")
	}
	for _, list := range []struct {
		name   string
		values []string
	}{{"values", f.Values}, {"groups", f.Groups}, {"tags", f.Tags}} {
		if len(list.values) > 0 {
			fields = append(fields, fmt.Sprintf("%s: [%s]", list.name, yamlList(list.values)))
		}
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

const serviceAccountPrefix = "system:serviceaccount:"

// subject is the actor as a subject of a delegation.
func (a Actor) subject() string {
	if rest, ok := strings.CutPrefix(a.Name, serviceAccountPrefix); ok {
		if namespace, name, ok := strings.Cut(rest, ":"); ok {
			return fmt.Sprintf("{kind: ServiceAccount, namespace: %s, name: %s}", yamlText(namespace), yamlText(name))
		}
	}
	return fmt.Sprintf("{kind: User, name: %s}", yamlText(a.Name))
}

// yamlList writes values between the brackets of a list; of many only the first ones.
func yamlList(values []string) string {
	var texts []string
	for _, value := range values[:min(len(values), maxListed)] {
		texts = append(texts, yamlText(value))
	}
	if len(values) > maxListed {
		texts = append(texts, "…")
	}
	return strings.Join(texts, ", ")
}

// plainYAML are the texts that are themselves in YAML, within brackets too, but for a few words.
var (
	plainYAML = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_@./-]*$`)
	yamlWords = []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
)

// yamlText writes a text so that YAML reads that text, whatever is in it: who asks has chosen it.
func yamlText(text string) string {
	if plainYAML.MatchString(text) && !slices.Contains(yamlWords, strings.ToLower(text)) {
		return text
	}
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // a text
	}
	return string(quoted)
}
