// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package devcluster

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// claimDir is where the files of a claim's volume lie. A claim that is deleted and made anew gets an empty one.
func (d *Deployment) claimDir(uid types.UID) string {
	return filepath.Join(d.cluster.dir, "volumes", string(uid))
}

// Volume is the directory on this machine that stands for the volume of a PersistentVolumeClaim.
func (d *Deployment) Volume(ctx context.Context, claim string) (string, error) {
	o := &corev1.PersistentVolumeClaim{}
	if err := d.client.Get(ctx, types.NamespacedName{Namespace: d.key.Namespace, Name: claim}, o); err != nil {
		return "", err
	}
	return d.claimDir(o.UID), nil
}

// mount makes the volumes of a pod and returns their directories by mount path.
func (d *Deployment) mount(ctx context.Context, p *Pod) (map[string]string, error) {
	volumes := map[string]string{}
	for i := range p.spec.Volumes {
		v := &p.spec.Volumes[i]
		dir, err := d.volume(ctx, p, v)
		if err != nil {
			return nil, fmt.Errorf("volume %s: %w", v.Name, err)
		}
		volumes[v.Name] = dir
	}
	mounts := map[string]string{}
	for _, m := range p.spec.Containers[0].VolumeMounts {
		dir, ok := volumes[m.Name]
		if !ok {
			return nil, fmt.Errorf("the container mounts %s, which is no volume", m.Name)
		}
		mounts[filepath.Clean(m.MountPath)] = dir
	}
	return mounts, nil
}

func (d *Deployment) volume(ctx context.Context, p *Pod, v *corev1.Volume) (dir string, err error) {
	dir = filepath.Join(p.Directory, v.Name)
	switch {
	case v.EmptyDir != nil:
		return dir, os.MkdirAll(dir, 0o700)
	case v.Secret != nil:
		return dir, d.writeSecret(ctx, v.Secret.SecretName, dir)
	case v.PersistentVolumeClaim != nil:
		dir, err = d.bind(ctx, v.PersistentVolumeClaim.ClaimName)
		if err != nil {
			return "", err
		}
		return dir, os.MkdirAll(dir, 0o700)
	}
	return "", fmt.Errorf("its kind is not known here")
}

// bind says of a claim what a provisioner of volumes would.
func (d *Deployment) bind(ctx context.Context, name string) (string, error) {
	claim := &corev1.PersistentVolumeClaim{}
	if err := d.client.Get(ctx, types.NamespacedName{Namespace: d.key.Namespace, Name: name}, claim); err != nil {
		return "", err
	}
	if claim.Status.Phase != corev1.ClaimBound {
		claim.Status.Phase, claim.Status.AccessModes = corev1.ClaimBound, claim.Spec.AccessModes
		claim.Status.Capacity = claim.Spec.Resources.Requests
		if err := d.client.Status().Update(ctx, claim); err != nil {
			return "", err
		}
	}
	return d.claimDir(claim.UID), nil
}

// writeSecret writes the files of a Secret whose content has changed.
func (d *Deployment) writeSecret(ctx context.Context, name, dir string) error {
	secret := &corev1.Secret{}
	if err := d.client.Get(ctx, types.NamespacedName{Namespace: d.key.Namespace, Name: name}, secret); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for file, content := range secret.Data {
		path := filepath.Join(dir, filepath.Base(file))
		if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, content) {
			continue
		}
		if err := os.WriteFile(path+".new", content, 0o600); err != nil {
			return err
		}
		if err := os.Rename(path+".new", path); err != nil {
			return err
		}
	}
	return nil
}

// refresh brings changed Secrets to a pod that runs.
func (d *Deployment) refresh(ctx context.Context, p *Pod) error {
	for i := range p.spec.Volumes {
		if secret := p.spec.Volumes[i].Secret; secret != nil {
			if err := d.writeSecret(ctx, secret.SecretName, filepath.Join(p.Directory, p.spec.Volumes[i].Name)); err != nil {
				return err
			}
		}
	}
	return nil
}
