// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"iter"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/internal/credential"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

var v1alpha1Kind = schema.GroupKind{Group: "access.backoffice-operator.io", Kind: "RoleBinding"}

// fake is a store, and a driver that opens it, whose operations fail with err.
type fake struct {
	store.Store
	err error
}

func (f fake) Open(context.Context, store.Options) (store.Store, error) { return f, f.err }

func (f fake) Apply(_ context.Context, groups []store.Group) ([]error, error) {
	return make([]error, len(groups)), f.err
}

func (f fake) Observe(context.Context, ...store.Key) iter.Seq2[store.Observed, error] {
	return func(yield func(store.Observed, error) bool) {
		_ = yield(store.Observed{}, nil) && yield(store.Observed{}, f.err)
	}
}

func (f fake) Ping(context.Context) (time.Time, error) { return now, f.err }

func (f fake) SetReaders(context.Context, store.Readers) (map[string]store.ReaderProblem, error) {
	return nil, f.err
}

func (fake) Close() error { return nil }

func TestStoresAreMeasured(t *testing.T) {
	g := NewWithT(t)
	storeOperations.Reset()
	storeErrors.Reset()
	storeBatch.Reset()
	broken := fmt.Errorf("the wire is cut: %w", store.ErrUnavailable)
	f := &fake{}
	st, err := Driver("SQLite", f).Open(t.Context(), store.Options{BackOffice: "shop", UsedBy: "north/shop", Owner: "me", URL: "secret"})
	g.Expect(err).NotTo(HaveOccurred())
	st.(*measured).Store = fake{err: broken}
	verdicts, err := st.Apply(t.Context(), make([]store.Group, 3))
	g.Expect(err).To(MatchError(broken))
	g.Expect(verdicts).To(HaveLen(3))
	var errs []error
	for _, err := range st.Observe(t.Context()) {
		errs = append(errs, err)
	}
	g.Expect(errs).To(Equal([]error{nil, broken}))
	_, err = st.Ping(t.Context())
	g.Expect(err).To(MatchError(broken))
	_, err = st.SetReaders(t.Context(), store.Readers{})
	g.Expect(err).To(MatchError(broken))
	_, err = Driver("SQLite", fake{err: store.ErrConfig}).Open(t.Context(), store.Options{BackOffice: "shop", UsedBy: "north/shop"})
	g.Expect(err).To(MatchError(store.ErrConfig))

	g.Expect(told(t, "store_operation_duration_seconds")).To(ConsistOf("Apply SQLite 1", "Observe SQLite 1", "Open SQLite 2", "Ping SQLite 1", "SetReaders SQLite 1"))
	g.Expect(told(t, "store_batch_groups")).To(ConsistOf("SQLite 1"))
	g.Expect(told(t, "store_operation_errors_total")).To(ConsistOf(
		"shop north Rejected Apply SQLite 0", "shop north Unavailable Apply SQLite 1", "shop north Unavailable Observe SQLite 1",
		"shop north Unavailable Ping SQLite 1", "shop north Unavailable SetReaders SQLite 1", "shop north Misconfigured Open SQLite 1"))
}

func TestErrorsOfStoresHaveNames(t *testing.T) {
	for name, err := range map[string]error{
		"Unavailable": store.ErrUnavailable, "Fenced": store.ErrFenced, "Rejected": store.ErrRejected, "Misconfigured": store.ErrConfig,
		"InUse": store.ErrInUse, "Unknown": errors.New("duplicate key (login)=(ann)"),
	} {
		NewWithT(t).Expect(classOf(fmt.Errorf("wrapped: %w", err))).To(Equal(name))
	}
}

func TestWritesAreMeasuredByWhatTheyDo(t *testing.T) {
	g := NewWithT(t)
	storeWrites.Reset()
	Writing([]store.Change{store.RemoveUser{}})()
	Writing([]store.Change{store.Put{Record: store.User{}}})()
	Writing([]store.Change{store.Put{Record: store.User{}, Revoking: true}})() // it may
	Writing([]store.Change{store.Put{Record: store.User{}}})                   // which has failed
	g.Expect(told(t, "store_write_duration_seconds")).To(ConsistOf("Grant 1", "Revoke 2"))
}

