// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package list

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/cli-runtime/pkg/printers"
	"sigs.k8s.io/yaml"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
)

// printer prints pages as they come.
type printer interface {
	page(users []v1alpha1.BackOfficeUser) error
	end() error
}

// printer is that of the flag --output.
func (o *options) printer() printer {
	switch o.output.Format {
	case session.JSON:
		return &document{out: o.session.Out, item: jsonItem, begin: jsonBegin, between: ",\n", tail: "\n" + jsonEnd, none: jsonNone}
	case session.YAML:
		return &document{out: o.session.Out, item: yamlItem, begin: yamlBegin, tail: yamlEnd, none: yamlNone}
	case session.Name:
		return names{o.session.Out}
	}
	return &table{
		out: o.session.Out, now: o.session.Clock.Now(),
		headless: o.noHeaders, namespaced: o.allNamespaces, wide: o.output.Format == session.Wide,
	}
}

// names prints users as other commands of kubectl take them.
type names struct{ out io.Writer }

func (n names) page(users []v1alpha1.BackOfficeUser) error {
	var text bytes.Buffer
	for i := range users {
		fmt.Fprintf(&text, "backofficeuser.%s/%s\n", v1alpha1.GroupVersion.Group, users[i].Name)
	}
	_, err := n.out.Write(text.Bytes())
	return err
}

func (names) end() error { return nil }

// table prints columns, which have the width of what came before.
type table struct {
	out                        io.Writer
	now                        time.Time
	headless, namespaced, wide bool
	writer                     interface {
		io.Writer
		Flush() error
	}
}

func (t *table) page(users []v1alpha1.BackOfficeUser) error {
	if len(users) == 0 {
		return nil
	}
	if t.writer == nil {
		t.writer = printers.GetNewTabWriter(t.out)
		if !t.headless {
			t.line("NAMESPACE", []string{"NAME", "LOGIN", "TYPE", "STATE", "READY", "REASON", "AGE"}, []string{"SETS", "NEXT CHANGE", "NEXT ROTATION", "HOLD"})
		}
	}
	for i := range users {
		u := &users[i]
		ready := meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionReady)
		if ready == nil {
			ready = &metav1.Condition{}
		}
		t.line(u.Namespace, []string{
			u.Name, u.Status.Login, string(u.Status.AccountType), string(u.Status.State), string(ready.Status), ready.Reason,
			duration.HumanDuration(t.now.Sub(u.CreationTimestamp.Time)),
		}, more(u))
	}
	return t.writer.Flush()
}

func (t *table) end() error { return nil }

// line prints one line with the columns that were asked for.
func (t *table) line(namespace string, columns, wide []string) {
	if t.namespaced {
		columns = append([]string{namespace}, columns...)
	}
	if t.wide {
		columns = append(columns, wide...)
	}
	for i, c := range columns {
		columns[i] = cell(c)
	}
	fmt.Fprintln(t.writer, strings.Join(columns, "\t"))
}

// more are the columns of a wide table.
func more(u *v1alpha1.BackOfficeUser) []string {
	var rotation *metav1.Time
	if c := u.Status.Credential; c != nil {
		rotation = c.NextRotationTime
	}
	hold := u.Annotations[v1alpha1.AnnotationHold]
	if u.Held() && hold == "" {
		hold = "(no reason given)"
	}
	return []string{strings.Join(u.Status.PermissionSets, ","), stamp(u.Status.NextChangeTime), stamp(rotation), hold}
}

func stamp(t *metav1.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// cell is a text that moves no cursor; one that is absent is <none>, as kubectl has it.
func cell(s string) string { return cmp.Or(session.Printable(s), "<none>") }

// The parts of lists as kubectl prints them.
const (
	jsonBegin = "{\n    \"apiVersion\": \"v1\",\n    \"items\": [\n"
	jsonEnd   = "    ],\n    \"kind\": \"List\",\n    \"metadata\": {\n        \"resourceVersion\": \"\"\n    }\n}\n"
	jsonNone  = "{\n    \"apiVersion\": \"v1\",\n    \"items\": [],\n    \"kind\": \"List\",\n    \"metadata\": {\n        \"resourceVersion\": \"\"\n    }\n}\n"
	yamlBegin = "apiVersion: v1\nitems:\n"
	yamlEnd   = "kind: List\nmetadata:\n  resourceVersion: \"\"\n"
	yamlNone  = "apiVersion: v1\nitems: []\n" + yamlEnd
)

// document prints one List, of which the begin goes out before the end is known.
type document struct {
	out                        io.Writer
	item                       func(*v1alpha1.BackOfficeUser) ([]byte, error)
	begin, between, tail, none string
	begun                      bool
}

func (d *document) page(users []v1alpha1.BackOfficeUser) error {
	var text bytes.Buffer
	for i := range users {
		u := &users[i]
		u.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("BackOfficeUser"))
		u.ManagedFields = nil
		item, err := d.item(u)
		if err != nil {
			return err
		}
		if d.begun {
			text.WriteString(d.between)
		} else {
			text.WriteString(d.begin)
		}
		d.begun = true
		text.Write(item)
	}
	_, err := d.out.Write(text.Bytes())
	return err
}

func (d *document) end() error {
	text := d.tail
	if !d.begun {
		text = d.none
	}
	_, err := io.WriteString(d.out, text)
	return err
}

func jsonItem(u *v1alpha1.BackOfficeUser) ([]byte, error) {
	const prefix, indent = "        ", "    "
	var text bytes.Buffer
	text.WriteString(prefix)
	encoder := json.NewEncoder(&text)
	encoder.SetIndent(prefix, indent)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(u)
	return bytes.TrimRight(text.Bytes(), "\n"), err
}

func yamlItem(u *v1alpha1.BackOfficeUser) ([]byte, error) {
	text, err := yaml.Marshal(u)
	if err != nil {
		return nil, err
	}
	indented := "- " + strings.ReplaceAll(strings.TrimRight(string(text), "\n"), "\n", "\n  ") + "\n"
	return []byte(indented), nil
}
