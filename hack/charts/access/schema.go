// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"sigs.k8s.io/yaml"
)

// object is a JSON object.
type object = map[string]any

// kind is one of our kinds, as values have it.
type kind struct {
	// crd is the plural of the CRD, values the map of its objects, and one its defaults and its definition.
	crd, values, one string
	// about is what people read about the map.
	about string
}

var kinds = []kind{
	{"backoffices", "backOffices", "backOffice", "Back offices by name. An entry holds the fields of spec of a BackOffice."},
	{"permissionsets", "permissionSets", "permissionSet", "Permission sets by name. An entry holds the fields of spec of a PermissionSet."},
	{"rolebindings", "roleBindings", "roleBinding", "Role bindings by name. An entry holds the fields of spec of a RoleBinding."},
	{"backofficeusers", "users", "user", "Users by name. An entry holds the fields of spec of a BackOfficeUser."},
}

// secretNames matches names of values under which somebody would write a password. None of our fields has such a name.
const secretNames = `[Pp]ass(word|wd|phrase|code)|PASS(WORD|WD)|^([Pp]wd|[Ss]ecret|[Tt]oken|[Uu]ri|[Uu]rl|[Dd]sn)$` //nolint:gosec // G101: it looks for such names

// wayOut stands in the refusal of such a name: Helm says that the value must be this. It does not repeat what was written.
const wayOut = "left out: values are kept in Git and in the release, so no password and no URL of a store may stand in them; " +
	"put it into a Secret with the label access.backoffice-operator.io/secret=password (for the URL of a store: store-url), " +
	"and name that in credentials {source: SecretRef, secretRef: {name: …}}, or in store.postgres.urlSecretRef"

// nameRule stands in the refusal of a name that Kubernetes does not take.
const nameRule = "under another name: of lower-case letters, digits, - and ., with a letter or digit at both ends (a login may differ: login)"

// valuesSchema is the JSON schema of the chart's values, from the CRDs in a directory.
func valuesSchema(crds string) (object, error) {
	definitions, fields := object{}, object{}
	defaults := object{"labels": texts("Labels of every object."), "annotations": texts("Annotations of every object.")}
	for _, k := range kinds {
		spec, err := specOf(filepath.Join(crds, "access.backoffice-operator.io_"+k.crd+".yaml"))
		if err != nil {
			return nil, err
		}
		definition, err := merged(spec)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k.crd, err)
		}
		definitions[k.one] = entry(k, definition)
		fields[k.values] = object{
			"description":          k.about + " null removes the one of an earlier values file.",
			"type":                 "object",
			"patternProperties":    object{`[^-.a-z0-9]|^[-.]|[-.]$`: object{"const": nameRule}},
			"additionalProperties": object{"$ref": "#/definitions/" + k.one},
		}
		defaults[k.one] = object{"$ref": "#/definitions/" + k.one}
		if k.one == "user" {
			defaults["backOfficeRef"] = definition["properties"].(object)["backOfficeRef"]
		}
	}
	fields["defaults"] = closed("What holds for all objects, or for all of a kind, where they do not say otherwise.", defaults)
	fields["argocd"] = closed("What Argo CD reads.", object{"syncWaves": object{
		"description": "Annotates the objects with sync waves. The operator does not need them.", "type": "boolean",
	}})
	fields["global"] = object{"description": "Values of a parent chart; not read.", "type": []any{"object", "null"}}
	schema := closed("Back offices, permission sets, role bindings and users.", fields)
	schema["$schema"], schema["title"], schema["type"], schema["definitions"] = "http://json-schema.org/draft-07/schema#", "Values", "object", definitions
	return schema, nil
}

// entry adds to the fields of spec what values have besides.
func entry(k kind, definition object) object {
	fields := definition["properties"].(object)
	fields["labels"], fields["annotations"] = texts("Labels of the object."), texts("Annotations of the object.")
	if k.one == "user" {
		fields["roleBindings"] = object{
			"description": "Bindings among roleBindings of these values to whose subjects the user is added.",
			"type":        []any{"array", "null"}, "uniqueItems": true, "items": object{"type": "string"},
		}
	}
	definition["description"] = k.about
	return definition
}

