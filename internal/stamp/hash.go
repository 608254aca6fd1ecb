// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// scheme is the way in which the hash is made. Another way needs another number, and the old one has to be known as long as objects carry it:
// objects that do not fit are not in force.
const scheme = "1"

// covered is what a stamp is about. The order of the fields is part of the scheme.
type covered struct {
	Kind        string                  `json:"kind"`
	Namespace   string                  `json:"namespace"`
	Spec        any                     `json:"spec"`
	Labels      map[string]string       `json:"labels,omitempty"`
	Owners      []metav1.OwnerReference `json:"owners,omitempty"`
	Annotations map[string]string       `json:"annotations,omitempty"`
}

// Hash identifies what a stamp covers: kind, namespace, spec as the API type encodes it, labels, owner references, and the annotations that
// mean something to the operator. A request for a reconcile is none of them, and the stamp itself is not. Status, finalizers and other
// annotations are not covered.
func Hash(o metav1.Object) string {
	sum := sha256.Sum256(text(o))
	return scheme + ":" + base64.RawURLEncoding.EncodeToString(sum[:16])
}

// text is what the hash is made of.
func text(o metav1.Object) []byte {
	c := covered{Namespace: o.GetNamespace(), Labels: o.GetLabels(), Owners: o.GetOwnerReferences()}
	switch o := o.(type) {
	case *v1alpha1.BackOffice:
		c.Kind, c.Spec = "BackOffice", o.Spec
	case *v1alpha1.BackOfficeUser:
		c.Kind, c.Spec = "BackOfficeUser", o.Spec
	case *v1alpha1.PermissionSet:
		c.Kind, c.Spec = "PermissionSet", o.Spec
	case *v1alpha1.RoleBinding:
		c.Kind, c.Spec = "RoleBinding", o.Spec
	default:
		panic(fmt.Sprintf("no stamp for %T", o))
	}
	for name, value := range o.GetAnnotations() {
		if Covers(name) {
			if c.Annotations == nil {
				c.Annotations = map[string]string{}
			}
			c.Annotations[name] = value
		}
	}
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // texts, numbers and times
	}
	return text
}

// Covers tells whether a stamp covers the annotation of that name.
func Covers(annotation string) bool {
	return strings.HasPrefix(annotation, v1alpha1.AnnotationPrefix) &&
		annotation != v1alpha1.AnnotationAdmitted && annotation != v1alpha1.AnnotationReconcileRequestedAt
}
