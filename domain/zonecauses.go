package domain

import "mailprobe/probe"

// The causes that a zone file gives.
var (
	CauseZoneUnreadable = &probe.Cause{
		Name: "zone-unreadable", Blame: probe.BlameDNS, Status: probe.Critical,
		Meaning: "The zone file cannot be read to its end, so that no name server loads it.",
		Hint:    "correct the line that is named",
		Source:  "RFC 1035 §5.1",
	}
	CauseZoneOutside = &probe.Cause{
		Name: "zone-outside", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "A name is not in the zone of the file, so that the zone's servers do not answer for it.",
		Hint:    "see whether $ORIGIN or a dot at the end of a name is wrong",
		Source:  "RFC 1035 §5.2, §5.1",
	}
	CauseZoneIncomplete = &probe.Cause{
		Name: "zone-incomplete", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "The file is not a whole zone, which has one SOA record and NS records at its apex.",
		Hint:    "add the records, unless the file is only a part of the zone",
		Source:  "RFC 1035 §5.2",
	}
	CauseZoneDot = &probe.Cause{
		Name: "zone-dot-missing", Blame: probe.BlameDNS, Status: probe.Critical,
		Meaning: "A full name has no dot at its end, so that the name of the zone is added to it once more.",
		Hint:    "end the name in a dot, or write it without the name of the zone",
		Source:  "RFC 1035 §5.1",
	}
	CauseZoneAlias = &probe.Cause{
		Name: "zone-alias-beside-data", Blame: probe.BlameDNS, Status: probe.Critical,
		Meaning: "A name has a CNAME and other records, with which servers do not load the zone or hide one of them.",
		Hint:    "give the name the records of the CNAME's target instead, or remove the other records",
		Source:  "RFC 1034 §3.6.2, RFC 2181 §10.1",
	}
	CauseZoneTargetAlias = &probe.Cause{
		Name: "zone-target-alias", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "An MX, NS or SRV record names an alias.",
		Hint:    "name the host that the alias leads to",
		Source:  "RFC 2181 §10.3, RFC 2782",
	}
	CauseZoneTargetMissing = &probe.Cause{
		Name: "zone-target-missing", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "A record names a host in the zone that the zone does not have, or has no address for.",
		Hint:    "add the address of the host, or correct its name",
		Source:  "RFC 1912 §2.4, RFC 5321 §5.1",
	}
	CauseZoneGlue = &probe.Cause{
		Name: "zone-glue-missing", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "A delegation names a server inside of what it delegates, without the server's address.",
		Hint:    "add the A or AAAA record of the server to this zone",
		Source:  "RFC 1034 §4.2.1, RFC 9471",
	}
	CauseZoneHidden = &probe.Cause{
		Name: "zone-hidden", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "Records stand where the zone delegates to others or redirects, so that nobody gets them.",
		Hint:    "put the records into the zone that the name is in, or remove the delegation",
		Source:  "RFC 1034 §4.2.1, RFC 6672 §2.4",
	}
	CauseZoneTextCut = &probe.Cause{
		Name: "zone-text-cut", Blame: probe.BlameDNS, Status: probe.Critical,
		Meaning: "A semicolon outside of quotes begins a comment, so that the text ends there.",
		Hint:    "put the whole text into double quotes",
		Source:  "RFC 1035 §5.1",
	}
	CauseZoneTextJoined = &probe.Cause{
		Name: "zone-text-joined", Blame: probe.BlameDNS, Status: probe.Critical,
		Meaning: "The strings of a text are joined without a blank or a semicolon where one was meant.",
		Hint:    "end each string but the last with the blank, or put the text into one string",
		Source:  "RFC 7208 §3.3, RFC 7489 §6.1, RFC 6376 §3.6.2.2",
	}
	CauseZoneTextLong = &probe.Cause{
		Name: "zone-text-long", Blame: probe.BlameDNS, Status: probe.Critical,
		Meaning: "A string of a text is longer than 255 bytes, with which servers do not load the zone.",
		Hint:    "write the text as several strings in quotes",
		Source:  "RFC 1035 §3.3",
	}
	CauseZoneTextTwice = &probe.Cause{
		Name: "zone-text-twice", Blame: probe.BlameDNS, Status: probe.Critical,
		Meaning: "A name has two records of a sort that it can have one of, so that neither counts.",
		Hint:    "make one record of them",
		Source:  "RFC 7208 §4.5, RFC 9989, RFC 8461 §3.1, RFC 8460 §3",
	}
	CauseZoneTTL = &probe.Cause{
		Name: "zone-ttls-differ", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "Records of one name and type have different TTLs, of which servers choose one.",
		Hint:    "give all of them the same TTL",
		Source:  "RFC 2181 §5.2",
	}
	CauseZoneDuplicate = &probe.Cause{
		Name: "zone-duplicate", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "A record stands in the file twice; perhaps one of the two was to be another.",
		Hint:    "remove one of them, or correct it",
		Source:  "RFC 2181 §5",
	}
	CauseZoneSerial = &probe.Cause{
		Name: "zone-serial-old", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "The serial of the SOA is not higher than the published one, so that secondary servers do not take the new zone.",
		Hint:    "raise the serial",
		Source:  "RFC 1982 §3.2, RFC 1912 §2.2",
	}
	CauseZoneSignature = &probe.Cause{
		Name: "zone-signature-invalid", Blame: probe.BlameDNS, Status: probe.Critical,
		Meaning: "A signature in the file is missing or not right by the keys in the file.",
		Hint:    "sign the zone anew",
		Source:  "RFC 4035 §2.2, §5.3",
	}
	CauseZoneUnsigned = &probe.Cause{
		Name: "zone-not-signed-yet", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The file has no signatures, so that whether the zone will be signed well is not known.",
		Hint:    "check the file that the signer makes, or the domain once it is published",
		Source:  "RFC 4035 §2.2",
	}
)
