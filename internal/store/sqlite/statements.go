// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

// writerStatements are prepared when a store is opened.
func writerStatements() []string {
	return []string{
		readUsedBy, raiseFence, readOwner, release, putReset, savepoint, rollbackTo, releaseSavepoint,
		findOffice, putOffice, clearOffice, deleteCatalog, insertCatalog, deleteDimensions, insertDimensions,
		findSet, findOther, putSet, loseSet, deleteSet, deleteAncestors, insertAncestors, deleteEntries, insertEntries, deleteDenials, insertDenials,
		findStamp, insertAudit,
		findBinding, findNamesake, putBinding, deleteBinding, deleteGrants, insertGrants, deleteOwnDenials, insertOwnDenials, deleteOwnFilters, insertOwnFilters,
		beginSubjects, insertSubjects, loseFormerSubjects, deleteFormerSubjects, loseSubjects, deleteSubjects,
		beginBound, insertBound, loseFormerBound, deleteFormerBound, deleteBound,
		countUsers, countAdministrators,
		findUser, findLogin, insertUser, updateUser, deactivateUser, orphanUser, deleteUser,
		insertNetworks, deleteNetworks, insertFilters, deleteFilters, findEmail, findTombstone, insertTombstone, deleteTombstone,
		findCredential, putCredential, deleteCredential, heldRanks, endReset, endResetMail, adoptCredential, adoptMail, endInvitation, loseSessions,
		putMail, deleteMail, deleteOldMail,
	}
}
