// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/devcluster"
)

const (
	admins = "orders-client-admins"
	leads  = "orders-support-leads"
)

// asAdmin and asLead act as people of the orders sample; both may write our kinds, and the BackOffice says how far.
var (
	asAdmin = []string{"--as=ana@shop.example", "--as-group=" + admins}
	asLead  = []string{"--as=lea@shop.example", "--as-group=" + leads}
)

// play is what the demo shows.
func (d *demo) play(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		d.apply, d.overview, d.login, d.permissions, d.whereFrom, d.refusedByRank, d.refusedByIP, d.granted, d.rotation, d.reset, d.block, d.restart, d.deletion,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	heading("All of this was observed on a real API server and a real database")
	return nil
}

func (d *demo) apply(ctx context.Context) error {
	heading("The orders sample: one back office, twelve permission sets, five bindings, five users")
	for _, group := range []string{admins, leads} {
		subject := rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: group}
		if err := devcluster.Bind(ctx, d.cluster.Client(), devcluster.RolePrefix+"editor", subject); err != nil {
			return err
		}
	}
	// The back office is the cluster administrator's; everything in it is applied by an identity that it delegates power to.
	if err := d.quietly(ctx, "apply", "-f", sample("namespace.yaml"), "-f", sample("backoffice.yaml")); err != nil {
		return err
	}
	manifests := []string{"-f", sample("rolebindings.yaml"), "-f", sample("users.yaml"), "-f", sample("permissionsets.yaml")}
	if err := d.quietly(ctx, append(append([]string{"apply"}, manifests...), asAdmin...)...); err != nil {
		return err
	}
	return d.quietly(ctx, "wait", "--for=condition=Ready", "--timeout=60s", "-n", "orders", "--all",
		"backoffices,permissionsets.access.backoffice-operator.io,rolebindings.access.backoffice-operator.io,backofficeusers")
}

func (d *demo) overview(ctx context.Context) error {
	heading("Everything is in force")
	out, err := d.kubectl(ctx, "get", "backoffice-access", "-n", "orders")
	if err != nil {
		return err
	}
	return expect(out, "ana.keller", "vera.store12")
}

func (d *demo) login(ctx context.Context) error {
	heading("The password in Lea's Secret is the one that the store verifies")
	return d.loginAnew(ctx)
}

// loginAnew logs in with the password that Lea's Secret holds now.
func (d *demo) loginAnew(ctx context.Context) error {
	password, err := d.output(ctx, "get", "secret", "lea-credentials", "-n", "orders", "-o", "jsonpath={.data.password}")
	if err != nil {
		return err
	}
	d.password = password
	return d.expectLogin(ctx, succeeds)
}

func (d *demo) rotation(ctx context.Context) error {
	heading("Lea's password is rotated: who still has the old one goes on with it for a day")
	if err := d.askFor(ctx, "rotation-requested-at", "2"); err != nil {
		return err
	}
	if err := d.expectLogin(ctx, succeeds); err != nil {
		return err
	}
	return d.loginAnew(ctx)
}

func (d *demo) reset(ctx context.Context) error {
	heading("And reset: what she had is dead at once")
	if err := d.askFor(ctx, "reset-requested-at", "3"); err != nil {
		return err
	}
	if err := d.expectLogin(ctx, fails); err != nil {
		return err
	}
	return d.loginAnew(ctx)
}

// askFor annotates Lea with the present moment, and waits for that version of her password. A moment is about what was issued before it, in whole
// seconds.
func (d *demo) askFor(ctx context.Context, annotation, version string) error {
	time.Sleep(time.Second)
	moment := v1alpha1.AnnotationPrefix + annotation + "=" + time.Now().UTC().Format(time.RFC3339)
	if _, err := d.kubectl(ctx, append([]string{"annotate", "backofficeuser", "lea", "-n", "orders", moment}, asAdmin...)...); err != nil {
		return err
	}
	return d.quietly(ctx, "wait", "--for=jsonpath={.status.credential.version}="+version, "backofficeuser/lea", "-n", "orders", "--timeout=60s")
}

