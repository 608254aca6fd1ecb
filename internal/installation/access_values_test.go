// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package installation

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// example is a values file that the chart brings along.
func example(name string) string {
	return filepath.Join(chart("backoffice-access"), "examples", name+".yaml")
}

// rendered is what a program makes of values files, for a release "shop" in a namespace.
func rendered(program, namespace string, files ...string) (string, error) {
	arguments := []string{"template", "shop", chart("backoffice-access"), "--namespace", namespace, "--kube-version", "1.35.0"}
	for _, file := range files {
		arguments = append(arguments, "--values", file)
	}
	return run(program, arguments...)
}

// objectsOf are the objects of values, by kind and name.
func objectsOf(files ...string) map[string]*unstructured.Unstructured {
	GinkgoHelper()
	out, err := rendered(helm4, "shop", files...)
	Expect(err).NotTo(HaveOccurred())
	found := map[string]*unstructured.Unstructured{}
	for _, o := range documents(out) {
		for _, one := range flattened(o) {
			found[one.GetKind()+" "+one.GetName()] = one
		}
	}
	return found
}

// flattened are the objects of a List, else the object itself.
func flattened(o *unstructured.Unstructured) (found []*unstructured.Unstructured) {
	GinkgoHelper()
	if !o.IsList() {
		return []*unstructured.Unstructured{o}
	}
	list, err := o.ToList()
	Expect(err).NotTo(HaveOccurred())
	for i := range list.Items {
		found = append(found, &list.Items[i])
	}
	return found
}

// plainOf is what people write of an object: not what a release adds.
func plainOf(o *unstructured.Unstructured) map[string]any {
	labels := o.GetLabels()
	for _, name := range []string{"name", "instance", "managed-by"} {
		delete(labels, "app.kubernetes.io/"+name)
	}
	return map[string]any{"labels": fmt.Sprint(labels), "annotations": fmt.Sprint(o.GetAnnotations()), "spec": o.Object["spec"]}
}

