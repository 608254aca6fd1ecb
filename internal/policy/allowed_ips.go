// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"net/netip"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// anyAddress is the entry of spec.allowedIPs that means no restriction.
const anyAddress = "*"

func allowedIPsPath() *field.Path { return field.NewPath("spec", "allowedIPs") }

// ipPolicy returns the back office's rules for addresses; the zero value where it has none, or does not exist.
func (in UserInput) ipPolicy() v1alpha1.IPPolicy {
	if in.Office == nil || in.Office.Spec.Policy == nil || in.Office.Spec.Policy.IP == nil {
		// "*" is refused by a policy that does not allow it, not by the absence of a policy.
		return v1alpha1.IPPolicy{AllowAny: true}
	}
	return *in.Office.Spec.Policy.IP
}

// network is one entry of spec.allowedIPs. A single address counts as a network of one.
type network struct {
	index  int
	text   string
	prefix netip.Prefix
}

// networks returns the entries that are networks or addresses. The schema has refused what is neither, but for "*".
func (in UserInput) networks() []network {
	var networks []network
	for i, text := range in.New.Spec.AllowedIPs {
		if prefix, ok := parseNetwork(text); ok {
			networks = append(networks, network{i, text, prefix})
		}
	}
	return networks
}

func parseNetwork(text string) (netip.Prefix, bool) {
	if prefix, err := netip.ParsePrefix(text); err == nil {
		return prefix.Masked(), true
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(address, address.BitLen()), true
}

// violated is a refusal by a rule of spec.policy.
func violated(path *field.Path, kind field.ErrorType, message string) Violation {
	return Violation{Severity: Refuse, Reason: v1alpha1.ReasonPolicyViolated, Field: path, Kind: kind, Message: message}
}

// policyOf names a rule for messages, such as "spec.policy.ip.within of BackOffice shop/shop".
func (in UserInput) policyOf(name string) string {
	return "spec.policy.ip." + name + " of BackOffice " + in.Office.Namespace + "/" + in.Office.Name
}
