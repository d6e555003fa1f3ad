# make          build the binary
# make test     pass the tests; on Debian as root, install what they need first
# make fuzz     let every parser meet a few seconds of random input
# make lint     look for what is wrong without running it
# make bench    measure against the peers and print the tables of BENCHMARKS.md

FUZZTIME ?= 4s
PACKAGES = gcc libc6-dev openssl postfix dovecot-core dovecot-pop3d dovecot-imapd dovecot-lmtpd iproute2 iputils-ping fping nftables procps chromium \
	libdb5.3 libgnutls-dane0 libidn12 libnsl2

# Servers that cannot be installed beside those in PACKAGES; the tests know this folder.
BESIDE = /var/cache/mailprobe-test

# Resolvers and their libraries: not installed, as they would be started on port 53.
RESOLVERS = unbound bind9 bind9-libs bind9-utils bind9-dnsutils dnsmasq-base pdns-recursor \
	libpython3.11 libprotobuf-c1 libevent-2.1-7 libfstrm0 libjemalloc2 liblmdb0 libmaxminddb0 libuv1 \
	libjson-c5 libxml2 libedit2 libnetfilter-conntrack3 libnfnetlink0 libnftables1 \
	libluajit2-5.1-2 libboost-context1.74.0 libsnmp40 libsodium23

.PHONY: build test packages fuzz lint bench

build:
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o bin/mailprobe ./cmd/mailprobe

test: packages
	go test -race ./...
	@# go test hides what a passing package prints; what was skipped must be seen.
	@cd integration && go test -race -run '^$$' | grep '^SKIP' || true
	@go test -race -v -run '^TestNetwork$$' ./icmp | grep -o 'SKIP tests.*' || true

packages:
	@sh tools/packages.sh $(PACKAGES)
	@sh tools/unpack.sh $(BESIDE) exim4-daemon-light
	@sh tools/unpack.sh $(BESIDE)-dns $(RESOLVERS)

fuzz:
	@sh tools/fuzz.sh $(FUZZTIME)

lint:
	@test -z "$$(gofmt -l .)" || { echo "not formatted by gofmt:"; gofmt -l .; exit 1; }
	go vet ./...
	go tool -modfile=tools/go.mod staticcheck ./...
	for os in darwin windows freebsd; do GOOS=$$os go vet ./... || exit 1; done

bench:
	go run ./bench/smtp
	go run ./bench/check
	go run ./bench/ping
	go run ./bench/trace
