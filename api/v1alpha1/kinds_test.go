// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/yaml"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

const (
	crds  = "../../config/crd/bases"
	pages = "../../docs/kinds"
)

var (
	fieldRow    = regexp.MustCompile("(?m)^\\| `((?:spec|status)\\.[^`]*)` \\| (.*?) \\| (.*) \\|$")
	reasonRow   = regexp.MustCompile("(?m)^\\| `([A-Z][A-Za-z]+)` \\|")
	reasonTable = regexp.MustCompile(`(?s)\n\| Reason \|.*?\n\n`)
	constant    = regexp.MustCompile(`(?m)^\s*(?:const )?(Reason|Condition|Annotation)[A-Za-z]+\s+= "([^"]+)"`)
	example     = regexp.MustCompile("(?s)```yaml\n(.*?)```")
)

// definition is as much of a CustomResourceDefinition as its page tells.
type definition struct {
	Spec struct {
		Names    struct{ Kind, Singular string }
		Versions []struct {
			Schema                   struct{ OpenAPIV3Schema schema }
			AdditionalPrinterColumns []struct{ Name string }
			SelectableFields         []struct{ JSONPath string }
		}
	}
}

// schema is a field of a definition.
type schema struct {
	Type, Format, Pattern, Description string
	Required                           []string
	Enum                               []string
	MinLength, MaxLength               *int64
	MinItems, MaxItems                 *int64
	MinProperties, MaxProperties       *int64
	Minimum, Maximum                   *int64
	Properties                         map[string]schema
	Items, AdditionalProperties        *schema
	XValidations                       []struct{ Message, MessageExpression string } `json:"x-kubernetes-validations"`
}

// pageOf reads the page of a kind.
func pageOf(g *WithT, name string) string {
	text, err := os.ReadFile(filepath.Join(pages, name+".md"))
	g.Expect(err).NotTo(HaveOccurred())
	return string(text)
}

// constantsOf are the values of the constants of one kind, as a file of this package declares them.
func constantsOf(g *WithT, file, kind string) (values []string) {
	text, err := os.ReadFile(filepath.Clean(file))
	g.Expect(err).NotTo(HaveOccurred())
	for _, match := range constant.FindAllStringSubmatch(string(text), -1) {
		if match[1] == kind {
			values = append(values, match[2])
		}
	}
	g.Expect(values).NotTo(BeEmpty())
	return values
}

