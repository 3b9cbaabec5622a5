# `make` lists the targets. run, demo and test need Go and nothing else; what the others need beyond Go is
# installed under .tools/ by pinned version.

SHELL := /bin/bash
.DEFAULT_GOAL := help

PKGS     ?= ./...
FUZZTIME ?= 180s
BENCH    ?= .

# make bench: without flags it writes docs/performance.md.
BENCH_FLAGS ?=

# make demo: what is rated, and where the files go.
MASTERS    ?= events/masters
MEMBERS    ?= events/members.csv
IN         ?= events/day
OUT        ?= build/demo
RATE_FLAGS ?=

# The race detector needs a C compiler; without one the tests run all the same.
CC_FOUND := $(shell command -v $$(go env CC | cut -d' ' -f1) 2>/dev/null)
RACE     := $(if $(and $(CC_FOUND),$(filter 1,$(shell go env CGO_ENABLED))),-race)

.PHONY: help run demo test full bench micro lint fuzz fmt generate clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: demo ## what to try first: today the demo day

demo: ## rate the sample day, from the retailer's files to the providers' files
	@rm -rf build/demo
	go run ./cmd/multipoint rate --masters $(MASTERS) --members $(MEMBERS) --in $(IN) --out $(OUT) $(RATE_FLAGS)

test: ## vet and all tests that need only Go (at most 10 minutes)
	@$(if $(RACE),,echo 'make test: no C compiler, so the race detector is left out')
	go vet $(PKGS)
	go test $(RACE) -shuffle=on -timeout 9m $(PKGS)

full: export MULTIPOINT_FULL := 1
full: test lint ## everything at full size (hours)
	MULTIPOINT_SEEDS=50000 go test -count=1 -timeout 3h -run Random ./test/engine
	$(MAKE) fuzz FUZZTIME=1h
	$(MAKE) bench

bench: ## the engine beside other programs on the same files (BENCH_FLAGS: -rows a,d, -big, -smoke)
	go run ./test/bench $(BENCH_FLAGS)

micro: ## the benchmarks inside the packages, with allocations
	go test -run '^$$' -bench '$(BENCH)' -benchmem $(PKGS)

fuzz: ## each Fuzz function of the module for an equal share of FUZZTIME (180s in all)
	go run ./test/fuzz -time $(FUZZTIME) $(PKGS)

lint: ## linters, security checks, known vulnerabilities
	@.ci/lint

fmt: ## lay out the code as the linters want it
	@.ci/lint fmt

generate: ## write the files that are made from code (docs/errors.md)
	go generate ./...

clean: ## remove what was built; installed tools stay
	rm -rf build
