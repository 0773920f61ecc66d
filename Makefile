# Everything a developer does with this project; `make help` lists it.

BIN := bin
LINT_VERSION := v2.15.0
LINT := $(BIN)/golangci-lint-$(LINT_VERSION)
MAILPIT_VERSION := v1.33.1
MAILPIT := $(BIN)/mailpit-$(MAILPIT_VERSION)

.PHONY: alerts openapi-lint release help test race lint fmt fuzz bench build e2e postgres-test console console-test mail-check mail-shots

help: ## list the targets
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

build: ## build the binary into bin/
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o $(BIN)/mailgun-connector .

test: ## run the tests; needs only Go
	go test ./...

race: ## run the tests under the race detector; needs a C compiler
	go test -race ./...

lint: $(LINT) ## format, vet and lint checks
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run make fmt"; exit 1; }
	go vet ./...
	go vet -tags e2e ./...
	go vet -tags mailcheck ./templates/builtin
	$(LINT) run ./...

$(LINT):
	GOBIN=$(abspath $(BIN)) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	mv $(BIN)/golangci-lint $@

fmt: ## format the code
	gofmt -w .

FUZZTIME ?= 20s
fuzz: ## search for inputs that break parsing or rendering, FUZZTIME each
	go test -run '^$$' -fuzz FuzzRender -fuzztime $(FUZZTIME) ./templates
	go test -run '^$$' -fuzz FuzzVariables -fuzztime $(FUZZTIME) ./templates
	go test -run '^$$' -fuzz FuzzConditions -fuzztime $(FUZZTIME) ./templates
	go test -run '^$$' -fuzz FuzzLayout -fuzztime $(FUZZTIME) ./templates
	go test -run '^$$' -fuzz FuzzPlainText -fuzztime $(FUZZTIME) -fuzzminimizetime 10x ./templates
	go test -run '^$$' -fuzz FuzzConvert -fuzztime $(FUZZTIME) -fuzzminimizetime 10x ./templates/plaintext
	go test -run '^$$' -fuzz FuzzHarmless -fuzztime $(FUZZTIME) ./templates/builtin
	go test -run '^$$' -fuzz FuzzParse -fuzztime $(FUZZTIME) ./connector/config
	go test -run '^$$' -fuzz FuzzText -fuzztime $(FUZZTIME) ./connector/config
	go test -run '^$$' -fuzz FuzzCalls -fuzztime $(FUZZTIME) ./connector/callers
	go test -run '^$$' -fuzz FuzzSet -fuzztime $(FUZZTIME) ./connector/callers/jwks

bench: ## measure, see docs/performance.md
	go test -run '^$$' -bench . -benchmem ./...

e2e: ## run the built binary against real clients and faults; needs Node 20 and a C compiler, installs nginx and a JDK where there is none
	command -v nginx >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx-light >/dev/null; }
	command -v javac >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends default-jdk-headless >/dev/null; }
	cd connector/e2e/httpemail && npm ci --ignore-scripts --no-audit --no-fund
	cd connector/e2e/callers && npm ci --ignore-scripts --no-audit --no-fund
	go test -tags e2e -race -count=1 -parallel 8 ./connector/e2e

postgres-test: ## run the outbox tests and campaigns on a PostgreSQL of their own; installs it where there is none
	CI_POSTGRES=1 .ci/postgres go test -race -count=1 ./connector/outbox/... ./connector/app -run Postgres
	CI_POSTGRES=1 .ci/postgres go test -tags e2e -count=1 -run '(Crash|Failover|Outage|Order|Replica|Restart)/postgres' ./connector/e2e

alerts: ## check and test the alert rules; installs Prometheus' promtool where there is none
	command -v promtool >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends prometheus >/dev/null; }
	promtool check rules examples/monitoring/alerts.yaml
	cd examples/monitoring && promtool test rules alerts.test.yaml

openapi-lint: ## lint the OpenAPI document and its examples; needs Node 20
	npx --yes @redocly/cli@2.0.0 lint --config .ci/redocly.yaml connector/httpapi/openapi.yaml

release: ## build archives, SBOM, image and checksums into dist/; needs zip, and docker buildx or buildah (IMAGE=no leaves the image out)
	.ci/release

CONSOLE := connector/console

console: ## build the web console's assets anew; needs Node 20
	cd $(CONSOLE)/ui && npm ci --ignore-scripts --no-audit --no-fund && npm run --silent build

# Fonts only make its screenshots legible; Japanese needs one.
console-test: build ## test the web console, also in Chromium; needs Node 20, installs Debian's Chromium where there is none
	cd $(CONSOLE)/ui && npm ci --ignore-scripts --no-audit --no-fund && npm test --silent
	command -v chromium >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-inter fonts-ipaexfont-gothic >/dev/null; }
	cd $(CONSOLE)/browser && npm ci --ignore-scripts --no-audit --no-fund && npm test --silent

mail-check: $(MAILPIT) ## ask Mailpit what mail programs support of each built-in mail, see docs/mails.md
	MAILPIT=$(abspath $(MAILPIT)) go test -tags mailcheck -count=1 -run HTMLCheck -v ./templates/builtin

$(MAILPIT):
	GOBIN=$(abspath $(BIN)) go install github.com/axllent/mailpit@$(MAILPIT_VERSION)
	mv $(BIN)/mailpit $@

mail-shots: ## make pictures of the built-in mails in artifacts/mails; installs Debian's Chromium where there is none
	.ci/mail-shots
