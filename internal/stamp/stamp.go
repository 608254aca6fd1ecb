// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package stamp makes and checks admission stamps. A stamp is one annotation, which only the mutating webhook writes: it says who brought
// an object into the state in which it is, and with which power. So the actor is known after admission, and an object that got past the
// webhooks, or was changed behind them, is told by a stamp that is missing or does not fit.
//
//	webhook (mutating)    Of(old), Hash(new) -> the old stamp, or a new one
//	webhook (validating)  the stamp is the old one, or the requester's own and claims no more than the requester may
//	controllers           Of(object): nothing is put in force without a stamp that fits
//
// It is no signature: who can write past the webhooks, into etcd or after removing their configuration, can also write a stamp.
package stamp

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

// maxCarried bounds what a stamp carries of the filters and permissions of its powers together, in bytes of their text. Permissions that do not
// fit any more are left out, and a filter that does not lets nothing through: the power allows less.
const maxCarried = 4096

// Stamp is what admission knew. The names of its fields are kept for ever.
type Stamp struct {
	// ID is unique for each admission.
	ID string `json:"id"`
	// User is the Kubernetes user that made the request.
	User string `json:"user"`
	// At is when, in milliseconds since 1970. For a PermissionSet it is when its rank or family was last set, so that an edit of something
	// else does not make it look as if its rank had been considered anew.
	At int64 `json:"at"`
	// Unjudged is true where the BackOffice did not exist, so that nobody's power was known.
	Unjudged bool `json:"unjudged,omitempty"`
	// BreakGlass is true where the power came from the annotation of that name.
	BreakGlass bool `json:"breakGlass,omitempty"`
	// Power is what the user might hand out.
	Power []access.Power `json:"power,omitempty"`
	// Sets are the UIDs of the sets that the object named and that existed: of a binding its set, of a set those that it extends.
	Sets []string `json:"sets,omitempty"`
	// Hash is that of the object as admitted.
	Hash string `json:"hash"`
}

// New returns a stamp of now for an object that is to hash to hash.
func New(user string, power []access.Power, hash string) Stamp {
	now := time.Now() //nolint:forbidigo // A stamp is of the moment at which it is made.
	return Stamp{ID: uuid.NewString(), User: user, At: now.UnixMilli(), Power: carried(power), Hash: hash}
}

func carried(powers []access.Power) []access.Power {
	var out []access.Power
	left := maxCarried
	for _, p := range powers {
		p.Filters = bounded(p.Filters, &left)
		if size := sizeOf(p.Permissions); size > left {
			p.Permissions = nil
		} else {
			left -= size
		}
		out = append(out, p)
	}
	return out
}

// bounded are the filters of a power as far as they fit into what is left, each of the others replaced by one that lets nothing of its dimension
// through. Without any filter a power would allow more.
func bounded(filters []access.Filter, left *int) []access.Filter {
	var out []access.Filter
	for _, f := range filters {
		if size := sizeOf(f); size > *left {
			f = access.Filter{Dimension: f.Dimension, Mode: access.FilterNone}
		} else {
			*left -= size
		}
		if !slices.ContainsFunc(out, func(other access.Filter) bool {
			return f.Mode == access.FilterNone && f.Within(other) && other.Within(f)
		}) {
			out = append(out, f)
		}
	}
	return out
}

// sizeOf is the length of the text of something, as a stamp has it; of no permissions it is nothing.
func sizeOf(part any) int {
	if content, ok := part.(access.Content); ok && len(content) == 0 {
		return 0
	}
	text, err := json.Marshal(part)
	if err != nil {
		panic(err) // texts
	}
	return len(text)
}

// Of returns the stamp that an object carries; false where it has none that can be read.
func Of(o metav1.Object) (Stamp, bool) {
	text, ok := o.GetAnnotations()[v1alpha1.AnnotationAdmitted]
	if !ok {
		return Stamp{}, false
	}
	var s Stamp
	if json.Unmarshal([]byte(text), &s) != nil || s.ID == "" || s.User == "" {
		return Stamp{}, false
	}
	for i := range s.Power { // content that is not sorted reads as something else
		s.Power[i].Permissions = access.ContentOf(s.Power[i].Permissions...)
	}
	return s, true
}

// Fitting returns the stamp that an object carries where it fits the object as it is.
func Fitting(o metav1.Object) (Stamp, bool) {
	s, ok := Of(o)
	return s, ok && s.Hash == Hash(o)
}

// String is the value of the annotation.
func (s Stamp) String() string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // texts and numbers
	}
	return string(text)
}

// Reaches tells whether one of the stamp's powers is enough for a need.
func (s Stamp) Reaches(n access.Need) bool {
	for _, p := range s.Power {
		if p.Reaches(n) {
			return true
		}
	}
	return false
}
