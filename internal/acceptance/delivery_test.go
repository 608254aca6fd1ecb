// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// delivery is a catalogue as it is applied: by kubectl, from a folder, as the administrator of a cluster.
type delivery struct {
	testkit.Page
	name, path, namespace string
}

// shipped is a catalogue as it stands in the repository, with the embedded store.
func shipped(name string) *delivery {
	GinkgoHelper()
	root, err := devcluster.Repository()
	Expect(err).NotTo(HaveOccurred())
	return &delivery{reader(root), name, filepath.Join("config", "samples", name), name}
}

// inPostgres is the catalogue with the component for PostgreSQL, in a namespace of its own, which has the Secret with the URL.
func inPostgres(name string) *delivery {
	GinkgoHelper()
	here := GinkgoT().TempDir()
	samples, err := filepath.Rel(here, filepath.Join(shipped(name).Folder, "config", "samples"))
	Expect(err).NotTo(HaveOccurred())
	d := &delivery{reader(here), name, ".", name + "-in-postgres"}
	d.File(fmt.Sprintf(`# file: kustomization.yaml
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
sortOptions: {order: fifo}
namespace: %s
resources: [%s]
components: [%s]
`, d.namespace, filepath.Join(samples, name), filepath.Join(samples, "postgres")))
	d.must("kubectl create namespace " + d.namespace)
	d.must(fmt.Sprintf("kubectl create secret generic store -n %s --from-literal=url='%s'", d.namespace, postgresDatabase()))
	d.must(fmt.Sprintf("kubectl label secret store -n %s %s=%s", d.namespace, v1alpha1.LabelSecret, v1alpha1.SecretStoreURL))
	return d
}

// must runs a command that has to succeed, and returns what it prints.
func (d *delivery) must(command string) string {
	GinkgoHelper()
	out, err := d.Run(ctx, command)
	Expect(err).NotTo(HaveOccurred(), "%s\n%s", command, out)
	return out
}

// remove deletes the namespace, where it is, without waiting.
func (d *delivery) remove() {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: d.namespace}}
	Expect(client.IgnoreNotFound(masters().Delete(ctx, namespace))).To(Succeed())
}

// isGone tells whether the namespace is.
func (d *delivery) isGone() bool {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: d.namespace}}
	return apierrors.IsNotFound(masters().Get(ctx, client.ObjectKeyFromObject(namespace), namespace))
}

// told is what kubectl says of an object that it applies.
var told = regexp.MustCompile(`(?m)^[a-z.-]+/[a-z-]+ (created|configured|unchanged)$`)

// apply applies the catalogue, and returns what kubectl says of each object.
func (d *delivery) apply() []string {
	GinkgoHelper()
	return told.FindAllString(d.must("kubectl apply -k "+d.path), -1)
}

// manifest is an object of the catalogue as the API server has it.
type manifest struct {
	Kind     string            `json:"kind"`
	Metadata metav1.ObjectMeta `json:"metadata"`
	Status   struct {
		Conditions []metav1.Condition `json:"conditions"`
	} `json:"status"`
}

// objects are all objects of the catalogue but the namespace.
func (d *delivery) objects() (objects []manifest) {
	GinkgoHelper()
	out, err := d.Run(ctx, "kubectl get -o json 2>/dev/null -k "+d.path) // without kubectl's remark about the order
	Expect(err).NotTo(HaveOccurred(), out)
	var list struct {
		Items []manifest `json:"items"`
	}
	Expect(json.Unmarshal([]byte(out), &list)).To(Succeed())
	for _, o := range list.Items {
		if o.Kind != "Namespace" {
			objects = append(objects, o)
		}
	}
	return objects
}

// unready are the objects that are not in force as they are, with the reason.
func (d *delivery) unready() (names []string) {
	GinkgoHelper()
	for _, o := range d.objects() {
		ready := meta.FindStatusCondition(o.Status.Conditions, v1alpha1.ConditionReady)
		switch {
		case ready == nil:
			names = append(names, fmt.Sprintf("%s %s: not looked at", o.Kind, o.Metadata.Name))
		case ready.Status != metav1.ConditionTrue || ready.ObservedGeneration != o.Metadata.Generation:
			names = append(names, fmt.Sprintf("%s %s: %s %s", o.Kind, o.Metadata.Name, ready.Reason, ready.Message))
		}
	}
	return names
}

// admissions are the generation and the stamp of each object.
func (d *delivery) admissions() map[string]string {
	GinkgoHelper()
	found := map[string]string{}
	for _, o := range d.objects() {
		found[o.Kind+" "+o.Metadata.Name] = fmt.Sprint(o.Metadata.Generation, o.Metadata.Annotations[v1alpha1.AnnotationAdmitted])
	}
	return found
}

// becomesReady applies the catalogue, waits until every object of it is in force, and applies it once more, which changes nothing.
func (d *delivery) becomesReady(open func() *sql.DB) {
	GinkgoHelper()
	DeferCleanup(d.remove)
	lines := d.apply()
	Expect(lines).To(HaveEach(Or(HaveSuffix(" created"), HavePrefix("namespace/"))))
	Eventually(d.unready, time.Minute, 100*time.Millisecond).Should(BeEmpty())
	Expect(d.objects()).To(HaveLen(len(lines) - 1))

	const log = "SELECT count(*) FROM audit_log WHERE back_office = $1"
	db := open()
	admitted, logged := d.admissions(), texts(db, log, d.name)
	again := d.apply()
	Expect(again).To(HaveLen(len(lines)))
	Expect(again).To(HaveEach(HaveSuffix(" unchanged")))
	Consistently(d.unready, time.Second, 200*time.Millisecond).Should(BeEmpty())
	Expect(d.admissions()).To(Equal(admitted))
	Expect(texts(db, log, d.name)).To(Equal(logged))
}

// texts is what a store answers.
func texts(db *sql.DB, question string, arguments ...any) (rows [][]string) {
	GinkgoHelper()
	found, err := db.QueryContext(ctx, question, arguments...)
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = found.Close() }()
	columns, err := found.Columns()
	Expect(err).NotTo(HaveOccurred())
	for found.Next() {
		values, row := make([]any, len(columns)), make([]string, len(columns))
		for i := range row {
			values[i] = &row[i]
		}
		Expect(found.Scan(values...)).To(Succeed())
		rows = append(rows, row)
	}
	Expect(found.Err()).NotTo(HaveOccurred())
	return rows
}

// setsOf are the sets of a catalogue as kubectl builds it.
func setsOf(d *delivery) (sets []*v1alpha1.PermissionSet) {
	GinkgoHelper()
	built := []byte(d.must("kubectl kustomize 2>/dev/null " + d.path))
	decoder := serializer.NewCodecFactory(cluster.Scheme, serializer.EnableStrict).UniversalDeserializer()
	documents := utilyaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(built)))
	for {
		document := make([]byte, len(built))
		n, err := documents.Read(document)
		if errors.Is(err, io.EOF) {
			return sets
		}
		Expect(err).NotTo(HaveOccurred())
		object, _, err := decoder.Decode(document[:n], nil, nil)
		Expect(err).NotTo(HaveOccurred())
		if set, ok := object.(*v1alpha1.PermissionSet); ok {
			sets = append(sets, set)
		}
	}
}
