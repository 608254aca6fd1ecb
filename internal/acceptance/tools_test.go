// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	gomegatypes "github.com/onsi/gomega/types"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// almighty acts as a service account of a namespace which has the ClusterRole cluster-admin, as GitOps tools are installed.
func almighty(namespace, name string) client.Client {
	GinkgoHelper()
	subject := rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: name}
	Expect(devcluster.Bind(ctx, masters(), "cluster-admin", subject)).To(Succeed())
	return identity("system:serviceaccount:"+namespace+":"+name, "system:serviceaccounts", "system:serviceaccounts:"+namespace)
}

// stampOf is the admission stamp of an object as it is stored.
func stampOf(o client.Object) stamp.Stamp {
	GinkgoHelper()
	Expect(masters().Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
	s, fits := stamp.Fitting(o)
	Expect(fits).To(BeTrue(), "the stamp has to fit: %s", o.GetAnnotations()[v1alpha1.AnnotationAdmitted])
	return s
}

// patched sends a patch as it is written here.
func patched(c client.Client, o client.Object, kind types.PatchType, body string, opts ...client.PatchOption) error {
	return c.Patch(ctx, o.DeepCopyObject().(client.Object), client.RawPatch(kind, []byte(body)), opts...)
}

// message is what the condition Ready of an object says.
func message(o client.Object) string {
	ready := meta.FindStatusCondition(*o.(interface{ GetConditions() *[]metav1.Condition }).GetConditions(), v1alpha1.ConditionReady)
	if ready == nil {
		return ""
	}
	return ready.Message
}

// saying matches an object whose condition Ready says something.
func saying(text string) gomegatypes.GomegaMatcher {
	return WithTransform(message, ContainSubstring(text))
}

// annotate sets one annotation.
func annotate(name, value string) testkit.Mod {
	return func(o client.Object) {
		annotations := map[string]string{}
		maps.Copy(annotations, o.GetAnnotations())
		annotations[name] = value
		o.SetAnnotations(annotations)
	}
}

// deletionPolicy says what becomes of a user's account when its object is deleted.
func deletionPolicy(p v1alpha1.DeletionPolicy) testkit.Mod {
	return testkit.OnUser(func(u *v1alpha1.BackOfficeUser) { u.Spec.DeletionPolicy = p })
}

// ownedBy is an owner reference, which the garbage collector deletes the object by.
func ownedBy(owners ...*corev1.ConfigMap) testkit.Mod {
	return func(o client.Object) {
		var references []metav1.OwnerReference
		for _, owner := range owners {
			references = append(references, metav1.OwnerReference{
				APIVersion: "v1", Kind: "ConfigMap", Name: owner.Name, UID: owner.UID, BlockOwnerDeletion: new(true),
			})
		}
		o.SetOwnerReferences(references)
	}
}

// configMap creates a ConfigMap, for others to be owned by.
func configMap(namespace, name string) *corev1.ConfigMap {
	GinkgoHelper()
	c := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	Expect(masters().Create(ctx, c)).To(Succeed())
	return c
}

// ear hears what the API server says besides its answers.
type ear struct {
	mutex    sync.Mutex
	warnings []string
}

// HandleWarningHeaderWithContext implements [rest.WarningHandlerWithContext].
func (e *ear) HandleWarningHeaderWithContext(_ context.Context, _ int, _, text string) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.warnings = append(e.warnings, text)
}

// heard returns the warnings since it was last asked, in one text.
func (e *ear) heard() string {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	defer func() { e.warnings = nil }()
	return strings.Join(e.warnings, "\n")
}

// listening acts as a user of these groups who reads warnings.
func listening(user string, groups ...string) (client.Client, *ear) {
	e := &ear{}
	config := rest.CopyConfig(cluster.Admin)
	config.WarningHandlerWithContext = e
	return testkit.As(config, user, append(groups, "system:authenticated")...), e
}

// kubectl runs kubectl as a user who may edit, and returns what the user reads.
func kubectl(user, stdin string, arguments ...string) string {
	GinkgoHelper()
	command := exec.Command(cluster.Kubectl, append([]string{
		"--kubeconfig=" + cluster.AdminKubeconfig, "--cache-dir=" + filepath.Join(dir, "kubectl"),
		"--as=" + user, "--as-group=" + editors, "--as-group=system:authenticated",
	}, arguments...)...)
	command.Stdin = strings.NewReader(stdin)
	out, err := command.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		Expect(err).NotTo(HaveOccurred())
	}
	return string(out)
}

// sample reads the manifests of a folder of config/samples, for another namespace than the one of the same name.
func sample(name, namespace string) (objects []client.Object) {
	GinkgoHelper()
	repository, err := devcluster.Repository()
	Expect(err).NotTo(HaveOccurred())
	decoder := serializer.NewCodecFactory(cluster.Scheme, serializer.EnableStrict).UniversalDeserializer()
	for _, file := range []string{"backoffice.yaml", "permissionsets.yaml", "rolebindings.yaml", "users.yaml"} {
		content, err := os.ReadFile(filepath.Join(repository, "config", "samples", name, file))
		Expect(err).NotTo(HaveOccurred())
		content = bytes.ReplaceAll(content, []byte("namespace: "+name), []byte("namespace: "+namespace))
		documents := utilyaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(content)))
		for {
			document := make([]byte, len(content))
			n, err := documents.Read(document)
			if errors.Is(err, io.EOF) {
				break
			}
			Expect(err).NotTo(HaveOccurred())
			object, _, err := decoder.Decode(document[:n], nil, nil)
			Expect(err).NotTo(HaveOccurred(), file)
			objects = append(objects, object.(client.Object))
		}
	}
	return objects
}
