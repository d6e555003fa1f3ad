package settings

import (
	"strings"

	"go.yaml.in/yaml/v4"
)

// Node is a value in a document, with its position. The zero Node is none.
type Node struct{ yaml *yaml.Node }

// Pair is a key and its value.
type Pair struct {
	// Name is the key with underscores for hyphens, which are equivalent.
	Name       string
	Key, Value Node
}

// IsZero reports whether there is no node.
func (n Node) IsZero() bool { return n.yaml == nil }

// IsScalar reports whether the node is a single value.
func (n Node) IsScalar() bool { return n.is(yaml.ScalarNode) }

// IsList reports whether the node is a list.
func (n Node) IsList() bool { return n.is(yaml.SequenceNode) }

// IsMapping reports whether the node is a mapping of keys and values.
func (n Node) IsMapping() bool { return n.is(yaml.MappingNode) }

// IsNull reports whether the node is a key's value that was left out.
func (n Node) IsNull() bool { return n.yaml != nil && n.yaml.Tag == "!!null" }

func (n Node) is(kind yaml.Kind) bool { return n.yaml != nil && n.yaml.Kind == kind }

// Written returns a scalar as it is written, its variables not expanded.
func (n Node) Written() string { return n.yaml.Value }

// Line returns the line that the node begins in, from 1.
func (n Node) Line() int { return n.yaml.Line }

// Items returns the nodes of a list, or the one node that is no list.
func (n Node) Items() []Node {
	if !n.IsList() {
		return []Node{n}
	}
	items := make([]Node, len(n.yaml.Content))
	for i, each := range n.yaml.Content {
		items[i] = resolve(each)
	}
	return items
}

// EmptyMapping returns a mapping without keys at the position of the node.
func (n Node) EmptyMapping() Node {
	return Node{&yaml.Node{Kind: yaml.MappingNode, Line: n.yaml.Line, Column: n.yaml.Column}}
}

// resolve follows an alias.
func resolve(n *yaml.Node) Node {
	for range maxDepth {
		if n.Kind != yaml.AliasNode || n.Alias == nil {
			break
		}
		n = n.Alias
	}
	return Node{n}
}

// The limits of aliases and merges, which can refer to each other in circles.
const (
	maxDepth  = 20   // of one in another
	maxMerged = 1000 // in a mapping
)

// Pairs returns the pairs of a mapping, called what in errors. What it merges in ("<<")
// comes first, so that its own keys replace it.
func (d *Document) Pairs(n Node, what string) []Pair {
	d.merged = 0
	return d.pairs(n, what, 0)
}

func (d *Document) pairs(n Node, what string, depth int) []Pair {
	if d.merged++; d.merged > maxMerged || depth > maxDepth {
		d.Fault(n, "%s merges too much", what)
		return nil
	}
	if !n.IsMapping() {
		d.Fault(n, "%s is no mapping of keys and values; write them below it as KEY: VALUE, indented, or as {KEY: VALUE}", what)
		return nil
	}
	var merged, own []Pair
	seen := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.yaml.Content); i += 2 {
		key, value := n.yaml.Content[i], resolve(n.yaml.Content[i+1])
		if key.Tag == "!!merge" {
			merged = append(merged, d.merge(value, what, depth)...)
			continue
		}
		if fault := notOneLine(key.Value); fault != "" {
			d.Fault(Node{key}, "the key %q %s", key.Value, fault)
			continue
		}
		name := strings.ReplaceAll(key.Value, "-", "_")
		if first, ok := seen[name]; ok {
			d.Fault(Node{key}, "%s is here twice, first in line %d", key.Value, first.Line)
			continue
		}
		seen[name] = key
		own = append(own, Pair{name, Node{key}, value})
	}
	return append(merged, own...)
}

// merge returns the pairs of one mapping or of several.
func (d *Document) merge(n Node, what string, depth int) []Pair {
	var all []Pair
	for _, each := range n.Items() {
		if d.merged <= maxMerged {
			all = append(all, d.pairs(each, what, depth+1)...)
		}
	}
	return all
}

// ValueOf returns the value of a key in the mapping of a pair, or else the whole value.
func (d *Document) ValueOf(at Pair, name string) Node {
	if at.Value.IsMapping() {
		for _, p := range d.Pairs(at.Value, at.Name) {
			if p.Name == name {
				return p.Value
			}
		}
	}
	return at.Value
}
