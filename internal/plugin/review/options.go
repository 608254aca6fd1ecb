// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package review

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/manifests"
	"github.com/backoffice-operator/backoffice-operator/internal/plugin/session"
	"github.com/backoffice-operator/backoffice-operator/internal/review"
	"github.com/backoffice-operator/backoffice-operator/internal/snapshot"
)

// The statuses with which the commands end.
const (
	exitFound  = 1 // lint: something would be refused; diff: something changes
	exitFailed = 2 // it could not be judged, or, for diff, something would be refused
)

// options are the flags that lint and diff have in common.
type options struct {
	*session.Session
	output session.Output

	files, kustomize []string
	offline          bool
	base             string
	actor            string
	groups           []string
	mayEscalate      bool
	prune            bool
	selector         string
}

func (o *options) addTo(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVarP(&o.files, "filename", "f", nil, `Files and folders with manifests, which are read with all that is below them. "-" is the standard input.`)
	flags.StringSliceVarP(&o.kustomize, "kustomize", "k", nil, "Folders that kustomize builds.")
	flags.BoolVar(&o.offline, "offline", false, "Ask no cluster: the manifests are all that there is.")
	flags.StringVar(&o.base, "base", "", "Folder with the manifests as they were, such as a worktree of the main branch. It takes the place of the cluster.")
	flags.StringVar(&o.actor, "actor", "", "Kubernetes user who would apply the manifests, such as system:serviceaccount:argocd:argocd-application-controller. "+
		"Absent: who runs the command; without a cluster somebody who may hand out everything below the ceilings.")
	flags.StringSliceVar(&o.groups, "actor-group", nil, "Groups of the actor. A service account has its own ones already.")
	flags.BoolVar(&o.mayEscalate, "actor-may-escalate", false, `Without a cluster: the actor has the RBAC verb "escalate" on back offices.`)
	flags.BoolVar(&o.prune, "prune", false, "Judge also the deletion of what is there, is selected by --selector, lies in a namespace of the manifests, and is not in them.")
	flags.StringVarP(&o.selector, "selector", "l", "", "Labels of the objects that --prune may delete, such as argocd.argoproj.io/instance=shop.")
	for name, folder := range map[string]bool{"filename": false, "kustomize": true, "base": true} {
		if folder {
			_ = cmd.MarkFlagDirname(name) // it fails for unknown flags
		} else {
			_ = cmd.MarkFlagFilename(name, "yaml", "yml", "json")
		}
	}
	for _, name := range []string{"actor", "actor-group", "selector"} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
}

// validate refuses flags that contradict each other.
func (o *options) validate(cmd *cobra.Command) error {
	switch {
	case len(o.files)+len(o.kustomize) == 0:
		return session.UsageError(cmd, "name manifests by --filename or --kustomize")
	case o.prune != (o.selector != ""):
		return session.UsageError(cmd, "--prune and --selector go together: only what the selector matches would be deleted")
	case o.actor == "" && len(o.groups) > 0:
		return session.UsageError(cmd, "--actor-group needs --actor")
	case o.mayEscalate && (o.actor == "" || o.live()):
		return session.UsageError(cmd, "--actor-may-escalate needs --actor, and --offline or --base: a cluster is asked itself")
	case o.offline && o.base != "":
		return session.UsageError(cmd, "--base takes the place of a cluster: leave --offline out")
	}
	return o.output.Validate(cmd)
}

// live tells whether there is a cluster to be asked.
func (o *options) live() bool { return !o.offline && o.base == "" }

// job is what was read, ready to be judged.
type job struct {
	*manifests.Manifests
	world    *snapshot.World
	reviewer *review.Reviewer
	cluster  *readable       // nil where there is none
	selector labels.Selector // nil where nothing is deleted
	notes    *notes
}

// notes are said once each, in the order in which they came up.
type notes struct{ all []string }

func (n *notes) add(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(n.all, text) {
		n.all = append(n.all, text)
	}
}

// begin reads the manifests and finds out about the world and the actor.
func (o *options) begin(ctx context.Context) (*job, error) {
	j := &job{notes: &notes{}}
	var err error
	if o.prune {
		if j.selector, err = labels.Parse(o.selector); err != nil {
			return nil, fmt.Errorf("--selector: %w", err)
		}
	}
	namespace, err := o.Namespace()
	if err != nil {
		return nil, err
	}
	if j.Manifests, err = manifests.Read(manifests.Options{Paths: o.files, Kustomize: o.kustomize, In: o.In, Namespace: namespace}); err != nil {
		return nil, err
	}
	if len(j.Objects)+len(j.Findings) == 0 && !o.prune { // a path that is wrong must not pass for manifests that are right
		return nil, fmt.Errorf("there is no object of %s in %s", v1alpha1.GroupVersion.Group, strings.Join(append(slices.Clone(o.files), o.kustomize...), ", "))
	}
	for _, note := range j.Notes {
		j.notes.add("%s", note)
	}
	if o.live() {
		err = o.onCluster(ctx, j)
	} else {
		err = o.offCluster(ctx, j, namespace)
	}
	return j, err
}

