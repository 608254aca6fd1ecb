// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import "github.com/backoffice-operator/backoffice-operator/internal/store"

// The column sessions_valid_after of the view active_users is the greatest of what is noted of a user, the Office, and the bindings and sets behind
// any subject row of the user. It never falls: what has counted once is kept, or what takes its place is later.
const (
	// sessionsEnd is the clock and one second more, rounded up: a session may begin between a statement and the commit.
	sessionsEnd = `(unixepoch() + 2)`
	laterLoss   = `max(ifnull(access_lost_at, 0), ` + sessionsEnd + `)`

	// otherAncestors tells whether the ancestors ?18 are others than those that are stored: those who inherit learn later what a set inherits.
	otherAncestors = `EXISTS (
		SELECT 1 FROM (
			SELECT ancestor_uid, distance FROM permission_set_closure WHERE owner = ?1 AND back_office = ?2 AND set_uid = ?3
			UNION ALL
			SELECT value ->> 'UID', value ->> 'Distance' FROM json_each(?18)
		)
		GROUP BY ancestor_uid, distance HAVING count(*) = 1
	)`
	// otherBinding tells whether the binding that putBinding replaces gave something else, or did not yet deny what the new one may deny by its set.
	otherBinding = `(
		role_bindings.permission_set_uid IS NOT NULL AND role_bindings.permission_set_uid IS NOT excluded.permission_set_uid
		OR role_bindings.expires_at <= unixepoch() AND role_bindings.expires_at IS NOT excluded.expires_at
		OR (
			role_bindings.in_force < excluded.in_force OR role_bindings.permission_set_uid IS NOT excluded.permission_set_uid
			OR role_bindings.not_before IS NOT excluded.not_before
		) AND (role_bindings.has_denied OR excluded.has_denied OR EXISTS (
			SELECT 1
			FROM permission_set_closure c
			CROSS JOIN permission_sets a ON a.owner = c.owner AND a.back_office = c.back_office AND a.uid = c.ancestor_uid
			WHERE c.owner = ?1 AND c.back_office = ?2 AND c.set_uid = ?9 AND a.has_denied
		))
	)`
	// narrowerCatalog has a row where the leaves ?13 are less than those that are stored: a leaf is gone, or an open catalogue closes.
	narrowerCatalog = `(
		SELECT 1 FROM permission_catalog WHERE owner = ?1 AND back_office = ?2 AND path NOT IN (SELECT value FROM json_each(?13))
		UNION ALL
		SELECT 1 FROM json_each(?13) WHERE NOT EXISTS (SELECT 1 FROM permission_catalog WHERE owner = ?1 AND back_office = ?2)
	)`

	// loseSessions is for a user whose password has ended.
	loseSessions = `UPDATE users SET access_lost_at = ` + laterLoss + ` WHERE id = ?3`
	// loseSet is for the bindings of a set that is removed, and of those that inherit from it.
	loseSet = `
		UPDATE role_bindings INDEXED BY role_bindings_set SET access_lost_at = ` + laterLoss + `
		WHERE owner = ?1 AND back_office = ?2
			AND EXISTS (SELECT 1 FROM permission_sets WHERE owner = ?1 AND back_office = ?2 AND uid = ?3)
			AND permission_set_uid IN (
				SELECT ?3
				UNION
				SELECT set_uid FROM permission_set_closure WHERE ancestor_uid = ?3 AND back_office = ?2 AND owner = ?1
			)`
	// loseSubjects is for the users of a binding that is removed. Orphans keep what it gave until then.
	loseSubjects = `
		UPDATE users SET access_lost_at = ` + laterLoss + `
		WHERE id IN (
			SELECT u.id
			FROM role_binding_subjects x
			CROSS JOIN users u ON u.uid = x.user_uid AND u.back_office = x.back_office AND (u.owner = ?1 OR u.owner IS NULL)
			WHERE x.owner = ?1 AND x.back_office = ?2 AND x.binding_uid = ?3
		)`
	// beginSubjects is for rows that users have written, and that count from the generation ?4 on: for those whom ?5, the stored one, did not reach.
	beginSubjects = `
		UPDATE role_binding_subjects SET since = max(since, ` + sessionsEnd + `)
		WHERE owner = ?1 AND back_office = ?2 AND binding_uid = ?3 AND binding_generation = ?4 AND NOT EXISTS (
			SELECT 1
			FROM users u
			CROSS JOIN role_binding_subjects x INDEXED BY role_binding_subjects_user
				ON x.user_uid = u.uid AND x.back_office = u.back_office AND x.owner = u.owner AND x.labels_hash = u.labels_hash
			WHERE u.owner = ?1 AND u.back_office = ?2 AND u.uid = role_binding_subjects.user_uid AND x.binding_uid = ?3
				AND x.binding_generation = ?5
		)`
	// beginBound is for rows that bindings have written, and that count from the labels ?4 on: of those by which ?5, the stored ones, got nothing.
	beginBound = `
		UPDATE role_binding_subjects INDEXED BY role_binding_subjects_user SET since = max(since, ` + sessionsEnd + `)
		WHERE owner = ?1 AND back_office = ?2 AND user_uid = ?3 AND labels_hash = ?4 AND NOT EXISTS (
			SELECT 1
			FROM role_binding_subjects x INDEXED BY role_binding_subjects_user
			CROSS JOIN role_bindings b
				ON b.owner = x.owner AND b.back_office = x.back_office AND b.uid = x.binding_uid AND b.generation = x.binding_generation
			WHERE x.user_uid = ?3 AND x.back_office = ?2 AND x.owner = ?1 AND x.labels_hash = ?5
				AND x.binding_uid = role_binding_subjects.binding_uid
		)`
	// loseFormerSubjects is for the users that a binding has no row for from this generation on.
	loseFormerSubjects = `
		UPDATE users SET access_lost_at = ` + laterLoss + `
		WHERE id IN (
			SELECT u.id
			FROM role_binding_subjects x
			CROSS JOIN users u ON u.uid = x.user_uid AND u.back_office = x.back_office AND (u.owner = ?1 OR u.owner IS NULL)
			WHERE x.owner = ?1 AND x.back_office = ?2 AND x.binding_uid = ?3 AND x.binding_generation < ?4
				AND NOT EXISTS (
					SELECT 1 FROM role_binding_subjects y INDEXED BY role_binding_subjects_user
					WHERE y.user_uid = x.user_uid AND y.back_office = ?2 AND y.owner = ?1 AND y.binding_uid = ?3 AND y.binding_generation >= ?4
				)
		)`
	// loseFormerBound is for a user that has rows of former labels for a binding, and none of the present ones.
	loseFormerBound = `
		UPDATE users SET access_lost_at = ` + laterLoss + `
		WHERE owner = ?1 AND back_office = ?2 AND uid = ?3 AND EXISTS (
			SELECT 1 FROM role_binding_subjects x
			WHERE x.user_uid = ?3 AND x.back_office = ?2 AND x.owner = ?1 AND x.labels_hash <> ?4
				AND NOT EXISTS (
					SELECT 1 FROM role_binding_subjects y
					WHERE y.user_uid = ?3 AND y.back_office = ?2 AND y.owner = ?1 AND y.labels_hash = ?4 AND y.binding_uid = x.binding_uid
				)
		)`
)

// endsSessions tells whether somebody may lose access by what is noted now.
func (f former) endsSessions(a store.Admission) bool {
	return store.EndsSessions(store.Difference(f.gives, a.Gives))
}
