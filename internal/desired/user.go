// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package desired

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// User returns the record of a user that these bindings name or select.
func User(u *v1alpha1.BackOfficeUser, bindings []*v1alpha1.RoleBinding, force Force) store.User {
	r := store.User{
		Meta:        meta(u),
		Login:       u.EffectiveLogin(),
		AccountType: string(u.EffectiveAccountType()),
		State:       string(u.EffectiveState()),
		Held:        u.Held(),
		HoldReason:  printable(u.Annotations[v1alpha1.AnnotationHold], maxReason),
		InForce:     bool(force),
		Description: u.Spec.Description,
		Settings:    settings(u.Spec.Settings),
		Filters:     filtersOf(u.Spec.Filters),
		Networks:    networks(u.Spec.AllowedIPs),
		LabelsHash:  labelsHash(u),
	}
	if p := u.Spec.Profile; p != nil {
		r.Profile = store.Profile{
			FullName: p.FullName, FirstName: p.FirstName, LastName: p.LastName, Email: p.Email, Phone: p.Phone,
			Language: p.Language, Gender: string(p.Gender), PictureURL: p.PictureURL,
		}
	}
	for _, b := range bindings {
		r.Bindings = append(r.Bindings, store.Bound{BindingUID: string(b.UID), Generation: b.Generation})
	}
	slices.SortFunc(r.Bindings, func(a, b store.Bound) int { return cmp.Compare(a.BindingUID, b.BindingUID) })
	return r
}

// settings are a user's settings as the store keeps them.
func settings(values map[string]v1alpha1.SettingText) []store.Setting {
	var out []store.Setting
	for _, name := range slices.Sorted(maps.Keys(values)) {
		out = append(out, store.Setting{Name: name, Value: string(values[name])})
	}
	return out
}

// maxReason bounds the reason of a hold, in bytes.
const maxReason = 256

// printable makes free text, which no schema checks, acceptable to every store, and cuts it: a hold may not fail for its reason.
func printable(text string, bytes int) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(text, "") {
		if unicode.IsControl(r) {
			continue
		}
		if b.Len()+utf8.RuneLen(r) > bytes {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

// networks are the allowed addresses as CIDR prefixes: a single address is a prefix of its full length. An entry that is neither cannot
// pass the schema; it stays as it is, and admits nothing.
func networks(allowed []string) []string {
	var out []string
	for _, entry := range allowed {
		if address, err := netip.ParseAddr(entry); err == nil {
			entry = netip.PrefixFrom(address, address.BitLen()).String()
		} else if prefix, err := netip.ParsePrefix(entry); err == nil {
			entry = prefix.Masked().String()
		}
		out = append(out, entry)
	}
	return sorted(out)
}