func (d *demo) permissions(ctx context.Context) error {
	heading("What Omar may do: one role by his label, one until 2036 by name")
	rows, err := d.query(ctx, "SELECT path, level FROM effective_permissions WHERE back_office = 'orders' AND login = 'omar.haddad' ORDER BY path")
	if err != nil {
		return err
	}
	for _, row := range rows {
		fmt.Printf("  %-26s %s\n", row[0], row[1])
	}
	return expect(fmt.Sprint(rows), "[ROLE_ORDER_WRITE Write]", "[ROLE_ITEMS_READ Read]")
}

func (d *demo) whereFrom(ctx context.Context) error {
	heading("And where he has it from, by the plugin")
	out, err := d.kubectl(ctx, append([]string{"backoffice", "can-i", "omar", "ROLE_ITEMS_READ", "-n", "orders"}, asAdmin...)...)
	if err != nil {
		return err
	}
	return expect(out, "yes", "2036")
}

func (d *demo) refusedByRank(ctx context.Context) error {
	heading("A lead of the customer service, rank 4, tries to make herself head of it all")
	return d.refused(ctx, "rank", append([]string{
		"patch", "rolebindings.access.backoffice-operator.io", "headquarters", "-n", "orders", "--type=merge",
		"-p", `{"spec":{"subjects":[{"name":"hugo"},{"name":"lea"}]}}`,
	}, asLead...)...)
}

func (d *demo) refusedByIP(ctx context.Context) error {
	heading("An address outside of the company's networks")
	return d.refused(ctx, "allowedIPs", append([]string{
		"patch", "backofficeuser", "lea", "-n", "orders", "--type=merge",
		"-p", `{"spec":{"allowedIPs":["8.8.8.8"]}}`,
	}, asAdmin...)...)
}

func (d *demo) granted(ctx context.Context) error {
	heading("What Ana granted, from the store's log: the newest five of her changes")
	rows, err := d.query(ctx, "SELECT kind, namespace || '/' || name, granted FROM audit_log WHERE back_office = 'orders' AND actor = 'ana@shop.example' AND granted <> '[]' ORDER BY at DESC, id DESC LIMIT 5")
	if err != nil {
		return err
	}
	for _, row := range rows {
		fmt.Printf("  %-14s %-34s %.90s\n", row[0], row[1], row[2])
	}
	return expect(fmt.Sprint(rows), "orders/")
}

func (d *demo) block(ctx context.Context) error {
	heading("Lea is blocked: the login ends in the store at once")
	if _, err := d.kubectl(ctx, append([]string{"backoffice", "block", "lea", "-n", "orders"}, asAdmin...)...); err != nil {
		return err
	}
	return d.expectLogin(ctx, fails)
}

func (d *demo) restart(ctx context.Context) error {
	heading("The operator restarts: nothing changes")
	before, err := d.fingerprint(ctx)
	if err != nil {
		return err
	}
	if err := d.operator.Stop(); err != nil {
		return err
	}
	if err := d.startOperator(ctx); err != nil {
		return err
	}
	select {
	case <-time.After(3 * time.Second):
	case <-ctx.Done():
		return ctx.Err()
	}
	after, err := d.fingerprint(ctx)
	if err != nil {
		return err
	}
	if before != after {
		return fmt.Errorf("something changed.\nBefore:\n%s\nAfter:\n%s", before, after)
	}
	fmt.Printf("  %d objects and Secrets with the same resourceVersion, the same accounts and passwords in the store\n", strings.Count(before, "\n"))
	return nil
}

func (d *demo) deletion(ctx context.Context) error {
	heading("Vera is deleted, with deletionPolicy Delete: the account is gone, and the Secret with it")
	if _, err := d.kubectl(ctx, append([]string{"delete", "backofficeuser", "vera", "-n", "orders"}, asAdmin...)...); err != nil {
		return err
	}
	rows, err := d.query(ctx, "SELECT login FROM users WHERE back_office = 'orders' AND login = 'vera.store12'")
	if err != nil {
		return err
	}
	if len(rows) > 0 {
		return fmt.Errorf("the account is still there")
	}
	fmt.Println("  no such account in the store")
	return d.quietly(ctx, "wait", "--for=delete", "secret/vera-credentials", "-n", "orders", "--timeout=60s")
}
