// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package duplicate

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/manifest"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/owner"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
)

// make creates the new user and has bindings name it. What cannot be done is told, with what has been.
func (c *command) make(ctx context.Context, cl client.Client, p *plan) error {
	if keeper := owner.Of(p.of); keeper.Keeps() {
		fmt.Fprintf(c.s.ErrOut, "Note: user %s is kept by %s; the copy is in the cluster alone\n", p.of.Name, keeper)
	}
	if err := c.dryRun.Create(ctx, cl, p.user); err != nil {
		return fmt.Errorf("user %s: %w", p.user.Name, err)
	}
	c.done("backofficeuser", p.user.Name, fmt.Sprintf("user %s created", p.user.Name))
	var kept []client.Object
	var bound, refused []string
	for _, b := range p.bindings {
		if keeper := owner.Of(b); keeper.Keeps() && !c.force {
			fmt.Fprintf(c.s.ErrOut, "Note: binding %s is kept by %s: change it in Git, or give --force\n", b.Name, keeper)
			kept = append(kept, extend(b, p.user.Name))
			continue
		}
		if err := c.bind(ctx, cl, b, p); err != nil {
			fmt.Fprintf(c.s.ErrOut, "Error: binding %s: %v\n", b.Name, err)
			refused = append(refused, b.Name)
			continue
		}
		bound = append(bound, b.Name)
		c.done("rolebinding", b.Name, fmt.Sprintf("binding %s: user %s added", b.Name, p.user.Name))
	}
	if err := c.print(kept...); err != nil {
		return err
	}
	if len(kept) == 0 && len(refused) == 0 {
		return nil
	}
	return c.unfinished(p, bound, refused, kept)
}

// unfinished says how to go on.
func (c *command) unfinished(p *plan, bound, refused []string, kept []client.Object) error {
	in := "no binding"
	if len(bound) > 0 {
		in = strings.Join(bound, ", ")
	}
	fmt.Fprintf(c.s.ErrOut, "User %s exists%s, and is in %s.", p.user.Name, c.dryRun.Suffix(), in)
	if len(refused) > 0 {
		fmt.Fprintf(c.s.ErrOut, " It is not in %s: have somebody who may add it to spec.subjects there, or take the copy away by: kubectl delete backofficeuser %s -n %s.",
			strings.Join(refused, ", "), p.user.Name, p.user.Namespace)
	}
	if len(kept) > 0 {
		fmt.Fprint(c.s.ErrOut, " What is printed goes into Git.")
	}
	fmt.Fprintln(c.s.ErrOut)
	return session.Exit(1)
}

// done tells of one change.
func (c *command) done(resource, name, sentence string) {
	if c.output.Format == session.Name {
		fmt.Fprintf(c.s.Out, "%s.%s/%s\n", resource, v1alpha1.GroupVersion.Group, name)
		return
	}
	fmt.Fprintf(c.s.Out, "%s%s\n", sentence, c.dryRun.Suffix())
}

// attempts is how often a binding is tried that others change meanwhile.
const attempts = 10

// bind adds the new user to a binding that is as it was read. Where others have changed that, it is read again: two who copy at once both get in, and
// somebody who has just been taken out takes no copy along.
func (c *command) bind(ctx context.Context, cl client.Client, b *v1alpha1.RoleBinding, p *plan) error {
	b = b.DeepCopy()
	for attempt := 1; ; attempt++ {
		patch, err := addition(b, p.user.Name)
		if err != nil {
			return err
		}
		before := b.Generation
		err = c.dryRun.Patch(ctx, cl, b, client.RawPatch(types.JSONPatchType, patch))
		if !apierrors.IsInvalid(err) && !apierrors.IsConflict(err) || attempt == attempts {
			return err
		}
		if err := cl.Get(ctx, client.ObjectKeyFromObject(b), b); err != nil {
			return err
		}
		switch {
		case b.Generation == before: // it was no test that failed
			return err
		case names(b, p.user.Name):
			return nil
		case names(p.origin(b.Name), p.of.Name) && !names(b, p.of.Name):
			return fmt.Errorf("it has changed meanwhile, and does not name user %s any more", p.of.Name)
		}
	}
}

// origin is a binding as it was when all was looked at.
func (p *plan) origin(name string) *v1alpha1.RoleBinding {
	return p.bindings[slices.IndexFunc(p.bindings, named(name))]
}

func names(b *v1alpha1.RoleBinding, user string) bool {
	return slices.Contains(b.Spec.Subjects, v1alpha1.RoleBindingSubject{Name: user})
}

// addition is a JSON patch which adds a subject to this very binding, with this very spec.
func addition(b *v1alpha1.RoleBinding, name string) ([]byte, error) {
	type operation struct {
		Op    string `json:"op"`
		Path  string `json:"path"`
		Value any    `json:"value"`
	}
	subject := v1alpha1.RoleBindingSubject{Name: name}
	add := operation{"add", "/spec/subjects/-", subject}
	if len(b.Spec.Subjects) == 0 {
		add = operation{"add", "/spec/subjects", []v1alpha1.RoleBindingSubject{subject}}
	}
	return json.Marshal([]operation{{"test", "/metadata/uid", b.UID}, {"test", "/metadata/generation", b.Generation}, add})
}

// print writes manifests as somebody keeps them in Git.
func (c *command) print(objects ...client.Object) error {
	switch {
	case len(objects) == 0:
		return nil
	case c.output.Format == session.YAML && c.apply:
		fmt.Fprintln(c.s.Out, "---")
		return manifest.Write(c.s.Out, objects...)
	case c.output.Format == session.YAML:
		return manifest.Write(c.s.Out, objects...)
	}
	items := []any{}
	for _, o := range objects {
		m, err := manifest.Of(o)
		if err != nil {
			return err
		}
		if c.output.Format == session.Name && !c.apply {
			fmt.Fprintf(c.s.Out, "%s.%s/%s\n", strings.ToLower(m.GetKind()), v1alpha1.GroupVersion.Group, m.GetName())
		}
		items = append(items, m.Object)
	}
	_, err := c.output.Encode(c.s.Out, map[string]any{"apiVersion": "v1", "kind": "List", "items": items})
	return err
}
