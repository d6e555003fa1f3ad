package main

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"

	"mailprobe/probe"
)

const zabbixTemplate = "../../contrib/zabbix/mailprobe.yaml"

const zabbixHead = `# Templates of mailprobe for Zabbix 6.0 and later, one for each kind of check, by the agent
# with contrib/zabbix/mailprobe.conf. Import the file under Configuration, Templates. This file
# is made of the facts of each kind: go test ./cmd/mailprobe -run TestZabbixTemplate -update
zabbix_export:
  version: '6.0'
  date: '2026-11-01T00:00:00Z'
  groups:
    - uuid: a571c0d144b14fd4a87a9d9b2aa9fcd6
      name: Templates/Applications
  templates:
`

// zabbixKinds are the kinds that have a template: those of one host.
var zabbixKinds = []string{"smtp", "pop3", "imap", "ping", "domain"}

// zabbixUUID is the UUID of an object, which stays the same as long as its name.
func zabbixUUID(name string) string {
	sum := sha256.Sum256([]byte("mailprobe " + name))
	sum[6], sum[8] = sum[6]&0x0f|0x40, sum[8]&0x3f|0x80 // version 4 (RFC 9562 §5.4)
	return fmt.Sprintf("%x", sum[:16])
}

// zabbixItem is an item that takes its value from the result of a check.
type zabbixItem struct {
	name, key, path string
	kind            string // its value_type
	unit            string
	more            string // further lines
}

// yaml is an item of a template, with its own indentation.
func (i *zabbixItem) yaml(template, master string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "        - uuid: %s\n          name: '%s'\n          type: DEPENDENT\n          key: %s\n          delay: '0'\n", zabbixUUID(template+i.key), i.name, i.key)
	if i.kind != "" {
		fmt.Fprintf(&b, "          value_type: %s\n", i.kind)
		if i.kind == "CHAR" {
			b.WriteString("          trends: '0'\n")
		}
	}
	if i.unit != "" {
		fmt.Fprintf(&b, "          units: '%s'\n", i.unit)
	}
	fmt.Fprintf(&b, "          preprocessing:\n            - type: JSONPATH\n              parameters:\n                - '%s'\n              error_handler: DISCARD_VALUE\n", strings.ReplaceAll(i.path, "'", "''"))
	b.WriteString(i.more)
	fmt.Fprintf(&b, "          master_item:\n            key: '%s'\n          tags:\n            - tag: component\n              value: mail\n", master)
	return b.String()
}

// zabbixItems are the items of a kind.
func zabbixItems(kind probe.Kind) []zabbixItem {
	p, label := "mailprobe."+kind.Name+".", strings.ToUpper(kind.Name)
	status := "            - type: STR_REPLACE\n              parameters:\n                - %s\n                - '%d'\n"
	replaced := ""
	for i, word := range []string{"OK", "WARNING", "CRITICAL", "UNKNOWN", "SKIPPED"} {
		replaced += fmt.Sprintf(status, word, i)
	}
	template := "Mailprobe " + label
	trigger := func(name, priority string, n int) string {
		return fmt.Sprintf("            - uuid: %s\n              expression: 'count(/%s/%sstatus,#2,\"eq\",\"%d\")=2'\n              name: '%s is %s on {HOST.NAME}'\n              event_name: '%[5]s is %[6]s on {HOST.NAME}: {?last(/{HOST.HOST}/%[3]ssummary)}'\n              priority: %[7]s\n              description: 'The items cause and who has to act say more, and mailprobe explain CAUSE says what to do.'\n",
			zabbixUUID(template+name), template, p, n, label, name, priority)
	}
	items := []zabbixItem{
		{name: label + ": status", key: p + "status", path: "$[0].status",
			more: replaced + "          valuemap:\n            name: 'Mailprobe status'\n          triggers:\n" +
				trigger("CRITICAL", "HIGH", 2) + trigger("UNKNOWN", "AVERAGE", 3) + trigger("WARNING", "WARNING", 1)},
		{name: label + ": summary", key: p + "summary", path: "$[0].summary", kind: "CHAR"},
		{name: label + ": cause", key: p + "cause", path: "$[0].cause", kind: "CHAR"},
		{name: label + ": who has to act", key: p + "blame", path: "$[0].blame", kind: "CHAR"},
		{name: label + ": time", key: p + "elapsed", path: "$[0].elapsed", kind: "FLOAT", unit: "s"},
	}
	for _, m := range kind.Measures() {
		if strings.Contains(m.Name, "N") || m.Name == probe.TotalFact {
			continue
		}
		unit := map[probe.Unit]string{probe.Seconds: "s", probe.Bytes: "B", probe.Percent: "%"}[m.Unit]
		items = append(items, zabbixItem{name: label + ": " + m.Name, key: p + "fact." + m.Name, kind: "FLOAT", unit: unit,
			path: fmt.Sprintf("$[0].steps[*].facts[?(@.name == '%s')].value.first()", m.Name)})
	}
	return items
}

// zabbixFile is the file of templates.
func zabbixFile() string {
	var b strings.Builder
	b.WriteString(zabbixHead)
	for _, kind := range kinds() {
		label := strings.ToUpper(kind.Name)
		template, macro := "Mailprobe "+label, "{$MAILPROBE."+label
		target := "{HOST.CONN}"
		if kind.Name == "domain" {
			target = macro + ".NAME}"
		}
		master := fmt.Sprintf("mailprobe.check[%s,\"%s\",\"%s.FLAGS}\"]", kind.Name, target, macro)
		if !slices.Contains(zabbixKinds, kind.Name) {
			continue
		}
		fmt.Fprintf(&b, "    - uuid: %s\n      template: '%s'\n      name: '%[2]s'\n      description: 'mailprobe %s: %s'\n      groups:\n        - name: Templates/Applications\n      items:\n",
			zabbixUUID(template), template, kind.Name, strings.ReplaceAll(kind.Short, "'", "''"))
		fmt.Fprintf(&b, "        - uuid: %s\n          name: '%s: result'\n          key: '%s'\n          delay: 5m\n          history: '0'\n          trends: '0'\n          value_type: TEXT\n          tags:\n            - tag: component\n              value: mail\n",
			zabbixUUID(template+master), label, master)
		for _, item := range zabbixItems(kind) {
			b.WriteString(item.yaml(template, master))
		}
		fmt.Fprintf(&b, "      macros:\n        - macro: '%s.FLAGS}'\n          value: ''\n          description: 'further flags of mailprobe %s, such as --all-addresses'\n", macro, kind.Name)
		if kind.Name == "domain" {
			fmt.Fprintf(&b, "        - macro: '%s.NAME}'\n          value: example.org\n          description: 'the domain'\n", macro)
		}
		fmt.Fprintf(&b, "      valuemaps:\n        - uuid: %s\n          name: 'Mailprobe status'\n          mappings:\n", zabbixUUID(template+"status"))
		for i, word := range []string{"OK", "WARNING", "CRITICAL", "UNKNOWN", "SKIPPED"} {
			fmt.Fprintf(&b, "            - value: '%d'\n              newvalue: %s\n", i, word)
		}
	}
	return b.String()
}

// TestZabbixTemplate: the templates have the facts that there are.
func TestZabbixTemplate(t *testing.T) {
	holdMade(t, zabbixTemplate, zabbixFile())
}
