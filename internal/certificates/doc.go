// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package certificates keeps the certificate of the webhooks where nobody else does.
//
//	Secret          authority and certificate, made anew before they end      material.go
//	configurations  carry the authority in each entry                         bundle.go
//	server          serves the certificate from memory                        keeper.go
//
// Always in this order, so that what is served is trusted at every moment, also while an authority is replaced: the former one is trusted beside the
// new one until all replicas have changed. No key is in a file or in a log. Whoever may write the Secret can be the operator to the API server: to
// protect it is for RBAC.
//
// cert-controller makes and checks the certificates. Its own rotator is not used: it needs to list and watch all webhook configurations of the
// cluster, ends the manager where the Secret is missing, and has requests fail while an authority is replaced.
package certificates
