// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package devcluster

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Deployment is a Deployment of a bare cluster whose pods are processes on this machine: a kubelet and the controllers of Deployments in
// miniature, for tests without nodes. A process has the arguments, the environment and the service account that the Deployment says, and
// nothing else; its volumes are directories here, its ports free ports of the loopback interface, to which the API server's connections to
// Services go. What the image is, what the security contexts say and where pods are placed is not looked at.
type Deployment struct {
	cluster *Cluster
	client  client.Client
	key     types.NamespacedName
	binary  string
	cancel  context.CancelFunc
	ended   chan struct{}

	mu      sync.Mutex
	pods    []*Pod
	started int
	last    error // why the last round failed
}

// RunDeployment follows a Deployment until Stop: it may be there already, come later, be changed, deleted and come back.
// Binary is what runs in place of its image.
func (c *Cluster) RunDeployment(ctx context.Context, binary, namespace, name string) *Deployment {
	ctx, cancel := context.WithCancel(ctx)
	d := &Deployment{
		cluster: c, client: c.Client(), key: types.NamespacedName{Namespace: namespace, Name: name}, binary: binary,
		cancel: cancel, ended: make(chan struct{}),
	}
	go d.follow(ctx)
	return d
}

// Stop ends all processes, and follows the Deployment no longer.
func (d *Deployment) Stop() error {
	d.cancel()
	<-d.ended
	return d.end(d.Pods())
}

// Pods are those that run, the oldest first.
func (d *Deployment) Pods() []*Pod {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.pods)
}

// Err is why there are fewer pods than there should be, such as a Secret that is missing; nil if nothing is in the way.
func (d *Deployment) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last
}

func (d *Deployment) follow(ctx context.Context) {
	defer close(d.ended)
	for {
		err := d.round(ctx)
		if ctx.Err() != nil {
			return
		}
		d.mu.Lock()
		d.last = err
		d.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// round brings the processes a step closer to what the Deployment says, and says in its status how far they are.
func (d *Deployment) round(ctx context.Context) error {
	o := &appsv1.Deployment{}
	err := d.client.Get(ctx, d.key, o)
	if apierrors.IsNotFound(err) {
		return d.end(d.Pods())
	}
	if err != nil {
		return err
	}
	hash, err := hashOf(&o.Spec.Template)
	if err != nil {
		return err
	}
	d.forgetEnded()
	err = d.scale(ctx, o, hash)
	for _, p := range d.Pods() {
		err = errors.Join(err, d.refresh(ctx, p))
		p.probe(ctx)
	}
	return errors.Join(err, d.report(ctx, o, hash))
}

func hashOf(template *corev1.PodTemplateSpec) (string, error) {
	content, err := json.Marshal(template)
	return fmt.Sprintf("%x", sha256.Sum256(content))[:10], err
}

// scale starts and ends processes as the strategy says: Recreate ends all old ones first; else an old one ends when a new one is ready.
func (d *Deployment) scale(ctx context.Context, o *appsv1.Deployment, hash string) error {
	var old, current, ready []*Pod
	for _, p := range d.Pods() {
		switch {
		case p.hash != hash:
			old = append(old, p)
		default:
			current = append(current, p)
			if p.Ready() {
				ready = append(ready, p)
			}
		}
	}
	want := int(ptr.Deref(o.Spec.Replicas, 1))
	if o.Spec.Strategy.Type == appsv1.RecreateDeploymentStrategyType && len(old) > 0 {
		return d.end(old)
	}
	if len(current) > want {
		return d.end(current[want:])
	}
	if surplus := len(old) + len(ready) - want; len(old) > 0 && surplus > 0 {
		return d.end(old[:min(surplus, len(old))])
	}
	if len(current) < want && len(old)+len(current) <= want { // one at a time
		return d.add(ctx, o, hash)
	}
	return nil
}

// add starts one pod.
func (d *Deployment) add(ctx context.Context, o *appsv1.Deployment, hash string) error {
	spec := o.Spec.Template.Spec.DeepCopy()
	if err := one(spec); err != nil {
		return err
	}
	d.started++
	p := &Pod{
		Name: fmt.Sprintf("%s-%s-%d", d.key.Name, hash, d.started), namespace: d.key.Namespace, hash: hash,
		labels: o.Spec.Template.Labels, spec: spec, Arguments: slices.Clone(spec.Containers[0].Args),
	}
	p.Directory = filepath.Join(d.cluster.dir, "pods", p.namespace, p.Name)
	p.Log = p.Directory + ".log"
	if err := os.MkdirAll(p.Directory, 0o700); err != nil {
		return err
	}
	environment, err := d.prepare(ctx, p)
	if err != nil {
		return errors.Join(err, os.RemoveAll(p.Directory))
	}
	if err := p.start(d.binary, environment); err != nil {
		return err
	}
	d.mu.Lock()
	d.pods = append(d.pods, p)
	d.mu.Unlock()
	d.cluster.services.add(p)
	return nil
}

// prepare makes what the process needs, and returns its environment.
func (d *Deployment) prepare(ctx context.Context, p *Pod) ([]string, error) {
	mounts, err := d.mount(ctx, p)
	if err != nil {
		return nil, err
	}
	environment, err := p.environment(mounts)
	if err != nil {
		return nil, err
	}
	p.expand(environment)
	if err := errors.Join(p.movePorts(), p.movePaths(mounts)); err != nil {
		return nil, err
	}
	kubeconfig := filepath.Join(p.Directory, ".kubeconfig")
	return append(environment, "KUBECONFIG="+kubeconfig), d.identify(ctx, p, kubeconfig)
}

// identify writes a kubeconfig with a token of the pod's service account.
func (d *Deployment) identify(ctx context.Context, p *Pod, path string) error {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: p.namespace, Name: p.spec.ServiceAccountName}}
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: ptr.To[int64](2 * 60 * 60)}}
	if err := d.client.SubResource("token").Create(ctx, account, request); err != nil {
		return fmt.Errorf("a token of the service account %s: %w", account.Name, err)
	}
	const name = "cluster"
	return clientcmd.WriteToFile(clientcmdapi.Config{
		Clusters:       map[string]*clientcmdapi.Cluster{name: {Server: d.cluster.Admin.Host, CertificateAuthorityData: d.cluster.Admin.CAData}},
		AuthInfos:      map[string]*clientcmdapi.AuthInfo{name: {Token: request.Status.Token}},
		Contexts:       map[string]*clientcmdapi.Context{name: {Cluster: name, AuthInfo: name}},
		CurrentContext: name,
	}, path)
}

