package domain

import (
	"fmt"
	"net/netip"
	"strings"

	"mailprobe/dnssec"
	"mailprobe/probe"
)

// apex judges what makes a file a zone: one SOA, at the apex, and NS records.
func (l *lint) apex() {
	var soas []dnssec.ZoneRecord
	for _, r := range l.file.Records {
		if r.Type == dnssec.TypeSOA {
			soas = append(soas, r)
		}
	}
	if len(soas) == 0 {
		l.add(0, CauseZoneIncomplete, "there is no SOA record")
	}
	for _, r := range soas[min(len(soas), 1):] {
		if r.Name != soas[0].Name || r.Text != soas[0].Text {
			l.add(r.Line, CauseZoneIncomplete.As(probe.Critical).Advise("have one SOA record, at the apex"), "a second SOA record, beside that of line %d", soas[0].Line)
		}
	}
	if len(l.file.Find(l.file.Apex, dnssec.TypeNS)) == 0 {
		l.add(0, CauseZoneIncomplete, "there is no NS record for %s", plain(l.file.Apex))
	}
}

// serial compares the serial with the published one by the arithmetic of RFC 1982.
func (l *lint) serial() {
	records := l.file.Find(l.file.Apex, dnssec.TypeSOA)
	if len(records) == 0 {
		return
	}
	serial := records[0].Data.(dnssec.SOA).Serial
	l.serialText = fmt.Sprint(serial)
	a, err := l.zones.published.Lookup(l.ctx, l.file.Apex, dnssec.TypeSOA)
	if err != nil || len(a.Aliases) > 0 {
		return
	}
	for _, soa := range dnssec.All[dnssec.SOA](a.Records) {
		if int32(serial-soa.Serial) <= 0 {
			l.add(records[0].Line, CauseZoneSerial, "the serial %d is not higher than the published %d", serial, soa.Serial)
		}
	}
}

// doubled is how names end to which the name of the zone was added once more.
func (l *lint) doubled() string { return "." + l.file.Apex + l.file.Apex }

// isDoubled reports whether a name has the zone's twice at its end.
func (l *lint) isDoubled(name string) bool {
	return l.file.Apex != "." && strings.HasSuffix("."+strings.ToLower(name), l.doubled())
}

// undouble returns a record with the zone's name once.
func (l *lint) undouble(r dnssec.ZoneRecord) string {
	once := func(text string) string {
		return strings.TrimPrefix(strings.ReplaceAll("."+text, l.doubled(), "."+l.file.Apex), ".")
	}
	data := r.Text
	if len(targetsOf(r)) > 0 {
		words := strings.Fields(data)
		for i := range words {
			words[i] = once(words[i])
		}
		data = strings.Join(words, " ")
	}
	return fmt.Sprintf("%s IN %s %s", once(r.Name), r.Type, data)
}

// owners judges where records stand: not at a name that a dot is missing from, and not
// outside of the zone.
func (l *lint) owners() {
	for _, r := range l.file.Records {
		switch {
		case r.Type == dnssec.TypeRRSIG || r.Type == dnssec.TypeNSEC:
		case l.isDoubled(r.Name):
			l.instead(r, l.undouble(r), l.dotCause(r.Type), "%s of %s: the dot is missing at the end of the name, or of its $ORIGIN", r.Type, plain(r.Name))
		case !l.isBelow(r.Name, l.file.Apex):
			l.add(r.Line, CauseZoneOutside, "%s of %s is not in the zone, and is ignored", r.Type, plain(r.Name))
		}
	}
}

// dotCause is less than critical for addresses and aliases, which may have nothing to do
// with mail.
func (l *lint) dotCause(kind dnssec.Type) *probe.Cause {
	switch kind {
	case dnssec.TypeA, dnssec.TypeAAAA, dnssec.TypeCNAME:
		return CauseZoneDot.As(probe.Warning)
	}
	return CauseZoneDot
}

// isBelow reports whether a name is another or below it; both end in a dot.
func (l *lint) isBelow(name, above string) bool {
	return above == "." || strings.HasSuffix("."+name, "."+above)
}

