// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

// maxListed bounds the paths or users that a refusal names.
const maxListed = 10

// forbidden is a refusal of the actor.
func forbidden(path *field.Path, message string) Violation {
	return Violation{
		Severity: Refuse, Reason: v1alpha1.ReasonNotAuthorized, Field: path, Kind: field.ErrorTypeForbidden, Message: message,
	}
}

// lacks says what is missing and what helps. What is what the actor wants to do, such as "binding orders/headquarters".
func (a Actor) lacks(what string, n Need, office *v1alpha1.BackOffice) string {
	rank, ask := "rank 0", "rank 0"
	if n.Rank > 0 {
		rank, ask = fmt.Sprintf("rank %d or stronger", n.Rank), fmt.Sprintf("rank 0..%d", n.Rank)
	}
	family := "every family"
	if n.Family != "" {
		family = fmt.Sprintf("family %q", n.Family)
	}
	return fmt.Sprintf("%s needs %s in %s; %s. Ask somebody with %s, or add a delegation: %s",
		what, rank, family, a.power(n.Family, office), ask, a.delegation(delegationFor(n)))
}

// lacksAny says that it takes a delegation of whatever rank.
func (a Actor) lacksAny(what string, office *v1alpha1.BackOffice) string {
	return fmt.Sprintf("%s needs a delegation of any rank; %s. Ask somebody who has one, or add a delegation: %s",
		what, a.power("", office), a.delegation(delegation{}))
}

// lacksType says that the actor's powers are about accounts of other types.
func (a Actor) lacksType(what string, accountType v1alpha1.AccountType, n *Need) string {
	var sources []string
	for _, p := range a.Powers {
		if n == nil || p.Reaches(n.plain()) {
			sources = append(sources, fmt.Sprintf("%s for %s only", p.Source, strings.Join(p.AccountTypes, ", ")))
		}
	}
	var wanted delegation
	if n != nil {
		wanted = delegationFor(*n)
	}
	wanted.accountTypes = []string{string(accountType)}
	return fmt.Sprintf("%s needs power over accounts of type %s; %q has %s. Ask somebody who has it, or add a delegation: %s",
		what, accountType, a.Name, strings.Join(sources, " and "), a.delegation(wanted))
}

// handout is content that a request gives, and the powers one of which has to have all of it: those that are enough for what gives it. Where
// there is none, of which another rule tells, it is whatever powers there are.
type handout struct {
	what   string
	need   *Need // nil where it is not known
	gain   access.Content
	powers []Power
}

func (a Actor) handout(what string, need *Need, gain access.Content) handout {
	h := handout{what: what, need: need, gain: gain, powers: a.Powers}
	if need != nil {
		if reaching := a.reaching(*need); len(reaching) > 0 {
			h.powers = reaching
		}
	}
	return h
}

// missing is what none of the powers has to give.
func (h handout) missing() []access.Entry { return lacking(h.powers, h.gain) }

// lacksContent says which permissions the actor may not give; it is empty where the actor may give all.
func (a Actor) lacksContent(h handout, office *v1alpha1.BackOffice) string {
	missing := h.missing()
	if len(missing) == 0 {
		return ""
	}
	has := a.powerless(office)
	var wanted delegation
	if h.need != nil {
		wanted = delegationFor(*h.need)
	}
	if len(h.powers) > 0 {
		has = gifts(h.powers)
		if p := h.powers[0]; h.need == nil || p.Reaches(h.need.plain()) {
			wanted = delegation{rank: &p.Rank, families: p.Families, accountTypes: p.AccountTypes}
		}
	}
	for _, e := range access.Content(nil).Lacks(h.gain) {
		wanted.permissions = append(wanted.permissions, e.Path)
	}
	return fmt.Sprintf("%s gives %s, which %q does not have to give: %s. Ask somebody who has, or add a delegation: %s",
		h.what, listed(texts(missing)), a.Name, has, a.delegation(wanted))
}

// gifts says what each of these powers may put into sets and grants.
func gifts(powers []Power) string {
	var gifts []string
	for _, p := range powers {
		if own := access.Content(nil).Lacks(p.Permissions); len(own) > 0 {
			gifts = append(gifts, fmt.Sprintf("%s lets it give %s", p.Source, listed(texts(own))))
		} else {
			gifts = append(gifts, p.Source+" lets it bind existing sets and nothing else")
		}
	}
	return strings.Join(gifts, "; ")
}

// by says that denials are lifted; it is empty where none is.
func by(lifted []string) string {
	if len(lifted) == 0 {
		return ""
	}
	return ", by no longer denying " + listed(lifted) + ","
}

func texts(entries []access.Entry) []string {
	var texts []string
	for _, e := range entries {
		texts = append(texts, e.String())
	}
	return texts
}

// listed joins the first names, and says how many more there are.
func listed(names []string) string {
	if more := len(names) - maxListed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxListed], ", "), more)
	}
	return strings.Join(names, ", ")
}

// power tells what the actor may do in a family, and where it comes from.
func (a Actor) power(family string, office *v1alpha1.BackOffice) string {
	if len(a.Powers) == 0 {
		return a.powerless(office)
	}
	var best *Power
	var elsewhere []string
	for i, p := range a.Powers {
		switch {
		case !p.Reaches(access.Need{Family: family, Rank: p.Rank}):
			elsewhere = append(elsewhere, p.Source+": "+strings.Join(p.Families, ", "))
		case best == nil || p.Rank < best.Rank:
			best = &a.Powers[i]
		}
	}
	if best == nil {
		return fmt.Sprintf("%q has power in other families only (%s)", a.Name, strings.Join(elsewhere, "; "))
	}
	return fmt.Sprintf("%q has rank %d (%s)", a.Name, best.Rank, best.Source)
}

func (a Actor) powerless(office *v1alpha1.BackOffice) string {
	message := fmt.Sprintf("no delegation of BackOffice %s/%s matches %q", office.Namespace, office.Name, a.Name)
	if a.BreakGlass {
		message += fmt.Sprintf(", and the annotation %s counts only for who has the RBAC verb %q on that BackOffice", v1alpha1.AnnotationBreakGlass, "escalate")
	}
	return message
}
