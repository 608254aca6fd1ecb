// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package installation

import (
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/credential"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
	"github.com/backoffice-operator/backoffice-operator/internal/store/sqlite"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// author rolls out user access in one namespace. It is no administrator: there, and only there, it has a role that is shipped and may write
// ConfigMaps, in which its Helm keeps the releases. It may not read Secrets.
type author struct{ namespace, user, group string }

// newAuthor lets a member of a group roll out in a namespace, with the ClusterRole backoffice-operator-<role>.
func newAuthor(namespace, group, role string) author {
	GinkgoHelper()
	member := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: group}}
	meta := metav1.ObjectMeta{Namespace: namespace, GenerateName: group + "-"}
	shipped := &rbacv1.RoleBinding{
		ObjectMeta: meta, Subjects: member,
		RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: devcluster.RolePrefix + role},
	}
	Expect(admin.Create(ctx, shipped)).To(Succeed())
	releases := &rbacv1.Role{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{{
		APIGroups: []string{""}, Resources: []string{"configmaps"}, Verbs: []string{"create", "delete", "get", "list", "update"},
	}}}
	Expect(admin.Create(ctx, releases)).To(Succeed())
	Expect(admin.Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: meta, Subjects: member, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: releases.Name},
	})).To(Succeed())
	return author{namespace: namespace, user: "somebody-of-" + group, group: group}
}

// tries runs Helm as the author.
func (a author) tries(arguments ...string) (string, error) {
	return run("env", append([]string{
		"HELM_DRIVER=configmap", helm4, "--namespace=" + a.namespace,
		"--kube-as-user=" + a.user, "--kube-as-group=" + a.group, "--kube-as-group=system:authenticated",
	}, arguments...)...)
}

// helm runs Helm as the author; it has to succeed.
func (a author) helm(arguments ...string) string {
	GinkgoHelper()
	out, err := a.tries(arguments...)
	Expect(err).NotTo(HaveOccurred())
	return out
}

// installs makes a release of the chart from values files, and returns when all of it is ready.
func (a author) installs(release string, files ...string) {
	GinkgoHelper()
	a.helm(chartArguments("install", release, files)...)
}

// upgrades gives a release these values.
func (a author) upgrades(release string, files ...string) {
	GinkgoHelper()
	a.helm(chartArguments("upgrade", release, files)...)
}

func chartArguments(verb, release string, files []string) []string {
	arguments := []string{verb, release, chart("backoffice-access"), "--wait", "--timeout=60s"}
	for _, file := range files {
		arguments = append(arguments, "--values="+file)
	}
	return arguments
}

// accounts are the users of a namespace and the store of its back office "shop".
type accounts struct {
	namespace string
	store     *sql.DB
}

// users are those of the namespace, as they are now.
func (a accounts) users() []v1alpha1.BackOfficeUser {
	GinkgoHelper()
	list := &v1alpha1.BackOfficeUserList{}
	Expect(admin.List(ctx, list, client.InNamespace(a.namespace))).To(Succeed())
	return list.Items
}

// written tells what has been written in the namespace since versions were taken: objects that are new, changed or gone.
func (a accounts) written(since map[string]string) (found []string) {
	GinkgoHelper()
	now := a.versions()
	for key := range now {
		if since[key] != now[key] {
			found = append(found, key)
		}
	}
	for key := range since {
		if _, is := now[key]; !is {
			found = append(found, key+" is gone")
		}
	}
	return found
}

// versions are the resource versions of all objects in the namespace. What a back office counts is written by the operator when it has the time for it:
// of it, the generation.
func (a accounts) versions() map[string]string {
	GinkgoHelper()
	found := map[string]string{}
	for key, version := range versions() {
		kind, name, _ := strings.Cut(key, " ")
		if namespace, _, _ := strings.Cut(name, "/"); namespace == a.namespace && kind != "BackOffice" {
			found[key] = version
		}
	}
	list := &v1alpha1.BackOfficeList{}
	Expect(admin.List(ctx, list, client.InNamespace(a.namespace))).To(Succeed())
	for i := range list.Items {
		found["BackOffice "+list.Items[i].Name] = fmt.Sprint(list.Items[i].UID, list.Items[i].Generation)
	}
	return found
}

// whoLogIn are the logins of users that the back office lets in with the password in their Secret.
func (a accounts) whoLogIn() (logins []string) {
	GinkgoHelper()
	application := testkit.NewApplication(a.store, "shop")
	for _, u := range a.users() {
		secret := &corev1.Secret{}
		err := admin.Get(ctx, types.NamespacedName{Namespace: a.namespace, Name: u.SecretName()}, secret)
		if apierrors.IsNotFound(err) {
			continue // without a password nobody logs in
		}
		Expect(err).NotTo(HaveOccurred())
		password := credential.NewPassword(string(secret.Data[corev1.BasicAuthPasswordKey]))
		in, err := application.LogIn(ctx, u.EffectiveLogin(), password)
		Expect(err).NotTo(HaveOccurred())
		wrong, err := application.LogIn(ctx, u.EffectiveLogin(), credential.NewPassword("not this one"))
		Expect(err).NotTo(HaveOccurred())
		Expect(wrong).To(BeFalse(), "a password that is not theirs")
		if in {
			logins = append(logins, u.EffectiveLogin())
		}
	}
	return logins
}

// known counts the accounts that the store has in a state.
func (a accounts) known(state v1alpha1.UserState) (n int) {
	GinkgoHelper()
	question := "SELECT count(*) FROM users WHERE back_office = 'shop' AND state = $1"
	Expect(a.store.QueryRowContext(ctx, question, string(state)).Scan(&n)).To(Succeed())
	return n
}

// sqliteStore reads the store of the back office "shop" of a namespace from the operator's volume.
func sqliteStore(d *devcluster.Deployment, namespace string) *sql.DB {
	GinkgoHelper()
	volume, err := d.Volume(ctx, "backoffice-operator-sqlite")
	Expect(err).NotTo(HaveOccurred())
	db, err := sqlite.OpenReader(filepath.Join(volume, namespace+"_shop.db"))
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(db.Close)
	return db
}

// postgresDatabase makes a database for this spec alone and returns its URL.
func postgresDatabase() string {
	GinkgoHelper()
	address, stop, err := testkit.PostgresServer(GinkgoWriter)
	DeferCleanup(func() { Expect(stop()).To(Succeed()) })
	Expect(err).NotTo(HaveOccurred())
	server, err := sql.Open("pgx", address)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(server.Close)
	name := "installation_" + strings.ToLower(rand.Text())
	_, err = server.ExecContext(ctx, "CREATE DATABASE "+name)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() error {
		_, err := server.ExecContext(ctx, "DROP DATABASE "+name+" WITH (FORCE)")
		return err
	})
	database, err := url.Parse(address)
	Expect(err).NotTo(HaveOccurred())
	database.Path = "/" + name
	return database.String()
}

// postgresStore reads the store in a database.
func postgresStore(address string) *sql.DB {
	GinkgoHelper()
	database, err := url.Parse(address)
	Expect(err).NotTo(HaveOccurred())
	parameters := database.Query()
	parameters.Set("search_path", "backoffice_access")
	database.RawQuery = parameters.Encode()
	db, err := sql.Open("pgx", database.String())
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(db.Close)
	return db
}