func TestAnswersOfWebhooksAreCounted(t *testing.T) {
	dry := true
	refused := func(err *apierrors.StatusError) admission.Response {
		r := admission.Denied("")
		r.Result = &err.ErrStatus
		return r
	}
	for sentence, c := range map[string]struct {
		webhook, kind string
		operation     admissionv1.Operation
		dry           *bool
		response      admission.Response
		counted, took string
	}{
		"what is allowed": {
			WebhookValidate, "RoleBinding", admissionv1.Create, nil, admission.Allowed(""), "false RoleBinding CREATE Allowed 1", "RoleBinding Validate 1",
		},
		"what is refused": {
			WebhookValidate, "RoleBinding", admissionv1.Update, nil, refused(apierrors.NewInvalid(v1alpha1Kind, "b", nil)), "false RoleBinding UPDATE Refused 1",
			"RoleBinding Validate 1",
		},
		"a dry run": {
			WebhookValidate, "RoleBinding", admissionv1.Delete, &dry, refused(apierrors.NewInvalid(v1alpha1Kind, "b", nil)), "true RoleBinding DELETE Refused 1",
			"RoleBinding Validate 1",
		},
		"what cannot be judged": {
			WebhookValidate, "RoleBinding", admissionv1.Create, nil, refused(apierrors.NewServiceUnavailable("again")), "false RoleBinding CREATE Failed 1",
			"RoleBinding Validate 1",
		},
		"what cannot be read": {
			WebhookValidate, "RoleBinding", admissionv1.Create, nil, admission.Errored(400, errors.New("what?")), "false RoleBinding CREATE Failed 1",
			"RoleBinding Validate 1",
		},
		"whatever kind somebody makes up": {
			WebhookUninstall, "Ann Smith", admissionv1.Delete, nil, admission.Allowed(""), "false Other DELETE Allowed 1", "Other Uninstall 1",
		},
		"whatever somebody does": {
			WebhookUninstall, "ConfigMap", "DANCE", nil, admission.Allowed(""), "false ConfigMap Other Allowed 1", "ConfigMap Uninstall 1",
		},
		"a stamp is no verdict": {WebhookStamp, "BackOffice", admissionv1.Create, nil, admission.Allowed(""), "", "BackOffice Stamp 1"},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			admissionRequests.Reset()
			admissionDuration.Reset()
			req := admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
				Kind: metav1.GroupVersionKind{Kind: c.kind}, Operation: c.operation, DryRun: c.dry,
			}}
			h := admission.HandlerFunc(func(context.Context, admission.Request) admission.Response { return c.response })
			g.Expect(Admission(c.webhook, h).Handle(t.Context(), req)).To(Equal(c.response))
			g.Expect(told(t, "admission_duration_seconds")).To(ConsistOf(c.took))
			if c.counted == "" {
				g.Expect(told(t, "admission_requests_total")).To(BeEmpty())
			} else {
				g.Expect(told(t, "admission_requests_total")).To(ConsistOf(c.counted))
			}
		})
	}
}

func TestFindingsAreCountedByRule(t *testing.T) {
	admissionFindings.Reset()
	Found("BackOfficeUser", []policy.Violation{
		{Severity: policy.Refuse, Rule: "ActorMayTouchUser"}, {Severity: policy.Warn, Rule: "LoginFree"}, {Severity: policy.Refuse, Rule: "ActorMayTouchUser"},
	})
	NewWithT(t).Expect(told(t, "admission_findings_total")).To(ConsistOf(
		"BackOfficeUser ActorMayTouchUser Refused 2", "BackOfficeUser LoginFree Warned 1"))
}

func TestCountersOfBackOfficesBeginAtZero(t *testing.T) {
	g, name := NewWithT(t), types.NamespacedName{Namespace: "south", Name: "depot"}
	expect(name)
	t.Cleanup(func() { forget(name) })
	g.Expect(told(t, "drift_repaired_total")).To(ContainElement("depot south RoleBinding 0"))
	CredentialChanged(name, credential.Rotate)
	BulkReset(name)
	DriftRepaired(name, kindBinding)
	g.Expect(told(t, "credential_changes_total")).To(ContainElements("Rotate depot south 1", "Issue depot south 0"))
	g.Expect(told(t, "bulk_resets_total")).To(ContainElement("depot south 1"))
	g.Expect(told(t, "drift_repaired_total")).To(ContainElement("depot south RoleBinding 1"))
}

func TestTheCertificatesEndIsTold(t *testing.T) {
	g := NewWithT(t)
	t.Cleanup(func() { webhookCertificate.expiry.Store(nil) })
	g.Expect(told(t, "webhook_certificate_expiry_timestamp_seconds")).To(BeEmpty(), "the webhooks are off")
	path := filepath.Join(t.TempDir(), "tls.crt")
	Certificate(ExpiryOfFile(path))
	for _, content := range [][]byte{nil, []byte("no PEM"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("none")})} {
		g.Expect(os.WriteFile(path, content, 0o600)).To(Succeed())
		g.Expect(told(t, "webhook_certificate_expiry_timestamp_seconds")).To(ConsistOf(" 0"), string(content))
	}
	g.Expect(os.WriteFile(path, selfSigned(t, now), 0o600)).To(Succeed())
	g.Expect(told(t, "webhook_certificate_expiry_timestamp_seconds")).To(ConsistOf(fmt.Sprint(" ", float64(now.Unix()))))
}

func selfSigned(t *testing.T, until time.Time) []byte {
	t.Helper()
	g := NewWithT(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	g.Expect(err).NotTo(HaveOccurred())
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	g.Expect(err).NotTo(HaveOccurred())
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func TestTheVersionIsTold(t *testing.T) {
	Build("1.2.3")
	NewWithT(t).Expect(told(t, "build_info")).To(ConsistOf(MatchRegexp(`^go\S+ \S* ?1\.2\.3 1$`)))
}
