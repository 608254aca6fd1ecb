// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var (
	manifests = regexp.MustCompile("(?s)```yaml\n(.*?)```")
	mistakes  = regexp.MustCompile("(?s)\n\\| Written \\| (Refused|Warned) \\|\n.*?\n\n|\n\\| Written \\| (Refused|Warned) \\|\n.*$")
	mistake   = regexp.MustCompile("(?m)^\\| `(.+?)` \\| `(.+)` \\|$")
)

// kindPage is a page of docs/kinds, where the namespace shop is another one.
func kindPage(name, namespace string) string {
	GinkgoHelper()
	repository, err := devcluster.Repository()
	Expect(err).NotTo(HaveOccurred())
	text, err := os.ReadFile(filepath.Join(repository, "docs", "kinds", name+".md"))
	Expect(err).NotTo(HaveOccurred())
	return strings.NewReplacer("namespace: shop}", "namespace: "+namespace+"}", "namespace: shop,", "namespace: "+namespace+",",
		" shop/", " "+namespace+"/", `namespace "shop"`, `namespace "`+namespace+`"`).Replace(string(text))
}

// examplesOf are the objects of the examples of a page.
func examplesOf(page string) (objects []client.Object) {
	GinkgoHelper()
	decoder := serializer.NewCodecFactory(cluster.Scheme, serializer.EnableStrict).UniversalDeserializer()
	for _, block := range manifests.FindAllStringSubmatch(page, -1) {
		for document := range strings.SplitSeq(block[1], "---\n") {
			object, _, err := decoder.Decode([]byte(document), nil, nil)
			Expect(err).NotTo(HaveOccurred(), document)
			objects = append(objects, object.(client.Object))
		}
	}
	return objects
}

var _ = Describe("docs/kinds", func() {
	It("has examples that become what they say, and mistakes that are refused with the text that is written there", func() {
		namespace := testkit.FreshNamespace(ctx, masters())
		c, warnings := listening("root", owners, "shop-admins")
		first := map[string]client.Object{}
		pages := []string{"backoffice", "permissionset", "backofficeuser", "rolebinding"}
		var all []client.Object
		for _, name := range pages {
			objects := examplesOf(kindPage(name, namespace))
			first[name] = objects[0]
			for _, o := range objects {
				if _, secret := o.(*corev1.Secret); secret {
					create(masters(), o)
					continue
				}
				create(c, o)
				if name == "backoffice" && len(all) == 0 {
					eventually(o, beReady())
				}
				all = append(all, o)
			}
		}
		for _, o := range all {
			if o.GetName() != "shop-on-postgres" { // whose database does not exist
				eventually(o, beReady())
			}
		}

		tried := 0
		for _, name := range pages {
			on := first[name]
			for _, table := range mistakes.FindAllStringSubmatch(kindPage(name, namespace), -1) {
				if strings.Contains(table[0], "postgres: {schema: another}") {
					on = &v1alpha1.BackOffice{}
					on.SetNamespace(namespace)
					on.SetName("shop-on-postgres")
				}
				for _, row := range mistake.FindAllStringSubmatch(table[0], -1) {
					patch, err := yaml.YAMLToJSON([]byte("{spec: {" + row[1] + "}}"))
					Expect(err).NotTo(HaveOccurred(), row[1])
					err = patched(c, on, types.MergePatchType, string(patch), client.DryRunAll)
					heard := warnings.heard()
					if table[1]+table[2] == "Warned" {
						Expect(err).NotTo(HaveOccurred(), row[1])
						Expect(heard).To(ContainSubstring(row[2]), row[1])
					} else {
						Expect(err).To(refuse(row[2]), row[1])
					}
					tried++
				}
			}
		}
		Expect(tried).To(BeNumerically(">", 60))
	})

	It("says what kubectl prints, also of moments that are to come", func() {
		namespace := shop(rules(v1alpha1.CredentialPolicy{Rotation: every(2160*time.Hour, time.Hour)}))
		tomorrow := time.Now().Add(24 * time.Hour).Truncate(time.Second)
		given(
			testkit.User("ann", namespace), testkit.User("ben", namespace, testkit.Email("ben@shop.example"), credentials(v1alpha1.UserCredentials{Source: v1alpha1.CredentialInvitation})),
			testkit.Set("viewer", namespace), testkit.Binding("viewers", namespace, testkit.ToSet("viewer"), testkit.ForUsers("ann"), testkit.Until(tomorrow)),
		)
		ann := testkit.User("ann", namespace)
		eventually(ann, HaveField("Status.NextChangeTime", Not(BeNil())))
		wide := kubectl("vic", "", "get", "backofficeusers", "-n", namespace, "-o", "wide")
		header, rows, _ := strings.Cut(wide, "\n")
		Expect(strings.Join(regexp.MustCompile(`\S+( \S+)*`).FindAllString(header, -1), ",")).To(Equal(
			"NAME,LOGIN,TYPE,STATE,READY,REASON,AGE,SETS,SECRET,PASSWORD,NEXT ROTATION,INVITATION,NEXT CHANGE"))
		Expect(rows).To(And(
			ContainSubstring(tomorrow.UTC().Format(time.RFC3339)), ContainSubstring(ann.Status.Credential.NextRotationTime.UTC().Format(time.RFC3339)),
			MatchRegexp(`(?m)^ben .* Pending `), Not(ContainSubstring("<invalid>"))))
	})
})
