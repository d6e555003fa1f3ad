package main

import "mailprobe/mailtest"

var posttlsMoves = []moves{
	{"Does it speak TLS, and with what certificate", []move{
		{theirs: "posttls-finger -c -l may '[mx.example.org]'", ours: "mailprobe smtp --stop-after starttls mx.example.org",
			about: "opportunistic TLS: an exchanger without is a WARNING here", codes: "0 / 0", shows: [2]string{`TLS connection established`, `starttls .*OK`}},
		{theirs: "posttls-finger -c -l secure -F ca.pem '[mx.example.org]'", ours: "mailprobe smtp --tls=require --ca-file ca.pem mx.example.org",
			about: "TLS with a certificate for the name, or it fails", codes: "0 / 0", shows: [2]string{`Verified TLS connection established`, `certificate good for`}},
		{theirs: "posttls-finger -c -l secure -F ca.pem '[mx.example.org]'", ours: "mailprobe smtp --tls=require --ca-file ca.pem mx.example.org", with: fault{"the certificate is for another name", mailtest.Faults{Certificate: "wrong-name"}},
			about: "posttls-finger's exit code is 0 whatever it finds", codes: "0 / 2", shows: [2]string{`Trusted TLS connection established|hostname mismatch|not verified`, `the certificate is not for mx\.example\.org`}},
		{theirs: "posttls-finger -c -l secure -F ca.pem '[mx.example.org]'", ours: "mailprobe smtp --tls=require --ca-file ca.pem mx.example.org", with: fault{"the certificate expired", mailtest.Faults{Certificate: "expired"}},
			codes: "0 / 2", shows: [2]string{`certificate has expired|num=10`, `the certificate expired on`}},
		{theirs: "posttls-finger -c -l secure -F ca.pem '[mx.example.org]'", ours: "mailprobe smtp --tls=require --ca-file ca.pem mx.example.org", with: fault{"nobody listens", mailtest.Faults{Refuse: true}},
			codes: "0 / 2", shows: [2]string{`Connection refused`, `connection refused`}},
		{theirs: "posttls-finger -c -l secure -F ca.pem '[mx.example.org]' mx.example.net", ours: "mailprobe smtp --tls=require --ca-file ca.pem --server-name mx.example.net mx.example.org",
			about: "the name that the certificate must be for; here it is sent in the handshake as well, unless `--sni` says otherwise", codes: "0 / 2", shows: [2]string{`TLS connection established`, `not for mx\.example\.net`}},
		{theirs: "posttls-finger -c -s other.example.org '[mx.example.org]'", ours: "mailprobe smtp --sni other.example.org mx.example.org",
			about: "the name to send alone (SNI); `--sni none` sends none", codes: "0 / 0", shows: [2]string{`TLS connection established`, `certificate good for`}},
		{theirs: "posttls-finger -c -w -l secure -F ca.pem '[mx.example.org]:465'", ours: "mailprobe smtp --ca-file ca.pem smtps://mx.example.org",
			about: "TLS from the start", codes: "0 / 0", shows: [2]string{`Verified TLS connection established`, `tls .*TLS 1\.3`}},
		{theirs: "posttls-finger -c -l may example.org", ours: "mailprobe smtp --mx example.org",
			about: "the exchangers of a domain: one there, every address of each here", codes: "0 / 0", shows: [2]string{`TLS connection established to mx\.example\.org`, `mx +\S+ .*OK +10 mx\.example\.org`}},
		{theirs: "posttls-finger -c -L verbose '[mx.example.org]'", ours: "mailprobe smtp -v mx.example.org",
			about: "more: the session, and every fact of the certificate", codes: "0 / 0", shows: [2]string{`setting up TLS connection`, `C: STARTTLS`}},
	}},
	{"The certificate's data", []move{
		{theirs: "posttls-finger -C '[mx.example.org]'", ours: "mailprobe smtp --cert-out chain.pem mx.example.org && cat chain.pem",
			about: "the chain as PEM: to standard output there, to a file here", codes: "0 / 0", shows: [2]string{`BEGIN CERTIFICATE`, `BEGIN CERTIFICATE`}},
		{theirs: "posttls-finger -c -d sha256 '[mx.example.org]'", ours: "mailprobe smtp -v mx.example.org",
			about: "fingerprints: `fingerprint=` is the fact `cert_sha256`, `pkey_fingerprint=` is `spki_sha256`, the value of a TLSA record 3 1 1", codes: "0 / 0", shows: [2]string{`pkey_fingerprint=([0-9A-F]{2}:){31}`, `spki_sha256`}},
	}},
	{"Versions, suites and groups", []move{
		{theirs: "posttls-finger -c -p '<=TLSv1.2' '[mx.example.org]'", ours: "mailprobe smtp --tls-max 1.2 mx.example.org",
			about: "no TLS 1.3", codes: "0 / 0", shows: [2]string{`TLSv1\.2 with cipher`, `TLS 1\.2`}},
		{theirs: "for p in TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; do posttls-finger -c -p $p '[mx.example.org]'; done", ours: "mailprobe smtp --tls-versions mx.example.org",
			about: "which versions it accepts; the old ones are a WARNING. Where OpenSSL does not offer TLS 1.0 and 1.1 itself, posttls-finger cannot ask for them", codes: "0 / 0", shows: [2]string{`TLSv1\.3 with cipher`, `it accepts TLS 1\.2 and 1\.3`}},
		{theirs: "posttls-finger -c -g high -p '<=TLSv1.2' -o tls_high_cipherlist=ECDHE-ECDSA-AES128-SHA '[mx.example.org]'", ours: "mailprobe smtp --tls-ciphers ECDHE-ECDSA-AES128-SHA mx.example.org",
			about: "a certain suite of TLS 1.2 and below; Go's TLS does not let one choose those of 1.3", codes: "0 / 0", shows: [2]string{`cipher ECDHE-ECDSA-AES128-SHA `, `TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA`}},
		{theirs: "posttls-finger -c -g high -p '<=TLSv1.2' -o tls_high_cipherlist=AES128-SHA '[mx.example.org]'", ours: "mailprobe smtp --tls-ciphers AES128-SHA mx.example.org",
			about: "one that the server does not have: UNKNOWN, as that is not the server's fault", codes: "0 / 3", shows: [2]string{`SSL_connect error`, `handshake failure`}},
		{theirs: "posttls-finger -c -o tls_eecdh_auto_curves=secp384r1 '[mx.example.org]'", ours: "mailprobe smtp --tls-curves secp384r1 mx.example.org",
			about: "a certain group for the key exchange", codes: "0 / 0", shows: [2]string{`TLS connection established`, `CurveP384`}},
	}},
}
