package suite

import (
	"maps"
	"slices"
	"strings"

	"mailprobe/internal/settings"
)

// Accounts and checks of the ways between them: each is written once, and a check of kind
// deliver that names several becomes one check for each pair.

// matrixKind is the kind whose checks can name accounts.
const matrixKind = "deliver"

// maxPairs bounds the pairs of one check, maxAccounts the accounts of a file.
const (
	maxPairs    = 400
	maxAccounts = 100
)

// account is one of accounts, with the options that a check has of it.
type account struct {
	name string
	// sending are those of a check from the account, receiving of one to it.
	sending, receiving []settings.Pair
}

// sends and receives report whether the account can be one end of a way.
func (a *account) sends() bool { return has(a.sending, "via") }

func (a *account) receives() bool { return has(a.receiving, "fetch") }

func has(options []settings.Pair, name string) bool {
	return slices.ContainsFunc(options, func(o settings.Pair) bool { return o.Name == name })
}

// accountOptions are the options that an account can have.
func (p *parser) accountOptions() settings.Options {
	var all settings.Options
	for _, o := range p.known[matrixKind] {
		if isSending(settings.Key(o.Name)) || isReceiving(settings.Key(o.Name)) {
			all = append(all, o)
		}
	}
	return all
}

func isSending(key string) bool { return key == "via" || strings.HasPrefix(key, "via_") }

func isReceiving(key string) bool {
	return key == "fetch" || key == "junk" || strings.HasPrefix(key, "fetch_")
}

// readAccounts reads the accounts of a file.
func (p *parser) readAccounts(at settings.Pair) {
	if !at.Value.IsMapping() {
		p.Fault(at.Value, "accounts is no mapping: it has the name of each account with its address and servers, such as accounts: {home: {address: alice@example.org, via: submission://mx1.example.org, fetch: imaps://imap.example.org}}")
		return
	}
	for _, each := range p.Pairs(at.Value, "accounts") {
		if len(p.accounts) == maxAccounts {
			p.Fault(each.Key, "there are more than %d accounts", maxAccounts)
			return
		}
		p.accounts = append(p.accounts, p.readAccount(each))
	}
}

func (p *parser) readAccount(at settings.Pair) *account {
	a := &account{name: at.Key.Written()}
	what := "account " + a.name
	switch {
	case a.name == "" || a.name == everyAccount || nameFault(a.name) != "":
		p.Fault(at.Key, "%q cannot be the name of an account", a.name)
	case !at.Value.IsMapping():
		p.Fault(at.Value, "%s is a mapping with address, via, fetch and their options", what)
		return a
	}
	other := func(o settings.Pair) bool {
		switch {
		case p.known[matrixKind].LookUp(o.Name) == nil:
			return false
		case isSending(o.Name):
			a.sending = append(a.sending, o)
		case isReceiving(o.Name):
			a.receiving = append(a.receiving, o)
		default:
			return false
		}
		return true
	}
	p.Read(at.Value, what, a.fields(), other, p.accountOptions().Keys())
	switch {
	case !has(a.sending, "from"):
		p.Fault(at.Value, "%s has no address", what)
	case !a.sends() && !a.receives():
		p.Fault(at.Value, "%s has neither via, the server it sends by, nor fetch, the one with its mailbox", what)
	}
	return a
}

// fields are the keys of an account that are no options.
func (a *account) fields() []settings.Field {
	address := func(at settings.Pair) {
		a.sending = append(a.sending, settings.Pair{Name: "from", Key: at.Key, Value: at.Value})
		a.receiving = append(a.receiving, settings.Pair{Name: "to", Key: at.Key, Value: at.Value})
	}
	return []settings.Field{{Name: "address", About: "the mail address of the account", Into: address, Schema: settings.Text}}
}

func (p *parser) accountsSchema() settings.Schema {
	one := settings.Object((&account{}).fields(), p.accountOptions(), "address")
	return settings.Schema{"type": "object", "maxProperties": maxAccounts, "additionalProperties": one}
}

// everyAccount stands for all accounts in a check.
const everyAccount = "all"

// matrixFields are the keys of a check for accounts.
func (e *entry) matrixFields(p *parser) []settings.Field {
	return []settings.Field{
		{Name: "accounts", About: "accounts of the file, or all: one check from each to each other, named \"NAME: FROM > TO\"", Into: func(at settings.Pair) { e.accounts = at }, Schema: settings.OneOrMore},
		{Name: "to_self", About: "whether each account sends to itself, too", Into: &e.toSelf},
	}
}

// expand puts a check for each pair of accounts in the place of the checks that name some.
func (p *parser) expand() {
	var all []*entry
	for _, e := range p.entries {
		if e.accounts.Value.IsZero() {
			all = append(all, e)
			continue
		}
		all = append(all, p.pairs(e)...)
	}
	p.entries = all
}

// pairs returns the checks of an entry that names accounts; one that is not complete stays
// as it is.
func (p *parser) pairs(e *entry) []*entry {
	if e.kind != matrixKind {
		p.Fault(e.accounts.Key, "accounts are for checks of kind %s", matrixKind)
		return nil
	}
	before := len(p.Problems)
	named := p.named(e)
	if n := len(named); n*(n-1) > maxPairs {
		p.Fault(e.accounts.Value, "%d accounts make %d pairs; at most %d are possible in a check", n, n*(n-1), maxPairs)
		return nil
	}
	var all []*entry
	for _, from := range named {
		for _, to := range named {
			if from.sends() && to.receives() && (from != to || e.toSelf) {
				all = append(all, e.between(from, to))
			}
		}
	}
	if len(all) == 0 && len(p.Problems) == before {
		p.Fault(e.accounts.Value, "no pair is left: it takes an account with via, and another one with fetch")
	}
	return all
}

// named returns the accounts that an entry names, in its order.
func (p *parser) named(e *entry) []*account {
	names := p.Texts(e.accounts.Value, "accounts")
	if slices.Equal(names, []string{everyAccount}) {
		if len(p.accounts) == 0 {
			p.Fault(e.accounts.Value, "the file has no accounts: add them under accounts:")
		}
		return p.accounts
	}
	var known []string
	for _, a := range p.accounts {
		known = append(known, a.name)
	}
	var all []*account
	for i, name := range names {
		at := slices.Index(known, name)
		node := e.accounts.Value
		if items := node.Items(); i < len(items) {
			node = items[i]
		}
		switch {
		case at < 0:
			p.Fault(node, "there is no account %q; %s", name, settings.MeantOr(name, known, "add it under accounts:"))
		case slices.Contains(all, p.accounts[at]):
			p.Fault(node, "account %s is here twice", name)
		default:
			all = append(all, p.accounts[at])
		}
	}
	return all
}

// between returns the check of the way from one account to another.
func (e *entry) between(from, to *account) *entry {
	check := *e.Check
	check.Matrix, check.Name = e.Name, e.Name+": "+from.name+" > "+to.name
	pair := *e
	pair.Check, pair.keys = &check, maps.Clone(e.keys)
	pair.ofAccounts = slices.Concat(from.sending, to.receiving)
	return &pair
}

// uniqueProblems drops repetitions: the checks of a matrix share their text.
func uniqueProblems(all settings.Problems) settings.Problems {
	seen := map[settings.Problem]bool{}
	return slices.DeleteFunc(all, func(problem settings.Problem) bool {
		known := seen[problem]
		seen[problem] = true
		return known
	})
}