// onCluster judges by what is in the cluster.
func (o *options) onCluster(ctx context.Context, j *job) error {
	c, err := o.Client()
	if err != nil {
		return err
	}
	actor := review.Actor{Reviews: review.Cluster{Client: c, Self: o.actor == ""}}
	if o.actor != "" {
		actor.UserInfo = review.Identity(o.actor, o.groups...)
	} else {
		self := &authenticationv1.SelfSubjectReview{}
		if err := c.Create(ctx, self); err != nil {
			return fmt.Errorf("asking the cluster who you are: %w", err)
		}
		actor.UserInfo = self.Status.UserInfo
	}
	j.cluster = &readable{Reader: c, namespaces: namespacesOf(j.Manifests), notes: j.notes}
	j.world = snapshot.New(j.cluster)
	j.reviewer = review.New(j.world, o.Clock, actor)
	return nil
}

// offCluster judges by the manifests, and by those of --base.
func (o *options) offCluster(ctx context.Context, j *job, namespace string) error {
	j.world = snapshot.New(nil)
	for _, name := range namespacesOf(j.Manifests) {
		j.world.Put(review.Namespace(name))
	}
	almighty := review.Actor{UserInfo: review.Identity(everybody), Reviews: review.Escalate(true), Almighty: true}
	if o.base != "" {
		if err := o.readBase(ctx, j, namespace, almighty); err != nil {
			return err
		}
	}
	actor := almighty
	if o.actor != "" {
		actor = review.Actor{UserInfo: review.Identity(o.actor, o.groups...), Reviews: review.Escalate(o.mayEscalate)}
	}
	j.reviewer = review.New(j.world, o.Clock, actor)
	return nil
}

// everybody is the actor of whom nothing is known.
const everybody = "somebody-who-may-everything"

// readBase has the world hold what the other folder says. What would be refused there is left out, and said.
func (o *options) readBase(ctx context.Context, j *job, namespace string, almighty review.Actor) error {
	if info, err := os.Stat(o.base); err != nil {
		return fmt.Errorf("--base: %w", err)
	} else if !info.IsDir() {
		return errors.New("--base: must be a folder")
	}
	from := manifests.Options{Paths: []string{o.base}, Namespace: namespace}
	if len(o.kustomize) > 0 {
		from = manifests.Options{Kustomize: []string{o.base}, Namespace: namespace}
	}
	base, err := manifests.Read(from)
	if err != nil {
		return fmt.Errorf("--base: %w", err)
	}
	for _, name := range namespacesOf(base) {
		j.world.Put(review.Namespace(name))
	}
	verdicts, err := review.New(j.world, o.Clock, almighty).Apply(ctx, base)
	if err != nil {
		return fmt.Errorf("--base: %w", err)
	}
	for _, v := range verdicts {
		if !v.Admitted() {
			j.notes.add("%s: %s %s was left out of the base: it would be refused", filepath.ToSlash(v.String()), v.GetKind(), v.Key())
		}
	}
	return nil
}

// namespacesOf are those in which objects lie.
func namespacesOf(m *manifests.Manifests) []string {
	names := map[string]bool{}
	for _, o := range m.Objects {
		names[o.GetNamespace()] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// judge judges what was read, and notes what could not be seen.
func (j *job) judge(ctx context.Context) ([]review.Verdict, error) {
	verdicts, err := j.verdicts(ctx)
	if err != nil || j.cluster == nil || len(j.cluster.unread) == 0 {
		return verdicts, err
	}
	for _, v := range verdicts {
		office := &v1alpha1.BackOffice{}
		if err := j.world.Get(ctx, officeOf(v), office); client.IgnoreNotFound(err) != nil {
			return nil, err
		}
		j.cluster.selecting(office)
	}
	return verdicts, nil
}

func (j *job) verdicts(ctx context.Context) ([]review.Verdict, error) {
	verdicts, err := j.reviewer.Apply(ctx, j.Manifests)
	if err != nil || j.selector == nil {
		return verdicts, err
	}
	gone, err := j.reviewer.Prune(ctx, j.Objects, j.selector)
	if err != nil {
		return nil, err
	}
	if len(gone) > 0 { // which others may have stood on
		if err := j.reviewer.Stand(ctx, verdicts); err != nil {
			return nil, err
		}
	}
	return append(verdicts, gone...), nil
}

// failed says that nothing could be judged, which another status tells from an answer.
func (o *options) failed(err error) error {
	fmt.Fprintln(o.ErrOut, "Error:", session.Printable(err.Error()))
	return session.Exit(exitFailed)
}
