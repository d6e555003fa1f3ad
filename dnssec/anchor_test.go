package dnssec_test

import (
	"strings"
	"testing"

	"mailprobe/dnssec"
)

const (
	rootDigest = "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"
	rootKey    = "AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlExOLAJr5emLvN7SWXgnLh4+B5xQlNVz8Og8kvArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwVN8efS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eNbuv7pr+eoZG+SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLYA4/ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8subX2Nn6UwNR1AkUTV74bU="
)

// TestAnchorFiles: files of anchors as programs have them.
func TestAnchorFiles(t *testing.T) {
	for _, file := range []struct{ name, text, want string }{
		{"a DS", ". IN DS 20326 8 2 " + rootDigest, "20326"},
		{"with TTL, in lower case, in parts, with a comment", ". 172800 in ds 20326 8 2 ( e06d44b80b8f1d39a95c0b0d7c65d084\n58e880409bbc683457104237c7f8ec8d ) ; of 2017\n", "20326"},
		{"TTL behind the class, CRLF", ". IN 3600 DS 20326 8 2 " + rootDigest + "\r\n", "20326"},
		{"no class", ".\tDS\t20326 8 2 " + rootDigest, "20326"},
		{"$TTL and $ORIGIN", "$TTL 1h\n$ORIGIN .\n@ IN DS 20326 8 2 " + rootDigest, "20326"},
		{"a byte order mark", "\ufeff. IN DS 20326 8 2 " + rootDigest, "20326"},
		{"unbound's, of RFC 5011", "; autotrust trust anchor file\n;;id: . 1\n;;last_queried: 1 ;;Mon\n.\t172800\tIN\tDNSKEY\t257 3 8 " + rootKey + " ;{id = 20326 (ksk), size = 2048b} ;;state=2 [  VALID  ] ;;count=0\n", "257 3 8"},
		{"ldns's", ". 3600 IN DNSKEY 257 3 8 " + rootKey + " ;{id = 20326 (ksk), size = 2048b}\n", "257 3 8"},
		{"named's, with a DS", "// keys\ntrust-anchors {\n\t. initial-ds 20326 8 2\n\t\"" + rootDigest[:32] + "\n\t" + rootDigest[32:] + "\"; # 2017\n};\n", "20326"},
		{"named's, with a key", "managed-keys { \".\" initial-key 257 3 8 \"" + rootKey + "\"; };", "257 3 8"},
		{"named's old one", "/* old */ trusted-keys { \"example.org.\" 257 3 8 \"" + rootKey + "\"; };", "example.org."},
		{"unbound's option", "server:\n  trust-anchor: \". DS 20326 8 2 " + rootDigest + "\"\n", "20326"},
	} {
		anchors, err := dnssec.ParseAnchors(strings.NewReader(file.text))
		if err != nil || len(anchors) != 1 || !strings.Contains(anchors[0].String(), file.want) || strings.HasPrefix(anchors[0].String(), `\`) {
			t.Errorf("%s: %v, %v", file.name, anchors, err)
		}
	}
}

// TestBadAnchorFiles: the error says what is wrong and what is wanted.
func TestBadAnchorFiles(t *testing.T) {
	for _, file := range []struct{ name, text, want string }{
		{"IANA's XML", `<?xml version="1.0"?><TrustAnchor><Zone>.</Zone></TrustAnchor>`, "XML"},
		{"PEM", "-----BEGIN PGP SIGNATURE-----\n", "PEM"},
		{"an address", ". IN A 192.0.2.1", "not A"},
		{"a digest too short", ". IN DS 20326 8 2 E06D", "SHA-256"},
		{"a digest that nobody has", ". IN DS 20326 8 9 E06D", "digest type 9"},
		{"an algorithm that nobody has", ". IN DS 20326 200 2 " + rootDigest, "algorithm 200"},
		{"a key revoked", ". IN DNSKEY 385 3 8 " + rootKey, "revoked"},
		{"a key of no zone", ". IN DNSKEY 1 3 8 " + rootKey, "zone key"},
		{"other protocol", ". IN DNSKEY 257 4 8 " + rootKey, "zone key"},
		{"a key cut short", ". IN DNSKEY 257 3 8 AwEA", "cannot be read"},
		{"no digits", ". IN DS 20326 8 2 xyz", "hexadecimal"},
		{"no numbers", ". IN DS one 8 2 E0", "line: 1"},
		{"named's, cut short", "trust-anchors { . initial-ds 20326 8; };", "named.conf"},
		{"empty", " \n; none\n", "no trust anchor"},
		{"include", "$INCLUDE /etc/passwd", "trust anchors"},
	} {
		anchors, err := dnssec.ParseAnchors(strings.NewReader(file.text))
		if err == nil || !strings.Contains(err.Error(), file.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, %v", file.name, anchors, err)
		}
	}
}
