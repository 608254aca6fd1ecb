// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/store/sqlite"
)

// heard is what is heard in this suite.
var heard = newRecorder()

// listen begins to hear what the API server says to whom this suite acts as, and all events, statuses and Secrets as they come and go. What leaks
// is judged when the suite ends, and with it what the logs and the metrics say.
func listen() {
	GinkgoHelper()
	hearSchema()
	cluster.Admin.WrapTransport = func(next http.RoundTripper) http.RoundTripper { return eavesdropper{next} }
	labelled, err := labels.NewRequirement(v1alpha1.LabelSecret, selection.Exists, nil)
	Expect(err).NotTo(HaveOccurred())
	informers, err := cache.New(cluster.Admin, cache.Options{
		Scheme:   cluster.Scheme,
		ByObject: map[client.Object]cache.ByObject{&corev1.Secret{}: {Label: labels.NewSelector().Add(*labelled)}},
	})
	Expect(err).NotTo(HaveOccurred())
	for _, kind := range []client.Object{
		&corev1.Secret{}, &corev1.Event{}, &v1alpha1.BackOffice{}, &v1alpha1.BackOfficeUser{}, &v1alpha1.PermissionSet{}, &v1alpha1.RoleBinding{},
	} {
		informer, err := informers.GetInformer(ctx, kind, cache.BlockUntilSynced(false))
		Expect(err).NotTo(HaveOccurred())
		_, err = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
			AddFunc: hear, UpdateFunc: func(_, now any) { hear(now) }, DeleteFunc: hear,
		})
		Expect(err).NotTo(HaveOccurred())
	}
	watching, cancel := context.WithCancel(ctx)
	go func() {
		defer GinkgoRecover()
		Expect(informers.Start(watching)).To(Succeed())
	}()
	Expect(informers.WaitForCacheSync(watching)).To(BeTrue())
	DeferCleanup(func() {
		cancel()
		if operator == nil {
			return // the suite has not begun
		}
		hearLogs()
		Expect(heard.heard).To(And(HaveKey("logs"), HaveKey("metrics")))
		Expect(heard.leaks()).To(BeEmpty(), "somebody hears what nobody may")
	})
}

// hearSchema has known what the API says of itself: refusals repeat its examples, and specs use them.
func hearSchema() {
	GinkgoHelper()
	root, err := devcluster.Repository()
	Expect(err).NotTo(HaveOccurred())
	files, err := filepath.Glob(filepath.Join(root, "config", "crd", "bases", "*.yaml"))
	Expect(err).NotTo(HaveOccurred())
	Expect(files).NotTo(BeEmpty())
	for _, file := range files {
		text, err := os.ReadFile(file)
		Expect(err).NotTo(HaveOccurred())
		heard.names(string(text))
	}
}

// hear keeps what an object says: an event all of it, one of our kinds its status, a Secret what is not data.
func hear(o any) {
	if gone, ok := o.(toolscache.DeletedFinalStateUnknown); ok {
		o = gone.Obj
	}
	switch o := o.(type) {
	case *corev1.Event:
		heard.hears("events", o.Reason+" "+o.Message)
	case *corev1.Secret:
		hearSecret(o)
	case *v1alpha1.BackOfficeUser:
		heard.names(o.Name, o.Namespace, o.EffectiveLogin(), o.Spec.KubernetesUser)
		hearStatus(o, o.Status)
	case *v1alpha1.BackOffice:
		heard.names(o.Name, o.Namespace)
		hearStatus(o, o.Status)
	case *v1alpha1.PermissionSet:
		hearStatus(o, o.Status)
	case *v1alpha1.RoleBinding:
		hearStatus(o, o.Status)
	}
}

func hearStatus(o client.Object, status any) {
	text, err := json.Marshal(status)
	if err != nil {
		panic(err) // an API type
	}
	heard.hears("statuses", `"`+o.GetName()+`" `+string(text))
	heard.hears("labels", strings.Join(pairs(o.GetLabels()), "\n"))
}

// hearSecret keeps the passwords that a Secret holds, and what it says beside them.
func hearSecret(s *corev1.Secret) {
	heard.hears("labels and annotations of Secrets", strings.Join(append(pairs(s.Labels), pairs(s.Annotations)...), "\n"))
	for key, value := range s.Data {
		text := string(value)
		switch {
		case s.Labels[v1alpha1.LabelSecret] == v1alpha1.SecretStoreURL:
			heard.keeps("the URL of a store", text)
			if address, err := url.Parse(text); err == nil {
				if password, _ := address.User.Password(); len(password) >= shortestPassword {
					heard.keeps("the password of a store", password)
				}
			}
		case key == corev1.BasicAuthUsernameKey || key == "type" || key == "provider":
		case len(text) >= shortestPassword:
			heard.keeps("a password", text)
		}
	}
}

func pairs(m map[string]string) (all []string) {
	for key, value := range m {
		if key != corev1.LastAppliedConfigAnnotation { // kubectl's, and it is the spec
			all = append(all, key+"="+value)
		}
	}
	slices.Sort(all)
	return all
}

// eavesdropper hears what the API server answers: every refusal and warning. Of what is asked it keeps the personal data.
type eavesdropper struct{ next http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (e eavesdropper) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body != nil && strings.Contains(request.URL.Path, "/backofficeusers") {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return nil, err
		}
		_ = request.Body.Close()
		request.Body = io.NopCloser(bytes.NewReader(body))
		keepProfile(body)
	}
	response, err := e.next.RoundTrip(request)
	if err != nil {
		heard.hears("errors", err.Error())
		return response, err
	}
	for _, warning := range response.Header.Values("Warning") {
		heard.hears("warnings", warning)
	}
	if response.StatusCode >= http.StatusBadRequest {
		body, err := io.ReadAll(response.Body)
		if err != nil {
			return nil, err
		}
		_ = response.Body.Close()
		response.Body = io.NopCloser(bytes.NewReader(body))
		heard.hears("refusals", string(body))
	}
	return response, nil
}

// keepProfile keeps the personal data of a user that somebody writes, also of one who is refused.
func keepProfile(body []byte) {
	var user struct {
		Spec struct {
			Profile map[string]any `json:"profile"`
		} `json:"spec"`
	}
	if json.Unmarshal(body, &user) != nil {
		return // another form of patch; what it makes is known when it is stored
	}
	for _, field := range []string{"fullName", "firstName", "lastName", "email", "phone", "pictureURL"} {
		if text, ok := user.Spec.Profile[field].(string); ok {
			heard.keeps(field+ofProfile, text)
		}
	}
}

// hearLogs keeps what the managers have logged and measured, and looks into the stores for what may not be there.
func hearLogs() {
	GinkgoHelper()
	files, err := filepath.Glob(filepath.Join(dir, "manager*.log"))
	Expect(err).NotTo(HaveOccurred())
	Expect(files).NotTo(BeEmpty())
	for _, file := range files {
		text, err := os.ReadFile(file)
		Expect(err).NotTo(HaveOccurred())
		heard.hears("logs", string(text))
	}
	stores, err := filepath.Glob(filepath.Join(dir, "*_*.db"))
	Expect(err).NotTo(HaveOccurred())
	for _, file := range stores {
		db, err := sqlite.OpenReader(file)
		Expect(err).NotTo(HaveOccurred())
		for _, row := range texts(db, "SELECT token FROM outbox") {
			heard.keeps("a token", row[0])
		}
		Expect(db.Close()).To(Succeed())
	}
}

// hearMetrics keeps what a manager measures.
func hearMetrics(address string) {
	response, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		return // it has ended, which others judge
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return
	}
	heard.hears("metrics", string(body))
}