var _ = Describe("values of the chart backoffice-access", func() {
	names := []string{"twenty-users", "team", "activation", "automation", "hosting", "orders", "trading"}

	for _, name := range names {
		It("pass both linters in strict mode and render the same with both: "+name, func() {
			var outputs []string
			for _, program := range []string{helm4, helm3} {
				_, err := run(program, "lint", chart("backoffice-access"), "--strict", "--values", example(name))
				Expect(err).NotTo(HaveOccurred())
				out, err := rendered(program, "shop", example(name))
				Expect(err).NotTo(HaveOccurred())
				outputs = append(outputs, out)
			}
			Expect(documents(outputs[1])).To(ConsistOf(documents(outputs[0])))
		})
	}

	It("become the objects of the golden files", func() {
		for name, files := range map[string][]string{
			"twenty-users": {example("twenty-users")},
			"postgresql":   {example("twenty-users"), example("postgresql")},
			"team":         {example("team"), values("argocd: {syncWaves: true}")},
			"merged":       {values(mergedBase), values(mergedOverlay)},
		} {
			out, err := rendered(helm4, "shop", files...)
			Expect(err).NotTo(HaveOccurred())
			equalFile(out, "access-"+name+".golden.yaml")
		}
	})

	for _, name := range []string{"activation", "automation", "hosting", "orders", "trading"} {
		It("can say all that the sample says: "+name, func() {
			files, err := filepath.Glob(filepath.Join(root, "config", "samples", name, "*.yaml"))
			Expect(err).NotTo(HaveOccurred())
			want := map[string]any{}
			for _, file := range files {
				content, err := os.ReadFile(file)
				Expect(err).NotTo(HaveOccurred())
				for _, o := range documents(string(content)) {
					if strings.HasPrefix(o.GetAPIVersion(), "access.backoffice-operator.io/") {
						want[o.GetKind()+" "+o.GetName()] = plainOf(o)
					}
				}
			}
			Expect(len(want)).To(BeNumerically(">", 15))
			got := map[string]any{}
			for key, o := range objectsOf(example(name)) {
				got[key] = plainOf(o)
			}
			Expect(got).To(Equal(want))
		})
	}

	for about, c := range map[string]struct{ values, says string }{
		"a password":                                         {"users: {eve: {password: hunter2}}", "at '/users/eve/password': value must be 'left out: values are kept in Git"},
		"a password in credentials":                          {"users: {eve: {credentials: {password: hunter2}}}", "access.backoffice-operator.io/secret=password"},
		"a password for all":                                 {"defaults: {user: {credentials: {initialPassword: hunter2}}}", "at '/defaults/user/credentials/initialPassword': value must be 'left out"},
		"a password among the settings":                      {"users: {eve: {settings: {panelPassword: hunter2}}}", "at '/users/eve/settings/panelPassword': value must be 'left out"},
		"a password at the top":                              {"PASSWORD: hunter2", "at '/PASSWORD': value must be 'left out"},
		"the URL of a store":                                 {`backOffices: {shop: {store: {postgres: {url: "postgres://u:hunter2@db"}}}}`, "or in store.postgres.urlSecretRef"},
		"a password in the URL's reference":                  {"backOffices: {shop: {store: {postgres: {urlSecretRef: {name: a, key: b, token: hunter2}}}}}", "urlSecretRef/token': value must be 'left out"},
		"a typing error in a field":                          {"users: {eve: {allowedIp: [203.0.113.7]}}", "at '/users/eve': additional properties 'allowedIp' not allowed"},
		"a typing error below a field":                       {"users: {eve: {profile: {fulName: Eve}}}", "at '/users/eve/profile': additional properties 'fulName' not allowed"},
		"a typing error in a list":                           {"roleBindings: {support: {filters: [{dimension: a, mode: All, value: x}]}}", "at '/roleBindings/support/filters/0': additional properties 'value' not allowed"},
		"a typing error in defaults":                         {"defaults: {user: {acountType: API}}", "at '/defaults/user': additional properties 'acountType' not allowed"},
		"a typing error at the top":                          {"usres: {eve: {}}", "additional properties 'usres' not allowed"},
		"a value that is none of those":                      {"users: {eve: {accountType: Stuff}}", "at '/users/eve/accountType': value must be one of 'Staff', 'Administrator'"},
		"a value of another type":                            {"permissionSets: {support: {rank: high}}", "at '/permissionSets/support/rank': got string, want null or integer"},
		"a list where a map is needed":                       {"users: [{name: eve}]", "at '/users': got array, want object"},
		"no moment":                                          {"roleBindings: {support: {expiresAt: tomorrow}}", "'tomorrow' is not valid date-time"},
		"a name that Kubernetes does not take":               {"users: {Eve: {}}", "at '/users/Eve': value must be 'under another name: of lower-case letters"},
		"an entry of a list without what it needs":           {"permissionSets: {support: {permissions: [{path: orders}]}}", "at '/permissionSets/support/permissions/0': missing property 'level'"},
		"a binding that nobody has":                          {"users: {eve: {roleBindings: [night]}}", "users.eve.roleBindings: night is not among roleBindings of these values, which are: support"},
		"two back offices, and none named":                   {"backOffices: {second: {store: {sqlite: {}}}}", "backOfficeRef is required: set it there, or for all in defaults."},
		"a set without a rank":                               {"permissionSets: {other: {}}", "permissionSets.other: rank is required"},
		"a binding without a set":                            {"roleBindings: {other: {subjects: [{name: eve}]}}", "roleBindings.other: permissionSetRef is required"},
		"a back office without a store":                      {"backOffices: {shop: {store: null}}", "backOffices.shop: store is required"},
		"something personal that is wrong, without the text": {"users: {eve: {profile: {fullName: [hunter2]}}}", "at '/users/eve/profile/fullName': got array, want null or string"},
	} {
		It("are refused by both before anything is sent: "+about, func() {
			for _, program := range []string{helm4, helm3} {
				out, err := rendered(program, "shop", values(smallShop), values(c.values))
				Expect(err).To(HaveOccurred())
				Expect(out).To(ContainSubstring(c.says))
				Expect(out).NotTo(ContainSubstring("hunter2"))
			}
		})
	}

	It("leave what is wrong in a profile to the API server, which does not repeat it", func() {
		out := objectsOf(values(smallShop), values("users: {eve: {profile: {email: nobody at home}}}"))
		Expect(out).To(HaveKey("BackOfficeUser eve"))
	})

	It("name a binding of at most 1,024 users", func() {
		crowd := &strings.Builder{}
		fmt.Fprint(crowd, "defaults: {user: {roleBindings: [support]}}\nusers:\n")
		for i := range 1025 {
			fmt.Fprintf(crowd, "  user-%d: {}\n", i)
		}
		out, err := rendered(helm4, "shop", values(smallShop), values(crowd.String()))
		Expect(err).To(HaveOccurred())
		Expect(out).To(ContainSubstring("roleBindings.support: 1025 users join it, and a binding names at most 1024: give it a selector"))
		_, err = rendered(helm4, "shop", values(smallShop), values(crowd.String()), values("users: {user-7: null}"))
		Expect(err).NotTo(HaveOccurred())
	})

	It("are those that the README shows", func() {
		readme, err := os.ReadFile(filepath.Join(chart("backoffice-access"), "README.md"))
		Expect(err).NotTo(HaveOccurred())
		blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
		Expect(len(blocks)).To(BeNumerically(">=", 3))
		for _, block := range blocks {
			Expect(objectsOf(values(blocks[0][1]), values(block[1]))).To(HaveKey("BackOfficeUser alice.martin"))
		}
		Expect(objectsOf(values(blocks[0][1]))).To(HaveLen(6))
	})

	It("say the same wherever a user stands", func() {
		one := objectsOf(values(smallShop), values("users: {alice: {allowedIPs: [203.0.113.7], roleBindings: [support]}, bob: {roleBindings: [support]}}"))
		two := objectsOf(values(smallShop), values("users: {bob: {roleBindings: [support]}}"), values("users: {alice: {allowedIPs: [203.0.113.7], roleBindings: [support]}}"))
		Expect(two).To(Equal(one))
	})
})

