# make          build the binary
# make dist     build packages into dist/: deb, rpm and apk, with bills of materials
# make test     run all tests; on Debian as root, install the programs they need first
# make nightly  run all tests with more kills, races and fuzzing; takes hours
# make fuzz     fuzz every parser for a few seconds
# make lint     run gofmt, go vet, staticcheck and a type check for other systems
# make bench    measure against peers and print the tables of BENCHMARKS.md

FUZZTIME ?= 2s
PACKAGES = gcc libc6-dev openssl curl postfix dovecot-core dovecot-pop3d dovecot-imapd dovecot-lmtpd iproute2 iputils-ping fping nftables procps perl python3 zsh fish chromium mandoc \
	lintian rpm buildah libcap2-bin \
	libdb5.3 libgnutls-dane0 libidn12 libnsl2 \
	swaks libnet-dns-perl libnet-ssleay-perl monitoring-plugins-basic monitoring-plugins-standard mtr-tiny \
	monitoring-plugins-contrib libmail-imapclient-perl parallel

# What cannot be installed beside PACKAGES, or starts a service when installed, is
# unpacked into this folder, which the tests know.
BESIDE = /var/cache/mailprobe-test
UNPACKED = exim4-daemon-light prometheus munin-node munin-common liblist-moreutils-perl libexporter-tiny-perl systemd libsystemd-shared \
	nagios4-core icinga2-bin icinga2-common libboost-context1.74.0 libboost-coroutine1.74.0 libboost-filesystem1.74.0 libboost-iostreams1.74.0 libboost-program-options1.74.0 \
	libboost-regex1.74.0 libboost-thread1.74.0 libboost-atomic1.74.0 zabbix-agent zabbix-agent2 libmodbus5 libcurl3-gnutls libldap-2.5-0 \
	zabbix-frontend-php php8.2-cli php8.2-common php8.2-mbstring libargon2-1 libonig5 libsodium23

# Name servers and their libraries: not installed, as they would be started on port 53.
RESOLVERS = unbound bind9 bind9-libs bind9-utils bind9-dnsutils dnsmasq-base pdns-recursor \
	libpython3.11 libprotobuf-c1 libevent-2.1-7 libfstrm0 libjemalloc2 liblmdb0 libmaxminddb0 libuv1 \
	libjson-c5 libxml2 libedit2 libnetfilter-conntrack3 libnfnetlink0 libnftables1 \
	libluajit2-5.1-2 libboost-context1.74.0 libsnmp40 libsodium23 \
	knot libdnssec9 libknot13 libzscanner4 libcap-ng0 liburcu8 libxdp1 libbpf1 libelf1 \
	python3-spf python3-dns

.PHONY: build dist test nightly packages fuzz lint bench

build:
	@sh packaging/build.sh bin/mailprobe

dist:
	sh packaging/dist.sh

# By default every process with the race detector sleeps a second before it exits; the tests
# start thousands.
test nightly: export GORACE = atexit_sleep_ms=0

test: packages
	go test -race -vet=off -timeout 15m ./... # make lint runs go vet
	@# go test hides the output of passing packages; skipped tests must show.
	@cd integration && go test -race -run '^$$' | grep '^SKIP' || true
	@go test -race -v -run '^TestNetwork$$' ./icmp | grep -o 'SKIP tests.*' || true

nightly: packages
	MAILPROBE_NIGHTLY=1 go test -race -count=1 -timeout 2h ./...
	@sh tools/fuzz.sh 2m

packages:
	@sh tools/packages.sh $(PACKAGES)
	@sh tools/unpack.sh $(BESIDE) $(UNPACKED)
	@sh tools/unpack.sh $(BESIDE)-dns $(RESOLVERS)
	@sh tools/unpack.sh $(BESIDE)-python python3-spf python3-dns python3-dkim python3-nacl python3-cffi-backend python3-six libsodium23

fuzz:
	@sh tools/fuzz.sh $(FUZZTIME)

lint:
	@test -z "$$(gofmt -l .)" || { echo "not formatted by gofmt:"; gofmt -l .; exit 1; }
	go vet ./...
	go tool -modfile=tools/go.mod staticcheck ./...
	cd tools && go run ./crosscheck .. darwin windows freebsd

bench:
	go run ./bench/start
	go run ./bench/smtp
	go run ./bench/send
	go run ./bench/check
	go run ./bench/serve
	go run ./bench/ping
	go run ./bench/trace
	go run ./bench/domain
	go run ./bench/prober
	go run ./bench/page
	go run ./bench/search
	go run ./bench/fleet
	go run ./bench/bulk
