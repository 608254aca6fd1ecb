// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

const (
	// filterColumns make columns of the JSON of filterRows.
	filterColumns = `value ->> 'Dimension', value ->> 'Mode', value ->> 'Access', value ->> 'Values', value ->> 'Groups', value ->> 'Tags',
		value ->> 'Default'`
	// filterObject is the inverse, for the row f. Lists are kept as text, whatever is in them.
	filterObject = `json_object(
		'Dimension', f.dimension, 'Mode', f.mode, 'Access', f.access, 'Values', f.filter_values, 'Groups', f.filter_groups, 'Tags', f.filter_tags,
		'Default', f.default_value)`
)

// filterRow is a [store.Filter] as it is stored: lists are the text of JSON arrays.
type filterRow struct {
	Dimension, Mode, Access string
	Values, Groups, Tags    string
	Default                 string
}

// filterRows is what is stored of filters.
func filterRows(filters []store.Filter) string {
	rows := make([]filterRow, len(filters))
	for i, f := range filters {
		rows[i] = filterRow{f.Dimension, f.Mode, f.Access, list(f.Values), list(f.Groups), list(f.Tags), f.Default}
	}
	return list(rows)
}

// filtersOf scans filters.
type filtersOf struct{ filters *[]store.Filter }

// Scan implements [sql.Scanner].
func (t filtersOf) Scan(value any) error {
	var rows []filterRow
	if err := listOf(&rows).Scan(value); err != nil {
		return err
	}
	for _, r := range rows {
		*t.filters = append(*t.filters, store.Filter{
			Dimension: r.Dimension, Mode: r.Mode, Access: r.Access, Values: textsIn(r.Values), Groups: textsIn(r.Groups), Tags: textsIn(r.Tags),
			Default: r.Default,
		})
	}
	return nil
}

// unreadable stands for what somebody else has written where texts should be: no record has it, so that what is wanted is written anew.
const unreadable = "\x00"

// textsIn are the texts of a JSON array.
func textsIn(array string) []string {
	var texts []string
	if err := json.Unmarshal([]byte(array), &texts); err != nil {
		return []string{unreadable}
	}
	if len(texts) == 0 {
		return nil
	}
	return texts
}

// textsOfColumn scans a JSON array of texts.
type textsOfColumn struct{ texts *[]string }

// Scan implements [sql.Scanner].
func (t textsOfColumn) Scan(value any) error {
	array, ok := value.(string)
	if !ok {
		return fmt.Errorf("a list that is a %T", value)
	}
	*t.texts = textsIn(array)
	return nil
}

// settingsObject is what is stored of settings: a JSON object, sorted by name.
func settingsObject(settings []store.Setting) string {
	object := make(map[string]string, len(settings))
	for _, s := range settings {
		object[s.Name] = s.Value
	}
	return jsonOf(object)
}

// settingsOf scans settings.
type settingsOf struct{ settings *[]store.Setting }

// Scan implements [sql.Scanner].
func (t settingsOf) Scan(value any) error {
	text, ok := value.(string)
	if !ok {
		return fmt.Errorf("an object that is a %T", value)
	}
	var object map[string]string
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		object = map[string]string{unreadable: ""}
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		*t.settings = append(*t.settings, store.Setting{Name: name, Value: object[name]})
	}
	return nil
}
