// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package adopt

import (
	"cmp"
	"fmt"
	"net/netip"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/manifest"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/store/accounts"
)

// manifest says of an account what a BackOfficeUser can say. The rest are remarks.
func (o *options) manifest(a accounts.Account, names *names) (m *unstructured.Unstructured, remarks []string, err error) {
	u := &v1alpha1.BackOfficeUser{}
	u.Name, u.Namespace = names.of(a), o.namespace
	u.Spec = v1alpha1.BackOfficeUserSpec{BackOfficeRef: o.reference, Description: a.Description, AllowedIPs: addresses(a.Networks)}
	if a.Login != u.Name {
		u.Spec.Login = a.Login
	}
	if t := v1alpha1.AccountType(a.AccountType); t != v1alpha1.AccountStaff {
		u.Spec.AccountType = t
	}
	if s := v1alpha1.UserState(a.State); s != v1alpha1.StateActive {
		u.Spec.State = s
	}
	if a.Profile != (store.Profile{}) {
		u.Spec.Profile = &v1alpha1.Profile{
			FullName: a.FullName, FirstName: a.FirstName, LastName: a.LastName, Email: a.Email, Phone: a.Phone,
			Language: a.Language, Gender: v1alpha1.Gender(a.Gender), PictureURL: a.PictureURL,
		}
	}
	for _, s := range a.Settings {
		if u.Spec.Settings == nil {
			u.Spec.Settings = map[string]v1alpha1.SettingText{}
		}
		u.Spec.Settings[s.Name] = v1alpha1.SettingText(s.Value)
	}
	for _, f := range a.Filters {
		u.Spec.Filters = append(u.Spec.Filters, filterOf(f))
	}
	if m, err = manifest.Of(u); err != nil {
		return nil, nil, err
	}
	if a.Held {
		m.SetAnnotations(map[string]string{v1alpha1.AnnotationHold: cmp.Or(a.HoldReason, "held when it was imported")})
	}
	return m, o.remarks(a), nil
}

// remarks are what no manifest says of an account.
func (o *options) remarks(a accounts.Account) (remarks []string) {
	if a.Owner != "" {
		remarks = append(remarks, fmt.Sprintf("The account belongs to owner %s: another owner takes it over with spec.store.adoption: Force alone.", a.Owner))
	}
	if !a.HasPassword {
		remarks = append(remarks, "The account has no password: when it is adopted one is generated, unless spec.credentials says otherwise.")
	}
	if !a.InForce {
		remarks = append(remarks, "A rule withheld the account when it was last written: it may be refused, or not come into force.")
	}
	return remarks
}

// addresses are networks as people write them: without the length of a single address.
func addresses(networks []string) (found []string) {
	for _, network := range networks {
		if p, err := netip.ParsePrefix(network); err == nil && p.IsSingleIP() {
			network = p.Addr().String()
		}
		found = append(found, network)
	}
	return found
}

func filterOf(f store.Filter) v1alpha1.Filter {
	filter := v1alpha1.Filter{
		Dimension: f.Dimension, Mode: v1alpha1.FilterMode(f.Mode), Values: f.Values, Groups: f.Groups, Tags: f.Tags, Default: f.Default,
	}
	if access := v1alpha1.FilterAccess(f.Access); access != v1alpha1.FilterReadWrite && filter.Mode != v1alpha1.FilterNone {
		filter.Access = access
	}
	return filter
}
