// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

func TestSchemeOneIsWhatItAlwaysWas(t *testing.T) {
	for name, g := range goldens {
		t.Run(name, func(t *testing.T) {
			want, err := os.ReadFile(filepath.Join("testdata", name+".json"))
			NewWithT(t).Expect(err).NotTo(HaveOccurred())
			NewWithT(t).Expect(string(text(g.object)) + "\n").To(Equal(string(want)))
			NewWithT(t).Expect(Hash(g.object)).To(Equal(g.hash))
		})
	}
}

func TestGoldensHaveEveryField(t *testing.T) {
	for name, spec := range map[string]any{
		"BackOffice":      v1alpha1.BackOfficeSpec{},
		"BackOfficeUser":  v1alpha1.BackOfficeUserSpec{},
		"PermissionSet":   v1alpha1.PermissionSetSpec{},
		"RoleBinding":     v1alpha1.RoleBindingSpec{},
		"owner reference": metav1.OwnerReference{},
	} {
		t.Run(name, func(t *testing.T) {
			found := map[string]bool{}
			for _, g := range goldens {
				of := reflect.ValueOf(g.object).Elem()
				if spec := of.FieldByName("Spec"); of.Type().Name() == name {
					fill(found, "", spec)
				}
				for _, owner := range g.object.GetOwnerReferences() {
					if name == "owner reference" {
						fill(found, "", reflect.ValueOf(owner))
					}
				}
			}
			var missing []string
			for _, field := range fieldsOf(reflect.TypeOf(spec), "") {
				if !found[field] {
					missing = append(missing, field)
				}
			}
			NewWithT(t).Expect(missing).To(BeEmpty(), "add another golden object that has them")
		})
	}
}

var timeType = reflect.TypeFor[metav1.Time]()

// fieldsOf are the paths of all fields of a type, without indexes.
func fieldsOf(t reflect.Type, path string) []string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == timeType {
		return []string{path}
	}
	fields := []string{path}
	for field := range t.Fields() {
		fields = append(fields, fieldsOf(field.Type, path+"."+field.Name)...)
	}
	if path == "" {
		return fields[1:]
	}
	return fields
}

// fill notes which fields of a value are set.
func fill(found map[string]bool, path string, v reflect.Value) {
	found[path] = found[path] || !v.IsZero()
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			fill(found, path, v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			fill(found, path, v.Index(i))
		}
	case reflect.Struct:
		if v.Type() == timeType {
			return
		}
		for i := range v.NumField() {
			fill(found, path+"."+v.Type().Field(i).Name, v.Field(i))
		}
	default: // a value
	}
}

// mutation changes one thing of a value and returns how to take that back.
type mutation struct {
	path  string
	apply func() (undo func())
}

// mutations are all ways to change one thing of a value.
func mutations(path string, v reflect.Value) []mutation {
	to := func(how string, other reflect.Value) mutation {
		return mutation{path + how, func() func() {
			was := reflect.New(v.Type()).Elem()
			was.Set(v)
			v.Set(other)
			return func() { v.Set(was) }
		}}
	}
	var all []mutation
	switch v.Kind() {
	case reflect.String:
		all = append(all, to(" longer", reflect.ValueOf(v.String()+"x").Convert(v.Type())))
	case reflect.Bool:
		all = append(all, to(" turned", reflect.ValueOf(!v.Bool()).Convert(v.Type())))
	case reflect.Int32, reflect.Int64:
		all = append(all, to(" more", reflect.ValueOf(v.Int()+1).Convert(v.Type())))
	case reflect.Map:
		other := reflect.MakeMap(v.Type())
		for _, key := range v.MapKeys() {
			other.SetMapIndex(key, v.MapIndex(key))
		}
		other.SetMapIndex(reflect.ValueOf("another").Convert(v.Type().Key()), reflect.ValueOf("x").Convert(v.Type().Elem()))
		all = append(all, to(" with another", other))
		if v.Len() > 0 {
			all = append(all, to(" gone", reflect.Zero(v.Type())))
		}
	case reflect.Slice:
		for i := range v.Len() {
			all = append(all, mutations(path+"[]", v.Index(i))...)
		}
		if v.Len() > 0 {
			all = append(all, to(" shorter", v.Slice(0, v.Len()-1)))
		}
		if v.Len() > 1 {
			turned := reflect.AppendSlice(v.Slice3(1, v.Len(), v.Len()), v.Slice(0, 1))
			all = append(all, to(" in another order", turned))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			all = append(all, mutations(path, v.Elem())...)
			all = append(all, to(" gone", reflect.Zero(v.Type())))
		}
	case reflect.Struct:
		if v.Type() == timeType {
			return append(all, to(" later", reflect.ValueOf(metav1.NewTime(v.Interface().(metav1.Time).Add(time.Second)))))
		}
		for i := range v.NumField() {
			all = append(all, mutations(path+"."+v.Type().Field(i).Name, v.Field(i))...)
		}
	default:
		panic("no way to change a " + v.Kind().String())
	}
	return all
}

