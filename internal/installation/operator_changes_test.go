// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package installation

// change is another value than the default, and the arguments without which it would mean nothing.
type change struct {
	to   string
	with []string
}

// with are values as arguments of helm. All are given as JSON: of several kinds of arguments, helm takes `--set` last.
func with(pairs ...string) (arguments []string) {
	for _, pair := range pairs {
		arguments = append(arguments, "--set-json", pair)
	}
	return arguments
}

var (
	alone        = with("sqlite.enabled=false")
	twoOfThem    = with("sqlite.enabled=false", "leaderElection.enabled=true", "replicas=2")
	byTag        = with(`image.digest=""`)
	inNamespaces = with(`watchNamespaces=["a"]`)
	strangers    = with(`serviceAccount.name="mine"`)
	unseen       = with("metrics.serviceMonitor.enabled=false")
)

// changes are one for every value of the operator's chart.
var changes = map[string]change{
	"image.repository":                 {to: `"x"`},
	"image.tag":                        {to: `"x"`, with: byTag},
	"image.digest":                     {to: `""`},
	"image.pullPolicy":                 {to: `"Always"`},
	"imagePullSecrets":                 {to: `[{"name": "x"}]`},
	"nameOverride":                     {to: `"x"`},
	"fullnameOverride":                 {to: `"x"`},
	"replicas":                         {to: `3`, with: twoOfThem},
	"leaderElection.enabled":           {to: `true`, with: alone},
	"sqlite.enabled":                   {to: `false`},
	"sqlite.size":                      {to: `"2Gi"`},
	"sqlite.storageClassName":          {to: `"x"`},
	"sqlite.existingClaim":             {to: `"x"`},
	"watchNamespaces":                  {to: `["x"]`},
	"rbac.create":                      {to: `false`},
	"rbac.namespaced":                  {to: `true`, with: inNamespaces},
	"rbac.aggregateToView":             {to: `false`},
	"serviceAccount.create":            {to: `false`, with: strangers},
	"serviceAccount.name":              {to: `"x"`},
	"serviceAccount.annotations":       {to: `{"x": "y"}`},
	"crds.enabled":                     {to: `false`},
	"crds.keep":                        {to: `false`},
	"webhooks.failurePolicy":           {to: `"Ignore"`},
	"webhooks.timeoutSeconds":          {to: `5`},
	"certificates.provider":            {to: `"SelfManaged"`},
	"certificates.issuerRef":           {to: `{"kind": "ClusterIssuer", "name": "x"}`},
	"uninstallProtection.enabled":      {to: `false`},
	"metrics.enabled":                  {to: `false`, with: unseen},
	"metrics.port":                     {to: `9999`},
	"metrics.readers":                  {to: `[]`},
	"metrics.serviceMonitor.enabled":   {to: `false`},
	"metrics.serviceMonitor.labels":    {to: `{"x": "y"}`},
	"metrics.serviceMonitor.interval":  {to: `"1m"`},
	"metrics.serviceMonitor.tlsConfig": {to: `{"insecureSkipVerify": false}`},
	"metrics.prometheusRule.enabled":   {to: `false`},
	"metrics.prometheusRule.labels":    {to: `{"x": "y"}`},
	"metrics.dashboard.enabled":        {to: `false`},
	"metrics.dashboard.labels":         {to: `{"x": "y"}`},
	"metrics.dashboard.annotations":    {to: `{"x": "y"}`},
	"networkPolicy.enabled":            {to: `false`},
	"networkPolicy.metricsFrom":        {to: `[{"podSelector": {}}]`},
	"networkPolicy.apiServer.ports":    {to: `[1]`},
	"networkPolicy.apiServer.to":       {to: `[{"podSelector": {}}]`},
	"networkPolicy.databases.ports":    {to: `[1]`},
	"networkPolicy.databases.to":       {to: `[{"podSelector": {}}]`},
	"networkPolicy.extraEgress":        {to: `[{"ports": [{"port": 1}]}]`},
	"podDisruptionBudget.enabled":      {to: `false`, with: twoOfThem},
	"flowSchema.enabled":               {to: `false`},
	"flowSchema.concurrencyShares":     {to: `1`},
	"tracing.endpoint":                 {to: `""`},
	"log.level":                        {to: `"debug"`},
	"log.format":                       {to: `"console"`},
	"resources":                        {to: `{"limits": {"memory": "1Gi"}}`},
	"nodeSelector":                     {to: `{"x": "y"}`},
	"tolerations":                      {to: `[{"key": "x"}]`},
	"affinity":                         {to: `{"nodeAffinity": {}}`},
	"topologySpreadConstraints":        {to: `[{"topologyKey": "x"}]`},
	"priorityClassName":                {to: `"x"`},
	"podAnnotations":                   {to: `{"x": "y"}`},
	"podLabels":                        {to: `{"x": "y"}`},
	"extraArgs":                        {to: `["--x"]`},
	"extraEnv":                         {to: `[{"name": "x", "value": "y"}]`},
	"extraVolumes":                     {to: `[{"name": "x", "emptyDir": {}}]`},
	"extraVolumeMounts":                {to: `[{"name": "tmp", "mountPath": "/x"}]`},
	"extraObjects":                     {to: `[{"kind": "x"}]`},
}