// definitions are our kinds as the API server knows them.
func definitions(g *WithT) (all []definition) {
	files, err := filepath.Glob(filepath.Join(crds, "*.yaml"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(files).To(HaveLen(4))
	for _, file := range files {
		text, err := os.ReadFile(filepath.Clean(file))
		g.Expect(err).NotTo(HaveOccurred())
		var crd definition
		g.Expect(yaml.Unmarshal(text, &crd)).To(Succeed(), file)
		all = append(all, crd)
	}
	return all
}

// property is a field of a schema with what a page has to say of it.
type property struct {
	limits, description string
}

// propertiesOf are the fields below a schema by path, such as spec.filters[].mode. What Kubernetes describes itself has no fields of its own.
func propertiesOf(of schema, path string) map[string]property {
	all := map[string]property{}
	for name, p := range of.Properties {
		here := path + "." + name
		limits := limitsOf(p)
		if slices.Contains(of.Required, name) {
			limits = "required " + limits
		}
		all[here] = property{limits, p.Description}
		switch {
		case name == "conditions" || name == "selector":
		case p.Type == "array":
			maps.Copy(all, propertiesOf(*p.Items, here+"[]"))
		default:
			maps.Copy(all, propertiesOf(p, here))
		}
	}
	return all
}

// limitsOf are type and limits of a field, as its row says them.
func limitsOf(p schema) string {
	switch {
	case len(p.Enum) > 0:
		var values []string
		for _, value := range p.Enum {
			values = append(values, "`"+value+"`")
		}
		return "one of " + strings.Join(values, ", ")
	case p.Format == "date-time":
		return "time by RFC 3339"
	case p.Type == "string":
		text := "string" + between(p.MinLength, p.MaxLength, "characters")
		if p.Pattern != "" {
			text += ", `" + p.Pattern + "`"
		}
		return text
	case p.Type == "integer" && p.Maximum != nil:
		return fmt.Sprintf("number, %s to %s", thousands(*p.Minimum), thousands(*p.Maximum))
	case p.Type == "integer":
		return "number"
	case p.Type == "array":
		return "list" + between(p.MinItems, p.MaxItems, "entries") + each(*p.Items)
	case p.AdditionalProperties != nil:
		return "map" + between(p.MinProperties, p.MaxProperties, "entries") + each(*p.AdditionalProperties)
	}
	return p.Type
}

// of are the limits of the entries of a list or a map.
func each(entry schema) string {
	if entry.Type == "object" {
		return ""
	}
	return "; each " + limitsOf(entry)
}

func between(least, most *int64, what string) string {
	switch {
	case least != nil && most != nil:
		return fmt.Sprintf(", %s to %s %s", thousands(*least), thousands(*most), what)
	case most != nil:
		return fmt.Sprintf(", at most %s %s", thousands(*most), what)
	}
	return ""
}

func thousands(n int64) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}

// rulesOf are the sentences by which CEL refuses an object. One that is put together from the value has no text of its own.
func rulesOf(of schema) (messages []string) {
	for _, rule := range of.XValidations {
		if rule.MessageExpression == "" {
			messages = append(messages, rule.Message)
		}
	}
	for _, p := range of.Properties {
		messages = append(messages, rulesOf(p)...)
	}
	if of.Items != nil {
		messages = append(messages, rulesOf(*of.Items)...)
	}
	return messages
}

func TestEachKindHasAPageWithAllItsFields(t *testing.T) {
	everything := NewWithT(t)
	for _, crd := range definitions(everything) {
		t.Run(crd.Spec.Names.Kind, func(t *testing.T) {
			g := NewWithT(t)
			page := pageOf(g, crd.Spec.Names.Singular)
			version := crd.Spec.Versions[0]
			properties := propertiesOf(version.Schema.OpenAPIV3Schema, "")
			described := map[string]bool{}
			for _, row := range fieldRow.FindAllStringSubmatch(page, -1) {
				path, limits, text := "."+row[1], row[2], row[3]
				described[path] = true
				field, known := properties[path]
				g.Expect(known).To(BeTrue(), "there is no field %s", row[1])
				g.Expect(limits).To(Equal(field.limits), row[1])
				g.Expect(strings.TrimSpace(text)).NotTo(BeEmpty(), row[1])
				for _, word := range []string{"Absent:", "Immutable"} {
					if strings.Contains(field.description, word) {
						g.Expect(text).To(ContainSubstring(word), row[1])
					}
				}
			}
			for path, field := range properties {
				if strings.HasPrefix(path, ".spec.") || strings.HasPrefix(path, ".status.") {
					g.Expect(described).To(HaveKey(path), "| `%s` | %s | %s |", path[1:], field.limits, field.description)
				}
			}
			for _, column := range version.AdditionalPrinterColumns {
				g.Expect(page).To(ContainSubstring("`"+strings.ToUpper(column.Name)+"`"), "printer column")
			}
			for _, selectable := range version.SelectableFields {
				g.Expect(page).To(ContainSubstring("--field-selector="+selectable.JSONPath[1:]), "selectable field")
			}
		})
	}
}

func TestThePagesHaveEverySentenceByWhichTheSchemaRefuses(t *testing.T) {
	g := NewWithT(t)
	files, err := filepath.Glob(filepath.Join(pages, "*.md"))
	g.Expect(err).NotTo(HaveOccurred())
	var all string
	for _, file := range files {
		all += pageOf(g, strings.TrimSuffix(filepath.Base(file), ".md"))
	}
	for _, crd := range definitions(g) {
		for _, message := range rulesOf(crd.Spec.Versions[0].Schema.OpenAPIV3Schema) {
			g.Expect(all).To(ContainSubstring(message), crd.Spec.Names.Kind)
		}
	}
}

func TestThePagesHaveEveryReasonConditionAndAnnotation(t *testing.T) {
	g := NewWithT(t)
	index := pageOf(g, "README")
	reasons := constantsOf(g, "conditions.go", "Reason")
	rows := map[string]bool{}
	for _, crd := range definitions(g) {
		page := pageOf(g, crd.Spec.Names.Singular)
		g.Expect(index).To(ContainSubstring("("+crd.Spec.Names.Singular+".md)"), "the index has to name the page")
		for _, row := range reasonRow.FindAllStringSubmatch(reasonTable.FindString(page), -1) {
			rows[row[1]] = true
			g.Expect(reasons).To(ContainElement(row[1]), crd.Spec.Names.Kind)
		}
		for _, condition := range constantsOf(g, "conditions.go", "Condition") {
			if strings.Contains(conditionsOf(crd), condition) {
				g.Expect(page).To(ContainSubstring("`"+condition+"`"), crd.Spec.Names.Kind)
			}
		}
	}
	for _, reason := range reasons {
		g.Expect(rows).To(HaveKey(reason), "no page has a row for reason %s", reason)
	}
	for _, annotation := range constantsOf(g, "names.go", "Annotation") {
		if annotation != v1alpha1.AnnotationPrefix {
			g.Expect(index).To(ContainSubstring("`" + strings.TrimPrefix(annotation, v1alpha1.AnnotationPrefix) + "`"))
		}
	}
}

// conditionsOf is what the API says of the conditions of a kind.
func conditionsOf(crd definition) string {
	return crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["status"].Properties["conditions"].Description
}

func TestTheExamplesOfThePagesAreObjectsOfTheAPI(t *testing.T) {
	g := NewWithT(t)
	kinds := map[string]any{
		"BackOffice": &v1alpha1.BackOffice{}, "BackOfficeUser": &v1alpha1.BackOfficeUser{},
		"PermissionSet": &v1alpha1.PermissionSet{}, "RoleBinding": &v1alpha1.RoleBinding{},
	}
	for _, crd := range definitions(g) {
		count := 0
		for _, block := range example.FindAllStringSubmatch(pageOf(g, crd.Spec.Names.Singular), -1) {
			for document := range strings.SplitSeq(block[1], "---\n") {
				var head struct{ Kind string }
				g.Expect(yaml.Unmarshal([]byte(document), &head)).To(Succeed(), document)
				if head.Kind == "Secret" {
					continue
				}
				g.Expect(kinds).To(HaveKey(head.Kind), document)
				g.Expect(yaml.UnmarshalStrict([]byte(document), kinds[head.Kind])).To(Succeed(), document)
				count++
			}
		}
		g.Expect(count).To(BeNumerically(">", 1), "examples of %s", crd.Spec.Names.Kind)
	}
}