// end ends processes, all at once.
func (d *Deployment) end(pods []*Pod) error {
	errs := make([]error, len(pods))
	var all sync.WaitGroup
	for i, p := range pods {
		all.Go(func() { errs[i] = p.terminate() })
	}
	all.Wait()
	d.forgetEnded()
	return errors.Join(errs...)
}

// forgetEnded drops the pods whose process has ended; their logs stay.
func (d *Deployment) forgetEnded() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pods = slices.DeleteFunc(d.pods, func(p *Pod) bool {
		if p.ended() {
			d.cluster.services.remove(p)
			_ = os.RemoveAll(p.Directory)
		}
		return p.ended()
	})
}

// report writes the status that the Deployment has in a cluster with nodes.
func (d *Deployment) report(ctx context.Context, o *appsv1.Deployment, hash string) error {
	before := o.DeepCopy()
	s := &o.Status
	*s = appsv1.DeploymentStatus{ObservedGeneration: o.Generation, Conditions: s.Conditions}
	for _, p := range d.Pods() {
		s.Replicas++
		if p.hash == hash {
			s.UpdatedReplicas++
		}
		if p.Ready() {
			s.ReadyReplicas++
			s.AvailableReplicas++
		}
	}
	want := ptr.Deref(o.Spec.Replicas, 1)
	s.UnavailableReplicas = max(0, want-s.AvailableReplicas)
	available, progress := corev1.ConditionFalse, "ReplicaSetUpdated"
	if s.AvailableReplicas >= want {
		available = corev1.ConditionTrue
	}
	if available == corev1.ConditionTrue && s.UpdatedReplicas == want && s.Replicas == want {
		progress = "NewReplicaSetAvailable"
	}
	setCondition(s, appsv1.DeploymentCondition{Type: appsv1.DeploymentAvailable, Status: available, Reason: "MinimumReplicas"})
	setCondition(s, appsv1.DeploymentCondition{Type: appsv1.DeploymentProgressing, Status: corev1.ConditionTrue, Reason: progress})
	if jsonEqual(before.Status, o.Status) {
		return nil
	}
	err := d.client.Status().Patch(ctx, o, client.MergeFrom(before))
	return client.IgnoreNotFound(err)
}

func setCondition(s *appsv1.DeploymentStatus, c appsv1.DeploymentCondition) {
	i := slices.IndexFunc(s.Conditions, func(old appsv1.DeploymentCondition) bool { return old.Type == c.Type })
	if i < 0 {
		s.Conditions = append(s.Conditions, c)
		return
	}
	s.Conditions[i].Status, s.Conditions[i].Reason = c.Status, c.Reason
}

func jsonEqual(a, b any) bool {
	x, _ := json.Marshal(a) //nolint:errchkjson // API objects can be written as JSON.
	y, _ := json.Marshal(b) //nolint:errchkjson // As above.
	return string(x) == string(y)
}
