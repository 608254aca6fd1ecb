#!/usr/bin/env bash
# Writes the pages that are generated: the reference of the API from its types, and those of the charts from their values.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools=$(hack/tools/build.sh docs)
"$tools/helm-docs" --chart-search-root=config/charts --template-files=README.md.gotmpl --sort-values-order=file --log-level=warning
"$tools/crd-ref-docs" --source-path=api/v1alpha1 --config=hack/docs/crd-ref-docs.yaml --templates-dir=hack/docs/templates \
	--renderer=markdown --output-path=docs/api.md
