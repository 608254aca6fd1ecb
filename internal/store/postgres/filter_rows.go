// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

type filter struct {
	Dimension text `json:"dimension"`
	Mode      text `json:"mode"`
	Access    text `json:"access"`
	Values    list `json:"filter_values"`
	Groups    list `json:"filter_groups"`
	Tags      list `json:"filter_tags"`
	Default   text `json:"default_value"`
}

func filtersOf(filters []store.Filter) []filter {
	return each(filters, func(f store.Filter) filter {
		return filter{
			Dimension: text(f.Dimension), Mode: text(f.Mode), Access: text(f.Access),
			Values: texts(f.Values), Groups: texts(f.Groups), Tags: texts(f.Tags), Default: text(f.Default),
		}
	})
}

// observedFilters returns nil for an empty list.
func observedFilters(filters []filter) []store.Filter {
	if len(filters) == 0 {
		return nil
	}
	return each(filters, func(f filter) store.Filter {
		return store.Filter{
			Dimension: string(f.Dimension), Mode: string(f.Mode), Access: string(f.Access),
			Values: stringsOf(f.Values), Groups: stringsOf(f.Groups), Tags: stringsOf(f.Tags), Default: string(f.Default),
		}
	})
}

// list is written as the text that is kept of it, and read as an array.
type list []text

// MarshalJSON implements [json.Marshaler].
func (l list) MarshalJSON() ([]byte, error) { return kept([]text(l)) }

// settings are written as the text that is kept of them, and read as an object.
type settings []store.Setting

// MarshalJSON implements [json.Marshaler]. The names of an object come sorted.
func (s settings) MarshalJSON() ([]byte, error) {
	object := make(map[string]text, len(s))
	for _, setting := range s {
		if _, err := text(setting.Name).MarshalText(); err != nil { // of names JSON would replace what is not valid
			return nil, err
		}
		object[setting.Name] = text(setting.Value)
	}
	return kept(object)
}

// UnmarshalJSON implements [json.Unmarshaler]. No settings are nil.
func (s *settings) UnmarshalJSON(document []byte) error {
	var object map[string]string
	if err := json.Unmarshal(document, &object); err != nil {
		return err
	}
	*s = nil
	for _, name := range slices.Sorted(maps.Keys(object)) {
		*s = append(*s, store.Setting{Name: name, Value: object[name]})
	}
	return nil
}

// kept is a JSON string that holds a value as JSON, in which no character is escaped that need not be.
func kept(value any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return json.Marshal(string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))))
}
