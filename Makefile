# `make` lists the targets. run, demo and test need Go and nothing else; what the others need beyond Go is
# installed under .tools/ by pinned version.

SHELL := /bin/bash
.DEFAULT_GOAL := help

PKGS     ?= ./...
FUZZTIME ?= 180s
BENCH    ?= .

# make bench: without flags it writes docs/performance.md.
BENCH_FLAGS ?=

# make rate: what is rated, and where the files go.
MASTERS    ?= events/masters
MEMBERS    ?= events/members.csv
IN         ?= events/day
OUT        ?= build/rated
RATE_FLAGS ?=

# The race detector needs a C compiler; without one the tests run all the same.
CC_FOUND := $(shell command -v $$(go env CC | cut -d' ' -f1) 2>/dev/null)
RACE     := $(if $(and $(CC_FOUND),$(filter 1,$(shell go env CGO_ENABLED))),-race)

# Packages whose tests take minutes under the race detector, or do nothing beside each other: they run without
# it. The test of the engine that does runs once more with it.
LONG := multipoint multipoint/test/engine multipoint/test/kill multipoint/test/bench multipoint/test/costs \
	multipoint/test/encodings multipoint/cmd/multipoint multipoint/shared/object/gateway \
	multipoint/shared/intake/cut multipoint/shared/table/dynamo multipoint/shared/inspect multipoint/shared/master

# make run: the folder that keeps everything, and what else serve is told (--addr).
DATA        ?= data
SERVE_FLAGS ?=

# make synth, deploy, diff, destroy: which environment, and its values (infra/cdk/settings.go).
ENV       ?= dev
CDK_FLAGS ?=

# make stack: the values of the template that is checked, all made up.
CHECKED := -c account=111122223333 -c mailFrom=points@multipoint.example -c operator=operator@multipoint.example \
	-c domain=points.multipoint.example -c placeholder=true \
	-c certificate=arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000000

# make functions: the processor they are built for; arm64 is what is deployed.
ARCH ?= arm64

.PHONY: help run demo rate test full bench micro lint fuzz fmt generate postal clean functions \
	stack synth deploy diff destroy

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## what to try first: the demo day, in a browser; everything is kept in data/
	@go run ./cmd/multipoint serve --demo --data $(DATA) $(SERVE_FLAGS)

demo: ## the same day without a browser: totals, the providers' files, the digest
	@go run ./cmd/multipoint demo

rate: ## rate the sample files of a folder without keeping anything: build/rated
	@rm -rf build/rated
	go run ./cmd/multipoint rate --masters $(MASTERS) --members $(MEMBERS) --in $(IN) --out $(OUT) $(RATE_FLAGS)

test: ## vet and all tests that need only Go (at most 10 minutes)
	@$(if $(RACE),,echo 'make test: no C compiler, so the race detector is left out')
	go vet $(PKGS)
	go test $(RACE) -shuffle=on -timeout 9m $(filter-out $(LONG),$(shell go list $(PKGS)))
	go test -shuffle=on -timeout 9m $(LONG)
	MULTIPOINT_RUNS=15 go test $(RACE) -timeout 9m -run 'HowTheWork|SurviveLosses' multipoint/test/engine

full: export MULTIPOINT_FULL := 1
full: test lint ## everything at full size (hours)
	MULTIPOINT_SEEDS=50000 go test -count=1 -timeout 3h -run RandomCases ./test/engine
	MULTIPOINT_RUNS=50000 go test -count=1 -timeout 6h -run SurviveLosses ./test/engine
	MULTIPOINT_KILLS=20 MULTIPOINT_KILL_LINES=1000000 go test -count=1 -timeout 6h ./test/kill
	$(MAKE) fuzz FUZZTIME=1h
	MULTIPOINT_STACK=1 go test -count=1 -timeout 1h ./test/sam
	MULTIPOINT_STACK=1 go test -count=1 -timeout 1h ./test/coldstart -write
	$(MAKE) bench

bench: ## the engine beside other programs on the same files (BENCH_FLAGS: -rows a,d, -big, -smoke)
	go run ./test/bench $(BENCH_FLAGS)

micro: ## the benchmarks inside the packages, with allocations
	go test -run '^$$' -bench '$(BENCH)' -benchmem $(PKGS)

fuzz: ## each Fuzz function of the module for an equal share of FUZZTIME (180s in all)
	go run ./test/fuzz -time $(FUZZTIME) $(PKGS)

functions: ## build the Lambda functions: build/functions/<arch>/<name>/bootstrap
	@rm -rf build/functions/$(ARCH)
	@mkdir -p build/functions/$(ARCH)/.all
	CGO_ENABLED=0 GOOS=linux GOARCH=$(ARCH) go build -trimpath -buildvcs=false -tags lambda.norpc -ldflags='-s -w' \
		-o build/functions/$(ARCH)/.all/ ./functions/...
	@cd build/functions/$(ARCH) && for f in .all/*; do \
		mkdir $$(basename $$f) && mv $$f $$(basename $$f)/bootstrap || exit 1; done && rmdir .all

stack: ## the cloud: the template checked and deployed to an emulator, the real functions run the demo day
	cd infra/cdk && go vet ./... && go test -count=1 -timeout 20m ./...
	infra/cdk/tool synth prod $(CHECKED)
	infra/cdk/check/cfn-lint
	infra/cdk/check/cdk-nag
	MULTIPOINT_STACK=1 go test -count=1 -timeout 20m ./test/emulator ./test/stack ./test/flow ./shared/keys/... \
		./shared/mail/ses ./shared/flow/stepfunctions

synth: functions ## synthesise the stack into build/ (CDK_FLAGS='-c account=… -c mailFrom=… -c operator=…')
	infra/cdk/tool synth $(ENV) $(CDK_FLAGS)

deploy: functions ## deploy ENV: what is in other regions first, then Tokyo
	infra/cdk/tool deploy $(ENV) $(CDK_FLAGS)

diff: functions ## what a deployment of ENV would change
	infra/cdk/tool diff $(ENV) $(CDK_FLAGS)

destroy: functions ## remove ENV; prod keeps its data
	infra/cdk/tool destroy $(ENV) $(CDK_FLAGS)

lint: ## linters, security checks, known vulnerabilities
	@.ci/lint

fmt: ## lay out the code as the linters want it
	@.ci/lint fmt

postal: ## the postal codes that fill in addresses: build/postal.bin (needs Python with pip)
	go run ./shared/postal/make

generate: ## write the files that are made from code (docs/errors.md)
	go generate ./...

clean: ## remove what was built; installed tools stay
	rm -rf build
