# Every target of this file is described by `make help`.
SHELL := /usr/bin/env bash -euo pipefail
.DEFAULT_GOAL := help

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
IMG ?= backoffice-operator:$(VERSION)
KUBECTL ?= kubectl
PREFIX ?= /usr/local

# The folders that hold code of the product, for the generators.
empty :=
space := $(empty) $(empty)
CODE := $(subst $(space),;,$(strip $(foreach dir,api controllers internal cmd,$(if $(wildcard $(dir)),./$(dir)/...))))

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^## / {printf "\n%s\n", substr($$0, 4)} /^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

## Try it

.PHONY: demo
demo: ## Show what the operator does, on a control plane of its own (KEEP=1 leaves it running)
	KEEP=$(KEEP) hack/demo.sh

.PHONY: run
run: ## Run the operator from this tree
	hack/run.sh

## Change it

.PHONY: generate
generate: ## Write the deep-copy code
	go tool controller-gen object:headerFile=hack/boilerplate.go.txt paths=./api/...

.PHONY: manifests
manifests: ## Write the CRDs, the manager's ClusterRole, and what the charts take from config
	go tool controller-gen crd rbac:roleName=manager-role paths='$(CODE)' \
		output:crd:artifacts:config=config/crd/bases output:rbac:artifacts:config=config/rbac
	go run ./hack/charts
	go run ./hack/charts/access

.PHONY: docs
docs: ## Write the reference of the API and the charts' pages
	hack/docs.sh

.PHONY: fmt
fmt: ## Format the code
	"$$(hack/tools/build.sh lint)/golangci-lint" fmt

.PHONY: lint
lint: ## Run the linters
	"$$(hack/tools/build.sh lint)/golangci-lint" run

## Check it

.PHONY: test
test: ## Run all tests, on a control plane and a PostgreSQL of their own
	hack/test.sh all

.PHONY: test-unit
test-unit: ## Run the tests of the pure packages: no server, seconds
	hack/test.sh unit

.PHONY: test-race
test-race: ## Run all tests with the race detector
	hack/test.sh race

.PHONY: e2e
e2e: ## Install, roll out, upgrade and uninstall on a real node of this machine (says so where that cannot be)
	hack/e2e.sh

.PHONY: systems
systems: ## Print which rows of docs/systems.md the last test run has proven
	@go run ./hack/systems rows

.PHONY: verify
verify: ## Check that generated files, format, modules, headers, imports and lint are in order
	hack/verify.sh

.PHONY: bench
bench: ## Run the benchmarks
	go test -run '^$$' -bench . -benchmem ./...

## Ship it

.PHONY: build
build: ## Build bin/manager and bin/kubectl-backoffice
	VERSION=$(VERSION) hack/build.sh bin/manager
	VERSION=$(VERSION) hack/build.sh bin/kubectl-backoffice "" kubectl-backoffice

.PHONY: install-plugin
install-plugin: ## Put kubectl backoffice, with its completion, into PREFIX/bin
	VERSION=$(VERSION) hack/build.sh $(PREFIX)/bin/kubectl-backoffice "" kubectl-backoffice
	ln -sf kubectl-backoffice $(PREFIX)/bin/kubectl_complete-backoffice

.PHONY: image
image: ## Write dist/image.tar (amd64 and arm64) and its bills of materials, without a container engine
	IMG=$(IMG) VERSION=$(VERSION) hack/image.sh

.PHONY: plugin
plugin: ## Write dist/kubectl-backoffice_*.tar.gz for each platform, and dist/backoffice.yaml for krew
	VERSION=$(VERSION) hack/krew.sh

.PHONY: docker-build
docker-build: ## Build the image IMG
	docker build --build-arg VERSION=$(VERSION) --tag $(IMG) .

.PHONY: build-installer
build-installer: manifests ## Write dist/install.yaml for the image IMG
	mkdir -p dist
	$(KUBECTL) kustomize config/default | sed 's,image: backoffice-operator:latest,image: $(IMG),' > dist/install.yaml