// specOf returns the schema of spec in a CRD's only version.
func specOf(path string) (object, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var crd struct {
		Spec struct {
			Versions []struct {
				Schema struct {
					OpenAPIV3Schema struct {
						Properties struct {
							Spec object `json:"spec"`
						} `json:"properties"`
					} `json:"openAPIV3Schema"`
				} `json:"schema"`
			} `json:"versions"`
		} `json:"spec"`
	}
	if err := yaml.Unmarshal(content, &crd); err != nil {
		return nil, err
	}
	if n := len(crd.Spec.Versions); n != 1 {
		return nil, fmt.Errorf("%s: has %d versions; decide which one values are of", path, n)
	}
	return crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties.Spec, nil
}

// merged converts the schema of a map that is merged from defaults and several values files: any of its fields may lack in one of them, and null
// takes away what an earlier one has.
func merged(schema object) (object, error) {
	out, err := plain(schema, merged)
	if err != nil {
		return nil, err
	}
	delete(out, "required")
	out["type"] = []any{schema["type"], "null"}
	if values, isEnum := schema["enum"].([]any); isEnum {
		out["enum"] = append(slices.Clone(values), nil)
	}
	return out, nil
}

// listed converts the schema of what stands in a list, which is replaced as a whole.
func listed(schema object) (object, error) { return plain(schema, listed) }

// copied are the words that a CRD's schema has in common with JSON schema.
var copied = []string{"type", "description", "enum", "pattern", "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "required"}

// plain converts a schema, and those of its fields by another function.
func plain(schema object, field func(object) (object, error)) (_ object, err error) {
	out := object{}
	for _, word := range copied {
		if value, has := schema[word]; has {
			out[word] = value
		}
	}
	if schema["format"] == "date-time" {
		out["format"] = schema["format"]
	}
	if kind := schema["x-kubernetes-list-type"]; kind == "set" {
		out["uniqueItems"] = true
	}
	if items, has := schema["items"].(object); has {
		if out["items"], err = listed(items); err != nil {
			return nil, err
		}
	}
	if values, has := schema["additionalProperties"].(object); has {
		if out["additionalProperties"], err = field(values); err != nil {
			return nil, err
		}
		out["patternProperties"] = refusal()
	}
	if properties, has := schema["properties"].(object); has {
		if properties, err = all(properties, field); err != nil {
			return nil, err
		}
		maps.Copy(out, closed("", properties))
	}
	return out, nil
}

// all converts the schemas of fields.
func all(properties object, field func(object) (object, error)) (object, error) {
	out := object{}
	for name, property := range properties {
		if secretName.MatchString(name) {
			return nil, fmt.Errorf("field %s has a name that is refused as that of a password: change secretNames", name)
		}
		converted, err := field(property.(object))
		if err != nil {
			return nil, err
		}
		if name == "profile" {
			silence(converted)
		}
		out[name] = converted
	}
	return out, nil
}

var secretName = regexp.MustCompile(secretNames)

// silence leaves out patterns, whose refusal repeats the value: personal data may stand in no output. The API server's own does not.
func silence(profile object) {
	for _, field := range profile["properties"].(object) {
		delete(field.(object), "pattern")
		delete(field.(object), "format")
	}
}

// closed is the schema of an object with these fields and no others.
func closed(about string, properties object) object {
	out := object{"properties": properties, "additionalProperties": false, "patternProperties": refusal()}
	if about != "" {
		out["description"], out["type"] = about, "object"
	}
	return out
}

// refusal refuses names under which somebody would write a password, with the way out.
func refusal() object { return object{secretNames: object{"const": wayOut}} }

// texts is the schema of labels and annotations.
func texts(about string) object {
	return object{"description": about, "type": []any{"object", "null"}, "additionalProperties": object{"type": []any{"string", "null"}}}
}