// aliases judges names with a CNAME: they have nothing else but signatures and their denial
// (RFC 4035 §2.5).
func (l *lint) aliases() {
	seen := map[string]bool{}
	for _, r := range l.file.Records {
		if r.Type != dnssec.TypeCNAME || seen[r.Name] || !l.file.Contains(r.Name) {
			continue
		}
		seen[r.Name] = true
		for _, other := range l.file.Find(r.Name, 0) {
			switch other.Type {
			case dnssec.TypeRRSIG, dnssec.TypeNSEC, typeSIG, typeKEY:
			case dnssec.TypeCNAME:
				if !strings.EqualFold(other.Text, r.Text) {
					l.add(other.Line, CauseZoneAlias, "%s has a second CNAME, beside that of line %d", plain(r.Name), r.Line)
				}
			default:
				l.add(max(other.Line, r.Line), CauseZoneAlias, "%s has a CNAME beside %s (lines %d and %d)", plain(r.Name), other.Type, min(other.Line, r.Line), max(other.Line, r.Line))
			}
		}
	}
}

// The types that may stand beside a CNAME (RFC 2535 §2.3.5).
const (
	typeSIG dnssec.Type = 24
	typeKEY dnssec.Type = 25
)

// targetsOf are the names that a record points to.
func targetsOf(r dnssec.ZoneRecord) []string {
	switch data := r.Data.(type) {
	case dnssec.MX:
		return []string{data.Host}
	case dnssec.SRV:
		return []string{data.Host}
	case dnssec.Host:
		return []string{string(data)}
	}
	return nil
}

// targets judges the names that records point to, as far as they are in the zone.
func (l *lint) targets() {
	for _, r := range l.file.Records {
		if !l.file.Contains(r.Name) {
			continue
		}
		for _, target := range targetsOf(r) {
			l.judgeTarget(r, target)
		}
	}
}

func (l *lint) judgeTarget(r dnssec.ZoneRecord, target string) {
	if l.isDoubled(target) {
		l.instead(r, l.undouble(r), CauseZoneDot, "%s %s: the dot is missing at the end of the name", r.Type, plain(target))
		return
	}
	if target == "." || !l.file.Contains(target) || r.Type == dnssec.TypeDNAME || r.Type == dnssec.TypePTR {
		return
	}
	alias, addresses := "", 0
	for _, kind := range []dnssec.Type{dnssec.TypeA, dnssec.TypeAAAA} {
		var found []dnssec.Record
		found, alias = l.file.Lookup(target, kind)
		addresses += len(found)
	}
	switch {
	case r.Type == dnssec.TypeCNAME:
		if !l.exists(target) {
			l.missing(r, target, "which the zone does not have")
		}
	case alias != "":
		cause := CauseZoneTargetAlias
		if r.Type == dnssec.TypeNS {
			cause = cause.As(probe.Critical)
		}
		l.instead(r, l.renamed(r, target, alias), cause, "%s %s: the name is an alias (CNAME) of %s", r.Type, plain(target), plain(alias))
	case addresses == 0:
		l.missing(r, target, "which has no address in the zone")
	}
}

// exists reports whether a name in the zone exists, by a wildcard too.
func (l *lint) exists(name string) bool { return l.file.Exists(name) }

// missing judges a target that is not there. An address, and the name of a host elsewhere,
// become names of the zone if they have no dot at the end.
func (l *lint) missing(r dnssec.ZoneRecord, target, what string) {
	written := strings.TrimSuffix(plain(target), "."+plain(l.file.Apex))
	if addr, err := netip.ParseAddr(written); err == nil {
		l.better[keyOf(r)] = ""
		l.add(r.Line, CauseZoneTargetMissing.Advise("name the host that has the address"), "%s %s: an address, where the name of a host should be", r.Type, addr)
		return
	}
	if l.isElsewhere(written) {
		l.instead(r, l.renamed(r, target, written+"."), CauseZoneDot, "%s %s: the dot is missing at the end of the name, as there is a host %s", r.Type, plain(target), written)
		return
	}
	l.better[keyOf(r)] = ""
	cause := CauseZoneTargetMissing
	if r.Type == dnssec.TypeNS && r.Name == l.file.Apex {
		cause = cause.As(probe.Critical) // with which servers do not load the zone
	}
	l.add(r.Line, cause, "%s %s, %s", r.Type, plain(target), what)
}

// maxLooked bounds how many names are asked for.
const maxLooked = 16

// isElsewhere reports whether there is such a name outside of the zone.
func (l *lint) isElsewhere(name string) bool {
	if !strings.Contains(name, ".") || !isHost(name) || l.looked == maxLooked {
		return false
	}
	l.looked++
	a, err := l.zones.published.Lookup(l.ctx, name, dnssec.TypeA)
	return err == nil && !a.Failed() && !isNoName(a)
}

