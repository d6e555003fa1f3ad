# Makes the changelog of a Debian package of the newest part of CHANGELOG.md. Needs version,
# maintainer and date.
BEGIN { printf "mailprobe (%s-1) unstable; urgency=medium\n\n", version }
/^## / { if (part++) exit }
part && /^- / { flush(); text = substr($0, 3) }
part && /^  / { text = text " " substr($0, 3) }
END { flush(); printf "\n -- %s  %s\n", maintainer, date }

# flush writes a change in lines of at most 78 characters.
function flush(    words, n, i, line) {
	n = split(text, words, " ")
	line = "  *"
	for (i = 1; i <= n; i++) {
		if (length(line " " words[i]) > 78) {
			print line
			line = "   "
		}
		line = line " " words[i]
	}
	if (n) print line
	text = ""
}
