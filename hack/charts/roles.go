// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"
)

// shipped are the roles of config/rbac beside the manager's, and when each is installed.
var shipped = []struct {
	name, condition string
	// bound roles are the manager's, the others are for people.
	bound bool
}{
	{name: "viewer"},
	{name: "editor"},
	{name: "admin"},
	{name: "metrics_reader", condition: " .Values.metrics.enabled"},
	{name: "leader_election", condition: " .Values.leaderElection.enabled", bound: true},
	{name: "webhook_certificate", condition: ` (eq .Values.certificates.provider "SelfManaged")`, bound: true},
}

// roles writes the templates of the manager's roles and of those for people.
func roles() error {
	if err := managerRole(); err != nil {
		return err
	}
	for _, s := range shipped {
		source := "config/rbac/" + s.name + "_role.yaml"
		objects, err := read(source)
		if err != nil {
			return err
		}
		var parts []string
		for _, o := range objects {
			role, err := roleOf(o)
			if err != nil {
				return fmt.Errorf("%s: %w", source, err)
			}
			content, err := role.template()
			if err != nil {
				return err
			}
			parts = append(parts, content)
			if s.bound {
				parts = append(parts, role.binding())
			}
		}
		condition := "{{- if .Values.rbac.create }}\n"
		if s.condition != "" {
			condition = "{{- if and .Values.rbac.create" + s.condition + " }}\n"
		}
		content := condition + strings.Join(parts, "---\n") + "{{- end }}\n"
		if err := write("templates/rbac/"+s.name+".yaml", source, content); err != nil {
			return err
		}
	}
	return nil
}

// role is a Role or a ClusterRole.
type role struct {
	kind, name string
	// namespace is that of a Role; that of the release if it is empty.
	namespace string
	labels    map[string]any
	rules     []rbacv1.PolicyRule
}

func roleOf(o object) (role, error) {
	r := role{name: o.name()}
	r.kind, _ = o["kind"].(string)
	if r.kind != "Role" && r.kind != "ClusterRole" {
		return r, fmt.Errorf("%s %s is no role", r.kind, r.name)
	}
	r.labels, _ = o.metadata()["labels"].(map[string]any)
	content, err := yaml.Marshal(o["rules"])
	if err != nil {
		return r, err
	}
	if err := yaml.UnmarshalStrict(content, &r.rules); err != nil {
		return r, err
	}
	for i := range r.rules {
		names := r.rules[i].ResourceNames
		for j := range names {
			if rest, ours := strings.CutPrefix(names[j], installed+"-"); ours { // the names of the lease and of others' objects stay
				names[j] = markFullname + "-" + rest
			}
		}
	}
	return r, nil
}

const metadata = `apiVersion: rbac.authorization.k8s.io/v1
kind: %s
metadata:
  name: {{ include "backoffice-operator.fullname" $ }}-%s
%s  labels:
    {{- include "backoffice-operator.labels" $ | nindent 4 }}
`

func (r role) head(kind, name string) string {
	place := ""
	if r.kind == "Role" {
		place = "{{ .Release.Namespace }}"
		if r.namespace != "" {
			place = r.namespace
		}
		place = "  namespace: " + place + "\n"
	}
	return fmt.Sprintf(metadata, kind, name, place)
}

func (r role) template() (string, error) {
	var content strings.Builder
	content.WriteString(r.head(r.kind, r.name))
	for _, label := range slices.Sorted(maps.Keys(r.labels)) {
		line := fmt.Sprintf("    %s: %q\n", label, r.labels[label])
		if label == "rbac.authorization.k8s.io/aggregate-to-view" {
			line = "    {{- if .Values.rbac.aggregateToView }}\n" + line + "    {{- end }}\n"
		}
		content.WriteString(line)
	}
	rules, err := text(r.rules)
	return content.String() + "rules:\n" + rules, err
}

// binding binds the manager to the role.
func (r role) binding() string {
	return r.head(r.kind+"Binding", strings.TrimSuffix(r.name, "-role")+"-rolebinding") + fmt.Sprintf(`roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: %s
  name: {{ include "backoffice-operator.fullname" $ }}-%s
subjects:
{{ include "backoffice-operator.subject" $ }}
`, r.kind, r.name)
}

// managerRole writes the manager's role: for the whole cluster, or for the watched namespaces, where it keeps of the whole cluster what
// questions about identities need.
func managerRole() error {
	const source = "config/rbac/role.yaml"
	o, err := readOne(source)
	if err != nil {
		return err
	}
	whole, err := roleOf(o)
	if err != nil {
		return err
	}
	questions, rest, err := split(whole.rules)
	if err != nil {
		return fmt.Errorf("%s: %w", source, err)
	}
	always := whole
	always.rules = questions
	content, err := always.template()
	if err != nil {
		return err
	}
	everywhere, err := text(rest)
	if err != nil {
		return err
	}
	narrow := role{kind: "Role", name: whole.name, namespace: "{{ . }}", rules: slices.DeleteFunc(slices.Clone(rest), ofNamespaces)}
	local, err := narrow.template()
	if err != nil {
		return err
	}
	content = "{{- if .Values.rbac.create }}\n" + content + "{{- if not .Values.rbac.namespaced }}\n" + everywhere + watchedNamespaces + "---\n" + whole.binding() +
		"{{- if .Values.rbac.namespaced }}\n{{- range .Values.watchNamespaces | sortAlpha | uniq }}\n---\n" + local +
		"---\n" + narrow.binding() + "{{- end }}\n{{- end }}\n{{- end }}\n"
	return write("templates/rbac/manager.yaml", source, content)
}

// split tells rules about identities, which are in no namespace, from those that can be given in some namespaces alone.
func split(rules []rbacv1.PolicyRule) (questions, rest []rbacv1.PolicyRule, _ error) {
	groups := []string{"authentication.k8s.io", "authorization.k8s.io"}
	local := []string{"", "access.backoffice-operator.io", "events.k8s.io"}
	for _, r := range rules {
		within := func(known []string) bool {
			return !slices.ContainsFunc(r.APIGroups, func(g string) bool { return !slices.Contains(known, g) })
		}
		switch {
		case within(groups):
			questions = append(questions, r)
		case within(local):
			rest = append(rest, r)
		default:
			return nil, nil, fmt.Errorf("it is not known whether a rule for %v can be given in a namespace: say so in hack/charts", r.APIGroups)
		}
	}
	return questions, rest, nil
}

// watchedNamespaces is what a namespaced manager may ask about namespaces: whether one is going. This is not in the namespace's own Role, which goes
// before the namespace does.
const watchedNamespaces = `{{- else }}
- apiGroups:
  - ""
  resources:
  - namespaces
  resourceNames: {{ .Values.watchNamespaces | sortAlpha | uniq | toJson }}
  verbs:
  - get
{{- end }}
`

func ofNamespaces(r rbacv1.PolicyRule) bool { return slices.Equal(r.Resources, []string{"namespaces"}) }