// renamed returns a record with another target, unless that is no name to publish.
func (l *lint) renamed(r dnssec.ZoneRecord, from, to string) string {
	words := strings.Fields(r.Text)
	if !isHost(plain(to)) || !strings.EqualFold(words[len(words)-1], from) {
		return ""
	}
	words[len(words)-1] = to
	return fmt.Sprintf("%s IN %s %s", r.Name, r.Type, strings.Join(words, " "))
}

// delegations judges the name servers that the zone delegates to.
func (l *lint) delegations() {
	for _, r := range l.file.Records {
		if r.Type != dnssec.TypeNS || r.Name == l.file.Apex || l.file.Delegated(r.Name) != r.Name {
			continue
		}
		server := strings.ToLower(targetsOf(r)[0])
		switch {
		case l.isDoubled(server):
			l.instead(r, l.undouble(r), CauseZoneDot, "NS %s: the dot is missing at the end of the name", plain(server))
		case l.isBelow(server, r.Name):
			if len(l.file.Find(server, dnssec.TypeA))+len(l.file.Find(server, dnssec.TypeAAAA)) == 0 {
				l.add(r.Line, CauseZoneGlue, "%s is delegated to %s, whose address is missing", plain(r.Name), plain(server))
			}
		default:
			l.judgeTarget(r, server)
		}
	}
}

// hidden judges records that nobody gets, as the name is delegated or redirected.
func (l *lint) hidden() {
	for _, r := range l.file.Records {
		if !l.isBelow(r.Name, l.file.Apex) || r.Type == dnssec.TypeRRSIG || r.Type == dnssec.TypeNSEC || r.Type == dnssec.TypeNSEC3 {
			continue
		}
		cut := l.file.Delegated(r.Name)
		isGlue := r.Type == dnssec.TypeA || r.Type == dnssec.TypeAAAA
		isCut := r.Name == cut && (r.Type == dnssec.TypeNS || r.Type == dnssec.TypeDS)
		switch {
		case cut != "" && !isGlue && !isCut:
			l.add(r.Line, CauseZoneHidden, "%s of %s is not seen, as line %d delegates %s to others", r.Type, plain(r.Name), l.file.Find(cut, dnssec.TypeNS)[0].Line, plain(cut))
		case cut == "":
			l.redirected(r)
		}
	}
}

// redirected judges a record below a DNAME.
func (l *lint) redirected(r dnssec.ZoneRecord) {
	for above := r.Name; above != l.file.Apex; {
		_, above, _ = strings.Cut(above, ".")
		if found := l.file.Find(above, dnssec.TypeDNAME); len(found) > 0 {
			l.add(r.Line, CauseZoneHidden, "%s of %s is not seen, as line %d redirects all below %s (DNAME)", r.Type, plain(r.Name), found[0].Line, plain(above))
			return
		}
	}
}

// sets judges the records of one name and type: none twice, and all with one TTL.
func (l *lint) sets() {
	type key struct {
		name string
		kind dnssec.Type
		data string
	}
	first, same := map[key]dnssec.ZoneRecord{}, map[key]int{}
	for _, r := range l.file.Records {
		if r.Type == dnssec.TypeRRSIG || r.Type == dnssec.TypeSOA {
			continue
		}
		data := r.Text
		if targetsOf(r) != nil {
			data = strings.ToLower(data)
		}
		if line, ok := same[key{r.Name, r.Type, data}]; ok {
			l.add(r.Line, CauseZoneDuplicate, "%s of %s stands in line %d already", r.Type, plain(r.Name), line)
			continue
		}
		same[key{r.Name, r.Type, data}] = r.Line
		set := key{name: r.Name, kind: r.Type}
		if one, ok := first[set]; !ok {
			first[set] = r
		} else if one.TTL != r.TTL {
			l.add(r.Line, CauseZoneTTL, "%s of %s has a TTL of %d s, and %d s in line %d", r.Type, plain(r.Name), int(r.TTL.Seconds()), int(one.TTL.Seconds()), one.Line)
		}
	}
}

// signatures checks the signatures of the file with its own keys.
func (l *lint) signatures() {
	faults, _ := l.Check.client.CheckSignatures(l.ctx, l.file)
	for _, f := range faults[:min(len(faults), maxShown)] {
		l.add(f.Line, CauseZoneSignature, "%s", f.Text)
	}
}