const smallShop = `
backOffices: {shop: {store: {sqlite: {}}}}
permissionSets: {support: {rank: 4}}
roleBindings: {support: {permissionSetRef: {name: support}}}
`

// mergedBase and mergedOverlay show how files and defaults meet: maps are merged, lists and references replaced, null removes.
const mergedBase = `
defaults:
  backOfficeRef: {name: shop, namespace: platform}
  labels: {site: madrid}
  annotations: {argocd.argoproj.io/sync-options: Prune=confirm}
  permissionSet: {rank: 4, rankFamily: back-office}
  roleBinding: {expiresAt: 2031-01-31T18:00:00Z}
  user:
    labels: {team: support}
    allowedIPs: [203.0.113.7]
    profile: {language: es}
    credentials: {rotation: {interval: 720h}}
    roleBindings: [support]
backOffices:
  shop: {store: {sqlite: {}}}
permissionSets:
  support: {permissions: [{path: orders, level: Write}]}
  weakest: {rank: 1000000}
roleBindings:
  support: {permissionSetRef: {name: support}}
  "7": {permissionSetRef: {name: support}, subjects: [{name: ana}]}
  by-name-and-label: {permissionSetRef: {name: support}, subjects: [{name: ana}], selector: {matchLabels: {team: night}}}
  nobody-yet: {permissionSetRef: {name: support}}
users:
  ana: {}
  ben: {profile: {fullName: Ben Ortega}}
  gone: {}
  "true": {}
`

const mergedOverlay = `
roleBindings:
  support: {expiresAt: null}
users:
  ana: {allowedIPs: [198.51.100.7], labels: {team: night, site: null}, roleBindings: [by-name-and-label, support], deletionPolicy: Delete}
  ben: {profile: {email: ben@shop.example}, credentials: {rotation: null}, roleBindings: null}
  elsewhere: {backOfficeRef: {name: other}, allowedIPs: null, roleBindings: []}
  gone: null
`
