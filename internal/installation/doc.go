// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package installation holds specs of what is shipped: the charts, by the real helm, on an API server that knows nothing of us. The manager runs
// as the applied Deployment says, with its arguments and under its service account, and the API server reaches it through its Service.
package installation
