// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// The oracle knows the API types and the rules of combination as the documentation tells them, and nothing of the code that it judges. Where it
// simplifies, it permits more.

// leaves are the permissions that are looked at: each path that the generators write is one of them, or stands above some.
var leaves = [...]string{"orders/list", "orders/refund", "stock", "users", "anything-else"}

// managing is the leaf that lets a user manage others.
const managing = "users"

// levels are what somebody has of each leaf: 0 is nothing, 1 Read, 2 Write.
type levels [len(leaves)]int

func leafOf(name string) int { return slices.Index(leaves[:], name) }

func levelOf(l v1alpha1.Level) int {
	return map[v1alpha1.Level]int{v1alpha1.LevelRead: 1, v1alpha1.LevelWrite: 2}[l]
}

func covers(path, leaf string) bool {
	return path == "*" || path == leaf || strings.HasPrefix(leaf, path+"/")
}

func anyCovers(paths []string, leaf string) bool {
	return slices.ContainsFunc(paths, func(path string) bool { return covers(path, leaf) })
}

// denied tells whether a list of denials covers a leaf. There is no denial of everything: "*" is a path like others, as in the store.
func denied(paths []string, leaf string) bool {
	return slices.ContainsFunc(paths, func(path string) bool { return path != "*" && covers(path, leaf) })
}

// depth orders the paths that cover a leaf.
func depth(path string) int {
	if path == "*" {
		return 0
	}
	return 1 + strings.Count(path, "/")
}

// granted is what a list of permissions gives of a leaf: the deepest path decides.
func granted(permissions []v1alpha1.Permission, leaf string) int {
	deepest, level := -1, 0
	for _, p := range permissions {
		if covers(p.Path, leaf) && depth(p.Path) > deepest {
			deepest, level = depth(p.Path), levelOf(p.Level)
		}
	}
	return level
}

// need is what it takes to hand something out.
type need struct {
	family string
	rank   int32
}

func needOf(s *v1alpha1.PermissionSet) need {
	n := need{family: s.Spec.RankFamily, rank: *s.Spec.Rank}
	if n.family == "" {
		n.family = "default"
	}
	return n
}

// power is what somebody may hand out by one title.
type power struct {
	rank     int32
	families []string
	types    []v1alpha1.AccountType
	has      levels
	sees     sight
}

func (p power) reaches(n need) bool {
	return p.rank <= n.rank && (len(p.families) == 0 || slices.Contains(p.families, n.family))
}

func (p power) concerns(t v1alpha1.AccountType) bool {
	return len(p.types) == 0 || slices.Contains(p.types, t)
}

// powers are all titles of somebody. Each is judged alone.
type powers []power

func (ps powers) some(holds func(power) bool) bool { return slices.ContainsFunc(ps, holds) }

func (ps powers) reach(n need) bool {
	return ps.some(func(p power) bool { return p.reaches(n) })
}

func (ps powers) reachFor(n need, t v1alpha1.AccountType) bool {
	return ps.some(func(p power) bool { return p.reaches(n) && p.concerns(t) })
}

func (ps powers) reachWith(n need, leaf, level int) bool {
	return ps.some(func(p power) bool { return p.reaches(n) && p.has[leaf] >= level })
}

func (ps powers) have(leaf, level int) bool {
	return ps.some(func(p power) bool { return p.has[leaf] >= level })
}

func (ps powers) concern(t v1alpha1.AccountType) bool {
	return ps.some(func(p power) bool { return p.concerns(t) })
}

// identity is who makes a request.
type identity struct {
	name   string
	groups []string
}

// byName is what is known of an author by the name alone: a service account has its groups.
func byName(name string) identity {
	if rest, ok := strings.CutPrefix(name, "system:serviceaccount:"); ok {
		namespace, _, _ := strings.Cut(rest, ":")
		return identity{name, []string{"system:serviceaccounts:" + namespace}}
	}
	return identity{name: name}
}

func (i identity) is(s v1alpha1.DelegationSubject) bool {
	switch s.Kind {
	case v1alpha1.SubjectUser:
		return i.name == s.Name
	case v1alpha1.SubjectGroup:
		return slices.Contains(i.groups, s.Name)
	case v1alpha1.SubjectServiceAccount:
		return i.name == "system:serviceaccount:"+s.Namespace+":"+s.Name
	}
	return false
}