func TestAHashFitsNoOtherObject(t *testing.T) {
	tried := 0
	for name, golden := range goldens {
		o := golden.object.DeepCopyObject().(client.Object)
		of := reflect.ValueOf(o).Elem()
		all := mutations("spec", of.FieldByName("Spec"))
		for _, field := range []string{"Labels", "OwnerReferences", "Annotations", "Namespace"} {
			all = append(all, mutations("metadata."+field, of.FieldByName("ObjectMeta").FieldByName(field))...)
		}
		all = slices.DeleteFunc(all, func(m mutation) bool { // another's annotation is not covered
			return strings.HasPrefix(m.path, "metadata.Annotations with another")
		})
		for _, m := range all {
			undo := m.apply()
			if Hash(o) == golden.hash {
				t.Errorf("%s fits although %s", name, m.path)
			}
			undo()
			tried++
		}
		NewWithT(t).Expect(Hash(o)).To(Equal(golden.hash), "all is as it was")
	}
	NewWithT(t).Expect(tried).To(BeNumerically(">", 150))
}

func TestEachCoveredAnnotationCounts(t *testing.T) {
	o := full(&v1alpha1.BackOfficeUser{Spec: fullUser()})
	hash := Hash(o)
	for name := range o.GetAnnotations() {
		for sentence, change := range map[string]func(map[string]string){
			"another value": func(a map[string]string) { a[name] = "other" },
			"gone":          func(a map[string]string) { delete(a, name) },
		} {
			t.Run(name+" "+sentence, func(t *testing.T) {
				other := full(&v1alpha1.BackOfficeUser{Spec: fullUser()})
				change(other.GetAnnotations())
				NewWithT(t).Expect(Hash(other)).NotTo(Equal(hash))
			})
		}
	}
}

func TestWhoAsksForAnotherPasswordStandsBehindIt(t *testing.T) {
	g := NewWithT(t)
	o := full(&v1alpha1.BackOfficeUser{Spec: fullUser()})
	hash := Hash(o)
	for _, name := range []string{v1alpha1.AnnotationResetRequestedAt, v1alpha1.AnnotationRotationRequestedAt} {
		annotations := o.GetAnnotations()
		annotations[name] = "2026-11-21T09:30:00Z"
		asked := Hash(o)
		g.Expect(asked).NotTo(Equal(hash), name)
		annotations[name] = "2026-11-21T09:30:01Z"
		g.Expect(Hash(o)).NotTo(Equal(asked), name)
		delete(annotations, name)
	}
}

func TestKindsDoNotFitEachOther(t *testing.T) {
	hashes := map[string]string{}
	for name, g := range goldens {
		NewWithT(t).Expect(hashes).NotTo(HaveKey(g.hash), name)
		hashes[g.hash] = name
	}
}

func TestWhatIsNotCoveredChangesNothing(t *testing.T) {
	user := func() *v1alpha1.BackOfficeUser {
		return full(&v1alpha1.BackOfficeUser{Spec: fullUser()}).(*v1alpha1.BackOfficeUser)
	}
	binding := func() *v1alpha1.RoleBinding {
		return full(&v1alpha1.RoleBinding{Spec: fullBinding()}).(*v1alpha1.RoleBinding)
	}
	annotated := func(name string) func(client.Object) {
		return func(o client.Object) { o.GetAnnotations()[name] = "x" }
	}
	for sentence, change := range map[string]func(client.Object){
		"a finalizer":                           func(o client.Object) { o.SetFinalizers([]string{v1alpha1.Finalizer}) },
		"another's annotation":                  annotated("kubectl.kubernetes.io/last-applied-configuration"),
		"one whose name begins like ours":       annotated("access.backoffice-operator.io.evil/hold"),
		"a request for a reconcile":             annotated(v1alpha1.AnnotationReconcileRequestedAt),
		"the stamp":                             annotated(v1alpha1.AnnotationAdmitted),
		"a name, which is made after admission": func(o client.Object) { o.SetName("bob") },
		"a UID":                                 func(o client.Object) { o.SetUID("1") },
		"a version":                             func(o client.Object) { o.SetResourceVersion("7") },
		"a generation":                          func(o client.Object) { o.SetGeneration(7) },
		"when it was made":                      func(o client.Object) { o.SetCreationTimestamp(metav1.Unix(1, 0)) },
		"that it is being deleted":              func(o client.Object) { o.SetDeletionTimestamp(&metav1.Time{Time: time.Unix(1, 0)}) },
		"who manages which field":               func(o client.Object) { o.SetManagedFields([]metav1.ManagedFieldsEntry{{Manager: "argocd"}}) },
	} {
		t.Run(sentence, func(t *testing.T) {
			u, b := user(), binding()
			change(u)
			change(b)
			NewWithT(t).Expect(Hash(u)).To(Equal(Hash(user())))
			NewWithT(t).Expect(Hash(b)).To(Equal(Hash(binding())))
		})
	}
	g := NewWithT(t)
	u, b := user(), binding()
	u.Status.State, u.Kind = v1alpha1.StateActive, "BackOfficeUser"
	g.Expect(Hash(u)).To(Equal(Hash(user())), "status, and a kind that a client leaves out")
	b.Spec.NotBefore = &metav1.Time{Time: b.Spec.NotBefore.UTC()}
	g.Expect(Hash(b)).To(Equal(Hash(binding())), "the zone in which a time is written")
	u.Labels, u.OwnerReferences, u.Annotations, u.Spec.AllowedIPs = nil, nil, nil, nil
	empty := u.DeepCopy()
	empty.Labels, empty.OwnerReferences, empty.Annotations = map[string]string{}, []metav1.OwnerReference{}, map[string]string{}
	empty.Spec.AllowedIPs = []string{}
	g.Expect(Hash(empty)).To(Equal(Hash(u)), "empty in place of absent")
}

func TestOtherKindsHaveNoStamp(t *testing.T) {
	NewWithT(t).Expect(func() { Hash(&corev1.Secret{}) }).To(PanicWith("no stamp for *v1.Secret"))
}
