// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// SettingsKnown demands that a user has only settings of a back office that lists them, and only values which they may have for accounts of its
// type. A value that the back office does not know is not repeated: nobody knows what it is.
func SettingsKnown(in UserInput) []Violation {
	if in.Office == nil || len(in.Office.Spec.Settings) == 0 {
		return nil
	}
	settings := make(map[string]v1alpha1.Setting, len(in.Office.Spec.Settings))
	for _, s := range in.Office.Spec.Settings {
		settings[s.Name] = s
	}
	var violations []Violation
	for _, name := range slices.Sorted(maps.Keys(in.New.Spec.Settings)) {
		value := string(in.New.Spec.Settings[name])
		message := in.unknownSetting(name)
		if setting, known := settings[name]; known {
			message = in.wrongValue(setting, value)
		}
		if message == "" {
			continue
		}
		violations = append(violations, Violation{
			Severity: Refuse, Reason: v1alpha1.ReasonSettingUnknown, Field: field.NewPath("spec", "settings").Key(name),
			Kind: field.ErrorTypeNotSupported, Message: message, about: []string{name + " " + value + " " + string(in.New.EffectiveAccountType())},
		})
	}
	return violations
}

func (in UserInput) unknownSetting(name string) string {
	var names []string
	for _, s := range in.Office.Spec.Settings {
		names = append(names, s.Name)
	}
	return unknownName(name, names, partOf(in.Office, "settings"))
}

// wrongValue says why a setting may not have a value; empty where it may.
func (in UserInput) wrongValue(s v1alpha1.Setting, value string) string {
	var permitted []string
	for _, v := range s.Values {
		mayHave := len(v.AccountTypes) == 0 || slices.Contains(v.AccountTypes, in.New.EffectiveAccountType())
		switch {
		case mayHave && v.Value == value:
			return ""
		case mayHave:
			permitted = append(permitted, fmt.Sprintf("%q", v.Value))
		case v.Value == value:
			return fmt.Sprintf("%q is for accounts of type %s, and this one is of type %s (%s)",
				value, typesText(v.AccountTypes), in.New.EffectiveAccountType(), partOf(in.Office, "settings"))
		}
	}
	switch {
	case len(s.Values) == 0:
		return ""
	case len(permitted) == 0:
		return fmt.Sprintf("no value is for accounts of type %s: remove the setting (%s)", in.New.EffectiveAccountType(), partOf(in.Office, "settings"))
	}
	return fmt.Sprintf("must be one of %s (%s)", listed(permitted), partOf(in.Office, "settings"))
}

// typesText joins account types.
func typesText(types []v1alpha1.AccountType) string {
	names := make([]string, 0, len(types))
	for _, t := range types {
		names = append(names, string(t))
	}
	return strings.Join(names, ", ")
}