// delegated are the powers of the delegations that match.
func delegated(office *v1alpha1.BackOffice, who identity) powers {
	var all powers
	if office == nil || office.Spec.Rank == nil {
		return nil
	}
	for _, d := range office.Spec.Rank.Delegations {
		if !slices.ContainsFunc(d.Subjects, who.is) {
			continue
		}
		p := power{rank: *d.Rank, families: d.Families, types: d.AccountTypes, sees: sightOf(d.Filters)}
		for leaf, name := range leaves {
			if anyCovers(d.Permissions, name) {
				p.has[leaf] = 2
			}
		}
		all = append(all, p)
	}
	return all
}

// everything is the power of who breaks the glass.
func everything() powers {
	p := power{sees: everywhere}
	for leaf := range leaves {
		p.has[leaf] = 2
	}
	return powers{p}
}

// oracle looks at one state at one time.
type oracle struct {
	*view
	now time.Time
	// trusting takes a copy of an object for the object, as admission does: the store alone knows, and admission does not ask it.
	trusting bool
}

// office is the back office as somebody with the right to do so wrote it last; nil where it does not exist, or nobody ever did.
func (o oracle) office(name types.NamespacedName) *v1alpha1.BackOffice {
	if found := o.find(officeKind, name); found != nil {
		return found.memo.(*officeMemo).lawful
	}
	return nil
}

// powersOf is what an identity may hand out in a back office: by delegations, else by being one of its users who manages others.
func (o oracle) powersOf(who identity, name types.NamespacedName) powers {
	office := o.office(name)
	if by := delegated(office, who); len(by) > 0 || office == nil || office.Spec.Rank == nil {
		return by
	}
	if office.Spec.Rank.SelfService != v1alpha1.SelfServiceEnabled {
		return nil
	}
	var self *version
	for _, u := range o.objects[userKind] {
		if officeRef(u.obj) != name || user(u).Spec.KubernetesUser != who.name {
			continue
		}
		if self != nil {
			return nil
		}
		self = u
	}
	if self == nil {
		return nil
	}
	has := o.may(self)
	if has[leafOf(managing)] < 2 {
		return nil
	}
	var all powers
	for family, rank := range o.strongest(self) {
		all = append(all, power{rank: rank, families: []string{family}, has: has, sees: o.sees(self)})
	}
	return all
}

// bounds are what a back office lets the objects of a namespace hand out.
type bounds struct {
	admitted, capped bool
	rank             int32
	permits          [len(leaves)]bool
	types            [][]v1alpha1.AccountType // one of each
}

func (o oracle) boundsOf(office *v1alpha1.BackOffice, namespace string) bounds {
	b := bounds{admitted: namespace == office.Namespace}
	for leaf := range leaves {
		b.permits[leaf] = true
	}
	if b.admitted {
		return b
	}
	for _, entry := range office.Spec.Namespaces {
		if !o.matches(entry, namespace) {
			continue
		}
		b.admitted = true
		if len(entry.AccountTypes) > 0 {
			b.types = append(b.types, entry.AccountTypes)
		}
		if entry.Ceiling == nil {
			continue
		}
		b.capped, b.rank = true, max(b.rank, *entry.Ceiling.Rank)
		for leaf, name := range leaves {
			b.permits[leaf] = b.permits[leaf] && anyCovers(entry.Ceiling.Permissions, name)
		}
	}
	return b
}

func (o oracle) matches(entry v1alpha1.NamespaceAdmission, namespace string) bool {
	if entry.Selector == nil {
		return slices.Contains(entry.Names, namespace)
	}
	return selects(entry.Selector.MatchLabels, o.labelsOf(namespace))
}

func selects(want, have map[string]string) bool {
	for name, value := range want {
		if have[name] != value {
			return false
		}
	}
	return true
}

// cap is a need as far as the namespace may hand anything out.
func (b bounds) cap(n need) need {
	if b.capped {
		n.rank = max(n.rank, b.rank)
	}
	return n
}

func (b bounds) accepts(t v1alpha1.AccountType) bool {
	return !slices.ContainsFunc(b.types, func(types []v1alpha1.AccountType) bool { return !slices.Contains(types, t) })
}
