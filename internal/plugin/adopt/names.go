// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package adopt

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/backoffice-operator/backoffice-operator/internal/store/accounts"
)

// mostName bounds a name that is made: the Secret with the password has a longer one.
const mostName = 200

// names gives each account a name of its own, which is the same whenever it is imported and whatever other accounts there are.
type names struct {
	namespace string
	taken     map[string]bool
}

func newNames(namespace string) *names { return &names{namespace, map[string]bool{}} }

// of is the name that the account's object had in this namespace, else one that is made of the login.
func (n *names) of(a accounts.Account) string {
	name := a.Name
	if name == "" || a.Namespace != n.namespace || n.taken[name] {
		name = nameOf(a.Login)
	}
	if n.taken[name] { // somebody else's object was called so
		name = marked(name, a.Login)
	}
	n.taken[name] = true
	return name
}

// nameOf is the login itself where it can be a name of Kubernetes, whatever its case. Others get a mark, so that two of them never get the same name.
func nameOf(login string) string {
	name := lower(login)
	if len(name) <= mostName && len(validation.IsDNS1123Subdomain(name)) == 0 {
		return name
	}
	var parts []string
	for part := range strings.SplitSeq(name, ".") {
		part = strings.Join(strings.FieldsFunc(part, func(r rune) bool { return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789", r) }), "-")
		if part != "" {
			parts = append(parts, part)
		}
	}
	return marked(strings.Join(parts, "."), login)
}

// marked is a name with a mark of the login, which tells it from all others.
func marked(name, login string) string {
	sum := sha256.Sum256([]byte(lower(login)))
	name = strings.Trim(name[:min(len(name), mostName)], "-.")
	if name == "" {
		name = "account"
	}
	return name + "-" + hex.EncodeToString(sum[:4])
}

// lower has ASCII letters in lower case, as logins are compared.
func lower(login string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, login)
}
