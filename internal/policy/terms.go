// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"math"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

// Terms are what a BackOffice grants to the objects of a namespace.
type Terms struct {
	Admitted bool
	// Rank is the strongest one that may be handed out, nil where there is no ceiling.
	Rank *int32
	// Permissions are, where there is a ceiling, what own sets and grants may give.
	Permissions access.Content
	// AccountTypes are those that users may have; empty for all.
	AccountTypes []v1alpha1.AccountType
	// Sources are the entries that bind the namespace, such as "spec.namespaces[1]".
	Sources []string
}

// TermsByName returns what a BackOffice grants to a namespace whose labels are not known. It is admitted by name alone, and each selector may match it: what
// an entry takes away counts.
func TermsByName(office *v1alpha1.BackOffice, namespace string) Terms {
	if namespace == office.Namespace {
		return Terms{Admitted: true}
	}
	named := slices.ContainsFunc(office.Spec.Namespaces, func(entry v1alpha1.NamespaceAdmission) bool {
		return entry.Selector == nil && admits(entry, namespace, nil)
	})
	if !named {
		return Terms{}
	}
	var t Terms
	for i, entry := range office.Spec.Namespaces {
		if entry.Selector != nil || admits(entry, namespace, nil) {
			t.bind(i, entry)
		}
	}
	return t
}

// TermsOf returns what a BackOffice grants to a namespace with these labels. All entries that match bind it: of several ceilings the lowest
// counts, and of lists what is in all of them.
func TermsOf(office *v1alpha1.BackOffice, namespace string, namespaceLabels map[string]string) Terms {
	if namespace == office.Namespace {
		return Terms{Admitted: true}
	}
	var t Terms
	for i, entry := range office.Spec.Namespaces {
		if !admits(entry, namespace, namespaceLabels) {
			continue
		}
		t.bind(i, entry)
	}
	return t
}

// bind has an entry count.
func (t *Terms) bind(i int, entry v1alpha1.NamespaceAdmission) {
	t.Admitted = true
	t.Sources = append(t.Sources, fmt.Sprintf("spec.namespaces[%d]", i))
	t.lower(entry.Ceiling)
	if len(entry.AccountTypes) > 0 {
		t.AccountTypes = common(t.AccountTypes, entry.AccountTypes)
	}
}

func admits(entry v1alpha1.NamespaceAdmission, namespace string, namespaceLabels map[string]string) bool {
	if entry.Selector == nil {
		return slices.Contains(entry.Names, namespace)
	}
	selector, err := metav1.LabelSelectorAsSelector(entry.Selector)
	return err == nil && !selector.Empty() && selector.Matches(labels.Set(namespaceLabels))
}

// lower lets another ceiling bind, too. One without a rank, which the schema refuses, lets nothing be handed out.
func (t *Terms) lower(c *v1alpha1.Ceiling) {
	if c == nil {
		return
	}
	rank, permitted := int32(math.MaxInt32), ContentOf(c.Permissions)
	if c.Rank != nil {
		rank = *c.Rank
	}
	if t.Rank == nil {
		t.Rank, t.Permissions = &rank, permitted
		return
	}
	if rank > *t.Rank {
		t.Rank = &rank
	}
	var both []access.Entry
	for _, pair := range [][2]access.Content{{t.Permissions, permitted}, {permitted, t.Permissions}} {
		for _, e := range pair[0] {
			if len(pair[1].Lacks(access.Content{e})) == 0 {
				both = append(both, e)
			}
		}
	}
	t.Permissions = access.ContentOf(both...)
}

// ContentOf is the content of a list of paths, each with all below it.
func ContentOf(paths []string) access.Content {
	var entries []access.Entry
	for _, path := range paths {
		entries = append(entries, access.Entry{Path: path, Level: access.Write})
	}
	return access.ContentOf(entries...)
}

// noAccountType is a type that no account has: what is left where two lists have nothing in common.
const noAccountType v1alpha1.AccountType = "none"

func common(a, b []v1alpha1.AccountType) []v1alpha1.AccountType {
	if len(a) == 0 {
		return b
	}
	both := slices.DeleteFunc(slices.Clone(a), func(t v1alpha1.AccountType) bool { return !slices.Contains(b, t) })
	if len(both) == 0 {
		return []v1alpha1.AccountType{noAccountType}
	}
	return both
}

// capped is a need as far as the ceiling lets anything be handed out.
func (t Terms) capped(n Need) Need {
	if t.Rank != nil {
		n.Rank = max(n.Rank, *t.Rank)
	}
	return n
}

// ceiling names the ceiling for messages.
func (t Terms) ceiling(office *v1alpha1.BackOffice, namespace string) string {
	return fmt.Sprintf("the ceiling of namespace %q is rank %d (%s of BackOffice %s/%s)",
		namespace, *t.Rank, strings.Join(t.Sources, " and "), office.Namespace, office.Name)
}
