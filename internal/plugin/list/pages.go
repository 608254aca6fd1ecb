// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package list

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// pages are the users that the API server is asked for, a page at a time.
type pages struct {
	reader    client.Reader
	notes     io.Writer
	namespace string
	labels    labels.Selector
	fields    fields.Selector
	size      int64
}

// each hands on the pages as they arrive. The API server keeps what a list began with for some minutes: who reads longer goes on with what is there
// then, behind the last one that was read, and is told so.
func (p pages) each(ctx context.Context, visit func([]v1alpha1.BackOfficeUser) error) error {
	for token, last := "", ""; ; {
		var page v1alpha1.BackOfficeUserList
		err := p.reader.List(ctx, &page, &client.ListOptions{
			Namespace: p.namespace, LabelSelector: p.labels, FieldSelector: p.fields, Limit: p.size, Continue: token,
		})
		if token != "" && apierrors.IsResourceExpired(err) {
			fmt.Fprintln(p.notes, "The list took too long to be of one moment: what follows is as of now.")
			token = goesOn(err)
			continue
		}
		if err != nil {
			return fmt.Errorf("listing users: %w", err)
		}
		users := slices.DeleteFunc(page.Items, func(u v1alpha1.BackOfficeUser) bool { return position(&u) <= last })
		if len(users) > 0 {
			last = position(&users[len(users)-1])
		}
		if err := visit(users); err != nil {
			return err
		}
		if token = page.Continue; token == "" {
			return nil
		}
	}
}

// position is where a user stands in lists of the API server, which are in the order of these texts.
func position(u *v1alpha1.BackOfficeUser) string { return u.Namespace + "/" + u.Name }

// goesOn is the token of an API server that says with the refusal where to go on; empty: from the begin.
func goesOn(err error) string {
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		return status.Status().Continue
	}
	return ""
}
