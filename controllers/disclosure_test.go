// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	"encoding/json"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// ears hear everything that the operator says where anybody may listen.
type ears struct {
	world   *world
	logs    *gbytes.Buffer
	events  []string
	objects strings.Builder
}

// listen begins to hear the logs, of all levels, and what every reconcile leaves in its object.
func (w *world) listen() *ears {
	e := &ears{world: w, logs: gbytes.NewBuffer()}
	w.heed = func(o client.Object) { e.objects.WriteString(withoutSpec(o)) }
	GinkgoWriter.TeeTo(e.logs)
	DeferCleanup(func() { GinkgoWriter.ClearTeeWriters() })
	return e
}

// heard is what was said until now: logs, events, the objects but for their spec, metrics.
func (e *ears) heard() map[string]string {
	GinkgoHelper()
	e.events = append(e.events, e.world.told()...)
	said := map[string]string{"logs": string(e.logs.Contents()), "events": strings.Join(e.events, "\n"), "objects": e.objects.String()}
	families, err := metrics.Registry.Gather()
	Expect(err).NotTo(HaveOccurred())
	for _, family := range families {
		said["metrics"] += family.String() + "\n"
	}
	return said
}

// withoutSpec is what an object tells but for its spec, which people wrote.
func withoutSpec(o client.Object) string {
	GinkgoHelper()
	text, err := json.Marshal(o)
	Expect(err).NotTo(HaveOccurred())
	content := map[string]any{}
	Expect(json.Unmarshal(text, &content)).To(Succeed())
	delete(content, "spec")
	text, err = json.Marshal(content)
	Expect(err).NotTo(HaveOccurred())
	return string(text)
}

// expectSilence fails where a secret was said; the failure does not repeat it.
func (e *ears) expectSilence(secrets map[string]string) {
	GinkgoHelper()
	for place, said := range e.heard() {
		for name, secret := range secrets {
			Expect(secret).NotTo(BeEmpty(), name)
			Expect(strings.Contains(said, secret)).To(BeFalse(), "the %s hold the %s", place, name)
		}
	}
}

// told are the events since the last call.
func (w *world) told() (events []string) {
	for {
		select {
		case event := <-w.events.Events:
			events = append(events, event)
		default:
			return events
		}
	}
}
