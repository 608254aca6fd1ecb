// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package manifests

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/json"
	kubeyaml "sigs.k8s.io/yaml"
)

// document is one of the documents of a file.
type document struct {
	text []byte
	line int // of its first line in the file
}

// split finds the documents of a file, as kubectl does.
func split(text []byte) []document {
	var all []document
	d := document{line: 1}
	end := func() {
		if len(bytes.TrimSpace(d.text)) > 0 {
			all = append(all, d)
		}
	}
	line := 1
	for rest := text; len(rest) > 0; line++ {
		one, more, _ := bytes.Cut(rest, []byte("\n"))
		if separates(one) {
			end()
			d = document{line: line + 1}
		} else {
			d.text = append(append(d.text, one...), '\n')
		}
		rest = more
	}
	end()
	return all
}

func separates(line []byte) bool {
	after, is := bytes.CutPrefix(line, []byte("---"))
	return is && (len(after) == 0 || strings.ContainsRune(" \t\r", rune(after[0])))
}

// objects are those of the document: one, those of a list, or none where it has comments alone.
func (d document) objects(file string) (objects []Object, problems []Finding) {
	at := Source{file, d.line}
	found := lines{first: d.line}
	if root, err := parsed(d.text); err == nil {
		found.node = root
		at.Line = found.begin()
	}
	content, err := kubeyaml.YAMLToJSONStrict(d.text)
	if err != nil { // a key twice is read as kubectl reads it, and told
		problems = append(problems, Finding{Source: at, Message: "cannot be read as YAML: " + d.told(err)})
		if content, err = kubeyaml.YAMLToJSON(d.text); err != nil {
			return nil, problems
		}
	}
	var value any
	if err := json.Unmarshal(content, &value); err != nil {
		return nil, append(problems, Finding{Source: at, Message: "cannot be read: " + err.Error()})
	}
	switch value := value.(type) {
	case nil:
		return nil, problems
	case map[string]any:
		return flat(Object{Source: at, Unstructured: &unstructured.Unstructured{Object: value}, lines: found}), problems
	}
	return nil, append(problems, Finding{Source: at, Message: "is no object: it has to have apiVersion, kind, metadata and spec"})
}

// told is what a parser says, in lines of the file and on one line.
func (d document) told(err error) string {
	text := strings.Join(strings.Fields(strings.ReplaceAll(err.Error(), "error converting YAML to JSON: ", "")), " ")
	var before, after string
	var line int
	before, after, found := strings.Cut(text, "line ")
	if n, scanned := fmt.Sscanf(after, "%d", &line); !found || n != 1 || scanned != nil {
		return text
	}
	return before + "line " + strconv.Itoa(line+d.line-1) + strings.TrimLeft(after, "0123456789")
}

// flat are the items of a list, and else the object itself.
func flat(o Object) []Object {
	items, is := o.Object["items"].([]any)
	if !is || !strings.HasSuffix(o.GetKind(), "List") {
		return []Object{o}
	}
	var all []Object
	for i, item := range items {
		content, is := item.(map[string]any)
		if !is {
			continue
		}
		inner := lines{node: o.lines.at([]string{"items", strconv.Itoa(i)}), first: o.lines.first}
		one := Object{Source: Source{o.File, o.Line}, Unstructured: &unstructured.Unstructured{Object: content}, lines: inner}
		if line := inner.begin(); line > 0 {
			one.Line = line
		}
		all = append(all, flat(one)...)
	}
	return all
}

func parsed(text []byte) (*yaml.Node, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, err
	}
	if root.Kind == yaml.DocumentNode && len(root.Content) == 1 {
		return root.Content[0], nil
	}
	return &root, nil
}

// lines know where the fields of an object stand.
type lines struct {
	node  *yaml.Node
	first int // the line of the file at which the document begins
}

// begin is the line of the first key; zero where it is not known.
func (l lines) begin() int {
	if l.node == nil || l.node.Line == 0 {
		return l.first
	}
	return l.node.Line + l.first - 1
}

// of is the line of a field, or of the nearest one around it; zero where nothing is known.
func (l lines) of(field string) int {
	if l.node == nil {
		return 0
	}
	node, line := l.node, 0
	for _, part := range parts(field) {
		key, value := child(node, part)
		if value == nil {
			break
		}
		node, line = value, key.Line
	}
	if line == 0 {
		return l.begin()
	}
	return line + l.first - 1
}

// at is the node of a path; nil where it is not there.
func (l lines) at(path []string) *yaml.Node {
	node := l.node
	for _, part := range path {
		if node == nil {
			return nil
		}
		_, node = child(node, part)
	}
	return node
}

// child returns the node with the key, which tells the line, and that of the value.
func child(node *yaml.Node, part string) (key, value *yaml.Node) {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == part {
				return node.Content[i], node.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(part); err == nil && i >= 0 && i < len(node.Content) {
			return node.Content[i], node.Content[i]
		}
	default: // has nothing below
	}
	return nil, nil
}

// parts are the steps of a path such as metadata.annotations[example.com/a].b[0].
func parts(field string) []string {
	var all []string
	for field != "" {
		if rest, is := strings.CutPrefix(field, "["); is {
			key, after, _ := strings.Cut(rest, "]")
			all, field = append(all, key), strings.TrimPrefix(after, ".")
			continue
		}
		end := strings.IndexAny(field, ".[")
		if end < 0 {
			return append(all, field)
		}
		all, field = append(all, field[:end]), strings.TrimPrefix(field[end:], ".")
	}
	return all
}
